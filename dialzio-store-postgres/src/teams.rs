//! Teams: how they are read and written.

use uuid::Uuid;

use dialzio_core::TeamId;
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::team::{Team, TeamWrite};

use crate::apply::{Scope, absent, missing};
use crate::codec::{id, read};
use crate::error::{Failure, Res};
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: TeamId) -> Res<Option<Team>> {
    db.one(sql::TEAM, params![org, id(of)], read).await
}

pub(crate) async fn all(db: &mut Db<'_>, org: Uuid) -> Res<Vec<Team>> {
    db.all(sql::TEAMS, params![org], read).await
}

impl Scope<'_> {
    pub(crate) async fn write_team(&mut self, write: &TeamWrite) -> Res<()> {
        match write {
            TeamWrite::Insert(new) => {
                let kept = one(&mut self.db, self.key, new.id).await?;
                absent(kept.as_ref(), RecordRef::Team(new.id))?;
                self.put_team(new).await
            }
            TeamWrite::Change { team, change } => {
                let kept = one(&mut self.db, self.key, *team).await?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Team(*team)))?;
                change.apply(&mut kept);
                self.put_team(&kept).await
            }
            TeamWrite::Remove(of) => {
                let gone = self.db.run(sql::DROP_TEAM, params![self.key, id(*of)]).await?;
                if gone == 0 { Err(missing(RecordRef::Team(*of))) } else { Ok(()) }
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to teams"))),
        }
    }

    async fn put_team(&mut self, new: &Team) -> Res<()> {
        self.db.put_one(sql::PUT_TEAM, self.key, new).await.map(drop)
    }
}

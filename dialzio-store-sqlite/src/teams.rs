//! Teams: their port, and how they are read and written.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::team::{Team, TeamStore, TeamWrite};
use dialzio_core::{OrgScope, StoreResult, TeamId};

use crate::SqliteStore;
use crate::apply::{Scope, absent, missing};
use crate::codec::{id, read};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

#[async_trait]
impl TeamStore for SqliteStore {
    async fn team(&self, scope: &OrgScope, of: TeamId) -> StoreResult<Option<Team>> {
        self.read(scope, move |snapshot| one(snapshot.db, id(snapshot.org), of)).await
    }

    async fn teams(&self, scope: &OrgScope) -> StoreResult<Vec<Team>> {
        self.read(scope, |snapshot| snapshot.db.all(sql::TEAMS, [id(snapshot.org)], read)).await
    }
}

pub(crate) fn one(db: &Connection, org: [u8; 16], of: TeamId) -> Res<Option<Team>> {
    db.one(sql::TEAM, params![org, id(of)], read)
}

impl Scope<'_> {
    pub(crate) fn write_team(&mut self, write: &TeamWrite) -> Res<()> {
        match write {
            TeamWrite::Insert(new) => {
                absent(one(self.db, self.key, new.id)?.as_ref(), RecordRef::Team(new.id))?;
                self.put_team(new)
            }
            TeamWrite::Change { team, change } => {
                let kept = one(self.db, self.key, *team)?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Team(*team)))?;
                change.apply(&mut kept);
                self.put_team(&kept)
            }
            TeamWrite::Remove(of) => {
                let gone = self.db.run(sql::DROP_TEAM, params![self.key, id(*of)])?;
                if gone == 0 { Err(missing(RecordRef::Team(*of))) } else { Ok(()) }
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to teams"))),
        }
    }

    fn put_team(&mut self, new: &Team) -> Res<()> {
        self.db.put(sql::PUT_TEAM, self.key, new).map(drop)
    }
}

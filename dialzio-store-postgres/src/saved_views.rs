//! Saved views: how they are read and written.

use uuid::Uuid;

use dialzio_core::saved_view::{SavedView, SavedViewWrite};
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::{MemberId, SavedViewId};

use crate::apply::{Scope, absent, missing};
use crate::codec::{id, read};
use crate::error::{Failure, Res};
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: SavedViewId) -> Res<Option<SavedView>> {
    db.one(sql::SAVED_VIEW, params![org, id(of)], read).await
}

pub(crate) async fn seen_by(db: &mut Db<'_>, org: Uuid, member: Option<MemberId>) -> Res<Vec<SavedView>> {
    let mut all: Vec<SavedView> = db.all(sql::SHARED_VIEWS, params![org], read).await?;
    if let Some(member) = member {
        all.retain(|view| view.member != member);
        all.extend(db.all(sql::SAVED_VIEWS_OF, params![org, id(member)], read).await?);
        all.sort_unstable_by_key(|view| view.id);
    }
    Ok(all)
}

impl Scope<'_> {
    pub(crate) async fn write_saved_view(&mut self, write: &SavedViewWrite) -> Res<()> {
        match write {
            SavedViewWrite::Insert(new) => {
                let kept = one(&mut self.db, self.key, new.id).await?;
                absent(kept.as_ref(), RecordRef::SavedView(new.id))?;
                self.db.put_one(sql::PUT_SAVED_VIEW, self.key, new).await.map(drop)
            }
            SavedViewWrite::Change { saved_view, change } => {
                let kept = one(&mut self.db, self.key, *saved_view).await?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::SavedView(*saved_view)))?;
                change.apply(&mut kept);
                self.db.put_one(sql::PUT_SAVED_VIEW, self.key, &kept).await.map(drop)
            }
            SavedViewWrite::Remove(of) => {
                let gone = self.db.run(sql::DROP_SAVED_VIEW, params![self.key, id(*of)]).await?;
                if gone == 0 { Err(missing(RecordRef::SavedView(*of))) } else { Ok(()) }
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to saved views"))),
        }
    }
}

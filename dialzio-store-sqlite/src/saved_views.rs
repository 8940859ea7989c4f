//! Saved views: their port, and how they are read and written.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use dialzio_core::saved_view::{SavedView, SavedViewStore, SavedViewWrite};
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::{MemberId, OrgScope, SavedViewId, StoreResult};

use crate::SqliteStore;
use crate::apply::{Scope, absent, missing};
use crate::codec::{id, read};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

#[async_trait]
impl SavedViewStore for SqliteStore {
    async fn saved_view(&self, scope: &OrgScope, of: SavedViewId) -> StoreResult<Option<SavedView>> {
        self.read(scope, move |snapshot| one(snapshot.db, id(snapshot.org), of)).await
    }

    async fn saved_views(&self, scope: &OrgScope, member: Option<MemberId>) -> StoreResult<Vec<SavedView>> {
        self.read(scope, move |snapshot| {
            let org = id(snapshot.org);
            let mut all: Vec<SavedView> = snapshot.db.all(sql::SHARED_VIEWS, [org], read)?;
            if let Some(member) = member {
                all.retain(|view| view.member != member);
                all.extend(snapshot.db.all(sql::SAVED_VIEWS_OF, params![org, id(member)], read)?);
                all.sort_unstable_by_key(|view| view.id);
            }
            Ok(all)
        })
        .await
    }
}

pub(crate) fn one(db: &Connection, org: [u8; 16], of: SavedViewId) -> Res<Option<SavedView>> {
    db.one(sql::SAVED_VIEW, params![org, id(of)], read)
}

impl Scope<'_> {
    pub(crate) fn write_saved_view(&mut self, write: &SavedViewWrite) -> Res<()> {
        match write {
            SavedViewWrite::Insert(new) => {
                absent(one(self.db, self.key, new.id)?.as_ref(), RecordRef::SavedView(new.id))?;
                self.db.put(sql::PUT_SAVED_VIEW, self.key, new).map(drop)
            }
            SavedViewWrite::Change { saved_view, change } => {
                let kept = one(self.db, self.key, *saved_view)?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::SavedView(*saved_view)))?;
                change.apply(&mut kept);
                self.db.put(sql::PUT_SAVED_VIEW, self.key, &kept).map(drop)
            }
            SavedViewWrite::Remove(of) => {
                let gone = self.db.run(sql::DROP_SAVED_VIEW, params![self.key, id(*of)])?;
                if gone == 0 { Err(missing(RecordRef::SavedView(*of))) } else { Ok(()) }
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to saved views"))),
        }
    }
}

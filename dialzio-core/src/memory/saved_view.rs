//! Saved views.

use async_trait::async_trait;

use super::MemoryStore;
use super::commit::{absent, missing};
use super::state::Rows;
use crate::id::{MemberId, SavedViewId};
use crate::saved_view::{SavedView, SavedViewStore, SavedViewWrite};
use crate::scope::OrgScope;
use crate::store::{RecordRef, StoreResult};

impl Rows {
    pub(super) fn write_saved_view(&mut self, write: SavedViewWrite) -> StoreResult<()> {
        match write {
            SavedViewWrite::Insert(new) => {
                absent(&self.saved_views, &new.id, RecordRef::SavedView(new.id))?;
                self.saved_views.insert(new.id, new);
            }
            SavedViewWrite::Change { saved_view, change } => {
                let kept = self.saved_views.get_mut(&saved_view);
                change.apply(kept.ok_or_else(|| missing(RecordRef::SavedView(saved_view)))?);
            }
            SavedViewWrite::Remove(id) => {
                self.saved_views.remove(&id).ok_or_else(|| missing(RecordRef::SavedView(id)))?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl SavedViewStore for MemoryStore {
    async fn saved_view(&self, scope: &OrgScope, id: SavedViewId) -> StoreResult<Option<SavedView>> {
        self.read(scope, |rows, _| rows.saved_views.get(&id).cloned())
    }

    async fn saved_views(&self, scope: &OrgScope, member: Option<MemberId>) -> StoreResult<Vec<SavedView>> {
        self.read(scope, |rows, _| {
            let seen = |view: &&SavedView| view.shared || Some(view.member) == member;
            rows.saved_views.values().filter(seen).cloned().collect()
        })
    }
}

//! Saved views.

use async_trait::async_trait;

use dialzio_core::saved_view::{SavedView, SavedViewStore};
use dialzio_core::{MemberId, OrgScope, SavedViewId, StoreResult};

use crate::{PostgresStore, saved_views};

#[async_trait]
impl SavedViewStore for PostgresStore {
    async fn saved_view(&self, scope: &OrgScope, id: SavedViewId) -> StoreResult<Option<SavedView>> {
        read_in!(self, scope, |db, org| saved_views::one(db, org, id))
    }

    async fn saved_views(&self, scope: &OrgScope, member: Option<MemberId>) -> StoreResult<Vec<SavedView>> {
        read_in!(self, scope, |db, org| saved_views::seen_by(db, org, member))
    }
}

//! Bytes that could not be used, whichever organisation they belong to, or none.

use async_trait::async_trait;

use crate::id::QuarantineId;
use crate::page::{Page, PageRequest};
use crate::scope::SystemScope;
use crate::store::StoreResult;
use crate::webhook::Quarantined;

/// Bytes that could not be used, whichever organisation they belong to, or none.
#[async_trait]
pub trait QuarantineStore: Send + Sync {
    /// Quarantined bytes by their id, whichever organisation they belong to, or none.
    async fn any_quarantined_item(
        &self,
        scope: &SystemScope,
        id: QuarantineId,
    ) -> StoreResult<Option<Quarantined>>;
    /// Quarantined bytes of no organisation, newest first.
    async fn unrouted(&self, scope: &SystemScope, page: PageRequest) -> StoreResult<Page<Quarantined>>;
}

//! Where a webhook leads: apps by their address, accounts by the provider's id.

use async_trait::async_trait;

use crate::account::{App, Route};
use crate::id::{AppId, HookId, OrgId};
use crate::provider::AccountRef;
use crate::scope::SystemScope;
use crate::store::StoreResult;

/// Where a webhook leads: apps by their address, accounts by the provider's id.
#[async_trait]
pub trait RoutingStore: Send + Sync {
    /// The app of a webhook address, its present or its former one, whether or not that still works. Asked before anything is
    /// decoded.
    async fn hook(&self, scope: &SystemScope, hook: HookId) -> StoreResult<Option<App>>;
    /// Reads an app with its sealed secrets; `None` if there is none.
    async fn app(&self, scope: &SystemScope, id: AppId) -> StoreResult<Option<App>>;
    /// Apps of an organisation (`Some`), or shared ones (`None`), oldest first.
    async fn apps(&self, scope: &SystemScope, org: Option<OrgId>) -> StoreResult<Vec<App>>;
    /// Where each of these provider ids leads, among routable accounts linked to this app only. An id of a business
    /// account leads to its oldest account.
    async fn route(
        &self,
        scope: &SystemScope,
        app: AppId,
        accounts: &[AccountRef],
    ) -> StoreResult<Vec<Option<Route>>>;
}

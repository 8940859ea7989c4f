//! Reads and writes of provider accounts.

use async_trait::async_trait;

use super::ProviderAccount;
use crate::id::AccountId;
use crate::scope::OrgScope;
use crate::store::StoreResult;

/// Reads of provider accounts. Apps and routes are system tables: [`crate::store::SystemStore`].
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// One account.
    async fn account(&self, scope: &OrgScope, id: AccountId) -> StoreResult<Option<ProviderAccount>>;
    /// All accounts, oldest first.
    async fn accounts(&self, scope: &OrgScope) -> StoreResult<Vec<ProviderAccount>>;
}

/// A change to accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountWrite {
    /// A new account, or as it is now. The pair of provider and external id may be routable in one organisation
    /// only: otherwise [`crate::store::Expect::RouteFree`] is unmet.
    Put(Box<ProviderAccount>),
    /// All templates of an account, replacing those there are.
    Templates {
        /// The account.
        account: AccountId,
        /// The templates.
        templates: Vec<crate::conversation::Template>,
    },
}

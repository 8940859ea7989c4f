//! Accounts at providers.

use async_trait::async_trait;

use dialzio_core::account::{AccountStore, ProviderAccount};
use dialzio_core::{AccountId, OrgScope, StoreResult};

use crate::{PostgresStore, accounts};

#[async_trait]
impl AccountStore for PostgresStore {
    async fn account(&self, scope: &OrgScope, id: AccountId) -> StoreResult<Option<ProviderAccount>> {
        read_in!(self, scope, |db, org| accounts::one(db, org, id))
    }

    async fn accounts(&self, scope: &OrgScope) -> StoreResult<Vec<ProviderAccount>> {
        read_in!(self, scope, |db, org| accounts::all(db, org))
    }
}

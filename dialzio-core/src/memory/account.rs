//! Provider accounts and their templates.

use async_trait::async_trait;

use super::MemoryStore;
use super::commit::{Frame, is_routed, route_free};
use super::state::Rows;
use crate::account::{AccountStore, AccountWrite, ProviderAccount};
use crate::id::AccountId;
use crate::scope::OrgScope;
use crate::store::{Expect, StoreError, StoreResult};

impl Rows {
    pub(super) fn write_account(&mut self, frame: &Frame<'_>, write: AccountWrite) -> StoreResult<()> {
        match write {
            AccountWrite::Put(account) => {
                let routed = is_routed(account.state);
                if routed && !route_free(frame, &account.provider, &account.external_id) {
                    return Err(StoreError::unmet(Expect::RouteFree(
                        account.provider.clone(),
                        account.external_id.clone(),
                    )));
                }
                self.accounts.insert(account.id, *account);
            }
            AccountWrite::Templates { account, mut templates } => {
                templates.sort_by(|a, b| (&a.name, &a.language).cmp(&(&b.name, &b.language)));
                self.templates.insert(account, templates);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl AccountStore for MemoryStore {
    async fn account(&self, scope: &OrgScope, id: AccountId) -> StoreResult<Option<ProviderAccount>> {
        self.read(scope, |rows, _| rows.accounts.get(&id).cloned())
    }

    async fn accounts(&self, scope: &OrgScope) -> StoreResult<Vec<ProviderAccount>> {
        self.read(scope, |rows, _| rows.accounts.values().cloned().collect())
    }
}

//! Provider accounts and their templates.

use async_trait::async_trait;

use super::MemoryStore;
use super::commit::{Frame, absent, is_routed, missing, route_free};
use super::state::Rows;
use crate::account::{AccountStore, AccountWrite, ProviderAccount};
use crate::id::AccountId;
use crate::scope::OrgScope;
use crate::store::{Precondition, RecordRef, StoreError, StoreResult};

impl Rows {
    pub(super) fn write_account(&mut self, frame: &Frame<'_>, write: AccountWrite) -> StoreResult<()> {
        match write {
            AccountWrite::Insert(account) => {
                absent(&self.accounts, &account.id, RecordRef::Account(account.id))?;
                if !self.account_free(&account.provider, &account.routing_key) {
                    let taken = Precondition::AccountFree(account.provider, account.routing_key);
                    return Err(StoreError::precondition_failed(taken));
                }
                self.put_account(frame, *account)?;
            }
            AccountWrite::Change { account, change } => {
                let kept = self.accounts.get(&account).cloned();
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Account(account)))?;
                change.apply(&mut kept);
                self.put_account(frame, kept)?;
            }
            AccountWrite::Templates { account, asked_at, mut templates } => {
                let newest = self.templates_asked.entry(account).or_insert(asked_at);
                if *newest > asked_at {
                    return Ok(());
                }
                *newest = asked_at;
                templates.sort_by(|a, b| (&a.name, &a.language).cmp(&(&b.name, &b.language)));
                self.templates.insert(account, templates);
            }
        }
        Ok(())
    }

    /// Whether there is no account of a provider's number.
    pub(super) fn account_free(&self, provider: &str, external: &str) -> bool {
        !self.accounts.values().any(|account| account.provider == provider && account.routing_key == external)
    }

    fn put_account(&mut self, frame: &Frame<'_>, account: ProviderAccount) -> StoreResult<()> {
        if is_routed(account.state) && !route_free(frame, &account.provider, &account.routing_key) {
            let taken = Precondition::RouteFree(account.provider.clone(), account.routing_key.clone());
            return Err(StoreError::precondition_failed(taken));
        }
        self.accounts.insert(account.id, account);
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

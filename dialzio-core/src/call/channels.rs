//! By which way calls of each account go, and who may be called by it.

use std::collections::BTreeMap;

use super::{CallPermission, CallService};
use crate::account::AccountService;
use crate::consent::Channel;
use crate::error::Error;
use crate::id::{AccountId, ContactId};
use crate::scope::{Actor, Permission};

/// By which way the calls of each account go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallChannels(BTreeMap<AccountId, Channel>);

impl CallChannels {
    /// The way of an account's calls: by telephone, unless it is known to be another.
    #[must_use]
    pub fn of(&self, account: AccountId) -> Channel {
        self.0.get(&account).copied().unwrap_or(Channel::Voice)
    }
}

impl CallService<'_> {
    /// By which way the calls of each account go, for those who see a call or place one.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::CallsRead`] or [`Permission::CallsWrite`].
    pub async fn channels(&self, by: &Actor) -> Result<CallChannels, Error> {
        let scope = by.scope_for(Permission::CallsRead).or_else(|_| by.scope_for(Permission::CallsWrite))?;
        let accounts = self.runtime.store().accounts(scope).await?;
        let service = AccountService::new(self.runtime);
        Ok(CallChannels(accounts.iter().map(|account| (account.id, service.calls_by(account))).collect()))
    }

    /// What a contact answered last to each account that asked whether they may be called, by account. With
    /// [`permitted`](super::permitted) it says whether they may be called now.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::CallsRead`].
    pub async fn permissions(
        &self,
        by: &Actor,
        contact: ContactId,
    ) -> Result<BTreeMap<AccountId, CallPermission>, Error> {
        let scope = by.scope_for(Permission::CallsRead)?;
        let mut newest: BTreeMap<AccountId, CallPermission> = BTreeMap::new();
        for talk in self.runtime.store().conversations_of(scope, contact).await? {
            if let Some(heard) = talk.call_permission {
                let kept = newest.entry(talk.account).or_insert(heard);
                *kept = kept.newest(heard);
            }
        }
        Ok(newest)
    }
}

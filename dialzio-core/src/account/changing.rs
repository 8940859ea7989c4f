//! Changing accounts: their name, their credentials, their address, and whether they are in use.

use url::Url;

use super::connecting::ROUNDS;
use super::{AccountChange, AccountService, AccountState, AccountWrite, ProviderAccount};
use crate::consent::Channel;
use crate::error::{AccountProblem, Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{AccountId, OrgId};
use crate::ledger::Action;
use crate::outbox::{Job, JobKind, JobWrite};
use crate::provider::{AccountAccess, Credentials, MessagingProvider, TemplateSource};
use crate::scope::{Actor, OrgScope, Permission};
use crate::sms::SmsSettings;
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::Title;

/// What is to change on an account; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct AccountPatch {
    /// What people call it.
    pub name: Option<Title>,
    /// Other credentials of the same number or sender; those that are not named stay.
    pub credentials: Option<Credentials>,
    /// How it sends by SMS.
    pub sms: Option<SmsSettings>,
    /// Only if the account is still at this revision.
    pub revision: Option<Revision>,
}

impl AccountService<'_> {
    /// Replaces credentials of an account: [`update`](Self::update) with nothing else.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub async fn set_credentials(
        &self,
        by: &Actor,
        id: AccountId,
        revision: Option<Revision>,
        credentials: Credentials,
    ) -> Result<ProviderAccount, Error> {
        let patch = AccountPatch { credentials: Some(credentials), revision, ..AccountPatch::default() };
        self.update(by, id, patch).await
    }

    /// Changes the name or the credentials of an account. The provider has to accept new credentials before they are stored:
    /// then the account is in use again, and the sends that waited for it are due at once. Credentials that are refused change
    /// nothing, so an account that works keeps working.
    ///
    /// # Errors
    /// [`Error::Provider`] with what the provider said about the credentials; [`Error::Invalid`] for some that do not fit its
    /// [`crate::provider::ConnectionForm`]; [`Error::Stale`] if the account is not at the revision of the patch;
    /// [`Error::Conflict`] if it is changed all the time; [`Error::Account`] if the number is connected elsewhere;
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::AccountsManage`].
    pub async fn update(
        &self,
        by: &Actor,
        id: AccountId,
        patch: AccountPatch,
    ) -> Result<ProviderAccount, Error> {
        for _ in 1..ROUNDS {
            match self.update_once(by, id, &patch).await {
                // The worker may have noted just now that the old credentials are refused.
                Err(Error::Conflict { kind: RecordKind::Account }) if patch.revision.is_none() => {}
                other => return other,
            }
        }
        self.update_once(by, id, &patch).await
    }

    async fn update_once(
        &self,
        by: &Actor,
        id: AccountId,
        patch: &AccountPatch,
    ) -> Result<ProviderAccount, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let seen = self.account_at(scope, id, patch.revision).await?;
        let mut change = AccountChange { name: patch.name.clone(), ..AccountChange::default() };
        let provider = self.runtime.provider(&seen.provider)?;
        if let Some(sms) = &patch.sms {
            let by_sms = |messaging: &dyn MessagingProvider| messaging.capabilities().channel == Channel::Sms;
            let messaging = provider.messaging().filter(|messaging| by_sms(*messaging));
            let messaging = messaging.ok_or(Error::invalid("sms", "is not offered by this provider"))?;
            if sms.enabled {
                // What calls are placed with may not be what messages are sent with.
                let given = patch.credentials.clone().unwrap_or_default();
                messaging.check(&self.access_with(by.org(), &seen, &given).await?).await?;
            }
            change.sms = Some(Some(sms.clone()));
        }
        if let Some(given) = &patch.credentials {
            if given.is_empty() {
                return Err(Error::invalid("credentials", "names nothing to change"));
            }
            provider.connection().check_given(given)?;
            let access = self.access_with(by.org(), &seen, given).await?;
            let health = self.probe(&seen.provider, &access).await?;
            change = AccountChange {
                name: change.name,
                sms: change.sms,
                credentials: Some(self.seal_credentials(by.org(), id, &access.credentials).await?),
                ..self.accepted(&health)
            };
        }
        let changed = match self.change(by, scope, &seen, change).await {
            Err(Error::Conflict { kind }) if patch.revision.is_some() => Err(Error::Stale { kind }),
            changed => changed,
        };
        // The old credentials are not kept open any longer.
        self.runtime.credentials().invalidate(&id);
        changed
    }

    /// Takes an account out of use: nothing is received or sent by it until a [`check`](Self::check) succeeds. What waits to be
    /// sent keeps waiting and expires as usual. The number may be connected by another organisation meanwhile.
    ///
    /// # Errors
    /// [`Error::Stale`] if the account is not at the revision; [`Error::Conflict`] if it is changed at the same time;
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::AccountsManage`].
    pub async fn disconnect(
        &self,
        by: &Actor,
        id: AccountId,
        revision: Option<Revision>,
    ) -> Result<ProviderAccount, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let seen = self.account_at(scope, id, revision).await?;
        if seen.state == AccountState::Disconnected {
            return Ok(seen);
        }
        let change = AccountChange {
            state: Some(AccountState::Disconnected),
            problem: Some(None),
            ..AccountChange::default()
        };
        match self.change(by, scope, &seen, change).await {
            Err(Error::Conflict { kind }) if revision.is_some() => Err(Error::Stale { kind }),
            changed => changed,
        }
    }

    /// Moves an account to another base address, and checks it there.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an address that is not allowed; otherwise as [`check`](Self::check).
    pub async fn rebase(
        &self,
        by: &Actor,
        id: AccountId,
        base_url: Option<Url>,
    ) -> Result<ProviderAccount, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let account = self.account_at(scope, id, None).await?;
        self.address(&account.provider, base_url.as_ref()).await?;
        let change = AccountChange { base_url: Some(base_url), ..AccountChange::default() };
        self.change(by, scope, &account, change).await?;
        Ok(self.check(by, id, None).await?.0)
    }

    /// The account with other credentials. Stored ones that are all replaced are not opened: they may be damaged.
    async fn access_with(
        &self,
        org: OrgId,
        account: &ProviderAccount,
        given: &Credentials,
    ) -> Result<AccountAccess, Error> {
        let form = self.runtime.provider(&account.provider)?.connection();
        let credentials = match form.credentials.iter().all(|field| given.get(field.name).is_some()) {
            true => given.clone(),
            false => self.access(org, account).await?.credentials.updated(given),
        };
        Ok(AccountAccess {
            account: account.id,
            routing_key: account.routing_key.clone(),
            business_id: account.business_id.clone(),
            credentials,
            base_url: account.base_url.clone(),
        })
    }

    /// An account that is to be changed, at the revision that is meant.
    pub(super) async fn account_at(
        &self,
        scope: &OrgScope,
        id: AccountId,
        revision: Option<Revision>,
    ) -> Result<ProviderAccount, Error> {
        let account = self.runtime.store().account(scope, id).await?;
        let account = account.ok_or(Error::missing(RecordKind::Account))?;
        if revision.is_some_and(|meant| meant != account.revision) {
            return Err(Error::Stale { kind: RecordKind::Account });
        }
        Ok(account)
    }

    /// Whether the reading of received messages begins with a change. It begins once, and its job is never done: with
    /// the account, or where calls came first, with its settings of SMS.
    fn begins_to_read(&self, seen: &ProviderAccount, change: &AccountChange) -> bool {
        let Ok(provider) = self.runtime.provider(&seen.provider) else { return false };
        let lists = provider.messaging().is_some_and(|messaging| messaging.capabilities().lists_messages);
        lists
            && match provider.telephony() {
                Some(_) => seen.sms.is_none() && change.sms.is_some(),
                None => seen.state == AccountState::Unchecked && change.state == Some(AccountState::Routable),
            }
    }

    /// Changes an account that still has the revision that the change was decided on.
    pub(super) async fn change(
        &self,
        by: &Actor,
        scope: &OrgScope,
        seen: &ProviderAccount,
        change: AccountChange,
    ) -> Result<ProviderAccount, Error> {
        let account = seen.id;
        let mut batch = Batch::new(by, Action::AccountChanged, self.runtime.now());
        batch
            .about(account)
            .require(Precondition::Revision(RecordRef::Account(account), seen.revision))
            .event(DomainEvent::AccountChanged { account });
        if change.state == Some(AccountState::Routable) {
            // What waited for it is due: a wait that began before it was mended ends here.
            batch.write(JobWrite::WakeSends { account, at: self.runtime.now() });
        }
        let has_templates = || {
            let templates = |messaging: &dyn MessagingProvider| messaging.capabilities().templates;
            self.messaging(seen).is_ok_and(|messaging| templates(messaging) == TemplateSource::Provider)
        };
        if change.state == Some(AccountState::Routable) && has_templates() {
            let now = self.runtime.now();
            let job = Job::new(self.runtime.ids().next(now), JobKind::SyncTemplates, now);
            batch.job(job.through(account));
        }
        if self.begins_to_read(seen, &change) {
            let now = self.runtime.now();
            let job = Job::new(self.runtime.ids().next(now), JobKind::ReadMessages, now);
            batch.job(job.through(account));
        }
        let lists_calls = || self.telephony(seen).is_ok_and(|telephony| telephony.capabilities().lists_calls);
        if change.state == Some(AccountState::Routable)
            && seen.state == AccountState::Unchecked
            && lists_calls()
        {
            // One chain of readings for each account: each queues the next.
            let now = self.runtime.now();
            let job = Job::new(self.runtime.ids().next(now), JobKind::ReconcileCalls, now);
            batch.job(job.through(account));
        }
        batch.write(AccountWrite::Change { account, change: Box::new(change) });
        match self.runtime.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(expect)) if matches!(*expect, Precondition::RouteFree(..)) => {
                Err(Error::Account(AccountProblem::Taken))
            }
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Conflict { kind: RecordKind::Account }),
            other => {
                other?;
                let kept = self.runtime.store().account(scope, account).await?;
                kept.ok_or(Error::missing(RecordKind::Account))
            }
        }
    }
}

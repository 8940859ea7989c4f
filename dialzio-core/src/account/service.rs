//! Connecting numbers: apps with their secrets, accounts with their tokens, checks.

use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use url::Url;

use super::{AccountChange, AccountState, AccountWrite, App, ProviderAccount, SealedContext};
use crate::contact::Portfolio;
use crate::conversation::Template;
use crate::error::{AccountProblem, Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{AccountId, AppId, HookId, OrgId};
use crate::ledger::Action;
use crate::outbox::{Job, JobKind, JobWrite};
use crate::provider::{
    ADDRESS_REFUSAL, AccountAccess, AccountHealth, MessagingProvider, ProviderError, WebhookSecrets,
};
use crate::runtime::{OpenedHook, Runtime};
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError, SystemWrite};
use crate::text::Title;

/// An app to be registered.
#[derive(Debug)]
pub struct NewApp {
    /// The provider's word.
    pub provider: String,
    /// What people call it.
    pub name: Title,
    /// App secrets: one, or two during rotation.
    pub secrets: Vec<SecretString>,
    /// The token of the subscription check.
    pub verify_token: SecretString,
}

/// An account to be connected.
#[derive(Debug)]
pub struct NewAccount {
    /// The app whose webhooks reach it.
    pub app: AppId,
    /// What people call it.
    pub name: Title,
    /// The provider's id of the number or sender.
    pub external_id: String,
    /// The provider's id of the business account that owns it (WABA).
    pub business_id: String,
    /// Where the provider's ids for people mean something; the business account's id if not given.
    pub portfolio: Option<String>,
    /// The token.
    pub token: SecretString,
    /// Another base address than the provider's own.
    pub base_url: Option<Url>,
}

/// What is to change on an account; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct AccountPatch {
    /// What people call it.
    pub name: Option<Title>,
    /// Another token of the same number or sender.
    pub token: Option<SecretString>,
    /// Only if the account is still at this revision.
    pub revision: Option<Revision>,
}

/// A number that was stored, with what the check of its token found. Until a check succeeds nothing is received or sent.
///
/// It cannot be dropped without a warning:
///
/// ```compile_fail
/// #![deny(unused_must_use)]
/// # use dialzio_core::{Actor, Crm, Error, account::NewAccount};
/// async fn connects(crm: Crm, me: Actor, line: NewAccount) -> Result<(), Error> {
///     crm.accounts().connect(&me, line).await?;
///     Ok(())
/// }
/// ```
///
/// ```
/// # use dialzio_core::{Actor, Crm, Error, account::NewAccount};
/// async fn connects(crm: Crm, me: Actor, line: NewAccount) -> Result<(), Error> {
///     let line = crm.accounts().connect(&me, line).await?.routable()?;
///     # drop(line);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
#[must_use = "the number is stored even if its check failed: look at `check`, or call `routable`"]
pub struct Connected {
    /// The account as it is stored now.
    pub account: ProviderAccount,
    /// What the provider said of the number, or why the check failed.
    pub check: Result<AccountHealth, ProviderError>,
}

impl Connected {
    /// The account, if its number can be used.
    ///
    /// # Errors
    /// [`Error::Provider`] with why the check failed; the account stays and can be checked again.
    pub fn routable(self) -> Result<ProviderAccount, Error> {
        self.check?;
        Ok(self.account)
    }
}

/// Apps, accounts and their credentials.
#[derive(Debug, Clone, Copy)]
pub struct AccountService<'a> {
    runtime: &'a Runtime,
}

/// How often a change is decided anew because the account was changed meanwhile. Each time, at least one other change was
/// committed.
const ROUNDS: u32 = 8;
/// The longest token, in bytes. Providers' tokens have some hundred.
const LONGEST_TOKEN: usize = 4096;

const APP: &str = "app";
const ACCOUNT: &str = "account";

impl<'a> AccountService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// Registers an app of the actor's organisation; its hook is where the provider posts to.
    ///
    /// # Errors
    /// [`Error::Account`] if no such provider is registered; [`Error::Invalid`] without a secret; [`Error::Denied`].
    pub async fn register_app(&self, by: &Actor, new: NewApp) -> Result<App, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        self.runtime.provider(&new.provider)?;
        if new.secrets.is_empty() || new.secrets.len() > 2 {
            return Err(Error::invalid("secrets", "one secret is needed, or two during rotation"));
        }
        let now = self.runtime.now();
        let (id, hook): (AppId, HookId) = (self.runtime.ids().next(now), HookId::from_entropy(self.runtime));
        let mut secrets = Vec::new();
        for secret in &new.secrets {
            secrets.push(
                self.runtime
                    .sealer()
                    .seal_secret(&SealedContext::new(OrgId::NIL, APP, id, "secret"), secret)
                    .await?,
            );
        }
        let token = SealedContext::new(OrgId::NIL, APP, id, "verify_token");
        let app = App {
            id,
            org: Some(by.org()),
            provider: new.provider,
            name: new.name,
            hook,
            secrets,
            verify_token: self.runtime.sealer().seal_secret(&token, &new.verify_token).await?,
            created_at: now,
            revision: Revision::FIRST,
        };
        let mut batch = Batch::new(by, Action::AppRegistered, now);
        batch.about(id);
        let writes = vec![SystemWrite::InsertApp(app.clone())];
        self.runtime.store().commit_system(self.runtime.system(), writes, Some((scope, batch))).await?;
        Ok(app)
    }

    /// The organisation's own apps.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn apps(&self, by: &Actor) -> Result<Vec<App>, Error> {
        by.scope_for(Permission::AccountsRead)?;
        Ok(self.runtime.store().apps(self.runtime.system(), Some(by.org())).await?)
    }

    /// Connects a number: seals the token, checks it, and makes the number routable if the check succeeds. A number whose
    /// check fails stays, unchecked, with the error. A number that the organisation has stays the one account that it is,
    /// with the new token once the provider has taken it; so it does if it is connected twice at the same time.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app of somebody else; [`Error::Account`] if the number is connected elsewhere;
    /// [`Error::Denied`].
    pub async fn connect(&self, by: &Actor, new: NewAccount) -> Result<Connected, Error> {
        for _ in 1..ROUNDS {
            match self.connect_once(by, &new).await {
                Err(Error::Conflict { kind: RecordKind::Account }) => {}
                other => return other,
            }
        }
        self.connect_once(by, &new).await
    }

    async fn connect_once(&self, by: &Actor, new: &NewAccount) -> Result<Connected, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let app = self.runtime.store().app(self.runtime.system(), new.app).await?;
        let app = app.filter(|app| app.org.is_none_or(|org| org == by.org()));
        let app = app.ok_or(Error::missing(RecordKind::App))?;
        // As providers name numbers, senders and accounts: `106540352242922`, `+15551230000`, `AD-ASHAMO`, `103_1111112`. No
        // sign that means something in an address.
        let plain = |text: &str| {
            let sign = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'_');
            !text.is_empty() && text.len() <= 128 && text.bytes().all(sign)
        };
        if !plain(&new.external_id) {
            return Err(Error::invalid(
                "external_id",
                "must be the provider's id of the number or sender: 1 to 128 letters, digits, +, - or _",
            ));
        }
        if !plain(&new.business_id) {
            return Err(Error::invalid(
                "business_id",
                "must be the provider's id of the business account: 1 to 128 letters, digits, +, - or _",
            ));
        }
        self.address(&app.provider, new.base_url.as_ref()).await?;
        let known = self.runtime.store().accounts(scope).await?;
        let same = |account: &ProviderAccount| {
            account.provider == app.provider && account.external_id == new.external_id
        };
        // An earlier release may have made two: the one that receives is meant.
        let known =
            known.into_iter().filter(same).min_by_key(|account| account.state == AccountState::Unchecked);
        if let Some(known) = known {
            return self.reconnect(by, scope, known, new).await;
        }
        let now = self.runtime.now();
        let id: AccountId = self.runtime.ids().next(now);
        let context = SealedContext::new(by.org(), ACCOUNT, id, "token");
        let account = ProviderAccount {
            id,
            provider: app.provider,
            app: app.id,
            name: new.name.clone(),
            portfolio: Portfolio(new.portfolio.as_ref().unwrap_or(&new.business_id).clone()),
            external_id: new.external_id.clone(),
            business_id: new.business_id.clone(),
            display_number: None,
            base_url: new.base_url.clone(),
            token: self.runtime.sealer().seal_secret(&context, &new.token).await?,
            state: AccountState::Unchecked,
            checked_at: None,
            problem: None,
            created_at: now,
            revision: Revision::FIRST,
        };
        let mut batch = Batch::new(by, Action::AccountChanged, now);
        batch
            .about(id)
            .event(DomainEvent::AccountChanged { account: id })
            .write(AccountWrite::Insert(Box::new(account)));
        match self.runtime.store().commit_one(scope, batch).await {
            // The same number was connected at the same time: it is there now, and is connected again.
            Err(StoreError::PreconditionFailed(expect))
                if matches!(*expect, Precondition::AccountFree(..)) =>
            {
                return Err(Error::Conflict { kind: RecordKind::Account });
            }
            other => other?,
        };
        match self.check(by, id, None).await {
            Ok((account, health)) => Ok(Connected { account, check: Ok(health) }),
            Err(Error::Provider(error)) => {
                let account = self.runtime.store().account(scope, id).await?;
                Ok(Connected {
                    account: account.ok_or(Error::missing(RecordKind::Account))?,
                    check: Err(error),
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Refuses a base address that the provider does not know for its own. The answer is the same for each and comes
    /// equally late, so it does not reveal what is there.
    async fn address(&self, provider: &str, base: Option<&Url>) -> Result<(), Error> {
        match base {
            Some(base) if !self.runtime.provider(provider)?.allows_address(base) => {
                tokio::time::sleep(ADDRESS_REFUSAL).await;
                Err(Error::invalid("base_url", "is not an address that this server sends tokens to"))
            }
            _ => Ok(()),
        }
    }

    /// Connects a number again that the organisation has: a second account would say that it is routable and receive
    /// nothing. The new token is tried first, so a wrong one takes nothing from an account that works.
    async fn reconnect(
        &self,
        by: &Actor,
        scope: &OrgScope,
        known: ProviderAccount,
        new: &NewAccount,
    ) -> Result<Connected, Error> {
        let access = AccountAccess {
            account: known.id,
            external_id: new.external_id.clone(),
            business_id: new.business_id.clone(),
            token: new.token.clone(),
            base_url: new.base_url.clone(),
        };
        let health = match self.messaging(&known)?.check(&access).await {
            Ok(health) => health,
            Err(error) => return Ok(Connected { account: known, check: Err(error) }),
        };
        let context = SealedContext::new(by.org(), ACCOUNT, known.id, "token");
        let change = AccountChange {
            app: Some(new.app),
            name: Some(new.name.clone()),
            business_id: Some(new.business_id.clone()),
            portfolio: new.portfolio.clone().map(Portfolio),
            base_url: Some(new.base_url.clone()),
            token: Some(self.runtime.sealer().seal_secret(&context, &new.token).await?),
            state: Some(AccountState::Routable),
            display_number: health.display_number.clone().map(Some),
            checked_at: Some(Some(self.runtime.now())),
            problem: Some(None),
        };
        Ok(Connected { account: self.change(by, scope, &known, change).await?, check: Ok(health) })
    }

    /// Changes an account that still has the revision that the change was decided on.
    async fn change(
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
            // What waited for it is due: nobody has to wait out a rest that began before it was mended.
            batch.write(JobWrite::WakeSends { account, at: self.runtime.now() });
        }
        let has_templates = || self.messaging(seen).is_ok_and(|messaging| messaging.capabilities().templates);
        if change.state == Some(AccountState::Routable) && has_templates() {
            let now = self.runtime.now();
            let job = Job::new(self.runtime.ids().next(now), JobKind::SyncTemplates, now);
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

    /// Checks an account's token at the provider; success makes its number routable. With a revision, only if the account
    /// is still at that one.
    ///
    /// # Errors
    /// [`Error::Stale`] if it is not at the revision;
    /// [`Error::Provider`] with what the provider said; [`Error::Account`] if the number is connected elsewhere;
    /// [`Error::Conflict`] if the account was changed while the provider was asked.
    pub async fn check(
        &self,
        by: &Actor,
        id: AccountId,
        revision: Option<Revision>,
    ) -> Result<(ProviderAccount, AccountHealth), Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let account =
            self.runtime.store().account(scope, id).await?.ok_or(Error::missing(RecordKind::Account))?;
        if revision.is_some_and(|meant| meant != account.revision) {
            return Err(Error::Stale { kind: RecordKind::Account });
        }
        let access = self.access(scope.org(), &account).await?;
        let health = self.messaging(&account)?.check(&access).await?;
        let change = AccountChange {
            state: Some(AccountState::Routable),
            display_number: health.display_number.clone().map(Some),
            checked_at: Some(Some(self.runtime.now())),
            problem: Some(None),
            ..AccountChange::default()
        };
        match self.change(by, scope, &account, change).await {
            Err(Error::Conflict { kind }) if revision.is_some() => Err(Error::Stale { kind }),
            changed => Ok((changed?, health)),
        }
    }

    /// Replaces the token of an account: [`update`](Self::update) with a token alone.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub async fn set_token(
        &self,
        by: &Actor,
        id: AccountId,
        revision: Option<Revision>,
        token: SecretString,
    ) -> Result<ProviderAccount, Error> {
        self.update(by, id, AccountPatch { token: Some(token), revision, ..AccountPatch::default() }).await
    }

    /// Changes the name or the token of an account. The provider has to accept a new token before it is stored: then the
    /// account is in use again, and the sends that waited for it are due at once. A token that is refused changes nothing, so
    /// an account that works keeps working.
    ///
    /// # Errors
    /// [`Error::Provider`] with what the provider said about the token; [`Error::Invalid`] for a token that cannot be one;
    /// [`Error::Stale`] if the account is not at the revision of the patch; [`Error::Conflict`] if it is changed all the time;
    /// [`Error::Account`] if the number is connected elsewhere; [`Error::NotFound`]; [`Error::Denied`] without
    /// [`Permission::AccountsManage`].
    pub async fn update(
        &self,
        by: &Actor,
        id: AccountId,
        patch: AccountPatch,
    ) -> Result<ProviderAccount, Error> {
        for _ in 1..ROUNDS {
            match self.update_once(by, id, &patch).await {
                // The worker may have noted just now that the old token is refused.
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
        let seen =
            self.runtime.store().account(scope, id).await?.ok_or(Error::missing(RecordKind::Account))?;
        if patch.revision.is_some_and(|meant| meant != seen.revision) {
            return Err(Error::Stale { kind: RecordKind::Account });
        }
        let mut change = AccountChange { name: patch.name.clone(), ..AccountChange::default() };
        if let Some(token) = &patch.token {
            let text = token.expose_secret();
            if text.is_empty() || text.len() > LONGEST_TOKEN || !text.bytes().all(|b| b.is_ascii_graphic()) {
                let right =
                    "must be the token as the provider shows it: letters, digits and signs without spaces";
                return Err(Error::invalid("access_token", right));
            }
            let access = AccountAccess {
                account: id,
                external_id: seen.external_id.clone(),
                business_id: seen.business_id.clone(),
                token: token.clone(),
                base_url: seen.base_url.clone(),
            };
            let health = self.messaging(&seen)?.check(&access).await?;
            let context = SealedContext::new(by.org(), ACCOUNT, id, "token");
            change.token = Some(self.runtime.sealer().seal_secret(&context, token).await?);
            change.state = Some(AccountState::Routable);
            change.display_number = health.display_number.map(Some);
            change.checked_at = Some(Some(self.runtime.now()));
            change.problem = Some(None);
        }
        let changed = match self.change(by, scope, &seen, change).await {
            Err(Error::Conflict { kind }) if patch.revision.is_some() => Err(Error::Stale { kind }),
            changed => changed,
        };
        // The old token is not kept open any longer.
        self.runtime.tokens().invalidate(&id);
        changed
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
        let account =
            self.runtime.store().account(scope, id).await?.ok_or(Error::missing(RecordKind::Account))?;
        self.address(&account.provider, base_url.as_ref()).await?;
        let change = AccountChange { base_url: Some(base_url), ..AccountChange::default() };
        self.change(by, scope, &account, change).await?;
        Ok(self.check(by, id, None).await?.0)
    }

    /// One account.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn get(&self, by: &Actor, id: AccountId) -> Result<ProviderAccount, Error> {
        let scope = by.scope_for(Permission::AccountsRead)?;
        self.runtime.store().account(scope, id).await?.ok_or(Error::missing(RecordKind::Account))
    }

    /// All accounts.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn list(&self, by: &Actor) -> Result<Vec<ProviderAccount>, Error> {
        let scope = by.scope_for(Permission::AccountsRead)?;
        Ok(self.runtime.store().accounts(scope).await?)
    }

    /// Templates of an account as last fetched.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn templates(&self, by: &Actor, account: AccountId) -> Result<Vec<Template>, Error> {
        let scope = by.scope_for(Permission::AccountsRead)?;
        self.runtime.store().account(scope, account).await?.ok_or(Error::missing(RecordKind::Account))?;
        Ok(self.runtime.store().templates(scope, account).await?)
    }

    /// Fetches the template list from the provider now.
    ///
    /// # Errors
    /// [`Error::Provider`]; [`Error::NotFound`]; [`Error::Denied`] without [`Permission::AccountsManage`].
    pub async fn sync_templates(&self, by: &Actor, account: AccountId) -> Result<Vec<Template>, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let account =
            self.runtime.store().account(scope, account).await?.ok_or(Error::missing(RecordKind::Account))?;
        let access = self.access(scope.org(), &account).await?;
        let asked_at = self.runtime.now();
        let templates = self.messaging(&account)?.templates(&access).await?;
        let mut batch = Batch::new(by, Action::TemplatesSynced, self.runtime.now());
        batch
            .about(account.id)
            .write(AccountWrite::Templates { account: account.id, asked_at, templates })
            .event(DomainEvent::AccountChanged { account: account.id });
        self.runtime.store().commit_one(scope, batch).await?;
        // Whoever asked later may have been answered first.
        Ok(self.runtime.store().templates(scope, account.id).await?)
    }

    pub(crate) fn messaging(&self, account: &ProviderAccount) -> Result<&'a dyn MessagingProvider, Error> {
        self.runtime
            .provider(&account.provider)?
            .messaging()
            .ok_or(Error::Account(AccountProblem::Unsupported))
    }

    /// Opens an account's token; kept open for sixty seconds at most.
    pub(crate) async fn access(&self, org: OrgId, account: &ProviderAccount) -> Result<AccountAccess, Error> {
        let cached =
            self.runtime.tokens().get(&account.id).filter(|(sealed, _)| sealed == account.token.as_bytes());
        let token = match cached {
            Some((_, token)) => token,
            None => {
                let context = SealedContext::new(org, ACCOUNT, account.id, "token");
                let token = self.runtime.sealer().open_secret(&context, &account.token).await?;
                self.runtime.tokens().insert(account.id, (account.token.as_bytes().to_vec(), token.clone()));
                token
            }
        };
        Ok(AccountAccess {
            account: account.id,
            external_id: account.external_id.clone(),
            business_id: account.business_id.clone(),
            token,
            base_url: account.base_url.clone(),
        })
    }

    /// The app of a webhook address with its secrets opened; kept open for sixty seconds at most.
    pub(crate) async fn opened_hook(&self, hook: HookId) -> Result<Option<Arc<OpenedHook>>, Error> {
        if let Some(opened) = self.runtime.hooks().get(&hook) {
            return Ok(Some(opened));
        }
        let Some(app) = self.runtime.store().hook(self.runtime.system(), hook).await? else {
            return Ok(None);
        };
        let mut secrets = Vec::new();
        let context = SealedContext::new(OrgId::NIL, APP, app.id, "secret");
        for sealed in &app.secrets {
            secrets.push(self.runtime.sealer().open_secret(&context, sealed).await?);
        }
        let context = SealedContext::new(OrgId::NIL, APP, app.id, "verify_token");
        let verify_token = self.runtime.sealer().open_secret(&context, &app.verify_token).await?;
        let opened = Arc::new(OpenedHook { app, secrets: WebhookSecrets { app: secrets, verify_token } });
        self.runtime.hooks().insert(hook, Arc::clone(&opened));
        Ok(Some(opened))
    }
}

impl HookId {
    /// 122 random bits: a hook's address cannot be guessed from another's.
    fn from_entropy(runtime: &Runtime) -> Self {
        let id = uuid::Builder::from_random_bytes(runtime.entropy().array()).into_uuid();
        <Self as crate::TypedId>::from_uuid(id)
    }
}

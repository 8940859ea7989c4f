//! Apps with their secrets, accounts with their credentials opened, templates.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::{AccountWrite, App, ProviderAccount, SealedContext};
use crate::consent::Channel;
use crate::conversation::Template;
use crate::error::{AccountProblem, Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{AccountId, AppId, HookId, OrgId};
use crate::ledger::Action;
use crate::provider::{
    AccountAccess, AccountHealth, ConnectionForm, Credentials, FormField, MessagingProvider, Provider,
    TelephonyProvider, TemplateSource, WebhookSecrets,
};
use crate::runtime::{OpenedHook, Runtime};
use crate::scope::{Actor, Permission};
use crate::store::{Batch, Revision, SystemWrite};
use crate::text::Title;

/// An app to be registered.
#[derive(Debug)]
pub struct NewApp {
    /// The provider's word.
    pub provider: String,
    /// What people call it.
    pub name: Title,
    /// The secrets that sign its webhooks: one, or two during rotation; none if the provider signs none.
    pub secrets: Vec<SecretString>,
    /// The token of the subscription check, if the provider makes one.
    pub verify_token: Option<SecretString>,
}

impl NewApp {
    /// Refuses what the provider's form has no place for, what is missing, and what has another format.
    fn fits(&self, form: &ConnectionForm) -> Result<(), Error> {
        match &form.app_secret {
            None if self.secrets.is_empty() => {}
            None => return Err(Error::invalid("app_secrets", "this provider signs no webhooks")),
            Some(_) if self.secrets.is_empty() || self.secrets.len() > 2 => {
                return Err(Error::invalid("app_secrets", "one secret is needed, or two during rotation"));
            }
            Some(field) => {
                self.secrets.iter().try_for_each(|secret| has_format("app_secrets", field, secret))?;
            }
        }
        match (&form.verify_token, &self.verify_token) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(Error::invalid("verify_token", "this provider has no such field")),
            (Some(_), None) => Err(Error::invalid("verify_token", "is missing: choose one")),
            (Some(field), Some(token)) => has_format("verify_token", field, token),
        }
    }
}

fn has_format(name: &'static str, field: &FormField, value: &SecretString) -> Result<(), Error> {
    if field.format.accepts(value.expose_secret()) {
        return Ok(());
    }
    let right = field.format.description();
    Err(Error::invalid(name, format_args!("must be the {}: {right}", field.label)))
}

/// Apps, accounts and their credentials.
#[derive(Debug, Clone, Copy)]
pub struct AccountService<'a> {
    pub(super) runtime: &'a Runtime,
}

const APP: &str = "app";
/// How often it is noted that something arrived by an address, in seconds.
const NOTED_EVERY: i64 = 60;

/// When something arrived by an address of an app last, in seconds of Unix time.
fn seen(app: &App, hook: HookId) -> i64 {
    let former = app.former.filter(|former| former.hook == hook);
    let seen = former.map_or(app.hook_seen, |former| former.seen);
    seen.map_or(i64::MIN, |at| at.timestamp())
}

pub(super) const ACCOUNT: &str = "account";

impl<'a> AccountService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// Registers an app of the actor's organisation; its hook is where the provider posts to.
    ///
    /// # Errors
    /// [`Error::Account`] if no such provider is registered; [`Error::Invalid`] for what does not fit its [`ConnectionForm`]; [`Error::Denied`].
    pub async fn register_app(&self, by: &Actor, new: NewApp) -> Result<App, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        new.fits(self.runtime.provider(&new.provider)?.connection())?;
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
        let verify_token = match &new.verify_token {
            Some(token) => {
                let context = SealedContext::new(OrgId::NIL, APP, id, "verify_token");
                Some(self.runtime.sealer().seal_secret(&context, token).await?)
            }
            None => None,
        };
        let app = App {
            id,
            org: Some(by.org()),
            provider: new.provider,
            name: new.name,
            hook,
            hook_seen: None,
            former: None,
            secrets,
            verify_token,
            created_at: now,
            revision: Revision::FIRST,
        };
        let mut batch = Batch::new(by, Action::AppRegistered, now);
        batch.about(id);
        let writes = vec![SystemWrite::InsertApp(app.clone())];
        self.runtime.store().commit_system(self.runtime.system(), writes, Some((scope, batch))).await?;
        Ok(app)
    }

    /// The providers that accounts can be connected at, by name.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::AccountsRead`].
    pub fn providers(&self, by: &Actor) -> Result<Vec<&'a dyn Provider>, Error> {
        by.scope_for(Permission::AccountsRead)?;
        Ok(self.runtime.providers().collect())
    }

    /// The organisation's own apps.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn apps(&self, by: &Actor) -> Result<Vec<App>, Error> {
        by.scope_for(Permission::AccountsRead)?;
        Ok(self.runtime.store().apps(self.runtime.system(), Some(by.org())).await?)
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

    /// When the provider was asked for the list of templates that is known; `None` if it never was.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn templates_asked_at(
        &self,
        by: &Actor,
        account: AccountId,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let scope = by.scope_for(Permission::AccountsRead)?;
        self.runtime.store().account(scope, account).await?.ok_or(Error::missing(RecordKind::Account))?;
        Ok(self.runtime.store().templates_asked_at(scope, account).await?)
    }

    /// Fetches the template list from the provider now.
    ///
    /// # Errors
    /// [`Error::Account`] if the provider keeps none; [`Error::Provider`]; [`Error::NotFound`]; [`Error::Denied`] without
    /// [`Permission::AccountsManage`].
    pub async fn sync_templates(&self, by: &Actor, account: AccountId) -> Result<Vec<Template>, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let account =
            self.runtime.store().account(scope, account).await?.ok_or(Error::missing(RecordKind::Account))?;
        if self.messaging(&account)?.capabilities().templates != TemplateSource::Provider {
            return Err(Error::Account(AccountProblem::Unsupported));
        }
        let access = self.access(scope.org(), &account).await?;
        let asked_at = self.runtime.now();
        let templates = self.messaging(&account)?.templates(&access).await?;
        let mut batch = Batch::new(by, Action::TemplatesSynced, self.runtime.now());
        batch
            .about(account.id)
            .write(AccountWrite::Templates { account: account.id, asked_at, templates })
            .event(DomainEvent::AccountChanged { account: account.id });
        self.runtime.store().commit_one(scope, batch).await?;
        // Another request that was made later may have been answered first.
        Ok(self.runtime.store().templates(scope, account.id).await?)
    }

    /// The provider of an account.
    ///
    /// # Errors
    /// [`Error::Account`] if it is not registered in this process.
    pub fn provider(&self, account: &ProviderAccount) -> Result<&'a dyn Provider, Error> {
        self.runtime.provider(&account.provider)
    }

    /// How messages of an account are sent.
    ///
    /// # Errors
    /// [`Error::Account`] if its provider is not registered in this process, sends no messages, or has a telephone service
    /// beside them and the account is not set up for SMS, or if SMS is switched off.
    pub fn messaging(&self, account: &ProviderAccount) -> Result<&'a dyn MessagingProvider, Error> {
        let provider = self.runtime.provider(&account.provider)?;
        let is_off = match &account.sms {
            Some(sms) => !sms.enabled,
            None => provider.telephony().is_some(),
        };
        provider.messaging().filter(|_| !is_off).ok_or(Error::Account(AccountProblem::Unsupported))
    }

    /// By which way people are called through an account, and call: by WhatsApp where its messages go by WhatsApp, else by telephone.
    #[must_use]
    pub fn calls_by(&self, account: &ProviderAccount) -> Channel {
        let messaging = self.runtime.provider(&account.provider).ok().and_then(Provider::messaging);
        match messaging.map(|messaging| messaging.capabilities().channel) {
            Some(Channel::WhatsApp) => Channel::WhatsApp,
            _ => Channel::Voice,
        }
    }

    /// The telephone service that calls of an account go through.
    pub(crate) fn telephony(&self, account: &ProviderAccount) -> Result<&'a dyn TelephonyProvider, Error> {
        self.runtime
            .provider(&account.provider)?
            .telephony()
            .ok_or(Error::Account(AccountProblem::Unsupported))
    }

    /// Asks a provider whether credentials are right, by its messages or by its telephone service.
    pub(crate) async fn probe(&self, provider: &str, access: &AccountAccess) -> Result<AccountHealth, Error> {
        let provider = self.runtime.provider(provider)?;
        match (provider.telephony(), provider.messaging()) {
            (Some(telephony), _) => Ok(telephony.check(access).await?),
            (None, Some(messaging)) => Ok(messaging.check(access).await?),
            (None, None) => Err(Error::Account(AccountProblem::Unsupported)),
        }
    }

    /// Opens an account's credentials; kept open for sixty seconds at most.
    pub(crate) async fn access(&self, org: OrgId, account: &ProviderAccount) -> Result<AccountAccess, Error> {
        let sealed = account.credentials.as_bytes();
        let cached = self.runtime.credentials().get(&account.id).filter(|(of, _)| of == sealed);
        let credentials = match cached {
            Some((_, credentials)) => credentials,
            None => {
                let context = SealedContext::new(org, ACCOUNT, account.id, SealedContext::CREDENTIALS);
                let text = self.runtime.sealer().open_secret(&context, &account.credentials).await?;
                let form = self.runtime.provider(&account.provider)?.connection();
                let opened = Credentials::from_text(&text, form.credentials);
                self.runtime.credentials().insert(account.id, (sealed.to_vec(), opened.clone()));
                opened
            }
        };
        Ok(AccountAccess {
            account: account.id,
            routing_key: account.routing_key.clone(),
            business_id: account.business_id.clone(),
            credentials,
            base_url: account.base_url.clone(),
        })
    }

    /// The app of a webhook address, if it was opened within the last minute and the address still works.
    pub(crate) fn known_hook(&self, hook: HookId) -> Option<Arc<OpenedHook>> {
        self.runtime.hooks().get(&hook).filter(|opened| opened.app.takes(hook, self.runtime.now()))
    }

    /// Notes that something arrived by an address, at most once a minute. What arrived is kept whether or not it succeeds.
    pub(crate) async fn note_arrival(&self, opened: &OpenedHook) {
        let (now, last) = (self.runtime.now(), opened.noted.load(Ordering::Relaxed));
        if now.timestamp() < last.saturating_add(NOTED_EVERY) {
            return;
        }
        // Of several that arrive at the same time one notes it.
        let noted =
            opened.noted.compare_exchange(last, now.timestamp(), Ordering::Relaxed, Ordering::Relaxed);
        if noted.is_err() {
            return;
        }
        let writes = vec![SystemWrite::HookSeen { hook: opened.hook, at: now }];
        if let Err(error) = self.runtime.store().commit_system(self.runtime.system(), writes, None).await {
            tracing::warn!(code = error.code(), "it could not be noted that a webhook arrived");
        }
    }

    /// The app of a webhook address with its secrets opened; kept open for sixty seconds at most.
    pub(crate) async fn opened_hook(&self, hook: HookId) -> Result<Option<Arc<OpenedHook>>, Error> {
        if let Some(opened) = self.known_hook(hook) {
            return Ok(Some(opened));
        }
        let app = self.runtime.store().hook(self.runtime.system(), hook).await?;
        let Some(app) = app.filter(|app| app.takes(hook, self.runtime.now())) else { return Ok(None) };
        let mut secrets = Vec::new();
        let context = SealedContext::new(OrgId::NIL, APP, app.id, "secret");
        for sealed in &app.secrets {
            secrets.push(self.runtime.sealer().open_secret(&context, sealed).await?);
        }
        let verify_token = match &app.verify_token {
            Some(sealed) => {
                let context = SealedContext::new(OrgId::NIL, APP, app.id, "verify_token");
                Some(self.runtime.sealer().open_secret(&context, sealed).await?)
            }
            None => None,
        };
        let secrets = WebhookSecrets { app: secrets, verify_token };
        let opened = Arc::new(OpenedHook { hook, noted: AtomicI64::new(seen(&app, hook)), app, secrets });
        self.runtime.hooks().insert(hook, Arc::clone(&opened));
        Ok(Some(opened))
    }
}

//! Connecting numbers and senders, and checking their credentials at the provider.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::service::ACCOUNT;
use super::{AccountChange, AccountService, AccountState, AccountWrite, App, ProviderAccount, SealedContext};
use crate::contact::Portfolio;
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{AccountId, AppId, OrgId};
use crate::ledger::Action;
use crate::provider::{
    ADDRESS_REFUSAL, AccountAccess, AccountHealth, ConnectionForm, Credentials, FormField, ProviderError,
    TemplateSource,
};
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Precondition, Revision, StoreError};
use crate::text::Title;

/// An account to be connected. Which fields a provider has, and what fits them, is its [`ConnectionForm`].
#[derive(Debug)]
pub struct NewAccount {
    /// The app whose webhooks reach it.
    pub app: AppId,
    /// What people call it.
    pub name: Title,
    /// The id by which the provider's webhooks name the number or sender.
    pub routing_key: String,
    /// The provider's id of the business account that owns it (WABA); the routing key where providers have none.
    pub business_id: Option<String>,
    /// Within what the provider's ids for people are valid; the business account unless given.
    pub portfolio: Option<String>,
    /// What requests are authorised with, by the names of the provider's fields.
    pub credentials: Credentials,
    /// Another base address than the provider's own.
    pub base_url: Option<Url>,
}

/// A number that was stored, with what the check of its credentials found. Until a check succeeds nothing is received or sent.
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

/// The fields of an account before anything of it is stored.
#[derive(Debug)]
pub struct Trial {
    /// The provider's word.
    pub provider: String,
    /// As [`NewAccount::routing_key`].
    pub routing_key: String,
    /// As [`NewAccount::business_id`].
    pub business_id: Option<String>,
    /// What requests are authorised with, by the names of the provider's fields.
    pub credentials: Credentials,
    /// Another base address than the provider's own.
    pub base_url: Option<Url>,
}

/// What a [`Trial`] found, in the order in which it was tried.
#[derive(Debug)]
pub struct Tried {
    /// Whether the credentials are accepted and the number is known.
    pub number: Result<AccountHealth, ProviderError>,
    /// Whether the business account is known: its templates could be listed. `None` if the number was refused, or if the
    /// provider has no templates.
    pub business: Option<Result<(), ProviderError>>,
}

/// How often a change is decided anew because the account was changed meanwhile. Each time, at least one other change was
/// committed.
pub(super) const ROUNDS: u32 = 8;

/// The ids of a new account after they were compared with the provider's form.
struct Ids {
    business_id: String,
    portfolio: Portfolio,
}

impl Ids {
    fn of(
        form: &ConnectionForm,
        routing_key: &str,
        business_id: Option<&str>,
        portfolio: Option<&str>,
    ) -> Result<Self, Error> {
        checked("routing_key", Some(&form.routing_key), Some(routing_key))?;
        checked("business_id", form.business_id.as_ref(), business_id)?;
        checked("portfolio", form.portfolio.as_ref(), portfolio)?;
        let business_id = business_id.unwrap_or(routing_key);
        let portfolio = Portfolio(portfolio.unwrap_or(business_id).to_owned());
        Ok(Self { business_id: business_id.to_owned(), portfolio })
    }
}

/// Refuses a value that the provider's form has no place for, one that is missing, and one of another format.
fn checked(field: &'static str, form: Option<&FormField>, value: Option<&str>) -> Result<(), Error> {
    match (form, value) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Error::invalid(field, "this provider has no such field")),
        (Some(form), None) if form.required => {
            Err(Error::invalid(field, format_args!("is missing: the {}", form.label)))
        }
        (Some(_), None) => Ok(()),
        (Some(form), Some(value)) if form.format.accepts(value) => Ok(()),
        (Some(form), Some(_)) => {
            let right = form.format.description();
            Err(Error::invalid(field, format_args!("must be the {}: {right}", form.label)))
        }
    }
}

impl ConnectionForm {
    /// Refuses credentials that the provider does not know, that are missing, or that have another format.
    pub(super) fn check_credentials(&self, given: &Credentials) -> Result<(), Error> {
        self.check_given(given)?;
        match self.credentials.iter().find(|field| field.required && given.get(field.name).is_none()) {
            Some(field) => {
                let problem = format_args!("{} is missing: the {}", field.name, field.label);
                Err(Error::invalid("credentials", problem))
            }
            None => Ok(()),
        }
    }

    /// As [`check_credentials`](Self::check_credentials) for those that change: the others stay.
    pub(super) fn check_given(&self, given: &Credentials) -> Result<(), Error> {
        for (name, value) in given.iter() {
            let Some(field) = self.credentials.iter().find(|field| field.name == name) else {
                let known: Vec<_> = self.credentials.iter().map(|field| field.name).collect();
                let problem = format_args!("holds an unknown name; this provider has: {}", known.join(", "));
                return Err(Error::invalid("credentials", problem));
            };
            if !field.format.accepts(value.expose_secret()) {
                let right = field.format.description();
                let problem = format_args!("{} must be the {}: {right}", field.name, field.label);
                return Err(Error::invalid("credentials", problem));
            }
        }
        Ok(())
    }
}

impl AccountService<'_> {
    /// Connects a number: seals its credentials, checks them, and makes the number routable if the check succeeds. A number
    /// whose check fails stays, unchecked, with the error. A number that the organisation has stays the one account that it is,
    /// with the new credentials once the provider has accepted them; so it does if it is connected twice at the same time.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app of another organisation; [`Error::Account`] if the number is connected elsewhere;
    /// [`Error::Invalid`] for what does not fit the provider's [`ConnectionForm`]; [`Error::Denied`].
    pub async fn connect(&self, by: &Actor, new: NewAccount) -> Result<Connected, Error> {
        for _ in 1..ROUNDS {
            match self.connect_once(by, &new).await {
                Err(Error::Conflict { kind: RecordKind::Account }) => {}
                other => return other,
            }
        }
        self.connect_once(by, &new).await
    }

    /// Tries what would be connected, and stores nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what does not fit the provider's [`ConnectionForm`]; [`Error::Account`] if there is no such
    /// provider; [`Error::Denied`] without [`Permission::AccountsManage`].
    pub async fn try_connection(&self, by: &Actor, trial: Trial) -> Result<Tried, Error> {
        by.scope_for(Permission::AccountsManage)?;
        let provider = self.runtime.provider(&trial.provider)?;
        let form = provider.connection();
        let ids = Ids::of(form, &trial.routing_key, trial.business_id.as_deref(), None)?;
        form.check_credentials(&trial.credentials)?;
        self.address(&trial.provider, trial.base_url.as_ref()).await?;
        let access = AccountAccess {
            account: self.runtime.ids().next(self.runtime.now()),
            routing_key: trial.routing_key,
            business_id: ids.business_id,
            credentials: trial.credentials,
            base_url: trial.base_url,
        };
        let number = match self.probe(&trial.provider, &access).await {
            Ok(health) => Ok(health),
            Err(Error::Provider(error)) => Err(error),
            Err(error) => return Err(error),
        };
        let business = match (&number, provider.messaging()) {
            (Ok(_), Some(messaging)) if messaging.capabilities().templates == TemplateSource::Provider => {
                Some(messaging.templates(&access).await.map(|_| ()))
            }
            _ => None,
        };
        Ok(Tried { number, business })
    }

    async fn connect_once(&self, by: &Actor, new: &NewAccount) -> Result<Connected, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let app = self.runtime.store().app(self.runtime.system(), new.app).await?;
        let app = app.filter(|app| app.org.is_none_or(|org| org == by.org()));
        let app = app.ok_or(Error::missing(RecordKind::App))?;
        let form = self.runtime.provider(&app.provider)?.connection();
        let ids = Ids::of(form, &new.routing_key, new.business_id.as_deref(), new.portfolio.as_deref())?;
        form.check_credentials(&new.credentials)?;
        self.address(&app.provider, new.base_url.as_ref()).await?;
        let known = self.runtime.store().accounts(scope).await?;
        let same = |account: &ProviderAccount| {
            account.provider == app.provider && account.routing_key == new.routing_key
        };
        // An earlier release may have made two: the one that receives is meant.
        let known =
            known.into_iter().filter(same).min_by_key(|account| account.state == AccountState::Unchecked);
        match known {
            Some(known) => self.connect_again(by, scope, known, new, ids).await,
            None => self.connect_new(by, scope, &app, new, ids).await,
        }
    }

    async fn connect_new(
        &self,
        by: &Actor,
        scope: &OrgScope,
        app: &App,
        new: &NewAccount,
        ids: Ids,
    ) -> Result<Connected, Error> {
        let now = self.runtime.now();
        let id: AccountId = self.runtime.ids().next(now);
        let account = ProviderAccount {
            id,
            provider: app.provider.clone(),
            app: app.id,
            name: new.name.clone(),
            portfolio: ids.portfolio,
            routing_key: new.routing_key.clone(),
            business_id: ids.business_id,
            display_number: None,
            base_url: new.base_url.clone(),
            credentials: self.seal_credentials(by.org(), id, &new.credentials).await?,
            state: AccountState::Unchecked,
            checked_at: None,
            problem: None,
            sms: None,
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

    /// Connects a number again that the organisation has: a second account would say that it is routable and receive
    /// nothing. The new credentials are tried first, so wrong ones take nothing from an account that works.
    async fn connect_again(
        &self,
        by: &Actor,
        scope: &OrgScope,
        known: ProviderAccount,
        new: &NewAccount,
        ids: Ids,
    ) -> Result<Connected, Error> {
        let access = AccountAccess {
            account: known.id,
            routing_key: new.routing_key.clone(),
            business_id: ids.business_id.clone(),
            credentials: new.credentials.clone(),
            base_url: new.base_url.clone(),
        };
        let health = match self.probe(&known.provider, &access).await {
            Ok(health) => health,
            Err(Error::Provider(error)) => return Ok(Connected { account: known, check: Err(error) }),
            Err(error) => return Err(error),
        };
        let change = AccountChange {
            app: Some(new.app),
            name: Some(new.name.clone()),
            business_id: Some(ids.business_id),
            portfolio: new.portfolio.is_some().then_some(ids.portfolio),
            base_url: Some(new.base_url.clone()),
            credentials: Some(self.seal_credentials(by.org(), known.id, &new.credentials).await?),
            ..self.accepted(&health)
        };
        Ok(Connected { account: self.change(by, scope, &known, change).await?, check: Ok(health) })
    }

    /// What changes of an account whose credentials the provider has just accepted.
    pub(super) fn accepted(&self, health: &AccountHealth) -> AccountChange {
        AccountChange {
            state: Some(AccountState::Routable),
            display_number: health.display_number.clone().map(Some),
            checked_at: Some(Some(self.runtime.now())),
            problem: Some(None),
            ..AccountChange::default()
        }
    }

    /// Refuses a base address that is not one of the provider's. The answer is the same for each and comes equally late, so it
    /// does not reveal what is there.
    pub(super) async fn address(&self, provider: &str, base: Option<&Url>) -> Result<(), Error> {
        match base {
            Some(base) if !self.runtime.provider(provider)?.allows_address(base) => {
                tokio::time::sleep(ADDRESS_REFUSAL).await;
                Err(Error::invalid("base_url", "is not an address that this server sends tokens to"))
            }
            _ => Ok(()),
        }
    }

    /// Checks an account's credentials at the provider; success makes its number routable, also one that was disconnected. With
    /// a revision, only if the account is still at that one.
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
        let account = self.account_at(scope, id, revision).await?;
        let access = self.access(scope.org(), &account).await?;
        let health = self.probe(&account.provider, &access).await?;
        match self.change(by, scope, &account, self.accepted(&health)).await {
            Err(Error::Conflict { kind }) if revision.is_some() => Err(Error::Stale { kind }),
            changed => Ok((changed?, health)),
        }
    }

    pub(super) async fn seal_credentials(
        &self,
        org: OrgId,
        account: AccountId,
        credentials: &Credentials,
    ) -> Result<super::Sealed, Error> {
        let context = SealedContext::new(org, ACCOUNT, account, SealedContext::CREDENTIALS);
        let text: SecretString =
            credentials.to_text().map_err(|_| Error::invalid("credentials", "cannot be stored"))?;
        self.runtime.sealer().seal_secret(&context, &text).await
    }
}

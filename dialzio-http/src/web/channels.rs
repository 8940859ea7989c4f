//! Connecting a channel in the page: the fields of its provider, each checked before anything is stored, and the wait for the
//! first message.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::account::{App, NewAccount, NewApp, Trial, Tried};
use dialzio_core::call::CallQuery;
use dialzio_core::consent::Channel;
use dialzio_core::conversation::{ConversationQuery, InboxView, StateFilter};
use dialzio_core::page::PageRequest;
use dialzio_core::provider::{ConnectionForm, Credentials, FormField, Provider, ProviderError};
use dialzio_core::text::Title;
use dialzio_core::{AccountId, AccountProblem, AppId, Error, Permission};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::page_context::{PageContext, show};
use super::view::Choice;
use super::view::channels::{ChannelConnected, ChannelForm, ChannelPage, Entry, FirstMessage};
use super::view::shell::Place;
use super::words;
use crate::api::Id;
use crate::form::Fields;
use crate::problem::Problem;

/// The form is for people who may connect accounts.
fn managed(ctx: &PageContext) -> Result<(), Problem> {
    let permission = Permission::AccountsManage;
    if ctx.may(permission) { Ok(()) } else { Err(Error::Denied { permission }.into()) }
}

/// What a provider's channel is called.
pub(crate) fn kind(provider: &dyn Provider) -> String {
    match (provider.messaging(), provider.telephony()) {
        (Some(messaging), Some(_)) => {
            let channel = words::channel(messaging.capabilities().channel);
            format!("Telephone and {channel} ({})", provider_name(provider))
        }
        (Some(messaging), None) => words::channel(messaging.capabilities().channel).to_owned(),
        (None, Some(_)) => format!("Telephone ({})", provider_name(provider)),
        (None, None) => provider_name(provider),
    }
}

/// The provider's name, from its word.
fn provider_name(provider: &dyn Provider) -> String {
    match provider.id().0 {
        "telecmi" => "TeleCMI".to_owned(),
        "piopiy" => "Piopiy".to_owned(),
        "piopiy_v3" => "Piopiy, third version".to_owned(),
        other => other.to_owned(),
    }
}

/// The providers that can be connected: those that send messages or place calls.
fn providers(ctx: &PageContext) -> Result<Vec<&dyn Provider>, Problem> {
    let all = ctx.crm().accounts().providers(&ctx.actor)?;
    let mut usable: Vec<_> =
        all.into_iter().filter(|known| known.messaging().is_some() || known.telephony().is_some()).collect();
    // WhatsApp is what most people connect first, then other messages.
    usable.sort_by_key(|known| {
        let channel = known.messaging().map(|messaging| messaging.capabilities().channel);
        (channel != Some(Channel::WhatsApp), known.telephony().is_some())
    });
    Ok(usable)
}

/// The provider that is meant, or else the first one.
fn provider<'a>(ctx: &'a PageContext, wanted: &str) -> Result<&'a dyn Provider, Problem> {
    let found = providers(ctx)?.into_iter().find(|known| wanted.is_empty() || known.id().0 == wanted);
    found.ok_or_else(|| Error::Account(AccountProblem::NoProvider).into())
}

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    provider: String,
}

/// `GET /settings/channels/new`.
pub(crate) async fn page(ctx: PageContext, Query(wanted): Query<Wanted>) -> Result<Html<String>, Problem> {
    managed(&ctx)?;
    let chosen = provider(&ctx, &wanted.provider)?;
    let form = empty(&ctx, chosen).await?;
    let kinds = providers(&ctx)?.into_iter().map(|known| {
        let choice = Choice::new(known.id().0, kind(known));
        if known.id() == chosen.id() { choice.chosen() } else { choice }
    });
    let kinds = kinds.collect();
    show(&ChannelPage { shell: ctx.shell("Connect a channel", Place::Channels).await?, kinds, form })
}

async fn empty(ctx: &PageContext, provider: &dyn Provider) -> Result<ChannelForm, Problem> {
    let (word, form) = (provider.id().0, provider.connection());
    let apps = ctx.crm().accounts().apps(&ctx.actor).await?;
    let ids = [Some(&form.routing_key), form.business_id.as_ref()].into_iter().flatten();
    Ok(ChannelForm {
        provider: word.to_owned(),
        apps: apps
            .iter()
            .filter(|app| app.provider == word)
            .map(|app| Choice::new(app.id.to_string(), app.name.reveal()))
            .collect(),
        app_entries: form.app_secret.iter().chain(&form.verify_token).map(Entry::of).collect(),
        entries: ids.chain(form.credentials).map(Entry::of).collect(),
        ..ChannelForm::default()
    })
}

/// `POST /web/channels`. Nothing is stored before the provider has accepted everything. What is secret is never shown again: a
/// refused form comes back without it.
pub(crate) async fn connect(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    managed(&ctx)?;
    let provider = provider(&ctx, fields.get("provider"))?;
    let mut form = empty(&ctx, provider).await?;
    form.fill(&fields);
    let connection = provider.connection();
    let typed = |field: &FormField| fields.get(field.name).trim().to_owned();
    let app = form.apps.iter().find(|app| app.selected).and_then(|app| app.value.parse::<AppId>().ok());
    let name = Title::parse(fields.get("name"));
    if let Err(error) = &name {
        form.name_error = Some(format!("The name {error}."));
    }
    let base_url = match fields.given("base_url").map(Url::parse).transpose() {
        Ok(base_url) => base_url,
        Err(_) => {
            form.base_url_error = Some("This is not a complete address.".to_owned());
            None
        }
    };
    form.check(app.is_none());
    let (false, Ok(name)) = (form.is_wrong(), name) else { return refused(&form) };

    let secret = |field: &FormField| SecretString::from(typed(field));
    let given = connection.credentials.iter().filter(|field| !typed(field).is_empty());
    let credentials: Credentials = given.map(|field| (field.name, secret(field))).collect();
    let business_id = connection.business_id.as_ref().map(typed).filter(|id| !id.is_empty());
    let trial = Trial {
        provider: provider.id().0.to_owned(),
        routing_key: typed(&connection.routing_key),
        business_id: business_id.clone(),
        credentials: credentials.clone(),
        base_url: base_url.clone(),
    };
    match ctx.crm().accounts().try_connection(&ctx.actor, trial).await {
        Ok(tried) => form.judge(connection, tried),
        Err(Error::Invalid { field: "base_url", .. }) => {
            form.base_url_error = Some("This server sends tokens to no such address.".to_owned());
        }
        Err(error) => return Err(error.into()),
    }
    if form.is_wrong() {
        return refused(&form);
    }
    let app = match app {
        Some(app) => app,
        None => {
            let new = NewApp {
                provider: provider.id().0.to_owned(),
                name: name.clone(),
                secrets: connection.app_secret.iter().map(secret).collect(),
                verify_token: connection.verify_token.as_ref().map(secret),
            };
            ctx.crm().accounts().register_app(&ctx.actor, new).await?.id
        }
    };
    let new = NewAccount {
        app,
        name,
        routing_key: typed(&connection.routing_key),
        business_id,
        portfolio: None,
        credentials,
        base_url,
    };
    let account = ctx.crm().accounts().connect(&ctx.actor, new).await?.routable()?;
    let hook = ctx.crm().accounts().apps(&ctx.actor).await?.into_iter().find(|known| known.id == app);
    let connected = ChannelConnected {
        name: account.name.reveal().into(),
        number: account.display_number.unwrap_or_default().into(),
        webhook: hook.filter(|_| provider.webhooks().is_some()).map(|app| address(&ctx, &app)),
        verify_token: connection.verify_token.map(|field| field.label),
        first: waiting(&ctx, account.id).await?,
    };
    Ok(show(&connected)?.into_response())
}

fn refused(form: &ChannelForm) -> Result<Response, Problem> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(form)?).into_response())
}

/// Where the provider has to post webhooks of an app.
pub(crate) fn address(ctx: &PageContext, app: &App) -> String {
    ctx.state.public_url(&format!("hooks/{}", app.hook))
}

/// Where the provider of an app has to ask what to do with calls.
pub(crate) fn answer_address(ctx: &PageContext, app: &App) -> String {
    ctx.state.public_url(&format!("hooks/{}/answer", app.hook))
}

/// `GET /web/channels/{account}/first`: whether anything has arrived by the account yet.
pub(crate) async fn first(ctx: PageContext, Id(id): Id<AccountId>) -> Result<Html<String>, Problem> {
    // The newest conversations: a first message makes its conversation one of them.
    let query = ConversationQuery::new(InboxView::All, StateFilter::Open, ctx.now);
    let calls = CallQuery { account: Some(id), ..CallQuery::default() };
    let calls = if ctx.may(Permission::CallsRead) {
        ctx.crm().calls().list(&ctx.actor, &calls, PageRequest::first(1)).await?.items
    } else {
        Vec::new()
    };
    if let Some(call) = calls.first() {
        return show(&FirstMessage {
            arrived: Some(format!("calls/{}", call.id)),
            ..waiting(&ctx, id).await?
        });
    }
    let newest = ctx.crm().conversations().list(&ctx.actor, &query, PageRequest::first(20)).await?;
    let found = newest.items.into_iter().find(|entry| entry.conversation.account == id);
    let arrived = found.map(|entry| format!("inbox/{}", entry.conversation.id));
    show(&FirstMessage { arrived, ..waiting(&ctx, id).await? })
}

/// Nothing has arrived by the account yet.
async fn waiting(ctx: &PageContext, id: AccountId) -> Result<FirstMessage, Problem> {
    let account = ctx.crm().accounts().get(&ctx.actor, id).await?;
    let is_telephone = ctx.crm().accounts().provider(&account)?.telephony().is_some();
    Ok(FirstMessage { account: id.to_string(), is_telephone, arrived: None })
}

impl ChannelForm {
    /// What was typed, without what is secret.
    fn fill(&mut self, fields: &Fields) {
        fields.get("name").clone_into(&mut self.name);
        fields.get("base_url").clone_into(&mut self.base_url);
        for app in &mut self.apps {
            app.selected = app.value == fields.get("app");
        }
        for entry in self.app_entries.iter_mut().chain(&mut self.entries) {
            // White space at the ends comes from copying.
            let typed = fields.get(entry.field.name).trim();
            entry.is_given = !typed.is_empty();
            entry.fits = entry.field.format.accepts(typed);
            if !entry.field.secret {
                typed.clone_into(&mut entry.value);
            }
        }
    }

    /// Says what is missing and what has another format.
    fn check(&mut self, new_app: bool) {
        let app_entries = self.app_entries.iter_mut().filter(|_| new_app);
        for entry in app_entries.chain(&mut self.entries) {
            let (label, right) = (entry.field.label, entry.field.format.description());
            entry.error = match (entry.is_given, entry.fits) {
                (false, _) if entry.field.required => Some(format!("{label} is missing.")),
                (true, false) => Some(format!("This cannot be the {label}: it consists of {right}.")),
                _ => None,
            };
        }
    }

    fn is_wrong(&self) -> bool {
        let entries = self.app_entries.iter().chain(&self.entries);
        [&self.name_error, &self.base_url_error, &self.problem].iter().any(|error| error.is_some())
            || entries.into_iter().any(|entry| entry.error.is_some())
    }

    /// Puts what the provider said where it can be mended.
    fn judge(&mut self, form: &ConnectionForm, tried: Tried) {
        let credential = form.credentials.first().map(|field| field.name);
        let routing_key = form.routing_key;
        let said = |error: &ProviderError| {
            error.detail().map(|detail| format!(" It says: {detail}")).unwrap_or_default()
        };
        match (tried.number, tried.business) {
            (Err(error @ ProviderError::Credentials { .. }), _) => {
                self.at(credential, format!("The provider refused this.{}", said(&error)));
            }
            (Err(error @ ProviderError::Refused { .. }), _) => {
                let label = routing_key.label;
                let why = format!("The provider has no such {label} that these credentials reach.");
                self.at(Some(routing_key.name), format!("{why}{}", said(&error)));
            }
            (Err(error), _) => {
                self.problem =
                    Some(format!("The provider could not be asked, so nothing was stored: {error}."));
            }
            (Ok(_), Some(Err(error))) => {
                let why =
                    "The number is right, but the provider does not list the templates of this account.";
                let field = form.business_id.map(|field| field.name);
                self.at(field, format!("{why}{}", said(&error)));
            }
            (Ok(_), _) => {}
        }
    }

    fn at(&mut self, field: Option<&str>, error: String) {
        match self.entries.iter_mut().find(|entry| Some(entry.field.name) == field) {
            Some(entry) => entry.error = Some(error),
            None => self.problem = Some(error),
        }
    }
}

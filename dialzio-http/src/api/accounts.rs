//! Apps and connected accounts. Secrets go in, never out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::account::{
    AccountNote, AccountPatch, AccountState, App, NewAccount, NewApp, OVERLAP, ProviderAccount,
};
use dialzio_core::provider::Credentials;
use dialzio_core::sms::SmsSettings;
use dialzio_core::text::Title;
use dialzio_core::{AccountId, Actor, AppId, Error, Revision};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;
use utoipa::ToSchema;

use super::revision::{IfMatch, Revised, refusal};
use super::sms::{NewSmsJson, SmsJson};
use super::{Body, Id, List, text};
use crate::auth::Caller;
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// A registered app.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = App)]
pub struct AppJson {
    id: AppId,
    /// The provider, such as `whatsapp`.
    provider: String,
    name: String,
    /// The address for its webhooks.
    hook_url: String,
    /// When something arrived by that address last, to the minute.
    #[schema(required)]
    hook_seen_at: Option<DateTime<Utc>>,
    /// The address before the last rotation, while it works.
    #[schema(required)]
    former_hook: Option<FormerHookJson>,
    created_at: DateTime<Utc>,
    revision: Revision,
}

/// The webhook address before the last rotation, which still works.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FormerHook)]
pub struct FormerHookJson {
    url: String,
    /// Until when it works.
    until: DateTime<Utc>,
    /// When something arrived by it last, to the minute.
    #[schema(required)]
    seen_at: Option<DateTime<Utc>>,
}

impl AppJson {
    fn of(app: &App, state: &AppState) -> Self {
        let url = |hook| state.public_url(&format!("hooks/{hook}"));
        let former = app.former_at(state.crm().clock().now());
        Self {
            id: app.id,
            provider: app.provider.clone(),
            name: app.name.reveal().to_owned(),
            hook_url: url(app.hook),
            hook_seen_at: app.hook_seen,
            former_hook: former.map(|former| FormerHookJson {
                url: url(former.hook),
                until: former.until,
                seen_at: former.seen,
            }),
            created_at: app.created_at,
            revision: app.revision,
        }
    }
}

/// `GET /v1/apps`.
pub async fn apps(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<AppJson>>, Problem> {
    let apps = state.crm().accounts().apps(&actor).await?;
    Ok(List::all(apps.iter().map(|app| AppJson::of(app, &state)).collect()))
}

/// A new app.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewApp)]
#[serde(deny_unknown_fields)]
pub struct NewAppJson {
    /// The provider, such as `whatsapp`.
    provider: String,
    #[schema(value_type = Title)]
    name: String,
    /// The secrets by which its webhooks are signed: one, or two during a rotation; none for a provider that signs none.
    #[schema(value_type = Vec<String>, write_only)]
    #[serde(default)]
    app_secrets: Vec<SecretString>,
    /// The token of the subscription check, chosen by you, for a provider that makes one.
    #[schema(value_type = Option<String>, format = Password, write_only)]
    verify_token: Option<SecretString>,
}

/// `POST /v1/apps`.
pub async fn create_app(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewAppJson>,
) -> Result<(StatusCode, Json<AppJson>), Problem> {
    let new = NewApp {
        provider: new.provider,
        name: text::<Title>("name", &new.name)?,
        secrets: new.app_secrets,
        verify_token: new.verify_token,
    };
    let app = state.crm().accounts().register_app(&actor, new).await?;
    Ok((StatusCode::CREATED, Json(AppJson::of(&app, &state))))
}

/// How an address for webhooks is rotated.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = HookRotation)]
#[serde(deny_unknown_fields)]
pub struct RotationJson {
    /// How long the present address keeps working, in hours; 168 unless given.
    #[schema(minimum = 0, maximum = 720)]
    overlap_hours: Option<u16>,
}

/// `POST /v1/apps/{app}/hook/rotation`.
pub async fn rotate_hook(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<AppId>,
    Body(RotationJson { overlap_hours }): Body<RotationJson>,
) -> Result<Json<AppJson>, Problem> {
    let overlap = overlap_hours.map_or(OVERLAP, |hours| TimeDelta::hours(hours.into()));
    let app = state.crm().accounts().rotate_hook(&actor, id, overlap).await?;
    Ok(Json(AppJson::of(&app, &state)))
}

/// `DELETE /v1/apps/{app}/hook/former`.
pub async fn end_former_hook(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<AppId>,
) -> Result<Json<AppJson>, Problem> {
    let app = state.crm().accounts().end_former_hook(&actor, id).await?;
    Ok(Json(AppJson::of(&app, &state)))
}

/// A connected account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountJson {
    id: AccountId,
    /// The provider, such as `whatsapp`.
    provider: String,
    /// The app whose webhooks reach it.
    app: AppId,
    name: String,
    /// The id by which the provider's webhooks name the number or sender, such as the phone number ID of WhatsApp.
    routing_key: String,
    /// The id of the business account at the provider; the routing key where the provider has none.
    business_id: String,
    /// The number as the provider shows it.
    #[schema(required)]
    display_number: Option<String>,
    /// The address of the provider, where it is not the usual one.
    #[schema(required)]
    base_url: Option<Url>,
    state: AccountState,
    /// When the provider last accepted the credentials.
    #[schema(required)]
    checked_at: Option<DateTime<Utc>>,
    /// Why it cannot be used now, in the provider's words.
    #[schema(required)]
    problem: Option<AccountNote>,
    /// How it sends by SMS; null if that was never set up.
    #[schema(required)]
    sms: Option<SmsJson>,
    created_at: DateTime<Utc>,
    revision: Revision,
    /// The code of the problem, where the check of a new account failed.
    #[schema(value_type = Option<ProblemCode>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<String>,
}

impl From<ProviderAccount> for AccountJson {
    fn from(account: ProviderAccount) -> Self {
        Self {
            id: account.id,
            provider: account.provider,
            app: account.app,
            name: account.name.reveal().to_owned(),
            routing_key: account.routing_key,
            business_id: account.business_id,
            display_number: account.display_number,
            base_url: account.base_url,
            state: account.state,
            checked_at: account.checked_at,
            problem: account.problem,
            sms: account.sms.map(SmsJson::from),
            created_at: account.created_at,
            revision: account.revision,
            check: None,
        }
    }
}

/// `GET /v1/accounts`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<AccountJson>>, Problem> {
    let accounts = state.crm().accounts().list(&actor).await?;
    Ok(List::all(accounts.into_iter().map(AccountJson::from).collect()))
}

/// `GET /v1/accounts/{account}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<AccountId>,
) -> Result<Revised<AccountJson>, Problem> {
    Ok(shown(&state, &actor, id).await?)
}

/// A new account. `GET /v1/providers` lists the fields of each provider.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewAccount)]
#[serde(deny_unknown_fields)]
pub struct NewAccountJson {
    /// The app whose webhooks reach it.
    app: AppId,
    #[schema(value_type = Title)]
    name: String,
    /// The id by which the provider's webhooks name the number or sender. Also accepted as `phone_number_id`.
    #[serde(alias = "phone_number_id")]
    routing_key: String,
    /// The id of the business account at the provider, where it has one. Also accepted as `business_account_id`.
    #[serde(alias = "business_account_id")]
    business_id: Option<String>,
    /// The portfolio within which the ids of people at the provider are valid; the business account unless given.
    portfolio: Option<String>,
    /// What requests are authorised with, by the names of the provider's fields: `{"access_token": "..."}`.
    #[schema(value_type = Option<BTreeMap<String, String>>, write_only)]
    credentials: Option<BTreeMap<String, SecretString>>,
    /// Short for `credentials` with `access_token` alone. Also accepted as `access_token`.
    #[schema(value_type = Option<String>, format = Password, write_only)]
    #[serde(alias = "access_token")]
    token: Option<SecretString>,
    /// The address of the provider, where it is not the usual one.
    base_url: Option<Url>,
}

/// The credentials of a request; `None` if it names none.
fn given(
    credentials: Option<BTreeMap<String, SecretString>>,
    token: Option<SecretString>,
) -> Result<Option<Credentials>, Problem> {
    match (credentials, token) {
        (Some(_), Some(_)) => Err(Problem::invalid("token", "is short for credentials: give one of them")),
        (Some(values), None) => Ok(Some(values.into_iter().collect())),
        (None, Some(token)) => Ok(Some([("access_token", token)].into())),
        (None, None) => Ok(None),
    }
}

/// `POST /v1/accounts`: `state` is `routable` if the check of the credentials succeeded; otherwise `check` has the code.
pub async fn connect(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewAccountJson>,
) -> Result<Revised<AccountJson>, Problem> {
    let new = NewAccount {
        app: new.app,
        name: text::<Title>("name", &new.name)?,
        routing_key: new.routing_key,
        business_id: new.business_id,
        portfolio: new.portfolio,
        credentials: given(new.credentials, new.token)?.unwrap_or_default(),
        base_url: new.base_url,
    };
    let connected = state.crm().accounts().connect(&actor, new).await?;
    let check = connected.check.err().map(|error| Error::Provider(error).code());
    let revision = connected.account.revision;
    Ok(Revised::made(revision, AccountJson { check, ..connected.account.into() }))
}

/// An account and its tag.
async fn shown(state: &AppState, actor: &Actor, id: AccountId) -> Result<Revised<AccountJson>, Error> {
    let account = state.crm().accounts().get(actor, id).await?;
    Ok(Revised::at(account.revision, account.into()))
}

/// Changes to an account: an absent field stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AccountPatch)]
#[serde(deny_unknown_fields)]
pub struct AccountPatchJson {
    #[schema(value_type = Option<Title>)]
    name: Option<String>,
    /// New credentials by the names of the provider's fields; those that are not named stay. They are stored if the provider
    /// accepts them; otherwise nothing is changed.
    #[schema(value_type = Option<BTreeMap<String, String>>, write_only)]
    credentials: Option<BTreeMap<String, SecretString>>,
    /// Short for `credentials` with `access_token` alone. Also accepted as `access_token`.
    #[schema(value_type = Option<String>, format = Password, write_only)]
    #[serde(alias = "access_token")]
    token: Option<SecretString>,
    /// How it sends by SMS, as a whole. Only for providers of SMS.
    sms: Option<NewSmsJson>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/accounts/{account}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<AccountId>,
    meant: IfMatch,
    Body(patch): Body<AccountPatchJson>,
) -> Result<Revised<AccountJson>, Problem> {
    let patch = AccountPatch {
        name: patch.name.as_deref().map(|name| text::<Title>("name", name)).transpose()?,
        credentials: given(patch.credentials, patch.token)?,
        sms: patch.sms.map(SmsSettings::try_from).transpose()?,
        revision: meant.revision(patch.revision)?,
    };
    match state.crm().accounts().update(&actor, id, patch).await {
        Ok(account) => Ok(Revised::at(account.revision, account.into())),
        Err(error) => Err(refusal(error, shown(&state, &actor, id)).await),
    }
}

/// `POST /v1/accounts/{account}/check`.
pub async fn check(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<AccountId>,
) -> Result<Revised<AccountJson>, Problem> {
    match state.crm().accounts().check(&actor, id, meant.revision(None)?).await {
        Ok((account, _)) => Ok(Revised::at(account.revision, account.into())),
        Err(error) => Err(refusal(error, shown(&state, &actor, id)).await),
    }
}

/// `POST /v1/accounts/{account}/disconnection`: a check connects it again.
pub async fn disconnect(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<AccountId>,
) -> Result<Revised<AccountJson>, Problem> {
    match state.crm().accounts().disconnect(&actor, id, meant.revision(None)?).await {
        Ok(account) => Ok(Revised::at(account.revision, account.into())),
        Err(error) => Err(refusal(error, shown(&state, &actor, id)).await),
    }
}

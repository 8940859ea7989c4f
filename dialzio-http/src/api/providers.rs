//! The providers that accounts can be connected at, with the fields that they need.

use axum::Json;
use axum::extract::State;
use dialzio_core::consent::Channel;
use dialzio_core::provider::{CallAction, FormField, Provider, TelephonyCapabilities};
use serde::Serialize;
use utoipa::ToSchema;

use super::List;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// A provider that accounts can be connected at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Provider)]
pub struct ProviderJson {
    /// The word by which apps and accounts name it.
    id: &'static str,
    /// The channel of its messages; absent if it sends none.
    #[schema(required)]
    channel: Option<Channel>,
    /// What its telephone service can do; absent if it has none.
    #[schema(required)]
    telephony: Option<TelephonyJson>,
    /// The secrets that sign its webhooks; absent if it signs none.
    #[schema(required)]
    app_secret: Option<FieldJson>,
    /// The token of its subscription check; absent if it makes none.
    #[schema(required)]
    verify_token: Option<FieldJson>,
    /// The id by which its webhooks name a number or sender.
    routing_key: FieldJson,
    /// The id of a business account; absent if it has none.
    #[schema(required)]
    business_id: Option<FieldJson>,
    /// The id within which its ids for people are valid; absent if it is never another one.
    #[schema(required)]
    portfolio: Option<FieldJson>,
    /// The fields of `credentials`.
    credentials: Vec<FieldJson>,
}

/// What a telephone service can do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Telephony)]
pub struct TelephonyJson {
    /// The agent is rung first, and the person once the agent has answered.
    agent_first: bool,
    /// A call is placed for one of its agents.
    needs_agent: bool,
    /// What can be done with a call in progress.
    actions: Vec<CallAction>,
    /// Its log can be read, which finds what webhooks missed.
    lists_calls: bool,
    /// Recordings can be fetched.
    recordings: bool,
    /// Its webhooks tell of calls while they go on.
    live_events: bool,
}

impl From<&TelephonyCapabilities> for TelephonyJson {
    fn from(known: &TelephonyCapabilities) -> Self {
        Self {
            agent_first: known.agent_first,
            needs_agent: known.needs_agent,
            actions: known.actions.clone(),
            lists_calls: known.lists_calls,
            recordings: known.recordings,
            live_events: known.live_events,
        }
    }
}

/// A field that people fill in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderField)]
pub struct FieldJson {
    /// Its name at the provider.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// Where people find it.
    hint: &'static str,
    /// It is hidden while it is typed.
    secret: bool,
    /// It has to be given.
    required: bool,
    /// The most characters of a value.
    max_length: usize,
    /// The regular expression of a whole value.
    pattern: &'static str,
}

impl From<&FormField> for FieldJson {
    fn from(field: &FormField) -> Self {
        let FormField { name, label, hint, secret, required, format } = *field;
        let (max_length, pattern) = (format.max_length(), format.pattern());
        Self { name, label, hint, secret, required, max_length, pattern }
    }
}

impl From<&dyn Provider> for ProviderJson {
    fn from(provider: &dyn Provider) -> Self {
        let form = provider.connection();
        let optional = |field: &Option<FormField>| field.as_ref().map(FieldJson::from);
        Self {
            id: provider.id().0,
            channel: provider.messaging().map(|messaging| messaging.capabilities().channel),
            telephony: provider.telephony().map(|telephony| telephony.capabilities().into()),
            app_secret: optional(&form.app_secret),
            verify_token: optional(&form.verify_token),
            routing_key: (&form.routing_key).into(),
            business_id: optional(&form.business_id),
            portfolio: optional(&form.portfolio),
            credentials: form.credentials.iter().map(FieldJson::from).collect(),
        }
    }
}

/// `GET /v1/providers`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<ProviderJson>>, Problem> {
    let providers = state.crm().accounts().providers(&actor)?;
    Ok(List::all(providers.into_iter().map(ProviderJson::from).collect()))
}

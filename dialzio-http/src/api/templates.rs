//! Templates of an account: those that the provider keeps, and those that were registered elsewhere.

use axum::Json;
use axum::extract::State;
use dialzio_core::AccountId;
use dialzio_core::account::NewTemplate;
use dialzio_core::conversation::{HeaderFormat, Template, TemplateCategory, TemplateStatus};
use dialzio_core::sms::DltId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Body, Id, List};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// A template, with the names its parameters are given by.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Template)]
pub struct TemplateJson {
    name: String,
    /// The language, exactly as at the provider.
    language: String,
    category: TemplateCategory,
    status: TemplateStatus,
    /// The provider's word for its quality.
    #[schema(required)]
    quality: Option<String>,
    /// Why the provider rejected it.
    #[schema(required)]
    rejection: Option<String>,
    /// The id that the organisation registered its text under (DLT).
    #[schema(required)]
    registration: Option<String>,
    /// What the header holds.
    #[schema(required)]
    header: Option<HeaderFormat>,
    /// The text, with its parameters in braces.
    body: String,
    #[schema(required)]
    footer: Option<String>,
    /// The texts of the buttons, in order.
    buttons: Vec<String>,
    /// The names under which parameters are given when it is sent.
    parameters: Vec<String>,
}

impl From<Template> for TemplateJson {
    fn from(template: Template) -> Self {
        Self {
            parameters: template.parameters(),
            name: template.name,
            language: template.language,
            category: template.category,
            status: template.status,
            quality: template.quality,
            rejection: template.rejection,
            registration: template.registration.map(String::from),
            header: template.header,
            body: template.body,
            footer: template.footer,
            buttons: template.buttons.into_iter().map(|button| button.text).collect(),
        }
    }
}

/// `GET /v1/accounts/{account}/templates`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<AccountId>,
) -> Result<Json<List<TemplateJson>>, Problem> {
    let templates = state.crm().accounts().templates(&actor, id).await?;
    Ok(List::all(templates.into_iter().map(TemplateJson::from).collect()))
}

/// `POST /v1/accounts/{account}/templates/sync`.
pub async fn sync(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<AccountId>,
) -> Result<Json<List<TemplateJson>>, Problem> {
    let templates = state.crm().accounts().sync_templates(&actor, id).await?;
    Ok(List::all(templates.into_iter().map(TemplateJson::from).collect()))
}

/// A template as it was registered elsewhere, for a provider that keeps none.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewTemplate)]
#[serde(deny_unknown_fields)]
pub struct NewTemplateJson {
    /// The name that people choose it by: 1 to 64 letters, digits, `_` or `-`.
    name: String,
    /// Its language, such as `en`.
    language: String,
    category: TemplateCategory,
    /// The registered text, exactly, with `{#var#}` where something is filled in.
    #[schema(min_length = 1, max_length = 1024)]
    text: String,
    /// The id that it is registered under (DLT): 10 to 25 digits.
    registration: Option<String>,
}

/// `PUT /v1/accounts/{account}/templates`: in the place of the one with the same name and language.
pub async fn enter(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<AccountId>,
    Body(new): Body<NewTemplateJson>,
) -> Result<Json<List<TemplateJson>>, Problem> {
    let registration = new.registration.as_deref().map(DltId::parse).transpose();
    let new = NewTemplate {
        name: new.name,
        language: new.language,
        category: new.category,
        text: new.text,
        registration: registration.map_err(|error| Problem::invalid("registration", error.to_string()))?,
    };
    let templates = state.crm().accounts().enter_template(&actor, id, new).await?;
    Ok(List::all(templates.into_iter().map(TemplateJson::from).collect()))
}

/// Which template is removed.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TemplateKey)]
#[serde(deny_unknown_fields)]
pub struct TemplateKeyJson {
    name: String,
    language: String,
}

/// `POST /v1/accounts/{account}/templates/removal`.
pub async fn remove(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<AccountId>,
    Body(key): Body<TemplateKeyJson>,
) -> Result<Json<List<TemplateJson>>, Problem> {
    let templates = state.crm().accounts().remove_template(&actor, id, &key.name, &key.language).await?;
    Ok(List::all(templates.into_iter().map(TemplateJson::from).collect()))
}

//! Service updates: what the operator tells all who sign in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::ServiceUpdateId;
use dialzio_core::news::{NewsKind, ServiceUpdate};
use dialzio_core::page::Page;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Asked, Body, List, Paging};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// Up to how many unread updates are counted.
const COUNTED: u32 = 100;

/// A message of the operator to all who sign in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceUpdate)]
pub struct ServiceUpdateJson {
    id: ServiceUpdateId,
    kind: NewsKind,
    /// One line.
    title: String,
    /// Plain text.
    text: String,
    published_at: DateTime<Utc>,
    /// Whether the caller has read it.
    is_read: bool,
}

impl ServiceUpdateJson {
    fn of(update: &ServiceUpdate, unread_after: ServiceUpdateId) -> Self {
        Self {
            id: update.id,
            kind: update.kind,
            title: update.title.reveal().to_owned(),
            text: update.text.reveal().to_owned(),
            published_at: update.published_at,
            is_read: update.id <= unread_after,
        }
    }
}

/// `GET /v1/me/news`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<ServiceUpdateJson>>, Problem> {
    let Some(news) = state.crm().news().list(&actor, paging.request()?).await? else {
        return Ok(List::of(Page { items: Vec::new(), next: None }, |never| never));
    };
    let unread_after = news.unread_after;
    Ok(List::of(news.updates, |update| ServiceUpdateJson::of(&update, unread_after)))
}

/// What the caller has not read, and what they have chosen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewsStatus)]
pub struct NewsStatusJson {
    /// Updates that the caller has not read, counted up to 100.
    unread: u32,
    /// Whether product news reaches the caller. All other kinds do in any case.
    product: bool,
}

/// `GET /v1/me/news/status`.
pub async fn status(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<NewsStatusJson>, Problem> {
    let status = state.crm().news().status(&actor, COUNTED).await?;
    Ok(Json(NewsStatusJson { unread: status.unread, product: status.takes_product }))
}

/// Up to which update the caller has read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadNews {
    /// This one and all that are older.
    up_to: ServiceUpdateId,
}

/// `PUT /v1/me/news/read`.
pub async fn read(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(read): Body<ReadNews>,
) -> Result<StatusCode, Problem> {
    state.crm().news().read(&actor, read.up_to).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The kinds of updates that can be turned off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewsChoice {
    /// Whether product news reaches the caller.
    product: bool,
}

/// `PUT /v1/me/news/choice`.
pub async fn choose(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(choice): Body<NewsChoice>,
) -> Result<StatusCode, Problem> {
    state.crm().news().take_product(&actor, choice.product).await?;
    Ok(StatusCode::NO_CONTENT)
}

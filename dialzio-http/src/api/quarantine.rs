//! What could not be used.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::webhook::{QuarantineReason, Quarantined};
use dialzio_core::{AccountId, BacklogId, QuarantineId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Asked, Id, List, Paging};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// Received bytes that could not be processed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuarantinedWebhook)]
pub struct QuarantinedJson {
    id: QuarantineId,
    /// The provider, such as `whatsapp`.
    provider: String,
    reason: QuarantineReason,
    /// What it is, in a few words.
    what: String,
    received_at: DateTime<Utc>,
    /// When it is deleted.
    expires_at: DateTime<Utc>,
    /// The bytes as text; only for one item.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

impl From<Quarantined> for QuarantinedJson {
    fn from(item: Quarantined) -> Self {
        Self {
            id: item.id,
            provider: item.provider,
            reason: item.reason,
            what: item.what,
            received_at: item.received_at,
            expires_at: item.expires_at,
            body: None,
        }
    }
}

/// A received element that waits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitingElement)]
pub struct WaitingJson {
    id: BacklogId,
    account: AccountId,
    provider: String,
    /// What it is: `reaction`, `edited`, `revoked`, `delivery` and so on.
    kind: &'static str,
    received_at: DateTime<Utc>,
    /// When it is tried again.
    due_at: DateTime<Utc>,
    attempts: u32,
}

/// `GET /v1/waiting`.
pub async fn waiting(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<WaitingJson>>, Problem> {
    let page = state.crm().quarantine().waiting(&actor, paging.request()?).await?;
    Ok(List::of(page, |item| WaitingJson {
        id: item.id,
        account: item.account,
        provider: item.provider,
        kind: item.kind,
        received_at: item.received_at,
        due_at: item.due_at,
        attempts: item.attempts,
    }))
}

/// `GET /v1/quarantine`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<QuarantinedJson>>, Problem> {
    let page = state.crm().quarantine().list(&actor, paging.request()?).await?;
    Ok(List::of(page, QuarantinedJson::from))
}

/// `GET /v1/quarantine/{item}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<QuarantineId>,
) -> Result<Json<QuarantinedJson>, Problem> {
    let (item, bytes) = state.crm().quarantine().open(&actor, id).await?;
    let body = Some(String::from_utf8_lossy(&bytes).into_owned());
    Ok(Json(QuarantinedJson { body, ..item.into() }))
}

/// `POST /v1/quarantine/{item}/replay`.
pub async fn replay(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<QuarantineId>,
) -> Result<StatusCode, Problem> {
    state.crm().quarantine().replay(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/quarantine/{item}`.
pub async fn discard(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<QuarantineId>,
) -> Result<StatusCode, Problem> {
    state.crm().quarantine().discard(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

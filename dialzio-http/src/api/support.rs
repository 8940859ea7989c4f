//! Requests for help to the operator of the server.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::support::{
    NewSupportRequest, SupportAuthor, SupportMessage, SupportRequest, SupportState, SupportThread,
};
use dialzio_core::text::{SupportText, Title};
use dialzio_core::{MemberId, SupportMessageId, SupportRequestId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Asked, Body, Id, List, Paging, text};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// A request for help.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SupportRequest)]
pub struct SupportRequestJson {
    id: SupportRequestId,
    /// Who asks.
    member: MemberId,
    /// One line.
    subject: String,
    state: SupportState,
    created_at: DateTime<Utc>,
    /// When the last message was written, or it was closed.
    changed_at: DateTime<Utc>,
    /// When it was closed; `null` if it is not.
    #[schema(required)]
    closed_at: Option<DateTime<Utc>>,
}

impl From<SupportRequest> for SupportRequestJson {
    fn from(request: SupportRequest) -> Self {
        Self {
            id: request.id,
            member: request.member,
            subject: request.subject.reveal().to_owned(),
            state: request.state,
            created_at: request.created_at,
            changed_at: request.changed_at,
            closed_at: request.closed_at,
        }
    }
}

/// A message of a request for help.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SupportMessage)]
pub struct SupportMessageJson {
    id: SupportMessageId,
    /// The member who wrote it; `null` for an answer of the operator.
    #[schema(required)]
    member: Option<MemberId>,
    /// Plain text.
    text: String,
    at: DateTime<Utc>,
}

impl From<SupportMessage> for SupportMessageJson {
    fn from(message: SupportMessage) -> Self {
        Self {
            id: message.id,
            member: match message.author {
                SupportAuthor::Member(member) => Some(member),
                SupportAuthor::Operator => None,
            },
            text: message.text.reveal().to_owned(),
            at: message.at,
        }
    }
}

/// A request for help with its messages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SupportThread)]
pub struct SupportThreadJson {
    request: SupportRequestJson,
    /// Oldest first.
    messages: Vec<SupportMessageJson>,
}

impl From<SupportThread> for SupportThreadJson {
    fn from(thread: SupportThread) -> Self {
        Self {
            request: thread.request.into(),
            messages: thread.messages.into_iter().map(SupportMessageJson::from).collect(),
        }
    }
}

/// `GET /v1/support/requests`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<SupportRequestJson>>, Problem> {
    let page = state.crm().support().list(&actor, paging.request()?).await?;
    Ok(List::of(page, SupportRequestJson::from))
}

/// `GET /v1/support/requests/{support_request}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<SupportRequestId>,
) -> Result<Json<SupportThreadJson>, Problem> {
    Ok(Json(state.crm().support().get(&actor, id).await?.into()))
}

/// What a member asks.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewSupportRequest)]
#[serde(deny_unknown_fields)]
pub struct NewSupportRequestJson {
    /// One line of 1 to 120 characters.
    subject: String,
    /// Plain text of 1 to 10,000 characters.
    text: String,
}

/// `POST /v1/support/requests`.
pub async fn open(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewSupportRequestJson>,
) -> Result<(StatusCode, Json<SupportRequestJson>), Problem> {
    let new = NewSupportRequest {
        subject: text::<Title>("subject", &new.subject)?,
        text: text::<SupportText>("text", &new.text)?,
    };
    let made = state.crm().support().open(&actor, new).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// A further message of a request for help.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSupportMessage {
    /// Plain text of 1 to 10,000 characters.
    text: String,
}

/// `POST /v1/support/requests/{support_request}/messages`.
pub async fn reply(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<SupportRequestId>,
    Body(new): Body<NewSupportMessage>,
) -> Result<(StatusCode, Json<SupportMessageJson>), Problem> {
    let written = text::<SupportText>("text", &new.text)?;
    let message = state.crm().support().reply(&actor, id, written).await?;
    Ok((StatusCode::CREATED, Json(message.into())))
}

/// `POST /v1/support/requests/{support_request}/closing`.
pub async fn close(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<SupportRequestId>,
) -> Result<Json<SupportRequestJson>, Problem> {
    Ok(Json(state.crm().support().close(&actor, id).await?.into()))
}

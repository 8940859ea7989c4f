//! Drafts: what the caller has begun to write in a conversation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::ConversationId;
use dialzio_core::conversation::{Draft, DraftKind};
use dialzio_core::text::MessageText;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Asked, Body, Id};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// A draft.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Draft)]
pub struct DraftJson {
    /// What is written so far. It may be longer than the provider takes.
    text: String,
    /// When it was last saved.
    saved_at: DateTime<Utc>,
}

impl From<Draft> for DraftJson {
    fn from(draft: Draft) -> Self {
        Self { text: draft.text.reveal().to_owned(), saved_at: draft.saved_at }
    }
}

/// The caller's own drafts in a conversation. A caller who is no member has none.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Drafts)]
pub struct DraftsJson {
    /// A message to the person.
    #[schema(required)]
    reply: Option<DraftJson>,
    /// A private note.
    #[schema(required)]
    note: Option<DraftJson>,
}

/// `GET /v1/conversations/{conversation}/draft`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
) -> Result<Json<DraftsJson>, Problem> {
    let conversations = state.crm().conversations();
    conversations.get(&actor, id).await?;
    let mut drafts = conversations.drafts(&actor, &[id]).await?;
    let mut take = |kind| {
        let place = drafts.iter().position(|draft| draft.kind == kind)?;
        Some(DraftJson::from(drafts.swap_remove(place)))
    };
    Ok(Json(DraftsJson { reply: take(DraftKind::Reply), note: take(DraftKind::Note) }))
}

/// A draft to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewDraft)]
#[serde(deny_unknown_fields)]
pub struct NewDraftJson {
    /// What it is to become; a reply unless given.
    #[serde(default)]
    kind: DraftKind,
    /// What is written so far. A text that shows nothing removes the draft.
    #[schema(max_length = 65_536)]
    text: String,
}

/// `PUT /v1/conversations/{conversation}/draft`: takes the place of the one before.
pub async fn save(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    Body(new): Body<NewDraftJson>,
) -> Result<StatusCode, Problem> {
    const { assert!(MessageText::MAX == 65_536) };
    state.crm().conversations().save_draft(&actor, id, new.kind, &new.text).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which draft is meant.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Which {
    /// What it was to become; a reply unless given.
    #[param(value_type = Option<DraftKind>, inline)]
    kind: Option<String>,
}

/// `DELETE /v1/conversations/{conversation}/draft`.
pub async fn discard(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    Asked(which): Asked<Which>,
) -> Result<StatusCode, Problem> {
    let known = |kind: &str| kind.parse().map_err(|_| Problem::invalid("kind", "is reply or note"));
    let kind = which.kind.as_deref().map(known).transpose()?.unwrap_or_default();
    state.crm().conversations().discard_draft(&actor, id, kind).await?;
    Ok(StatusCode::NO_CONTENT)
}

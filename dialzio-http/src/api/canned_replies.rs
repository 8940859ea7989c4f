//! Canned replies: texts that members send often.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dialzio_core::canned_reply::{CannedReply, CannedReplyPatch, NewCannedReply, Placeholder, Shortcut};
use dialzio_core::text::{CannedText, Title};
use dialzio_core::{CannedReplyId, ConversationId, Error, Revision};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::revision::{IfMatch, Revised, refusal};
use super::{Body, Id, Ids, List, text};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// A text that members send often.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CannedReply)]
pub struct CannedReplyJson {
    id: CannedReplyId,
    /// What members look for in the list.
    title: String,
    /// What finds it after `/`.
    shortcut: String,
    /// The text, with placeholders such as `{first_name}`.
    text: String,
    revision: Revision,
}

impl From<CannedReply> for CannedReplyJson {
    fn from(kept: CannedReply) -> Self {
        Self {
            id: kept.id,
            title: kept.title.reveal().to_owned(),
            shortcut: kept.shortcut.as_str().to_owned(),
            text: kept.text.reveal().to_owned(),
            revision: kept.revision,
        }
    }
}

fn revised(kept: CannedReply) -> Revised<CannedReplyJson> {
    Revised::at(kept.revision, kept.into())
}

/// `GET /v1/canned-replies`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<CannedReplyJson>>, Problem> {
    let all = state.crm().canned_replies().all(&actor).await?;
    Ok(List::all(all.into_iter().map(CannedReplyJson::from).collect()))
}

/// `GET /v1/canned-replies/{canned_reply}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<CannedReplyId>,
) -> Result<Revised<CannedReplyJson>, Problem> {
    Ok(revised(state.crm().canned_replies().get(&actor, id).await?))
}

/// A new canned reply.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewCannedReply)]
#[serde(deny_unknown_fields)]
pub struct NewCannedReplyJson {
    /// What members look for in the list.
    #[schema(value_type = Title)]
    title: String,
    /// What finds it after `/`: letters, digits, hyphens and underscores, unique in the organisation whatever the case.
    #[schema(value_type = Shortcut)]
    shortcut: String,
    /// The text. `{first_name}`, `{name}`, `{organisation}` and `{member}` are filled when it is put into a reply.
    #[schema(value_type = CannedText)]
    text: String,
}

/// `POST /v1/canned-replies`.
pub async fn add(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewCannedReplyJson>,
) -> Result<Revised<CannedReplyJson>, Problem> {
    let new = NewCannedReply {
        title: text::<Title>("title", &new.title)?,
        shortcut: text::<Shortcut>("shortcut", &new.shortcut)?,
        text: text::<CannedText>("text", &new.text)?,
    };
    let added = state.crm().canned_replies().add(&actor, new).await?;
    Ok(Revised::made(added.revision, added.into()))
}

/// Changes to a canned reply: an absent field stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CannedReplyPatch)]
#[serde(deny_unknown_fields)]
pub struct CannedReplyPatchJson {
    #[schema(value_type = Option<Title>)]
    title: Option<String>,
    #[schema(value_type = Option<Shortcut>)]
    shortcut: Option<String>,
    #[schema(value_type = Option<CannedText>)]
    text: Option<String>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/canned-replies/{canned_reply}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<CannedReplyId>,
    Body(patch): Body<CannedReplyPatchJson>,
) -> Result<Revised<CannedReplyJson>, Problem> {
    let replies = state.crm().canned_replies();
    let seen = meant.revision(patch.revision)?;
    let change = CannedReplyPatch {
        title: patch.title.map(|title| text::<Title>("title", &title)).transpose()?,
        shortcut: patch.shortcut.map(|shortcut| text::<Shortcut>("shortcut", &shortcut)).transpose()?,
        text: patch.text.map(|words| text::<CannedText>("text", &words)).transpose()?,
    };
    match replies.change(&actor, id, seen, change).await {
        Ok(kept) => Ok(revised(kept)),
        Err(error) => {
            let present = async { Ok::<_, Error>(revised(replies.get(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}

/// `DELETE /v1/canned-replies/{canned_reply}`.
pub async fn delete(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<CannedReplyId>,
) -> Result<StatusCode, Problem> {
    let replies = state.crm().canned_replies();
    let seen = meant.revision(None)?;
    match replies.delete(&actor, id, seen).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => {
            let present = async { Ok::<_, Error>(revised(replies.get(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}

/// A canned reply, filled for a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FilledReply)]
pub struct FilledReplyJson {
    /// The text. A placeholder whose value is not known is left in it.
    text: String,
    /// Placeholders whose values are not known, in the order of the text.
    missing: Vec<Placeholder>,
}

/// `GET /v1/conversations/{conversation}/canned-replies/{canned_reply}`.
pub async fn filled(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Ids(conversation, id): Ids<ConversationId, CannedReplyId>,
) -> Result<Json<FilledReplyJson>, Problem> {
    let filled = state.crm().canned_replies().filled(&actor, conversation, id).await?;
    Ok(Json(FilledReplyJson { text: filled.text, missing: filled.missing }))
}

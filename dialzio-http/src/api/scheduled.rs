//! Scheduled messages: texts that are sent at a later time.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use dialzio_core::consent::{Refusal, RefusalCode};
use dialzio_core::conversation::{NewScheduled, Preview, Scheduled, ScheduledPatch};
use dialzio_core::text::MessageText;
use dialzio_core::{ConversationId, Error, MessageId, Revision, ScheduledMessageId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::revision::{IfMatch, Revised, refusal};
use super::sending::Idempotency;
use super::{Body, Id, List, text};
use crate::auth::Caller;
use crate::operation::{Draft, JSON, Output};
use crate::problem::Problem;
use crate::state::AppState;

/// A text that is sent at a later time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduledMessage)]
pub struct ScheduledJson {
    id: ScheduledMessageId,
    conversation: ConversationId,
    /// The principal who wrote it.
    author: String,
    text: String,
    /// The message that it answers.
    #[schema(required)]
    reply_to: Option<MessageId>,
    /// When it is to be sent.
    send_at: DateTime<Utc>,
    /// Since when it is known not to be sent. It waits again once it is changed.
    #[schema(required)]
    refused_at: Option<DateTime<Utc>>,
    /// The code of the reason why it was not sent, such as `consent.withdrawn`.
    #[schema(required)]
    refusal: Option<String>,
    /// Codes of the rules by which it would be refused at its time, by what is known now; none if it would be sent.
    forecast: Vec<String>,
    revision: Revision,
}

impl From<Scheduled> for ScheduledJson {
    fn from(scheduled: Scheduled) -> Self {
        let Scheduled { message: kept, forecast } = scheduled;
        let codes =
            |refusal: Refusal| refusal.reasons.iter().map(|reason| reason.code.as_str().to_owned()).collect();
        Self {
            id: kept.id,
            conversation: kept.conversation,
            author: kept.author,
            text: kept.text.reveal().to_owned(),
            reply_to: kept.reply_to,
            send_at: kept.send_at,
            refused_at: kept.refused.as_ref().map(|refused| refused.at),
            refusal: kept.refused.map(|refused| refused.why.code),
            forecast: match forecast {
                Preview::Refused(refusal) => codes(refusal),
                Preview::Ready | Preview::Deferred { .. } => Vec::new(),
            },
            revision: kept.revision,
        }
    }
}

fn revised(scheduled: Scheduled) -> Revised<ScheduledJson> {
    Revised::at(scheduled.message.revision, scheduled.into())
}

/// A change of a scheduled message that the gate may refuse.
#[derive(Debug)]
pub struct Judged(Revised<ScheduledJson>);

impl IntoResponse for Judged {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl Output for Judged {
    const MEDIA_TYPE: &'static str = JSON;

    fn describe(draft: &mut Draft) {
        <Revised<ScheduledJson> as Output>::describe(draft);
        draft.fails(&RefusalCode::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>());
        draft.fails(&["account.no_provider", "account.not_routable", "account.unsupported"]);
        draft.fails(&["account.not_found", "conversation.not_found"]);
    }
}

/// `GET /v1/conversations/{conversation}/scheduled-messages`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
) -> Result<Json<List<ScheduledJson>>, Problem> {
    let all = state.crm().conversations().scheduled_in(&actor, id).await?;
    Ok(List::all(all.into_iter().map(ScheduledJson::from).collect()))
}

/// A text to be sent at a later time.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewScheduledMessage)]
#[serde(deny_unknown_fields)]
pub struct NewScheduledJson {
    #[schema(value_type = MessageText)]
    text: String,
    /// When it is to be sent: at most 90 days ahead, and no longer than messages are kept.
    send_at: DateTime<Utc>,
    /// The message that it answers.
    reply_to: Option<MessageId>,
}

/// `POST /v1/conversations/{conversation}/scheduled-messages`.
pub async fn create(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    Idempotency(key): Idempotency,
    Body(new): Body<NewScheduledJson>,
) -> Result<Judged, Problem> {
    let new = NewScheduled {
        text: text::<MessageText>("text", &new.text)?,
        reply_to: new.reply_to,
        send_at: new.send_at,
        key: Some(key),
    };
    let made = state.crm().conversations().schedule(&actor, id, new).await?;
    Ok(Judged(Revised::made(made.message.revision, made.into())))
}

/// `GET /v1/scheduled-messages/{scheduled}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ScheduledMessageId>,
) -> Result<Revised<ScheduledJson>, Problem> {
    Ok(revised(state.crm().conversations().scheduled(&actor, id).await?))
}

/// Changes to a scheduled message: an absent field stays. One that was refused waits again.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ScheduledMessagePatch)]
#[serde(deny_unknown_fields)]
pub struct ScheduledPatchJson {
    #[schema(value_type = Option<MessageText>)]
    text: Option<String>,
    /// When it is to be sent.
    send_at: Option<DateTime<Utc>>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/scheduled-messages/{scheduled}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<ScheduledMessageId>,
    Body(patch): Body<ScheduledPatchJson>,
) -> Result<Judged, Problem> {
    let conversations = state.crm().conversations();
    let seen = meant.revision(patch.revision)?;
    let change = ScheduledPatch {
        text: patch.text.map(|words| text::<MessageText>("text", &words)).transpose()?,
        send_at: patch.send_at,
    };
    match conversations.reschedule(&actor, id, seen, change).await {
        Ok(kept) => Ok(Judged(revised(kept))),
        Err(error) => {
            let present = async { Ok::<_, Error>(revised(conversations.scheduled(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}

/// `DELETE /v1/scheduled-messages/{scheduled}`.
pub async fn cancel(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<ScheduledMessageId>,
) -> Result<StatusCode, Problem> {
    let conversations = state.crm().conversations();
    match conversations.unschedule(&actor, id, meant.revision(None)?).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => {
            let present = async { Ok::<_, Error>(revised(conversations.scheduled(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}

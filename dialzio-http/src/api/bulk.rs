//! The same done with many conversations.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use dialzio_core::conversation::{BulkAction, BulkOutcome, ConversationState};
use dialzio_core::text::TagName;
use dialzio_core::{ConversationId, MemberId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Body, text};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// What is done with each of them.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = BulkActionWord)]
#[serde(rename_all = "snake_case")]
pub enum ActionWord {
    /// Assigned to `member`; unassigned without one.
    Assign,
    /// Opened.
    Open,
    /// Closed.
    Close,
    /// Snoozed until `snoozed_until`.
    Snooze,
    /// Marked as unread.
    MarkUnread,
    /// `tag` is added to the contact.
    AddTag,
    /// `tag` is removed from the contact.
    RemoveTag,
}

/// What is done with which conversations.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = BulkChange)]
#[serde(deny_unknown_fields)]
pub struct BulkJson {
    /// The conversations, each once.
    #[schema(min_items = 1, max_items = 100)]
    conversations: Vec<ConversationId>,
    action: ActionWord,
    /// The member who gets them, for `assign`.
    member: Option<MemberId>,
    /// When they come back, for `snooze`.
    snoozed_until: Option<DateTime<Utc>>,
    /// The tag, for `add_tag` and `remove_tag`.
    #[schema(value_type = Option<TagName>)]
    tag: Option<String>,
}

impl BulkJson {
    fn action(&self) -> Result<BulkAction, Problem> {
        let tag = || {
            let tag = self.tag.as_deref().ok_or_else(|| Problem::invalid("tag", "is needed"))?;
            text::<TagName>("tag", tag)
        };
        Ok(match self.action {
            ActionWord::Assign => BulkAction::Assign(self.member),
            ActionWord::Open => BulkAction::State(ConversationState::Open),
            ActionWord::Close => BulkAction::State(ConversationState::Closed),
            ActionWord::Snooze => {
                let until =
                    self.snoozed_until.ok_or_else(|| Problem::invalid("snoozed_until", "is needed"))?;
                BulkAction::State(ConversationState::Snoozed { until })
            }
            ActionWord::MarkUnread => BulkAction::MarkUnread,
            ActionWord::AddTag => BulkAction::AddTag(tag()?),
            ActionWord::RemoveTag => BulkAction::RemoveTag(tag()?),
        })
    }
}

/// What became of one conversation.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = BulkOutcomeWord)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeWord {
    /// It was changed.
    Changed,
    /// It was so already.
    Unchanged,
    /// It was not changed, for the reason in `code`.
    Refused,
}

/// What became of one conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BulkOutcome)]
pub struct OutcomeJson {
    conversation: ConversationId,
    outcome: OutcomeWord,
    /// The code of the problem, for one that was refused.
    #[schema(required)]
    code: Option<String>,
}

impl From<BulkOutcome> for OutcomeJson {
    fn from(outcome: BulkOutcome) -> Self {
        let (word, code) = match outcome.result {
            Ok(Some(_)) => (OutcomeWord::Changed, None),
            Ok(None) => (OutcomeWord::Unchanged, None),
            Err(error) => (OutcomeWord::Refused, Some(error.code())),
        };
        Self { conversation: outcome.conversation, outcome: word, code }
    }
}

/// What became of each conversation, in the order in which they were named.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BulkOutcomes)]
pub struct OutcomesJson {
    data: Vec<OutcomeJson>,
}

/// `POST /v1/conversations/bulk`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(bulk): Body<BulkJson>,
) -> Result<Json<OutcomesJson>, Problem> {
    let action = bulk.action()?;
    let outcomes = state.crm().conversations().bulk(&actor, &bulk.conversations, &action).await?;
    Ok(Json(OutcomesJson { data: outcomes.into_iter().map(OutcomeJson::from).collect() }))
}

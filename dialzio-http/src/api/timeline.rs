//! Everything that happened with a contact, in one order.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use dialzio_core::call::CallChannels;
use dialzio_core::conversation::Message;
use dialzio_core::page::Page;
use dialzio_core::timeline::{TimelineItem, TimelineKind};
use dialzio_core::{ContactId, ConversationId, Identifiers};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::calls::CallJson;
use super::consents::ConsentJson;
use super::conversations::ActivityJson;
use super::messages::{MessageJson, whole};
use super::notes::{NoteJson, TaskJson};
use super::{Asked, Id, List, Paging, word};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// Which kinds are asked for.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Kinds {
    /// Kinds, separated by commas: `message`, `activity`, `call`, `note`, `task`, `consent`. All of them without it. Those that the
    /// caller may not read are left out.
    kind: Option<String>,
}

/// Reads a list of kinds.
///
/// # Errors
/// A problem for a word that is none.
pub(crate) fn kinds(text: &str) -> Result<Vec<TimelineKind>, Problem> {
    text.split(',').map(|kind| word("kind", kind.trim())).collect()
}

/// One thing that happened with a contact: the member that `kind` names holds it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TimelineItem)]
pub struct TimelineItemJson {
    kind: TimelineKind,
    at: DateTime<Utc>,
    /// The conversation of a message or an activity.
    #[schema(required)]
    conversation: Option<ConversationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity: Option<ActivityJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<CallJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<NoteJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<ConsentJson>,
}

impl TimelineItemJson {
    fn of(
        item: TimelineItem,
        messages: &mut impl Iterator<Item = MessageJson>,
        channels: &CallChannels,
        seen: Identifiers,
    ) -> Self {
        let empty = Self {
            kind: item.kind(),
            at: item.at(),
            conversation: None,
            message: None,
            activity: None,
            call: None,
            note: None,
            task: None,
            consent: None,
        };
        match item {
            TimelineItem::Message(message) => {
                Self { conversation: Some(message.conversation), message: messages.next(), ..empty }
            }
            TimelineItem::Activity(done) => {
                Self { conversation: Some(done.conversation), activity: Some(done.into()), ..empty }
            }
            TimelineItem::Call(call) => Self { call: Some(CallJson::of(*call, channels, seen)), ..empty },
            TimelineItem::Note(note) => Self { note: Some(note.into()), ..empty },
            TimelineItem::Task(task) => Self { task: Some(task.into()), ..empty },
            TimelineItem::Consent(record) => Self { consent: Some((*record).into()), ..empty },
            _ => empty,
        }
    }
}

/// `GET /v1/contacts/{contact}/timeline`.
pub async fn of_contact(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
    Asked(asked): Asked<Kinds>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<TimelineItemJson>>, Problem> {
    let kinds = asked.kind.as_deref().map(kinds).transpose()?.unwrap_or_default();
    let page = state.crm().timeline().of_contact(&actor, id, &kinds, paging.request()?).await?;
    let messages: Vec<Message> = page
        .items
        .iter()
        .filter_map(|item| match item {
            TimelineItem::Message(message) => Some((**message).clone()),
            _ => None,
        })
        .collect();
    // The messages of the page with their files and evidence, in the order in which they are met again below.
    let messages = if messages.is_empty() { Vec::new() } else { whole(&state, &actor, messages).await? };
    let mut messages = messages.into_iter();
    let calls = page.items.iter().any(|item| matches!(item, TimelineItem::Call(_)));
    let channels = if calls { state.crm().calls().channels(&actor).await? } else { CallChannels::default() };
    let seen = actor.identifiers();
    let of = |item| TimelineItemJson::of(item, &mut messages, &channels, seen);
    let items = page.items.into_iter().map(of).collect();
    Ok(List::of(Page { items, next: page.next }, std::convert::identity))
}

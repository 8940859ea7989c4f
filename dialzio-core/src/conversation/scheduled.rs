//! Scheduled messages: what a member wrote to be sent at a later time.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::FailureNote;
use crate::id::{ChannelIdentityId, ConversationId, MessageId, ScheduledMessageId};
use crate::scope::OrgScope;
use crate::store::{Revision, StoreResult};
use crate::text::MessageText;

/// How far ahead a message can be scheduled, if the organisation does not keep messages for a shorter time.
pub const MAX_AHEAD: TimeDelta = TimeDelta::days(90);

/// The most scheduled messages of a conversation. Two that are added at the same time may pass it by one.
pub const MAX_SCHEDULED: usize = 20;

/// A text that is to be sent at a later time. When its time comes the gate decides on it: it becomes a message and this record
/// goes, or it is refused and stays, with the reason, until a member changes or removes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledMessage {
    /// The id; ids sort by the time they were made at.
    pub id: ScheduledMessageId,
    /// Where it will be said.
    pub conversation: ConversationId,
    /// Who wrote it, as [`crate::Principal::to_ref`]: the author of the message that it becomes.
    pub author: String,
    /// What it says.
    pub text: MessageText,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
    /// When it is to be sent. Retention counts from here.
    pub send_at: DateTime<Utc>,
    /// Why it was not sent when its time came, or will not be; `None` while it waits.
    pub refused: Option<Refused>,
    /// Counts its changes.
    pub revision: Revision,
}

/// Why and since when a scheduled message is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// When that was decided.
    pub at: DateTime<Utc>,
    /// The codes of the gate, or of what else stood against it.
    pub why: FailureNote,
}

/// Reads of scheduled messages. One that has expired is not found, whether swept or not.
#[async_trait]
pub trait ScheduledStore: Send + Sync {
    /// One scheduled message.
    async fn scheduled_message(
        &self,
        scope: &OrgScope,
        id: ScheduledMessageId,
    ) -> StoreResult<Option<ScheduledMessage>>;
    /// All scheduled messages of a conversation, by the time they are to be sent at, then by id.
    async fn scheduled_messages(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
    ) -> StoreResult<Vec<ScheduledMessage>>;
}

/// A change to scheduled messages.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScheduledWrite {
    /// A scheduled message as it is now, in the place of the one there is. Guard a change with
    /// [`Precondition::Revision`](crate::store::Precondition::Revision). The conversation has to be there.
    Put(ScheduledMessage),
    /// One that was sent or is no longer wanted. Nothing happens if there is none.
    Remove(ScheduledMessageId),
    /// All that wait in the conversations of an identity are refused: the person has opted out.
    RefuseAll {
        /// The person.
        identity: ChannelIdentityId,
        /// Why and since when.
        refused: Refused,
    },
}

impl ScheduledMessage {
    /// Marks it as one that is not sent, which counts as a change.
    pub fn refuse(&mut self, refused: Refused) {
        self.refused = Some(refused);
        self.revision.0 = self.revision.0.saturating_add(1);
    }
}

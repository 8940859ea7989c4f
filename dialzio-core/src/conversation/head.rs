//! The head of a conversation: what lists read of it without a look at its messages, and how messages move it.
//!
//! A conversation waits from the oldest message of the person that has no answer yet. What arrives in order says by itself
//! what it does to that; where something arrives late, fails or is taken back, the messages are looked at again, so that
//! any order ends in the same state.

use super::{Content, Conversation, ConversationState, DeliveryStatus, Direction, HeadDelta, Message};
use crate::consent::Purpose;

/// What is left to do once a message has moved a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadMoved {
    /// The conversation was snoozed or closed and is open now: its queue and its revision have changed.
    pub reopened: bool,
    /// The message is older than the newest one, and may change since when the conversation waits: that has to be looked up
    /// once it is written.
    pub looks_up_wait: bool,
}

impl DeliveryStatus {
    /// Whether a message of ours in this status has reached the person, or still can.
    #[must_use]
    pub const fn reaches(self) -> bool {
        !matches!(self, Self::Suppressed | Self::Cancelled | Self::Expired | Self::Failed)
    }
}

impl Message {
    /// Whether it wants an answer: the person wrote it and has not taken it back, and it is no notice of the provider.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.direction == Direction::Inbound
            && self.revoked_at.is_none()
            && !matches!(self.content, Content::System { .. })
    }

    /// Whether it is an answer: ours, not lost on the way, and neither promotion nor a one-time code.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.direction == Direction::Outbound
            && self.delivery.status.reaches()
            && !matches!(self.purpose, Some(Purpose::Marketing | Purpose::Authentication))
    }
}

impl Conversation {
    /// Whether an answer can be owed in it at all: not once it is closed.
    #[must_use]
    pub const fn can_wait(&self) -> bool {
        !matches!(self.state, ConversationState::Closed)
    }

    /// Moves the head by a new message. Maxima and sums, but for the wait.
    pub fn take(&mut self, message: &Message, by: HeadDelta) -> HeadMoved {
        let is_newest = self.last_message < Some(message.id);
        // A late question behind one that waits already changes nothing. Ids count in whole milliseconds, so that two of the same
        // millisecond may stand in either order.
        let waits_longer = |since: chrono::DateTime<chrono::Utc>| {
            message.event_at > since + chrono::TimeDelta::milliseconds(1)
        };
        let changes_wait =
            message.answers() || message.asks() && !self.waiting_since.is_some_and(waits_longer);
        if is_newest {
            self.last_message = Some(message.id);
            self.last_failed = message.delivery.status == DeliveryStatus::Failed;
            if message.asks() {
                self.waiting_since = self.waiting_since.or(Some(message.event_at));
            } else if message.answers() {
                self.waiting_since = None;
            }
        }
        self.last_at = self.last_at.max(message.event_at);
        self.unread = self.unread.saturating_add(by.unread);
        if by.inbound {
            self.last_inbound = self.last_inbound.max(Some(message.id));
            self.last_inbound_at = self.last_inbound_at.max(Some(message.event_at));
        }
        // A message alone does not count as a change; that it reopens the conversation does.
        let reopened = by.reopen && self.state != ConversationState::Open;
        if reopened {
            self.state = ConversationState::Open;
            self.revision.0 += 1;
        }
        HeadMoved { reopened, looks_up_wait: changes_wait && !is_newest }
    }
}

/// Since when a conversation with these messages waits; newest first, by id.
#[cfg(feature = "testing")]
pub(crate) fn waiting_since<'a>(
    newest_first: impl Iterator<Item = &'a Message>,
) -> Option<chrono::DateTime<chrono::Utc>> {
    let unanswered = newest_first.take_while(|message| !message.answers());
    unanswered.filter(|message| message.asks()).last().map(|message| message.event_at)
}

//! Events for pages and listeners: ids only, no number and no text.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CallId, ContactId, ConversationId, MediaId, MemberId, MessageId};

/// A place in the organisation's event log: 1, 2, 3, without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventSeq(pub u64);

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum DomainEvent {
    /// A person wrote.
    #[serde(rename = "message.received")]
    MessageReceived {
        /// The conversation that it happened in.
        conversation: ConversationId,
        /// The message that it is about.
        message: MessageId,
    },
    /// A message of ours was queued.
    #[serde(rename = "message.queued")]
    MessageQueued {
        /// The conversation that it happened in.
        conversation: ConversationId,
        /// The message that it is about.
        message: MessageId,
    },
    /// Delivery, reactions, an edit or a file of a message changed.
    #[serde(rename = "message.changed")]
    MessageChanged {
        /// The conversation that it happened in.
        conversation: ConversationId,
        /// The message that it is about.
        message: MessageId,
    },
    /// State, assignee or head changed, or it was marked as unread.
    #[serde(rename = "conversation.changed")]
    ConversationChanged {
        /// The conversation that changed.
        conversation: ConversationId,
    },
    /// A member has read it: nothing but its unread messages changed.
    #[serde(rename = "conversation.read")]
    ConversationRead {
        /// The conversation that was read.
        conversation: ConversationId,
    },
    /// A member's draft was saved, sent or removed.
    #[serde(rename = "draft.changed")]
    DraftChanged {
        /// The conversation in which it is written.
        conversation: ConversationId,
        /// Whose draft it is.
        member: MemberId,
    },
    /// A scheduled message was added, changed, cancelled, sent or refused.
    #[serde(rename = "scheduled.changed")]
    ScheduledChanged {
        /// The conversation in which it stands.
        conversation: ConversationId,
    },
    /// A member was told about something, or has read what they were told.
    #[serde(rename = "notices.changed")]
    NoticesChanged {
        /// Whose notices they are.
        member: MemberId,
    },
    /// A contact, its notes, tasks or identities changed.
    #[serde(rename = "contact.changed")]
    ContactChanged {
        /// The contact that changed.
        contact: ContactId,
    },
    /// The ledger has a new entry.
    #[serde(rename = "consent.changed")]
    ConsentChanged {
        /// The contact whose consent changed.
        contact: ContactId,
    },
    /// A file was fetched, or could not be.
    #[serde(rename = "media.changed")]
    MediaChanged {
        /// The conversation that it happened in.
        conversation: ConversationId,
        /// Of which message.
        message: MessageId,
        /// The file whose state changed.
        media: MediaId,
    },
    /// A call began, went on, ended, or was changed by a member.
    #[serde(rename = "call.changed")]
    CallChanged {
        /// Which call.
        call: CallId,
        /// Whose it is, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<ContactId>,
    },
    /// An account or its templates changed.
    #[serde(rename = "account.changed")]
    AccountChanged {
        /// The account that changed.
        account: AccountId,
    },
    /// Something went into quarantine or left it.
    #[serde(rename = "quarantine.changed")]
    QuarantineChanged,
    /// Settings or members changed.
    #[serde(rename = "organisation.changed")]
    OrgChanged,
}

impl DomainEvent {
    /// The published word for the kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::MessageReceived { .. } => "message.received",
            Self::MessageQueued { .. } => "message.queued",
            Self::MessageChanged { .. } => "message.changed",
            Self::ConversationChanged { .. } => "conversation.changed",
            Self::ConversationRead { .. } => "conversation.read",
            Self::DraftChanged { .. } => "draft.changed",
            Self::ScheduledChanged { .. } => "scheduled.changed",
            Self::NoticesChanged { .. } => "notices.changed",
            Self::ContactChanged { .. } => "contact.changed",
            Self::ConsentChanged { .. } => "consent.changed",
            Self::MediaChanged { .. } => "media.changed",
            Self::CallChanged { .. } => "call.changed",
            Self::AccountChanged { .. } => "account.changed",
            Self::QuarantineChanged => "quarantine.changed",
            Self::OrgChanged => "organisation.changed",
        }
    }
}

/// An event with its place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// The place in the log of the organisation; it grows by one each time.
    pub seq: EventSeq,
    /// When it was committed.
    pub at: chrono::DateTime<chrono::Utc>,
    /// The event; ids only, so that nothing personal is in the log.
    pub event: DomainEvent,
}

//! Conversations: one channel identity on one account, with a state, an assignee and a head; messages with
//! their content and the evidence of their delivery; templates.

mod activity;
mod attachment;
mod bulk;
mod content;
mod delivery;
mod draft;
mod drafting;
mod finding;
mod head;
pub(crate) mod inbound;
pub(crate) mod intent;
mod message;
mod scheduled;
mod scheduling;
mod sending;
mod service;
mod shared;
mod sort;
mod store;
mod template;

pub use activity::{Activity, ActivityKind, ActivityWord};
pub use bulk::{BulkAction, BulkOutcome, MAX_BULK};
pub use content::{CardLine, ChoiceKind, ContactCard, Content, MediaKind, OrderItem};
pub use delivery::{Delivery, DeliveryStatus, Evidence, FailureNote};
pub use draft::{Draft, DraftKind, DraftStore, DraftWrite};
pub use finding::{MessageNarrow, MessageSearch, SoughtWords};
pub use head::HeadMoved;
#[cfg(feature = "testing")]
pub(crate) use head::waiting_since;
pub(crate) use message::beside_context;
pub use message::{
    Direction, ExternalId, Forwarded, Message, MessageContext, MessageDigest, Reaction, Referral,
    ReferredProduct,
};
pub use scheduled::{MAX_AHEAD, MAX_SCHEDULED, Refused, ScheduledMessage, ScheduledStore, ScheduledWrite};
pub use scheduling::{NewScheduled, Scheduled, ScheduledPatch};
pub use sending::{NewBody, NewMessage, Preview, SendPreview, Sent};
pub use service::{ConversationPatch, ConversationService};
pub use sort::MessageSort;
pub use store::{
    ConversationFilter, ConversationOrder, ConversationQuery, ConversationSearch, ConversationStore,
    ConversationWrite, FoundConversations, FoundMessage, HeadDelta, InboundFacts, InboundQuery, InboxEntry,
    InboxView, KnownIdentity, KnownMessage, LastMessage, QueueCounts, StateFilter,
};
pub use template::{
    ButtonKind, ButtonParameter, HeaderFormat, HeaderParameter, ParameterFormat, Template, TemplateButton,
    TemplateCategory, TemplateError, TemplateSend, TemplateStatus,
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::Revision;
use crate::call::CallPermission;
use crate::id::{AccountId, ChannelIdentityId, ContactId, ConversationId, MemberId, MessageId, TeamId};
use crate::time::REPLY_WINDOW;

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationState {
    /// Waits for a member to act.
    Open,
    /// Out of sight until a time, or until the person writes.
    Snoozed {
        /// When it comes back.
        until: DateTime<Utc>,
    },
    /// Done, until the person writes again.
    Closed,
}

impl ConversationState {
    /// The stored word: `open`, `snoozed` or `closed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Snoozed { .. } => "snoozed",
            Self::Closed => "closed",
        }
    }
}

/// Everything said between one channel identity and one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// The id; ids sort by the time they were made at.
    pub id: ConversationId,
    /// The organisation's side.
    pub account: AccountId,
    /// The person's side. A reply goes here, whatever happens to the contact.
    pub identity: ChannelIdentityId,
    /// The contact the identity belongs to.
    pub contact: ContactId,
    /// Where it stands.
    pub state: ConversationState,
    /// The member who answers; `None` if it is unassigned.
    pub assignee: Option<MemberId>,
    /// Which team answers.
    pub team: Option<TeamId>,
    /// Messages received and not yet seen.
    pub unread: u32,
    /// The newest message; ordered by id, which is ordered by event time.
    pub last_message: Option<MessageId>,
    /// Event time of the newest message, or when the conversation was made.
    pub last_at: DateTime<Utc>,
    /// Event time of the person's newest message: opens the reply window.
    pub last_inbound_at: Option<DateTime<Utc>>,
    /// The person's newest message: what a reply in the window rests on.
    pub last_inbound: Option<MessageId>,
    /// Up to where the team has read.
    pub seen_up_to: Option<MessageId>,
    /// Event time of the person's oldest message without an answer; `None` if nothing is owed, as in a closed conversation.
    pub waiting_since: Option<DateTime<Utc>>,
    /// Whether the newest message is one of ours that the provider could not deliver.
    pub last_failed: bool,
    /// What the person answered last when they were asked whether they may be called through this account; `None` if they never
    /// answered, and where providers do not ask.
    pub call_permission: Option<CallPermission>,
    /// Counts changes of state and assignment. Messages do not count.
    pub revision: Revision,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl Conversation {
    /// When the reply window shuts; `None` if the person never wrote.
    #[must_use]
    pub fn window_ends(&self) -> Option<DateTime<Utc>> {
        self.last_inbound_at.map(|at| at + REPLY_WINDOW)
    }

    /// What is left of the reply window; zero when it is shut.
    #[must_use]
    pub fn window_left(&self, now: DateTime<Utc>) -> TimeDelta {
        self.window_ends().map_or(TimeDelta::zero(), |end| (end - now).max(TimeDelta::zero()))
    }

    /// The state as seen at `now`: a snooze that has run out counts as open.
    #[must_use]
    pub fn state_at(&self, now: DateTime<Utc>) -> ConversationState {
        match self.state {
            ConversationState::Snoozed { until } if until <= now => ConversationState::Open,
            state => state,
        }
    }
}

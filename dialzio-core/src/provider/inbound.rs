//! What a provider reports, in the words of the domain.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::{CallReport, Sender, Trust};
use crate::conversation::{Content, DeliveryStatus, ExternalId, FailureNote, MediaKind, MessageContext};
use crate::id::MessageId;
use crate::text::MessageText;

/// The provider's id for one of our numbers or senders, by which a report is routed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountRef(pub String);

/// One element of a webhook.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// Which of our accounts it is about; `None` if it names none.
    pub account: Option<AccountRef>,
    /// The provider's time; `None` if it gave none that can be read.
    pub at: Option<DateTime<Utc>>,
    /// What the element reports.
    pub body: InboundBody,
    /// The element as it arrived, for quarantine and for waiting in line: a whole webhook body that holds this
    /// element alone, so that [`super::WebhookDecoder::decode_element`] reads it again.
    pub raw: Bytes,
}

/// An element with how far the webhook that it came by can be believed. Intake makes these; the trust stays with the element
/// while it waits, and when it is replayed from quarantine.
#[derive(Debug, Clone)]
pub struct Received {
    /// What was reported.
    pub element: Inbound,
    /// How far to believe it.
    pub trust: Trust,
}

/// What an element of a webhook reports.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum InboundBody {
    /// A person wrote.
    Message(Box<InboundMessage>),
    /// A person reacted to a message, or took a reaction back.
    Reaction(Box<ReactionUpdate>),
    /// A person changed a message.
    Edited {
        /// The person, by the ids that the provider gives.
        sender: Sender,
        /// The edit's own id.
        external: ExternalId,
        /// The provider's id of the message that it is about.
        target: ExternalId,
        /// What it holds now.
        content: Box<InboundContent>,
        /// As [`InboundMessage::beside`], of the edit.
        beside: Option<String>,
    },
    /// A person took a message back.
    Revoked {
        /// The person, by the ids that the provider gives.
        sender: Sender,
        /// The revocation's own id.
        external: ExternalId,
        /// The provider's id of the message that it is about.
        target: ExternalId,
    },
    /// A delivery update of a message of ours.
    Delivery(Box<DeliveryUpdate>),
    /// A person stopped or resumed marketing at the provider.
    Preference(PreferenceUpdate),
    /// A person's number or id changed.
    Identity(IdentityUpdate),
    /// A template's status, quality or category changed.
    Template(TemplateUpdate),
    /// What became of a call, or of one of its legs.
    Call(Box<CallReport>),
    /// Something about the account as a whole (errors, reviews, limits). Kept sealed for people to read.
    Account {
        /// The provider's word for it.
        what: String,
    },
    /// Not understood. Kept sealed.
    Unknown {
        /// The provider's word for it, or why it could not be read.
        what: String,
    },
}

impl InboundBody {
    /// A word for the kind, for tests and logs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Reaction(_) => "reaction",
            Self::Edited { .. } => "edited",
            Self::Revoked { .. } => "revoked",
            Self::Delivery(_) => "delivery",
            Self::Preference(_) => "preference",
            Self::Identity(_) => "identity",
            Self::Template(_) => "template",
            Self::Call(_) => "call",
            Self::Account { .. } => "account",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// A message that came in.
#[derive(Debug, Clone)]
pub struct InboundMessage {
    /// The provider's id: the natural key.
    pub external: ExternalId,
    /// The person who wrote, by the ids that the provider gives.
    pub sender: Sender,
    /// What it holds.
    pub content: InboundContent,
    /// The message it answers.
    pub reply_to: Option<ExternalId>,
    /// Where it comes from; what it quotes is in `reply_to`.
    pub context: MessageContext,
    /// What the provider sent with it and no other field holds: a JSON object by path. Kept sealed with the message.
    pub beside: Option<String>,
}

/// What a received message holds: like [`Content`], with a file still at the provider.
#[derive(Debug, Clone)]
pub enum InboundContent {
    /// A file to be fetched.
    Media(InboundMedia),
    /// Content that is complete as it arrived, without a file to fetch.
    Ready(Content),
}

/// A received file that is still at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundMedia {
    /// What it is.
    pub what: MediaKind,
    /// The provider's id for it; without one it cannot be fetched.
    pub provider_id: Option<String>,
    /// An address the provider gave instead of an id. Never fetched by itself.
    pub link: Option<String>,
    /// Its type as announced, parameters included.
    pub mime: Option<String>,
    /// Its SHA-256 as announced, 32 bytes, if it could be read.
    pub sha256: Option<[u8; 32]>,
    /// Text under it.
    pub caption: Option<MessageText>,
    /// The file name as the sender's device gave it; not to be trusted as a path.
    pub filename: Option<String>,
}

/// A reaction that came in.
#[derive(Debug, Clone)]
pub struct ReactionUpdate {
    /// The reaction's own id.
    pub external: ExternalId,
    /// The person, by the ids that the provider gives.
    pub sender: Sender,
    /// The provider's id of the message that it is about.
    pub target: ExternalId,
    /// The emoji; `None` takes it back.
    pub emoji: Option<String>,
}

/// A delivery update of a message of ours.
#[derive(Debug, Clone)]
pub struct DeliveryUpdate {
    /// The provider's id of the message.
    pub external: ExternalId,
    /// Our own id, if it was echoed.
    pub own: Option<MessageId>,
    /// What happened: `sent`, `failed`, `delivered`, `read` or `played`.
    pub status: DeliveryStatus,
    /// Why it failed.
    pub failure: Option<FailureNote>,
    /// Failed because the person stopped marketing from this business (131050).
    pub marketing_stopped: bool,
    /// The person as shown, if at all.
    pub recipient: Sender,
}

/// What a person told the provider about marketing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreferenceValue {
    /// No more marketing from this business.
    Stop,
    /// The person takes marketing messages again.
    Resume,
    /// Joined by a sign-up link of the business: a positive act.
    SignUp,
}

/// A person stopped or resumed marketing.
#[derive(Debug, Clone)]
pub struct PreferenceUpdate {
    /// The person, by the ids that the provider gives.
    pub sender: Sender,
    /// What the person chose.
    pub value: PreferenceValue,
    /// The provider's sentence or sign-up id, kept as evidence.
    pub detail: Option<String>,
}

/// A person's number or id changed: both belong to one person.
#[derive(Debug, Clone)]
pub struct IdentityUpdate {
    /// The notice's own id, if it has one.
    pub external: Option<ExternalId>,
    /// As they were known.
    pub previous: Sender,
    /// As they are known now.
    pub current: Sender,
    /// The provider's sentence, for the thread.
    pub detail: Option<String>,
}

/// A template changed at the provider; the list is fetched again.
#[derive(Debug, Clone)]
pub struct TemplateUpdate {
    /// The name of the template at the provider.
    pub name: String,
    /// The language code of the template at the provider.
    pub language: String,
    /// What changed, in the provider's word.
    pub what: String,
}

impl From<Content> for InboundContent {
    fn from(content: Content) -> Self {
        Self::Ready(content)
    }
}

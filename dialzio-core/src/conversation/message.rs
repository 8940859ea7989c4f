//! A message: what was said, by whom, when, and what became of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

use super::{Content, Delivery, DeliveryStatus};
use crate::account::{Sealed, SealedContext};
use crate::consent::Purpose;
use crate::id::{ConversationId, MessageId, OrgId};
use crate::name::string_enum;

string_enum! {
    /// Who speaks to whom.
    pub enum Direction {
        /// The person wrote.
        Inbound = "inbound",
        /// The organisation wrote.
        Outbound = "outbound",
    }
}

/// A provider's id for a message, call or file: opaque, and personal data, since some wrap a number.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
pub struct ExternalId(Box<str>);

impl ExternalId {
    /// Longest id that is accepted, in bytes.
    pub const MAX: usize = 512;

    /// Any visible ASCII text of 1 to [`MAX`](Self::MAX) bytes. `None` otherwise.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shaped =
            !text.is_empty() && text.len() <= Self::MAX && text.bytes().all(|b| b.is_ascii_graphic());
        shaped.then(|| Self(text.into()))
    }

    /// The id itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Eight bytes that stand for the id in narrow indexes. The full id has to be compared on a hit.
    #[must_use]
    pub fn hash8(&self) -> i64 {
        let digest = Sha256::digest(self.0.as_bytes());
        i64::from_be_bytes(std::array::from_fn(|i| digest[i]))
    }
}

impl TryFrom<String> for ExternalId {
    type Error = crate::UnknownWord;
    fn try_from(text: String) -> Result<Self, crate::UnknownWord> {
        Self::parse(&text).ok_or(crate::UnknownWord)
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> Self {
        id.0.into()
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId(…)")
    }
}

/// What an element said when it first arrived, so that the same id with other content is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageDigest(pub i64);

impl MessageDigest {
    /// Of the bytes that are compared.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        Self(i64::from_be_bytes(std::array::from_fn(|i| digest[i])))
    }
}

string_enum! {
    /// How a message was passed on.
    pub enum Forwarded {
        /// From another conversation.
        Once = "forwarded",
        /// Through many conversations; providers count from five.
        Often = "frequently_forwarded",
    }
}

/// The advertisement or page a person came from, in the provider's own words. Nothing of it is the person's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Referral {
    /// `ad` or `post`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    /// The provider's id of the advertisement or post.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// The address of the advert or post.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The headline of the advert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// The text of the advert, which is not the person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The id of the click, for reporting back what came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
    /// `image` or `video`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Addresses of its picture or film. Never fetched by themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media_urls: Vec<String>,
    /// The greeting the advertisement offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeting: Option<String>,
}

/// A product of a catalogue that a message is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReferredProduct {
    /// The provider's id of the catalogue.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub catalog: Option<String>,
    /// The seller's product id.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub product: Option<String>,
}

/// What stands around a received message: what it answers, and where the person came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct MessageContext {
    /// The provider's id of the message it answers, where that message is not known, or not under this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted: Option<ExternalId>,
    /// It was passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded: Option<Forwarded>,
    /// The advertisement or page the person came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<Box<Referral>>,
    /// The product that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<ReferredProduct>,
    /// The provider's id of the group it was sent in; absent for a message between two people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl MessageContext {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A text, file, template, choice or notice in a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id; the time inside is its event time, clamped to at most eight days before receipt.
    pub id: MessageId,
    /// Where it was said.
    pub conversation: ConversationId,
    /// By whom to whom.
    pub direction: Direction,
    /// Who wrote it on our side, as [`crate::Principal::to_ref`]; `None` for a received message.
    pub author: Option<String>,
    /// What it holds; replaced by an edit.
    pub content: Content,
    /// Why it was sent; `None` for a received message.
    pub purpose: Option<Purpose>,
    /// The earlier of the provider's time and receipt. Retention counts from here.
    pub event_at: DateTime<Utc>,
    /// When it reached us, or was queued.
    pub received_at: DateTime<Utc>,
    /// When it vanishes, if earlier than the class's period says.
    pub expires_at: Option<DateTime<Utc>>,
    /// The provider's id, once known.
    pub external: Option<ExternalId>,
    /// The message it answers, if we have it.
    pub reply_to: Option<MessageId>,
    /// What became of it.
    pub delivery: Delivery,
    /// When the person last edited it.
    pub edited_at: Option<DateTime<Utc>>,
    /// When the person took it back. Content is then [`Content::System`].
    pub revoked_at: Option<DateTime<Utc>>,
    /// Reactions to it, one for each side.
    pub reactions: Vec<Reaction>,
    /// What it answers and where the person came from.
    pub context: MessageContext,
    /// What the provider sent with it and nothing else here shows: a JSON object by path, sealed. Goes with the message,
    /// and when the person changes it or takes it back.
    pub beside: Option<Sealed>,
}

impl Message {
    /// A message of ours that waits to be sent: without an author yet, and an answer to nothing.
    pub(crate) fn queued(
        id: MessageId,
        conversation: ConversationId,
        content: Content,
        purpose: Purpose,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            conversation,
            direction: Direction::Outbound,
            author: None,
            content,
            purpose: Some(purpose),
            event_at: now,
            received_at: now,
            expires_at: None,
            external: None,
            reply_to: None,
            delivery: Delivery { status: DeliveryStatus::Queued, at: now, failure: None },
            edited_at: None,
            revoked_at: None,
            reactions: Vec::new(),
            context: MessageContext::default(),
            beside: None,
        }
    }
}

/// What [`Message::beside`] is sealed for.
pub(crate) fn beside_context(org: OrgId, message: MessageId) -> SealedContext {
    SealedContext::new(org, "message", message, "beside")
}

/// A reaction to a message. Each side has at most one; the newest by event time stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// What it is a reaction to.
    pub message: MessageId,
    /// Whether the person or a member reacted.
    pub by: Direction,
    /// The emoji; `None` if it was taken back.
    pub emoji: Option<String>,
    /// When the provider says that they reacted.
    pub at: DateTime<Utc>,
}

//! A message: what was said, by whom, when, and what became of it.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::fmt;

use super::{Content, Delivery};
use crate::consent::Purpose;
use crate::id::{ConversationId, MessageId};
use crate::name::words;

words! {
    /// Who speaks to whom.
    pub enum Direction {
        /// The person wrote.
        Inbound = "inbound",
        /// The organisation wrote.
        Outbound = "outbound",
    }
}

/// A provider's id for a message, call or file: opaque, and personal data, since some wrap a number.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

/// One message.
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
}

/// A reaction to a message. Each side has at most one; the newest by event time stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// What it is a reaction to.
    pub message: MessageId,
    /// Who reacted.
    pub by: Direction,
    /// The emoji; `None` if it was taken back.
    pub emoji: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

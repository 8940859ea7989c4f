//! A conversation as the customer's phone shows it.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// One of the two sides of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// The business number.
    Business,
    /// The person with the phone.
    Customer,
}

/// How far a message of the business has come, by the emulator's own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EmulatedStatus {
    /// Taken, nothing reported yet.
    Accepted,
    /// Held back for a quality assessment.
    Held,
    /// Left the platform.
    Sent,
    /// On the phone.
    Delivered,
    /// The person opened the message.
    Read,
    /// A voice note that was listened to.
    Played,
    /// Not delivered, with the error code that was reported.
    Failed(u32),
}

impl EmulatedStatus {
    /// The word in a status webhook; `None` where the platform reports nothing.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Accepted | Self::Held => None,
            Self::Sent => Some("sent"),
            Self::Delivered => Some("delivered"),
            Self::Read => Some("read"),
            Self::Played => Some("played"),
            Self::Failed(_) => Some("failed"),
        }
    }

    /// Whether the customer can see the message.
    pub fn is_on_the_phone(self) -> bool {
        matches!(self, Self::Delivered | Self::Read | Self::Played)
    }

    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Accepted | Self::Held => 0,
            Self::Sent => 1,
            Self::Failed(_) => 2,
            Self::Delivered => 3,
            Self::Read => 4,
            Self::Played => 5,
        }
    }
}

/// What a tap on a button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ButtonKind {
    /// A reply button: answer with `CustomerMessage::ButtonReply`.
    Reply,
    /// A row of a list: answer with `CustomerMessage::ListReply`.
    ListRow,
    /// A quick reply of a template: answer with `CustomerMessage::TemplateButton`.
    TemplateReply,
    /// Opens the address in `id`.
    Url,
    /// Calls the number in `id`.
    Phone,
    /// Copies the text in `id`.
    CopyCode,
    /// Anything else that can be tapped.
    Other,
}

/// Something to tap under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BubbleButton {
    /// What it does.
    pub kind: ButtonKind,
    /// The reply id, the payload, the address, the number or the code.
    pub id: String,
    /// The words on it.
    pub title: String,
    /// The second line of a list row.
    pub description: Option<String>,
}

/// A file in a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BubbleMedia {
    /// `image`, `video`, `audio`, `document` or `sticker`.
    pub kind: String,
    /// The media id, if it was uploaded; see [`Emulator::media`](super::Emulator::media).
    pub id: Option<String>,
    /// The address, if it was sent as a link.
    pub link: Option<String>,
    /// The name of a document.
    pub filename: Option<String>,
}

/// What one message shows, with templates filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bubble {
    /// The `type` of the message on the wire, such as `text` or `template`.
    pub kind: String,
    /// The bold first line.
    pub header: Option<String>,
    /// The words; the caption of a file; empty if there are none.
    pub text: String,
    /// The small last line.
    pub footer: Option<String>,
    /// The file in the bubble, if it has one.
    pub media: Option<BubbleMedia>,
    /// What can be tapped.
    pub buttons: Vec<BubbleButton>,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct TranscriptEntry {
    /// The message id.
    pub wamid: String,
    /// When it was sent, in the emulator's time.
    pub at: DateTime<Utc>,
    /// Who sent it.
    pub from: Party,
    /// What it shows.
    pub bubble: Bubble,
    /// How far it has come; always `Delivered` for a customer's message.
    pub status: EmulatedStatus,
    /// Whether the business has marked a customer's message as read.
    pub read_by_business: bool,
    /// The message that it answers.
    pub reply_to: Option<String>,
    /// The reaction of the business to it.
    pub business_reaction: Option<String>,
    /// The reaction of the customer to it.
    pub customer_reaction: Option<String>,
    /// Whether its sender changed the text.
    pub edited: bool,
    /// Whether its sender deleted it for everyone.
    pub revoked: bool,
    /// The sender's own id, from `biz_opaque_callback_data`.
    pub opaque_id: Option<String>,
    /// The message as it was on the wire.
    pub raw: Value,
}

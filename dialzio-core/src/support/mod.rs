//! Requests for help: what members ask the operator of the installation, and what the operator answers.
//!
//! The operator sees what a member wrote in a request and nothing else of the organisation.

mod service;
mod store;

pub use service::{NewSupportRequest, SupportService, SupportThread};
pub use store::{SupportRequestChange, SupportStore, SupportWrite};

use chrono::{DateTime, Utc};

use crate::id::{MemberId, SupportMessageId, SupportRequestId};
use crate::name::string_enum;
use crate::store::Revision;
use crate::store::periods::SUPPORT_PERIOD;
use crate::text::{SupportText, Title};

/// The most requests that a member has at the same time without having closed them.
pub const MAX_OPEN_REQUESTS: usize = 20;

/// The most messages of a request. Two that are written at the same time may pass it by one.
pub const MAX_SUPPORT_MESSAGES: usize = 200;

string_enum! {
    /// Who has to act on a request for help.
    pub enum SupportState {
        /// The operator has to answer.
        Open = "open",
        /// The operator has answered.
        Answered = "answered",
        /// Nobody: it is closed. A further message opens it again.
        Closed = "closed",
    }
}

/// A request for help. It is kept for [`SUPPORT_PERIOD`] after it was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportRequest {
    /// The id; ids sort by the time they were made at.
    pub id: SupportRequestId,
    /// The member who asks.
    pub member: MemberId,
    /// What it is about, in one line.
    pub subject: Title,
    /// Who has to act.
    pub state: SupportState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the last message was written, or it was closed.
    pub changed_at: DateTime<Utc>,
    /// When it was closed; `None` if it is not.
    pub closed_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    pub revision: Revision,
}

impl SupportRequest {
    /// Whether it is kept still: it is not closed, or was not long ago.
    #[must_use]
    pub fn is_kept(&self, now: DateTime<Utc>) -> bool {
        self.closed_at.is_none_or(|closed_at| closed_at + SUPPORT_PERIOD > now)
    }
}

/// Who wrote a message of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SupportAuthor {
    /// A member of the organisation.
    Member(MemberId),
    /// The operator of the installation.
    Operator,
}

/// A message of a request: the question, an answer, or what followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportMessage {
    /// The id; ids sort by the time they were made at.
    pub id: SupportMessageId,
    /// The request it belongs to.
    pub request: SupportRequestId,
    /// Who wrote it.
    pub author: SupportAuthor,
    /// What it says: plain text.
    pub text: SupportText,
    /// When it was written.
    pub at: DateTime<Utc>,
}

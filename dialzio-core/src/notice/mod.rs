//! Notices: the notifications of a member. A colleague mentioned them in a note, or assigned a conversation or a follow-up
//! to them.
//!
//! A notice holds ids alone. What it is about is read with it, so a text that is deleted is in no notice.

mod mention;
mod service;
mod store;

pub use mention::mentioned;
pub use service::NoticeService;
pub(crate) use service::tell;
pub use store::{NoticeStore, NoticeWrite, ReadNotices};

use chrono::{DateTime, Utc};

use crate::id::{ContactId, ConversationId, MemberId, NoteId, NoticeId, TaskId};
use crate::name::string_enum;
use crate::text::{NoteText, PersonName};

string_enum! {
    /// Why a member is notified.
    pub enum NoticeReason {
        /// A note mentions them.
        Mentioned = "mentioned",
        /// A conversation was assigned to them.
        ConversationAssigned = "conversation_assigned",
        /// A follow-up was assigned to them.
        TaskAssigned = "task_assigned",
    }
}

/// The record that a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeAbout {
    /// The note that mentions them.
    Mention(NoteId),
    /// The conversation that was assigned to them.
    Conversation(ConversationId),
    /// The follow-up that was assigned to them.
    Task(TaskId),
}

impl NoticeAbout {
    /// Why the member is notified.
    #[must_use]
    pub const fn reason(&self) -> NoticeReason {
        match self {
            Self::Mention(_) => NoticeReason::Mentioned,
            Self::Conversation(_) => NoticeReason::ConversationAssigned,
            Self::Task(_) => NoticeReason::TaskAssigned,
        }
    }
}

/// A notification of one member. It is kept for [`NOTICE_PERIOD`](crate::store::periods::NOTICE_PERIOD).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The id; the time inside is when it was made.
    pub id: NoticeId,
    /// The member who is notified; only they can read it.
    pub member: MemberId,
    /// What it is about.
    pub about: NoticeAbout,
    /// Whom the note, the conversation or the follow-up is about.
    pub contact: ContactId,
    /// Who did it, as [`crate::Principal::to_ref`].
    pub author: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the member read it; `None` while it is unread.
    pub read_at: Option<DateTime<Utc>>,
}

/// A notice with what a list shows beside it, read by key when the list is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeEntry {
    /// The notice.
    pub notice: Notice,
    /// The name of the person it is about; `None` if no name is known.
    pub contact_name: Option<PersonName>,
    /// The text of the note, or the title of the follow-up; `None` for a conversation, and if it is there no longer.
    pub text: Option<NoteText>,
}

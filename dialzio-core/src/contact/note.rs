//! Notes and follow-ups on a contact.

use chrono::{DateTime, Utc};

use crate::id::{ContactId, MemberId, NoteId, TaskId};
use crate::store::{Revision, change};
use crate::text::{NoteText, TaskTitle};

/// Something the team wrote down about a contact. The contact never sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its id; the time inside is when it was written.
    pub id: NoteId,
    /// Whom it is about.
    pub contact: ContactId,
    /// Who wrote it, as [`crate::Principal::to_ref`].
    pub author: String,
    /// What it says.
    pub text: NoteText,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// A follow-up: something to do for a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The id; ids sort by the time they were made at.
    pub id: TaskId,
    /// Whom it is about.
    pub contact: ContactId,
    /// What is to be done.
    pub title: TaskTitle,
    /// When it is due; `None` for a follow-up without a date.
    pub due_at: Option<DateTime<Utc>>,
    /// Who is to do it.
    pub assignee: Option<MemberId>,
    /// When it was done; `None` while it is open.
    pub done_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// How often it has changed.
    pub revision: Revision,
}

change! {
    /// What changes of a follow-up; `None` leaves a field as it is.
    #[derive(PartialEq, Eq)]
    pub struct TaskChange of Task {
        /// What is to be done.
        title: TaskTitle,
        /// When it is due; `None` for a follow-up without a date.
        due_at: Option<DateTime<Utc>>,
        /// Who is to do it.
        assignee: Option<MemberId>,
        /// When it was done.
        done_at: Option<DateTime<Utc>>,
    }
}

//! Mail that waits to be sent, as a store keeps it.

use chrono::{DateTime, Utc};

use crate::account::Sealed;
use crate::id::MailId;
use crate::store::{Revision, change};

/// A mail that waits. It is gone once a mail server has taken it, has refused it for good, or it has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedMail {
    /// The id, of which its `Message-ID` is made.
    pub id: MailId,
    /// Whom it goes to and what it says: links that let somebody in.
    pub sealed: Sealed,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When it is sent, or tried again. While a worker sends it, when another one may.
    pub due_at: DateTime<Utc>,
    /// When it is of no use any more: the link in it has ended, or a day has passed.
    pub expires_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u32,
    /// Counts its changes.
    pub revision: Revision,
}

change! {
    /// What changes of a mail that waits. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct QueuedMailChange of QueuedMail {
        /// When it is tried again.
        due_at: DateTime<Utc>,
        /// How often it was tried.
        attempts: u32,
    }
}

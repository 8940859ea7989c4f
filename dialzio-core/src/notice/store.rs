//! Reads and writes of notices.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Notice, NoticeEntry};
use crate::id::{ContactId, MemberId, NoticeId};
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::StoreResult;

/// Reads of notices. One that has expired is not found, whether swept or not.
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// The notices of a member, newest first; with `unread`, those that are unread alone.
    async fn notices(
        &self,
        scope: &OrgScope,
        member: MemberId,
        unread: bool,
        page: PageRequest,
    ) -> StoreResult<Page<NoticeEntry>>;
    /// How many notices a member has not read, counted up to `most`.
    async fn unread_notices(&self, scope: &OrgScope, member: MemberId, most: u32) -> StoreResult<u32>;
}

/// Which unread notices of a member are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadNotices {
    /// One of them.
    One(NoticeId),
    /// This one and all that are older.
    UpTo(NoticeId),
    /// Those about one person.
    About(ContactId),
}

impl ReadNotices {
    /// Whether a notice is one of them.
    #[must_use]
    pub fn include(&self, notice: &Notice) -> bool {
        match self {
            Self::One(id) => notice.id == *id,
            Self::UpTo(id) => notice.id <= *id,
            Self::About(contact) => notice.contact == *contact,
        }
    }
}

/// A change to notices.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoticeWrite {
    /// A new notice.
    Insert(Notice),
    /// A member has read some. Those that were read before keep their time.
    Read {
        /// Whose they are.
        member: MemberId,
        /// Which of them.
        which: ReadNotices,
        /// When they were read.
        at: DateTime<Utc>,
    },
}

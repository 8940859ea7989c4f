//! Reads and writes of canned replies.

use async_trait::async_trait;

use super::{CannedReply, Shortcut};
use crate::id::CannedReplyId;
use crate::scope::OrgScope;
use crate::store::{StoreResult, change};
use crate::text::{CannedText, Title};

/// Reads of canned replies.
#[async_trait]
pub trait CannedReplyStore: Send + Sync {
    /// One canned reply; `None` if the organisation has none with this id.
    async fn canned_reply(&self, scope: &OrgScope, id: CannedReplyId) -> StoreResult<Option<CannedReply>>;
    /// All canned replies, by shortcut.
    async fn canned_replies(&self, scope: &OrgScope) -> StoreResult<Vec<CannedReply>>;
}

change! {
    /// What changes of a canned reply. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct CannedReplyChange of CannedReply {
        /// What members look for in the list.
        title: Title,
        /// What finds it after `/`.
        shortcut: Shortcut,
        /// The text, with its placeholders.
        text: CannedText,
    }
}

/// A change to canned replies. Refused are a new record whose id is there already, a change or removal of one that is not
/// there, and a shortcut that another one has: each with a failed
/// [`Precondition::Revision`](crate::store::Precondition::Revision), in the last case that the other one does not exist
/// ([`Revision::NONE`](crate::store::Revision::NONE)).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CannedReplyWrite {
    /// A new canned reply.
    Insert(CannedReply),
    /// A change of a canned reply.
    Change {
        /// The canned reply that changes.
        canned_reply: CannedReplyId,
        /// The fields to change.
        change: CannedReplyChange,
    },
    /// One that is no longer wanted.
    Remove(CannedReplyId),
}

//! Queues: what is worked on by one worker at a time, in order.

use crate::id::{AccountId, OrgId};
use crate::name::string_enum;

string_enum! {
    /// Kinds of queues, in the order in which those that are due together are begun: what people wrote may be an opt-out.
    /// A queue is leased as a whole, so kinds that must not wait for each other have separate queues.
    pub enum QueueKind {
        /// Received messages, preferences and identity updates that wait.
        Elements = "inbox",
        /// Received delivery updates that wait.
        Statuses = "statuses",
        /// Messages to be sent.
        Send = "send",
        /// Scheduled messages whose time comes.
        Scheduled = "scheduled",
        /// Files to be fetched.
        Media = "media",
        /// Calls that are to be placed.
        Call = "call",
        /// Calls whose end the provider is asked for.
        CallLog = "call_log",
        /// Read receipts to be shown, template lists to be fetched.
        Signal = "signal",
        /// Bytes of files to be deleted.
        Blob = "blob",
    }
}

impl QueueKind {
    /// Whether received elements wait in it; all others hold jobs.
    #[must_use]
    pub const fn holds_elements(self) -> bool {
        matches!(self, Self::Elements | Self::Statuses)
    }
}

/// A queue of one organisation, account and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Queue {
    /// The organisation whose rows it holds.
    pub org: OrgId,
    /// The account; `None` for jobs that need no provider.
    pub account: Option<AccountId>,
    /// What it holds.
    pub kind: QueueKind,
}

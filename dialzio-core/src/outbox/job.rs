//! A job: ids only, queued in the commit that decided it.

use chrono::{DateTime, Utc};

use super::kind::JobKind;
use super::queue::Queue;
use crate::id::{AccountId, ConversationId, JobId, OrgId};
use crate::name::string_enum;

string_enum! {
    /// How far a job has come.
    pub enum JobState {
        /// Waits for its time.
        Pending = "pending",
        /// The intent is committed; the outcome is not known yet.
        Dispatched = "dispatched",
        /// It was carried out.
        Done = "done",
        /// The gate denied it.
        Suppressed = "suppressed",
        /// Taken back before it was handed to the provider.
        Cancelled = "cancelled",
        /// Its deadline passed before it was handed to the provider.
        Expired = "expired",
        /// Refused for good, or out of retries.
        Dead = "dead",
        /// Dispatched, and the outcome was lost: never repeated by itself.
        Unknown = "unknown",
    }
}

impl JobState {
    /// Whether something may still become of it. The others are final, and their rows expire.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Dispatched | Self::Unknown)
    }
}

/// Something to be done outside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id, which orders the jobs of a queue.
    pub id: JobId,
    /// The account whose provider does it; `None` for what needs no provider.
    pub account: Option<AccountId>,
    /// The conversation it belongs to: sends of one conversation leave in order.
    pub conversation: Option<ConversationId>,
    /// What is to be done.
    pub kind: JobKind,
    /// How far it has come.
    pub state: JobState,
    /// The earliest time of the next attempt.
    pub not_before: DateTime<Utc>,
    /// When it is given up, unless its kind is [endless](super::Retries::are_endless).
    pub deadline: DateTime<Utc>,
    /// Attempts that have failed or were dispatched.
    pub attempts: u32,
}

impl Job {
    /// A job that is due at an instant, and given up at the end of its kind's lifetime after it.
    #[must_use]
    pub fn new(id: JobId, kind: JobKind, due: DateTime<Utc>) -> Self {
        Self {
            id,
            account: None,
            conversation: None,
            kind,
            state: JobState::Pending,
            not_before: due,
            deadline: due + kind.row().lifetime,
            attempts: 0,
        }
    }

    /// The same for an account's provider to do.
    #[must_use]
    pub fn through(self, account: AccountId) -> Self {
        Self { account: Some(account), ..self }
    }

    /// The same in a conversation.
    #[must_use]
    pub fn within(self, conversation: ConversationId) -> Self {
        Self { conversation: Some(conversation), ..self }
    }

    /// The queue it waits in.
    #[must_use]
    pub fn queue(&self, org: OrgId) -> Queue {
        Queue { org, account: self.account, kind: self.kind.queue() }
    }
}

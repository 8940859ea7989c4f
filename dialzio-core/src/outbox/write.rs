//! What may change about jobs.

use chrono::{DateTime, Utc};

use super::job::{Job, JobState};
use crate::consent::PurposeScope;
use crate::id::{AccountId, ChannelIdentityId, JobId, MessageId};

/// A change to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobWrite {
    /// Joins its queue.
    Queue(Job),
    /// The state after an attempt, and when the job is due again if it is pending.
    Update {
        /// The job that changes.
        id: JobId,
        /// To which state.
        state: JobState,
        /// Not before, for a pending one.
        not_before: Option<DateTime<Utc>>,
        /// Attempts that were spent.
        attempts: u32,
    },
    /// A pending send waits for its account: until it is woken, or until a time, whichever is first.
    Rest {
        /// The job that changes.
        id: JobId,
        /// Not before, unless it is woken.
        until: DateTime<Utc>,
        /// Attempts that were spent.
        attempts: u32,
    },
    /// The sends of an account that rest are due, at the latest at an instant. Nothing happens to those that wait for
    /// anything else: for a reply window, for their next attempt, for the provider's pace.
    WakeSends {
        /// The account whose jobs change.
        account: AccountId,
        /// The latest time at which they are due.
        at: DateTime<Utc>,
    },
    /// Cancels the pending send of a message. Nothing happens if it is past pending.
    CancelSend(MessageId),
    /// Cancels the pending sends of marketing and utility messages, as far as the scope covers them, in all conversations of
    /// an identity: the jobs are cancelled, their messages get `cancelled` evidence of `at`. Nothing happens to those
    /// past pending.
    CancelPromotions {
        /// The person whose queued messages are stopped.
        identity: ChannelIdentityId,
        /// The purposes that are stopped.
        scope: PurposeScope,
        /// When the person said so; the time of the evidence.
        at: DateTime<Utc>,
    },
    /// A dispatched job whose outcome became known by evidence is done. Nothing happens otherwise.
    Resolve(MessageId),
}

//! What is to be done outside the database: ids only. Queued in the commit that decided it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::entropy::Entropy;
use crate::id::{AccountId, ConversationId, JobId, MediaId, MessageId, OrgId};
use crate::name::string_enum;

string_enum! {
    /// Kinds of queues. The work of one queue is leased together; a STOP never waits behind ten thousand ticks.
    pub enum QueueKind {
        /// Received messages, preferences and identity news that wait.
        Elements = "inbox",
        /// Received delivery news that waits.
        Statuses = "statuses",
        /// Messages to be sent.
        Send = "send",
        /// Files to be fetched.
        Media = "media",
        /// Hints to people's devices, template lists to be fetched.
        Signal = "signal",
        /// Blobs to be deleted.
        Blob = "blob",
    }
}

/// A queue of one organisation, account and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Queue {
    /// The organisation.
    pub org: OrgId,
    /// The account; `None` for work that belongs to none.
    pub account: Option<AccountId>,
    /// The kind.
    pub kind: QueueKind,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobKind {
    /// Send a message.
    Send(MessageId),
    /// Fetch a file.
    FetchMedia(MediaId),
    /// Show the person that their message was read.
    MarkRead(MessageId),
    /// Fetch the template list of the queue's account.
    SyncTemplates,
    /// Delete a blob whose row is gone.
    DeleteBlob(MediaId),
}

impl JobKind {
    /// The stored word for the kind.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Send(_) => "send",
            Self::FetchMedia(_) => "fetch_media",
            Self::MarkRead(_) => "mark_read",
            Self::SyncTemplates => "sync_templates",
            Self::DeleteBlob(_) => "delete_blob",
        }
    }

    /// The record it is about.
    #[must_use]
    pub fn subject(&self) -> Option<uuid::Uuid> {
        use crate::id::TypedId;
        match self {
            Self::Send(id) | Self::MarkRead(id) => Some(id.uuid()),
            Self::FetchMedia(id) | Self::DeleteBlob(id) => Some(id.uuid()),
            Self::SyncTemplates => None,
        }
    }

    /// Rebuilds it from its stored kind and record.
    #[must_use]
    pub fn from_stored(kind: &str, subject: Option<uuid::Uuid>) -> Option<Self> {
        use crate::id::TypedId;
        match (kind, subject) {
            ("send", Some(id)) => Some(Self::Send(MessageId::from_uuid(id))),
            ("mark_read", Some(id)) => Some(Self::MarkRead(MessageId::from_uuid(id))),
            ("fetch_media", Some(id)) => Some(Self::FetchMedia(MediaId::from_uuid(id))),
            ("delete_blob", Some(id)) => Some(Self::DeleteBlob(MediaId::from_uuid(id))),
            ("sync_templates", None) => Some(Self::SyncTemplates),
            _ => None,
        }
    }

    /// The queue kind it belongs to.
    #[must_use]
    pub const fn queue(&self) -> QueueKind {
        match self {
            Self::Send(_) => QueueKind::Send,
            Self::FetchMedia(_) => QueueKind::Media,
            Self::MarkRead(_) | Self::SyncTemplates => QueueKind::Signal,
            Self::DeleteBlob(_) => QueueKind::Blob,
        }
    }
}

string_enum! {
    /// Where a job stands.
    pub enum JobState {
        /// Waits for its time.
        Pending = "pending",
        /// The intent is written; the outcome is not known yet.
        Dispatched = "dispatched",
        /// Done.
        Done = "done",
        /// The gate said no.
        Suppressed = "suppressed",
        /// Taken back before it was handed over.
        Cancelled = "cancelled",
        /// Its time ran out before it was handed over.
        Expired = "expired",
        /// Refused for good, or tried too often.
        Dead = "dead",
        /// Dispatched, and nobody knows what became of it.
        Unknown = "unknown",
    }
}

/// Something to be done outside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id: order within a queue.
    pub id: JobId,
    /// The account it goes through.
    pub account: Option<AccountId>,
    /// The conversation it belongs to: order is kept within one.
    pub conversation: Option<ConversationId>,
    /// What is to be done.
    pub kind: JobKind,
    /// Where it stands.
    pub state: JobState,
    /// Not before.
    pub not_before: DateTime<Utc>,
    /// Not after: then it expires.
    pub deadline: DateTime<Utc>,
    /// Attempts that were spent.
    pub attempts: u32,
}

/// How long the next attempt waits: `base × factor^attempts`, at most `cap`, with full jitter, never less than
/// what the provider asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait.
    pub base: TimeDelta,
    /// What each attempt multiplies it by.
    pub factor: u32,
    /// The longest wait.
    pub cap: TimeDelta,
    /// How many attempts there are.
    pub tries: u32,
}

impl Backoff {
    /// Nothing was sent: 1 s, doubling to 5 min, ten attempts.
    pub const NOT_SENT: Self =
        Self { base: TimeDelta::seconds(1), factor: 2, cap: TimeDelta::minutes(5), tries: 10 };
    /// The provider has a fault: 5 s, tripling to 15 min, six attempts.
    pub const FAULT: Self =
        Self { base: TimeDelta::seconds(5), factor: 3, cap: TimeDelta::minutes(15), tries: 6 };
    /// Files: 2 s, doubling to 10 min, eight attempts.
    pub const MEDIA: Self =
        Self { base: TimeDelta::seconds(2), factor: 2, cap: TimeDelta::minutes(10), tries: 8 };
    /// Received elements that could not be decided: 1 s, tripling to 1 h, eight attempts.
    pub const INBOX: Self =
        Self { base: TimeDelta::seconds(1), factor: 3, cap: TimeDelta::hours(1), tries: 8 };

    /// The wait after `attempts` spent attempts; `None` when there are no more.
    #[must_use]
    pub fn wait(&self, attempts: u32, floor: Option<TimeDelta>, entropy: &Entropy) -> Option<TimeDelta> {
        if attempts >= self.tries {
            return None;
        }
        let factor = i64::from(self.factor.saturating_pow(attempts.min(20)));
        let millis = self.base.num_milliseconds().saturating_mul(factor).min(self.cap.num_milliseconds());
        let bound = u64::try_from(millis).unwrap_or(0).saturating_add(1);
        let jittered = i64::try_from(entropy.u64() % bound).unwrap_or(millis);
        Some(TimeDelta::milliseconds(jittered).max(floor.unwrap_or(TimeDelta::zero())))
    }
}

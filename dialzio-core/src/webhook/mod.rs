//! Webhook elements that could not be decided at once: the backlog of those that wait, and the quarantine of bytes that
//! could not be used.

mod service;

pub use service::QuarantineService;
pub(crate) use service::context;

use chrono::{DateTime, Utc};

use crate::account::Sealed;
use crate::id::{AccountId, AppId, BacklogId, OrgId, QuarantineId};
use crate::name::string_enum;
use crate::outbox::QueueKind;
use crate::provider::Trust;

pub use crate::store::periods::QUARANTINE_PERIOD;

/// A received element that waits to be decided. Sealed; the row is deleted once the element is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacklogItem {
    /// Its id; the time inside is receipt.
    pub id: BacklogId,
    /// The account it came by.
    pub account: AccountId,
    /// Where it waits: [`QueueKind::Elements`] or [`QueueKind::Statuses`].
    pub queue: QueueKind,
    /// The provider's word.
    pub provider: String,
    /// The app it came through.
    pub app: AppId,
    /// The element, sealed.
    pub sealed: Sealed,
    /// How far the webhook it came by can be believed.
    pub trust: Trust,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// Not tried before this time.
    pub due_at: DateTime<Utc>,
    /// Attempts that were spent.
    pub attempts: u32,
}

/// A received element that waits, as people see it: for the message it is about, or for its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The id; ids sort by the time they were made at.
    pub id: BacklogId,
    /// The account it came by.
    pub account: AccountId,
    /// The provider's word.
    pub provider: String,
    /// What it is, as [`crate::provider::InboundBody::kind`]: `reaction`, `edited`, `delivery`.
    pub kind: &'static str,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// When it is looked at again.
    pub due_at: DateTime<Utc>,
    /// How often it was looked at.
    pub attempts: u32,
}

/// A change to the backlog or the quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookWrite {
    /// Adds an element to the backlog.
    Enqueue(BacklogItem),
    /// Tries again later.
    Retry {
        /// The element that was tried.
        id: BacklogId,
        /// Not tried before this time.
        due_at: DateTime<Utc>,
        /// Attempts that were spent.
        attempts: u32,
    },
    /// Deletes the row of an element that was decided.
    Remove(BacklogId),
    /// Keeps bytes in quarantine until they expire.
    Quarantine(Quarantined),
    /// Takes bytes out of quarantine.
    Release(QuarantineId),
}

string_enum! {
    /// Why bytes are in quarantine.
    pub enum QuarantineReason {
        /// Rightly signed, and not JSON, or not of any known shape.
        Unreadable = "unreadable",
        /// For a number that is not connected to this app.
        Unrouted = "unrouted",
        /// A kind of report that is not understood.
        Unknown = "unknown",
        /// Older than eight days, or more than ten minutes ahead.
        OutOfTime = "out_of_time",
        /// The same provider id with other content than the first time.
        Contradiction = "contradiction",
        /// An update of a message that never arrived.
        Orphan = "orphan",
        /// Could not be decided, again and again.
        Stuck = "stuck",
        /// About the account as a whole.
        Account = "account",
        /// Would decide something, and came without a signature.
        Unsigned = "unsigned",
    }
}

/// Bytes that could not be used. Sealed, thirty days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Its id, made from the bytes and the provider's time (the day of receipt, if there is none), so that the same bytes
    /// delivered again are kept once.
    pub id: QuarantineId,
    /// The organisation that may see it; `None` if it is not known, and then only the operator sees it.
    pub org: Option<OrgId>,
    /// The app it came through.
    pub app: AppId,
    /// The provider's word.
    pub provider: String,
    /// Why the bytes could not be used.
    pub reason: QuarantineReason,
    /// The provider's word for what it is.
    pub what: String,
    /// The bytes, sealed.
    pub sealed: Sealed,
    /// How far the webhook they came by can be believed.
    pub trust: Trust,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// When it goes.
    pub expires_at: DateTime<Utc>,
}

//! What a store has to offer: small reads, and one way to write.

mod batch;
mod change;
mod layer;
mod system;

pub use batch::{
    Batch, BatchParts, Cause, EffectWrite, Expect, IdempotencyKey, Once, Purge, RecordRef, Write, WriteKind,
};
pub use layer::{Call, StoreLayer};
pub use system::{Due, Fence, Lease, SystemStore, SystemWrite, UserKey};

pub(crate) use change::change;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::access::AccessStore;
use crate::account::AccountStore;
use crate::consent::ConsentStore;
use crate::contact::ContactStore;
use crate::conversation::ConversationStore;
use crate::event::EventSeq;
use crate::ledger::LedgerStore;
use crate::media::MediaStore;
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;

/// Counts the changes of a record: 1 when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u32);

impl Revision {
    /// There is no such record.
    pub const NONE: Self = Self(0);
    /// A record that was just made.
    pub const FIRST: Self = Self(1);
}

/// A place in the organisation's consent ledger: 1, 2, 3, without gaps. Zero: before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LedgerSeq(pub u64);

/// Why a store refused or failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What a batch was decided on is not true any more. Only that batch was undone.
    #[error("what the change was decided on is no longer true: {0:?}")]
    Unmet(Box<Expect>),
    /// Busy, or the connection was lost before anything was committed: the same call may succeed.
    #[error("the store is busy or cannot be reached")]
    Unavailable,
    /// No room is left: nothing is acknowledged until there is.
    #[error("the disk below the store is full: nothing can be written until there is room")]
    Full,
    /// An I/O error or damage: needs an operator.
    #[error("the store failed: {0}")]
    Broken(String),
    /// A write that this store does not know. The whole batch was undone, so nothing is lost silently.
    #[error("this store does not support {0}")]
    Unsupported(&'static str),
    /// The cursor of a page is none that this list gave out.
    #[error("the cursor is none of this list")]
    Cursor,
    /// A stored value cannot be read: written by something else, or damaged.
    #[error("a stored {0} cannot be read")]
    Unreadable(&'static str),
}

impl StoreError {
    /// `true` if the same call may succeed without any change.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable)
    }

    /// A stable dotted code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unmet(_) => "store.conflict",
            Self::Unavailable => "store.unavailable",
            Self::Full => "store.full",
            Self::Broken(_) => "store.broken",
            Self::Unsupported(_) => "store.unsupported",
            Self::Cursor => "store.cursor",
            Self::Unreadable(_) => "store.unreadable",
        }
    }

    /// An unmet expectation.
    #[must_use]
    pub fn unmet(expect: Expect) -> Self {
        Self::Unmet(Box::new(expect))
    }
}

/// What a store answers.
pub type StoreResult<T> = Result<T, StoreError>;

/// The answer to a batch that was applied, or had been before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The newest place in the event log after it.
    pub seq: EventSeq,
    /// What became of it.
    pub outcome: Outcome,
    /// Rows a purge removed; zero for everything else.
    pub touched: u64,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Applied now.
    Applied,
    /// Its key was used before for the same request: nothing was changed, this was the answer.
    Replayed(RecordRef),
    /// Its key was used before for another request: nothing was changed.
    Mismatch,
}

/// A store: small reads, and one way to write. Conformance: [`crate::store_conformance`].
#[async_trait]
pub trait Store:
    ContactStore
    + ConversationStore
    + MediaStore
    + ConsentStore
    + AccountStore
    + AccessStore
    + LedgerStore
    + SystemStore
    + std::fmt::Debug
    + 'static
{
    /// Applies batches in order. Each is applied whole or not at all and has its own answer; one transaction may hold
    /// many. Durable when it returns. A call that has begun is carried out even if the future is dropped.
    async fn commit(&self, scope: &OrgScope, batches: Vec<Batch>) -> Vec<StoreResult<Commit>>;
    /// Work of a leased lane that is due at `now`, in order of id: pending effects, or waiting elements.
    async fn due(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<Due>>;
    /// Quarantined bytes of the organisation, newest first.
    async fn quarantined(
        &self,
        scope: &OrgScope,
        page: PageRequest,
    ) -> StoreResult<Page<crate::inbox::Quarantined>>;
}

impl dyn Store {
    /// Applies one batch.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed then.
    pub async fn commit_one(&self, scope: &OrgScope, batch: Batch) -> StoreResult<Commit> {
        self.commit(scope, vec![batch]).await.pop().unwrap_or(Err(StoreError::Unavailable))
    }
}

//! What a store has to offer: small reads, and one way to write.

mod batch;
mod change;
mod error;
mod layer;
mod outcome;
pub mod periods;
mod precondition;
mod revision;
#[cfg(feature = "sql-rows")]
pub mod rows;
mod system;

pub use batch::{Batch, BatchParts, Cause, Idempotency, IdempotencyKey, Purge, Write, WriteKind};
pub use error::{StoreError, StoreResult};
pub use layer::{Call, StoreLayer};
pub use outcome::{Commit, Outcome};
pub use precondition::{Precondition, RecordRef};
pub use revision::{LedgerSeq, Revision};
pub use system::{
    IdentityStore, LeaseStore, MailStore, NewsStore, QuarantineStore, RoutingStore, SystemStore, SystemWrite,
    UserKey,
};

pub(crate) use change::change;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::access::AccessStore;
use crate::account::{AccountStore, SealedKind, SealedPlace, SealedRow};
use crate::call::CallStore;
use crate::call_flow::CallFlowStore;
use crate::canned_reply::CannedReplyStore;
use crate::consent::ConsentStore;
use crate::contact::ContactStore;
use crate::conversation::{ConversationStore, DraftStore, ScheduledStore};
use crate::disposition::DispositionStore;
use crate::identity_provider::IdentityProviderStore;
use crate::ledger::LedgerStore;
use crate::media::MediaStore;
use crate::notice::NoticeStore;
use crate::outbox::{Due, Lease};
use crate::page::{Page, PageRequest};
use crate::saved_view::SavedViewStore;
use crate::scope::OrgScope;
use crate::support::SupportStore;
use crate::team::TeamStore;
use crate::usage::UsageStore;

/// A store: small reads, and one way to write. Conformance: [`crate::store_conformance`].
#[async_trait]
pub trait Store:
    ContactStore
    + ConversationStore
    + DraftStore
    + NoticeStore
    + MediaStore
    + ConsentStore
    + AccountStore
    + AccessStore
    + DispositionStore
    + CallFlowStore
    + CannedReplyStore
    + SavedViewStore
    + SupportStore
    + TeamStore
    + IdentityProviderStore
    + CallStore
    + ScheduledStore
    + UsageStore
    + LedgerStore
    + SystemStore
    + std::fmt::Debug
    + 'static
{
    /// Applies batches in order. Each is applied whole or not at all and has its own answer; one transaction may hold
    /// many. Durable when it returns. A call that has begun is carried out even if the future is dropped.
    async fn commit(&self, scope: &OrgScope, batches: Vec<Batch>) -> Vec<StoreResult<Commit>>;
    /// Work of a leased queue that is due at `now`, in order of id: pending jobs, or waiting elements.
    async fn due(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<Due>>;
    /// Received elements of the organisation that wait, oldest first, whatever account and queue they wait in.
    async fn waiting(
        &self,
        scope: &OrgScope,
        page: PageRequest,
    ) -> StoreResult<Page<crate::webhook::BacklogItem>>;
    /// Quarantined bytes of the organisation, by their id.
    async fn quarantined_item(
        &self,
        scope: &OrgScope,
        id: crate::id::QuarantineId,
    ) -> StoreResult<Option<crate::webhook::Quarantined>>;
    /// Quarantined bytes of the organisation, newest first.
    async fn quarantined(
        &self,
        scope: &OrgScope,
        page: PageRequest,
    ) -> StoreResult<Page<crate::webhook::Quarantined>>;
    /// Sealed values of a kind that is kept in tables of organisations, in order of their places, after one of them; those that
    /// have expired too. Nobody who sees less than all of the organisation gets any.
    async fn sealed_in(
        &self,
        scope: &OrgScope,
        kind: SealedKind,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> StoreResult<Vec<SealedRow>>;
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

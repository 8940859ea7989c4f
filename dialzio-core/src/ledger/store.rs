//! Reads of the audit log and the event log. Both are written by every commit.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use super::{AuditEntry, AuditFilter, ChainHash};
use crate::event::{EventSeq, Recorded};
use crate::scope::OrgScope;
use crate::store::StoreResult;

/// Where the audit log of an organisation ends, as the store keeps it beside the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// The place of the newest entry; zero before the first.
    pub seq: u64,
    /// Its digest.
    pub hash: ChainHash,
}

/// Reads of the two logs.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Audit entries after a place, ascending.
    async fn audit(&self, scope: &OrgScope, after: u64, limit: u32) -> StoreResult<Vec<AuditEntry>>;
    /// Audit entries that a filter [wants](AuditFilter::wants), after the place `after` and before the place `before`,
    /// newest first. What people and programs did is found by an index; with [`AuditFilter::with_system`] all places between
    /// are looked through, so they should be few.
    async fn audit_found(
        &self,
        scope: &OrgScope,
        filter: &AuditFilter,
        after: u64,
        before: u64,
        limit: u32,
    ) -> StoreResult<Vec<AuditEntry>>;
    /// Where the audit log ends.
    async fn audit_head(&self, scope: &OrgScope) -> StoreResult<ChainHead>;
    /// Events after a place, ascending, whatever the scope's audience sees: places follow one another without a gap. Which
    /// of them an actor may be told is decided by [`LedgerService::told`](super::LedgerService::told).
    async fn events(&self, scope: &OrgScope, after: EventSeq, limit: u32) -> StoreResult<Vec<Recorded>>;
    /// The newest place in the event log; zero if it is empty.
    async fn newest_event(&self, scope: &OrgScope) -> StoreResult<EventSeq>;
    /// Wakes after a commit with events, whichever process made it. A hint only; the truth is `events`.
    fn watch(&self, scope: &OrgScope) -> BoxStream<'static, EventSeq>;
}

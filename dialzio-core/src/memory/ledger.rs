//! The audit log and the event log.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use super::{MemoryStore, stream};
use crate::event::{EventSeq, Recorded};
use crate::ledger::{AuditEntry, AuditFilter, ChainHead, LedgerStore};
use crate::scope::OrgScope;
use crate::store::StoreResult;

#[async_trait]
impl LedgerStore for MemoryStore {
    async fn audit(&self, scope: &OrgScope, after: u64, limit: u32) -> StoreResult<Vec<AuditEntry>> {
        self.read(scope, |rows, _| {
            rows.audit.iter().filter(|entry| entry.seq > after).take(limit as usize).cloned().collect()
        })
    }

    async fn audit_found(
        &self,
        scope: &OrgScope,
        filter: &AuditFilter,
        after: u64,
        before: u64,
        limit: u32,
    ) -> StoreResult<Vec<AuditEntry>> {
        self.read(scope, |rows, _| {
            let between = |entry: &&AuditEntry| entry.seq > after && entry.seq < before;
            let wanted = rows.audit.iter().rev().filter(between).filter(|entry| filter.wants(entry));
            wanted.take(limit as usize).cloned().collect()
        })
    }

    async fn audit_head(&self, scope: &OrgScope) -> StoreResult<ChainHead> {
        self.read(scope, |rows, _| rows.chain_head())
    }

    async fn events(&self, scope: &OrgScope, after: EventSeq, limit: u32) -> StoreResult<Vec<Recorded>> {
        self.read_whole(scope, |rows, _| {
            rows.events.iter().filter(|event| event.seq > after).take(limit as usize).copied().collect()
        })
    }

    async fn newest_event(&self, scope: &OrgScope) -> StoreResult<EventSeq> {
        self.read_whole(scope, |rows, _| EventSeq(rows.event_count))
    }

    fn watch(&self, scope: &OrgScope) -> BoxStream<'static, EventSeq> {
        stream(self.watcher(scope.org()).subscribe())
    }
}

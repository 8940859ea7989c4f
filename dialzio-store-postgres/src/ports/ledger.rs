//! The event log and the audit chain.

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio_stream::wrappers::WatchStream;

use dialzio_core::event::{EventSeq, Recorded};
use dialzio_core::ledger::{AuditEntry, AuditFilter, ChainHead, LedgerStore};
use dialzio_core::{OrgScope, StoreResult};

use crate::{PostgresStore, ledger};

#[async_trait]
impl LedgerStore for PostgresStore {
    async fn audit(&self, scope: &OrgScope, after: u64, limit: u32) -> StoreResult<Vec<AuditEntry>> {
        read_in!(self, scope, |db, org| ledger::audit(db, org, after, limit))
    }

    async fn audit_found(
        &self,
        scope: &OrgScope,
        filter: &AuditFilter,
        after: u64,
        before: u64,
        limit: u32,
    ) -> StoreResult<Vec<AuditEntry>> {
        read_in!(self, scope, |db, org| ledger::audit_found(db, org, filter, (after, before), limit))
    }

    async fn audit_head(&self, scope: &OrgScope) -> StoreResult<ChainHead> {
        read_in!(self, scope, |db, org| ledger::audit_head(db, org))
    }

    async fn events(&self, scope: &OrgScope, after: EventSeq, limit: u32) -> StoreResult<Vec<Recorded>> {
        read_whole_in!(self, scope, |db, org| ledger::events(db, org, after, limit))
    }

    async fn newest_event(&self, scope: &OrgScope) -> StoreResult<EventSeq> {
        read_whole_in!(self, scope, |db, org| ledger::newest_event(db, org))
    }

    fn watch(&self, scope: &OrgScope) -> BoxStream<'static, EventSeq> {
        WatchStream::from_changes(self.shared.watchers.follow(scope.org())).boxed()
    }
}

//! Reads of the audit log and the event log. Both are written by every commit.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use super::AuditEntry;
use crate::event::{EventSeq, Recorded};
use crate::scope::OrgScope;
use crate::store::StoreResult;

/// Reads of the two logs.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Audit entries after a place, ascending.
    async fn audit(&self, scope: &OrgScope, after: u64, limit: u32) -> StoreResult<Vec<AuditEntry>>;
    /// Events after a place, ascending.
    async fn events(&self, scope: &OrgScope, after: EventSeq, limit: u32) -> StoreResult<Vec<Recorded>>;
    /// The newest place in the event log; zero if it is empty.
    async fn newest_event(&self, scope: &OrgScope) -> StoreResult<EventSeq>;
    /// Wakes after a commit with events, whichever process made it. A hint only; the truth is `events`.
    fn watch(&self, scope: &OrgScope) -> BoxStream<'static, EventSeq>;
}

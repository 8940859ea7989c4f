//! Which queues have work that is due, and who works on them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;

use crate::id::WorkerId;
use crate::outbox::{Lease, Queue};
use crate::scope::SystemScope;
use crate::store::StoreResult;

/// Which queues have work that is due, and who works on them.
#[async_trait]
pub trait LeaseStore: Send + Sync {
    /// Queues with work that is due, those whose work has waited longest first, without those that are leased.
    async fn queues_due(
        &self,
        scope: &SystemScope,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<Queue>>;
    /// Leases a queue, or extends the worker's own lease. `None` if another worker holds it at `now`.
    async fn lease(
        &self,
        scope: &SystemScope,
        queue: Queue,
        by: WorkerId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> StoreResult<Option<Lease>>;
    /// Gives a lease back. One that ran out is gone already.
    async fn release(&self, scope: &SystemScope, lease: Lease) -> StoreResult<()>;
    /// After a restart: jobs that were dispatched and have no outcome, of every organisation, become unknown, with
    /// evidence on their messages. Answers how many. On a store for many processes only those whose queue is not leased.
    async fn recover(&self, scope: &SystemScope, now: DateTime<Utc>) -> StoreResult<u64>;
    /// When the next work of any queue is due; `None` if nothing waits.
    async fn next_due(&self, scope: &SystemScope) -> StoreResult<Option<DateTime<Utc>>>;
    /// Wakes after a commit that queued work. A hint only.
    fn work_notifications(&self) -> BoxStream<'static, ()>;
}

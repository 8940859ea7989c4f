//! Commits, due jobs, the backlog and the quarantine of one organisation.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use dialzio_core::account::{SealedKind, SealedPlace, SealedRow};
use dialzio_core::outbox::{Due, Lease};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::{Batch, Commit, Store};
use dialzio_core::webhook::{BacklogItem, Quarantined};
use dialzio_core::{OrgScope, QuarantineId, StoreResult};

use crate::commit::Unit;
use crate::{PostgresStore, outbox, sealed, system};

#[async_trait]
impl Store for PostgresStore {
    async fn commit(&self, scope: &OrgScope, batches: Vec<Batch>) -> Vec<StoreResult<Commit>> {
        if batches.is_empty() {
            return Vec::new();
        }
        let org = scope.org();
        let units = batches.into_iter().map(|batch| Unit::Batch(batch.into_parts())).collect();
        self.submit(org, units).await
    }

    async fn due(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<Due>> {
        let queue = lease.queue;
        if queue.org != scope.org() || !scope.audience().is_all() {
            return Ok(Vec::new());
        }
        read_in!(self, scope, |db, org| outbox::due(db, org, queue, now, limit))
    }

    async fn waiting(&self, scope: &OrgScope, page: PageRequest) -> StoreResult<Page<BacklogItem>> {
        read_in!(self, scope, |db, org| outbox::waiting(db, org, &page))
    }

    async fn quarantined_item(&self, scope: &OrgScope, id: QuarantineId) -> StoreResult<Option<Quarantined>> {
        if !scope.audience().is_all() {
            return Ok(None);
        }
        read_in!(self, scope, |db, org| system::quarantined_item(db, org, id, self.now()))
    }

    async fn quarantined(&self, scope: &OrgScope, page: PageRequest) -> StoreResult<Page<Quarantined>> {
        if !scope.audience().is_all() {
            return Ok(Page { items: Vec::new(), next: None });
        }
        read_in!(self, scope, |db, _org| system::quarantine(db, Some(scope.org()), self.now(), &page))
    }

    async fn sealed_in(
        &self,
        scope: &OrgScope,
        kind: SealedKind,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> StoreResult<Vec<SealedRow>> {
        if !scope.audience().is_all() {
            return Ok(Vec::new());
        }
        read_whole_in!(self, scope, |db, org| sealed::of_org(db, org, kind, after, limit))
    }
}

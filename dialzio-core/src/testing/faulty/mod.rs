//! A store that fails when it is told to.

mod readers;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::{Invitation, Org, SignIn, TokenHash, User};
use crate::account::{App, Route};
use crate::effect::Lane;
use crate::id::{AppId, HookId, OrgId, UserId, WorkerId};
use crate::inbox::Quarantined;
use crate::page::{Page, PageRequest};
use crate::provider::AccountRef;
use crate::scope::{OrgScope, SystemScope};
use crate::store::{
    Batch, Commit, Due, Lease, Store, StoreError, StoreResult, SystemStore, SystemWrite, UserKey,
};

/// What goes wrong with one call.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing is done, and the call fails.
    Fails(StoreError),
    /// The call is carried out, and its answer is lost: it fails all the same.
    Loses(StoreError),
    /// Nothing is done, and the call never answers: whoever waits has to give up and drop it.
    Hangs,
    /// The call is carried out and never answers.
    Swallows,
}

/// Which calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Calls {
    /// Reads and writes.
    Any,
    /// `commit` and `enact` only.
    Writes,
}

#[derive(Debug, Default)]
struct Plan {
    counts: BTreeMap<Calls, u64>,
    faults: BTreeMap<(Calls, u64), Fault>,
}

/// Wraps a store. Calls pass through, but for those that were told to go wrong, counted from 1.
///
/// ```
/// # use dialzio_core::memory::MemoryStore;
/// # use dialzio_core::testing::{Calls, Fault, Faulty};
/// # use dialzio_core::{StoreError, SystemClock};
/// # use std::sync::Arc;
/// let store = Faulty::new(Arc::new(MemoryStore::new(Arc::new(SystemClock))));
/// store.at(Calls::Writes, 2, Fault::Fails(StoreError::Full));
/// ```
#[derive(Debug)]
pub struct Faulty<S: ?Sized> {
    plan: Mutex<Plan>,
    inner: Arc<S>,
}

impl<S: Store + ?Sized> Faulty<S> {
    /// A store that does not fail yet.
    #[must_use]
    pub fn new(inner: Arc<S>) -> Self {
        Self { plan: Mutex::default(), inner }
    }

    /// The store beneath.
    #[must_use]
    pub fn inner(&self) -> &Arc<S> {
        &self.inner
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The `n`-th call from now on goes wrong, counted from 1.
    pub fn at(&self, calls: Calls, n: u64, fault: Fault) {
        let mut plan = self.plan();
        let past = plan.counts.get(&calls).copied().unwrap_or(0);
        plan.faults.insert((calls, past + n), fault);
    }

    /// How many calls there have been.
    #[must_use]
    pub fn count(&self, calls: Calls) -> u64 {
        self.plan().counts.get(&calls).copied().unwrap_or(0)
    }

    fn next(&self, write: bool) -> Option<Fault> {
        let mut plan = self.plan();
        let mut found = None;
        for calls in [Calls::Any, Calls::Writes] {
            if calls == Calls::Any || write {
                let count = plan.counts.entry(calls).or_default();
                *count += 1;
                let place = (calls, *count);
                found = plan.faults.remove(&place).or(found);
            }
        }
        found
    }

    async fn around<T>(&self, write: bool, call: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
        match self.next(write) {
            None => call.await,
            Some(Fault::Fails(error)) => Err(error),
            Some(Fault::Loses(error)) => call.await.and(Err(error)),
            Some(Fault::Hangs) => pending().await,
            Some(Fault::Swallows) => {
                let _ = call.await;
                pending().await
            }
        }
    }
}

#[async_trait]
impl<S: Store + ?Sized> SystemStore for Faulty<S> {
    async fn user(&self, scope: &SystemScope, by: UserKey<'_>) -> StoreResult<Option<User>> {
        self.around(false, self.inner.user(scope, by)).await
    }

    async fn credential_owner(
        &self,
        scope: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<SignIn>> {
        self.around(false, self.inner.credential_owner(scope, token, now)).await
    }

    async fn organisations_of(&self, scope: &SystemScope, user: UserId) -> StoreResult<Vec<OrgId>> {
        self.around(false, self.inner.organisations_of(scope, user)).await
    }

    async fn invitation(
        &self,
        scope: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Invitation>> {
        self.around(false, self.inner.invitation(scope, token, now)).await
    }

    async fn hook(&self, scope: &SystemScope, hook: HookId) -> StoreResult<Option<App>> {
        self.around(false, self.inner.hook(scope, hook)).await
    }

    async fn app(&self, scope: &SystemScope, id: AppId) -> StoreResult<Option<App>> {
        self.around(false, self.inner.app(scope, id)).await
    }

    async fn apps(&self, scope: &SystemScope, org: Option<OrgId>) -> StoreResult<Vec<App>> {
        self.around(false, self.inner.apps(scope, org)).await
    }

    async fn route(
        &self,
        scope: &SystemScope,
        app: AppId,
        accounts: &[AccountRef],
    ) -> StoreResult<Vec<Option<Route>>> {
        self.around(false, self.inner.route(scope, app, accounts)).await
    }

    async fn organisations(
        &self,
        scope: &SystemScope,
        after: Option<OrgId>,
        limit: u32,
    ) -> StoreResult<Vec<Org>> {
        self.around(false, self.inner.organisations(scope, after, limit)).await
    }

    async fn lanes_due(&self, scope: &SystemScope, now: DateTime<Utc>, limit: u32) -> StoreResult<Vec<Lane>> {
        self.around(false, self.inner.lanes_due(scope, now, limit)).await
    }

    async fn lease(
        &self,
        scope: &SystemScope,
        lane: Lane,
        by: WorkerId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> StoreResult<Option<Lease>> {
        self.around(false, self.inner.lease(scope, lane, by, now, until)).await
    }

    async fn release(&self, scope: &SystemScope, lease: Lease) -> StoreResult<()> {
        self.around(false, self.inner.release(scope, lease)).await
    }

    async fn recover(&self, scope: &SystemScope, now: DateTime<Utc>) -> StoreResult<u64> {
        self.around(false, self.inner.recover(scope, now)).await
    }

    async fn next_due(&self, scope: &SystemScope) -> StoreResult<Option<DateTime<Utc>>> {
        self.around(false, self.inner.next_due(scope)).await
    }

    async fn unrouted(&self, scope: &SystemScope, page: PageRequest) -> StoreResult<Page<Quarantined>> {
        self.around(false, self.inner.unrouted(scope, page)).await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.around(false, self.inner.ping()).await
    }

    async fn enact(
        &self,
        scope: &SystemScope,
        writes: Vec<SystemWrite>,
        also: Option<(&OrgScope, Batch)>,
    ) -> StoreResult<Commit> {
        self.around(true, self.inner.enact(scope, writes, also)).await
    }

    fn stirred(&self) -> BoxStream<'static, ()> {
        self.inner.stirred()
    }
}

#[async_trait]
impl<S: Store + ?Sized> Store for Faulty<S> {
    async fn commit(&self, scope: &OrgScope, batches: Vec<Batch>) -> Vec<StoreResult<Commit>> {
        let count = batches.len();
        let call = async { Ok(self.inner.commit(scope, batches).await) };
        match self.around(true, call).await {
            Ok(answers) => answers,
            Err(error) => vec![Err(error); count],
        }
    }

    async fn due(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<Due>> {
        self.around(false, self.inner.due(scope, lease, now, limit)).await
    }

    async fn quarantined(&self, scope: &OrgScope, page: PageRequest) -> StoreResult<Page<Quarantined>> {
        self.around(false, self.inner.quarantined(scope, page)).await
    }
}

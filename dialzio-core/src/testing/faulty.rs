//! A store that fails on request.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::{Call, Store, StoreError, StoreLayer, StoreResult};

/// What goes wrong with one call.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing is done, and the call fails.
    Fails(StoreError),
    /// The call is carried out, and its answer is lost: it fails all the same.
    Loses(StoreError),
    /// Nothing is done, and the call never answers: the caller has to give up and drop it.
    Hangs,
    /// The call is carried out and never answers.
    Swallows,
}

/// Which calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Calls {
    /// Reads and writes.
    Any,
    /// `commit` and `commit_system` only.
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
}

impl<S: Store + ?Sized> StoreLayer for Faulty<S> {
    type Inner = S;

    fn inner(&self) -> &S {
        &self.inner
    }

    async fn around<T: Send>(
        &self,
        call: Call,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        match self.next(call.writes) {
            None => work.await,
            Some(Fault::Fails(error)) => Err(error),
            Some(Fault::Loses(error)) => work.await.and(Err(error)),
            Some(Fault::Hangs) => pending().await,
            Some(Fault::Swallows) => {
                let _ = work.await;
                pending().await
            }
        }
    }
}

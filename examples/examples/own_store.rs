//! A store of one's own: every call to the store beneath is counted and timed, and slow ones are printed. The last line is
//! the proof that it still keeps every promise of a store: `cargo test -p dialzio-examples --example own_store`.
//!
//! A store that keeps rows itself implements the ports instead of [`StoreLayer`], and proves itself by the same line;
//! `MemoryStore` in `dialzio-core/src/memory` is the readable definition of what each write means.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::contact::{ContactQuery, NewContact};
use dialzio_core::page::PageRequest;
use dialzio_core::store::{Call, StoreLayer};
use dialzio_core::{Crm, Principal, Role, Store, StoreResult};
use dialzio_store_sqlite::SqliteStore;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What calls of one kind have cost.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    calls: u64,
    refused: u64,
    total: Duration,
    slowest: Duration,
}

/// A store that knows what it costs.
#[derive(Debug)]
struct Measured<S> {
    inner: S,
    costs: Arc<Mutex<BTreeMap<&'static str, Cost>>>,
}

impl<S> Measured<S> {
    fn new(inner: S) -> Self {
        Self { inner, costs: Arc::default() }
    }
}

impl<S: Store> StoreLayer for Measured<S> {
    type Inner = S;

    fn inner(&self) -> &S {
        &self.inner
    }

    async fn around<T: Send>(
        &self,
        call: Call,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        let begun = Instant::now();
        let answer = work.await;
        let took = begun.elapsed();
        let mut costs = self.costs.lock().unwrap_or_else(PoisonError::into_inner);
        let cost = costs.entry(call.name).or_default();
        cost.calls += 1;
        cost.refused += u64::from(answer.is_err());
        cost.total += took;
        cost.slowest = cost.slowest.max(took);
        answer
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = Measured::new(SqliteStore::open(folder.path().join("crm.db")).await?);
    let costs = Arc::clone(&store.costs);
    let crm = Crm::builder()
        .store(store)
        .keys(LocalKeys::open_or_create(folder.path().join("crm.keys"))?)
        .build()?;
    let org = crm.access().found(NewOrg::named("Asha Motors")).await?.org;
    let me = crm.access().act_as(org, Principal::service("shop")?, Role::Admin.grant()).await?;
    for name in ["Asha", "Bilal", "Chitra"] {
        crm.contacts().create(&me, NewContact::named(name)).await?;
    }
    let people = crm.contacts().list(&me, &ContactQuery::matching("as"), PageRequest::first(50)).await?;
    println!("{} found", people.items.len());

    println!("{:<20} {:>6} {:>8} {:>10} {:>10}", "call", "calls", "refused", "mean µs", "slowest µs");
    for (name, cost) in costs.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let mean = cost.total.as_micros() / u128::from(cost.calls.max(1));
        println!(
            "{name:<20} {:>6} {:>8} {mean:>10} {:>10}",
            cost.calls,
            cost.refused,
            cost.slowest.as_micros()
        );
    }
    Ok(())
}

#[cfg(test)]
mod promises {
    use super::{Measured, SqliteStore, Store};
    use dialzio_core::ManualClock;
    use std::sync::Arc;

    async fn fresh(clock: Arc<ManualClock>) -> Arc<dyn Store> {
        let beneath = SqliteStore::builder().clock(clock).temporary().await.expect("a file for the test");
        Arc::new(Measured::new(beneath))
    }

    dialzio_core::store_conformance!(fresh);
}

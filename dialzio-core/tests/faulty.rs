//! The store that fails when it is told to.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use dialzio_core::access::AccessWrite;
use dialzio_core::contact::{ContactQuery, ContactWrite};
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::page::PageRequest;
use dialzio_core::store::{Batch, Cause};
use dialzio_core::testing::{Calls, Fault, Faulty, Fixtures, scope};
use dialzio_core::{ManualClock, OrgScope, Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

fn wrapped() -> (Arc<Faulty<MemoryStore>>, Fixtures, OrgScope) {
    let make = Fixtures::default();
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let scope = scope(make.id());
    (Arc::new(Faulty::new(Arc::new(MemoryStore::new(clock)))), make, scope)
}

fn insert(make: &Fixtures, name: &str) -> Batch {
    let mut batch = Batch::caused_by(&Cause::Stored, Action::ContactCreated, make.start());
    batch.write(ContactWrite::Insert(make.contact(name)));
    batch
}

async fn names(store: &dyn Store, scope: &OrgScope) -> Vec<String> {
    let page = store.contacts(scope, &ContactQuery::default(), PageRequest::first(50)).await.unwrap();
    page.items.iter().filter_map(|c| c.name.as_ref()).map(|name| name.reveal().to_owned()).collect()
}

#[tokio::test]
async fn the_call_that_was_named_fails_and_no_other() {
    let (faulty, make, scope) = wrapped();
    faulty.at(Calls::Writes, 2, Fault::Fails(StoreError::Full));
    let store: Arc<dyn Store> = Arc::<Faulty<MemoryStore>>::clone(&faulty);
    let mut found = make.org("Shop");
    found.id = scope.org();
    let mut batch = Batch::caused_by(&Cause::Stored, Action::OrgFounded, make.start());
    batch.write(AccessWrite::InsertOrg(found));
    store.commit_one(&scope, batch).await.unwrap();
    let answers = store.commit(&scope, vec![insert(&make, "Asha"), insert(&make, "Ben")]).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(StoreError::Full))) && answers.len() == 2);
    store.commit_one(&scope, insert(&make, "Chloe")).await.unwrap();
    assert_eq!(names(store.as_ref(), &scope).await, ["Chloe"]);
    faulty.at(Calls::Any, 1, Fault::Fails(StoreError::Unavailable));
    assert!(matches!(store.org(&scope).await, Err(StoreError::Unavailable)));
    assert!(store.org(&scope).await.unwrap().is_some());
    assert_eq!((faulty.count(Calls::Writes), faulty.count(Calls::Any)), (3, 6));
}

#[tokio::test]
async fn a_lost_answer_and_a_dropped_call_were_carried_out_or_not() {
    let (faulty, make, scope) = wrapped();
    let store: Arc<dyn Store> = Arc::<Faulty<MemoryStore>>::clone(&faulty);
    faulty.at(Calls::Writes, 1, Fault::Loses(StoreError::Unavailable));
    assert!(store.commit_one(&scope, insert(&make, "Asha")).await.is_err());
    assert_eq!(names(store.as_ref(), &scope).await, ["Asha"]);
    let patience = Duration::from_millis(20);
    faulty.at(Calls::Writes, 1, Fault::Hangs);
    assert!(tokio::time::timeout(patience, store.commit_one(&scope, insert(&make, "Ben"))).await.is_err());
    assert_eq!(names(store.as_ref(), &scope).await, ["Asha"]);
    faulty.at(Calls::Writes, 1, Fault::Swallows);
    assert!(tokio::time::timeout(patience, store.commit_one(&scope, insert(&make, "Chloe"))).await.is_err());
    assert_eq!(names(store.as_ref(), &scope).await, ["Asha", "Chloe"]);
}

mod behind_a_wrapper {
    use super::{Arc, Faulty, ManualClock, MemoryStore, Store};

    async fn fresh(clock: Arc<ManualClock>) -> Arc<dyn Store> {
        Arc::new(Faulty::new(Arc::new(MemoryStore::new(clock))))
    }
    dialzio_core::store_conformance!(fresh);
}

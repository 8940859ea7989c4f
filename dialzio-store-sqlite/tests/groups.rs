//! Callers that wait at the same time share a transaction. What each of them is promised is in the conformance suite.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use dialzio_core::Store;
use dialzio_core::testing::conformance::{Tenant, TestBed};
use dialzio_store_sqlite::SqliteStore;
use std::sync::Arc;

async fn bed() -> (Arc<SqliteStore>, TestBed) {
    let clock = TestBed::clock();
    let store = Arc::new(SqliteStore::builder().clock(clock.clone()).temporary().await.unwrap());
    (Arc::clone(&store), TestBed::new(store, clock))
}

/// Sixty-four callers, each in a task of its own, in these organisations by turns; answers how many transactions that took.
async fn sixty_four_write(store: &Arc<SqliteStore>, bed: &TestBed, tenants: &[Tenant]) -> u64 {
    let before = store.group_sizes();
    let mut waiting = Vec::new();
    for tenant in tenants.iter().cycle().take(64) {
        let (store, scope, batch) = (Arc::clone(store), tenant.scope.clone(), bed.batch());
        waiting.push(tokio::spawn(async move { (&*store as &dyn Store).commit_one(&scope, batch).await }));
    }
    for each in waiting {
        each.await.unwrap().unwrap();
    }
    let after = store.group_sizes();
    assert_eq!(after.batches - before.batches, 64);
    after.groups - before.groups
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_callers_of_several_organisations_form_groups() {
    let (store, bed) = bed().await;
    let tenants = [bed.tenant().await, bed.tenant().await, bed.tenant().await];
    let groups = sixty_four_write(&store, &bed, &tenants).await;
    assert!(groups < 64, "{groups}");
}

/// One that does it on its own thread must not make the others come one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_one_thread_has_to_serve_share_transactions_too() {
    let (store, bed) = bed().await;
    let tenant = bed.tenant().await;
    // The other thread of the runtime has something else to do.
    let (busy, free) = (tokio::sync::oneshot::channel(), std::sync::mpsc::channel::<()>());
    let (begun, until) = (busy.0, free.1);
    let other = tokio::spawn(async move {
        begun.send(()).unwrap();
        let _ = until.recv();
    });
    busy.1.await.unwrap();
    let groups = sixty_four_write(&store, &bed, &[tenant]).await;
    drop(free.0);
    other.await.unwrap();
    assert!(groups < 32, "{groups}");
}

#[tokio::test]
async fn one_call_with_many_batches_is_one_transaction() {
    let (store, bed) = bed().await;
    let tenant = bed.tenant().await;
    let before = store.group_sizes();
    let batches = (0..100).map(|_| bed.batch()).collect();
    let answers = Store::commit(&*store, &tenant.scope, batches).await;
    assert!(answers.iter().all(Result::is_ok));
    let after = store.group_sizes();
    assert_eq!((after.groups - before.groups, after.batches - before.batches), (1, 100));
}

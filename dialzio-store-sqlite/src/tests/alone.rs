//! A lone caller's transaction: carried out on its own thread, unless that would hold others up.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use super::*;
use dialzio_core::ManualClock;

/// A clock that takes its time, as a disk does.
#[derive(Debug)]
struct Slow {
    clock: Arc<ManualClock>,
    slow: AtomicBool,
}

impl Clock for Slow {
    fn now(&self) -> DateTime<Utc> {
        if self.slow.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.clock.now()
    }
}

async fn store() -> (Arc<Slow>, Arc<SqliteStore>) {
    let clock = Arc::new(Slow { clock: Bench::clock(), slow: AtomicBool::new(false) });
    (clock.clone(), Arc::new(SqliteStore::builder().clock(clock).in_memory().await.unwrap()))
}

/// Writes something, and says whether that was done when the call was first looked at: nobody else has done it then.
async fn at_once(store: &SqliteStore) -> bool {
    let mut beat = pin!(store.one(Unit::Beat));
    let mut first = true;
    let done = std::future::poll_fn(|context| match beat.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready((answer, first)),
        Poll::Pending => {
            first = false;
            Poll::Pending
        }
    });
    let (answer, at_once) = done.await;
    answer.unwrap();
    at_once
}

/// The same until a transaction was brief: what a busy machine does to one of them is not what is tested.
async fn at_once_in_the_end(store: &SqliteStore) {
    for _ in 0..1_000 {
        if at_once(store).await {
            return;
        }
    }
    panic!("never on its own thread");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lone_caller_carries_its_transaction_out_on_its_own_thread() {
    let (_, store) = store().await;
    let before = store.group_sizes().groups;
    at_once_in_the_end(&store).await;
    assert!(store.group_sizes().groups > before, "it counts like any other");
}

#[tokio::test]
async fn a_runtime_with_one_thread_is_never_held_up() {
    let (_, store) = store().await;
    for _ in 0..20 {
        assert!(!at_once(&store).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_slow_transaction_the_next_is_handed_over_until_one_is_brief_again() {
    let (clock, store) = store().await;
    clock.slow.store(true, Ordering::Relaxed);
    at_once(&store).await;
    for _ in 0..5 {
        assert!(!at_once(&store).await, "the last one was slow");
    }
    clock.slow.store(false, Ordering::Relaxed);
    assert!(!at_once(&store).await, "the last one was slow");
    at_once_in_the_end(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_emptied_after_a_lone_caller_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let store = SqliteStore::open(&path).await.unwrap();
    at_once_in_the_end(&store).await;
    // Twice: the thread has to learn of it anew after it has been idle.
    for _ in 0..2 {
        at_once_in_the_end(&store).await;
        let log = || std::fs::metadata(path.with_extension("db-wal")).unwrap().len();
        assert!(log() > 0);
        let begun = Instant::now();
        while log() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(30), "nobody empties it");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

//! A lone caller's transaction: carried out on its own thread, unless that would hold others up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use super::*;
use chrono::TimeDelta;
use dialzio_core::ManualClock;
use dialzio_core::store::{Purge, Write};
use dialzio_core::testing::confirmed;

/// A clock that says who asked last, and takes its time if told to, as a disk does.
#[derive(Debug)]
struct Watched {
    clock: Arc<ManualClock>,
    slow: AtomicBool,
    asked: Mutex<Option<ThreadId>>,
}

impl Clock for Watched {
    fn now(&self) -> DateTime<Utc> {
        *self.asked.lock().unwrap() = Some(std::thread::current().id());
        if self.slow.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.clock.now()
    }
}

struct Alone {
    clock: Arc<Watched>,
    store: SqliteStore,
}

impl Alone {
    async fn at(path: &Path) -> Self {
        let (slow, asked) = (AtomicBool::new(false), Mutex::new(None));
        let clock = Arc::new(Watched { clock: TestBed::clock(), slow, asked });
        let store = SqliteStore::builder().clock(clock.clone()).open(path).await.unwrap();
        Self { clock, store }
    }

    /// Writes something; answers whether this thread did.
    async fn writes(&self) -> bool {
        let me = std::thread::current().id();
        self.clock.clock.advance(TimeDelta::seconds(1));
        // Inside its transaction this asks the clock, and nothing else does.
        self.store.one(Unit::Beat).await.unwrap();
        *self.clock.asked.lock().unwrap() == Some(me)
    }

    /// Until a transaction was brief: what a busy machine does to one of them is not what is tested.
    async fn writes_itself_in_the_end(&self) {
        for _ in 0..1_000 {
            if self.writes().await {
                return;
            }
        }
        panic!("never on its own thread");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lone_caller_carries_its_transaction_out_on_its_own_thread() {
    let folder = tempfile::tempdir().unwrap();
    let alone = Alone::at(&folder.path().join("crm.db")).await;
    let before = alone.store.group_sizes().groups;
    alone.writes_itself_in_the_end().await;
    assert!(alone.store.group_sizes().groups > before, "it counts like any other");
}

#[tokio::test]
async fn a_runtime_with_one_thread_is_never_held_up() {
    let folder = tempfile::tempdir().unwrap();
    let alone = Alone::at(&folder.path().join("crm.db")).await;
    for _ in 0..20 {
        assert!(!alone.writes().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_slow_transaction_the_next_is_handed_over_until_one_is_brief_again() {
    let folder = tempfile::tempdir().unwrap();
    let alone = Alone::at(&folder.path().join("crm.db")).await;
    alone.clock.slow.store(true, Ordering::Relaxed);
    alone.writes().await;
    for _ in 0..5 {
        assert!(!alone.writes().await, "the last one was slow");
    }
    alone.clock.slow.store(false, Ordering::Relaxed);
    assert!(!alone.writes().await, "the last one was slow");
    alone.writes_itself_in_the_end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_change_many_rows_is_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let alone = Alone::at(&folder.path().join("crm.db")).await;
    let purge = Write::Purge {
        class: Purge::Messages,
        at: confirmed(DateTime::UNIX_EPOCH),
        kept: chrono::TimeDelta::zero(),
        limit: 1,
    };
    assert!(!Unit::Recover(DateTime::UNIX_EPOCH).is_small());
    let bed = TestBed::new(Arc::new(alone.store), alone.clock.clock.clone());
    let tenant = bed.tenant().await;
    for _ in 0..20 {
        bed.write(&tenant.scope, purge.clone()).await;
        // A purge asks the clock inside its transaction.
        assert_ne!(*alone.clock.asked.lock().unwrap(), Some(std::thread::current().id()));
    }
    let cards = |count: usize| {
        let cards = (0..count).map(|_| ContactWrite::Insert(bed.make.contact("Asha")).into());
        Unit::Batch(tenant.org.id, bed.writes(cards).into_parts())
    };
    assert!(cards(32).is_small() && !cards(33).is_small());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_emptied_after_a_lone_caller_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let alone = Alone::at(&path).await;
    // Twice: the thread has to learn of it anew after it has been idle.
    for _ in 0..2 {
        alone.writes_itself_in_the_end().await;
        let log = || std::fs::metadata(path.with_extension("db-wal")).unwrap().len();
        // The mark alone is left: one page.
        let emptied = 32 + 24 + 4_096;
        assert!(log() > emptied);
        let begun = Instant::now();
        while log() > emptied {
            assert!(begun.elapsed() < Duration::from_secs(30), "it is not emptied");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

//! What is answered is on disk; what is erased is not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialzio_core::Store;
use dialzio_core::consent::{ConsentEvent, ConsentWrite};
use dialzio_core::contact::{ContactQuery, ContactWrite};
use dialzio_core::event::DomainEvent;
use dialzio_core::outbox::{JobState, JobWrite};
use dialzio_core::page::PageRequest;
use dialzio_core::store::SystemStore;
use dialzio_core::store::{LedgerSeq, Purge, Write};
use dialzio_core::testing::conformance::TestBed;
use dialzio_core::testing::system_scope;
use dialzio_core::time::RETENTION_CAP;
use dialzio_store_sqlite::{OpenError, SqliteStore};
use std::path::Path;
use std::sync::Arc;

async fn open(path: &Path) -> (Arc<SqliteStore>, TestBed) {
    let clock = TestBed::clock();
    let store = Arc::new(SqliteStore::builder().clock(clock.clone()).open(path).await.unwrap());
    (Arc::clone(&store), TestBed::new(store, clock))
}

#[tokio::test]
async fn a_database_is_open_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let first = SqliteStore::open(&path).await.unwrap();
    assert!(matches!(SqliteStore::open(&path).await, Err(OpenError::InUse)));
    drop(first);
    SqliteStore::open(&path).await.unwrap();
}

/// A clock that panics when it is told to, once.
#[derive(Debug, Default)]
struct Breaking(std::sync::atomic::AtomicBool);

impl dialzio_core::Clock for Breaking {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        assert!(!self.0.swap(false, std::sync::atomic::Ordering::SeqCst), "the clock is broken");
        TestBed::clock().now()
    }
}

async fn a_broken_clock_costs_one_write() {
    let clock = Arc::new(Breaking::default());
    let store = SqliteStore::builder().clock(clock.clone()).temporary().await.unwrap();
    for _ in 0..3 {
        store.ping().await.unwrap();
        clock.0.store(true, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(store.ping().await.unwrap_err().code(), "store.unavailable");
    }
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_panic_on_the_writing_thread_costs_the_changes_it_was_at_and_nothing_else() {
    a_broken_clock_costs_one_write().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_while_a_caller_writes_itself_costs_its_change_and_nothing_else() {
    a_broken_clock_costs_one_write().await;
}

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let (store, bed) = open(&path).await;
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let heard = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let (message, job) = bed.queues(&tenant, &person, "welcome", bed.at(2)).await;
    let update = JobWrite::Update { id: job.id, state: JobState::Dispatched, not_before: None, attempts: 1 };
    bed.write(&tenant.scope, update).await;
    let key = person.identity.subject_keys().remove(0);
    let given = bed.make.consent(person.contact.id, vec![key.clone()], ConsentEvent::Given);
    bed.write(&tenant.scope, ConsentWrite::Record(given)).await;
    let audit = bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap();
    let newest = bed.store.newest_event(&tenant.scope).await.unwrap();
    let TestBed { make, clock, system, store: ours } = bed;
    drop((store, ours));

    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::builder().clock(clock.clone()).open(&path).await.unwrap());
    let bed = TestBed { store, clock, make, system };
    let page = PageRequest::first(10);
    let messages = bed.store.messages(&tenant.scope, person.conversation.id, page.clone()).await.unwrap();
    let ids: Vec<_> = messages.items.iter().map(|message| message.id).collect();
    assert_eq!(ids, [message.id, heard.id]);
    let found = bed.store.contacts(&tenant.scope, &ContactQuery::matching("ash"), page).await.unwrap();
    assert_eq!(found.items.len(), 1);
    assert_eq!(bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap(), audit);
    assert_eq!(bed.store.newest_event(&tenant.scope).await.unwrap(), newest);
    assert_eq!(bed.store.recover(&system_scope(), bed.at(60)).await.unwrap(), 1);
    // The sequences go on where they were.
    let again = bed.make.consent(person.contact.id, vec![key.clone()], ConsentEvent::Withdrawn);
    bed.write(&tenant.scope, ConsentWrite::Record(again)).await;
    let facts = bed.store.consent_facts(&tenant.scope, person.conversation.id).await.unwrap().unwrap();
    assert_eq!(facts.head, LedgerSeq(2));
    let mut batch = bed.batch();
    batch.event(DomainEvent::OrgChanged);
    let commit = bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    assert_eq!(commit.seq.0, newest.0 + 1);
    let log = bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap();
    let mut before = dialzio_core::ledger::ChainHash::START;
    for entry in &log {
        assert_eq!(entry.digest(tenant.org.id, before), entry.hash, "entry {}", entry.seq);
        before = entry.hash;
    }
}

/// The files as a crash would leave them: copied while the store runs, log and all.
#[tokio::test]
async fn what_was_answered_survives_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let (_store, bed) = open(&path).await;
    let tenant = bed.tenant().await;
    for round in 0..20 {
        bed.person(&tenant, &format!("Person {round}")).await;
        let copy = folder.path().join(format!("copy-{round}.db"));
        for end in ["", "-wal"] {
            let name = |path: &Path| format!("{}{end}", path.display());
            std::fs::copy(name(&path), name(&copy)).unwrap();
        }
        if round % 5 == 4 {
            let crashed = SqliteStore::open(&copy).await.unwrap();
            let page = PageRequest::first(200);
            let all = Store::commit(&crashed, &tenant.scope, vec![bed.batch()]).await;
            assert!(all[0].is_ok());
            let crashed: &dyn Store = &crashed;
            let people = crashed.contacts(&tenant.scope, &ContactQuery::default(), page).await.unwrap();
            assert_eq!(people.items.len(), round + 1);
        }
    }
}

/// Every byte of every file, searched.
#[tokio::test]
async fn what_was_purged_or_replaced_is_in_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let (store, bed) = open(&path).await;
    let tenant = bed.tenant().await;
    let mut person = bed.person(&tenant, "Zanzibarquux").await;
    for round in 0..50 {
        bed.hears(&tenant, &person, &format!("canary-{round}-sentence"), bed.at(round)).await;
    }
    person.contact.name = Some(dialzio_core::text::PersonName::parse("Test Person").unwrap());
    bed.write(&tenant.scope, ContactWrite::Update(person.contact.clone())).await;
    bed.clock.advance(RETENTION_CAP + chrono::TimeDelta::days(1));
    let purge = Write::Purge {
        class: Purge::Messages,
        at: dialzio_core::testing::confirmed(bed.now()),
        kept: RETENTION_CAP,
        limit: 500,
    };
    assert_eq!(bed.write(&tenant.scope, purge).await.rows_affected, 50);
    drop((store, bed));
    // Opening and closing moves the log into the file.
    drop(SqliteStore::open(&path).await.unwrap());
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for canary in ["canary-", "Zanzibarquux", "zanzibarquux"] {
            let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} is in {}", path.display());
        }
    }
}

#[tokio::test]
async fn a_fleeting_store_leaves_no_file() {
    let before = temporary();
    drop(SqliteStore::temporary().await.unwrap());
    assert_eq!(temporary(), before);
}

/// Files of temporary stores: no other test in this file makes one.
fn temporary() -> Vec<std::ffi::OsString> {
    let own = format!("dialzio-{}-", std::process::id());
    let files = std::fs::read_dir(std::env::temp_dir()).unwrap().filter_map(Result::ok);
    files.map(|file| file.file_name()).filter(|name| name.to_string_lossy().starts_with(&own)).collect()
}

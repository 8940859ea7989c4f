//! What goes wrong outside: typed, retried where that is safe, and over without a restart.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/whole.rs"]
mod whole;

use dialzio_core::contact::{ContactQuery, ContactWrite};
use dialzio_core::event::DomainEvent;
use dialzio_core::page::PageRequest;
use dialzio_core::store::StoreError;
use dialzio_core::testing::conformance::{Tenant, TestBed};
use dialzio_core::{ContactId, OrgId};
use dialzio_store_postgres::testing::{Cluster, Database};
use sqlx::{AssertSqlSafe, Executor};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use whole::whole;

async fn bed(database: &Database) -> TestBed {
    let clock = TestBed::clock();
    TestBed::new(Arc::new(database.store(clock.clone()).await.unwrap()), clock)
}

async fn own() -> (Database, TestBed, Tenant) {
    let database = Cluster::shared().unwrap().database().await.unwrap();
    let bed = bed(&database).await;
    let tenant = bed.tenant().await;
    (database, bed, tenant)
}

/// Writes until it is told to stop; answers what was acknowledged, and how often it was refused.
fn busy(
    bed: &Arc<TestBed>,
    tenant: &Tenant,
    stop: &Arc<AtomicBool>,
) -> tokio::task::JoinHandle<(Vec<ContactId>, u32)> {
    let (bed, scope, stop) = (Arc::clone(bed), tenant.scope.clone(), Arc::clone(stop));
    tokio::spawn(async move {
        let (mut acknowledged, mut refused) = (Vec::new(), 0);
        while !stop.load(Ordering::Relaxed) {
            let contact = bed.make.contact("Asha");
            let mut batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
            batch.event(DomainEvent::ContactChanged { contact: contact.id });
            match bed.store.commit_one(&scope, batch).await {
                Ok(_) => acknowledged.push(contact.id),
                Err(StoreError::Unavailable) => {
                    refused += 1;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
        (acknowledged, refused)
    })
}

/// Connections are cut again and again, in the middle of anything, also of commits: what was acknowledged is there, and
/// nothing is there twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_lose_nothing_and_double_nothing() {
    let (database, bed, tenant) = own().await;
    let bed = Arc::new(bed);
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8).map(|_| busy(&bed, &tenant, &stop)).collect();
    let mut admin = database.admin().await.unwrap();
    let mut cut = 0;
    for round in 0..40 {
        tokio::time::sleep(Duration::from_millis(30 + round * 7 % 40)).await;
        cut += sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'dialzio_serves'",
        )
        .fetch_all(&mut admin)
        .await
        .unwrap()
        .len();
    }
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap().0);
    }
    assert!(cut > 40 && acknowledged.len() > 50, "{cut} cut, {} written", acknowledged.len());
    whole(&bed, &tenant, &acknowledged).await;
}

/// A server that goes and comes back: refused meanwhile with an error that says so, and served again without a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_is_waited_for() {
    let cluster = Cluster::start().unwrap();
    let database = cluster.database().await.unwrap();
    let bed = Arc::new(bed(&database).await);
    let tenant = bed.tenant().await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4).map(|_| busy(&bed, &tenant, &stop)).collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    cluster.crash().unwrap();
    let read = bed.store.members(&tenant.scope).await;
    assert!(matches!(read, Err(StoreError::Unavailable)), "{read:?}");
    cluster.restart().unwrap();
    let patience = Instant::now() + Duration::from_secs(30);
    while bed.store.ping().await.is_err() {
        assert!(Instant::now() < patience, "it does not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    let mut refused = 0;
    for writer in writers {
        let (written, not) = writer.await.unwrap();
        acknowledged.extend(written);
        refused += not;
    }
    assert!(acknowledged.len() > 20, "{refused} refused, {} written", acknowledged.len());
    whole(&bed, &tenant, &acknowledged).await;
}

/// Futures that are dropped at any moment: no acknowledged write is lost, no connection is left in a transaction, and the
/// next borrower of a connection writes for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_futures_lose_nothing_and_leave_no_transaction_behind() {
    let (database, bed, tenant) = own().await;
    let person = bed.person(&tenant, "Asha").await;
    // How long it takes here and now.
    let began = Instant::now();
    for _ in 0..20 {
        bed.store.commit_one(&tenant.scope, bed.batch()).await.unwrap();
    }
    let mut usual = began.elapsed() / 20;
    let (mut acknowledged, mut dropped) = (Vec::new(), 0);
    for round in 0..300_u32 {
        // Up to twice of that, spread by a multiplier without a pattern.
        let patience = usual * (round * 7_919 % 1_000) / 500;
        let contact = bed.make.contact("Ravi");
        let batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
        let work = async {
            match round % 4 {
                0 => bed.store.commit_one(&tenant.scope, batch).await.map(|_| acknowledged.push(contact.id)),
                1 => bed.store.inbox_entry(&tenant.scope, person.conversation.id).await.map(drop),
                2 => bed.store.queues_due(&bed.system, bed.now(), 10).await.map(drop),
                _ => bed.store.ping().await,
            }
        };
        match tokio::time::timeout(patience, work).await {
            Ok(done) => {
                done.unwrap();
                usual -= usual / 40;
            }
            // However busy the machine is, about half of them end in time.
            Err(_) => {
                dropped += 1;
                usual += usual / 40;
            }
        }
    }
    assert!((20..280).contains(&dropped), "{dropped} of 300 were dropped");
    whole(&bed, &tenant, &acknowledged).await;
    let mut admin = database.admin().await.unwrap();
    let patience = Instant::now() + Duration::from_secs(10);
    loop {
        let left: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
               AND usename = 'dialzio_serves' AND (state LIKE 'idle in transaction%' OR state = 'active')",
        )
        .fetch_one(&mut admin)
        .await
        .unwrap();
        if left == 0 {
            break;
        }
        assert!(Instant::now() < patience, "{left} connections are left in a transaction");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..20 {
        let contact = bed.make.contact("Meera");
        bed.write(&tenant.scope, ContactWrite::Insert(contact.clone())).await;
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM dialzio.contact WHERE id::TEXT = $1")
            .bind(contact.id.to_string())
            .fetch_one(&mut admin)
            .await
            .unwrap();
        assert_eq!(count, 1, "an acknowledged write that others do not see");
    }
}

/// Two transactions that wait for each other: the server chooses one, and ours is done again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_done_again() {
    let cluster = Cluster::start().unwrap();
    let database = cluster.database().await.unwrap();
    let bed = bed(&database).await;
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let mut admin = database.admin().await.unwrap();
    admin.execute("ALTER SYSTEM SET deadlock_timeout = '50ms'").await.unwrap();
    admin.execute("SELECT pg_reload_conf()").await.unwrap();
    // Another transaction holds the contact and then wants the organisation; we hold the organisation and want the contact. They are
    // patient, so it is us who notice and give way.
    admin.execute("BEGIN; SET LOCAL deadlock_timeout = '20s'").await.unwrap();
    admin.execute("SELECT 1 FROM dialzio.contact FOR UPDATE").await.unwrap();
    let mut contact = person.contact.clone();
    contact.name = Some(dialzio_core::text::PersonName::parse("Asha Rao").unwrap());
    let batch = bed.writes([ContactWrite::Update(contact).into()]);
    let (store, scope) = (Arc::clone(&bed.store), tenant.scope.clone());
    let ours = tokio::spawn(async move { store.commit_one(&scope, batch).await });
    tokio::time::sleep(Duration::from_millis(30)).await;
    let began = Instant::now();
    admin.execute("SELECT 1 FROM dialzio.org_head FOR UPDATE").await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(4), "we held on until the lock's time was up");
    admin.execute("COMMIT").await.unwrap();
    ours.await.unwrap().unwrap();
    let log = std::fs::read_to_string(cluster.folder().join("server.log")).unwrap();
    assert!(log.contains("deadlock detected"), "there was none");
    let page = PageRequest::first(10);
    let found = bed.store.contacts(&tenant.scope, &ContactQuery::matching("rao"), page).await.unwrap();
    assert_eq!(found.items.len(), 1);
}

/// A server that only reads, as one is after another has taken its place: refused as busy, and over when it writes again.
#[tokio::test]
async fn a_server_that_only_reads_is_busy_and_reads_go_on() {
    let (database, bed, tenant) = own().await;
    let person = bed.person(&tenant, "Asha").await;
    let mut admin = database.admin().await.unwrap();
    let name: String =
        sqlx::query_scalar("SELECT current_database()::TEXT").fetch_one(&mut admin).await.unwrap();
    let only_reads =
        |on: &str| AssertSqlSafe(format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}"));
    let cut = AssertSqlSafe(format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    ));
    admin.execute(only_reads("on")).await.unwrap();
    admin.execute(cut).await.unwrap();
    let contact = bed.make.contact("Ravi");
    let batch = || bed.writes([ContactWrite::Insert(contact.clone()).into()]);
    let refused = bed.store.commit_one(&tenant.scope, batch()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable)), "{refused:?}");
    assert!(matches!(bed.store.ping().await, Err(StoreError::Unavailable)));
    assert!(bed.store.contact(&tenant.scope, person.contact.id).await.unwrap().is_some());
    // Each refusal throws its connection away, so the next ones find the server as it is then.
    admin.execute(only_reads("off")).await.unwrap();
    let patience = Instant::now() + Duration::from_secs(20);
    while bed.store.commit_one(&tenant.scope, batch()).await.is_err() {
        assert!(Instant::now() < patience, "it goes on reading only");
    }
}

/// A writer that waits too long for the organisation is told that it is busy; none waits for ever.
#[tokio::test]
async fn a_lock_that_is_held_too_long_is_busy_and_over() {
    let (database, bed, tenant) = own().await;
    let mut admin = database.admin().await.unwrap();
    admin.execute("BEGIN; SELECT 1 FROM dialzio.org_head FOR UPDATE").await.unwrap();
    let refused = bed.store.commit_one(&tenant.scope, bed.batch()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable)), "{refused:?}");
    // Other organisations are not held up meanwhile.
    let other = dialzio_core::testing::scope(bed.make.id::<OrgId>());
    bed.store.commit_one(&other, bed.batch()).await.unwrap();
    admin.execute("ROLLBACK").await.unwrap();
    bed.store.commit_one(&tenant.scope, bed.batch()).await.unwrap();
}

/// No value of anybody's gets into an error.
#[tokio::test]
async fn no_value_reaches_an_error() {
    let (_database, bed, tenant) = own().await;
    let person = bed.person(&tenant, "Zanzibarquux").await;
    let doubled = bed.writes([ContactWrite::Insert(person.contact.clone()).into()]);
    let refused = bed.store.commit_one(&tenant.scope, doubled).await.unwrap_err();
    let said = format!("{refused} {refused:?}");
    assert!(!said.contains("Zanzibar") && !said.contains(&person.contact.id.to_string()), "{said}");
}

/// Cuts the one connection that waits for `event` as soon as there is one.
async fn cut_while_waiting(admin: &mut sqlx::PgConnection, event: &str) {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        let cut: Vec<bool> = sqlx::query_scalar(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'dialzio_serves' AND wait_event = $1",
        )
        .bind(event)
        .fetch_all(&mut *admin)
        .await
        .unwrap();
        if !cut.is_empty() {
            return;
        }
        assert!(Instant::now() < patience, "no session waits for {event}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn adds(
    bed: &TestBed,
    tenant: &Tenant,
) -> (ContactId, tokio::task::JoinHandle<Result<u64, StoreError>>) {
    let contact = bed.make.contact("Asha");
    let mut batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
    batch.event(DomainEvent::ContactChanged { contact: contact.id });
    let (store, scope) = (Arc::clone(&bed.store), tenant.scope.clone());
    let adding = async move { store.commit_one(&scope, batch).await.map(|commit| commit.seq.0) };
    (contact.id, tokio::spawn(adding))
}

/// The connection is cut after the commit has happened and before it was answered: the answer is found out, not repeated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_happened_and_was_not_answered_is_found_out() {
    let cluster = Cluster::start().unwrap();
    let database = cluster.database().await.unwrap();
    let bed = bed(&database).await;
    let tenant = bed.tenant().await;
    let mut admin = database.admin().await.unwrap();
    // The server writes a commit and then waits for a standby that does not exist.
    admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'absent'").await.unwrap();
    admin.execute("SELECT pg_reload_conf()").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (contact, adding) = adds(&bed, &tenant).await;
    cut_while_waiting(&mut admin, "SyncRep").await;
    admin.execute("SET synchronous_commit = local").await.unwrap();
    admin.execute("ALTER SYSTEM RESET synchronous_standby_names").await.unwrap();
    admin.execute("SELECT pg_reload_conf()").await.unwrap();
    assert_eq!(adding.await.unwrap().unwrap(), 1);
    whole(&bed, &tenant, &[contact]).await;
    assert_eq!(bed.store.newest_event(&tenant.scope).await.unwrap().0, 1, "it was written twice");
}

/// The connection is cut in the middle of a commit that never happened: it is known that it did not, and it is done again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_did_not_happen_is_done_again() {
    let (database, bed, tenant) = own().await;
    let mut admin = database.admin().await.unwrap();
    // What a commit has to do before it can happen takes a while.
    admin
        .execute(
            "CREATE FUNCTION public.dawdle () RETURNS TRIGGER LANGUAGE plpgsql AS
               'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';
             CREATE CONSTRAINT TRIGGER dawdle AFTER UPDATE ON dialzio.org_head DEFERRABLE INITIALLY DEFERRED
               FOR EACH ROW EXECUTE FUNCTION public.dawdle ()",
        )
        .await
        .unwrap();
    let (contact, adding) = adds(&bed, &tenant).await;
    cut_while_waiting(&mut admin, "PgSleep").await;
    assert_eq!(adding.await.unwrap().unwrap(), 1);
    whole(&bed, &tenant, &[contact]).await;
}

/// PostgreSQL keeps no text with a NUL, and will not compare one either: a request for it is told that it is not there.
#[tokio::test]
async fn a_text_that_cannot_be_kept_is_not_found() {
    let (_database, bed, tenant) = own().await;
    let wanted = [
        dialzio_core::provider::AccountRef("a\0b".to_owned()),
        dialzio_core::provider::AccountRef(tenant.account.routing_key.clone()),
    ];
    let routes = bed.store.route(&bed.system, tenant.app.id, &wanted).await.unwrap();
    assert_eq!(routes.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
    let query = ContactQuery { tokens: vec!["a\0b".to_owned()], ..ContactQuery::default() };
    let found = bed.store.contacts(&tenant.scope, &query, PageRequest::first(10)).await.unwrap();
    assert!(found.items.is_empty());
}

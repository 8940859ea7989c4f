//! Through pgbouncer in transaction mode, which knows nothing of prepared statements: many connections of ours share few
//! sessions of the server, and no session state is carried along.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/pgbouncer.rs"]
mod pgbouncer;
#[path = "support/proof.rs"]
mod proof;
mod support;
#[path = "support/whole.rs"]
mod whole;

use dialzio_core::contact::{ContactQuery, ContactWrite};
use dialzio_core::event::DomainEvent;
use dialzio_core::page::PageRequest;
use dialzio_core::store::StoreError;
use dialzio_core::testing::conformance::{Tenant, TestBed};
use dialzio_core::text::PersonName;
use dialzio_core::{Clock, ContactId, ManualClock, Store};
use dialzio_store_postgres::testing::Database;
use dialzio_store_postgres::{OpenError, PostgresStore};
use futures_util::StreamExt;
use pgbouncer::SESSIONS;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, Row};
use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use whole::whole;

/// Everything that every store promises, through the pooler.
mod conformance {
    use super::*;

    async fn fresh(clock: Arc<ManualClock>) -> Arc<dyn Store> {
        let database = support::database().await;
        if pgbouncer::is_there() {
            Arc::new(open(&database, clock).await)
        } else {
            Arc::new(database.store(clock).await.unwrap())
        }
    }

    dialzio_core::store_conformance!(fresh);
}

async fn open(database: &Database, clock: Arc<dyn Clock>) -> PostgresStore {
    PostgresStore::builder().clock(clock).connections(12).connect(&pgbouncer::url(database)).await.unwrap()
}

/// A process behind the pooler.
async fn bed(database: &Database) -> TestBed {
    let clock = TestBed::clock();
    TestBed::new(Arc::new(open(database, clock.clone()).await), clock)
}

/// How many sessions of the server serve in this database.
async fn sessions(admin: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'dialzio_serves'",
    )
    .fetch_one(admin)
    .await
    .unwrap()
}

/// Writes one after another; answers what was acknowledged.
async fn busy(bed: &TestBed, store: &dyn Store, tenant: &Tenant, name: &str, rounds: u32) -> Vec<ContactId> {
    let mut acknowledged = Vec::new();
    for _ in 0..rounds {
        let contact = bed.make.contact(name);
        let mut batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
        batch.event(DomainEvent::ContactChanged { contact: contact.id });
        match store.commit_one(&tenant.scope, batch).await {
            Ok(_) => acknowledged.push(contact.id),
            Err(StoreError::Unavailable) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{error}"),
        }
        // What is seen is ours, whatever used this session before.
        let page = PageRequest::first(200);
        match store.contacts(&tenant.scope, &ContactQuery::default(), page).await {
            Ok(seen) => {
                let names = seen.items.iter().filter_map(|contact| contact.name.as_ref());
                assert!(names.map(PersonName::reveal).all(|kept| kept == name), "{name} sees others");
            }
            Err(error) => assert!(matches!(error, StoreError::Unavailable), "{error}"),
        }
    }
    acknowledged
}

/// Two processes with twelve connections each write and read in two organisations at once, through two sessions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organisations_that_share_sessions_stay_apart_and_leave_nothing_behind() {
    if !pgbouncer::is_there() {
        return;
    }
    let database = support::database().await;
    let (one, two) = (bed(&database).await, bed(&database).await);
    let tenants = [one.tenant().await, one.tenant().await];
    let mut admin = database.admin().await.unwrap();
    let (mut most, mut written) = (0, Vec::new());
    {
        let mut work = Vec::new();
        for turn in 0..16 {
            let (store, tenant) = (if turn % 4 < 2 { &one.store } else { &two.store }, turn % 2);
            let name = ["Asha", "Bela"][tenant];
            let (bed, scene) = (&one, &tenants[tenant]);
            work.push(async move { (tenant, busy(bed, &**store, scene, name, 12).await) });
        }
        let mut work = std::pin::pin!(futures_util::future::join_all(work));
        loop {
            tokio::select! {
                done = &mut work => break written.extend(done),
                () = tokio::time::sleep(Duration::from_millis(20)) => most = sessions(&mut admin).await.max(most),
            }
        }
    }
    assert_eq!(most, SESSIONS, "they were to share");
    for (place, tenant) in tenants.iter().enumerate() {
        let of_it =
            written.iter().filter(|(tenant, _)| *tenant == place).flat_map(|(_, written)| written.clone());
        let acknowledged: BTreeSet<ContactId> = of_it.collect();
        assert!(acknowledged.len() > 8 * 6, "{} written", acknowledged.len());
        whole(&two, tenant, &acknowledged).await;
    }
    left_behind(&database).await;
}

/// Every session of the pool is as it was when it was opened: role, settings, prepared statements, channels.
async fn left_behind(database: &Database) {
    let options = PgConnectOptions::from_str(&pgbouncer::url(database)).unwrap().extra_float_digits(None);
    let mut looked = BTreeSet::new();
    let mut held = Vec::new();
    for _ in 0..SESSIONS {
        let mut conn = options.connect().await.unwrap();
        // Keeps the session, so that the next one is another.
        conn.execute("BEGIN").await.unwrap();
        let row = conn
            .fetch_one(
                "SELECT pg_backend_pid(), current_user::TEXT, current_setting('role'),
                        coalesce(current_setting('dialzio.org', true), ''), current_setting('lock_timeout'),
                        current_setting('statement_timeout'), current_setting('plan_cache_mode'),
                        (SELECT count(*) FROM pg_prepared_statements)::TEXT,
                        (SELECT count(*) FROM pg_listening_channels())::TEXT",
            )
            .await
            .unwrap();
        looked.insert(row.get::<i32, _>(0));
        let left: Vec<String> = (1..row.len()).map(|place| row.get(place)).collect();
        assert_eq!(left, ["dialzio_serves", "none", "", "0", "0", "auto", "0", "0"]);
        held.push(conn);
    }
    assert_eq!(looked.len() as i64, SESSIONS);
    for conn in held {
        conn.close().await.unwrap();
    }
}

/// LISTEN does not work through it, so a follower looks at the log each second, and misses nothing.
#[tokio::test]
async fn whoever_follows_through_a_pooler_sees_every_event() {
    if !pgbouncer::is_there() {
        return;
    }
    let database = support::database().await;
    let (one, two) = (bed(&database).await, bed(&database).await);
    let tenant = one.tenant().await;
    let mut watch = two.store.watch(&tenant.scope);
    let mut seen = 0;
    for _ in 0..3 {
        let mut batch = one.batch();
        batch.event(DomainEvent::OrgChanged);
        let commit = one.store.commit_one(&tenant.scope, batch).await.unwrap();
        let woken = async { while watch.next().await.unwrap() < commit.seq {} };
        tokio::time::timeout(Duration::from_secs(30), woken).await.expect("the log was not looked at");
        let news = two.store.events(&tenant.scope, dialzio_core::event::EventSeq(seen), 10).await.unwrap();
        assert_eq!(news.last().map(|event| event.seq), Some(commit.seq));
        seen = commit.seq.0;
    }
    left_behind(&database).await;
}

/// Sessions are cut behind the pooler, in the middle of anything: what was acknowledged is there, and nothing is there twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_cut_behind_a_pooler_lose_nothing_and_double_nothing() {
    if !pgbouncer::is_there() {
        return;
    }
    let database = support::database().await;
    let bed = bed(&database).await;
    let tenant = bed.tenant().await;
    let mut admin = database.admin().await.unwrap();
    let work = futures_util::future::join_all((0..6).map(|_| busy(&bed, &*bed.store, &tenant, "Asha", 30)));
    let mut work = std::pin::pin!(work);
    let mut cut = 0;
    let written = loop {
        tokio::select! {
            done = &mut work => break done,
            () = tokio::time::sleep(Duration::from_millis(40)) => {
                let sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                                WHERE datname = current_database() AND usename = 'dialzio_serves' AND state <> 'idle'";
                cut += admin.fetch_all(sessions).await.unwrap().len();
            }
        }
    };
    let acknowledged: BTreeSet<ContactId> = written.into_iter().flatten().collect();
    assert!(cut > 3 && acknowledged.len() > 30, "{cut} cut, {} written", acknowledged.len());
    whole(&bed, &tenant, &acknowledged).await;
}

/// A host whose own pool leads through the pooler works in one transaction with us.
#[tokio::test]
async fn a_host_behind_a_pooler_shares_its_transaction() {
    if !pgbouncer::is_there() {
        return;
    }
    let database = support::database().await;
    let options = PgConnectOptions::from_str(&pgbouncer::url(&database)).unwrap().extra_float_digits(None);
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    let clock = TestBed::clock();
    let store = Arc::new(PostgresStore::builder().clock(clock.clone()).over(pool.clone()).await.unwrap());
    let bed = TestBed::new(store.clone(), clock);
    let tenant = bed.tenant().await;
    for kept in [true, false] {
        let contact = bed.make.contact("Asha");
        let enlisted = store.enlist(pool.begin().await.unwrap());
        let inside = enlisted.store();
        let batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
        (&inside as &dyn Store).commit_one(&tenant.scope, batch).await.unwrap();
        let (mut transaction, _wakeup) = enlisted.finish().await.unwrap();
        let role: String = transaction.fetch_one("SELECT current_user::TEXT").await.unwrap().get(0);
        assert_eq!(role, "dialzio_serves");
        if kept {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
        assert_eq!(bed.store.contact(&tenant.scope, contact.id).await.unwrap().is_some(), kept);
    }
    left_behind(&database).await;
}

/// Steps of a schema and tables that are moved are guarded by locks of a session, which a pooler hands to anybody.
#[tokio::test]
async fn migrating_and_moving_through_a_pooler_are_refused() {
    if !pgbouncer::is_there() {
        return;
    }
    let database = support::database().await;
    let address = pgbouncer::through(&database.admin_url());
    let refused = PostgresStore::builder().migrate(&address, None).await.unwrap_err();
    assert!(matches!(refused, OpenError::Pooled), "{refused}");
    let refused = PostgresStore::builder().transfer_to(&address).await.unwrap_err();
    assert!(matches!(refused, OpenError::Pooled), "{refused}");
}

/// A configuration that keeps statements gets what it asks for: with this pooler, statements that are not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_of_statements_goes_before_what_is_found_out() {
    if !pgbouncer::is_there() {
        return;
    }
    let database = support::database().await;
    let address = format!("{}&statement-cache-capacity=100", pgbouncer::url(&database));
    let mistaken = PostgresStore::builder().connections(8).connect(&address).await.unwrap();
    let mistaken = TestBed::new(Arc::new(mistaken), TestBed::clock());
    let asked = (0..16).map(|_| mistaken.store.queues_due(&mistaken.system, mistaken.now(), 1));
    let answers = futures_util::future::join_all(asked).await;
    assert!(
        answers.iter().any(Result::is_err),
        "this pooler knows prepared statements: another test than it was"
    );
    // Not kept on the server itself works as well; nothing of it stays in a session.
    let direct = format!("{}&statement-cache-capacity=0", database.url());
    let direct = PostgresStore::builder().connections(3).connect(&direct).await.unwrap();
    let direct = TestBed::new(Arc::new(direct), TestBed::clock());
    let tenant = direct.tenant().await;
    assert_eq!(busy(&direct, &*direct.store, &tenant, "Asha", 5).await.len(), 5);
}

//! Callers that wait at the same time share a transaction, and several processes share the work. What each caller is
//! promised is in the conformance suite.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use dialzio_core::Store;
use dialzio_core::event::DomainEvent;
use dialzio_core::ledger::ChainHash;
use dialzio_core::outbox::{JobState, JobWrite, QueueKind};
use dialzio_core::store::Precondition;
use dialzio_core::testing::conformance::TestBed;
use dialzio_store_postgres::PostgresStore;
use dialzio_store_postgres::testing::Database;
use futures_util::StreamExt;
use sqlx::{Executor, PgConnection};
use std::sync::Arc;
use std::time::{Duration, Instant};

async fn bed() -> (Arc<PostgresStore>, TestBed) {
    let clock = TestBed::clock();
    let store = Arc::new(support::database().await.store(clock.clone()).await.unwrap());
    (Arc::clone(&store), TestBed::new(store, clock))
}

/// Two processes on one database.
async fn pair() -> (Database, TestBed, TestBed) {
    let database = support::database().await;
    let clock = TestBed::clock();
    let one = TestBed::new(Arc::new(database.store(clock.clone()).await.unwrap()), clock.clone());
    let two = TestBed::new(Arc::new(database.store(clock.clone()).await.unwrap()), clock);
    (database, one, two)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_callers_form_groups() {
    let (store, bed) = bed().await;
    let tenant = bed.tenant().await;
    let before = store.group_sizes();
    let mut waiting = Vec::new();
    for _ in 0..64 {
        let (store, scope, batch) = (Arc::clone(&store), tenant.scope.clone(), bed.batch());
        waiting.push(tokio::spawn(async move { (&*store as &dyn Store).commit_one(&scope, batch).await }));
    }
    for each in waiting {
        each.await.unwrap().unwrap();
    }
    let after = store.group_sizes();
    assert_eq!(after.batches - before.batches, 64);
    assert!(after.groups - before.groups < 32, "{after:?}");
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

/// Two processes write in one organisation at the same time: one gapless log, one chain.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_keep_one_gapless_log_and_one_chain() {
    let (_database, one, two) = pair().await;
    let tenant = one.tenant().await;
    let mut waiting = Vec::new();
    for round in 0..80 {
        let mut batch = one.batch();
        batch.event(DomainEvent::OrgChanged);
        let store = Arc::clone(if round % 2 == 0 { &one.store } else { &two.store });
        let scope = tenant.scope.clone();
        waiting.push(tokio::spawn(async move { store.commit_one(&scope, batch).await.unwrap().seq.0 }));
    }
    let mut seqs = Vec::new();
    for each in waiting {
        seqs.push(each.await.unwrap());
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=80).collect::<Vec<_>>());
    let log = two.store.audit(&tenant.scope, 0, 1_000).await.unwrap();
    let mut before = ChainHash::START;
    for (entry, place) in log.iter().zip(1..) {
        assert_eq!(entry.seq, place);
        assert_eq!(entry.digest(tenant.org.id, before), entry.hash, "entry {}", entry.seq);
        before = entry.hash;
    }
}

/// Until so many processes hear what is said in this database.
async fn listened_to(admin: &mut PgConnection, processes: i64) {
    let patience = Instant::now() + Duration::from_secs(30);
    loop {
        let listening: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND state = 'idle' AND query LIKE 'LISTEN %'",
        )
        .fetch_one(&mut *admin)
        .await
        .unwrap();
        if listening == processes {
            return;
        }
        assert!(Instant::now() < patience, "{listening} of {processes} listen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What one process takes in shows in a stream of the other by the hint alone: no follower polls the log.
#[tokio::test]
async fn a_commit_of_one_process_wakes_those_who_follow_in_another() {
    let (database, one, two) = pair().await;
    let tenant = one.tenant().await;
    let person = one.person(&tenant, "Asha").await;
    let mut admin = database.admin().await.unwrap();
    listened_to(&mut admin, 2).await;
    // The look of each second reads as this role, and nothing else that is done here does.
    admin.execute("REVOKE SELECT ON dialzio.org_head FROM dialzio_system").await.unwrap();
    let mut watch = two.store.watch(&tenant.scope);
    let mut work_notifications = two.store.work_notifications();
    for second in 0..3 {
        let message = one.make.outbound(&person.conversation, "hi", one.at(second));
        let mut batch = one.writes([one.make.append(tenant.account.id, &message).into()]);
        batch.job(one.make.send(tenant.account.id, &message));
        batch.event(DomainEvent::MessageQueued { conversation: message.conversation, message: message.id });
        let commit = one.store.commit_one(&tenant.scope, batch).await.unwrap();
        let woken = async {
            while watch.next().await.unwrap() < commit.seq {}
            work_notifications.next().await.unwrap();
        };
        tokio::time::timeout(Duration::from_secs(30), woken).await.expect("the hint was not heard");
    }
    // None could: the same look is refused.
    let look = "BEGIN; SET LOCAL ROLE dialzio_system; SELECT event_seq FROM dialzio.org_head";
    let refused = admin.execute(look).await.unwrap_err();
    assert_eq!(
        refused.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref(),
        Some("42501")
    );
}

/// Where nothing can be listened on, the log is looked at each second.
#[tokio::test]
async fn a_lost_hint_costs_a_second_and_no_event() {
    let (_database, one, two) = pair().await;
    let tenant = one.tenant().await;
    let mut batch = one.batch();
    batch.event(DomainEvent::OrgChanged);
    // Behind everybody's back, as a process would whose hints are lost.
    let commit = one.store.commit_one(&tenant.scope, batch).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut watch = two.store.watch(&tenant.scope);
    let seen =
        tokio::time::timeout(Duration::from_secs(10), watch.next()).await.expect("the log was not looked at");
    assert_eq!(seen, Some(commit.seq));
}

/// A queue is worked on by one process; if that goes without a word, the next holder finds what it had dispatched.
#[tokio::test]
async fn what_a_lost_process_had_dispatched_becomes_unknown_when_its_queue_is_taken_over() {
    let (_database, one, two) = pair().await;
    let tenant = one.tenant().await;
    let person = one.person(&tenant, "Asha").await;
    let (message, job) = one.queues(&tenant, &person, "hello", one.at(0)).await;
    let queue = tenant.queue(QueueKind::Send);
    let lease = one.lease(queue).await;
    let (worker, until) = (two.make.id(), two.now() + chrono::TimeDelta::minutes(5));
    let taken = two.store.lease(&two.system, queue, worker, two.now(), until).await.unwrap();
    assert!(taken.is_none(), "another process holds it");
    let state = JobState::Dispatched;
    let update = JobWrite::Update { id: job.id, state, not_before: None, attempts: 1 };
    one.write(&tenant.scope, update).await;
    assert_eq!(two.store.recover(&two.system, two.now()).await.unwrap(), 0, "another worker holds it");
    // Nothing is due there any more, and still the queue comes up once its lease has run out.
    assert!(!two.store.queues_due(&two.system, two.now(), 10).await.unwrap().contains(&queue));
    two.clock.advance(chrono::TimeDelta::seconds(61));
    assert!(two.store.queues_due(&two.system, two.now(), 10).await.unwrap().contains(&queue));
    let taken =
        two.store.lease(&two.system, queue, worker, two.now(), until).await.unwrap().expect("it ran out");
    assert!(taken.fence > lease.fence);
    assert!(two.holds(&tenant.scope, Precondition::Job(job.id, JobState::Unknown)).await);
    let shown = two.message(&tenant, message.id).await.delivery;
    assert_eq!(shown.status, dialzio_core::conversation::DeliveryStatus::Unknown);
    two.store.release(&two.system, taken).await.unwrap();
    assert!(!two.store.queues_due(&two.system, two.now(), 10).await.unwrap().contains(&queue));
}

//! Callers that wait at the same time share a transaction, and each gets its own answer; several processes share the work.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use dialzio_core::contact::{Alias, ContactQuery, ContactWrite};
use dialzio_core::effect::{EffectState, LaneKind};
use dialzio_core::event::DomainEvent;
use dialzio_core::ledger::ChainHash;
use dialzio_core::page::PageRequest;
use dialzio_core::store::{EffectWrite, Expect, RecordRef, Revision, StoreError};
use dialzio_core::testing::conformance::Bench;
use dialzio_core::{Store, StoreResult};
use dialzio_store_postgres::PostgresStore;
use dialzio_store_postgres::testing::Database;
use futures_util::StreamExt;
use sqlx::{Executor, PgConnection};
use std::sync::Arc;
use std::time::{Duration, Instant};

async fn bench() -> (Arc<PostgresStore>, Bench) {
    let clock = Bench::clock();
    let store = Arc::new(support::database().await.store(clock.clone()).await.unwrap());
    (Arc::clone(&store), Bench::new(store, clock))
}

/// Two processes on one database.
async fn pair() -> (Database, Bench, Bench) {
    let database = support::database().await;
    let clock = Bench::clock();
    let one = Bench::new(Arc::new(database.store(clock.clone()).await.unwrap()), clock.clone());
    let two = Bench::new(Arc::new(database.store(clock.clone()).await.unwrap()), clock);
    (database, one, two)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_callers_form_groups_and_each_gets_its_answer() {
    let (store, bench) = bench().await;
    let house = bench.house().await;
    let before = store.group_sizes();
    let mut waiting = Vec::new();
    for caller in 0..64 {
        let contact = bench.make.contact(&format!("Caller {caller:02}"));
        let mut batch = bench.writes([ContactWrite::Insert(contact.clone()).into()]);
        batch.event(DomainEvent::ContactChanged { contact: contact.id });
        if caller % 8 == 7 {
            batch.expect(Expect::Revision(RecordRef::Contact(contact.id), Revision(9)));
        }
        let (store, scope) = (Arc::clone(&store), house.scope.clone());
        waiting.push(tokio::spawn(async move { (&*store as &dyn Store).commit_one(&scope, batch).await }));
    }
    let mut seqs = Vec::new();
    for (caller, waiting) in waiting.into_iter().enumerate() {
        match waiting.await.unwrap() {
            Ok(commit) => seqs.push(commit.seq.0),
            Err(StoreError::Unmet(_)) => assert_eq!(caller % 8, 7),
            Err(error) => panic!("{error}"),
        }
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=56).collect::<Vec<_>>(), "each has its own place in the log");
    let after = store.group_sizes();
    assert_eq!(after.batches - before.batches, 64);
    assert!(after.groups - before.groups < 32, "{after:?}");
}

#[tokio::test]
async fn one_call_with_many_batches_is_one_transaction() {
    let (store, bench) = bench().await;
    let house = bench.house().await;
    let before = store.group_sizes();
    let batches = (0..100).map(|_| bench.batch()).collect();
    let answers = Store::commit(&*store, &house.scope, batches).await;
    assert!(answers.iter().all(Result::is_ok));
    let after = store.group_sizes();
    assert_eq!((after.groups - before.groups, after.batches - before.batches), (1, 100));
}

/// A batch that fails half way is undone alone, although nobody said that it might fail.
#[tokio::test]
async fn a_batch_that_fails_half_way_takes_nobody_with_it() {
    let (store, bench) = bench().await;
    let house = bench.house().await;
    let known = bench.person(&house, "Asha").await;
    let stolen: Vec<Alias> = known.identity.aliases.clone();
    let mut batches = Vec::new();
    for round in 0..9 {
        let contact = bench.make.contact(&format!("Person {round}"));
        let mut batch = bench.writes([ContactWrite::Insert(contact.clone()).into()]);
        batch.event(DomainEvent::ContactChanged { contact: contact.id });
        if round % 3 == 1 {
            batch.write(ContactWrite::Identity(bench.make.identity(contact.id, stolen.clone())));
        }
        batches.push(batch);
    }
    let answers: Vec<StoreResult<_>> = Store::commit(&*store, &house.scope, batches).await;
    let seqs: Vec<_> = answers.iter().map(|answer| answer.as_ref().ok().map(|commit| commit.seq.0)).collect();
    let expected = [Some(1), None, Some(2), Some(3), None, Some(4), Some(5), None, Some(6)];
    assert_eq!(seqs, expected, "no gap where one was undone");
    let page = PageRequest::first(200);
    let people = bench.store.contacts(&house.scope, &ContactQuery::default(), page.clone()).await.unwrap();
    assert_eq!(people.items.len(), 7);
    let found = bench.store.contacts(&house.scope, &ContactQuery::matching("person"), page).await.unwrap();
    assert_eq!(found.items.len(), 6, "search knows nothing of those either");
}

/// Rows are written together, so a broken rule shows late; still only the batch that broke it is undone.
#[tokio::test]
async fn a_row_that_breaks_a_rule_takes_nobody_with_it() {
    let (_store, bench) = bench().await;
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let mut batches = Vec::new();
    let mut messages = Vec::new();
    for second in 0..6 {
        let mut message = bench.make.inbound(&person.conversation, "hello", bench.at(second));
        if second == 3 {
            // Longer than twelve months: the schema itself refuses it.
            message.expires_at = Some(message.event_at + chrono::TimeDelta::days(400));
        }
        let mut batch = bench.writes([bench.make.append(house.account.id, &message).into()]);
        batch.event(DomainEvent::MessageReceived { conversation: message.conversation, message: message.id });
        batches.push(batch);
        messages.push(message);
    }
    let answers = bench.store.commit(&house.scope, batches).await;
    for (second, answer) in answers.iter().enumerate() {
        assert_eq!(answer.is_ok(), second != 3, "{answer:?}");
    }
    let head = bench.conversation(&house, &person).await;
    assert_eq!((head.unread, head.last_message), (5, Some(messages[5].id)));
    assert!(bench.store.message(&house.scope, messages[3].id).await.unwrap().is_none());
    assert_eq!(bench.store.newest_event(&house.scope).await.unwrap().0, 5);
}

#[tokio::test]
async fn a_commit_that_has_begun_is_carried_out_though_nobody_waits() {
    let (store, bench) = bench().await;
    let house = bench.house().await;
    let contact = bench.make.contact("Asha");
    let batch = bench.writes([ContactWrite::Insert(contact.clone()).into()]);
    {
        let mut commit = Box::pin(Store::commit(&*store, &house.scope, vec![batch]));
        // One look hands it over; then the future is dropped.
        std::future::poll_fn(|context| {
            let _ = commit.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
    }
    // The next of the same organisation waits behind it.
    assert!(Store::commit(&*store, &house.scope, vec![bench.batch()]).await[0].is_ok());
    assert!(bench.store.contact(&house.scope, contact.id).await.unwrap().is_some());
}

/// Two processes write in one organisation at the same time: one gapless log, one chain.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_keep_one_gapless_log_and_one_chain() {
    let (_database, one, two) = pair().await;
    let house = one.house().await;
    let mut waiting = Vec::new();
    for round in 0..80 {
        let mut batch = one.batch();
        batch.event(DomainEvent::OrgChanged);
        let store = Arc::clone(if round % 2 == 0 { &one.store } else { &two.store });
        let scope = house.scope.clone();
        waiting.push(tokio::spawn(async move { store.commit_one(&scope, batch).await.unwrap().seq.0 }));
    }
    let mut seqs = Vec::new();
    for each in waiting {
        seqs.push(each.await.unwrap());
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=80).collect::<Vec<_>>());
    let log = two.store.audit(&house.scope, 0, 1_000).await.unwrap();
    let mut before = ChainHash::START;
    for (entry, place) in log.iter().zip(1..) {
        assert_eq!(entry.seq, place);
        assert_eq!(entry.digest(house.org.id, before), entry.hash, "entry {}", entry.seq);
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

/// What one process takes in shows in a stream of the other by the hint alone: nobody may look at the log by themselves.
#[tokio::test]
async fn a_commit_of_one_process_wakes_those_who_follow_in_another() {
    let (database, one, two) = pair().await;
    let house = one.house().await;
    let person = one.person(&house, "Asha").await;
    let mut admin = database.admin().await.unwrap();
    listened_to(&mut admin, 2).await;
    // The look of each second reads as this role, and nothing else that is done here does.
    admin.execute("REVOKE SELECT ON dialzio.org_head FROM dialzio_system").await.unwrap();
    let mut watch = two.store.watch(&house.scope);
    let mut stirred = two.store.stirred();
    for second in 0..3 {
        let message = one.make.outbound(&person.conversation, "hi", one.at(second));
        let mut batch = one.writes([one.make.append(house.account.id, &message).into()]);
        batch.effect(one.make.send(house.account.id, &message));
        batch.event(DomainEvent::MessageQueued { conversation: message.conversation, message: message.id });
        let commit = one.store.commit_one(&house.scope, batch).await.unwrap();
        let woken = async {
            while watch.next().await.unwrap() < commit.seq {}
            stirred.next().await.unwrap();
        };
        tokio::time::timeout(Duration::from_secs(30), woken).await.expect("the hint was not heard");
    }
    // Nobody could: the same look is refused.
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
    let house = one.house().await;
    let mut batch = one.batch();
    batch.event(DomainEvent::OrgChanged);
    // Behind everybody's back, as a process would whose hints are lost.
    let commit = one.store.commit_one(&house.scope, batch).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut watch = two.store.watch(&house.scope);
    let seen = tokio::time::timeout(Duration::from_secs(10), watch.next()).await.expect("nobody looked");
    assert_eq!(seen, Some(commit.seq));
}

/// A lane is worked on by one process; if that goes without a word, the next holder finds what it had dispatched.
#[tokio::test]
async fn what_a_lost_process_had_dispatched_becomes_unknown_when_its_lane_is_taken_over() {
    let (_database, one, two) = pair().await;
    let house = one.house().await;
    let person = one.person(&house, "Asha").await;
    let (message, effect) = one.queues(&house, &person, "hello", one.at(0)).await;
    let lane = house.lane(LaneKind::Send);
    let lease = one.lease(lane).await;
    let (worker, until) = (two.make.id(), two.now() + chrono::TimeDelta::minutes(5));
    let taken = two.store.lease(&two.system, lane, worker, two.now(), until).await.unwrap();
    assert!(taken.is_none(), "another process holds it");
    let state = EffectState::Dispatched;
    let settle = EffectWrite::Settle { id: effect.id, state, not_before: None, attempts: 1 };
    one.write(&house.scope, settle).await;
    assert_eq!(two.store.recover(&two.system, two.now()).await.unwrap(), 0, "somebody works on it");
    // Nothing is due there any more, and still the lane comes up once its lease has run out.
    assert!(!two.store.lanes_due(&two.system, two.now(), 10).await.unwrap().contains(&lane));
    two.clock.advance(chrono::TimeDelta::seconds(61));
    assert!(two.store.lanes_due(&two.system, two.now(), 10).await.unwrap().contains(&lane));
    let taken =
        two.store.lease(&two.system, lane, worker, two.now(), until).await.unwrap().expect("it ran out");
    assert!(taken.fence > lease.fence);
    assert!(two.holds(&house.scope, Expect::Effect(effect.id, EffectState::Unknown)).await);
    let shown = two.message(&house, message.id).await.delivery;
    assert_eq!(shown.status, dialzio_core::conversation::DeliveryStatus::Unknown);
    two.store.release(&two.system, taken).await.unwrap();
    assert!(!two.store.lanes_due(&two.system, two.now(), 10).await.unwrap().contains(&lane));
}

//! Callers that wait at the same time share a transaction, and each gets its own answer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialzio_core::contact::{Alias, ContactQuery, ContactWrite};
use dialzio_core::conversation::{ConversationQuery, ConversationWrite, InboxView, StateFilter};
use dialzio_core::event::DomainEvent;
use dialzio_core::page::PageRequest;
use dialzio_core::store::{Expect, RecordRef, Revision, StoreError, Write};
use dialzio_core::testing::conformance::Bench;
use dialzio_core::{Store, StoreResult};
use dialzio_store_sqlite::SqliteStore;
use std::sync::Arc;

async fn bench() -> (Arc<SqliteStore>, Bench) {
    let clock = Bench::clock();
    let store = Arc::new(SqliteStore::builder().clock(clock.clone()).in_memory().await.unwrap());
    (Arc::clone(&store), Bench::new(store, clock))
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
    assert!(after.groups - before.groups < 64, "{after:?}");
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
    assert_eq!(
        seqs,
        [Some(1), None, Some(2), Some(3), None, Some(4), Some(5), None, Some(6)],
        "no gap where one was undone"
    );
    let store: &dyn Store = &*store;
    let page = PageRequest::first(200);
    let people = store.contacts(&house.scope, &ContactQuery::default(), page.clone()).await.unwrap();
    assert_eq!(people.items.len(), 7);
    // Search knows nothing of those either.
    let found = store.contacts(&house.scope, &ContactQuery::matching("person"), page).await.unwrap();
    assert_eq!(found.items.len(), 6);
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
        let look = std::future::poll_fn(|context| {
            let _ = commit.as_mut().poll(context);
            std::task::Poll::Ready(())
        });
        look.await;
    }
    (&*store as &dyn Store).ping().await.unwrap();
    let kept = bench.store.contact(&house.scope, contact.id).await.unwrap();
    assert!(kept.is_some());
}

/// Organisations share transactions, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn organisations_share_a_group_and_keep_their_own_sequences() {
    let (store, bench) = bench().await;
    let houses = [bench.house().await, bench.house().await, bench.house().await];
    let mut waiting = Vec::new();
    for round in 0..60 {
        let mut batch = bench.batch();
        batch.event(DomainEvent::OrgChanged);
        let (store, scope) = (Arc::clone(&store), houses[round % 3].scope.clone());
        waiting
            .push(tokio::spawn(async move { Store::commit(&*store, &scope, vec![batch]).await.remove(0) }));
    }
    for each in waiting {
        each.await.unwrap().unwrap();
    }
    for house in &houses {
        assert_eq!(bench.store.newest_event(&house.scope).await.unwrap().0, 20);
        let events = bench.store.events(&house.scope, Default::default(), 100).await.unwrap();
        assert_eq!(events.iter().map(|event| event.seq.0).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    }
}

/// Readers see a commit as soon as it is answered, and all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_sees_what_was_answered() {
    let (_store, bench) = bench().await;
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    for second in 0..50 {
        let message = bench.hears(&house, &person, "hello", bench.at(second)).await;
        let page = PageRequest::first(1);
        let newest = bench.store.messages(&house.scope, person.conversation.id, page).await.unwrap();
        assert_eq!(newest.items[0].id, message.id);
    }
}

/// Snoozes that ran out are in the open queue before anybody wakes them, in their place, also across pages.
#[tokio::test]
async fn snoozes_that_ran_out_take_their_place_in_the_open_queue() {
    let (_store, bench) = bench().await;
    let house = bench.house().await;
    let mut expected = Vec::new();
    for round in 0..9 {
        let person = bench.person(&house, &format!("Person {round}")).await;
        bench.hears(&house, &person, "hello", bench.at(round)).await;
        expected.push(person.conversation.id);
        if round % 3 == 0 {
            let mut kept =
                bench.store.conversation(&house.scope, person.conversation.id).await.unwrap().unwrap();
            kept.state = dialzio_core::conversation::ConversationState::Snoozed { until: bench.at(100) };
            bench.write(&house.scope, ConversationWrite::Update(kept)).await;
        }
    }
    expected.reverse();
    let query = ConversationQuery { view: InboxView::All, state: StateFilter::Open, now: bench.at(100) };
    for woken in [false, true] {
        let (mut seen, mut page) = (Vec::new(), PageRequest::first(2));
        loop {
            let some = bench.store.inbox(&house.scope, &query, page.clone()).await.unwrap();
            seen.extend(some.items.iter().map(|entry| entry.conversation.id));
            page.after = some.next;
            if page.after.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "woken: {woken}");
        bench.write(&house.scope, Write::WakeSnoozed { now: bench.at(100) }).await;
    }
    let counts = bench.store.queue_counts(&house.scope).await.unwrap();
    assert_eq!((counts.count(InboxView::All, "open"), counts.count(InboxView::All, "snoozed")), (9, 0));
}

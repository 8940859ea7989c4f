//! What each caller is promised when several wait at the same time, however a store puts their work together.

use futures_util::future::join_all;

use crate::contact::{ContactQuery, ContactWrite};
use crate::event::{DomainEvent, EventSeq};
use crate::page::PageRequest;
use crate::store::{Precondition, RecordRef, Revision, StoreError};
use crate::testing::conformance::TestBed;

/// Sixty-four callers at once: each gets its own answer, and each that is applied has its own place in the log.
pub async fn callers_at_the_same_time_each_get_their_own_answer(bed: TestBed) {
    let tenant = bed.tenant().await;
    let calls = (0..64).map(|caller| {
        let contact = bed.make.contact(&format!("Caller {caller:02}"));
        let mut batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
        batch.event(DomainEvent::ContactChanged { contact: contact.id });
        if caller % 8 == 7 {
            batch.require(Precondition::Revision(RecordRef::Contact(contact.id), Revision(9)));
        }
        bed.store.commit_one(&tenant.scope, batch)
    });
    let mut seqs = Vec::new();
    for (caller, answer) in join_all(calls).await.into_iter().enumerate() {
        match answer {
            Ok(commit) => seqs.push(commit.seq.0),
            Err(StoreError::PreconditionFailed(_)) => assert_eq!(caller % 8, 7),
            Err(error) => panic!("{error}"),
        }
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=56).collect::<Vec<_>>());
    let page = PageRequest::first(200);
    let people = bed.store.contacts(&tenant.scope, &ContactQuery::default(), page).await.unwrap();
    assert_eq!(people.items.len(), 56);
}

/// A hundred batches in one call: one answer for each, in their order.
pub async fn one_call_with_many_batches_is_answered_in_their_order(bed: TestBed) {
    let tenant = bed.tenant().await;
    let batches = (0..100).map(|place| {
        let mut batch = bed.batch();
        batch.event(DomainEvent::OrgChanged);
        if place % 10 == 9 {
            batch.require(Precondition::Revision(RecordRef::Contact(bed.make.id()), Revision(9)));
        }
        batch
    });
    let answers = bed.store.commit(&tenant.scope, batches.collect()).await;
    let mut next = 0;
    for (place, answer) in answers.iter().enumerate() {
        if place % 10 == 9 {
            assert!(matches!(answer, Err(StoreError::PreconditionFailed(_))), "{place}: {answer:?}");
        } else {
            next += 1;
            assert_eq!(answer.as_ref().unwrap().seq, EventSeq(next), "{place}");
        }
    }
    assert_eq!((answers.len(), next), (100, 90));
}

/// A batch that fails half way is undone alone, although it was not marked as one that might fail.
pub async fn a_batch_that_fails_half_way_takes_nobody_with_it(bed: TestBed) {
    let tenant = bed.tenant().await;
    let known = bed.person(&tenant, "Asha").await;
    let mut batches = Vec::new();
    for round in 0..9 {
        let contact = bed.make.contact(&format!("Person {round}"));
        let mut batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
        batch.event(DomainEvent::ContactChanged { contact: contact.id });
        if round % 3 == 1 {
            let stolen = bed.make.identity(contact.id, known.identity.aliases.clone());
            batch.write(ContactWrite::Identity(stolen));
        }
        batches.push(batch);
    }
    let answers = bed.store.commit(&tenant.scope, batches).await;
    let seqs: Vec<_> = answers.iter().map(|answer| answer.as_ref().ok().map(|commit| commit.seq.0)).collect();
    let expected = [Some(1), None, Some(2), Some(3), None, Some(4), Some(5), None, Some(6)];
    assert_eq!(seqs, expected, "no gap where one was undone");
    let page = PageRequest::first(200);
    let people = bed.store.contacts(&tenant.scope, &ContactQuery::default(), page.clone()).await.unwrap();
    assert_eq!(people.items.len(), 7);
    let found = bed.store.contacts(&tenant.scope, &ContactQuery::matching("person"), page).await.unwrap();
    assert_eq!(found.items.len(), 6, "search knows nothing of those either");
}

/// A row that breaks a rule of the schema, which cannot be foreseen and may show late; only its batch is undone.
pub async fn a_row_that_breaks_a_rule_takes_nobody_with_it(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (mut batches, mut messages) = (Vec::new(), Vec::new());
    for second in 0..6 {
        let mut message = bed.make.inbound(&person.conversation, "hello", bed.at(second));
        if second == 3 {
            // Longer than twelve months.
            message.expires_at = Some(message.event_at + chrono::TimeDelta::days(400));
        }
        let mut batch = bed.writes([bed.make.append(tenant.account.id, &message).into()]);
        batch.event(DomainEvent::MessageReceived { conversation: message.conversation, message: message.id });
        batches.push(batch);
        messages.push(message);
    }
    let answers = bed.store.commit(&tenant.scope, batches).await;
    for (second, answer) in answers.iter().enumerate() {
        assert_eq!(answer.is_ok(), second != 3, "{answer:?}");
    }
    let head = bed.conversation(&tenant, &person).await;
    assert_eq!((head.unread, head.last_message), (5, Some(messages[5].id)));
    assert!(bed.store.message(&tenant.scope, messages[3].id).await.unwrap().is_none());
    assert_eq!(bed.store.newest_event(&tenant.scope).await.unwrap(), EventSeq(5));
}

/// A caller that goes away has been heard all the same.
pub async fn a_commit_that_has_begun_is_carried_out_though_nobody_waits(bed: TestBed) {
    let tenant = bed.tenant().await;
    let contact = bed.make.contact("Asha");
    let batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
    {
        let mut commit = bed.store.commit(&tenant.scope, vec![batch]);
        // One look hands it over; then the future is dropped.
        let look = std::future::poll_fn(|context| {
            let _ = commit.as_mut().poll(context);
            std::task::Poll::Ready(())
        });
        look.await;
    }
    // The next of the same organisation waits behind it.
    bed.store.commit_one(&tenant.scope, bed.batch()).await.unwrap();
    assert!(bed.store.contact(&tenant.scope, contact.id).await.unwrap().is_some());
}

/// Callers of several organisations at once: each has a log of its own, without gaps.
pub async fn organisations_at_the_same_time_keep_their_own_sequences(bed: TestBed) {
    let tenants = [bed.tenant().await, bed.tenant().await, bed.tenant().await];
    let calls = (0..60).map(|round| {
        let mut batch = bed.batch();
        batch.event(DomainEvent::OrgChanged);
        bed.store.commit_one(&tenants[round % 3].scope, batch)
    });
    for answer in join_all(calls).await {
        answer.unwrap();
    }
    for tenant in &tenants {
        assert_eq!(bed.store.newest_event(&tenant.scope).await.unwrap(), EventSeq(20));
        let events = bed.store.events(&tenant.scope, EventSeq::default(), 100).await.unwrap();
        assert_eq!(events.iter().map(|event| event.seq.0).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    }
}

/// A read after a commit was answered sees all of it.
pub async fn a_reader_sees_what_was_answered(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    for second in 0..50 {
        let message = bed.hears(&tenant, &person, "hello", bed.at(second)).await;
        let page = PageRequest::first(1);
        let newest = bed.store.messages(&tenant.scope, person.conversation.id, page).await.unwrap();
        assert_eq!(newest.items[0].id, message.id);
        assert_eq!(bed.conversation(&tenant, &person).await.last_message, Some(message.id));
    }
}

//! Conversations: their head, their state, their queues.

use chrono::{DateTime, TimeDelta, Utc};

use crate::conversation::{
    ActivityKind, Conversation, ConversationQuery, ConversationState, ConversationWrite, InboxView, Message,
    StateFilter,
};
use crate::id::MemberId;
use crate::page::PageRequest;
use crate::store::{Expect, RecordRef, Revision, StoreError, Write};
use crate::testing::conformance::{Bench, House, Person};

/// There is one conversation of an account and an identity.
pub async fn a_pair_has_one_conversation(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let (account, identity) = (house.account.id, person.identity.id);
    let second = bench.make.conversation(account, &person.identity);
    let unmet = bench.refused(&house.scope, ConversationWrite::Insert(second)).await;
    assert_eq!(unmet, Expect::ConversationFree(account, identity));
    let found = bench.store.conversation_with(&house.scope, account, identity).await.unwrap();
    assert_eq!(found, Some(person.conversation));
}

/// State, assignee and team are written; head, unread and marks are not, and the revision rises by one.
pub async fn an_update_touches_state_and_assignment_only(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let message = bench.hears(&house, &person, "hello", bench.at(10)).await;
    let before = bench.conversation(&house, &person).await;
    let mut stale = person.conversation.clone();
    stale.state = ConversationState::Snoozed { until: bench.at(600) };
    stale.assignee = Some(bench.make.id());
    stale.team = Some(bench.make.id());
    bench.write(&house.scope, ConversationWrite::Update(stale.clone())).await;
    let after = bench.conversation(&house, &person).await;
    let expected = Conversation {
        state: stale.state,
        assignee: stale.assignee,
        team: stale.team,
        revision: Revision(2),
        ..before
    };
    assert_eq!(after, expected);
    assert_eq!((after.unread, after.last_message), (1, Some(message.id)));
}

async fn heads(bench: &Bench, order: &[usize]) -> Conversation {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let texts = ["one", "two", "three"];
    let mut messages: Vec<Message> = (10..13)
        .zip(texts)
        .map(|(s, text)| bench.make.inbound(&person.conversation, text, bench.at(s)))
        .collect();
    messages.push(bench.make.outbound(&person.conversation, "ours", bench.at(13)));
    for place in order {
        bench.write(&house.scope, bench.make.append(house.account.id, &messages[*place])).await;
    }
    let head = bench.conversation(&house, &person).await;
    assert_eq!(head.last_message, Some(messages[3].id));
    assert_eq!(head.last_inbound, Some(messages[2].id));
    head
}

/// The head is made of maxima and sums: the same in whatever order messages arrive. Messages do not raise the revision.
pub async fn the_head_is_the_same_in_any_order_of_arrival(bench: Bench) {
    let mut last = None;
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
        let head = heads(&bench, &order).await;
        assert_eq!(head.unread, 3);
        assert_eq!((head.last_at, head.last_inbound_at), (bench.at(13), Some(bench.at(12))));
        assert_eq!(head.revision, Revision::FIRST);
        let shape = (head.unread, head.last_at, head.last_inbound_at, head.state, head.seen_up_to);
        assert_eq!(*last.get_or_insert(shape), shape);
    }
}

/// A message of ours moves the head, and nothing of what the person said.
pub async fn our_own_message_does_not_count_as_unread(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let (message, _) = bench.queues(&house, &person, "good morning", bench.at(5)).await;
    let head = bench.conversation(&house, &person).await;
    assert_eq!((head.unread, head.last_message, head.last_at), (0, Some(message.id), bench.at(5)));
    assert_eq!((head.last_inbound, head.last_inbound_at), (None, None));
}

/// The read mark only rises; unread becomes zero when it reaches the last message, and not before.
pub async fn the_read_mark_only_rises(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let first = bench.hears(&house, &person, "one", bench.at(1)).await;
    let second = bench.hears(&house, &person, "two", bench.at(2)).await;
    let conversation = person.conversation.id;
    let seen = |up_to| ConversationWrite::Seen { conversation, up_to };
    bench.write(&house.scope, seen(first.id)).await;
    let head = bench.conversation(&house, &person).await;
    assert_eq!((head.seen_up_to, head.unread), (Some(first.id), 2));
    bench.write(&house.scope, seen(second.id)).await;
    bench.write(&house.scope, seen(first.id)).await;
    let head = bench.conversation(&house, &person).await;
    assert_eq!((head.seen_up_to, head.unread), (Some(second.id), 0));
    assert_eq!(head.revision, Revision::FIRST, "reading is no decision");
    bench.hears(&house, &person, "three", bench.at(3)).await;
    assert_eq!(bench.conversation(&house, &person).await.unread, 1);
}

/// A person who writes brings a closed or snoozed conversation back. The state has changed then: whoever decided on it as
/// it was before is refused, so that nobody closes over a message they have not seen.
pub async fn a_message_reopens_and_is_not_closed_over(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    for state in [ConversationState::Closed, ConversationState::Snoozed { until: bench.at(9_000) }] {
        let mut closed = bench.conversation(&house, &person).await;
        closed.state = state;
        bench.write(&house.scope, ConversationWrite::Update(closed)).await;
        let read = bench.conversation(&house, &person).await;
        assert_eq!(read.state, state);
        bench.hears(&house, &person, "one more thing", bench.at(20)).await;
        assert_eq!(bench.conversation(&house, &person).await.state, ConversationState::Open);
        let mut stale = bench.writes([ConversationWrite::Update(read.clone()).into()]);
        stale.expect(Expect::Revision(RecordRef::Conversation(read.id), read.revision));
        let answer = bench.store.commit_one(&house.scope, stale).await;
        assert!(matches!(answer, Err(StoreError::Unmet(_))), "it was reopened meanwhile");
    }
}

/// A snooze that has run out shows as open before any sweep; the sweep opens it and no other.
pub async fn a_snooze_that_has_run_out_counts_as_open(bench: Bench) {
    let house = bench.house().await;
    let (soon, later) = (bench.person(&house, "Asha").await, bench.person(&house, "Ben").await);
    for (person, until) in [(&soon, bench.at(60)), (&later, bench.at(3_600))] {
        let mut snoozed = person.conversation.clone();
        snoozed.state = ConversationState::Snoozed { until };
        bench.write(&house.scope, ConversationWrite::Update(snoozed)).await;
    }
    let (now, open) = (bench.at(61), StateFilter::Open);
    assert!(queue(&bench, &house, InboxView::All, open, bench.at(59)).await.is_empty());
    assert_eq!(queue(&bench, &house, InboxView::All, open, now).await, [soon.conversation.id]);
    let snoozed = queue(&bench, &house, InboxView::All, StateFilter::Snoozed, now).await;
    assert_eq!(snoozed, [later.conversation.id]);
    let counts = bench.store.queue_counts(&house.scope).await.unwrap();
    assert_eq!(counts.count(InboxView::All, "snoozed"), 2, "until the sweep wakes it");
    bench.write(&house.scope, Write::WakeSnoozed { now }).await;
    assert_eq!(bench.conversation(&house, &soon).await.state, ConversationState::Open);
    let state = bench.conversation(&house, &later).await.state;
    assert_eq!(state, ConversationState::Snoozed { until: bench.at(3_600) });
    let counts = bench.store.queue_counts(&house.scope).await.unwrap();
    assert_eq!((counts.count(InboxView::All, "snoozed"), counts.count(InboxView::All, "open")), (1, 1));
}

async fn queue(
    bench: &Bench,
    house: &House,
    view: InboxView,
    state: StateFilter,
    now: DateTime<Utc>,
) -> Vec<crate::id::ConversationId> {
    let query = ConversationQuery { view, state, now };
    let page = bench.store.inbox(&house.scope, &query, PageRequest::first(200)).await.unwrap();
    page.items.into_iter().map(|entry| entry.conversation.id).collect()
}

async fn recount(bench: &Bench, house: &House, members: &[MemberId]) {
    let counts = bench.store.queue_counts(&house.scope).await.unwrap();
    // Before any snooze runs out, stored states and seen states are the same.
    let now = bench.make.start() - TimeDelta::days(1);
    let mut views = vec![InboxView::All, InboxView::Unassigned];
    views.extend(members.iter().map(|member| InboxView::Mine(*member)));
    for view in views {
        for (filter, word) in
            [(StateFilter::Open, "open"), (StateFilter::Snoozed, "snoozed"), (StateFilter::Closed, "closed")]
        {
            let listed = queue(bench, house, view, filter, now).await.len();
            assert_eq!(counts.count(view, word) as usize, listed, "{view:?} {word}");
        }
    }
}

/// Whatever happened, the counters equal a recount: new, assigned, snoozed, closed, reopened, woken.
pub async fn queue_counters_equal_a_recount(bench: Bench) {
    let house = bench.house().await;
    let members: [MemberId; 2] = [bench.make.id(), bench.make.id()];
    recount(&bench, &house, &members).await;
    let mut people: Vec<Person> = Vec::new();
    for place in 0..6 {
        people.push(bench.person(&house, &format!("Person {place}")).await);
    }
    recount(&bench, &house, &members).await;
    let states = [
        ConversationState::Open,
        ConversationState::Closed,
        ConversationState::Snoozed { until: bench.at(60) },
    ];
    for round in 0..3 {
        for (place, person) in people.iter().enumerate() {
            let mut changed = bench.conversation(&house, person).await;
            changed.state = states[(place + round) % 3];
            changed.assignee = [None, Some(members[0]), Some(members[1])][(place / 2 + round) % 3];
            bench.write(&house.scope, ConversationWrite::Update(changed)).await;
        }
        recount(&bench, &house, &members).await;
        bench.hears(&house, &people[round], "hello again", bench.at(100)).await;
        recount(&bench, &house, &members).await;
    }
    bench.write(&house.scope, Write::WakeSnoozed { now: bench.at(120) }).await;
    recount(&bench, &house, &members).await;
    let open = bench.store.queue_counts(&house.scope).await.unwrap();
    assert_eq!(open.count(InboxView::All, "snoozed"), 0);
}

/// A list entry shows card, profile, number and newest message; lists and pages of a contact are newest first.
pub async fn a_list_shows_who_and_what_newest_first(bench: Bench) {
    let house = bench.house().await;
    let (asha, ben) = (bench.person(&house, "Asha").await, bench.person(&house, "Ben").await);
    bench.hears(&house, &asha, "I was first", bench.at(10)).await;
    let newest = bench.hears(&house, &ben, "नमस्ते 🙏", bench.at(20)).await;
    let query = ConversationQuery { view: InboxView::All, state: StateFilter::Open, now: bench.now() };
    let page = bench.store.inbox(&house.scope, &query, PageRequest::first(10)).await.unwrap();
    let ids: Vec<_> = page.items.iter().map(|entry| entry.conversation.id).collect();
    assert_eq!(ids, [ben.conversation.id, asha.conversation.id]);
    let entry = &page.items[0];
    assert_eq!(entry.conversation, bench.conversation(&house, &ben).await);
    assert_eq!(entry.contact_name, ben.contact.name);
    assert_eq!(entry.stage, ben.contact.stage);
    assert_eq!(entry.profile_name, ben.identity.profile_name);
    assert_eq!(entry.phone.as_ref(), ben.identity.phone());
    let last = entry.last.as_ref().expect("the newest message");
    assert_eq!((last.id, last.direction, last.kind.as_str()), (newest.id, newest.direction, "text"));
    assert_eq!(last.reading.as_ref().map(crate::text::MessageText::reveal), Some("नमस्ते 🙏"));
    assert_eq!(last.status, newest.delivery.status);
    let one = bench.store.inbox_entry(&house.scope, ben.conversation.id).await.unwrap().unwrap();
    assert_eq!(one, *entry);

    let second = bench.make.account(house.app.id);
    bench.write(&house.scope, crate::account::AccountWrite::Insert(Box::new(second.clone()))).await;
    let other = bench.make.conversation(second.id, &asha.identity);
    bench.write(&house.scope, ConversationWrite::Insert(other.clone())).await;
    let late = bench.make.inbound(&other, "on the other number", bench.at(30));
    bench.write(&house.scope, bench.make.append(second.id, &late)).await;
    let of = bench.store.conversations_of(&house.scope, asha.contact.id).await.unwrap();
    assert_eq!(of.iter().map(|c| c.id).collect::<Vec<_>>(), [other.id, asha.conversation.id]);
}

/// What was done with a conversation is listed with all of its parts, newest first, and the same thing told again stays one.
pub async fn what_was_done_is_listed_newest_first_and_kept_once(bench: Bench) {
    let house = bench.house().await;
    let (person, other) = (bench.person(&house, "Asha").await, bench.person(&house, "Ben").await);
    let kinds = [
        ActivityKind::Assigned { to: Some(bench.make.id()) },
        ActivityKind::Assigned { to: None },
        ActivityKind::Snoozed { until: bench.at(9_000) },
        ActivityKind::Woken,
        ActivityKind::Closed,
        ActivityKind::Reopened,
    ];
    let done: Vec<_> = (1..)
        .zip(kinds)
        .map(|(second, what)| bench.make.activity(&person.conversation, what, bench.at(second)))
        .collect();
    for activity in done.iter().chain(&done[..2]) {
        bench.write(&house.scope, ConversationWrite::Activity(activity.clone())).await;
    }
    let elsewhere = bench.make.activity(&other.conversation, ActivityKind::Closed, bench.at(3));
    bench.write(&house.scope, ConversationWrite::Activity(elsewhere)).await;
    let page = PageRequest::first(50);
    let listed = bench.store.activities(&house.scope, person.conversation.id, page).await.unwrap();
    assert!(listed.next.is_none());
    assert!(listed.items.iter().eq(done.iter().rev()), "{:?}", listed.items);
    assert_eq!(bench.conversation(&house, &person).await, person.conversation, "the log changes nothing");
}

//! Conversations: their head, their state, their queues.

use chrono::{DateTime, TimeDelta, Utc};

use crate::conversation::{
    ActivityKind, Conversation, ConversationFilter, ConversationQuery, ConversationSearch, ConversationState,
    ConversationWrite, InboxView, Message, StateFilter,
};
use crate::id::MemberId;
use crate::page::PageRequest;
use crate::store::{Precondition, RecordRef, Revision, StoreError, Write};
use crate::testing::conformance::{Person, Tenant, TestBed};

/// There is one conversation of an account and an identity.
pub async fn a_pair_has_one_conversation(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (account, identity) = (tenant.account.id, person.identity.id);
    let second = bed.make.conversation(account, &person.identity);
    let precondition_failed = bed.refused(&tenant.scope, ConversationWrite::Insert(second)).await;
    assert_eq!(precondition_failed, Precondition::ConversationFree(account, identity));
    let found = bed.store.conversation_with(&tenant.scope, account, identity).await.unwrap();
    assert_eq!(found, Some(person.conversation));
}

/// State, assignee and team are written; head, unread and marks are not, and the revision rises by one.
pub async fn an_update_touches_state_and_assignment_only(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let message = bed.hears(&tenant, &person, "hello", bed.at(10)).await;
    let before = bed.conversation(&tenant, &person).await;
    let mut stale = person.conversation.clone();
    stale.state = ConversationState::Snoozed { until: bed.at(600) };
    stale.assignee = Some(bed.make.id());
    stale.team = Some(bed.make.id());
    bed.write(&tenant.scope, ConversationWrite::Update(stale.clone())).await;
    let after = bed.conversation(&tenant, &person).await;
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

async fn heads(bed: &TestBed, order: &[usize]) -> Conversation {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let texts = ["one", "two", "three"];
    let mut messages: Vec<Message> = (10..13)
        .zip(texts)
        .map(|(s, text)| bed.make.inbound(&person.conversation, text, bed.at(s)))
        .collect();
    messages.push(bed.make.outbound(&person.conversation, "ours", bed.at(13)));
    for place in order {
        bed.write(&tenant.scope, bed.make.append(tenant.account.id, &messages[*place])).await;
    }
    let head = bed.conversation(&tenant, &person).await;
    assert_eq!(head.last_message, Some(messages[3].id));
    assert_eq!(head.last_inbound, Some(messages[2].id));
    head
}

/// The head is made of maxima and sums: the same in whatever order messages arrive. Messages do not raise the revision.
pub async fn the_head_is_the_same_in_any_order_of_arrival(bed: TestBed) {
    let mut last = None;
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
        let head = heads(&bed, &order).await;
        assert_eq!(head.unread, 3);
        assert_eq!((head.last_at, head.last_inbound_at), (bed.at(13), Some(bed.at(12))));
        assert_eq!(head.revision, Revision::FIRST);
        let shape = (head.unread, head.last_at, head.last_inbound_at, head.state, head.seen_up_to);
        assert_eq!(*last.get_or_insert(shape), shape);
    }
}

/// A message of ours moves the head, and nothing of what the person said.
pub async fn our_own_message_does_not_count_as_unread(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (message, _) = bed.queues(&tenant, &person, "good morning", bed.at(5)).await;
    let head = bed.conversation(&tenant, &person).await;
    assert_eq!((head.unread, head.last_message, head.last_at), (0, Some(message.id), bed.at(5)));
    assert_eq!((head.last_inbound, head.last_inbound_at), (None, None));
}

/// The read mark only rises; unread becomes zero when it reaches the last message, and not before.
pub async fn the_read_mark_only_rises(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let first = bed.hears(&tenant, &person, "one", bed.at(1)).await;
    let second = bed.hears(&tenant, &person, "two", bed.at(2)).await;
    let conversation = person.conversation.id;
    let seen = |up_to| ConversationWrite::Seen { conversation, up_to };
    bed.write(&tenant.scope, seen(first.id)).await;
    let head = bed.conversation(&tenant, &person).await;
    assert_eq!((head.seen_up_to, head.unread), (Some(first.id), 2));
    bed.write(&tenant.scope, seen(second.id)).await;
    bed.write(&tenant.scope, seen(first.id)).await;
    let head = bed.conversation(&tenant, &person).await;
    assert_eq!((head.seen_up_to, head.unread), (Some(second.id), 0));
    assert_eq!(head.revision, Revision::FIRST, "reading is no decision");
    bed.hears(&tenant, &person, "three", bed.at(3)).await;
    assert_eq!(bed.conversation(&tenant, &person).await.unread, 1);
}

/// A person who writes brings a closed or snoozed conversation back. The state has changed then: a
/// decision on its former state is refused, so that no message is closed over unseen.
pub async fn a_message_reopens_and_is_not_closed_over(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    for state in [ConversationState::Closed, ConversationState::Snoozed { until: bed.at(9_000) }] {
        let mut closed = bed.conversation(&tenant, &person).await;
        closed.state = state;
        bed.write(&tenant.scope, ConversationWrite::Update(closed)).await;
        let read = bed.conversation(&tenant, &person).await;
        assert_eq!(read.state, state);
        bed.hears(&tenant, &person, "one more thing", bed.at(20)).await;
        assert_eq!(bed.conversation(&tenant, &person).await.state, ConversationState::Open);
        let mut stale = bed.writes([ConversationWrite::Update(read.clone()).into()]);
        stale.require(Precondition::Revision(RecordRef::Conversation(read.id), read.revision));
        let answer = bed.store.commit_one(&tenant.scope, stale).await;
        assert!(matches!(answer, Err(StoreError::PreconditionFailed(_))), "it was reopened meanwhile");
    }
}

/// A snooze that has run out shows as open before any sweep; the sweep opens it and no other.
pub async fn a_snooze_that_has_run_out_counts_as_open(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (soon, later) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    for (person, until) in [(&soon, bed.at(60)), (&later, bed.at(3_600))] {
        let mut snoozed = person.conversation.clone();
        snoozed.state = ConversationState::Snoozed { until };
        bed.write(&tenant.scope, ConversationWrite::Update(snoozed)).await;
    }
    let (now, open) = (bed.at(61), StateFilter::Open);
    assert!(queue(&bed, &tenant, InboxView::All, open, bed.at(59)).await.is_empty());
    assert_eq!(queue(&bed, &tenant, InboxView::All, open, now).await, [soon.conversation.id]);
    let snoozed = queue(&bed, &tenant, InboxView::All, StateFilter::Snoozed, now).await;
    assert_eq!(snoozed, [later.conversation.id]);
    let counts = bed.store.queue_counts(&tenant.scope).await.unwrap();
    assert_eq!(counts.count(InboxView::All, "snoozed"), 2, "until the sweep wakes it");
    bed.write(&tenant.scope, Write::WakeSnoozed { now }).await;
    assert_eq!(bed.conversation(&tenant, &soon).await.state, ConversationState::Open);
    let state = bed.conversation(&tenant, &later).await.state;
    assert_eq!(state, ConversationState::Snoozed { until: bed.at(3_600) });
    let counts = bed.store.queue_counts(&tenant.scope).await.unwrap();
    assert_eq!((counts.count(InboxView::All, "snoozed"), counts.count(InboxView::All, "open")), (1, 1));
}

async fn queue(
    bed: &TestBed,
    tenant: &Tenant,
    view: InboxView,
    state: StateFilter,
    now: DateTime<Utc>,
) -> Vec<crate::id::ConversationId> {
    let query = ConversationQuery::new(view, state, now);
    let page = bed.store.inbox(&tenant.scope, &query, PageRequest::first(200)).await.unwrap();
    page.items.into_iter().map(|entry| entry.conversation.id).collect()
}

async fn recount(bed: &TestBed, tenant: &Tenant, members: &[MemberId]) {
    let counts = bed.store.queue_counts(&tenant.scope).await.unwrap();
    // Before any snooze runs out, stored states and seen states are the same.
    let now = bed.make.start() - TimeDelta::days(1);
    let mut views = vec![InboxView::All, InboxView::Unassigned];
    views.extend(members.iter().map(|member| InboxView::Mine(*member)));
    for view in views {
        for (filter, word) in
            [(StateFilter::Open, "open"), (StateFilter::Snoozed, "snoozed"), (StateFilter::Closed, "closed")]
        {
            let listed = queue(bed, tenant, view, filter, now).await.len();
            assert_eq!(counts.count(view, word) as usize, listed, "{view:?} {word}");
        }
    }
}

/// Whatever happened, the counters equal a recount: new, assigned, snoozed, closed, reopened, woken.
pub async fn queue_counters_equal_a_recount(bed: TestBed) {
    let tenant = bed.tenant().await;
    let members: [MemberId; 2] = [bed.make.id(), bed.make.id()];
    recount(&bed, &tenant, &members).await;
    let mut people: Vec<Person> = Vec::new();
    for place in 0..6 {
        people.push(bed.person(&tenant, &format!("Person {place}")).await);
    }
    recount(&bed, &tenant, &members).await;
    let states = [
        ConversationState::Open,
        ConversationState::Closed,
        ConversationState::Snoozed { until: bed.at(60) },
    ];
    for round in 0..3 {
        for (place, person) in people.iter().enumerate() {
            let mut changed = bed.conversation(&tenant, person).await;
            changed.state = states[(place + round) % 3];
            changed.assignee = [None, Some(members[0]), Some(members[1])][(place / 2 + round) % 3];
            bed.write(&tenant.scope, ConversationWrite::Update(changed)).await;
        }
        recount(&bed, &tenant, &members).await;
        bed.hears(&tenant, &people[round], "hello again", bed.at(100)).await;
        recount(&bed, &tenant, &members).await;
    }
    bed.write(&tenant.scope, Write::WakeSnoozed { now: bed.at(120) }).await;
    recount(&bed, &tenant, &members).await;
    let open = bed.store.queue_counts(&tenant.scope).await.unwrap();
    assert_eq!(open.count(InboxView::All, "snoozed"), 0);
}

/// A search finds the conversations of the people whom its words find, state by state, newest message first, page by page,
/// with their number; a snooze that has run out counts as open.
pub async fn a_search_finds_conversations_in_each_state_newest_first(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut people: Vec<Person> = Vec::new();
    for (place, name) in ["Asha One", "Asha Two", "Asha Three", "Asha Four", "Ben"].into_iter().enumerate() {
        let person = bed.person(&tenant, name).await;
        bed.hears(&tenant, &person, "hello", bed.at(place as i64)).await;
        people.push(person);
    }
    for (place, state) in
        [(1, ConversationState::Closed), (2, ConversationState::Snoozed { until: bed.at(60) })]
    {
        let mut changed = bed.conversation(&tenant, &people[place]).await;
        changed.state = state;
        bed.write(&tenant.scope, ConversationWrite::Update(changed)).await;
    }
    let find = async |words: &str, state, second: i64, page| {
        let tokens = crate::search::query_tokens(words);
        let query =
            ConversationSearch { tokens, state, filter: ConversationFilter::default(), now: bed.at(second) };
        let found = bed.store.find_conversations(&tenant.scope, &query, page).await.unwrap();
        let ids: Vec<_> = found.page.items.iter().map(|entry| entry.conversation.id).collect();
        (ids, found.total, found.page.next)
    };
    let of = |place: usize| people[place].conversation.id;
    let first = |limit| PageRequest::first(limit);
    let (open, snoozed, closed) = (StateFilter::Open, StateFilter::Snoozed, StateFilter::Closed);
    let (ids, total, next) = find("ash", open, 30, first(1)).await;
    assert_eq!((ids, total), (vec![of(3)], Some(2)), "the newest first, and how many there are");
    let (ids, _, next) = find("ash", open, 30, PageRequest { after: next, ..first(1) }).await;
    assert_eq!((ids, next), (vec![of(0)], None));
    assert_eq!(find("asha", snoozed, 30, first(9)).await.0, [of(2)]);
    assert_eq!(find("asha", closed, 30, first(9)).await.0, [of(1)]);
    assert_eq!(find("asha", open, 61, first(9)).await.0, [of(3), of(2), of(0)], "the snooze has run out");
    assert!(find("asha", snoozed, 61, first(9)).await.0.is_empty());
    assert_eq!(find("one asha", open, 30, first(9)).await.0, [of(0)]);
    assert_eq!(find("%", open, 30, first(9)).await, (Vec::new(), Some(0), None));
    bed.hears(&tenant, &people[0], "again", bed.at(40)).await;
    assert_eq!(find("asha", open, 50, first(9)).await.0, [of(0), of(3)]);
}

/// What is unread counts for a member if it is open and either theirs or unassigned, up to the limit asked for.
pub async fn unread_conversations_are_counted_for_a_member_and_nobody(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (me, colleague): (MemberId, MemberId) = (bed.make.id(), bed.make.id());
    let mut last = None;
    for (place, assignee) in [None, Some(me), Some(colleague), None, Some(me)].into_iter().enumerate() {
        let person = bed.person(&tenant, &format!("Person {place}")).await;
        let heard = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
        let mut changed = bed.conversation(&tenant, &person).await;
        changed.assignee = assignee;
        if place == 3 {
            changed.state = ConversationState::Closed;
        }
        bed.write(&tenant.scope, ConversationWrite::Update(changed)).await;
        last = Some((person, heard));
    }
    let count =
        async |member, most| bed.store.unread_conversations(&tenant.scope, member, most).await.unwrap();
    assert_eq!((count(Some(me), 100).await, count(Some(colleague), 100).await), (3, 2));
    assert_eq!((count(None, 100).await, count(Some(me), 2).await), (1, 2));
    let (person, heard) = last.unwrap();
    let seen = ConversationWrite::Seen { conversation: person.conversation.id, up_to: heard.id };
    bed.write(&tenant.scope, seen).await;
    assert_eq!(count(Some(me), 100).await, 2);
}

/// A list entry shows contact, profile, number and newest message; lists and pages of a contact are newest first.
pub async fn a_list_shows_who_and_what_newest_first(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (asha, ben) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    bed.hears(&tenant, &asha, "I was first", bed.at(10)).await;
    let newest = bed.hears(&tenant, &ben, "नमस्ते 🙏", bed.at(20)).await;
    let query = ConversationQuery::new(InboxView::All, StateFilter::Open, bed.now());
    let page = bed.store.inbox(&tenant.scope, &query, PageRequest::first(10)).await.unwrap();
    let ids: Vec<_> = page.items.iter().map(|entry| entry.conversation.id).collect();
    assert_eq!(ids, [ben.conversation.id, asha.conversation.id]);
    let entry = &page.items[0];
    assert_eq!(entry.conversation, bed.conversation(&tenant, &ben).await);
    assert_eq!(entry.contact_name, ben.contact.name);
    assert_eq!(entry.stage, ben.contact.stage);
    assert_eq!(entry.profile_name, ben.identity.profile_name);
    assert_eq!(entry.phone.as_ref(), ben.identity.phone());
    let last = entry.last.as_ref().expect("the newest message");
    assert_eq!((last.id, last.direction, last.kind.as_str()), (newest.id, newest.direction, "text"));
    assert_eq!(last.display_text.as_ref().map(crate::text::MessageText::reveal), Some("नमस्ते 🙏"));
    assert_eq!(last.status, newest.delivery.status);
    let one = bed.store.inbox_entry(&tenant.scope, ben.conversation.id).await.unwrap().unwrap();
    assert_eq!(one, *entry);

    let second = bed.make.account(tenant.app.id);
    bed.write(&tenant.scope, crate::account::AccountWrite::Insert(Box::new(second.clone()))).await;
    let other = bed.make.conversation(second.id, &asha.identity);
    bed.write(&tenant.scope, ConversationWrite::Insert(other.clone())).await;
    let late = bed.make.inbound(&other, "on the other number", bed.at(30));
    bed.write(&tenant.scope, bed.make.append(second.id, &late)).await;
    let of = bed.store.conversations_of(&tenant.scope, asha.contact.id).await.unwrap();
    assert_eq!(of.iter().map(|c| c.id).collect::<Vec<_>>(), [other.id, asha.conversation.id]);
}

/// What was done with a conversation is listed with all of its parts, newest first, and the same thing told again stays one.
pub async fn what_was_done_is_listed_newest_first_and_kept_once(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (person, other) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    let kinds = [
        ActivityKind::Assigned { to: Some(bed.make.id()) },
        ActivityKind::Assigned { to: None },
        ActivityKind::Snoozed { until: bed.at(9_000) },
        ActivityKind::Woken,
        ActivityKind::Closed,
        ActivityKind::Reopened,
    ];
    let done: Vec<_> = (1..)
        .zip(kinds)
        .map(|(second, what)| bed.make.activity(&person.conversation, what, bed.at(second)))
        .collect();
    for activity in done.iter().chain(&done[..2]) {
        bed.write(&tenant.scope, ConversationWrite::Activity(activity.clone())).await;
    }
    let elsewhere = bed.make.activity(&other.conversation, ActivityKind::Closed, bed.at(3));
    bed.write(&tenant.scope, ConversationWrite::Activity(elsewhere)).await;
    let page = PageRequest::first(50);
    let listed = bed.store.activities(&tenant.scope, person.conversation.id, page).await.unwrap();
    assert!(listed.next.is_none());
    assert!(listed.items.iter().eq(done.iter().rev()), "{:?}", listed.items);
    assert_eq!(bed.conversation(&tenant, &person).await, person.conversation, "the log changes nothing");
}

/// A conversation that was read is unread again until it is read anew, and what arrives meanwhile adds up; nothing happens to
/// one of another organisation.
pub async fn a_conversation_is_marked_unread_and_read_again(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let person = bed.person(&tenant, "Asha").await;
    let id = person.conversation.id;
    let heard = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let marks = async || {
        let kept = bed.store.conversation(&tenant.scope, id).await.unwrap().unwrap();
        (kept.unread, kept.seen_up_to)
    };
    let seen = |up_to| ConversationWrite::Seen { conversation: id, up_to };
    bed.write(&tenant.scope, seen(heard.id)).await;
    assert_eq!(marks().await, (0, Some(heard.id)));
    bed.write(&other.scope, ConversationWrite::MarkUnread(id)).await;
    assert_eq!(marks().await, (0, Some(heard.id)));
    for _ in 0..2 {
        bed.write(&tenant.scope, ConversationWrite::MarkUnread(id)).await;
        assert_eq!(marks().await, (1, None));
    }
    assert_eq!(bed.store.unread_conversations(&tenant.scope, None, 10).await.unwrap(), 1);
    let more = bed.hears(&tenant, &person, "are you there?", bed.at(2)).await;
    assert_eq!(marks().await, (2, None));
    bed.write(&tenant.scope, seen(more.id)).await;
    assert_eq!(marks().await, (0, Some(more.id)));
    // Marked and read in one batch.
    bed.write_all(&tenant.scope, vec![ConversationWrite::MarkUnread(id).into(), seen(more.id).into()]).await;
    assert_eq!(marks().await, (0, Some(more.id)));
}

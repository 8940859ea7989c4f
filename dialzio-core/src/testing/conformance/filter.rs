//! What narrows and orders a queue, and the wait that one order goes by.

use chrono::{DateTime, TimeDelta, Utc};
use std::cmp::Reverse;
use std::num::NonZeroU32;

use crate::account::AccountWrite;
use crate::consent::Purpose;
use crate::contact::{ContactWrite, Stage};
use crate::conversation::{
    Content, Conversation, ConversationFilter, ConversationOrder, ConversationQuery, ConversationSearch,
    ConversationState, ConversationWrite, DeliveryStatus, InboxView, Message, StateFilter,
};
use crate::entropy::Entropy;
use crate::id::{AccountId, ConversationId, MemberId};
use crate::page::PageRequest;
use crate::testing::conformance::message::shuffle;
use crate::testing::conformance::{Person, Tenant, TestBed};
use crate::text::TagName;

async fn wait(bed: &TestBed, tenant: &Tenant, person: &Person) -> (Option<DateTime<Utc>>, bool) {
    let head = bed.conversation(tenant, person).await;
    (head.waiting_since, head.last_failed)
}

/// The oldest message without an answer says since when; an answer ends the wait, and one that never arrives brings it back.
pub async fn a_conversation_waits_from_the_oldest_message_without_an_answer(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    assert_eq!(wait(&bed, &tenant, &person).await, (None, false));
    bed.hears(&tenant, &person, "hello", bed.at(10)).await;
    bed.hears(&tenant, &person, "anybody there?", bed.at(20)).await;
    assert_eq!(wait(&bed, &tenant, &person).await, (Some(bed.at(10)), false));
    let (answer, _) = bed.queues(&tenant, &person, "good morning", bed.at(30)).await;
    assert_eq!(wait(&bed, &tenant, &person).await, (None, false));
    bed.delivery(&tenant, answer.id, DeliveryStatus::Failed, bed.at(31)).await;
    assert_eq!(wait(&bed, &tenant, &person).await, (Some(bed.at(10)), true), "the answer never arrived");
    bed.delivery(&tenant, answer.id, DeliveryStatus::Delivered, bed.at(32)).await;
    assert_eq!(wait(&bed, &tenant, &person).await, (None, false), "it arrived after all");
    bed.hears(&tenant, &person, "thanks, and one more thing", bed.at(40)).await;
    let (dropped, _) = bed.queues(&tenant, &person, "yes?", bed.at(50)).await;
    bed.delivery(&tenant, dropped.id, DeliveryStatus::Cancelled, bed.at(51)).await;
    assert_eq!(wait(&bed, &tenant, &person).await, (Some(bed.at(40)), false));
}

/// Promotion and notices of the provider are no answers, and ask for none.
pub async fn promotion_answers_nothing_and_a_notice_asks_for_nothing(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let append = |message: &Message| bed.make.append(tenant.account.id, message);
    let mut notice = bed.make.inbound(&person.conversation, "x", bed.at(5));
    notice.content = Content::System { what: "identity_changed".to_owned(), body: None };
    bed.write(&tenant.scope, append(&notice)).await;
    assert_eq!(wait(&bed, &tenant, &person).await.0, None);
    let asked = bed.hears(&tenant, &person, "hello", bed.at(10)).await;
    for purpose in [Purpose::Marketing, Purpose::Authentication] {
        let mut message = bed.make.outbound(&person.conversation, "news", bed.at(20));
        message.purpose = Some(purpose);
        bed.write(&tenant.scope, append(&message)).await;
        assert_eq!(wait(&bed, &tenant, &person).await.0, Some(bed.at(10)), "{purpose}");
    }
    let content = Box::new(Content::System { what: "revoked".to_owned(), body: None });
    let revoke = ConversationWrite::Revoke { message: asked.id, content, at: bed.at(30) };
    bed.write(&tenant.scope, revoke).await;
    assert_eq!(wait(&bed, &tenant, &person).await.0, None, "what was taken back asks for nothing");
}

/// In a closed conversation nothing is owed. One that is opened again waits as its messages say.
pub async fn closing_ends_a_wait_and_opening_again_looks_it_up(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    bed.hears(&tenant, &person, "hello", bed.at(10)).await;
    for (state, waits) in [
        (ConversationState::Snoozed { until: bed.at(9_000) }, Some(bed.at(10))),
        (ConversationState::Closed, None),
        (ConversationState::Open, Some(bed.at(10))),
        (ConversationState::Closed, None),
    ] {
        let mut changed = bed.conversation(&tenant, &person).await;
        changed.state = state;
        bed.write(&tenant.scope, ConversationWrite::Update(changed)).await;
        assert_eq!(wait(&bed, &tenant, &person).await.0, waits, "{state:?}");
    }
    bed.hears(&tenant, &person, "me again", bed.at(20)).await;
    assert_eq!(wait(&bed, &tenant, &person).await.0, Some(bed.at(20)), "what was closed over is not owed");
}

/// Messages in any order, and news about them at any time, end in the same wait.
pub async fn the_wait_is_the_same_in_any_order_of_arrival(bed: TestBed) {
    let entropy = Entropy::seeded(7);
    let tenant = bed.tenant().await;
    for (failed, waits, last_failed) in [
        (None, Some(6), false),
        (Some(7), Some(6), true),
        (Some(3), Some(6), false),
        (Some(5), Some(4), false),
    ] {
        for round in 0..6 {
            let person = bed.person(&tenant, "Asha").await;
            let mut told: Vec<(i64, bool)> =
                vec![(1, true), (2, true), (3, false), (4, true), (5, false), (6, true)];
            if failed == Some(7) {
                told.push((7, false));
            }
            let mut messages: Vec<Message> = told
                .iter()
                .map(|(second, asks)| match asks {
                    true => bed.make.inbound(&person.conversation, "?", bed.at(*second)),
                    false => bed.make.outbound(&person.conversation, "!", bed.at(*second)),
                })
                .collect();
            let lost = failed.and_then(|second| told.iter().position(|(at, _)| *at == second));
            let lost = lost.map(|place| messages[place].id);
            if round > 0 {
                shuffle(&mut messages, &entropy);
            }
            for message in &messages {
                bed.write(&tenant.scope, bed.make.append(tenant.account.id, message)).await;
                if Some(message.id) == lost {
                    bed.delivery(&tenant, message.id, DeliveryStatus::Failed, bed.at(60)).await;
                }
            }
            let wanted = (waits.map(|second| bed.at(second)), last_failed);
            assert_eq!(wait(&bed, &tenant, &person).await, wanted, "{failed:?}, round {round}");
        }
    }
}

/// A queue of many kinds: lines, assignees, stages, tags, unread or read, failed, waiting, in every state.
struct Mixed {
    tenant: Tenant,
    lines: [AccountId; 2],
    member: MemberId,
    people: Vec<Person>,
}

async fn mixed(bed: &TestBed) -> Mixed {
    let tenant = bed.tenant().await;
    let second = bed.make.account(tenant.app.id);
    bed.write(&tenant.scope, AccountWrite::Insert(Box::new(second.clone()))).await;
    let lines = [tenant.account.id, second.id];
    let member = bed.make.id();
    let mut people = Vec::new();
    for place in 0..24_usize {
        let mut contact = bed.make.contact(&format!("Person {place}"));
        contact.stage = [Stage::New, Stage::Customer, Stage::Lost][place % 3];
        contact.tags =
            if place % 4 == 0 { vec![bed.make.tag("vip"), bed.make.tag("garden")] } else { Vec::new() };
        let identity = bed.make.identity(contact.id, vec![crate::contact::Alias::Phone(bed.make.phone())]);
        let line = lines[usize::from(place % 5 == 0)];
        let conversation = bed.make.conversation(line, &identity);
        let person = Person { contact, identity, conversation };
        bed.write_all(&tenant.scope, person.writes()).await;
        let at = |second: usize| bed.at((place * 10 + second) as i64);
        let heard = bed.make.inbound(&person.conversation, "hello", at(1));
        bed.write(&tenant.scope, bed.make.append(line, &heard)).await;
        if place % 2 == 0 {
            let seen = ConversationWrite::Seen { conversation: person.conversation.id, up_to: heard.id };
            bed.write(&tenant.scope, seen).await;
        }
        if place % 3 == 1 {
            let answer = bed.make.outbound(&person.conversation, "good morning", at(2));
            bed.write(&tenant.scope, bed.make.append(line, &answer)).await;
            if place % 6 == 1 {
                bed.delivery(&tenant, answer.id, DeliveryStatus::Failed, at(3)).await;
            }
        }
        let mut changed = bed.conversation(&tenant, &person).await;
        changed.assignee = (place % 7 < 3).then_some(member);
        changed.state = match place % 8 {
            6 => ConversationState::Closed,
            7 => ConversationState::Snoozed { until: bed.at(if place == 7 { 500 } else { 9_000 }) },
            _ => ConversationState::Open,
        };
        bed.write(&tenant.scope, ConversationWrite::Update(changed)).await;
        people.push(person);
    }
    Mixed { tenant, lines, member, people }
}

/// Every combination of what can be chosen, the present instant included.
fn every_query(bed: &TestBed, mixed: &Mixed) -> Vec<ConversationQuery> {
    let now = bed.at(600);
    let mut all = Vec::new();
    let views = [InboxView::All, InboxView::Unassigned, InboxView::Mine(mixed.member)];
    let accounts = [None, Some(mixed.lines[0]), Some(mixed.lines[1])];
    let marks = [(false, false), (true, false), (false, true)];
    for state in StateFilter::ALL {
        for view in views {
            for account in accounts {
                for (stage, tag) in [
                    (None, None),
                    (Some(Stage::Customer), None),
                    (None, Some("vip")),
                    (Some(Stage::New), Some("vip")),
                ] {
                    for (unread, failed) in marks {
                        for order in ConversationOrder::ALL {
                            let tag = tag.map(|tag| TagName::parse(tag).expect("a tag"));
                            let filter = ConversationFilter { account, stage, tag, unread, failed };
                            let query = ConversationQuery::new(view, *state, now);
                            all.push(ConversationQuery { filter, order: *order, ..query });
                        }
                    }
                }
            }
        }
    }
    all
}

/// What a query has to find, gone through one by one.
fn expected(query: &ConversationQuery, talks: &[(Conversation, &Person)]) -> Vec<ConversationId> {
    let state = |talk: &Conversation| match talk.state_at(query.now) {
        ConversationState::Open => StateFilter::Open,
        ConversationState::Snoozed { .. } => StateFilter::Snoozed,
        ConversationState::Closed => StateFilter::Closed,
    };
    let filter = &query.filter;
    let fits = |(talk, person): &&(Conversation, &Person)| {
        state(talk) == query.state
            && match query.view {
                InboxView::All => true,
                InboxView::Unassigned => talk.assignee.is_none(),
                InboxView::Mine(member) => talk.assignee == Some(member),
            }
            && filter.account.is_none_or(|account| talk.account == account)
            && filter.stage.is_none_or(|stage| person.contact.stage == stage)
            && filter.tag.as_ref().is_none_or(|tag| person.contact.tags.contains(tag))
            && (!filter.unread || talk.unread > 0)
            && (!filter.failed || talk.last_failed)
            && (query.order == ConversationOrder::Latest || talk.waiting_since.is_some())
    };
    let mut found: Vec<&Conversation> = talks.iter().filter(fits).map(|(talk, _)| talk).collect();
    match query.order {
        ConversationOrder::Latest => found.sort_by_key(|talk| Reverse((talk.last_at, talk.id))),
        ConversationOrder::Waiting => found.sort_by_key(|talk| (talk.waiting_since, talk.id)),
    }
    found.into_iter().map(|talk| talk.id).collect()
}

/// Each choice and every combination of them finds what fits all of them, in its order, page by page, and counts it.
pub async fn every_combination_of_filters_finds_what_fits_all_of_them(bed: TestBed) {
    let mixed = mixed(&bed).await;
    let mut talks = Vec::new();
    for person in &mixed.people {
        talks.push((bed.conversation(&mixed.tenant, person).await, person));
    }
    let queries = every_query(&bed, &mixed);
    let counts = bed.store.count_conversations(&mixed.tenant.scope, &queries, 3).await.unwrap();
    assert_eq!(counts.len(), queries.len());
    let mut found_some = 0;
    for (query, count) in queries.iter().zip(counts) {
        let wanted = expected(query, &talks);
        found_some += usize::from(!wanted.is_empty());
        assert_eq!(count as usize, wanted.len().min(3), "{query:?}");
        let (mut seen, mut request) = (Vec::new(), PageRequest::first(2));
        loop {
            let page = bed.store.inbox(&mixed.tenant.scope, query, request).await.unwrap();
            seen.extend(page.items.iter().map(|entry| entry.conversation.id));
            let Some(next) = page.next else { break };
            request = PageRequest::after(Some(next), NonZeroU32::new(2));
        }
        assert_eq!(seen, wanted, "{query:?}");
    }
    assert!(found_some > 50, "only {found_some} of {} combinations find anything", queries.len());
}

/// A list that is narrowed loses what no longer fits, and gains what fits now.
pub async fn a_filter_follows_what_changes(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let heard = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let count = async |filter: ConversationFilter| {
        let query = ConversationQuery::new(InboxView::All, StateFilter::Open, bed.at(5));
        let query = ConversationQuery { filter, ..query };
        bed.store.count_conversations(&tenant.scope, &[query], 9).await.unwrap()[0]
    };
    let none = ConversationFilter::default;
    let customers = || ConversationFilter { stage: Some(Stage::Customer), ..none() };
    let vips = || ConversationFilter { tag: TagName::parse("vip").ok(), ..none() };
    let unread = || ConversationFilter { unread: true, ..none() };
    assert_eq!((count(customers()).await, count(vips()).await, count(unread()).await), (0, 0, 1));
    let mut contact = person.contact.clone();
    contact.stage = Stage::Customer;
    contact.tags = vec![bed.make.tag("vip")];
    bed.write(&tenant.scope, ContactWrite::Update(contact.clone())).await;
    let seen = ConversationWrite::Seen { conversation: person.conversation.id, up_to: heard.id };
    bed.write(&tenant.scope, seen).await;
    assert_eq!((count(customers()).await, count(vips()).await, count(unread()).await), (1, 1, 0));
    contact.tags.clear();
    bed.write(&tenant.scope, ContactWrite::Update(contact)).await;
    assert_eq!((count(customers()).await, count(vips()).await), (1, 0));
}

/// A search is narrowed as a queue is.
pub async fn a_search_is_narrowed_as_a_queue_is(bed: TestBed) {
    let mixed = mixed(&bed).await;
    let mut talks = Vec::new();
    for person in &mixed.people {
        talks.push((bed.conversation(&mixed.tenant, person).await, person));
    }
    for query in every_query(&bed, &mixed) {
        if query.view != InboxView::All || query.order != ConversationOrder::Latest {
            continue;
        }
        let search = ConversationSearch {
            tokens: crate::search::query_tokens("pers"),
            state: query.state,
            filter: query.filter.clone(),
            now: query.now,
        };
        let page = PageRequest::first(200);
        let found = bed.store.find_conversations(&mixed.tenant.scope, &search, page).await.unwrap();
        let ids: Vec<_> = found.page.items.iter().map(|entry| entry.conversation.id).collect();
        assert_eq!(ids, expected(&query, &talks), "{search:?}");
        assert_eq!(found.total, u32::try_from(ids.len()).ok());
    }
}

/// Pages in the order of the wait hold still while others arrive, are answered, or wait longer.
pub async fn pages_of_those_that_wait_hold_still(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut people = Vec::new();
    for place in 0..7 {
        let person = bed.person(&tenant, "Asha").await;
        bed.hears(&tenant, &person, "hello", bed.at(i64::from(place) / 2 * 10)).await;
        people.push(person);
    }
    let query = ConversationQuery {
        order: ConversationOrder::Waiting,
        ..ConversationQuery::new(InboxView::All, StateFilter::Open, bed.now() + TimeDelta::hours(1))
    };
    let whole = bed.store.inbox(&tenant.scope, &query, PageRequest::first(200)).await.unwrap();
    let there: Vec<_> = whole.items.iter().map(|entry| entry.conversation.id).collect();
    assert_eq!(there.len(), 7);
    let (mut seen, mut request) = (Vec::new(), PageRequest::first(2));
    for round in 0.. {
        let page = bed.store.inbox(&tenant.scope, &query, request).await.unwrap();
        seen.extend(page.items.iter().map(|entry| entry.conversation.id));
        let Some(next) = page.next else { break };
        request = PageRequest::after(Some(next), NonZeroU32::new(2));
        // One that was read already is answered; another message moves none of those that wait.
        let answered = people.iter().find(|person| person.conversation.id == seen[round]).unwrap();
        bed.queues(&tenant, answered, "good morning", bed.at(500)).await;
        let waits = people.iter().find(|person| person.conversation.id == there[6]).unwrap();
        bed.hears(&tenant, waits, "still here", bed.at(600 + round as i64)).await;
    }
    assert_eq!(seen, there);
}

//! Lists of conversations: queues, narrowed in several ways, and what a search finds. A list is read by the index that serves
//! what narrows it most; few people with a tag, a stage or the words of a search have their conversations collected.

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use dialzio_core::conversation::{
    ConversationFilter, ConversationOrder, ConversationQuery, ConversationSearch, FoundConversations,
    InboxEntry, InboxView, StateFilter,
};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::rows::{Columns, InboxList, InboxPlace, ListedAt, inbox_page};
use dialzio_core::{ContactId, ConversationId};

use crate::audience;
use crate::codec::{Cols, id, id_list, read, time};
use crate::contacts::{AFTER_ALL, over};
use crate::error::Res;
use crate::retention::RetentionCutoff;
use crate::run::Run;
use crate::statements::{self as sql, Statement};

pub(crate) fn page(
    db: &Connection,
    org: [u8; 16],
    retention: RetentionCutoff,
    query: &ConversationQuery,
    page: &PageRequest,
) -> Res<Page<InboxEntry>> {
    let list = InboxList::of(query.order, page)?;
    let is_whole = query.filter.is_empty() && query.order == ConversationOrder::Latest;
    if let ([view], true) = (&*query.view.within(&audience::current()), is_whole) {
        let query = ConversationQuery { view: *view, ..query.clone() };
        return whole(db, org, retention, &query, &list, page);
    }
    let places = list.page(places(db, org, query, &list, over(page))?);
    Ok(list.entries(&places, entries(db, org, retention, on_page(&places))?))
}

/// How many conversations a query asks for, counted up to `most`.
pub(crate) fn count(db: &Connection, org: [u8; 16], query: &ConversationQuery, most: u32) -> Res<u32> {
    let list = InboxList::start(query.order);
    let found = list.count(places(db, org, query, &list, most.into())?);
    Ok(found.min(most))
}

/// A queue that nothing narrows, newest message first.
fn whole(
    db: &Connection,
    org: [u8; 16],
    retention: RetentionCutoff,
    query: &ConversationQuery,
    list: &InboxList,
    page: &PageRequest,
) -> Res<Page<InboxEntry>> {
    let (at, last) = start(list);
    let (state, still) = stored(query);
    let (cut, now, most) = (retention.cutoff, retention.now, over(page));
    let mut found = match assignee(query.view) {
        None => db.all(sql::INBOX, params![org, cut, now, state, at, last, most, still], read)?,
        Some(who) => {
            db.all(sql::INBOX_OF, params![org, cut, now, state, at, last, most, still, who], read)?
        }
    };
    if query.state == StateFilter::Open {
        // Snoozes that have run out and were not woken yet: few, since the sweep wakes them.
        let woken = db.all(sql::INBOX_WOKEN, params![org, cut, now, time(query.now)], read::<InboxEntry>)?;
        let seen = |entry: &InboxEntry| query.sees(entry.conversation.assignee) && list.follows(entry);
        found.extend(woken.into_iter().filter(seen));
    }
    Ok(inbox_page(found, page))
}

/// The stored word of a state, and from when on a snooze still counts.
fn stored(query: &ConversationQuery) -> (&'static str, Option<i64>) {
    let still = (query.state == StateFilter::Snoozed).then(|| time(query.now));
    (query.state.as_str(), still)
}

/// Whose conversations are asked for, if not everybody's.
fn assignee(view: InboxView) -> Option<Option<[u8; 16]>> {
    match view {
        InboxView::Mine(member) => Some(Some(id(member))),
        InboxView::Unassigned => Some(None),
        InboxView::All => None,
    }
}

/// Where a page begins: behind this time and id.
fn start(list: &InboxList) -> (i64, Vec<u8>) {
    match (list.after(), list.order()) {
        (Some(place), _) => (time(place.at), id(place.conversation).to_vec()),
        (None, ConversationOrder::Latest) => (i64::MAX, AFTER_ALL.to_vec()),
        (None, ConversationOrder::Waiting) => (i64::MIN, Vec::new()),
    }
}

/// The first values of a statement that narrows.
fn narrowed(org: [u8; 16], filter: &ConversationFilter, view: InboxView) -> Vec<Value> {
    let who = assignee(view);
    vec![
        org.to_vec().into(),
        filter.account.map(|account| id(account).to_vec()).into(),
        filter.unread.into(),
        filter.failed.into(),
        filter.stage.map(|stage| stage.as_str().to_owned()).into(),
        filter.tag.as_ref().map(|tag| tag.reveal().to_owned()).into(),
        who.is_some().into(),
        who.flatten().map(|member| member.to_vec()).into(),
    ]
}

/// Up to `limit` places of a list, more of those that are collected, in no order.
fn places(
    db: &Connection,
    org: [u8; 16],
    query: &ConversationQuery,
    list: &InboxList,
    limit: i64,
) -> Res<Vec<ListedAt>> {
    match few(db, org, &query.filter)? {
        Some(people) => {
            let row = narrowed(org, &query.filter, query.view);
            of_people(db, row, people, query.state, time(query.now))
        }
        None => each_view(db, org, query, list, limit),
    }
}

/// The next places of each part of a list that its index keeps together: a list that holds all of them is walked once.
fn each_view(
    db: &Connection,
    org: [u8; 16],
    query: &ConversationQuery,
    list: &InboxList,
    limit: i64,
) -> Res<Vec<ListedAt>> {
    let views = query.view.within(&audience::current());
    if views.len() > 1 && !is_by_assignee(query) {
        return walked(db, org, query, list, limit);
    }
    let mut found = Vec::new();
    for view in views {
        found.extend(walked(db, org, &ConversationQuery { view, ..query.clone() }, list, limit)?);
    }
    Ok(found)
}

/// Whether a list of one assignee's conversations would be read by the index of assignees.
fn is_by_assignee(query: &ConversationQuery) -> bool {
    query.order == ConversationOrder::Latest && !query.filter.failed && !query.filter.unread
}

/// The next places of a list, by an index that keeps its order.
fn walked(
    db: &Connection,
    org: [u8; 16],
    query: &ConversationQuery,
    list: &InboxList,
    limit: i64,
) -> Res<Vec<ListedAt>> {
    let row = narrowed(org, &query.filter, query.view);
    let (at, last) = start(list);
    let (state, still) = stored(query);
    let mut walk = row.clone();
    walk.extend([state.to_owned().into(), at.into(), last.into(), limit.into(), still.into()]);
    let mut found: Vec<ListedAt> = db.all(lead(query), params_from_iter(walk), read)?;
    if query.state == StateFilter::Open {
        let mut woken = row;
        woken.push(time(query.now).into());
        found.extend(db.all(sql::PLACES_WOKEN, params_from_iter(woken), read::<ListedAt>)?);
    }
    Ok(found)
}

/// The statement whose index serves what is likely to leave the fewest.
fn lead(query: &ConversationQuery) -> Statement {
    let filter = &query.filter;
    match query.order {
        ConversationOrder::Waiting => sql::PLACES_WAITING,
        ConversationOrder::Latest if filter.failed => sql::PLACES_FAILED,
        ConversationOrder::Latest if filter.unread => sql::PLACES_UNREAD,
        ConversationOrder::Latest if query.view != InboxView::All => sql::PLACES_OF_ASSIGNEE,
        ConversationOrder::Latest if filter.account.is_some() => sql::PLACES_OF_ACCOUNT,
        ConversationOrder::Latest => sql::PLACES,
    }
}

/// The people with a tag, or at a stage, if they are few.
fn few(db: &Connection, org: [u8; 16], filter: &ConversationFilter) -> Res<Option<Vec<ContactId>>> {
    let tag = filter.tag.as_ref().map(|tag| (sql::PEOPLE_TAGGED, tag.reveal()));
    let stage = filter.stage.map(|stage| (sql::PEOPLE_AT_STAGE, stage.as_str()));
    for (statement, word) in tag.into_iter().chain(stage) {
        let row = params![org, word, ConversationQuery::MANY];
        let found = db.all(statement, row, |row| Cols::new(row, "contact").id())?;
        if found.len() < ConversationQuery::MANY as usize {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The places of all conversations with these people in a state.
fn of_people(
    db: &Connection,
    mut row: Vec<Value>,
    people: Vec<ContactId>,
    state: StateFilter,
    now: i64,
) -> Res<Vec<ListedAt>> {
    row.extend([id_list(people).into(), state.as_str().to_owned().into(), now.into()]);
    db.all(sql::PLACES_OF_PEOPLE, params_from_iter(row), read)
}

fn on_page(places: &Page<InboxPlace>) -> impl Iterator<Item = ConversationId> {
    places.items.iter().map(|place| place.conversation)
}

/// What is shown of these conversations.
pub(crate) fn entries(
    db: &Connection,
    org: [u8; 16],
    retention: RetentionCutoff,
    of: impl IntoIterator<Item = ConversationId>,
) -> Res<Vec<InboxEntry>> {
    let ids = id_list(of);
    db.all(sql::INBOX_ENTRIES, params![org, retention.cutoff, retention.now, ids], read)
}

pub(crate) fn find(
    db: &Connection,
    org: [u8; 16],
    retention: RetentionCutoff,
    query: &ConversationSearch,
    page: &PageRequest,
) -> Res<FoundConversations> {
    let list = InboxList::of(ConversationOrder::Latest, page)?;
    let mut row = narrowed(org, &query.filter, InboxView::All);
    let (places, total) = if let Some(people) = crate::search::people(db, org, &query.tokens)? {
        let all = of_people(db, row, people, query.state, time(query.now))?;
        let total = u32::try_from(all.len()).ok();
        (list.page(all), total)
    } else {
        let (at, last) = start(&list);
        let (state, needles) = (query.state.as_str().to_owned(), crate::search::needles(&query.tokens)?);
        row.extend([state.into(), at.into(), last.into(), over(page).into(), needles.into()]);
        (list.page(db.all(sql::PLACES_BY_WORDS, params_from_iter(row), read)?), None)
    };
    let page = list.entries(&places, entries(db, org, retention, on_page(&places))?);
    Ok(FoundConversations { page, total })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteStore;
    use dialzio_core::contact::{ContactWrite, Stage};
    use dialzio_core::conversation::{ConversationState, ConversationWrite};
    use dialzio_core::testing::conformance::TestBed;
    use std::sync::Arc;

    /// Both ways to a page have to agree, or a list would change as more people get a tag.
    #[tokio::test]
    async fn walking_a_queue_finds_what_collecting_the_people_finds() {
        let clock = TestBed::clock();
        let store = Arc::new(SqliteStore::builder().clock(clock.clone()).temporary().await.unwrap());
        let bed = TestBed::new(store.clone(), clock);
        let tenant = bed.tenant().await;
        let tag = bed.make.tag("vip");
        for place in 0..24_i64 {
            let person = bed.person(&tenant, "Asha").await;
            let mut contact = person.contact.clone();
            contact.stage = if place % 2 == 0 { Stage::Customer } else { Stage::New };
            contact.tags = if place % 3 == 0 { vec![tag.clone()] } else { Vec::new() };
            bed.write(&tenant.scope, ContactWrite::Update(contact)).await;
            bed.hears(&tenant, &person, "hello", bed.at(place)).await;
            if place % 4 == 0 {
                let mut talk = bed.conversation(&tenant, &person).await;
                talk.state = ConversationState::Snoozed { until: bed.at(100 + place) };
                bed.write(&tenant.scope, ConversationWrite::Update(talk)).await;
            }
        }
        let org = id(tenant.org.id);
        for (stage, tag) in
            [(Some(Stage::Customer), None), (None, Some(tag.clone())), (Some(Stage::Customer), Some(tag))]
        {
            for (state, order) in [
                (StateFilter::Open, ConversationOrder::Latest),
                (StateFilter::Open, ConversationOrder::Waiting),
                (StateFilter::Snoozed, ConversationOrder::Latest),
            ] {
                let filter = ConversationFilter { stage, tag: tag.clone(), ..ConversationFilter::default() };
                let query = ConversationQuery::new(InboxView::All, state, bed.at(110));
                let query = ConversationQuery { filter, order, ..query };
                let asked = query.clone();
                let pages = store
                    .system(move |db| {
                        let list = InboxList::start(asked.order);
                        let people = few(db, org, &asked.filter)?.unwrap();
                        let row = narrowed(org, &asked.filter, asked.view);
                        let collected = of_people(db, row, people, asked.state, time(asked.now))?;
                        let walked = walked(db, org, &asked, &list, 200)?;
                        Ok([list.page(collected), list.page(walked)])
                    })
                    .await
                    .unwrap();
                assert_eq!(pages[0], pages[1], "{query:?}");
                assert!(!pages[0].items.is_empty(), "{query:?}");
            }
        }
    }
}

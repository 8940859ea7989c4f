//! Lists of conversations: queues, narrowed in several ways, and what a search finds. A list is read by the index that serves
//! what narrows it most; few people with a tag, a stage or the words of a search have their conversations collected.

use uuid::Uuid;

use dialzio_core::conversation::{
    ConversationFilter, ConversationOrder, ConversationQuery, ConversationSearch, FoundConversations,
    InboxEntry, InboxView, StateFilter,
};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::rows::{Columns, InboxList, InboxPlace, ListedAt, inbox_page};
use dialzio_core::{ContactId, ConversationId};

use crate::codec::{Cols, id, id_list, opt_id, read, time};
use crate::contacts::over;
use crate::error::Res;
use crate::retention::RetentionCutoff;
use crate::run::{Db, Params, params};
use crate::statements::{self as sql, Statement};

pub(crate) async fn page(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    query: &ConversationQuery,
    page: &PageRequest,
) -> Res<Page<InboxEntry>> {
    let list = InboxList::of(query.order, page)?;
    let is_whole = query.filter.is_empty() && query.order == ConversationOrder::Latest;
    if let ([view], true) = (&*query.view.within(db.audience()), is_whole) {
        let query = ConversationQuery { view: *view, ..query.clone() };
        return whole(db, org, retention, &query, &list, page).await;
    }
    let places = list.page(places(db, org, query, &list, over(page)).await?);
    Ok(list.entries(&places, entries(db, org, retention, on_page(&places)).await?))
}

/// How many conversations each query asks for, counted up to `most`.
pub(crate) async fn count(
    db: &mut Db<'_>,
    org: Uuid,
    queries: &[ConversationQuery],
    most: u32,
) -> Res<Vec<u32>> {
    let mut counts = Vec::with_capacity(queries.len());
    for query in queries {
        let list = InboxList::start(query.order);
        let found = places(db, org, query, &list, most.into()).await?;
        counts.push(list.count(found).min(most));
    }
    Ok(counts)
}

/// A queue that nothing narrows, newest message first.
async fn whole(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    query: &ConversationQuery,
    list: &InboxList,
    page: &PageRequest,
) -> Res<Page<InboxEntry>> {
    let (at, last) = start(list);
    let (state, still) = stored(query);
    let woken = (query.state == StateFilter::Open).then(|| time(query.now));
    let mut row = params![org, retention.now, retention.now, state, at, last, over(page), still, woken];
    let who = assignee(query.view);
    let statement = if who.is_some() { sql::INBOX_OF } else { sql::INBOX };
    if let Some(who) = who {
        row.add(who);
    }
    let mut found: Vec<InboxEntry> = db.all(statement, row, read).await?;
    if query.state == StateFilter::Open {
        // Conversations whose snooze ended are read whatever their assignee, and wherever the page begins.
        found.retain(|entry| query.sees(entry.conversation.assignee) && list.follows(entry));
    }
    Ok(inbox_page(found, page))
}

/// The stored word of a state, and from when on a snooze still counts.
fn stored(query: &ConversationQuery) -> (&'static str, Option<i64>) {
    let still = (query.state == StateFilter::Snoozed).then(|| time(query.now));
    (query.state.as_str(), still)
}

/// Whose conversations are asked for, if not everybody's.
fn assignee(view: InboxView) -> Option<Uuid> {
    match view {
        InboxView::Mine(member) => Some(id(member)),
        InboxView::Unassigned => Some(Uuid::nil()),
        InboxView::All => None,
    }
}

/// Where a page begins: behind this time and id.
fn start(list: &InboxList) -> (i64, Uuid) {
    match (list.after(), list.order()) {
        (Some(place), _) => (time(place.at), id(place.conversation)),
        (None, ConversationOrder::Latest) => (i64::MAX, Uuid::max()),
        (None, ConversationOrder::Waiting) => (i64::MIN, Uuid::nil()),
    }
}

/// The first values of a statement that narrows.
fn narrowed(org: Uuid, filter: &ConversationFilter, view: InboxView) -> Params {
    params![
        org,
        opt_id(filter.account),
        filter.unread,
        filter.failed,
        filter.stage.map(dialzio_core::contact::Stage::as_str),
        filter.tag.as_ref().map(dialzio_core::text::TagName::reveal),
        assignee(view),
    ]
}

/// Up to `limit` places of a list, more of those that are collected, in no order.
async fn places(
    db: &mut Db<'_>,
    org: Uuid,
    query: &ConversationQuery,
    list: &InboxList,
    limit: i64,
) -> Res<Vec<ListedAt>> {
    match few(db, org, &query.filter).await? {
        Some(people) => {
            let row = narrowed(org, &query.filter, query.view);
            of_people(db, row, people, query.state, time(query.now)).await
        }
        None => each_view(db, org, query, list, limit).await,
    }
}

/// The next places of each part of a list that its index keeps together: a list that holds all of them is walked once.
async fn each_view(
    db: &mut Db<'_>,
    org: Uuid,
    query: &ConversationQuery,
    list: &InboxList,
    limit: i64,
) -> Res<Vec<ListedAt>> {
    let views = query.view.within(db.audience());
    if views.len() > 1 && !is_by_assignee(query) {
        return walked(db, org, query, list, limit).await;
    }
    let mut found = Vec::new();
    for view in views {
        found.extend(walked(db, org, &ConversationQuery { view, ..query.clone() }, list, limit).await?);
    }
    Ok(found)
}

/// Whether a list of one assignee's conversations would be read by the index of assignees.
fn is_by_assignee(query: &ConversationQuery) -> bool {
    query.order == ConversationOrder::Latest && !query.filter.failed && !query.filter.unread
}

/// The next places of a list, by an index that keeps its order.
async fn walked(
    db: &mut Db<'_>,
    org: Uuid,
    query: &ConversationQuery,
    list: &InboxList,
    limit: i64,
) -> Res<Vec<ListedAt>> {
    let mut row = narrowed(org, &query.filter, query.view);
    let mut woken = row.clone();
    let (at, last) = start(list);
    let (state, still) = stored(query);
    row.add(state);
    row.add(at);
    row.add(last);
    row.add(limit);
    row.add(still);
    let mut found: Vec<ListedAt> = db.all(lead(query), row, read).await?;
    if query.state == StateFilter::Open {
        woken.add(time(query.now));
        found.extend(db.all(sql::PLACES_WOKEN, woken, read::<ListedAt>).await?);
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
async fn few(db: &mut Db<'_>, org: Uuid, filter: &ConversationFilter) -> Res<Option<Vec<ContactId>>> {
    let tag = filter.tag.as_ref().map(|tag| (sql::PEOPLE_TAGGED, tag.reveal()));
    let stage = filter.stage.map(|stage| (sql::PEOPLE_AT_STAGE, stage.as_str()));
    for (statement, word) in tag.into_iter().chain(stage) {
        let row = params![org, word, i64::from(ConversationQuery::MANY)];
        let found = db.all(statement, row, |row| Cols::new(row, "contact").id()).await?;
        if found.len() < ConversationQuery::MANY as usize {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The places of all conversations with these people in a state.
async fn of_people(
    db: &mut Db<'_>,
    mut row: Params,
    people: Vec<ContactId>,
    state: StateFilter,
    now: i64,
) -> Res<Vec<ListedAt>> {
    row.add(id_list(people));
    row.add(state.as_str());
    row.add(now);
    db.all(sql::PLACES_OF_PEOPLE, row, read).await
}

fn on_page(places: &Page<InboxPlace>) -> Vec<ConversationId> {
    places.items.iter().map(|place| place.conversation).collect()
}

/// What is shown of these conversations.
pub(crate) async fn entries(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    of: impl IntoIterator<Item = ConversationId>,
) -> Res<Vec<InboxEntry>> {
    let ids = id_list(of);
    db.all(sql::INBOX_ENTRIES, params![org, retention.now, retention.now, ids], read).await
}

pub(crate) async fn find(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    query: &ConversationSearch,
    page: &PageRequest,
) -> Res<FoundConversations> {
    let list = InboxList::of(ConversationOrder::Latest, page)?;
    let mut row = narrowed(org, &query.filter, InboxView::All);
    let (places, total) = if let Some(people) = crate::search::people(db, org, &query.tokens).await? {
        let all = of_people(db, row, people, query.state, time(query.now)).await?;
        let total = u32::try_from(all.len()).ok();
        (list.page(all), total)
    } else {
        let (at, last) = start(&list);
        let (whole, from, to) = crate::search::words(&query.tokens);
        row.add(query.state.as_str());
        row.add(at);
        row.add(last);
        row.add(over(page));
        row.add(whole);
        row.add(from);
        row.add(to);
        (list.page(db.all(sql::PLACES_BY_WORDS, row, read).await?), None)
    };
    let page = list.entries(&places, entries(db, org, retention, on_page(&places)).await?);
    Ok(FoundConversations { page, total })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Wanted;
    use crate::testing::Cluster;
    use dialzio_core::contact::{ContactWrite, Stage};
    use dialzio_core::conversation::{ConversationState, ConversationWrite};
    use dialzio_core::testing::conformance::TestBed;
    use std::sync::Arc;

    /// Both ways to a page have to agree, or a list would change as more people get a tag.
    #[tokio::test]
    async fn walking_a_queue_finds_what_collecting_the_people_finds() {
        let clock = TestBed::clock();
        let database = Cluster::shared().unwrap().database().await.unwrap();
        let store = Arc::new(database.store(clock.clone()).await.unwrap());
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
                let mut session = store.session(Wanted::Read(tenant.org.id)).await.unwrap();
                let mut db = session.db().unwrap();
                let list = InboxList::start(order);
                let people = few(&mut db, org, &query.filter).await.unwrap().unwrap();
                let row = narrowed(org, &query.filter, query.view);
                let collected = of_people(&mut db, row, people, state, time(query.now)).await.unwrap();
                let walked = walked(&mut db, org, &query, &list, 200).await.unwrap();
                let page = list.page(collected);
                assert_eq!(page, list.page(walked), "{query:?}");
                assert!(!page.items.is_empty(), "{query:?}");
            }
        }
    }
}

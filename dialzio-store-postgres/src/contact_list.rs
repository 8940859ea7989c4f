//! Lists of contacts. Few people with the words of a search or with a tag are collected and sorted; otherwise the list is
//! walked by the index that serves stage and owner, and each contact looked at, since the next match is near.

use uuid::Uuid;

use dialzio_core::ContactId;
use dialzio_core::contact::{Contact, ContactEntry, ContactOrder, ContactQuery};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::rows::{Columns, ContactLead, ContactList, ContactPlace};

use crate::codec::{Cols, id, id_list, read};
use crate::contacts::{self, over};
use crate::error::Res;
use crate::run::{Db, Params, params};
use crate::search;
use crate::statements::{self as sql, Statement};

/// The contacts that a query asks for.
pub(crate) async fn page(
    db: &mut Db<'_>,
    org: Uuid,
    query: &ContactQuery,
    page: &PageRequest,
) -> Res<Page<Contact>> {
    let list = ContactList::of(query.order, page)?;
    let places = match few(db, org, query).await? {
        Some((people, rest)) => among(db, org, &rest, people).await?,
        None => walked(db, org, query, &list, over(page)).await?,
    };
    let places = list.page(places);
    let ids: Vec<_> = places.items.iter().map(|place| place.contact).collect();
    Ok(ContactList::contacts(places, contacts::by_ids(db, org, ids).await?))
}

/// The same with what a list shows beside each.
pub(crate) async fn entries(
    db: &mut Db<'_>,
    org: Uuid,
    query: &ContactQuery,
    request: &PageRequest,
) -> Res<Page<ContactEntry>> {
    let page = page(db, org, query, request).await?;
    let ids: Vec<_> = page.items.iter().map(|contact| contact.id).collect();
    let identities = crate::identities::of_each(db, org, &ids).await?;
    let last = db.all(sql::LAST_CONTACTS, params![org, id_list(ids)], read).await?;
    Ok(ContactList::entries(page, identities, last))
}

/// How many contacts a query asks for, unless there are too many to be counted.
pub(crate) async fn count(db: &mut Db<'_>, org: Uuid, query: &ContactQuery) -> Res<Option<u32>> {
    let found = match few(db, org, query).await? {
        Some((people, rest)) => among(db, org, &rest, people).await?.len(),
        None if query.tokens.is_empty() && query.tag.is_none() => {
            let start = ContactList::start(query.order);
            walked(db, org, query, &start, i64::from(ContactQuery::COUNTED) + 1).await?.len()
        }
        None => return Ok(None),
    };
    Ok(u32::try_from(found).ok().filter(|found| *found <= ContactQuery::COUNTED))
}

/// The people with the words, with the tag, or of the member whose people alone are seen, if they are few, and what of the query is still to be looked at.
async fn few(
    db: &mut Db<'_>,
    org: Uuid,
    query: &ContactQuery,
) -> Res<Option<(Vec<ContactId>, ContactQuery)>> {
    if let Some(people) = search::people(db, org, &query.tokens).await? {
        return Ok(Some((people, ContactQuery { tokens: Vec::new(), ..query.clone() })));
    }
    let most = i64::from(ContactQuery::MANY);
    let is_few = |found: &Vec<ContactId>| found.len() < ContactQuery::MANY as usize;
    if let Some(tag) = &query.tag {
        let row = params![org, tag.reveal(), most];
        let found = db.all(sql::PEOPLE_TAGGED, row, |row| Cols::new(row, "contact").id()).await?;
        if is_few(&found) {
            return Ok(Some((found, ContactQuery { tag: None, ..query.clone() })));
        }
    }
    // Whoever sees one member's people alone would walk through everybody else's.
    let Some(member) = db.audience().only() else { return Ok(None) };
    let audience = db.see_all();
    let row = params![org, id(member), most];
    let found = db.all(sql::CONTACTS_OF_MEMBER, row, |row| Cols::new(row, "contact").id()).await;
    db.see_as(audience);
    Ok(Some(found?).filter(is_few).map(|mut people| {
        people.sort_unstable();
        people.dedup();
        (people, query.clone())
    }))
}

/// The first values of a statement that narrows.
fn narrowed(org: Uuid, query: &ContactQuery) -> Params {
    let (whole, from, to) = search::words(&query.tokens);
    params![
        org,
        query.stage.map(dialzio_core::contact::Stage::as_str),
        query.owner.map(|owner| owner.member().map_or_else(Uuid::nil, id)),
        query.tag.as_ref().map(dialzio_core::text::TagName::reveal),
        whole,
        from,
        to,
        !query.tokens.is_empty(),
    ]
}

/// Those of these people whom the query asks for, in no order.
async fn among(
    db: &mut Db<'_>,
    org: Uuid,
    query: &ContactQuery,
    people: Vec<ContactId>,
) -> Res<Vec<ContactPlace>> {
    let mut row = narrowed(org, query);
    row.add(id_list(people));
    db.all(sql::CONTACTS_AMONG, row, read).await
}

/// The next places of a list, by an index that keeps its order.
async fn walked(
    db: &mut Db<'_>,
    org: Uuid,
    query: &ContactQuery,
    list: &ContactList,
    limit: i64,
) -> Res<Vec<ContactPlace>> {
    let mut row = narrowed(org, query);
    let after = list.after();
    let last = after.map(|place| id(place.contact));
    match list.order() {
        ContactOrder::Name => {
            row.add(after.map(|place| place.sort_key.clone()).unwrap_or_default());
            row.add(last.unwrap_or_else(Uuid::nil));
        }
        ContactOrder::Newest => row.add(last.unwrap_or_else(Uuid::max)),
    }
    row.add(limit);
    db.all(lead(list.order(), ContactLead::of(query)), row, read).await
}

/// The statement whose index serves what leads the list.
const fn lead(order: ContactOrder, lead: ContactLead) -> Statement {
    match (order, lead) {
        (ContactOrder::Name, ContactLead::Order) => sql::CONTACTS,
        (ContactOrder::Name, ContactLead::Stage) => sql::CONTACTS_OF_STAGE,
        (ContactOrder::Name, ContactLead::Owner) => sql::CONTACTS_OF_OWNER,
        (ContactOrder::Name, ContactLead::OwnerAtStage) => sql::CONTACTS_OF_OWNER_AT_STAGE,
        (ContactOrder::Name, ContactLead::Nobody) => sql::CONTACTS_OF_NOBODY,
        (ContactOrder::Name, ContactLead::NobodyAtStage) => sql::CONTACTS_OF_NOBODY_AT_STAGE,
        (ContactOrder::Newest, ContactLead::Order) => sql::NEWEST_CONTACTS,
        (ContactOrder::Newest, ContactLead::Stage) => sql::NEWEST_CONTACTS_OF_STAGE,
        (ContactOrder::Newest, ContactLead::Owner) => sql::NEWEST_CONTACTS_OF_OWNER,
        (ContactOrder::Newest, ContactLead::OwnerAtStage) => sql::NEWEST_CONTACTS_OF_OWNER_AT_STAGE,
        (ContactOrder::Newest, ContactLead::Nobody) => sql::NEWEST_CONTACTS_OF_NOBODY,
        (ContactOrder::Newest, ContactLead::NobodyAtStage) => sql::NEWEST_CONTACTS_OF_NOBODY_AT_STAGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Wanted;
    use crate::testing::Cluster;
    use dialzio_core::contact::{ContactWrite, OwnerFilter, Stage};
    use dialzio_core::store::Write;
    use dialzio_core::testing::conformance::TestBed;
    use std::sync::Arc;

    /// Both ways to a page have to agree, or a list would change its order as it grows.
    #[tokio::test]
    async fn walking_a_list_finds_what_collecting_the_matches_finds() {
        let clock = TestBed::clock();
        let database = Cluster::shared().unwrap().database().await.unwrap();
        let store = Arc::new(database.store(clock.clone()).await.unwrap());
        let bed = TestBed::new(store.clone(), clock);
        let tenant = bed.tenant().await;
        let (tag, member) = (bed.make.tag("vip"), bed.make.id());
        let record = |number: u64| {
            let mut contact = bed.make.contact(&format!("Name{} Family{}", number % 70, number % 3));
            contact.stage = if number.is_multiple_of(2) { Stage::New } else { Stage::Customer };
            contact.owner = number.is_multiple_of(3).then_some(member);
            contact.tags = if number.is_multiple_of(5) { vec![tag.clone()] } else { Vec::new() };
            Write::from(ContactWrite::Insert(contact))
        };
        bed.write_all(&tenant.scope, (0..300).map(record)).await;
        let mut session = store.session(Wanted::Read(tenant.org.id)).await.unwrap();
        let mut db = session.db().unwrap();
        let org = id(tenant.org.id);
        for text in ["", "fam", "family1 name2", "name6", "name69 family0", "family1 name4 name4", "absent"] {
            for (stage, owner, tag) in [
                (None, None, None),
                (Some(Stage::Customer), None, None),
                (None, Some(OwnerFilter::Nobody), None),
                (Some(Stage::New), Some(OwnerFilter::Member(member)), None),
                (None, Some(OwnerFilter::Member(member)), Some(tag.clone())),
            ] {
                for order in [ContactOrder::Name, ContactOrder::Newest] {
                    let matching = ContactQuery::matching(text);
                    let query = ContactQuery { stage, owner, tag: tag.clone(), order, ..matching };
                    let list = ContactList::of(order, &PageRequest::first(200)).unwrap();
                    let found = walked(&mut db, org, &query, &list, 1_000).await.unwrap();
                    let people = few(&mut db, org, &query).await.unwrap();
                    assert_eq!(people.is_none(), text.is_empty() && tag.is_none(), "{query:?}");
                    let Some((people, rest)) = people else { continue };
                    let collected = among(&mut db, org, &rest, people).await.unwrap();
                    assert_eq!(list.page(collected), list.page(found), "{query:?}");
                }
            }
        }
    }
}

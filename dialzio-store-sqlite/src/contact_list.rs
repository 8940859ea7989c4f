//! Lists of contacts. Few people with the words of a search or with a tag are collected and sorted; otherwise the list is
//! walked by the index that serves stage and owner, and each contact looked at, since the next match is near.

use rusqlite::types::Value;
use rusqlite::{Connection, ToSql, params, params_from_iter};

use dialzio_core::ContactId;
use dialzio_core::contact::{Contact, ContactEntry, ContactOrder, ContactQuery, OwnerFilter};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::rows::{Columns, ContactLead, ContactList, ContactPlace};

use crate::audience;
use crate::codec::{Cols, id, id_list, read};
use crate::contacts::{self, AFTER_ALL, over};
use crate::error::Res;
use crate::run::Run;
use crate::search;
use crate::statements::{self as sql, Statement};

/// The contacts that a query asks for.
pub(crate) fn page(
    db: &Connection,
    org: [u8; 16],
    query: &ContactQuery,
    page: &PageRequest,
) -> Res<Page<Contact>> {
    let list = ContactList::of(query.order, page)?;
    let places = match few(db, org, query)? {
        Some((people, rest)) => among(db, org, &rest, people)?,
        None => walked(db, org, query, &list, over(page))?,
    };
    let places = list.page(places);
    let ids: Vec<_> = places.items.iter().map(|place| place.contact).collect();
    Ok(ContactList::contacts(places, contacts::by_ids(db, org, &ids)?))
}

/// The same with what a list shows beside each.
pub(crate) fn entries(
    db: &Connection,
    org: [u8; 16],
    query: &ContactQuery,
    request: &PageRequest,
) -> Res<Page<ContactEntry>> {
    let page = page(db, org, query, request)?;
    let ids: Vec<_> = page.items.iter().map(|contact| contact.id).collect();
    let identities = crate::identities::of_each(db, org, &ids)?;
    let last = db.all(sql::LAST_CONTACTS, params![org, id_list(ids)], read)?;
    Ok(ContactList::entries(page, identities, last))
}

/// How many contacts a query asks for, unless there are too many to be counted.
pub(crate) fn count(db: &Connection, org: [u8; 16], query: &ContactQuery) -> Res<Option<u32>> {
    let found = match few(db, org, query)? {
        Some((people, rest)) => among(db, org, &rest, people)?.len(),
        None if query.tokens.is_empty() && query.tag.is_none() => {
            let start = ContactList::start(query.order);
            walked(db, org, query, &start, i64::from(ContactQuery::COUNTED) + 1)?.len()
        }
        None => return Ok(None),
    };
    Ok(u32::try_from(found).ok().filter(|found| *found <= ContactQuery::COUNTED))
}

/// The people with the words, with the tag, or of the member whose people alone are seen, if they are few, and what of the query is still to be looked at.
fn few(db: &Connection, org: [u8; 16], query: &ContactQuery) -> Res<Option<(Vec<ContactId>, ContactQuery)>> {
    if let Some(people) = search::people(db, org, &query.tokens)? {
        return Ok(Some((people, ContactQuery { tokens: Vec::new(), ..query.clone() })));
    }
    let up_to = |statement, value: &dyn ToSql| -> Res<Option<Vec<ContactId>>> {
        let found =
            db.all(statement, params![org, value, ContactQuery::MANY], |row| Cols::new(row, "contact").id())?;
        Ok((found.len() < ContactQuery::MANY as usize).then_some(found))
    };
    if let Some(tag) = &query.tag
        && let Some(people) = up_to(sql::PEOPLE_TAGGED, &tag.reveal())?
    {
        return Ok(Some((people, ContactQuery { tag: None, ..query.clone() })));
    }
    // Whoever sees one member's people alone would walk through everybody else's.
    let Some(member) = audience::current().only() else { return Ok(None) };
    let people = audience::whole(|| up_to(sql::CONTACTS_OF_MEMBER, &id(member)))?;
    Ok(people.map(|mut people| {
        people.sort_unstable();
        people.dedup();
        (people, query.clone())
    }))
}

/// The first values of a statement that narrows.
fn narrowed(org: [u8; 16], query: &ContactQuery) -> Res<Vec<Value>> {
    let words = (!query.tokens.is_empty()).then(|| search::needles(&query.tokens)).transpose()?;
    Ok(vec![
        org.to_vec().into(),
        query.stage.map(|stage| stage.as_str().to_owned()).into(),
        query.owner.is_some().into(),
        query.owner.and_then(OwnerFilter::member).map(|member| id(member).to_vec()).into(),
        query.tag.as_ref().map(|tag| tag.reveal().to_owned()).into(),
        words.into(),
    ])
}

/// Those of these people whom the query asks for, in no order.
fn among(
    db: &Connection,
    org: [u8; 16],
    query: &ContactQuery,
    people: Vec<ContactId>,
) -> Res<Vec<ContactPlace>> {
    let mut row = narrowed(org, query)?;
    row.push(id_list(people).into());
    db.all(sql::CONTACTS_AMONG, params_from_iter(row), read)
}

/// The next places of a list, by an index that keeps its order.
fn walked(
    db: &Connection,
    org: [u8; 16],
    query: &ContactQuery,
    list: &ContactList,
    limit: i64,
) -> Res<Vec<ContactPlace>> {
    let mut row = narrowed(org, query)?;
    let after = list.after().map(|place| (place.sort_key.clone(), id(place.contact).to_vec()));
    match list.order() {
        ContactOrder::Name => {
            let (name, last) = after.unwrap_or_default();
            row.extend([name.into(), last.into()]);
        }
        ContactOrder::Newest => row.push(after.map_or_else(|| AFTER_ALL.to_vec(), |(_, last)| last).into()),
    }
    row.push(limit.into());
    db.all(lead(list.order(), ContactLead::of(query)), params_from_iter(row), read)
}

/// The statement whose index serves what leads the list.
const fn lead(order: ContactOrder, lead: ContactLead) -> Statement {
    match (order, lead) {
        (ContactOrder::Name, ContactLead::Order) => sql::CONTACTS,
        (ContactOrder::Name, ContactLead::Stage) => sql::CONTACTS_OF_STAGE,
        (ContactOrder::Name, ContactLead::Owner | ContactLead::Nobody) => sql::CONTACTS_OF_OWNER,
        (ContactOrder::Name, ContactLead::OwnerAtStage | ContactLead::NobodyAtStage) => {
            sql::CONTACTS_OF_OWNER_AT_STAGE
        }
        (ContactOrder::Newest, ContactLead::Order) => sql::NEWEST_CONTACTS,
        (ContactOrder::Newest, ContactLead::Stage) => sql::NEWEST_CONTACTS_OF_STAGE,
        (ContactOrder::Newest, ContactLead::Owner | ContactLead::Nobody) => sql::NEWEST_CONTACTS_OF_OWNER,
        (ContactOrder::Newest, ContactLead::OwnerAtStage | ContactLead::NobodyAtStage) => {
            sql::NEWEST_CONTACTS_OF_OWNER_AT_STAGE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteStore;
    use dialzio_core::contact::{ContactWrite, Stage};
    use dialzio_core::store::Write;
    use dialzio_core::testing::conformance::TestBed;
    use std::sync::Arc;

    /// Both ways to a page have to agree, or a list would change its order as it grows.
    #[tokio::test]
    async fn walking_a_list_finds_what_collecting_the_matches_finds() {
        let clock = TestBed::clock();
        let store = Arc::new(SqliteStore::builder().clock(clock.clone()).temporary().await.unwrap());
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
        let org = id(tenant.org.id);
        let words = ["", "fam", "family1 name2", "name6", "name69 family0", "absent"];
        for text in words {
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
                    let asked = query.clone();
                    let (collected, walked) = store
                        .system(move |db| {
                            let list = ContactList::of(order, &PageRequest::first(200))?;
                            let walked = list.page(walked(db, org, &asked, &list, 1_000)?);
                            let people = few(db, org, &asked)?;
                            let collected =
                                people.map(|(people, rest)| among(db, org, &rest, people)).transpose()?;
                            Ok((collected.map(|places| list.page(places)), walked))
                        })
                        .await
                        .unwrap();
                    assert_eq!(collected.is_none(), text.is_empty() && tag.is_none(), "{query:?}");
                    assert_eq!(collected.unwrap_or_else(|| walked.clone()), walked, "{query:?}");
                }
            }
        }
    }
}

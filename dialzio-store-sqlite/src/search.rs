//! Contacts by words. Results come in the order of names, so there are two ways to a page: few matches are collected and
//! sorted; if there are many, the list of names is scanned and each name is looked at, since the next match is near.

use rusqlite::{Connection, params};

use dialzio_core::contact::{Contact, ContactQuery, Stage};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::rows::Columns;
use dialzio_core::{ContactId, OrgId, TypedId};

use crate::codec::{Cols, id, json};
use crate::contacts::{self, list_after, list_key, over};
use crate::error::Res;
use crate::run::Run;
use crate::statements as sql;

/// From how many matches on the names are scanned.
const MANY: i64 = 4_000;

/// A word as the index knows it: behind the organisation's id, so that it can match no other's.
fn word(org: &str, token: &str) -> String {
    format!("{org}{token}")
}

fn hex(org: [u8; 16]) -> String {
    uuid::Uuid::from_bytes(org).simple().to_string()
}

/// Whether a token can be in the index at all. What core makes always can.
fn is_word(token: &str) -> bool {
    token.chars().all(char::is_alphanumeric)
}

/// The contacts that a query asks for.
pub(crate) fn list(
    db: &Connection,
    org: [u8; 16],
    query: &ContactQuery,
    page: &PageRequest,
) -> Res<Page<Contact>> {
    if query.tokens.is_empty() {
        contacts::by_name(db, org, query.stage, page)
    } else {
        find(db, org, query, page)
    }
}

fn find(db: &Connection, org: [u8; 16], query: &ContactQuery, page: &PageRequest) -> Res<Page<Contact>> {
    let none = Page { items: Vec::new(), next: None };
    let Some((last, whole)) = query.tokens.split_last() else { return Ok(none) };
    if !query.tokens.iter().all(|token| is_word(token)) || whole.iter().any(String::is_empty) {
        return Ok(none);
    }
    let after = list_after(page)?;
    let mut found = match few(db, org, query, whole, last)? {
        Some(mut all) => {
            all.retain(|(name, contact)| {
                (name.as_str(), contact.uuid().as_bytes().as_slice()) > (after.0.as_str(), &after.1)
            });
            all.sort_unstable();
            all
        }
        None => scan(db, org, query, whole, last, &after, over(page))?,
    };
    found.truncate(page.limit as usize + 1);
    let page = Page::from_overread(found, page.limit, |(name, contact)| list_key(name, *contact));
    let mut people =
        contacts::by_ids(db, org, &page.items.iter().map(|(_, contact)| *contact).collect::<Vec<_>>())?;
    people.sort_by_cached_key(|record| (record.sort_key(), record.id));
    Ok(Page { items: people, next: page.next })
}

/// The people whom words find, if they are few.
pub(crate) fn people(db: &Connection, org: [u8; 16], tokens: &[String]) -> Res<Option<Vec<ContactId>>> {
    let Some((last, whole)) = tokens.split_last() else { return Ok(None) };
    if !tokens.iter().all(|token| is_word(token)) || whole.iter().any(String::is_empty) {
        return Ok(Some(Vec::new()));
    }
    let found = few(db, org, &ContactQuery::default(), whole, last)?;
    Ok(found.map(|all| all.into_iter().map(|(_, contact)| contact).collect()))
}

/// What the words of a contact must hold, for a scan.
pub(crate) fn needles(tokens: &[String]) -> Res<String> {
    let Some((last, whole)) = tokens.split_last() else { return json(&Vec::<String>::new(), "search") };
    let mut needles: Vec<String> = whole.iter().map(|token| format!(" {token} ")).collect();
    needles.push(format!(" {last}"));
    json(&needles, "search")
}

/// All matches, if they are few.
fn few(
    db: &Connection,
    org: [u8; 16],
    query: &ContactQuery,
    whole: &[String],
    last: &str,
) -> Res<Option<Vec<(String, ContactId)>>> {
    let prefix = hex(org);
    let mut wanted: Vec<String> = whole.iter().map(|token| format!("\"{}\"", word(&prefix, token))).collect();
    wanted.push(format!("\"{}\"*", word(&prefix, last)));
    let found = db.all(sql::SEARCH_WORDS, params![org, wanted.join(" "), MANY], |row| {
        let c = Cols::new(row, "search entry");
        Ok((c.get::<String>()?, c.id()?, c.word()?))
    })?;
    if found.len() as i64 == MANY {
        return Ok(None);
    }
    let fits = |stage| query.stage.is_none_or(|wanted| wanted == stage);
    Ok(Some(found.into_iter().filter(|(.., stage)| fits(*stage)).map(|(name, id, _)| (name, id)).collect()))
}

/// The next matches in the list of names.
fn scan(
    db: &Connection,
    org: [u8; 16],
    query: &ContactQuery,
    whole: &[String],
    last: &str,
    after: &(String, Vec<u8>),
    limit: i64,
) -> Res<Vec<(String, ContactId)>> {
    let needles = needles(&[whole, &[last.to_owned()]].concat())?;
    let stage = query.stage.map(Stage::as_str);
    db.all(sql::SEARCH_NAMES, params![org, after.0, after.1, stage, needles, limit], |row| {
        let c = Cols::new(row, "search entry");
        Ok((c.get()?, c.id()?))
    })
}

/// Brings a contact's words up to date.
pub(crate) fn index(db: &Connection, org: OrgId, contact: ContactId) -> Res<()> {
    let key = id(org);
    let Some(record) = contacts::one(db, key, contact)? else { return Ok(()) };
    let identities = crate::identities::of_contact(db, key, contact)?;
    let (name, tokens) = (record.sort_key(), record.search_tokens(&identities));
    let text = if tokens.is_empty() { String::new() } else { format!(" {} ", tokens.join(" ")) };
    let kept = db.one(sql::SEARCH_ROW, params![key, id(contact)], |row| {
        let c = Cols::new(row, "search entry");
        Ok((c.get::<i64>()?, c.get::<String>()?, c.get::<String>()?, c.get::<String>()?))
    })?;
    if kept.as_ref().is_some_and(|(_, n, s, t)| *n == name && s == record.stage.as_str() && *t == text) {
        return Ok(());
    }
    let doc =
        db.one(sql::PUT_SEARCH, params![key, id(contact), name, record.stage.as_str(), text], |row| {
            Cols::new(row, "search entry").get::<i64>()
        })?;
    let Some(doc) = doc else { return Ok(()) };
    let prefix = hex(key);
    let words = |text: &str| text.split_whitespace().map(|t| word(&prefix, t)).collect::<Vec<_>>().join(" ");
    if let Some((_, _, _, before)) = &kept {
        if *before == text {
            return Ok(());
        }
        db.run(sql::DROP_WORDS, params![doc, words(before)])?;
    }
    db.run(sql::PUT_WORDS, params![doc, words(&text)]).map(drop)
}

/// Indexes every contact there is.
pub(crate) fn index_all(db: &Connection) -> Res<()> {
    let mut org: Vec<u8> = Vec::new();
    loop {
        let orgs = db.all(sql::HEADS, params![org, 100], |row| Cols::new(row, "head").id::<OrgId>())?;
        let Some(newest) = orgs.last() else { return Ok(()) };
        org = id(*newest).to_vec();
        for org in orgs {
            let mut page = PageRequest::first(PageRequest::MAX);
            loop {
                let some = contacts::by_name(db, id(org), None, &page)?;
                for contact in &some.items {
                    index(db, org, contact.id)?;
                }
                if some.next.is_none() {
                    break;
                }
                page.after = some.next;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteStore;
    use dialzio_core::Store;
    use dialzio_core::contact::{ContactStore, ContactWrite, Stage};
    use dialzio_core::store::Write;
    use dialzio_core::testing::conformance::TestBed;
    use std::sync::Arc;

    /// Both ways to a page have to agree, or a list would change its order as it grows.
    #[tokio::test]
    async fn walking_the_names_finds_what_collecting_the_matches_finds() {
        let clock = TestBed::clock();
        let store = Arc::new(SqliteStore::builder().clock(clock.clone()).temporary().await.unwrap());
        let bed = TestBed::new(store.clone(), clock);
        let (tenant, other) = (bed.tenant().await, bed.tenant().await);
        for (tenant, count) in [(&tenant, 300), (&other, 20)] {
            let record = |number: u64| {
                let mut contact = bed.make.contact(&format!("Name{} Family{}", number % 70, number % 3));
                contact.stage = if number.is_multiple_of(2) { Stage::New } else { Stage::Customer };
                Write::from(ContactWrite::Insert(contact))
            };
            bed.write_all(&tenant.scope, (0..count).map(record)).await;
        }
        let query = |text: &str, stage| ContactQuery { stage, ..ContactQuery::matching(text) };
        for wanted in [
            query("fam", None),
            query("family1 name2", None),
            query("name6", Some(Stage::Customer)),
            query("name69 family0", None),
            query("absent", None),
            query("family1", Some(Stage::New)),
        ] {
            let org = id(tenant.org.id);
            let copy = wanted.clone();
            let (collected, scanned) = store
                .system(move |db| {
                    let (last, whole) = copy.tokens.split_last().unwrap();
                    let mut collected = few(db, org, &copy, whole, last)?.unwrap();
                    collected.sort_unstable();
                    Ok((collected, scan(db, org, &copy, whole, last, &Default::default(), 1_000)?))
                })
                .await
                .unwrap();
            assert_eq!(collected, scanned, "{wanted:?}");
            let (mut paged, mut page) = (Vec::new(), PageRequest::first(7));
            loop {
                let some = store.contacts(&tenant.scope, &wanted, page.clone()).await.unwrap();
                paged.extend(some.items.iter().map(|record| (record.sort_key(), record.id)));
                page.after = some.next;
                if page.after.is_none() {
                    break;
                }
            }
            assert_eq!(paged, collected, "{wanted:?}");
        }
        let store: &dyn Store = &*store;
        let few = store.contacts(&other.scope, &query("fam", None), PageRequest::first(200)).await.unwrap();
        assert_eq!(few.items.len(), 20);
    }

    #[tokio::test]
    async fn what_a_person_types_is_never_a_query_of_the_index() {
        let clock = TestBed::clock();
        let store = Arc::new(SqliteStore::builder().clock(clock.clone()).temporary().await.unwrap());
        let bed = TestBed::new(store, clock);
        let tenant = bed.tenant().await;
        bed.person(&tenant, "Asha NEAR Ben").await;
        for tokens in
            [vec!["\"".to_owned()], vec!["a OR b".to_owned()], vec!["*".to_owned()], vec!["near".to_owned()]]
        {
            let expected = usize::from(tokens[0] == "near");
            let query = ContactQuery { tokens, stage: None };
            let found = bed.store.contacts(&tenant.scope, &query, PageRequest::first(10)).await.unwrap();
            assert_eq!(found.items.len(), expected, "{query:?}");
        }
    }
}

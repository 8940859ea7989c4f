//! Contacts by words. Results come in the order of names, so there are two ways to a page: few matches are collected and
//! sorted; if there are many, the list of names is scanned and each name is looked at, since the next match is near.
//!
//! Words are rows, compared by their bytes. Row-level security lets no index be used with an operator that might
//! leak hidden rows, which the operators of PostgreSQL's text search may; comparing bytes does not.

use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

use dialzio_core::contact::{Contact, ContactQuery, Stage};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::rows::Columns;
use dialzio_core::{ContactId, TypedId};

use crate::codec::{Cols, id, id_list};
use crate::contacts::{self, list_after, list_key, over};
use crate::error::Res;
use crate::run::{Db, params};
use crate::statements as sql;

/// From how many matches on the names are scanned.
const MANY: i64 = 4_000;

/// Behind every word that begins with `word`: no word holds the last character there is.
fn end_of(word: &str) -> String {
    format!("{word}\u{10ffff}")
}

/// Whether a token can be in the index at all. What core makes always can.
fn is_word(token: &str) -> bool {
    token.chars().all(char::is_alphanumeric)
}

/// The contacts that a query asks for.
pub(crate) async fn list(
    db: &mut Db<'_>,
    org: Uuid,
    query: &ContactQuery,
    page: &PageRequest,
) -> Res<Page<Contact>> {
    if query.tokens.is_empty() {
        contacts::by_name(db, org, query.stage, page).await
    } else {
        find(db, org, query, page).await
    }
}

async fn find(db: &mut Db<'_>, org: Uuid, query: &ContactQuery, page: &PageRequest) -> Res<Page<Contact>> {
    let none = Page { items: Vec::new(), next: None };
    let Some((last, whole)) = query.tokens.split_last() else { return Ok(none) };
    if !query.tokens.iter().all(|token| is_word(token)) || whole.iter().any(String::is_empty) {
        return Ok(none);
    }
    let whole = once(whole);
    let after = list_after(page)?;
    let mut found = match few(db, org, query, &whole, last).await? {
        Some(mut all) => {
            all.retain(|(name, contact)| (name.as_str(), id(*contact)) > (after.0.as_str(), after.1));
            all.sort_unstable();
            all
        }
        None => scan(db, org, query, &whole, last, &after, over(page)).await?,
    };
    found.truncate(page.limit as usize + 1);
    let page = Page::from_overread(found, page.limit, |(name, contact)| list_key(name, *contact));
    let mut people = contacts::by_ids(db, org, page.items.iter().map(|(_, contact)| *contact)).await?;
    people.sort_by_cached_key(|contact| (contact.sort_key(), contact.id));
    Ok(Page { items: people, next: page.next })
}

/// The people whom words find, if they are few.
pub(crate) async fn people(db: &mut Db<'_>, org: Uuid, tokens: &[String]) -> Res<Option<Vec<ContactId>>> {
    let Some((last, whole)) = tokens.split_last() else { return Ok(None) };
    if !tokens.iter().all(|token| is_word(token)) || whole.iter().any(String::is_empty) {
        return Ok(Some(Vec::new()));
    }
    let found = few(db, org, &ContactQuery::default(), &once(whole), last).await?;
    Ok(found.map(|all| all.into_iter().map(|(_, contact)| contact).collect()))
}

/// Words that must be there whole, and the first and the last word that the beginning may stand for.
pub(crate) fn words(tokens: &[String]) -> (Vec<String>, String, String) {
    let Some((last, whole)) = tokens.split_last() else { return (Vec::new(), String::new(), end_of("")) };
    (once(whole), last.clone(), end_of(last))
}

/// Once each: the statements count how many of them a contact has.
fn once(whole: &[String]) -> Vec<String> {
    let mut whole = whole.to_vec();
    whole.sort_unstable();
    whole.dedup();
    whole
}

/// All matches, if they are few.
async fn few(
    db: &mut Db<'_>,
    org: Uuid,
    query: &ContactQuery,
    whole: &[String],
    last: &str,
) -> Res<Option<Vec<(String, ContactId)>>> {
    // The longest whole word is likely to be the rarest.
    let lead = whole.iter().max_by_key(|word| word.len());
    let (from, to) =
        lead.map_or_else(|| (last.to_owned(), end_of(last)), |word| (word.clone(), word.clone()));
    let prefix = lead.map(|_| last);
    let others: Vec<&str> = whole.iter().filter(|word| Some(*word) != lead).map(String::as_str).collect();
    let row = params![org, from, to, others, prefix, end_of(last), MANY];
    let found = db
        .all(sql::SEARCH_WORDS, row, |row| {
            let c = Cols::new(row, "search entry");
            Ok((c.get::<String>()?, c.id()?, c.word::<Stage>()?))
        })
        .await?;
    if found.len() as i64 == MANY {
        return Ok(None);
    }
    let fits = |stage| query.stage.is_none_or(|wanted| wanted == stage);
    Ok(Some(found.into_iter().filter(|(.., stage)| fits(*stage)).map(|(name, id, _)| (name, id)).collect()))
}

/// The next matches in the list of names.
async fn scan(
    db: &mut Db<'_>,
    org: Uuid,
    query: &ContactQuery,
    whole: &[String],
    last: &str,
    after: &(String, Uuid),
    limit: i64,
) -> Res<Vec<(String, ContactId)>> {
    let stage = query.stage.map(Stage::as_str);
    let row = params![org, after.0, after.1, stage, whole, last, end_of(last), limit];
    db.all(sql::SEARCH_NAMES, row, |row| {
        let c = Cols::new(row, "search entry");
        Ok((c.get()?, c.id()?))
    })
    .await
}

/// Brings the words of contacts up to date.
pub(crate) async fn index(db: &mut Db<'_>, org: Uuid, of: &[ContactId]) -> Res<()> {
    let people = contacts::by_ids(db, org, of.iter().copied()).await?;
    let identities = crate::identities::of_each(db, org, of).await?;
    let mut kept: BTreeMap<ContactId, BTreeSet<String>> = BTreeMap::new();
    let rows = db
        .all(sql::WORDS_OF, params![org, id_list(of.iter().copied())], |row| {
            let c = Cols::new(row, "search entry");
            Ok((c.id::<ContactId>()?, c.get::<String>()?))
        })
        .await?;
    for (contact, word) in rows {
        kept.entry(contact).or_default().insert(word);
    }
    let mut added = Vec::new();
    for contact in &people {
        let own: Vec<_> =
            identities.iter().filter(|identity| identity.contact == contact.id).cloned().collect();
        let wanted: BTreeSet<String> = contact.search_tokens(&own).into_iter().collect();
        let before = kept.remove(&contact.id).unwrap_or_default();
        let gone: Vec<String> = before.difference(&wanted).cloned().collect();
        if !gone.is_empty() {
            db.run(sql::DROP_WORDS, params![org, contact.id.uuid(), gone]).await?;
        }
        added.extend(wanted.difference(&before).map(|word| (contact.id, word.clone())));
    }
    db.put(
        sql::PUT_WORDS,
        |row| row.add(org),
        &added,
        |row, (contact, word)| {
            row.add(id(*contact));
            row.add(word);
            Ok(())
        },
    )
    .await
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Wanted;
    use crate::testing::Cluster;
    use dialzio_core::contact::{ContactStore, ContactWrite};
    use dialzio_core::store::Write;
    use dialzio_core::testing::conformance::TestBed;
    use std::sync::Arc;

    /// Both ways to a page have to agree, or a list would change its order as it grows.
    #[tokio::test]
    async fn walking_the_names_finds_what_collecting_the_matches_finds() {
        let clock = TestBed::clock();
        let database = Cluster::shared().unwrap().database().await.unwrap();
        let store = Arc::new(database.store(clock.clone()).await.unwrap());
        let bed = TestBed::new(store.clone(), clock);
        let (tenant, other) = (bed.tenant().await, bed.tenant().await);
        for (tenant, count) in [(&tenant, 300), (&other, 20)] {
            let contact = |number: u64| {
                let mut contact = bed.make.contact(&format!("Name{} Family{}", number % 70, number % 3));
                contact.stage = if number.is_multiple_of(2) { Stage::New } else { Stage::Customer };
                Write::from(ContactWrite::Insert(contact))
            };
            bed.write_all(&tenant.scope, (0..count).map(contact)).await;
        }
        let query = |text: &str, stage| ContactQuery { stage, ..ContactQuery::matching(text) };
        for wanted in [
            query("fam", None),
            query("family1 name2", None),
            query("name6", Some(Stage::Customer)),
            query("name69 family0", None),
            query("family1 name4 name4", None),
            query("absent", None),
            query("family1", Some(Stage::New)),
        ] {
            let (last, whole) = wanted.tokens.split_last().unwrap();
            let mut session = store.session(Wanted::Read(tenant.org.id)).await.unwrap();
            let mut db = session.db().unwrap();
            let org = id(tenant.org.id);
            let mut collected = few(&mut db, org, &wanted, whole, last).await.unwrap().unwrap();
            collected.sort_unstable();
            let start = (String::new(), Uuid::nil());
            let scanned = scan(&mut db, org, &wanted, whole, last, &start, 1_000).await.unwrap();
            assert_eq!(collected, scanned, "{wanted:?}");
            let (mut paged, mut page) = (Vec::new(), PageRequest::first(7));
            loop {
                let some = store.contacts(&tenant.scope, &wanted, page.clone()).await.unwrap();
                paged.extend(some.items.iter().map(|contact| (contact.sort_key(), contact.id)));
                page.after = some.next;
                if page.after.is_none() {
                    break;
                }
            }
            assert_eq!(paged, collected, "{wanted:?}");
        }
        let few = store.contacts(&other.scope, &query("fam", None), PageRequest::first(200)).await.unwrap();
        assert_eq!(few.items.len(), 20);
    }
}

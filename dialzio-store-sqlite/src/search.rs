//! Contacts by words: the index of them, and the people whom they find.

use rusqlite::{Connection, params};

use dialzio_core::contact::ContactQuery;
use dialzio_core::store::rows::Columns;
use dialzio_core::{ContactId, OrgId};

use crate::codec::{Cols, id, json};
use crate::contacts;
use crate::error::Res;
use crate::run::Run;
use crate::statements as sql;

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

/// The people whom words find, if they are few.
pub(crate) fn people(db: &Connection, org: [u8; 16], tokens: &[String]) -> Res<Option<Vec<ContactId>>> {
    let Some((last, whole)) = tokens.split_last() else { return Ok(None) };
    if !tokens.iter().all(|token| is_word(token)) || whole.iter().any(String::is_empty) {
        return Ok(Some(Vec::new()));
    }
    few(db, org, whole, last)
}

/// What the words of a contact must hold, for a scan.
pub(crate) fn needles(tokens: &[String]) -> Res<String> {
    let Some((last, whole)) = tokens.split_last() else { return json(&Vec::<String>::new(), "search") };
    let mut needles: Vec<String> = whole.iter().map(|token| format!(" {token} ")).collect();
    needles.push(format!(" {last}"));
    json(&needles, "search")
}

/// All matches, if they are few.
fn few(db: &Connection, org: [u8; 16], whole: &[String], last: &str) -> Res<Option<Vec<ContactId>>> {
    let prefix = hex(org);
    let mut wanted: Vec<String> = whole.iter().map(|token| format!("\"{}\"", word(&prefix, token))).collect();
    wanted.push(format!("\"{}\"*", word(&prefix, last)));
    let row = params![org, wanted.join(" "), ContactQuery::MANY];
    let found = db.all(sql::SEARCH_WORDS, row, |row| Cols::new(row, "search entry").id())?;
    Ok((found.len() < ContactQuery::MANY as usize).then_some(found))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteStore;
    use dialzio_core::page::PageRequest;
    use dialzio_core::testing::conformance::TestBed;
    use std::sync::Arc;

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
            let query = ContactQuery { tokens, ..ContactQuery::default() };
            let found = bed.store.contacts(&tenant.scope, &query, PageRequest::first(10)).await.unwrap();
            assert_eq!(found.items.len(), expected, "{query:?}");
        }
    }
}

//! Contacts by words: the index of them, and the people whom they find.
//!
//! Words are rows, compared by their bytes. Row-level security lets no index be used with an operator that might
//! leak hidden rows, which the operators of PostgreSQL's text search may; comparing bytes does not.

use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

use dialzio_core::contact::ContactQuery;
use dialzio_core::store::rows::Columns;
use dialzio_core::{ContactId, TypedId};

use crate::codec::{Cols, id, id_list};
use crate::contacts;
use crate::error::Res;
use crate::run::{Db, params};
use crate::statements as sql;

/// Behind every word that begins with `word`: no word holds the last character there is.
fn end_of(word: &str) -> String {
    format!("{word}\u{10ffff}")
}

/// Whether a token can be in the index at all. What core makes always can.
fn is_word(token: &str) -> bool {
    token.chars().all(char::is_alphanumeric)
}

/// The people whom words find, if they are few.
pub(crate) async fn people(db: &mut Db<'_>, org: Uuid, tokens: &[String]) -> Res<Option<Vec<ContactId>>> {
    let Some((last, whole)) = tokens.split_last() else { return Ok(None) };
    if !tokens.iter().all(|token| is_word(token)) || whole.iter().any(String::is_empty) {
        return Ok(Some(Vec::new()));
    }
    few(db, org, &once(whole), last).await
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
async fn few(db: &mut Db<'_>, org: Uuid, whole: &[String], last: &str) -> Res<Option<Vec<ContactId>>> {
    // The longest whole word is likely to be the rarest.
    let lead = whole.iter().max_by_key(|word| word.len());
    let (from, to) =
        lead.map_or_else(|| (last.to_owned(), end_of(last)), |word| (word.clone(), word.clone()));
    let prefix = lead.map(|_| last);
    let others: Vec<&str> = whole.iter().filter(|word| Some(*word) != lead).map(String::as_str).collect();
    let row = params![org, from, to, others, prefix, end_of(last), i64::from(ContactQuery::MANY)];
    let found = db.all(sql::SEARCH_WORDS, row, |row| Cols::new(row, "search entry").id()).await?;
    Ok((found.len() < ContactQuery::MANY as usize).then_some(found))
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

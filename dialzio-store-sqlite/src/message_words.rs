//! Messages by their words. The rarest word that is looked for leads; each message that has it is looked at, newest first,
//! and its text decides.

use rusqlite::{Connection, params};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use uuid::Uuid;

use dialzio_core::conversation::{FoundMessage, MessageSearch};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::search::words_of;
use dialzio_core::store::rows::{Candidate, Columns, Lead, found_page, with_entries};
use dialzio_core::{ConversationId, MessageId, TypedId};

use crate::codec::{Cols, id, id_list, read};
use crate::contacts::{AFTER_ALL, id_after};
use crate::error::Res;
use crate::retention::RetentionCutoff;
use crate::run::Run;
use crate::statements as sql;

/// Messages whose texts are read at once when all of them are indexed.
const TEXTS: i64 = 500;

/// Keeps the words of a new text.
pub(crate) fn put(db: &Connection, org: [u8; 16], message: MessageId, text: Option<&str>) -> Res<()> {
    for word in text.map(words_of).unwrap_or_default() {
        db.run(sql::PUT_MESSAGE_WORD, params![org, id(message), word])?;
    }
    Ok(())
}

/// Forgets the words of a message.
pub(crate) fn remove(db: &Connection, org: [u8; 16], message: MessageId) -> Res<()> {
    db.run(sql::DROP_MESSAGE_WORDS, params![org, id(message)]).map(drop)
}

/// Keeps the words of every message there is.
pub(crate) fn fill(db: &Connection) -> Res<()> {
    type Text = ([u8; 16], [u8; 16], [u8; 16], String);
    let mut texts = db.prepare(include_str!("../migrations/0016_message_texts.sql"))?;
    let mut after = ([0; 16], [0; 16], [0; 16]);
    loop {
        let rows = texts.query_map(params![after.0, after.1, after.2, TEXTS], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        let some = rows.collect::<Result<Vec<Text>, _>>()?;
        let Some((org, talk, newest, _)) = some.last() else { return Ok(()) };
        after = (*org, *talk, *newest);
        for (org, _, message, text) in &some {
            put(db, *org, MessageId::from_uuid(Uuid::from_bytes(*message)), Some(text))?;
        }
    }
}

pub(crate) fn find(
    db: &Connection,
    org: [u8; 16],
    retention: RetentionCutoff,
    query: &MessageSearch,
    page: &PageRequest,
) -> Res<Page<FoundMessage>> {
    let Some(lead) = lead(db, org, query)? else { return Ok(Page { items: Vec::new(), next: None }) };
    let mut before = id_after(page, AFTER_ALL)?.to_vec();
    let (mut found, mut examined) = (Vec::new(), 0);
    while found.len() <= page.limit as usize && examined < MessageSearch::EXAMINED {
        let some = next(db, org, &lead, &before)?;
        let Some(oldest) = some.last() else { break };
        (before, examined) = (id(*oldest).to_vec(), examined + some.len());
        let row = params![org, retention.cutoff, retention.now, id_list(some)];
        found.extend(Candidate::found(query, db.all(sql::MESSAGES_FOUND, row, read)?));
    }
    let rest = (examined >= MessageSearch::EXAMINED).then_some(before);
    let page = found_page(found, page.limit, rest);
    let talks: BTreeSet<ConversationId> = page.items.iter().map(|message| message.conversation).collect();
    Ok(with_entries(page, crate::inbox::entries(db, org, retention, talks)?))
}

/// The word that the fewest messages have.
fn lead(db: &Connection, org: [u8; 16], query: &MessageSearch) -> Res<Option<Lead>> {
    let mut all: Vec<(usize, Lead)> = Lead::each(&query.words).map(|lead| (0, lead)).collect();
    if all.len() > 1 {
        for (count, lead) in &mut all {
            let (from, to) = lead.range();
            let row = params![org, from, to, Lead::COUNTED];
            *count = db.all(sql::WORDS_BETWEEN, row, |_| Ok(()))?.len();
        }
    }
    Ok(Lead::rarest(all))
}

/// The next messages that the lead finds, newest first.
fn next(db: &Connection, org: [u8; 16], lead: &Lead, before: &[u8]) -> Res<Vec<MessageId>> {
    let with = |word: &str| {
        db.all(sql::MESSAGES_WITH_WORD, params![org, word, before, Lead::BATCH], |row| {
            Cols::new(row, "words").id::<MessageId>()
        })
    };
    let mut found = BTreeSet::new();
    match lead {
        Lead::Word(word) => return with(word),
        // Each word with this beginning has its newest messages found by the index; the newest of all are among them.
        Lead::Beginning(_) => {
            let (mut from, to) = lead.range();
            while let Some(word) =
                db.one(sql::WORD_FROM, params![org, from, to], |row| Cols::new(row, "words").get::<String>())?
            {
                found.extend(with(&word)?.into_iter().map(Reverse));
                while found.len() > Lead::BATCH as usize {
                    found.pop_last();
                }
                from = Lead::after(&word);
            }
        }
    }
    Ok(found.into_iter().map(|Reverse(message)| message).collect())
}

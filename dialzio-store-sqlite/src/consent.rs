//! The consent ledger and suppressions.

use rusqlite::{Connection, Row, params};

use dialzio_core::consent::{ConsentRecord, ConsentWrite, Suppression};
use dialzio_core::contact::SubjectKey;
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::StoreError;
use dialzio_core::store::rows::{Bind, Columns, ToRow, consents_of_each};
use dialzio_core::{ContactId, ConversationId, LedgerSeq};

use crate::apply::Scope;
use crate::codec::{Cols, id, id_list, json, read};
use crate::contacts::{key_list, over};
use crate::error::{Failure, Res, foreign_cursor};
use crate::run::Run;
use crate::statements as sql;

fn seq(row: &Row<'_>) -> Res<i64> {
    Cols::new(row, "consent").get()
}

/// The newest entry that covers any of these.
pub(crate) fn head(db: &Connection, org: [u8; 16], subjects: &[SubjectKey]) -> Res<LedgerSeq> {
    let newest = db.one(sql::CONSENT_HEAD, params![org, key_list(subjects)?], |row| {
        Ok(LedgerSeq(Cols::new(row, "consent").number()?))
    })?;
    Ok(newest.unwrap_or_default())
}

/// Entries at these places, in order of their sequence.
fn at_places(db: &Connection, org: [u8; 16], mut seqs: Vec<i64>) -> Res<Vec<ConsentRecord>> {
    if seqs.is_empty() {
        return Ok(Vec::new());
    }
    seqs.sort_unstable();
    seqs.dedup();
    let mut found =
        db.all(sql::CONSENT_BY_SEQ, params![org, json(&seqs, "consent")?], read::<ConsentRecord>)?;
    found.sort_unstable_by_key(|record| record.seq);
    Ok(found)
}

/// Entries that cover any of these, in order of their sequence.
pub(crate) fn about(db: &Connection, org: [u8; 16], subjects: &[SubjectKey]) -> Res<Vec<ConsentRecord>> {
    let seqs = match subjects {
        [alone] => db.all(sql::CONSENT_SEQS_OF_KEY, params![org, alone.reveal()], seq)?,
        keys => db.all(sql::CONSENT_SEQS_ABOUT, params![org, key_list(keys)?, i64::MAX], seq)?,
    };
    at_places(db, org, seqs)
}

/// Entries after a place, in the order of their places.
pub(crate) fn ledger(
    db: &Connection,
    org: [u8; 16],
    after: LedgerSeq,
    limit: u32,
) -> Res<Vec<ConsentRecord>> {
    db.all(sql::CONSENT_AFTER, params![org, after.0.cast_signed(), limit], read)
}

/// Entries about the person of each of these conversations.
pub(crate) fn of_each(
    db: &Connection,
    org: [u8; 16],
    conversations: &[ConversationId],
) -> Res<Vec<(ConversationId, ConsentRecord)>> {
    let row = params![org, id_list(conversations.iter().copied())];
    let places = db.all(sql::CONSENT_SEQS_OF_EACH, row, |row| {
        let c = Cols::new(row, "consent");
        Ok((c.id::<ConversationId>()?, LedgerSeq(c.number()?)))
    })?;
    let records = at_places(db, org, places.iter().map(|(_, seq)| seq.0.cast_signed()).collect())?;
    Ok(consents_of_each(places, &records))
}

pub(crate) fn history(
    db: &Connection,
    org: [u8; 16],
    contact: ContactId,
    page: &PageRequest,
) -> Res<Page<ConsentRecord>> {
    let before = match &page.after {
        None => i64::MAX,
        Some(cursor) => {
            let bytes = cursor.0.as_slice().try_into().map_err(|_| foreign_cursor())?;
            i64::from_be_bytes(bytes)
        }
    };
    let record = crate::contacts::one(db, org, contact)?;
    let mut subjects: Vec<_> =
        record.iter().flat_map(|record| &record.details).map(|detail| detail.value.subject_key()).collect();
    for identity in crate::identities::of_contact(db, org, contact)? {
        subjects.extend(identity.subject_keys());
    }
    let mut seqs = db.all(sql::CONSENT_SEQS_OF, params![org, id(contact), before, over(page)], seq)?;
    seqs.extend(db.all(sql::CONSENT_SEQS_ABOUT, params![org, key_list(&subjects)?, before], seq)?);
    seqs.sort_unstable_by_key(|seq| std::cmp::Reverse(*seq));
    seqs.dedup();
    seqs.truncate(page.limit as usize + 1);
    let mut found = at_places(db, org, seqs)?;
    found.reverse();
    Ok(Page::from_overread(found, page.limit, |record| record.seq.0.to_be_bytes().to_vec()))
}

pub(crate) fn any_suppression(db: &Connection, org: [u8; 16]) -> Res<bool> {
    db.any(sql::ANY_SUPPRESSION, [org])
}

pub(crate) fn suppressions(db: &Connection, org: [u8; 16], hashes: &[[u8; 16]]) -> Res<Vec<Suppression>> {
    let words: Vec<_> =
        hashes.iter().map(|hash| uuid::Uuid::from_bytes(*hash).simple().to_string()).collect();
    db.all(sql::SUPPRESSIONS, params![org, json(&words, "suppression")?], read)
}

impl Scope<'_> {
    pub(crate) fn write_consent(&mut self, write: &ConsentWrite) -> Res<()> {
        match write {
            ConsentWrite::Record(record) => self.record(record),
            ConsentWrite::Suppress(new) => self.db.put(sql::PUT_SUPPRESSION, self.key, new).map(drop),
            _ => Err(Failure::Store(StoreError::Unsupported("a change to the consent ledger"))),
        }
    }

    fn record(&mut self, new: &ConsentRecord) -> Res<()> {
        let seq = self.group.next_consent(self.db, self.org)?;
        self.db.bind(sql::PUT_CONSENT, |to| {
            to.bytes(&self.key);
            to.integer(seq.0.cast_signed());
            new.to_row(to)
        })?;
        for (place, subject) in (0_i64..).zip(&new.subjects) {
            self.db.run(sql::PUT_SUBJECT, params![self.key, subject.reveal(), seq.0.cast_signed(), place])?;
        }
        Ok(())
    }
}

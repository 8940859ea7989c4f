//! The consent ledger and suppressions.

use sqlx::postgres::PgRow;
use uuid::Uuid;

use dialzio_core::consent::{ConsentRecord, ConsentWrite, Suppression};
use dialzio_core::contact::SubjectKey;
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::StoreError;
use dialzio_core::store::rows::{Columns, ToRow, consents_of_each};
use dialzio_core::{ContactId, ConversationId, LedgerSeq};

use crate::apply::Scope;
use crate::codec::{Cols, id, id_list, read};
use crate::contacts::{key_list, over};
use crate::error::{Failure, Res, foreign_cursor};
use crate::run::{Db, Params, params};
use crate::statements as sql;

fn seq(row: &PgRow) -> Res<i64> {
    Cols::new(row, "consent").get()
}

/// The newest entry that covers any of these.
pub(crate) async fn head(db: &mut Db<'_>, org: Uuid, subjects: &[SubjectKey]) -> Res<LedgerSeq> {
    let newest = db
        .one(sql::CONSENT_HEAD, params![org, key_list(subjects)], |row| {
            Ok(LedgerSeq(Cols::new(row, "consent").number()?))
        })
        .await?;
    Ok(newest.unwrap_or_default())
}

/// Entries at these places, in order of their sequence.
async fn at_places(db: &mut Db<'_>, org: Uuid, mut seqs: Vec<i64>) -> Res<Vec<ConsentRecord>> {
    if seqs.is_empty() {
        return Ok(Vec::new());
    }
    seqs.sort_unstable();
    seqs.dedup();
    let mut found = db.all(sql::CONSENT_BY_SEQ, params![org, seqs], read::<ConsentRecord>).await?;
    found.sort_unstable_by_key(|record| record.seq);
    Ok(found)
}

/// Entries that cover any of these, in order of their sequence.
pub(crate) async fn about(db: &mut Db<'_>, org: Uuid, subjects: &[SubjectKey]) -> Res<Vec<ConsentRecord>> {
    let seqs = db.all(sql::CONSENT_SEQS_ABOUT, params![org, key_list(subjects), i64::MAX], seq).await?;
    at_places(db, org, seqs).await
}

/// Entries after a place, in the order of their places.
pub(crate) async fn ledger(
    db: &mut Db<'_>,
    org: Uuid,
    after: LedgerSeq,
    limit: u32,
) -> Res<Vec<ConsentRecord>> {
    db.all(sql::CONSENT_AFTER, params![org, after.0.cast_signed(), i64::from(limit)], read).await
}

/// Entries about the person of each of these conversations.
pub(crate) async fn of_each(
    db: &mut Db<'_>,
    org: Uuid,
    conversations: &[ConversationId],
) -> Res<Vec<(ConversationId, ConsentRecord)>> {
    let row = params![org, id_list(conversations.iter().copied())];
    let read = |row: &PgRow| {
        let c = Cols::new(row, "consent");
        Ok((c.id::<ConversationId>()?, LedgerSeq(c.number()?)))
    };
    let places = db.all(sql::CONSENT_SEQS_OF_EACH, row, read).await?;
    let records = at_places(db, org, places.iter().map(|(_, seq)| seq.0.cast_signed()).collect()).await?;
    Ok(consents_of_each(places, &records))
}

pub(crate) async fn history(
    db: &mut Db<'_>,
    org: Uuid,
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
    let record = crate::contacts::one(db, org, contact).await?;
    let mut subjects: Vec<_> =
        record.iter().flat_map(|record| &record.details).map(|detail| detail.value.subject_key()).collect();
    for identity in crate::identities::of_contact(db, org, contact).await? {
        subjects.extend(identity.subject_keys());
    }
    let mut seqs = db.all(sql::CONSENT_SEQS_OF, params![org, id(contact), before, over(page)], seq).await?;
    seqs.extend(db.all(sql::CONSENT_SEQS_ABOUT, params![org, key_list(&subjects), before], seq).await?);
    seqs.sort_unstable_by_key(|seq| std::cmp::Reverse(*seq));
    seqs.dedup();
    seqs.truncate(page.limit as usize + 1);
    let mut found = at_places(db, org, seqs).await?;
    found.reverse();
    Ok(Page::from_overread(found, page.limit, |record| record.seq.0.to_be_bytes().to_vec()))
}

pub(crate) async fn suppressions(db: &mut Db<'_>, org: Uuid, hashes: &[[u8; 16]]) -> Res<Vec<Suppression>> {
    let words: Vec<&[u8]> = hashes.iter().map(<[u8; 16]>::as_slice).collect();
    db.all(sql::SUPPRESSIONS, params![org, words], read).await
}

impl Scope<'_> {
    pub(crate) async fn write_consent(&mut self, write: &ConsentWrite) -> Res<()> {
        match write {
            ConsentWrite::Record(record) => self.record(record).await,
            ConsentWrite::Suppress(new) => {
                self.db.put_one(sql::PUT_SUPPRESSION, self.key, new).await.map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to the consent ledger"))),
        }
    }

    async fn record(&mut self, new: &ConsentRecord) -> Res<()> {
        let seq = self.group.next_consent();
        let mut row = params![self.key, seq.0.cast_signed()];
        new.to_row(&mut row)?;
        self.db.run(sql::PUT_CONSENT, row).await?;
        let key = self.key;
        let subjects: Vec<_> = (0_i64..).zip(&new.subjects).collect();
        let each = |row: &mut Params, (place, subject): &(i64, &SubjectKey)| {
            row.add(subject.reveal());
            row.add(seq.0.cast_signed());
            row.add(*place);
            Ok(())
        };
        self.db.put(sql::PUT_SUBJECT, |row| row.add(key), &subjects, each).await?;
        Ok(())
    }
}

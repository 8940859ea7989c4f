//! One entry of the audit log, and the digest that links it to the one before.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::{Action, Network};
use crate::UnknownWord;
use crate::consent::ConsentRecord;
use crate::contact::SubjectKey;
use crate::id::{OrgId, TypedId};
use crate::store::LedgerSeq;

/// A digest of an audit entry, linked to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHash(pub [u8; 32]);

impl ChainHash {
    /// What the first entry of an organisation links to.
    pub const START: Self = Self([0; 32]);
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A short machine word beside an action, such as the permission that was missing: up to 64 of `a-z 0-9 . _ : = -`, so that
/// it cannot hold a name, a number or a text of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail(String);

impl Detail {
    /// Checks the characters.
    ///
    /// # Errors
    /// [`UnknownWord`] if it is empty, too long, or has another character.
    pub fn parse(text: &str) -> Result<Self, UnknownWord> {
        let allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._:=-".contains(&byte);
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        if fits { Ok(Self(text.to_owned())) } else { Err(UnknownWord) }
    }

    /// How many records one entry stands for: `rows=12`.
    #[must_use]
    pub fn rows(records: u32) -> Self {
        Self(format!("rows={records}"))
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Detail {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::parse(text)
    }
}

/// What an entry says about the rows of the consent ledger that its batch wrote, so that a row that is changed, removed or
/// put in by other means is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentMark {
    /// How many rows the batch wrote.
    pub rows: u32,
    /// The place of the last of them in the consent ledger. Zero until the store has assigned it.
    pub through: LedgerSeq,
    /// The digest of all of them.
    pub digest: [u8; 32],
}

impl ConsentMark {
    /// How long its stored form is, in bytes.
    pub const LEN: usize = 44;

    /// Of rows in the order of their places; `None` without any.
    #[must_use]
    pub fn of<'a>(records: impl IntoIterator<Item = &'a ConsentRecord>) -> Option<Self> {
        let (mut hasher, mut rows) = (Sha256::new(), 0);
        hasher.update(b"dialzio/consents/1");
        for record in records {
            hasher.update(digest_of(record));
            rows += 1;
        }
        (rows > 0).then(|| Self { rows, through: LedgerSeq(0), digest: hasher.finalize().into() })
    }

    /// The place of the first row.
    #[must_use]
    pub const fn from(&self) -> LedgerSeq {
        LedgerSeq((self.through.0 + 1).saturating_sub(self.rows as u64))
    }

    /// The stored form: rows (4 bytes, big-endian), last place (8 bytes, big-endian), digest (32 bytes).
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..4].copy_from_slice(&self.rows.to_be_bytes());
        bytes[4..12].copy_from_slice(&self.through.0.to_be_bytes());
        bytes[12..].copy_from_slice(&self.digest);
        bytes
    }

    /// Reads the stored form; `None` for another length, and for a mark without rows.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (rows, rest) = bytes.split_first_chunk::<4>()?;
        let (through, digest) = rest.split_first_chunk::<8>()?;
        let (rows, through) = (u32::from_be_bytes(*rows), u64::from_be_bytes(*through));
        let digest = digest.try_into().ok()?;
        (rows > 0).then_some(Self { rows, through: LedgerSeq(through), digest })
    }
}

/// The digest of a row of the consent ledger. Its id is random, so that the digest tells nothing once the row is erased. The
/// place is left out, since it is assigned later, and so is what an erasure clears: the words and the message of the evidence.
fn digest_of(record: &ConsentRecord) -> [u8; 32] {
    let mut fields = Fields::new(b"dialzio/consent/1");
    fields.put(record.id.uuid().as_bytes());
    fields.put(record.contact.uuid().as_bytes());
    // Stores keep each identifier once.
    let subjects: BTreeSet<_> = record.subjects.iter().map(SubjectKey::reveal).collect();
    for subject in subjects {
        fields.put(subject.as_bytes());
    }
    fields.put(record.channel.as_str().as_bytes());
    fields.put(record.scope.as_str().as_bytes());
    fields.put(record.event.as_str().as_bytes());
    fields.put(record.evidence.kind.as_str().as_bytes());
    fields.put(&Sha256::digest(record.recorded_by.as_bytes()));
    fields.put(&record.occurred_at.timestamp_micros().to_be_bytes());
    fields.put(&record.recorded_at.timestamp_micros().to_be_bytes());
    let end = record.expires_at.map(|at| at.timestamp_micros().to_be_bytes());
    fields.put(end.as_ref().map_or(&[][..], |end| &end[..]));
    fields.digest()
}

/// Fields, each with its length, under a digest.
pub(super) struct Fields(Sha256);

impl Fields {
    /// Begins with a word that no other kind of digest begins with.
    pub(super) fn new(domain: &[u8]) -> Self {
        let mut fields = Self(Sha256::new());
        fields.put(domain);
        fields
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.0.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.update(bytes);
    }

    pub(super) fn digest(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// One entry of the audit log. Holds ids and words only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place: 1, 2, 3, without gaps.
    pub seq: u64,
    /// When it was committed, by the server's clock.
    pub at: DateTime<Utc>,
    /// Who, as [`crate::Principal::to_ref`]. A vouched name is hashed as a digest, so it can be erased.
    pub principal: String,
    /// What was done.
    pub action: Action,
    /// About which record.
    pub subject: Option<uuid::Uuid>,
    /// Why, for a system action: the job or received element.
    pub cause: Option<uuid::Uuid>,
    /// From where, if the request came over the network.
    pub origin: Option<Network>,
    /// More about the action, as a word.
    pub detail: Option<Detail>,
    /// The rows of the consent ledger that were written with it.
    pub consents: Option<ConsentMark>,
    /// This entry's digest.
    pub hash: ChainHash,
}

impl AuditEntry {
    /// An entry that has neither place nor digest yet.
    #[must_use]
    pub fn new(at: DateTime<Utc>, principal: String, action: Action) -> Self {
        Self {
            seq: 0,
            at,
            principal,
            action,
            subject: None,
            cause: None,
            origin: None,
            detail: None,
            consents: None,
            hash: ChainHash::START,
        }
    }

    /// The digest of an entry after `before`: a domain word, then each field with its length. Entries of earlier releases,
    /// which have no origin, detail or consents, keep version 1.
    #[must_use]
    pub fn digest(&self, org: OrgId, before: ChainHash) -> ChainHash {
        let is_first = self.origin.is_none() && self.detail.is_none() && self.consents.is_none();
        let domain: &[u8] = if is_first { b"dialzio/audit/1" } else { b"dialzio/audit/2" };
        let mut fields = Fields::new(domain);
        fields.put(org.uuid().as_bytes());
        fields.put(&before.0);
        fields.put(&self.seq.to_be_bytes());
        fields.put(&self.at.timestamp_micros().to_be_bytes());
        fields.put(&Sha256::digest(self.principal.as_bytes()));
        fields.put(self.action.as_str().as_bytes());
        fields.put(self.subject.as_ref().map_or(&[][..], |id| id.as_bytes()));
        fields.put(self.cause.as_ref().map_or(&[][..], |id| id.as_bytes()));
        if !is_first {
            let origin = self.origin.map(|origin| origin.to_string()).unwrap_or_default();
            fields.put(origin.as_bytes());
            fields.put(self.detail.as_ref().map_or(&[][..], |detail| detail.as_str().as_bytes()));
            let consents = self.consents.map(|consents| consents.to_bytes());
            fields.put(consents.as_ref().map_or(&[][..], |bytes| &bytes[..]));
        }
        ChainHash(fields.digest())
    }

    /// The same at the place after `before`, linked to it. `consented` is the end of the consent ledger after the batch.
    #[must_use]
    pub fn after(mut self, org: OrgId, before: (u64, ChainHash), consented: LedgerSeq) -> Self {
        self.seq = before.0 + 1;
        if let Some(mark) = &mut self.consents {
            mark.through = consented;
        }
        self.hash = self.digest(org, before.1);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_a_word_and_no_text() {
        for word in ["contacts.write", "rows=12", "role:agent", "a"] {
            assert!(Detail::parse(word).is_ok(), "{word:?}");
        }
        for text in ["", "Asha", "+919000012345", "two words", "a\n", &"a".repeat(65)] {
            assert!(Detail::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn entries_of_earlier_releases_keep_their_digests() {
        let ids = crate::IdSource::seeded(1);
        let at = DateTime::UNIX_EPOCH;
        let org: OrgId = ids.next(at);
        let entry = AuditEntry { seq: 7, ..AuditEntry::new(at, "system".to_owned(), Action::Swept) };
        let mut fields = Fields::new(b"dialzio/audit/1");
        fields.put(org.uuid().as_bytes());
        fields.put(&[0; 32]);
        fields.put(&7_u64.to_be_bytes());
        fields.put(&0_i64.to_be_bytes());
        fields.put(&Sha256::digest("system"));
        fields.put(b"retention.swept");
        fields.put(b"");
        fields.put(b"");
        assert_eq!(entry.digest(org, ChainHash::START).0, fields.digest());
        let more = AuditEntry { detail: Detail::parse("x").ok(), ..entry.clone() };
        assert_ne!(more.digest(org, ChainHash::START), entry.digest(org, ChainHash::START));
    }

    #[test]
    fn a_mark_survives_its_stored_form() {
        let mark = ConsentMark { rows: 2, through: LedgerSeq(9), digest: [7; 32] };
        assert_eq!(ConsentMark::from_bytes(&mark.to_bytes()), Some(mark));
        assert_eq!(mark.from(), LedgerSeq(8));
        assert_eq!(ConsentMark::from_bytes(&mark.to_bytes()[..43]), None);
    }
}

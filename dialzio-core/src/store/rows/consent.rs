//! The consent ledger and suppressions.

use super::{Bind, Columns, FromRow, ToRow};
use crate::consent::{ConsentRecord, Evidence, Suppression};
use crate::contact::SubjectKey;
use crate::id::ConversationId;
use crate::store::{LedgerSeq, StoreResult};

/// Entries by conversation, from where they stand and the entries in any order: each once, in order of their sequence.
#[must_use]
pub fn consents_of_each(
    mut places: Vec<(ConversationId, LedgerSeq)>,
    records: &[ConsentRecord],
) -> Vec<(ConversationId, ConsentRecord)> {
    places.sort_unstable_by_key(|(conversation, seq)| (*seq, *conversation));
    places.dedup();
    let entry = |(conversation, seq): (ConversationId, LedgerSeq)| {
        records.iter().find(|record| record.seq == seq).map(|record| (conversation, record.clone()))
    };
    places.into_iter().filter_map(entry).collect()
}

impl FromRow for ConsentRecord {
    const RECORD: &'static str = "consent";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            seq: LedgerSeq(c.number()?),
            contact: c.id()?,
            subjects: c.texts_in_order()?.into_iter().map(SubjectKey::from_stored).collect(),
            channel: c.word()?,
            scope: c.word()?,
            event: c.word()?,
            evidence: Evidence { kind: c.word()?, note: c.text()?, message: c.opt_id()? },
            recorded_by: c.text()?,
            occurred_at: c.time()?,
            recorded_at: c.time()?,
            expires_at: c.opt_time()?,
        })
    }
}

/// Without its place in the ledger, which the store binds before it, and without what it is about, which are rows of
/// their own.
impl ToRow for ConsentRecord {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.contact);
        to.text(self.channel.as_str());
        to.text(self.scope.as_str());
        to.text(self.event.as_str());
        to.text(self.evidence.kind.as_str());
        to.text(self.evidence.note.reveal());
        to.opt_id(self.evidence.message);
        to.text(&self.recorded_by);
        to.time(self.occurred_at);
        to.time(self.recorded_at);
        to.opt_time(self.expires_at);
        Ok(())
    }
}

impl FromRow for Suppression {
    const RECORD: &'static str = "suppression";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { hash: c.array()?, key_version: c.number()?, scope: c.word()?, created_at: c.time()? })
    }
}

impl ToRow for Suppression {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.bytes(&self.hash);
        to.text(self.scope.as_str());
        to.integer(self.key_version);
        to.time(self.created_at);
        Ok(())
    }
}

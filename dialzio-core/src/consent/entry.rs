//! The one place that makes entries of the consent ledger, with all that follows from one.

use chrono::{DateTime, TimeDelta, Utc};

use super::gate::RefusalCode;
use super::record::{CONSENT_PERIOD, Channel, ConsentEvent, ConsentRecord, Evidence, PurposeScope};
use super::store::ConsentWrite;
use crate::contact::SubjectKey;
use crate::conversation::{FailureNote, Refused, ScheduledWrite};
use crate::event::DomainEvent;
use crate::id::{ChannelIdentityId, ContactId, IdSource};
use crate::outbox::JobWrite;
use crate::scope::Principal;
use crate::store::{Batch, LedgerSeq};

/// What is to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    /// The contact whose ledger gets the entry.
    pub(crate) contact: ContactId,
    /// The identifiers it covers.
    pub(crate) subjects: Vec<SubjectKey>,
    /// By which way.
    pub(crate) channel: Channel,
    /// The purposes that it covers.
    pub(crate) scope: PurposeScope,
    /// The act: given, refused, withdrawn or lifted, or the provider's stop or resume.
    pub(crate) event: ConsentEvent,
    /// What shows it.
    pub(crate) evidence: Evidence,
    /// Who wrote it down.
    pub(crate) by: &'a Principal,
    /// When it happened.
    pub(crate) occurred_at: DateTime<Utc>,
    /// How long a consent lasts, if shorter than 24 months.
    pub(crate) lasts: Option<TimeDelta>,
    /// The person's identities whose waiting messages an entry against sending takes back.
    pub(crate) identities: &'a [ChannelIdentityId],
}

/// Writes an entry into the batch, with its event, and takes back what waits and must not be sent any more. The gate would
/// stop that too, before it leaves; here it is visible at once.
pub(crate) fn enter(
    batch: &mut Batch,
    ids: &IdSource,
    now: DateTime<Utc>,
    entry: Entry<'_>,
) -> ConsentRecord {
    let Entry { mut subjects, event, occurred_at, .. } = entry;
    subjects.sort_unstable();
    subjects.dedup();
    let lasts = entry.lasts.map_or(CONSENT_PERIOD, |lasts| lasts.min(CONSENT_PERIOD));
    let occurred_at = crate::time::micros(occurred_at);
    let record = ConsentRecord {
        id: ids.next(now),
        seq: LedgerSeq(0),
        contact: entry.contact,
        subjects,
        channel: entry.channel,
        scope: entry.scope,
        event,
        evidence: entry.evidence,
        recorded_by: entry.by.to_ref(),
        occurred_at,
        recorded_at: now,
        expires_at: (event == ConsentEvent::Given).then(|| crate::time::micros(occurred_at + lasts)),
    };
    batch
        .event(DomainEvent::ConsentChanged { contact: record.contact })
        .write(ConsentWrite::Record(record.clone()));
    let against =
        matches!(event, ConsentEvent::Refused | ConsentEvent::Withdrawn | ConsentEvent::ProviderStop);
    if against {
        for identity in entry.identities {
            batch.write(JobWrite::CancelPromotions { identity: *identity, scope: record.scope, at: now });
            // What was scheduled are replies, which only an opt-out of everything forbids.
            if record.scope == PurposeScope::Any {
                let why = FailureNote { code: RefusalCode::Withdrawn.as_str().to_owned(), detail: None };
                let refused = Refused { at: now, why };
                batch.write(ScheduledWrite::RefuseAll { identity: *identity, refused });
            }
        }
    }
    record
}

//! Entries of the consent ledger, and the state they fold into.

use chrono::{DateTime, Utc};

use crate::contact::SubjectKey;
use crate::id::{ConsentId, ContactId, MessageId};
use crate::name::string_enum;
use crate::scope::Principal;
use crate::store::LedgerSeq;
use crate::text::EvidenceText;

pub(crate) use crate::store::periods::CONSENT_PERIOD;

string_enum! {
    /// By which way people are reached.
    pub enum Channel {
        /// Messages by WhatsApp.
        WhatsApp = "whatsapp",
        /// Text messages by SMS.
        Sms = "sms",
        /// Telephone calls by any provider.
        Voice = "voice",
        /// All of them.
        Any = "any",
    }
}

string_enum! {
    /// What a message is for.
    pub enum Purpose {
        /// Promotion. Always needs an opt-in.
        Marketing = "marketing",
        /// About something the person asked for or bought.
        Utility = "utility",
        /// A one-time code.
        Authentication = "authentication",
        /// An answer to the person.
        Service = "service",
    }
}

string_enum! {
    /// What an entry covers.
    pub enum PurposeScope {
        /// Promotion: offers, news and reminders to buy.
        Marketing = "marketing",
        /// Transactions: orders, appointments, deliveries, bills.
        Utility = "utility",
        /// Everything but one-time codes.
        Any = "any",
    }
}

impl PurposeScope {
    /// Whether an entry of this scope speaks about `purpose`. One-time codes are never covered: the person has
    /// just asked for them.
    #[must_use]
    pub const fn covers(self, purpose: Purpose) -> bool {
        match (self, purpose) {
            (Self::Marketing, Purpose::Marketing)
            | (Self::Utility, Purpose::Utility)
            | (Self::Any, Purpose::Marketing | Purpose::Utility | Purpose::Service) => true,
            (Self::Marketing | Self::Utility | Self::Any, _) => false,
        }
    }
}

string_enum! {
    /// An act about consent, as the ledger keeps it.
    pub enum ConsentEvent {
        /// The person agreed.
        Given = "given",
        /// The person was asked and said no.
        Refused = "refused",
        /// The person took it back.
        Withdrawn = "withdrawn",
        /// The person took their own opt-out back, on the channel where they had opted out: what held before it holds again.
        Lifted = "lifted",
        /// The provider reports that the person stopped marketing.
        ProviderStop = "provider_stop",
        /// The provider reports that the person resumed marketing.
        ProviderResume = "provider_resume",
    }
}

string_enum! {
    /// What shows that it happened.
    pub enum EvidenceKind {
        /// A web form: which, and when.
        WebForm = "web_form",
        /// A message of the person.
        Message = "message",
        /// Said on the telephone.
        Call = "call",
        /// On paper; the note says where it is kept.
        Paper = "paper",
        /// In person, at the counter.
        InPerson = "in_person",
        /// Taken over from another system, attested by the member who imported it.
        Import = "import",
        /// Reported by the provider.
        Provider = "provider",
    }
}

/// What shows that it happened. `Given` cannot be recorded without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What shows that the act took place.
    pub kind: EvidenceKind,
    /// Where, when and how, in words.
    pub note: EvidenceText,
    /// The message, if it was one.
    pub message: Option<MessageId>,
}

/// One entry of the ledger. Never changed, never deleted but with the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRecord {
    /// The id; ids sort by the time they were made at.
    pub id: ConsentId,
    /// Its place in the organisation's ledger, without gaps; zero until the store has assigned it.
    pub seq: LedgerSeq,
    /// The contact it was recorded on.
    pub contact: ContactId,
    /// The identifiers it covers. A hit on any of them counts.
    pub subjects: Vec<SubjectKey>,
    /// By which way.
    pub channel: Channel,
    /// The purposes that it covers.
    pub scope: PurposeScope,
    /// The act: given, refused, withdrawn or lifted, or the provider's stop or resume.
    pub event: ConsentEvent,
    /// What shows it.
    pub evidence: Evidence,
    /// Who wrote it down, as [`crate::Principal::to_ref`].
    pub recorded_by: String,
    /// When it happened. Order follows this; at the same instant the more restrictive entry counts as later.
    pub occurred_at: DateTime<Utc>,
    /// When it was written down.
    pub recorded_at: DateTime<Utc>,
    /// When a consent runs out; `None` for entries that are not `Given`.
    pub expires_at: Option<DateTime<Utc>>,
}

string_enum! {
    /// What the ledger says about one purpose on one channel.
    #[cfg_attr(feature = "openapi", schema(as = ConsentStanding))]
    pub enum State {
        /// No entry covers it.
        Unknown = "unknown",
        /// The person has agreed, and the consent has not expired.
        Given = "given",
        /// Agreed once; the period is over.
        Expired = "expired",
        /// Asked and refused.
        Refused = "refused",
        /// The person has withdrawn it, or the provider has stopped it.
        Withdrawn = "withdrawn",
    }
}

/// The fold of the ledger for one person, channel and purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentState {
    /// What counts now.
    pub state: State,
    /// The entry that decided it.
    pub record: Option<ConsentRecord>,
    /// The provider's own stop for marketing, if one is in force.
    pub provider_stop: Option<ConsentRecord>,
}

impl ConsentState {
    /// Folds entries in any order. The latest entry that covers channel and purpose counts; at the same instant
    /// the more restrictive one; a provider stop is lifted by the provider's resume alone; an opt-out that the person has
    /// taken back counts as never said; an import gives nothing to a person who has refused or taken back.
    #[must_use]
    pub fn fold(records: &[ConsentRecord], channel: Channel, purpose: Purpose, now: DateTime<Utc>) -> Self {
        let on_channel =
            |record: &&ConsentRecord| record.channel == channel || record.channel == Channel::Any;
        let newest = |wanted: &dyn Fn(&ConsentRecord) -> bool| {
            let rank = |record: &ConsentRecord| {
                u8::from(!matches!(record.event, ConsentEvent::Given | ConsentEvent::ProviderResume))
            };
            records
                .iter()
                .filter(on_channel)
                .filter(|record| wanted(record))
                .max_by_key(|record| (record.occurred_at, rank(record), record.seq))
                .cloned()
        };
        let said = |record: &ConsentRecord| {
            let kept = match record.event {
                ConsentEvent::Given => !record.lifts(),
                ConsentEvent::Refused => true,
                ConsentEvent::Withdrawn => !is_lifted(records, record, channel),
                ConsentEvent::Lifted | ConsentEvent::ProviderStop | ConsentEvent::ProviderResume => false,
            };
            kept && record.scope.covers(purpose)
        };
        let imported = |record: &ConsentRecord| {
            record.event == ConsentEvent::Given && record.evidence.kind == EvidenceKind::Import
        };
        let against = |record: &ConsentRecord| record.event != ConsentEvent::Given;
        let own = newest(&|record| said(record) && !imported(record));
        let own = if own.as_ref().is_some_and(against) { own } else { newest(&|record| said(record)) };
        let provider = newest(&|record| {
            matches!(record.event, ConsentEvent::ProviderStop | ConsentEvent::ProviderResume)
        });
        let provider_stop = provider
            .filter(|record| purpose == Purpose::Marketing && record.event == ConsentEvent::ProviderStop);
        let state = match own.as_ref().map(|record| (record.event, record.expires_at)) {
            None => State::Unknown,
            Some((ConsentEvent::Given, Some(end))) if end <= now => State::Expired,
            Some((ConsentEvent::Given, _)) => State::Given,
            Some((ConsentEvent::Refused, _)) => State::Refused,
            Some(_) => State::Withdrawn,
        };
        Self { state, record: own, provider_stop }
    }
}

/// Whether the person took an opt-out back on `channel`: later, under one of the same identifiers, and on the channel where
/// they had opted out. An opt-out that is only suspected, or that a person of the team has recorded, is not lifted so.
fn is_lifted(records: &[ConsentRecord], withdrawal: &ConsentRecord, channel: Channel) -> bool {
    is_written_on(records, withdrawal, channel)
        && records.iter().any(|record| {
            record.lifts()
                && record.channel == channel
                && record.occurred_at > withdrawal.occurred_at
                && record.subjects.iter().any(|subject| withdrawal.subjects.contains(subject))
        })
}

/// Whether a withdrawal is a message of the person's, written on `channel`.
fn is_written_on(records: &[ConsentRecord], withdrawal: &ConsentRecord, channel: Channel) -> bool {
    let written =
        withdrawal.event == ConsentEvent::Withdrawn && withdrawal.evidence.kind == EvidenceKind::Message;
    let Some(message) = withdrawal.evidence.message.filter(|_| written) else { return false };
    // One message is kept as two entries; the one that ends everything on a channel says on which it was written.
    withdrawal.channel == channel
        || records.iter().any(|record| {
            record.event == ConsentEvent::Withdrawn
                && record.channel == channel
                && record.evidence.message == Some(message)
        })
}

/// Whether the person could take an opt-out back on `channel`: they wrote one there that still counts.
pub(crate) fn may_lift(records: &[ConsentRecord], channel: Channel) -> bool {
    let counts = |record: &ConsentRecord| {
        is_written_on(records, record, channel) && !is_lifted(records, record, channel)
    };
    records.iter().any(counts)
}

impl ConsentRecord {
    /// Whether it takes opt-outs back. Earlier releases recorded the word for that as a consent, which it is not.
    fn lifts(&self) -> bool {
        let by_word = self.event == ConsentEvent::Given
            && self.evidence.kind == EvidenceKind::Message
            && self.recorded_by == Principal::SYSTEM;
        self.event == ConsentEvent::Lifted || by_word
    }
}

string_enum! {
    /// What a suppression stops.
    pub enum SuppressionScope {
        /// Promotion: offers, news and reminders to buy.
        Marketing = "marketing",
        /// Everything that is not an answer.
        AllOutbound = "all_outbound",
    }
}

/// "Do not contact", kept by keyed hash so that it outlives an erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// HMAC-SHA-256 of the subject key, cut to 16 bytes.
    pub hash: [u8; 16],
    /// Which key made the hash.
    pub key_version: u32,
    /// What it stops.
    pub scope: SuppressionScope,
    /// When it began; it has no end until it is lifted.
    pub created_at: DateTime<Utc>,
}

/// On what a permitted message rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A recorded consent.
    Grant(ConsentId),
    /// The person wrote within the last 24 hours.
    ReplyWindow(MessageId),
    /// The person wrote to this business within twelve months.
    ExistingRelationship(MessageId),
    /// A one-time code that the person asks for themselves.
    Requested,
}

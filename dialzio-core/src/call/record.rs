//! The row of a call.

use chrono::{DateTime, Utc};

use super::derive::Derived;
use super::evidence::CallEvidence;
use super::words::{CallState, HangupCause, RecordingConsent};
use crate::consent::Purpose;
use crate::conversation::{Direction, FailureNote};
use crate::id::{AccountId, CallId, ChannelIdentityId, ContactId, DispositionId, MemberId, TaskId};
use crate::phone::PhoneNumber;
use crate::store::Revision;
use crate::text::CallNote;

/// One call.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The id. It holds the time at which the call began, or was first heard of, so that order by id is order in time.
    pub id: CallId,
    /// The number or sender it went through.
    pub account: AccountId,
    /// Which way it went.
    pub direction: Direction,
    /// Where it stands.
    pub state: CallState,
    /// Its end was confirmed by asking the provider.
    pub confirmed: bool,
    /// The person's number; `None` if it is withheld or unreadable.
    pub customer: Option<PhoneNumber>,
    /// The person hides their number.
    pub withheld: bool,
    /// Our number, as the provider writes it.
    pub our_number: Option<String>,
    /// The channel identity whose call it is, where the provider carries messages too and so knows the person by its own ids.
    pub identity: Option<ChannelIdentityId>,
    /// Whose call it is, once that is known: that of the identity, found by the number if exactly one contact has it, or chosen
    /// by a member.
    pub contact: Option<ContactId>,
    /// The member who spoke or was rung, by the provider's agent that is mapped to them, or who placed the call.
    pub member: Option<MemberId>,
    /// The provider's id of the agent.
    pub agent: Option<String>,
    /// Who placed it, as [`crate::Principal::to_ref`]; `None` for a call that we did not place.
    pub placed_by: Option<String>,
    /// The state that our own request left it in; `None` for a call that we did not place.
    pub placed: Option<CallState>,
    /// What it is for; `None` for a call that we did not place.
    pub purpose: Option<Purpose>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When both sides spoke.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Seconds in which people spoke, as the provider reports it. Never computed.
    pub talk_seconds: Option<u32>,
    /// Seconds that the caller waited, as the provider reports it.
    pub wait_seconds: Option<u32>,
    /// Why it ended.
    pub cause: Option<HangupCause>,
    /// The provider's word for an end that is not known.
    pub word: Option<String>,
    /// Why it was refused or failed.
    pub failure: Option<FailureNote>,
    /// The outcome that a member chose.
    pub disposition: Option<DispositionId>,
    /// What a member wrote down about it.
    pub note: Option<CallNote>,
    /// What is known of the person's agreement to being recorded.
    pub recording_consent: RecordingConsent,
    /// A missed call: when the person was reached, or a member said that it is done.
    pub handled_at: Option<DateTime<Utc>>,
    /// A missed call: the follow-up that was made for it.
    pub task: Option<TaskId>,
    /// All that reports say.
    pub evidence: CallEvidence,
    /// Counts its changes.
    pub revision: Revision,
    /// When the row was made.
    pub created_at: DateTime<Utc>,
}

/// A channel identity, and the contact that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whose {
    pub(crate) identity: ChannelIdentityId,
    pub(crate) contact: ContactId,
}

/// Two identities that turned out to be one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) from: Whose,
    pub(crate) into: Whose,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Call({}, {}, {})", self.id, self.direction, self.state)
    }
}

impl Call {
    /// A call of which nothing is known but where it came by and when.
    #[must_use]
    pub fn new(id: CallId, account: AccountId, at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            id,
            account,
            direction: Direction::Inbound,
            state: CallState::Ringing,
            confirmed: false,
            customer: None,
            withheld: false,
            our_number: None,
            identity: None,
            contact: None,
            member: None,
            agent: None,
            placed_by: None,
            placed: None,
            purpose: None,
            started_at: at,
            answered_at: None,
            ended_at: None,
            talk_seconds: None,
            wait_seconds: None,
            cause: None,
            word: None,
            failure: None,
            disposition: None,
            note: None,
            recording_consent: RecordingConsent::Unknown,
            handled_at: None,
            task: None,
            evidence: CallEvidence::default(),
            revision: Revision::FIRST,
            created_at: now,
        }
    }

    /// Brings the columns up to the evidence. A start that nothing is known of stays as it was first heard of.
    pub fn derive(&mut self) {
        let Derived {
            direction,
            state,
            confirmed,
            started_at,
            answered_at,
            ended_at,
            talk_seconds,
            wait_seconds,
            cause,
            agent,
            word,
        } = self.evidence.derive(self.placed);
        self.direction = direction;
        self.state = state;
        self.confirmed = confirmed;
        self.started_at = started_at.unwrap_or(self.started_at);
        self.answered_at = answered_at;
        self.ended_at = ended_at;
        self.talk_seconds = talk_seconds;
        self.wait_seconds = wait_seconds;
        self.cause = cause;
        self.agent = agent;
        self.word = word;
        self.our_number = self.evidence.our_number.as_ref().map(|known| known.value.clone());
        // Of a call of ours our own request says why it failed.
        if self.placed.is_none() {
            self.failure = self.evidence.failure.as_ref().map(|known| known.value.clone());
        }
    }

    /// Makes it the call of an identity and its contact, unless it is somebody's already.
    pub(crate) fn belongs_to(&mut self, whose: Whose) {
        if self.identity.is_none() {
            self.identity = Some(whose.identity);
            self.contact = self.contact.or(Some(whose.contact));
        }
    }

    /// Follows its identity, which turned out to be another one. A contact that a member chose stays.
    pub(crate) fn follow(&mut self, joined: &Joined) {
        if self.identity == Some(joined.from.identity) {
            self.identity = Some(joined.into.identity);
            if self.contact == Some(joined.from.contact) {
                self.contact = Some(joined.into.contact);
            }
        }
    }

    /// Seconds from its start until both sides spoke, if both times are known.
    #[must_use]
    pub fn answer_seconds(&self) -> Option<u32> {
        let seconds = (self.answered_at? - self.started_at).num_seconds();
        u32::try_from(seconds).ok()
    }

    /// A missed call that still waits to be called back.
    #[must_use]
    pub const fn is_open_missed(&self) -> bool {
        self.state.is_missed() && self.handled_at.is_none()
    }
}

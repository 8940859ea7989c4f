//! Emulated calls: their legs, and where they stand.

use chrono::{DateTime, Utc};
use dialzio_core::conversation::Direction;
use serde_json::Value;

use super::{config::Product, program::Playing};

/// Where an emulated call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallPhase {
    /// A caller waits, and no agent is rung.
    Waiting,
    /// An agent is rung.
    AgentRings,
    /// The agent is there, and the customer is rung.
    CustomerRings,
    /// Both speak.
    Talking,
    /// The caller speaks to a recording.
    Recording,
    /// It is over.
    Ended,
}

impl CallPhase {
    /// The phase in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::AgentRings => "ringing at an agent",
            Self::CustomerRings => "ringing at the customer",
            Self::Talking => "going on",
            Self::Recording => "being recorded",
            Self::Ended => "over",
        }
    }
}

/// One of the two sides of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The agent.
    Agent,
    /// The customer.
    Customer,
}

/// An emulated call as it stands, for tests and pages to look at.
#[derive(Clone, PartialEq)]
pub struct EmulatedCall {
    /// The emulator's id of it: the id of its first leg.
    pub id: String,
    /// Of which product.
    pub product: Product,
    /// The account.
    pub app_id: u64,
    /// Which way it goes.
    pub direction: Direction,
    /// The customer's number; `None` if it is withheld.
    pub customer: Option<String>,
    /// The number of the account.
    pub our_number: String,
    /// The agent who is rung or speaks: an id of TeleCMI, a number of Piopiy.
    pub agent: Option<String>,
    /// Where it stands.
    pub phase: CallPhase,
    /// A program decides what is done with it.
    pub is_programmed: bool,
    /// What a program spoke or played to the caller, in order.
    pub heard: Vec<String>,
    /// Why the answer about the call was refused.
    pub refused: Option<String>,
    /// The agent let the customer wait.
    pub on_hold: bool,
    /// The vendor's id of the request that placed it.
    pub request_id: Option<String>,
    /// What it was placed with.
    pub extra_params: Option<Value>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When both sides spoke.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The name of the recorded file.
    pub recording: Option<String>,
    /// The name of what the caller left.
    pub voicemail: Option<String>,
}

impl std::fmt::Debug for EmulatedCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EmulatedCall({}, {}, {})", self.id, self.direction, self.phase.as_str())
    }
}

/// A leg: one telephone that is rung, or that called.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leg {
    pub(super) id: String,
    /// Whom it reaches, in the words of the product.
    pub(super) party: String,
    pub(super) started: DateTime<Utc>,
    pub(super) answered: Option<DateTime<Utc>>,
    pub(super) ended: Option<DateTime<Utc>>,
}

impl Leg {
    pub(super) fn ringing(id: String, party: &str, at: DateTime<Utc>) -> Self {
        Self { id, party: party.to_owned(), started: at, answered: None, ended: None }
    }

    /// Seconds from the answer to the end.
    pub(super) fn talk_seconds(&self) -> i64 {
        match (self.answered, self.ended) {
            (Some(answered), Some(ended)) => (ended - answered).num_seconds().max(0),
            _ => 0,
        }
    }
}

/// Which leg something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    First,
    /// The newest of those that were joined to the first one.
    Second,
}

/// A call with all that reports tell of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) shown: EmulatedCall,
    /// The SIP id, the same on both legs.
    pub(super) sip_id: String,
    pub(super) first: Leg,
    pub(super) seconds: Vec<Leg>,
    /// The vendor's word for how it ended.
    pub(super) reason: &'static str,
    /// The program that is played, if there is one.
    pub(super) playing: Option<Playing>,
}

impl Call {
    pub(super) fn leg(&self, which: Which) -> Option<&Leg> {
        match which {
            Which::First => Some(&self.first),
            Which::Second => self.seconds.last(),
        }
    }

    pub(super) fn leg_mut(&mut self, which: Which) -> Option<&mut Leg> {
        match which {
            Which::First => Some(&mut self.first),
            Which::Second => self.seconds.last_mut(),
        }
    }

    /// Any leg with this id.
    pub(super) fn leg_by_id(&self, id: &str) -> Option<&Leg> {
        std::iter::once(&self.first).chain(&self.seconds).find(|leg| leg.id == id)
    }

    pub(super) fn is_over(&self) -> bool {
        self.shown.phase == CallPhase::Ended
    }

    pub(super) fn was_answered(&self) -> bool {
        self.shown.answered_at.is_some()
    }

    /// Seconds in which both spoke.
    pub(super) fn talk_seconds(&self) -> i64 {
        match (self.shown.answered_at, self.shown.ended_at) {
            (Some(answered), Some(ended)) => (ended - answered).num_seconds().max(0),
            _ => 0,
        }
    }

    /// Seconds from its beginning to its end.
    pub(super) fn all_seconds(&self) -> i64 {
        self.shown.ended_at.map_or(0, |ended| (ended - self.shown.started_at).num_seconds().max(0))
    }

    /// By which time lists and records name it.
    pub(super) fn listed_at(&self) -> DateTime<Utc> {
        self.shown.answered_at.unwrap_or(self.shown.started_at)
    }
}

//! Call flows: what a caller hears and whose telephones ring, where the provider asks what to do with a call that comes in.

mod book;
mod definition;
mod hours;
mod problem;
mod program;
mod reach;
mod service;
mod sound;
mod step;
mod store;
mod weekday;

pub use definition::{
    AfterClosed, CallFlowDefinition, ClosedStep, Greeting, RingStep, RingStrategy, RingTarget, Voicemail,
};
pub use hours::{BusinessHours, DayTime, DayTimeError, OpenHours};
pub use problem::CallFlowProblem;
pub use program::{CallProgram, CallStep, Caller, Dial, program};
pub use reach::{DialTarget, Telephones};
pub use service::{CallFlowPatch, CallFlowPreview, CallFlowService, MemberTelephone, NewCallFlow};
pub use sound::{SoundUrl, SoundUrlError};
pub use step::FlowStep;
pub use store::{CallFlowChange, CallFlowStore, CallFlowWrite};
pub use weekday::Weekday;

pub(crate) use book::AnswerBook;

use crate::id::{AccountId, CallFlowId};
use crate::phone::PhoneNumber;
use crate::store::Revision;
use crate::text::Title;

/// The most call flows of an organisation. Two that are added at the same time may pass it by one.
pub const MAX_CALL_FLOWS: usize = 100;

/// Which calls of an account a flow is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AnsweredNumber {
    /// Calls to every number of the account that has no flow of its own.
    All,
    /// Calls to this number of ours.
    One(PhoneNumber),
}

impl AnsweredNumber {
    /// The number, if it is for one alone.
    #[must_use]
    pub const fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::All => None,
            Self::One(number) => Some(number),
        }
    }
}

impl From<Option<PhoneNumber>> for AnsweredNumber {
    fn from(number: Option<PhoneNumber>) -> Self {
        number.map_or(Self::All, Self::One)
    }
}

/// What is done with calls that come in to one number of an account, or to all of its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFlow {
    /// The id; ids sort by the time they were made at.
    pub id: CallFlowId,
    /// The account whose calls it answers.
    pub account: AccountId,
    /// What members call it.
    pub name: Title,
    /// Which of our numbers it is for.
    pub number: AnsweredNumber,
    /// Whether it answers calls. Of the flows for the same number of an account, one at most does.
    pub enabled: bool,
    /// What happens with a call.
    pub definition: CallFlowDefinition,
    /// Counts its changes.
    pub revision: Revision,
}

impl CallFlow {
    /// Whether two flows cannot answer at the same time: both are enabled, for the same number of the same account.
    #[must_use]
    pub fn collides(&self, other: &Self) -> bool {
        self.id != other.id
            && self.enabled
            && other.enabled
            && self.account == other.account
            && self.number == other.number
    }
}

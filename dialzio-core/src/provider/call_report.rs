//! What a provider reports of calls.

use chrono::{DateTime, NaiveDateTime, Utc};
use std::fmt::Debug;

use super::Sender;
use crate::call::{CallAlias, HangupCause, LegResult, LegRole, RecordingKind};
use crate::conversation::{Direction, FailureNote};
use crate::id::CallId;
use crate::name::string_enum;

/// When something happened, as a report says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportTime {
    /// At this instant.
    At(DateTime<Utc>),
    /// At this time of day, without a zone: read in the organisation's.
    Local(NaiveDateTime),
}

/// What a leg did, with the time that the report gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegReport {
    /// Whose part it is; `None` if the report does not say.
    pub role: Option<LegRole>,
    /// The provider's id of the leg; `None` for the call as a whole.
    pub id: Option<CallAlias>,
    /// The provider's id of the agent.
    pub agent: Option<String>,
    /// When it began.
    pub started: Option<ReportTime>,
    /// When it was answered.
    pub answered: Option<ReportTime>,
    /// When it ended.
    pub ended: Option<ReportTime>,
    /// How it ended.
    pub result: Option<LegResult>,
    /// Seconds in which people spoke.
    pub talk_seconds: Option<u32>,
    /// Seconds that a caller waited.
    pub wait_seconds: Option<u32>,
    /// Why it ended.
    pub cause: Option<HangupCause>,
}

string_enum! {
    /// What sort of report it is.
    pub enum CallReportKind {
        /// An event in a call in progress.
        Live = "live",
        /// The record of a call, or a leg, that is over.
        Record = "record",
    }
}

/// What a provider says of a call. Numbers are as the provider writes them: intake reads them in the organisation's region.
#[derive(Clone, PartialEq, Eq)]
pub struct CallReport {
    /// Every id in it that names the call or one of its legs, the one of the whole call first.
    pub aliases: Vec<CallAlias>,
    /// Our own id, if the report brings it back.
    pub own: Option<CallId>,
    /// What sort of report it is.
    pub kind: CallReportKind,
    /// Which way the call went, if this says so. Not the direction of a leg.
    pub direction: Option<Direction>,
    /// It is a question what to do with the call, which a call flow answers: an answer on the first leg is that of the flow, and
    /// people speak once another leg is answered.
    pub by_flow: bool,
    /// The person's number as written; empty if the report has the field and nothing in it, which means a number withheld.
    /// `None` if this report does not speak of the person.
    pub customer: Option<String>,
    /// The person, by the ids of a provider that carries messages too: the call is that of their channel identity. `None` where the
    /// provider knows people by their number alone.
    pub person: Option<Box<Sender>>,
    /// Our number as written.
    pub our_number: Option<String>,
    /// The team or menu that took the call.
    pub queue: Option<String>,
    /// What happened.
    pub leg: LegReport,
    /// Recorded files by the provider's name of each.
    pub recordings: Vec<(String, RecordingKind)>,
    /// Why it failed, in the provider's code and words.
    pub failure: Option<FailureNote>,
}

impl Debug for CallReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CallReport({}, {} ids)", self.kind, self.aliases.len())
    }
}

impl CallReport {
    /// A report that says nothing yet.
    #[must_use]
    pub fn new(kind: CallReportKind) -> Self {
        Self {
            aliases: Vec::new(),
            own: None,
            kind,
            direction: None,
            by_flow: false,
            customer: None,
            person: None,
            our_number: None,
            queue: None,
            leg: LegReport::default(),
            recordings: Vec::new(),
            failure: None,
        }
    }
}

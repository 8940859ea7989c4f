//! Calls: one row for each call, whatever legs, duplicates and late reports there are of it.
//!
//! A provider's reports are joined into [`CallEvidence`], and the row is what the evidence amounts to. A webhook that is not
//! signed informs: the end that it reports is shown, and becomes final when the provider has been asked.

mod agent;
mod agreement;
pub(crate) mod applying;
mod channels;
pub(crate) mod deciding;
mod derive;
mod evidence;
pub(crate) mod inbound;
mod party;
mod permission;
mod placing;
pub(crate) mod reading;
pub(crate) mod record;
mod recordings;
mod report;
mod service;
pub(crate) mod settling;
mod store;
mod words;

pub use agent::{CallAgent, NewAgent};
pub(crate) use agreement::{LOOK_AGAIN, is_agreed};
pub use channels::CallChannels;
pub use derive::Derived;
pub use evidence::{CallEvidence, CallSource, LegEvidence, LegResult, LegRole, RecordingKind, Sourced};
pub use party::Party;
pub use permission::{CallPermission, PermissionAnswer, permitted};
pub use placing::{CallPreview, NewCall};
pub(crate) use placing::{PLACE_WITHIN, consent};
pub use reading::{CallLogReading, CallsFound};
pub use record::Call;
pub use recordings::{RecordingCount, RecordingSelection, SeenRecordings};
pub use report::{CallSums, by_hour, by_member};
pub use service::{CallPatch, CallService, Caller};
pub use store::{
    CallFacts, CallFactsQuery, CallQuery, CallStore, CallTally, CallView, CallWrite, DurationClass,
    ReportQuery,
};
pub use words::{CallAlias, CallState, HangupCause, NOT_REPORTED, RecordingConsent, RecordingRule};

//! For tests, and for authors of stores and providers: scopes, records to start from, stores and providers that can be
//! told what to do, and the suites that say what a port means.

mod audited;
pub mod conformance;
mod faulty;
pub mod fixtures;
mod forbidden;
mod mailer;
mod permit;
pub mod scripted;

pub use audited::audited_work;
pub use faulty::{Calls, Fault, Faulty};
pub use fixtures::Fixtures;
pub use forbidden::forbidden_addresses;
pub use mailer::RecordingMailer;
pub use permit::{permit_to_answer, permit_to_call};
pub use scripted::{PlacedCall, SCRIPTED_FORM, Scripted, ScriptedCalls, ScriptedProvider, Sent};

use chrono::{DateTime, Utc};

use crate::id::OrgId;
use crate::scope::{Audience, OrgScope, Principal, SystemScope};
use crate::time::ConfirmedTime;

/// The principal of a service with this name.
///
/// # Panics
/// For a name without a visible character.
#[must_use]
pub fn service(name: &str) -> Principal {
    Principal::service(name).expect("the name of a service is visible")
}

/// A scope for an author of a store. Gives no more than acting in the organisation already does.
#[must_use]
pub fn scope(org: OrgId) -> OrgScope {
    OrgScope::new(org)
}

/// The same organisation, of which only this much is seen.
#[must_use]
pub fn scope_seen_by(scope: &OrgScope, audience: Audience) -> OrgScope {
    scope.seen_by(audience)
}

/// A time that a test confirms.
#[must_use]
pub const fn confirmed(at: DateTime<Utc>) -> ConfirmedTime {
    ConfirmedTime::new(at)
}

/// Rights over the system tables, for an author of a store.
#[must_use]
pub fn system_scope() -> SystemScope {
    SystemScope::new()
}

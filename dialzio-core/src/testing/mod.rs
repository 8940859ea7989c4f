//! For tests, and for authors of stores and providers: scopes, records to start from, stores and providers that can be
//! told what to do, and the suites that say what a port means.

pub mod conformance;
mod faulty;
pub mod fixtures;
mod permit;
pub mod scripted;

pub use faulty::{Calls, Fault, Faulty};
pub use fixtures::Fixtures;
pub use permit::permit_to_answer;
pub use scripted::{Scripted, ScriptedProvider, Sent};

use crate::id::OrgId;
use crate::scope::{OrgScope, Principal, SystemScope};

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

/// Rights over the system tables, for an author of a store.
#[must_use]
pub fn system_scope() -> SystemScope {
    SystemScope::new()
}

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
use crate::scope::{Audience, OrgScope, SystemScope};

/// A scope for an author of a store. Gives no more than vouching for somebody already does.
#[must_use]
pub fn scope(org: OrgId) -> OrgScope {
    OrgScope::new(org, Audience::All)
}

/// Rights over the system tables, for an author of a store.
#[must_use]
pub fn system_scope() -> SystemScope {
    SystemScope::new()
}

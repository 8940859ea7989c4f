//! E0624: An organisation's scope comes from an authenticated caller.

use dialzio_core::{OrgId, OrgScope};

fn forged(org: OrgId) -> OrgScope {
    OrgScope::new(org)
}

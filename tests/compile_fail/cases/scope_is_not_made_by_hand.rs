//! E0624: An organisation's scope comes from somebody who was let in.

use dialzio_core::{OrgId, OrgScope};

fn forged(org: OrgId) -> OrgScope {
    OrgScope::new(org)
}

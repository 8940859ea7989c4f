//! E0451: an organisation's scope has no fields to fill in.

use dialzio_core::{OrgId, OrgScope};

fn forged(org: OrgId) -> OrgScope {
    OrgScope { org }
}

//! An organisation's scope comes from somebody who was let in.

use dialzio_core::{Audience, OrgId, OrgScope};

fn forged(org: OrgId) -> OrgScope {
    OrgScope::new(org, Audience::All)
}

fn literal(org: OrgId) -> OrgScope {
    OrgScope { org, audience: Audience::All }
}

fn main() {}

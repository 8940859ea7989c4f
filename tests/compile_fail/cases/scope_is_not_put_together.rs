//! E0451: an organisation's scope has no fields to fill in.

use dialzio_core::{Audience, OrgId, OrgScope};

fn forged(org: OrgId) -> OrgScope {
    OrgScope { org, audience: Audience::All }
}

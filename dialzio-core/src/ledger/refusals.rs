//! Refused attempts are put on record once a minute for each principal and permission, and for each key whose address was
//! refused, so that repeating one does not fill the log.

use std::fmt;
use std::time::Duration;

use crate::id::OrgId;
use crate::scope::Permission;

/// How long the same refusal is not put on record again.
const PAUSE: Duration = Duration::from_secs(60);
/// Refusals that are remembered.
const ROOM: u64 = 10_000;

/// What was refused lately, in this process.
pub(crate) struct Refusals(moka::sync::Cache<(OrgId, String, Option<Permission>), ()>);

impl Default for Refusals {
    fn default() -> Self {
        Self(moka::sync::CacheBuilder::new(ROOM).time_to_live(PAUSE).build())
    }
}

impl fmt::Debug for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refusals")
    }
}

impl Refusals {
    /// Whether this one is new. Without a permission it is the address that was refused.
    pub(crate) fn is_new(&self, org: OrgId, principal: String, permission: Option<Permission>) -> bool {
        self.0.entry((org, principal, permission)).or_insert(()).is_fresh()
    }
}

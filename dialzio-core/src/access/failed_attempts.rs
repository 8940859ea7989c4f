//! Failed attempts to sign in, as a store keeps them.

use chrono::{DateTime, TimeDelta, Utc};

use super::TokenHash;
use crate::store::Revision;

/// Rows of the table lie in so many buckets. A key has its place in one of them, and none is looked for elsewhere.
pub const ATTEMPT_BUCKETS: u16 = 4_096;
/// So many rows lie in each. In a full one the row goes that was used longest ago.
pub const ATTEMPT_SLOTS: u8 = 8;
/// How long the last failure is remembered.
pub const ATTEMPT_MEMORY: TimeDelta = TimeDelta::hours(1);

/// Failures that are counted together, as a store keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAttempts {
    /// Which bucket they lie in.
    pub bucket: u16,
    /// Their place in the bucket.
    pub slot: u8,
    /// Whose they are: a keyed hash, from which nothing can be told.
    pub key: TokenHash,
    /// How many there were.
    pub failures: u32,
    /// When the first one was.
    pub since: DateTime<Utc>,
    /// Until when no other attempt is made.
    pub shut_until: Option<DateTime<Utc>>,
    /// When the last one was.
    pub last: DateTime<Utc>,
    /// Counts the changes of the place.
    pub revision: Revision,
}

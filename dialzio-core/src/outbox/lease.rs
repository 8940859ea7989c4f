//! Leases of queues.

use chrono::{DateTime, Utc};

use super::queue::Queue;

/// Grows with each lease of a queue; a stale one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(pub u64);

impl Fence {
    /// No lease was ever given.
    pub const NONE: Self = Self(0);
}

/// A queue that one worker holds for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The queue that only the holder may work on.
    pub queue: Queue,
    /// Under which fence.
    pub fence: Fence,
    /// When another worker may take it over, unless it is renewed.
    pub until: DateTime<Utc>,
}

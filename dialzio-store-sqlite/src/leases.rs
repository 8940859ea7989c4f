//! Who works on which lane. In memory: the lock file makes this process the only one.

use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dialzio_core::WorkerId;
use dialzio_core::effect::Lane;
use dialzio_core::store::{Fence, Lease};

#[derive(Debug, Clone, Copy)]
struct Held {
    by: WorkerId,
    fence: Fence,
    until: DateTime<Utc>,
}

#[derive(Debug, Default)]
struct Lanes {
    held: HashMap<Lane, Held>,
    fences: HashMap<Lane, u64>,
}

/// Leases, and the greatest fence of each lane.
#[derive(Debug, Default)]
pub(crate) struct Leases(Mutex<Lanes>);

impl Leases {
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take(
        &self,
        lane: Lane,
        by: WorkerId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Option<Lease> {
        let mut lanes = self.lanes();
        let fence = match lanes.held.get(&lane).copied().filter(|held| held.until > now) {
            Some(held) if held.by != by => return None,
            // The worker's own: the fence stays, so that what it has begun is still valid.
            Some(held) => held.fence,
            None => {
                let newest = lanes.fences.entry(lane).or_default();
                *newest += 1;
                Fence(*newest)
            }
        };
        lanes.held.insert(lane, Held { by, fence, until });
        Some(Lease { lane, fence, until })
    }

    pub(crate) fn give_back(&self, lease: &Lease) {
        let mut lanes = self.lanes();
        if lanes.held.get(&lease.lane).is_some_and(|held| held.fence == lease.fence) {
            lanes.held.remove(&lease.lane);
        }
    }

    /// Whether the lease is still held under this fence.
    pub(crate) fn holds(&self, lane: &Lane, fence: Fence, now: DateTime<Utc>) -> bool {
        self.lanes().held.get(lane).is_some_and(|held| held.fence == fence && held.until > now)
    }

    /// The lanes that somebody works on.
    pub(crate) fn held(&self, now: DateTime<Utc>) -> Vec<Lane> {
        self.lanes().held.iter().filter(|(_, held)| held.until > now).map(|(lane, _)| *lane).collect()
    }
}

//! Who works on which queue. In memory: the lock file makes this process the only one.

use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dialzio_core::WorkerId;
use dialzio_core::outbox::{Fence, Lease, Queue};

#[derive(Debug, Clone, Copy)]
struct Held {
    by: WorkerId,
    fence: Fence,
    until: DateTime<Utc>,
}

#[derive(Debug, Default)]
struct Queues {
    held: HashMap<Queue, Held>,
    fences: HashMap<Queue, u64>,
}

/// Leases, and the greatest fence of each queue.
#[derive(Debug, Default)]
pub(crate) struct Leases(Mutex<Queues>);

impl Leases {
    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take(
        &self,
        queue: Queue,
        by: WorkerId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Option<Lease> {
        let mut queues = self.queues();
        let fence = match queues.held.get(&queue).copied().filter(|held| held.until > now) {
            Some(held) if held.by != by => return None,
            // The worker's own: the fence stays, so that what it has begun is still valid.
            Some(held) => held.fence,
            None => {
                let newest = queues.fences.entry(queue).or_default();
                *newest += 1;
                Fence(*newest)
            }
        };
        queues.held.insert(queue, Held { by, fence, until });
        Some(Lease { queue, fence, until })
    }

    pub(crate) fn give_back(&self, lease: &Lease) {
        let mut queues = self.queues();
        if queues.held.get(&lease.queue).is_some_and(|held| held.fence == lease.fence) {
            queues.held.remove(&lease.queue);
        }
    }

    /// Whether the lease is still held under this fence.
    pub(crate) fn holds(&self, queue: &Queue, fence: Fence, now: DateTime<Utc>) -> bool {
        self.queues().held.get(queue).is_some_and(|held| held.fence == fence && held.until > now)
    }

    /// The queues that are leased.
    pub(crate) fn held(&self, now: DateTime<Utc>) -> Vec<Queue> {
        self.queues().held.iter().filter(|(_, held)| held.until > now).map(|(queue, _)| *queue).collect()
    }
}

//! Queues that wait for the clock to be confirmed.
//!
//! By a clock that has leapt ahead, deadlines have passed, reply windows are shut and consents have run out. Nothing of that
//! may become final: a send would be given up for good, a file never be fetched. So while the clock is not believed, queues
//! rest as they are. Nothing is written, so nothing has to be repaired once the clock is right again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::outbox::Queue;

/// How long a queue rests before the clock is looked at again, in time that this process has been running.
const REST: Duration = Duration::from_secs(60);

/// Queues that rest, and until which time of running.
#[derive(Debug, Default)]
pub(crate) struct Holds(Mutex<BTreeMap<Queue, Duration>>);

impl Holds {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<Queue, Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hold(&self, queue: Queue, uptime: Duration) {
        self.kept().insert(queue, uptime + REST);
    }

    /// Those that rest at a time of running.
    pub(super) fn at(&self, uptime: Duration) -> Vec<Queue> {
        let mut kept = self.kept();
        kept.retain(|_, until| *until > uptime);
        kept.keys().copied().collect()
    }

    /// The clock is believed: nothing rests any more.
    pub(super) fn clear(&self) {
        self.kept().clear();
    }
}

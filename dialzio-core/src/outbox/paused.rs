//! Queues that wait for the clock to be confirmed.
//!
//! By a clock that has leapt ahead, deadlines have passed, reply windows are shut and consents have run out. Nothing of that
//! may become final: a send would be given up for good, a file never be fetched. So while the clock is not believed, queues
//! are paused as they are. Nothing is written, so nothing has to be repaired once the clock is right again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::queue::Queue;

/// How long a queue is paused before the clock is looked at again, by the uptime of this process.
const PAUSE: Duration = Duration::from_secs(60);

/// Paused queues, and until which uptime.
#[derive(Debug, Default)]
pub(crate) struct PausedQueues(Mutex<BTreeMap<Queue, Duration>>);

impl PausedQueues {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<Queue, Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pause(&self, queue: Queue, uptime: Duration) {
        self.kept().insert(queue, uptime + PAUSE);
    }

    /// Those that are paused at an uptime.
    pub(super) fn at(&self, uptime: Duration) -> Vec<Queue> {
        let mut kept = self.kept();
        kept.retain(|_, until| *until > uptime);
        kept.keys().copied().collect()
    }

    /// The clock is believed: all continue.
    pub(super) fn clear(&self) {
        self.kept().clear();
    }
}

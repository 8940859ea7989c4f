//! Whether the store took the last write that was tried. Readiness answers from it, so that a request does not write.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::StoreError;

#[derive(Debug, Clone)]
struct Attempt {
    at: DateTime<Utc>,
    error: Option<StoreError>,
}

/// The last write that was tried, if there was one.
#[derive(Debug, Default)]
pub(crate) struct Heartbeat(Mutex<Option<Attempt>>);

impl Heartbeat {
    fn last(&self) -> MutexGuard<'_, Option<Attempt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last one succeeded, less than this long ago: none is needed yet.
    pub(super) fn is_recent(&self, now: DateTime<Utc>, pause: TimeDelta) -> bool {
        let last = self.last();
        last.as_ref().is_some_and(|last| last.error.is_none() && last.at <= now && now < last.at + pause)
    }

    /// Keeps the answer of one.
    pub(super) fn note(&self, at: DateTime<Utc>, error: Option<&StoreError>) {
        *self.last() = Some(Attempt { at, error: error.cloned() });
    }

    /// Why the last one failed; `None` if it succeeded, or none was tried.
    pub(crate) fn failed(&self) -> Option<StoreError> {
        self.last().as_ref().and_then(|last| last.error.clone())
    }
}

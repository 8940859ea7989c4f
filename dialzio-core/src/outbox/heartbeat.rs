//! Whether the store took the last write that was tried. Readiness says so, and need not write for everybody who asks.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::StoreError;

#[derive(Debug, Clone)]
struct Beat {
    at: DateTime<Utc>,
    error: Option<StoreError>,
}

/// The last write that was tried, if there was one.
#[derive(Debug, Default)]
pub(crate) struct Beats(Mutex<Option<Beat>>);

impl Beats {
    fn last(&self) -> MutexGuard<'_, Option<Beat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last one succeeded, less than this long ago.
    pub(super) fn rests(&self, now: DateTime<Utc>, pause: TimeDelta) -> bool {
        let last = self.last();
        last.as_ref().is_some_and(|last| last.error.is_none() && last.at <= now && now < last.at + pause)
    }

    pub(super) fn note(&self, at: DateTime<Utc>, error: Option<&StoreError>) {
        *self.last() = Some(Beat { at, error: error.cloned() });
    }

    /// Why the last one failed.
    pub(crate) fn failed(&self) -> Option<StoreError> {
        self.last().as_ref().and_then(|last| last.error.clone())
    }
}

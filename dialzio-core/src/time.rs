//! The only source of time: UTC, to the microsecond.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use std::fmt::Debug;
use std::sync::Mutex;

/// Tells the time. [`SystemClock`] in production, [`ManualClock`] in tests.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Now, in UTC, truncated to the microsecond.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one door to the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        micros(Utc::now())
    }
}

/// A clock that stands still until told otherwise.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that shows `at`.
    #[must_use]
    pub fn at(at: DateTime<Utc>) -> Self {
        Self(Mutex::new(micros(at)))
    }

    /// Moves forward (or back, if negative).
    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now += by;
    }

    /// Jumps to `at`.
    pub fn set(&self, at: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = micros(at);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Truncates to the microsecond, which is what every store keeps.
#[must_use]
pub fn micros(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(at)
}

/// The longest that message logs and recordings are kept: 365 days of 86,400 seconds.
/// Nobody may lengthen it. Source: privacy policy, clause C6.3.
pub const RETENTION_CAP: TimeDelta = TimeDelta::days(365);

/// How long a business may answer freely after the person wrote: 24 hours.
/// Source: Meta, "Send messages", customer service windows.
pub const REPLY_WINDOW: TimeDelta = TimeDelta::hours(24);

/// A message older than this when it arrives makes nothing new.
pub const OLDEST_EVENT: TimeDelta = TimeDelta::days(8);

/// A message further ahead of our clock than this makes nothing new.
pub const FUTURE_TOLERANCE: TimeDelta = TimeDelta::minutes(10);

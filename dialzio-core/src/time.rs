//! The only source of time: UTC, to the microsecond.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

pub use crate::store::periods::RETENTION_CAP;

/// Tells the time. [`SystemClock`] in production, [`ManualClock`] in tests.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Now, in UTC, truncated to the microsecond.
    fn now(&self) -> DateTime<Utc>;
    /// How long this process has been running, by a clock that cannot be set. It shows whether [`now`](Self::now) has
    /// leapt.
    fn uptime(&self) -> Duration {
        static STARTED: OnceLock<Instant> = OnceLock::new();
        STARTED.get_or_init(Instant::now).elapsed()
    }
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
pub struct ManualClock(Mutex<Shown>);

#[derive(Debug)]
struct Shown {
    now: DateTime<Utc>,
    uptime: Duration,
}

impl ManualClock {
    /// A clock that shows `at`.
    #[must_use]
    pub fn at(at: DateTime<Utc>) -> Self {
        Self(Mutex::new(Shown { now: micros(at), uptime: Duration::ZERO }))
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time passes: the clock moves forward while the process runs. A negative step sets the clock back.
    pub fn advance(&self, by: TimeDelta) {
        let mut shown = self.shown();
        shown.now += by;
        shown.uptime += by.to_std().unwrap_or_default();
    }

    /// The clock is set to `at`: no time has passed.
    pub fn set(&self, at: DateTime<Utc>) {
        self.shown().now = micros(at);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        self.shown().now
    }

    fn uptime(&self) -> Duration {
        self.shown().uptime
    }
}

/// An instant by which something may be deleted for good.
///
/// What has expired is hidden at once by the clock, which does no harm if the clock is wrong. It is deleted only by a time
/// that is confirmed, and only the core makes one: every purge and sweep of a store takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfirmedTime(DateTime<Utc>);

impl ConfirmedTime {
    pub(crate) const fn new(at: DateTime<Utc>) -> Self {
        Self(at)
    }

    /// This, or an earlier instant.
    #[must_use]
    pub fn no_later(self, than: DateTime<Utc>) -> Self {
        Self(self.0.min(than))
    }

    /// The instant that the operator confirmed.
    #[must_use]
    pub const fn instant(self) -> DateTime<Utc> {
        self.0
    }
}

/// How far the clock is known to have come, as kept in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeMark {
    /// The newest instant that is believed. What had expired by then stays hidden, whatever the clock shows later.
    pub trusted_at: DateTime<Utc>,
    /// A clock that shows more than a day beyond it, and is not believed yet.
    pub ahead: Option<Ahead>,
}

/// A clock that has jumped ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// What it showed when it was last looked at.
    pub at: DateTime<Utc>,
    /// For how long it has held, counting only the time that a process was running to see it.
    pub held: TimeDelta,
}

/// Truncates to the microsecond, which is what every store keeps.
#[must_use]
pub fn micros(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(at)
}

/// How long a business may answer freely after the person wrote: 24 hours.
/// Source: Meta, "Send messages", customer service windows.
pub const REPLY_WINDOW: TimeDelta = TimeDelta::hours(24);

/// A message older than this when it arrives makes nothing new.
pub const OLDEST_EVENT: TimeDelta = TimeDelta::days(8);

/// A message further ahead of our clock than this makes nothing new.
pub const FUTURE_TOLERANCE: TimeDelta = TimeDelta::minutes(10);

//! Whether the machine's clock can be believed.
//!
//! A clock that is wrong for a moment must not cost any data. What has expired is hidden by the clock at once;
//! it is deleted by a [`ConfirmedTime`] only. A clock is believed while it stays within a day of what is known: the mark in
//! the store and the time that this process has been running since, what providers have signed, and the `Date` of their
//! answers. One that has leapt further is believed after it has held for a day of running, or once an operator confirms it.

mod check;

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::name::string_enum;
use crate::time::{Ahead, ConfirmedTime, TimeMark};

/// A clock further ahead of what is known than this is not believed.
const LEAP: TimeDelta = TimeDelta::days(1);
/// For how long a clock that has leapt has to hold, counted in time of running.
const HOLD: TimeDelta = TimeDelta::hours(24);
/// How far a clock that has leapt may be set back without having to begin anew.
const SLACK: TimeDelta = TimeDelta::hours(1);

string_enum! {
    /// What is thought of the machine's clock.
    pub enum ClockTrust {
        /// It has not been checked yet.
        Unknown = "unknown",
        /// It agrees with what is known.
        Confirmed = "confirmed",
        /// It shows more than a day beyond what is known: nothing is deleted by it.
        Ahead = "ahead",
        /// It shows more than a day before what is known: what had expired stays hidden.
        Behind = "behind",
    }
}

/// The clock, and how far it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockState {
    /// What is thought of it.
    pub trust: ClockTrust,
    /// What it shows.
    pub now: DateTime<Utc>,
    /// The newest instant that is believed.
    pub trusted_at: Option<DateTime<Utc>>,
    /// For how long a clock that is ahead has held; after a day of running it is believed.
    pub held: Option<TimeDelta>,
}

/// What this process knows of the time.
#[derive(Debug, Default)]
struct Known {
    mark: Option<TimeMark>,
    /// How long the process had been running when the mark was last looked at.
    looked_at: Option<Duration>,
    /// For how long a clock that is ahead has held, as far as this process knows.
    held: TimeDelta,
    /// The newest instant that a provider or another process has shown.
    witnessed: Option<DateTime<Utc>>,
}

/// What is known of the time, and what follows for the clock.
#[derive(Debug, Default)]
pub(crate) struct Timekeeper(Mutex<Known>);

/// What a look at the clock leads to.
#[derive(Debug, PartialEq, Eq)]
struct Judged {
    mark: TimeMark,
    confirmed: ConfirmedTime,
}

/// Judges the clock by what is known: the mark, how long this process has been running since it was made, how long a clock
/// that is ahead has held, and the newest instant that another source has shown.
fn judge(
    mark: Option<TimeMark>,
    now: DateTime<Utc>,
    running: TimeDelta,
    held: TimeDelta,
    witnessed: Option<DateTime<Utc>>,
) -> Judged {
    let Some(mark) = mark else {
        // A new store: there is nothing that a wrong clock could take.
        let mark = TimeMark { trusted_at: now, ahead: None };
        return Judged { mark, confirmed: ConfirmedTime::new(now) };
    };
    let floor = mark.trusted_at + running;
    // A source that shows a later time than the clock itself proves nothing about the clock.
    let floor = witnessed.map_or(floor, |at| floor.max(at.min(now)));
    let believed = Judged {
        mark: TimeMark { trusted_at: mark.trusted_at.max(now), ahead: None },
        confirmed: ConfirmedTime::new(now),
    };
    if now <= floor + LEAP {
        return believed;
    }
    let held = match mark.ahead {
        Some(ahead) if now >= ahead.at - SLACK && now <= ahead.at + running + LEAP => held.max(ahead.held),
        _ => TimeDelta::zero(),
    };
    if held >= HOLD {
        return believed;
    }
    let mark = TimeMark { trusted_at: floor, ahead: Some(Ahead { at: now, held }) };
    Judged { mark, confirmed: ConfirmedTime::new(floor) }
}

impl Timekeeper {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an instant from a source that can be believed: a provider that signed it, or answered with it.
    pub(crate) fn witness(&self, at: DateTime<Utc>) {
        let mut known = self.known();
        known.witnessed = Some(known.witnessed.map_or(at, |newest| newest.max(at)));
    }

    pub(crate) fn state(&self, now: DateTime<Utc>, uptime: Duration) -> ClockState {
        let known = self.known();
        let (Some(mark), Some(looked_at)) = (known.mark, known.looked_at) else {
            return ClockState { trust: ClockTrust::Unknown, now, trusted_at: None, held: None };
        };
        let running = since(looked_at, uptime);
        let judged = judge(Some(mark), now, running, known.held + running, known.witnessed);
        let trust = match judged.mark.ahead {
            Some(_) => ClockTrust::Ahead,
            None if now + LEAP < mark.trusted_at => ClockTrust::Behind,
            None => ClockTrust::Confirmed,
        };
        let held = judged.mark.ahead.map(|ahead| ahead.held);
        ClockState { trust, now, trusted_at: Some(judged.mark.trusted_at), held }
    }
}

fn since(earlier: Duration, later: Duration) -> TimeDelta {
    TimeDelta::from_std(later.saturating_sub(earlier)).unwrap_or(TimeDelta::zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::hours(hours)
    }

    fn mark(hours: i64) -> Option<TimeMark> {
        Some(TimeMark { trusted_at: at(hours), ahead: None })
    }

    fn judged(kept: Option<TimeMark>, now: i64, running: i64, witnessed: Option<i64>) -> Judged {
        let running = TimeDelta::hours(running);
        judge(kept, at(now), running, running, witnessed.map(at))
    }

    #[test]
    fn a_clock_within_a_day_of_what_is_known_is_believed() {
        for (now, running, witnessed) in
            [(24, 0, None), (400, 376, None), (400, 0, Some(380)), (-400, 0, None)]
        {
            let found = judged(mark(0), now, running, witnessed);
            assert_eq!(found.confirmed.instant(), at(now), "{now}");
            assert_eq!(found.mark, TimeMark { trusted_at: at(now.max(0)), ahead: None });
        }
        assert_eq!(judged(None, 9_999, 0, None).confirmed.instant(), at(9_999), "a new store");
    }

    #[test]
    fn a_leap_is_not_believed_and_does_not_stop_time() {
        let found = judged(mark(0), 9_600, 2, Some(1));
        assert_eq!(found.confirmed.instant(), at(2));
        assert_eq!(found.mark.trusted_at, at(2));
        assert_eq!(found.mark.ahead, Some(Ahead { at: at(9_600), held: TimeDelta::zero() }));
        // A source that is further ahead than the clock does not confirm it.
        let found = judged(mark(0), 30, 0, Some(99_999));
        assert_eq!(found.confirmed.instant(), at(30));
    }

    #[test]
    fn a_leap_that_holds_for_a_day_of_running_is_believed() {
        let mut kept = Some(judged(mark(0), 9_600, 0, None).mark);
        let mut held = TimeDelta::zero();
        for hour in 1..=24 {
            held += TimeDelta::hours(1);
            let found = judge(kept, at(9_600 + hour), TimeDelta::hours(1), held, None);
            let believed = found.confirmed.instant() == at(9_600 + hour);
            assert_eq!(believed, hour == 24, "{hour}");
            kept = Some(found.mark);
        }
    }

    #[test]
    fn a_clock_that_leaps_again_begins_anew() {
        let kept = Some(TimeMark {
            trusted_at: at(0),
            ahead: Some(Ahead { at: at(9_600), held: TimeDelta::hours(23) }),
        });
        for now in [9_700, 9_000] {
            let found = judge(kept, at(now), TimeDelta::hours(1), TimeDelta::hours(24), None);
            assert_eq!(found.mark.ahead.unwrap().held, TimeDelta::zero(), "{now}");
        }
    }

    proptest! {
        /// Whatever the clock shows, nothing is deleted by a time that is not confirmed, and what is believed only rises.
        #[test]
        fn no_clock_deletes_beyond_what_is_known(
            shown in prop::collection::vec((-20_000_i64..20_000, 0_i64..4), 1..40),
        ) {
            let (mut kept, mut truth, mut held) = (mark(0), 0_i64, TimeDelta::zero());
            for (off, ran) in shown {
                truth += ran;
                held += TimeDelta::hours(ran);
                let now = truth + off;
                let before = kept.unwrap().trusted_at;
                let found = judge(kept, at(now), TimeDelta::hours(ran), held, None);
                prop_assert!(found.confirmed.instant() <= before + TimeDelta::hours(ran) + LEAP);
                prop_assert!(found.mark.trusted_at >= before);
                held = found.mark.ahead.map_or(TimeDelta::zero(), |ahead| ahead.held);
                kept = Some(found.mark);
            }
        }
    }
}

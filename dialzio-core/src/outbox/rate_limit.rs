//! How fast an account sends: no faster than its provider takes messages, and slower for a while after the provider said
//! that it was too much.
//!
//! The holder of an account's queue keeps it until the time that its messages cost has passed. There is one holder at a
//! time, so the rate holds over all processes, and nothing of it has to be stored: a new holder owes nothing, and after a
//! crash the lease runs for longer than a chunk can cost.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::id::AccountId;

/// What a provider's "too fast" leaves of the rate.
const LEFT: f64 = 0.5;
/// The least that is left after many.
const LEAST: f64 = 0.02;
/// How much of the whole rate comes back each minute.
const BACK: f64 = 0.1;

#[derive(Debug, Clone, Copy)]
struct Slowed {
    share: f64,
    since: DateTime<Utc>,
}

impl Slowed {
    fn share_at(self, now: DateTime<Utc>) -> f64 {
        let minutes = (now - self.since).num_milliseconds().max(0) as f64 / 60_000.0;
        (self.share + BACK * minutes).min(1.0)
    }
}

/// Accounts that were told to slow down, as this process knows.
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    slowed: Mutex<BTreeMap<AccountId, Slowed>>,
}

impl RateLimits {
    fn slowed(&self) -> MutexGuard<'_, BTreeMap<AccountId, Slowed>> {
        self.slowed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long so many messages take at the account's rate.
    pub(crate) fn cost(
        &self,
        account: AccountId,
        per_second: u32,
        messages: usize,
        now: DateTime<Utc>,
    ) -> Duration {
        let mut slowed = self.slowed();
        let share = slowed.get(&account).map_or(1.0, |slow| slow.share_at(now));
        if share >= 1.0 {
            slowed.remove(&account);
        }
        let rate = f64::from(per_second.max(1)) * share;
        Duration::from_secs_f64(messages as f64 / rate)
    }

    /// The provider said that the account sends too fast: half of the rate is left, and comes back bit by bit.
    pub(crate) fn throttled(&self, account: AccountId, now: DateTime<Utc>) {
        let mut slowed = self.slowed();
        let share = slowed.get(&account).map_or(1.0, |slow| slow.share_at(now));
        slowed.insert(account, Slowed { share: (share * LEFT).max(LEAST), since: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TypedId;
    use chrono::TimeDelta;

    #[test]
    fn a_rate_halves_when_it_is_too_much_and_comes_back_by_a_tenth_each_minute() {
        let (rate_limits, account) = (RateLimits::default(), AccountId::from_uuid(uuid::Uuid::nil()));
        let now: DateTime<Utc> = "2026-03-02T06:30:00Z".parse().unwrap();
        let milliseconds = |at| rate_limits.cost(account, 80, 16, at).as_millis();
        assert_eq!(milliseconds(now), 200);
        rate_limits.throttled(account, now);
        assert_eq!(milliseconds(now), 400);
        rate_limits.throttled(account, now);
        assert_eq!(milliseconds(now), 800);
        assert_eq!(milliseconds(now + TimeDelta::seconds(150)), 400);
        assert_eq!(milliseconds(now + TimeDelta::minutes(8)), 200);
        for _ in 0..20 {
            rate_limits.throttled(account, now);
        }
        assert_eq!(milliseconds(now), 10_000, "it never stands still");
    }
}

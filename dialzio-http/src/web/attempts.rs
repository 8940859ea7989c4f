//! How often somebody may try to come in: five failures a minute, then a delay that doubles up to a quarter of an hour.
//! Kept in memory, by account and by network address.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Failures within a minute that cost nothing.
const FREE: u32 = 5;
/// Over which time failures are forgotten, and the first delay.
const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// The longest delay.
const LONGEST: TimeDelta = TimeDelta::minutes(15);
/// How long the last failure is remembered.
const MEMORY: TimeDelta = TimeDelta::hours(1);
/// Most keys that are kept.
const ROOM: usize = 20_000;

/// Who tries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// An account, by the hash of its address.
    Account([u8; 32]),
    /// A machine, or for IPv6 its network of 64 bits.
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Record {
    failures: u32,
    since: DateTime<Utc>,
    shut_until: Option<DateTime<Utc>>,
    last: DateTime<Utc>,
}

/// The failures so far.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<Key, Record>>);

impl Attempts {
    /// Counts an attempt before it is made; one that succeeds is [forgotten](Self::forget).
    ///
    /// # Errors
    /// The seconds to wait.
    pub(crate) fn begin(&self, keys: &[Key], now: DateTime<Utc>) -> Result<(), u32> {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shut = keys.iter().filter_map(|key| records.get(key)?.shut_until).max().filter(|end| *end > now);
        if let Some(end) = shut {
            return Err(u32::try_from((end - now).num_seconds() + 1).unwrap_or(u32::MAX));
        }
        if records.len() >= ROOM {
            records.retain(|_, record| record.last + MEMORY > now);
        }
        for key in keys {
            let fresh = Record { failures: 0, since: now, shut_until: None, last: now };
            let record = records.entry(key.clone()).or_insert(fresh);
            if record.last + MEMORY <= now || record.failures < FREE && record.since + MINUTE <= now {
                *record = fresh;
            }
            record.failures = record.failures.saturating_add(1);
            record.last = now;
            if let Some(beyond) = record.failures.checked_sub(FREE) {
                let delay = MINUTE * 2_i32.saturating_pow(beyond.min(4));
                record.shut_until = Some(now + delay.min(LONGEST));
            }
        }
        Ok(())
    }

    /// Somebody came in.
    pub(crate) fn forget(&self, keys: &[Key]) {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            records.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_are_free_and_delays_grow_to_a_quarter_of_an_hour() {
        let attempts = Attempts::default();
        let keys = [Key::Account([1; 32])];
        let mut now = DateTime::UNIX_EPOCH;
        for _ in 0..5 {
            assert_eq!(attempts.begin(&keys, now), Ok(()));
        }
        let mut waits = Vec::new();
        for _ in 0..6 {
            let wait = attempts.begin(&keys, now).unwrap_err();
            waits.push(wait);
            now += TimeDelta::seconds(i64::from(wait));
            assert_eq!(attempts.begin(&keys, now), Ok(()));
        }
        assert_eq!(waits, [61, 121, 241, 481, 901, 901]);
        attempts.forget(&keys);
        assert_eq!(attempts.begin(&keys, now), Ok(()));
    }

    #[test]
    fn slow_mistakes_are_forgiven_and_others_are_not_touched() {
        let attempts = Attempts::default();
        let mut now = DateTime::UNIX_EPOCH;
        for _ in 0..20 {
            assert_eq!(attempts.begin(&[Key::Account([1; 32])], now), Ok(()));
            now += TimeDelta::seconds(61);
        }
        assert_eq!(attempts.begin(&[Key::Account([2; 32])], now), Ok(()));
    }
}

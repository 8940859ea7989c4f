//! How often a caller may try to sign in: five failures a minute, then a delay that doubles up to a quarter of an hour.
//! Kept in memory, by account and by network address, in tables that never grow beyond their room.

use chrono::{DateTime, TimeDelta, Utc};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use std::hash::{BuildHasher, RandomState};
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
/// Accounts that are remembered, and as many addresses; beyond that the one goes that was tried longest ago.
const ROOM: u64 = 20_000;

/// Who tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// An account, by a hash of its address.
    Account(u64),
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
#[derive(Debug)]
pub(crate) struct Attempts {
    accounts: Cache<Key, Record>,
    addresses: Cache<Key, Record>,
    hasher: RandomState,
    /// Held from the look to the count, so that attempts at the same time are counted one by one.
    turn: Mutex<()>,
}

impl Default for Attempts {
    fn default() -> Self {
        let table = || Cache::builder().max_capacity(ROOM).eviction_policy(EvictionPolicy::lru()).build();
        Self { accounts: table(), addresses: table(), hasher: RandomState::new(), turn: Mutex::new(()) }
    }
}

impl Attempts {
    /// The key of an account. No address is kept, and no two processes hash alike.
    pub(crate) fn account(&self, name: &str) -> Key {
        Key::Account(self.hasher.hash_one(name))
    }

    fn table(&self, key: Key) -> &Cache<Key, Record> {
        match key {
            Key::Account(_) => &self.accounts,
            Key::Address(_) => &self.addresses,
        }
    }

    /// Counts an attempt before it is made; one that succeeds is [forgotten](Self::forget), one that was not made is
    /// [taken back](Self::take_back).
    ///
    /// # Errors
    /// The seconds to wait.
    pub(crate) fn begin(&self, keys: &[Key], now: DateTime<Utc>) -> Result<(), u32> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let known: Vec<_> = keys.iter().map(|key| (*key, self.table(*key).get(key))).collect();
        let shut = known.iter().filter_map(|(_, record)| record.as_ref()?.shut_until).max();
        if let Some(end) = shut.filter(|end| *end > now) {
            return Err(u32::try_from((end - now).num_seconds() + 1).unwrap_or(u32::MAX));
        }
        for (key, record) in known {
            let fresh = Record { failures: 0, since: now, shut_until: None, last: now };
            let is_old = |record: &Record| {
                record.last + MEMORY <= now || record.failures < FREE && record.since + MINUTE <= now
            };
            let mut record = record.filter(|record| !is_old(record)).unwrap_or(fresh);
            record.failures = record.failures.saturating_add(1);
            record.last = now;
            if let Some(beyond) = record.failures.checked_sub(FREE) {
                let delay = MINUTE * 2_i32.saturating_pow(beyond.min(4));
                record.shut_until = Some(now + delay.min(LONGEST));
            }
            self.table(key).insert(key, record);
        }
        Ok(())
    }

    /// An attempt that was counted was not made after all.
    pub(crate) fn take_back(&self, keys: &[Key]) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if let Some(mut record) = self.table(*key).get(key) {
                record.failures = record.failures.saturating_sub(1);
                record.shut_until = None;
                self.table(*key).insert(*key, record);
            }
        }
    }

    /// A sign-in succeeded.
    pub(crate) fn forget(&self, keys: &[Key]) {
        for key in keys {
            self.table(*key).invalidate(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_are_free_and_delays_grow_to_a_quarter_of_an_hour() {
        let attempts = Attempts::default();
        let keys = [Key::Account(1)];
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
            assert_eq!(attempts.begin(&[Key::Account(1)], now), Ok(()));
            now += TimeDelta::seconds(61);
        }
        assert_eq!(attempts.begin(&[Key::Account(2)], now), Ok(()));
    }

    #[test]
    fn an_attempt_that_was_not_made_does_not_count() {
        let attempts = Attempts::default();
        for _ in 0..50 {
            assert_eq!(attempts.begin(&[Key::Account(1)], DateTime::UNIX_EPOCH), Ok(()));
            attempts.take_back(&[Key::Account(1)]);
        }
    }

    #[test]
    fn the_tables_keep_their_room_and_strange_accounts_push_no_address_out() {
        let attempts = Attempts::default();
        let now = DateTime::UNIX_EPOCH;
        let busy = Key::Address(IpAddr::from([192, 0, 2, 7]));
        for _ in 0..5 {
            assert_eq!(attempts.begin(&[busy], now), Ok(()));
        }
        for account in 0..3 * ROOM {
            assert_eq!(attempts.begin(&[Key::Account(account)], now), Ok(()));
        }
        attempts.accounts.run_pending_tasks();
        assert!(attempts.accounts.entry_count() <= ROOM, "{}", attempts.accounts.entry_count());
        assert!(attempts.begin(&[busy], now).is_err(), "it is still shut");
    }
}

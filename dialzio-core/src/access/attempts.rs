//! Limits on attempts to sign in, however they are made: the first few failures cost nothing, then each one doubles the delay.
//! Kept in the store, so that all processes count together, in a table of a fixed size.
//!
//! A failure is counted before it is known to be one, so that attempts at the same time are counted one by one. It counts for
//! the account and for the peer. A device that signed in before is counted separately, so that knowing somebody's address is not
//! enough to lock them out.

use chrono::{DateTime, TimeDelta, Utc};
use std::net::IpAddr;

use super::failed_attempts::{ATTEMPT_BUCKETS, ATTEMPT_MEMORY, ATTEMPT_SLOTS, FailedAttempts};
use super::{AccessService, Token, TokenHash, TokenPurpose};
use crate::account::KeyProvider;
use crate::error::Error;
use crate::store::{Revision, StoreError, SystemWrite, UserKey};
use crate::text::EmailAddress;

/// The first delay.
const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// The longest delay.
const LONGEST: TimeDelta = TimeDelta::minutes(15);
/// Mail is counted by the hour.
const HOUR: TimeDelta = TimeDelta::hours(1);
/// How often a count is tried again when another attempt was counted meanwhile.
const TRIES: usize = 64;

/// What failures are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Account,
    Device,
    Peer,
    /// Mail to an address.
    MailTo,
    /// Mail that a peer asked for.
    MailFrom,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Device => "device",
            Self::Peer => "peer",
            Self::MailTo => "mail to",
            Self::MailFrom => "mail from",
        }
    }

    /// How many failures cost nothing, and within which time. Many people may be behind one address.
    const fn free(self) -> (u32, TimeDelta) {
        match self {
            Self::Account | Self::Device => (5, MINUTE),
            Self::Peer => (20, TimeDelta::minutes(10)),
            Self::MailTo => (3, HOUR),
            Self::MailFrom => (20, HOUR),
        }
    }

    /// Whether there is no more within that time than what costs nothing: mail is not sent ever more seldom, but not at all.
    const fn ends(self) -> bool {
        matches!(self, Self::MailTo | Self::MailFrom)
    }
}

/// Who tries.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The address of the account, or what else is tried: the token of a link.
    pub account: &'a str,
    /// From where.
    pub peer: Option<IpAddr>,
    /// The token of the device, if it has signed in before.
    pub device: Option<&'a Token>,
}

/// An attempt that was counted. Until it is known to have been another, it is one that failed.
#[derive(Debug, Clone)]
pub struct Counted {
    keys: Vec<(Kind, TokenHash)>,
    /// Whether it comes from a device on which this account signed in before.
    pub is_known_device: bool,
}

impl FailedAttempts {
    /// The count after one more failure; the time to wait if none may be made now.
    fn next(&self, kind: Kind, now: DateTime<Utc>) -> Result<Self, TimeDelta> {
        if let Some(end) = self.shut_until.filter(|end| *end > now) {
            return Err(end - now);
        }
        let (free, window) = kind.free();
        let is_open = kind.ends() || self.failures < free;
        let is_old = self.last + ATTEMPT_MEMORY <= now || is_open && self.since + window <= now;
        let (failures, since) =
            if is_old || self.failures == 0 { (0, now) } else { (self.failures, self.since) };
        let failures = failures.saturating_add(1);
        if kind.ends() && failures > free {
            return Err(since + window - now);
        }
        let beyond = failures.checked_sub(free);
        let delay = beyond
            .filter(|_| !kind.ends())
            .map(|beyond| (MINUTE * 2_i32.saturating_pow(beyond.min(4))).min(LONGEST));
        Ok(Self { failures, since, last: now, shut_until: delay.map(|delay| now + delay), ..self.changed() })
    }

    fn changed(&self) -> Self {
        Self { revision: Revision(self.revision.0.saturating_add(1)), ..self.clone() }
    }

    /// The count without the attempt that was counted last.
    fn less_one(&self) -> Self {
        Self { failures: self.failures.saturating_sub(1), shut_until: None, ..self.changed() }
    }

    fn forgotten(&self) -> Self {
        Self { failures: 0, shut_until: None, ..self.changed() }
    }
}

/// Which bucket a key lies in.
fn bucket_of(key: &TokenHash) -> u16 {
    u16::from_be_bytes([key.0[0], key.0[1]]) % ATTEMPT_BUCKETS
}

/// The row of a key among those of its bucket; a new one in a free place, or in that of the row used longest ago.
fn place(rows: &[FailedAttempts], key: TokenHash, now: DateTime<Utc>) -> FailedAttempts {
    if let Some(row) = rows.iter().find(|row| row.key == key) {
        return row.clone();
    }
    let free = (0..ATTEMPT_SLOTS).find(|slot| rows.iter().all(|row| row.slot != *slot));
    let oldest = rows.iter().min_by_key(|row| row.last);
    let (slot, revision) = match (free, oldest) {
        (None, Some(oldest)) => (oldest.slot, oldest.revision),
        (slot, _) => (slot.unwrap_or_default(), Revision::NONE),
    };
    let bucket = bucket_of(&key);
    FailedAttempts { bucket, slot, key, failures: 0, since: now, shut_until: None, last: now, revision }
}

/// What becomes of an attempt that was counted.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Succeeded,
    NotMade,
}

impl AccessService<'_> {
    /// Counts an attempt before it is made.
    ///
    /// # Errors
    /// [`Error::TooManyAttempts`] with the seconds to wait; [`Error::Busy`] if too many are counted at the same time.
    pub async fn begin_attempt(&self, attempt: Attempt<'_>) -> Result<Counted, Error> {
        let known = self.known_device(&attempt).await?;
        let mut keys = Vec::with_capacity(2);
        match known {
            Some(device) => keys.push((Kind::Device, device.reveal().to_owned())),
            None => {
                keys.push((Kind::Account, attempt.account.to_lowercase()));
                keys.extend(attempt.peer.map(|peer| (Kind::Peer, peer.to_string())));
            }
        }
        self.count(keys, known.is_some()).await
    }

    /// Counts a mail that was requested by somebody who is not signed in, for its address and for the peer.
    ///
    /// # Errors
    /// [`Error::TooManyAttempts`] with the seconds to wait; [`Error::Busy`] if too many are counted at the same time.
    pub(super) async fn count_mail(&self, to: &EmailAddress, peer: Option<IpAddr>) -> Result<(), Error> {
        let mut keys = vec![(Kind::MailTo, to.match_key())];
        keys.extend(peer.map(|peer| (Kind::MailFrom, peer.to_string())));
        self.count(keys, false).await.map(drop)
    }

    /// Counts something under keyed hashes of names.
    async fn count(&self, names: Vec<(Kind, String)>, is_known_device: bool) -> Result<Counted, Error> {
        let (_, secret) = self.runtime.keys().current().await?;
        let mut keys = Vec::with_capacity(names.len());
        for (kind, name) in names {
            let purpose = format!("dialzio/attempts/1\0{}\0{name}", kind.word());
            keys.push((kind, TokenHash(secret.derive(purpose.as_bytes())?)));
        }
        let counted = Counted { keys, is_known_device };
        self.change_counts(&counted, |kind, row, now| row.next(kind, now)).await?;
        Ok(counted)
    }

    /// An attempt that was counted has succeeded: failures of the account or the device are forgotten. Those of the peer are
    /// not, so that an account of one's own is of no help in trying others.
    pub async fn attempt_succeeded(&self, counted: &Counted) {
        self.settle(counted, Outcome::Succeeded).await;
    }

    /// An attempt that was counted was not made after all.
    pub async fn attempt_not_made(&self, counted: &Counted) {
        self.settle(counted, Outcome::NotMade).await;
    }

    async fn settle(&self, counted: &Counted, outcome: Outcome) {
        let settled = self.change_counts(counted, |kind, row, _| {
            Ok(match (outcome, kind) {
                (Outcome::Succeeded, Kind::Account | Kind::Device) => row.forgotten(),
                (Outcome::Succeeded, Kind::Peer | Kind::MailTo | Kind::MailFrom) | (Outcome::NotMade, _) => {
                    row.less_one()
                }
            })
        });
        if let Err(error) = settled.await {
            tracing::warn!(code = %error.code(), "an attempt to sign in counts as failed although it did not");
        }
    }

    /// The device of an attempt, if this account signed in on it before.
    async fn known_device<'a>(&self, attempt: &Attempt<'a>) -> Result<Option<&'a Token>, Error> {
        let Some(token) = attempt.device else { return Ok(None) };
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let found = store.user_token(system, &token.hash(), self.runtime.now()).await?;
        let found = found.filter(|found| found.purpose == TokenPurpose::KnownDevice);
        let (Some(found), Ok(email)) = (found, EmailAddress::parse(attempt.account)) else { return Ok(None) };
        let user = store.user(system, UserKey::Email(&email)).await?;
        Ok(user.filter(|user| user.id == found.user).map(|_| token))
    }

    /// Changes the counts of an attempt in one commit, on what they are at that instant.
    async fn change_counts(
        &self,
        counted: &Counted,
        change: impl Fn(Kind, &FailedAttempts, DateTime<Utc>) -> Result<FailedAttempts, TimeDelta> + Send + Sync,
    ) -> Result<(), Error> {
        let (store, system) = (self.runtime.store(), self.runtime.system());
        for _ in 0..TRIES {
            let now = self.runtime.now();
            let (mut writes, mut wait) = (Vec::with_capacity(counted.keys.len()), None);
            for (kind, key) in &counted.keys {
                let rows = store.failed_attempts(system, bucket_of(key)).await?;
                match change(*kind, &place(&rows, *key, now), now) {
                    Ok(row) => writes.push(row),
                    Err(longer) => wait = wait.max(Some(longer)),
                }
            }
            if let Some(wait) = wait {
                let seconds = u32::try_from(wait.num_seconds() + 1).unwrap_or(u32::MAX);
                return Err(Error::TooManyAttempts { seconds });
            }
            // Rows are locked in one order.
            writes.sort_by_key(|row| (row.bucket, row.slot));
            let writes = writes.into_iter().map(SystemWrite::FailedAttempts).collect();
            match store.commit_system(system, writes, None).await {
                Err(StoreError::PreconditionFailed(_)) => tokio::task::yield_now().await,
                other => return Ok(other.map(drop)?),
            }
        }
        Err(Error::Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: u8, slot: u8, last: i64) -> FailedAttempts {
        let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(last);
        let key = TokenHash([key; 32]);
        let bucket = bucket_of(&key);
        FailedAttempts {
            bucket,
            slot,
            key,
            failures: 3,
            since: at,
            shut_until: None,
            last: at,
            revision: Revision(7),
        }
    }

    #[test]
    fn five_failures_are_free_and_delays_grow_to_a_quarter_of_an_hour() {
        let mut now = DateTime::UNIX_EPOCH;
        let mut row = place(&[], TokenHash([1; 32]), now);
        for _ in 0..5 {
            row = row.next(Kind::Account, now).unwrap();
        }
        let mut waits = Vec::new();
        for _ in 0..6 {
            let wait = row.next(Kind::Account, now).unwrap_err();
            waits.push(wait.num_seconds());
            now += wait;
            row = row.next(Kind::Account, now).unwrap();
        }
        assert_eq!(waits, [60, 120, 240, 480, 900, 900]);
        assert!(row.forgotten().next(Kind::Account, now).is_ok());
    }

    #[test]
    fn slow_mistakes_are_forgiven() {
        let mut now = DateTime::UNIX_EPOCH;
        let mut row = place(&[], TokenHash([1; 32]), now);
        for _ in 0..20 {
            row = row.next(Kind::Account, now).unwrap();
            now += TimeDelta::seconds(61);
        }
    }

    #[test]
    fn three_mails_to_an_address_within_an_hour_and_no_more() {
        let mut now = DateTime::UNIX_EPOCH;
        let mut row = place(&[], TokenHash([1; 32]), now);
        for _ in 0..3 {
            row = row.next(Kind::MailTo, now).unwrap();
            now += TimeDelta::minutes(10);
        }
        assert_eq!(row.next(Kind::MailTo, now), Err(TimeDelta::minutes(30)));
        assert!(row.next(Kind::MailTo, now + TimeDelta::minutes(30)).is_ok());
    }

    #[test]
    fn an_attempt_that_was_not_made_does_not_count() {
        let now = DateTime::UNIX_EPOCH;
        let mut row = place(&[], TokenHash([1; 32]), now);
        for _ in 0..50 {
            row = row.next(Kind::Account, now).unwrap().less_one();
        }
    }

    #[test]
    fn a_full_bucket_gives_the_place_of_the_row_used_longest_ago() {
        let now = DateTime::UNIX_EPOCH;
        let rows: Vec<_> =
            (0..ATTEMPT_SLOTS).map(|slot| row(slot + 1, slot, 100 - i64::from(slot % 4))).collect();
        assert_eq!(place(&rows, TokenHash([5; 32]), now), rows[4], "its own row");
        let new = place(&rows, TokenHash([99; 32]), now);
        assert_eq!(
            (new.slot, new.failures, new.revision),
            (3, 0, Revision(7)),
            "under the revision of the one that goes"
        );
        let new = place(&rows[..3], TokenHash([99; 32]), now);
        assert_eq!((new.slot, new.revision), (3, Revision::NONE));
    }
}

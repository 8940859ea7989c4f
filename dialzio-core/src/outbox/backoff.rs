//! How long a job waits before it is tried again.

use chrono::TimeDelta;

use crate::entropy::Entropy;

/// The shortest wait: a queue that is due again at once would starve the others.
pub(super) const SHORTEST_WAIT: TimeDelta = TimeDelta::milliseconds(20);

/// How long the next attempt waits: `base × factor^attempts`, at most `cap`, with full jitter, and never less than the
/// provider asked for or 20 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first attempt.
    pub base: TimeDelta,
    /// By how much each further attempt multiplies it.
    pub factor: u32,
    /// The longest wait after any attempt.
    pub cap: TimeDelta,
    /// How many retries there are; `None` retries without an end, past the job's deadline too.
    pub retries: Option<u32>,
}

impl Backoff {
    /// The wait after `attempts` failed attempts; `None` when there are no retries left.
    #[must_use]
    pub fn wait(&self, attempts: u32, floor: Option<TimeDelta>, entropy: &Entropy) -> Option<TimeDelta> {
        if self.retries.is_some_and(|retries| attempts >= retries) {
            return None;
        }
        let factor = i64::from(self.factor.saturating_pow(attempts.min(20)));
        let millis = self.base.num_milliseconds().saturating_mul(factor).min(self.cap.num_milliseconds());
        let bound = u64::try_from(millis).unwrap_or(0).saturating_add(1);
        let jittered = i64::try_from(entropy.u64() % bound).unwrap_or(millis);
        Some(TimeDelta::milliseconds(jittered).max(floor.unwrap_or(SHORTEST_WAIT)).max(SHORTEST_WAIT))
    }
}

/// The back-offs of a kind of job, by what went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// The provider was not reached, so nothing has left.
    pub unreached: Backoff,
    /// The provider reported an internal fault or too many requests, or another error occurred.
    pub fault: Backoff,
}

impl Retries {
    /// Messages: 1 s, doubling to 5 min, ten times while the provider is not reached; 5 s, tripling to 15 min, six times
    /// after a fault.
    pub const SEND: Self = Self {
        unreached: Backoff {
            base: TimeDelta::seconds(1),
            factor: 2,
            cap: TimeDelta::minutes(5),
            retries: Some(10),
        },
        fault: Backoff {
            base: TimeDelta::seconds(5),
            factor: 3,
            cap: TimeDelta::minutes(15),
            retries: Some(6),
        },
    };
    /// Files, read receipts and template lists: 2 s, doubling to 10 min, eight times.
    pub const FETCH: Self = Self::always(Backoff {
        base: TimeDelta::seconds(2),
        factor: 2,
        cap: TimeDelta::minutes(10),
        retries: Some(8),
    });
    /// Deletions: 2 s, doubling to 1 h, without an end.
    pub const DELETE: Self = Self::always(Backoff {
        base: TimeDelta::seconds(2),
        factor: 2,
        cap: TimeDelta::hours(1),
        retries: None,
    });

    /// The same back-off whatever went wrong.
    const fn always(backoff: Backoff) -> Self {
        Self { unreached: backoff, fault: backoff }
    }

    /// Whether the job is tried again without an end: a deadline does not stop it.
    #[must_use]
    pub const fn are_endless(&self) -> bool {
        self.unreached.retries.is_none() && self.fault.retries.is_none()
    }
}

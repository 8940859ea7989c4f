//! Looking at the clock: what is known of the time is kept in the store, so that a restart forgets nothing.

use chrono::TimeDelta;

use super::{ClockState, judge, since};
use crate::error::Error;
use crate::provider::Provider;
use crate::runtime::Runtime;
use crate::store::SystemWrite;
use crate::time::{ConfirmedTime, TimeMark};

impl Runtime {
    /// Looks at the clock, keeps what is known of the time, and answers by which time may be deleted.
    ///
    /// # Errors
    /// [`Error::Store`]: nothing may be deleted then.
    pub(crate) async fn confirmed_time(&self) -> Result<ConfirmedTime, Error> {
        let kept = self.store().time_mark(self.system()).await?;
        let (now, uptime) = (self.now(), self.clock().uptime());
        let judged = {
            let mut known = self.timekeeper().known();
            let dates = self.providers().filter_map(Provider::newest_date);
            known.witnessed = dates.chain(known.witnessed).max();
            // What another process has kept since counts from now on.
            let same = known.mark.is_some() && known.mark == kept;
            let ran = known.looked_at.map_or(TimeDelta::zero(), |at| since(at, uptime));
            let running = if same { ran } else { TimeDelta::zero() };
            let held = known.held + ran;
            let judged = judge(kept, now, running, held, known.witnessed);
            known.held = judged.mark.ahead.map_or(TimeDelta::zero(), |ahead| ahead.held);
            known.mark = Some(judged.mark);
            known.looked_at = Some(uptime);
            judged
        };
        let was_ahead = kept.is_some_and(|mark| mark.ahead.is_some());
        match judged.mark.ahead {
            Some(ahead) if !was_ahead => tracing::warn!(
                now = %ahead.at, trusted_at = %judged.mark.trusted_at,
                "the clock has leapt ahead: what expires by it is hidden, and nothing is deleted until the clock is confirmed"
            ),
            None if was_ahead => tracing::info!(%now, "the clock is believed again"),
            _ => {}
        }
        if kept != Some(judged.mark) {
            self.keep(judged.mark).await?;
        }
        Ok(judged.confirmed)
    }

    /// Looks at the clock now, as the worker does every ten minutes.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) async fn check_clock(&self) -> Result<ClockState, Error> {
        self.confirmed_time().await?;
        Ok(self.clock_state())
    }

    /// What is thought of the clock, by what was known when it was last looked at.
    pub(crate) fn clock_state(&self) -> ClockState {
        self.timekeeper().state(self.now(), self.clock().uptime())
    }

    /// What [`Operator::confirm_clock`](crate::operator::Operator::confirm_clock) keeps.
    pub(crate) fn confirmed_mark(&self) -> TimeMark {
        TimeMark { trusted_at: self.now(), ahead: None }
    }

    async fn keep(&self, mark: TimeMark) -> Result<(), Error> {
        self.store().commit_system(self.system(), vec![SystemWrite::TimeMark(mark)], None).await?;
        Ok(())
    }
}

//! Queues that wait for the clock to be confirmed.
//!
//! By a clock that has leapt ahead, deadlines have passed, reply windows are shut and consents have run out. Nothing of that
//! may become final: a send would be given up for good, a file never be fetched. So while the clock is not believed, queues
//! rest as they are. Nothing is written, so nothing has to be repaired once the clock is right again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Worker;
use crate::account::AccountService;
use crate::effect::Lane;
use crate::error::Error;
use crate::scope::OrgScope;
use crate::timekeeper::ClockTrust;

/// How long a queue rests before the clock is looked at again, in time that this process has been running.
const REST: Duration = Duration::from_secs(60);
/// How long a provider may take to show its time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Queues that rest, and until which time of running.
#[derive(Debug, Default)]
pub(crate) struct Holds(Mutex<BTreeMap<Lane, Duration>>);

impl Holds {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<Lane, Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, lane: Lane, uptime: Duration) {
        self.kept().insert(lane, uptime + REST);
    }

    /// Those that rest at a time of running.
    fn at(&self, uptime: Duration) -> Vec<Lane> {
        let mut kept = self.kept();
        kept.retain(|_, until| *until > uptime);
        kept.keys().copied().collect()
    }

    /// The clock is believed: nothing rests any more.
    fn clear(&self) {
        self.kept().clear();
    }
}

impl Worker<'_> {
    /// Queues that rest: none once the clock is right again, or believed.
    pub(super) fn held(&self) -> Vec<Lane> {
        if self.crm.clock_state().trust != ClockTrust::Ahead {
            self.crm.holds().clear();
        }
        self.crm.holds().at(self.crm.clock().uptime())
    }

    /// Whether a queue may be worked on by the clock as it is. One that has leapt is held against the provider's own time,
    /// which comes with each of its answers: without the provider nothing could be sent anyway.
    pub(super) async fn may_work(&self, lane: Lane) -> Result<bool, Error> {
        let mut trust = self.crm.clock_state().trust;
        if trust == ClockTrust::Unknown {
            trust = self.crm.check_clock().await?.trust;
        }
        if trust == ClockTrust::Ahead {
            self.ask_the_time(lane).await;
            trust = self.crm.check_clock().await?.trust;
        }
        if trust == ClockTrust::Ahead {
            self.crm.holds().hold(lane, self.crm.clock().uptime());
            return Ok(false);
        }
        Ok(true)
    }

    /// Asks the provider of an account anything, for the time that its answer shows. What it answers besides is left alone.
    async fn ask_the_time(&self, lane: Lane) {
        let ask = async {
            let scope = OrgScope::new(lane.org);
            let account = self.crm.store().account(&scope, lane.account?).await.ok()??;
            let service = AccountService::new(self.crm);
            let access = service.access(lane.org, &account).await.ok()?;
            service.messaging(&account).ok()?.check(&access).await.ok()
        };
        // No answer is an answer: the clock stays as it is.
        drop(tokio::time::timeout(PATIENCE, ask).await);
    }
}

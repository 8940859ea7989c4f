//! What the worker does while the clock is not believed: it asks the provider for the time, and pauses its queues.

use std::time::Duration;

use super::queue::Queue;
use super::worker::Worker;
use crate::account::AccountService;
use crate::error::Error;
use crate::scope::OrgScope;
use crate::timekeeper::ClockTrust;

/// How long a provider may take to show its time.
const TIMEOUT: Duration = Duration::from_secs(10);

impl Worker<'_> {
    /// Queues that are paused: none once the clock is right again, or believed.
    pub(super) fn paused(&self) -> Vec<Queue> {
        if self.runtime.clock_state().trust != ClockTrust::Ahead {
            self.runtime.paused_queues().clear();
        }
        self.runtime.paused_queues().at(self.runtime.clock().uptime())
    }

    /// Whether a queue may be worked on by the clock as it is. One that has leapt is compared with the provider's own
    /// time, which comes with each of its answers: without the provider nothing could be sent anyway.
    pub(super) async fn may_work(&self, queue: Queue) -> Result<bool, Error> {
        let mut trust = self.runtime.clock_state().trust;
        if trust == ClockTrust::Unknown {
            trust = self.runtime.check_clock().await?.trust;
        }
        if trust == ClockTrust::Ahead {
            self.ask_the_time(queue).await;
            trust = self.runtime.check_clock().await?.trust;
        }
        if trust == ClockTrust::Ahead {
            self.runtime.paused_queues().pause(queue, self.runtime.clock().uptime());
            return Ok(false);
        }
        Ok(true)
    }

    /// Asks the provider of an account anything, for the time that its answer shows. What it answers besides is left alone.
    async fn ask_the_time(&self, queue: Queue) {
        let ask = async {
            let scope = OrgScope::new(queue.org);
            let account = self.runtime.store().account(&scope, queue.account?).await.ok()??;
            let service = AccountService::new(self.runtime);
            let access = service.access(queue.org, &account).await.ok()?;
            service.probe(&account.provider, &access).await.ok()
        };
        // No answer is an answer: the clock stays as it is.
        drop(tokio::time::timeout(TIMEOUT, ask).await);
    }
}

//! Work on one queue at a time, under its lease.

use chrono::{DateTime, Utc};

use super::job::{Job, JobState};
use super::lease::Lease;
use super::queue::QueueKind;
use super::report::WorkReport;
use super::worker::{LEASE, Worker};
use crate::error::Error;
use crate::ledger::Action;
use crate::outbox::{Due, JobWrite};
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Precondition, StoreError};

/// Most jobs that are done together: after a crash, at most so many sends have an unknown outcome.
const MAX_JOBS: u32 = 16;
/// Most received elements that are decided together.
const MAX_ELEMENTS: u32 = 64;
/// Most queues that one turn of [`Worker::run_once`] asks for.
const MAX_QUEUES: u32 = 64;

impl Worker<'_> {
    /// Works on a queue and gives it back.
    pub(super) async fn leased(&self, lease: Lease) -> Result<(), Error> {
        let done = self.run_queue(lease).await;
        self.runtime.store().release(self.runtime.system(), lease).await?;
        done.map(|_| ())
    }

    /// After a restart: what was dispatched and has no outcome becomes unknown. Answers how many.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn recover(&self) -> Result<u64, Error> {
        Ok(self.runtime.store().recover(self.runtime.system(), self.runtime.now()).await?)
    }

    /// Does all that is due now, sweeps what has expired, and returns: for tests and for schedules.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn run_once(&self) -> Result<WorkReport, Error> {
        let mut report = self.run_queues().await?;
        report.mailed += self.send_mails().await?;
        report += self.sweep().await?;
        self.wake_snoozed().await?;
        Ok(report)
    }

    async fn run_queues(&self) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        let store = self.runtime.store();
        // Bounded, so that a queue that refills itself cannot hold the sweep back for ever.
        for _ in 0..10_000 {
            let now = self.runtime.now();
            let mut moved = false;
            for queue in self.queues_due(now, MAX_QUEUES).await? {
                let Some(lease) = store
                    .lease(self.runtime.system(), queue, self.runtime.worker_id(), now, now + LEASE)
                    .await?
                else {
                    continue;
                };
                let done = self.run_queue(lease).await;
                store.release(self.runtime.system(), lease).await?;
                let (part, progressed) = done?;
                report += part;
                moved |= progressed;
            }
            if !moved {
                break;
            }
        }
        Ok(report)
    }

    /// Decides what waits in line and is due, and does nothing else: for cases that must not depend on how fast a store is.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) async fn decide_waiting(&self) -> Result<(), Error> {
        loop {
            let (store, now, mut moved) = (self.runtime.store(), self.runtime.now(), false);
            for queue in self.queues_due(now, MAX_QUEUES).await? {
                if !queue.kind.holds_elements() {
                    continue;
                }
                let (system, worker) = (self.runtime.system(), self.runtime.worker_id());
                if let Some(lease) = store.lease(system, queue, worker, now, now + LEASE).await? {
                    let done = self.run_queue(lease).await;
                    store.release(system, lease).await?;
                    moved |= done?.1;
                }
            }
            if !moved {
                return Ok(());
            }
        }
    }

    async fn run_queue(&self, lease: Lease) -> Result<(WorkReport, bool), Error> {
        if !self.may_work(lease.queue).await? {
            return Ok((WorkReport::default(), false));
        }
        let scope = OrgScope::new(lease.queue.org);
        let most = if lease.queue.kind.holds_elements() { MAX_ELEMENTS } else { MAX_JOBS };
        let due = self.runtime.store().due(&scope, &lease, self.runtime.now(), most).await?;
        let progressed = !due.is_empty();
        let (mut jobs, mut elements) = (Vec::new(), Vec::new());
        for work in due {
            match work {
                Due::Job(job) => jobs.push(job),
                Due::Element(item) => elements.push(item),
            }
        }
        let mut report = WorkReport::default();
        match lease.queue.kind {
            QueueKind::Elements | QueueKind::Statuses => {
                report += self.elements(&scope, &lease, elements).await?;
            }
            QueueKind::Send => report += self.sends(&scope, &lease, jobs).await?,
            QueueKind::Media
            | QueueKind::Call
            | QueueKind::CallLog
            | QueueKind::Signal
            | QueueKind::Scheduled
            | QueueKind::Blob => {
                for job in jobs {
                    report += self.job(&scope, &lease, job).await?;
                }
            }
        }
        Ok((report, progressed))
    }

    /// Moves a job that is still pending to another state.
    pub(super) async fn update_job(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        job: &Job,
        state: JobState,
        not_before: Option<DateTime<Utc>>,
        attempts: u32,
    ) -> Result<(), Error> {
        let cause = Cause::Job(job.id, *lease);
        let mut batch = Batch::caused_by(&cause, Action::JobSettled, self.runtime.now());
        batch.require(Precondition::Job(job.id, JobState::Pending)).write(JobWrite::Update {
            id: job.id,
            state,
            not_before,
            attempts,
        });
        match self.runtime.store().commit_one(scope, batch).await {
            // It was cancelled meanwhile, or the lease ran out: it is not ours any more.
            Err(StoreError::PreconditionFailed(_)) => Ok(()),
            other => Ok(other.map(|_| ())?),
        }
    }
}

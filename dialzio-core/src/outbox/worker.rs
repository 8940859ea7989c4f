//! The work that waits: sends, files, elements in line, what has expired. Nothing starts by itself.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::error::Error;
use crate::ledger::Action;
use crate::outbox::{Job, JobState, Queue, QueueKind};
use crate::runtime::Runtime;
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Due, JobWrite, Lease, Precondition, StoreError};

/// How long a queue is held. Source: reliability reference, 3.4.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// Most sends in one chunk: what a crash leaves in doubt.
const CHUNK: u32 = 16;
/// Most received elements that are decided together.
const GROUP: u32 = 64;
/// The longest sleep between two looks, for work whose time comes and for a lost hint.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How often snoozed conversations are looked at.
const KEEP_EVERY: Duration = Duration::from_secs(5);
/// Most queues that are worked on at the same time.
const MAX_CONCURRENT_QUEUES: usize = 16;
/// How often it is tried whether the store takes a write: seldom while it does, often while it does not.
const BEAT_EVERY: TimeDelta = TimeDelta::seconds(60);
const BEAT_AGAIN: Duration = Duration::from_secs(5);
/// How often what has expired is swept.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Logs what went wrong by its code alone; the work is tried again.
fn logged(error: &Error) -> bool {
    tracing::error!(code = %error.code(), "work could not be done and will be tried again");
    true
}

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkReport {
    /// Messages the provider took.
    pub sent: u32,
    /// Messages the gate stopped or put off.
    pub stopped: u32,
    /// Attempts that failed, whether they are made again or not.
    pub failed: u32,
    /// Files fetched.
    pub fetched: u32,
    /// Files uploaded, to be sent.
    pub uploaded: u32,
    /// Elements decided.
    pub decided: u32,
    /// Rows swept.
    pub swept: u64,
}

impl std::ops::AddAssign for WorkReport {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.stopped += other.stopped;
        self.failed += other.failed;
        self.fetched += other.fetched;
        self.uploaded += other.uploaded;
        self.decided += other.decided;
        self.swept += other.swept;
    }
}

/// The tasks of a worker.
#[derive(Debug, Clone, Copy)]
enum Task {
    Queues,
    Snoozes,
    Sweep,
    Heartbeat,
}

/// The queues that a worker works on. They outlive the task that starts them.
#[derive(Debug, Default)]
struct Queues {
    running: Mutex<JoinSet<()>>,
    finished: Notify,
    /// Work in one failed and was given back: nothing is started for a moment.
    failed: AtomicBool,
    /// Sends that a crash left were looked after.
    recovered: AtomicBool,
}

impl Queues {
    fn running(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does the work that waits.
#[derive(Debug, Clone, Copy)]
pub struct Worker<'a> {
    pub(super) crm: &'a Runtime,
}

impl<'a> Worker<'a> {
    pub(crate) const fn new(crm: &'a Runtime) -> Self {
        Self { crm }
    }

    /// Works until `shutdown` is ready, then finishes what it holds. Queues are worked on side by side, so that a slow
    /// provider holds nobody else up. Sends that a crash left without an outcome become unknown first.
    ///
    /// What fails is tried again: `queues`, `snoozes`, `sweep` and `heartbeat` are tasks of their own under
    /// [`Crm::tasks`](crate::Crm::tasks), and so is the work in each queue, `work`.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        let (stop, stopped) = watch::channel(false);
        let queues = Arc::new(Queues::default());
        let mut tasks = JoinSet::new();
        let start = |tasks: &mut JoinSet<()>, name, task: Task| {
            let (crm, queues, stopped) = (self.crm.clone(), Arc::clone(&queues), stopped.clone());
            tasks.spawn(async move {
                let make = || {
                    let (crm, queues, stopped) = (crm.clone(), Arc::clone(&queues), stopped.clone());
                    async move {
                        let worker = Worker::new(&crm);
                        match task {
                            Task::Queues => worker.queues(&queues, stopped).await,
                            Task::Snoozes => {
                                worker.every(KEEP_EVERY, stopped, || worker.wake_snoozed()).await;
                                Ok(())
                            }
                            Task::Heartbeat => {
                                worker.every(BEAT_AGAIN, stopped, || worker.beat()).await;
                                Ok(())
                            }
                            Task::Sweep => {
                                worker.every(SWEEP_EVERY, stopped, || worker.sweep()).await;
                                Ok(())
                            }
                        }
                    }
                };
                crm.tasks().supervise(name, stopped.clone(), make).await;
            });
        };
        start(&mut tasks, "queues", Task::Queues);
        start(&mut tasks, "snoozes", Task::Snoozes);
        start(&mut tasks, "sweep", Task::Sweep);
        start(&mut tasks, "heartbeat", Task::Heartbeat);
        shutdown.await;
        stop.send_replace(true);
        while tasks.join_next().await.is_some() {}
        let mut left = std::mem::take(&mut *queues.running());
        while left.join_next().await.is_some() {}
    }

    /// Starts work on queues as they become due.
    async fn queues(&self, queues: &Arc<Queues>, mut stopped: watch::Receiver<bool>) -> Result<(), Error> {
        if !queues.recovered.load(Ordering::Acquire) {
            self.recover().await?;
            queues.recovered.store(true, Ordering::Release);
        }
        let mut work_notifications = self.crm.store().work_notifications();
        loop {
            let failed = self.start_queues(queues).await.is_err_and(|error| logged(&error));
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
                _ = work_notifications.next() => {}
                () = tokio::time::sleep(POLL_INTERVAL) => {}
                () = queues.finished.notified() => {}
            }
            if failed || queues.failed.swap(false, Ordering::AcqRel) {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        }
    }

    /// Does something at once and then whenever this process has been running so much longer.
    async fn every<T, F: Future<Output = Result<T, Error>>>(
        &self,
        pause: Duration,
        mut stopped: watch::Receiver<bool>,
        work: impl Fn() -> F,
    ) {
        let mut done_at: Option<Duration> = None;
        loop {
            let uptime = self.crm.clock().uptime();
            if done_at.is_none_or(|at| uptime >= at + pause) {
                done_at = Some(uptime);
                if let Err(error) = work().await {
                    logged(&error);
                }
            }
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
    }

    /// Tries whether the store takes a write, and notes the answer for whoever asks.
    async fn beat(&self) -> Result<(), Error> {
        let (beats, now) = (self.crm.beats(), self.crm.now());
        if beats.rests(now, BEAT_EVERY) {
            return Ok(());
        }
        let answer = self.crm.store().ping().await;
        beats.note(now, answer.as_ref().err());
        Ok(answer?)
    }

    /// Queues that are due. Of those that are due together, what people wrote comes before what is sent: it may be an
    /// opt-out.
    async fn queues_due(&self, now: DateTime<Utc>, most: u32) -> Result<Vec<Queue>, Error> {
        let held = self.held();
        let most = most.saturating_add(u32::try_from(held.len()).unwrap_or(u32::MAX));
        let mut queues = self.crm.store().queues_due(self.crm.system(), now, most).await?;
        queues.retain(|queue| !held.contains(queue));
        queues.sort_by_key(|queue| queue.kind);
        Ok(queues)
    }

    /// Starts work on queues that are due, in tasks of their own.
    async fn start_queues(&self, queues: &Arc<Queues>) -> Result<(), Error> {
        let free = {
            let mut running = queues.running();
            while running.try_join_next().is_some() {}
            MAX_CONCURRENT_QUEUES.saturating_sub(running.len())
        };
        if free == 0 {
            return Ok(());
        }
        let (store, now) = (self.crm.store(), self.crm.now());
        let due = self.queues_due(now, u32::try_from(free).unwrap_or(1)).await?;
        for queue in due.into_iter().take(free) {
            let (system, worker) = (self.crm.system(), self.crm.worker_id());
            if let Some(lease) = store.lease(system, queue, worker, now, now + LEASE).await? {
                let (crm, done) = (self.crm.clone(), Arc::clone(queues));
                queues.running().spawn(async move {
                    // After a panic the lease is kept until it runs out, so that the same work does not panic at once again.
                    if let Some(Err(error)) =
                        crm.tasks().contain("work", Worker::new(&crm).leased(lease)).await
                    {
                        logged(&error);
                        done.failed.store(true, Ordering::Release);
                    }
                    done.finished.notify_one();
                });
            }
        }
        Ok(())
    }

    /// Works on a queue and gives it back.
    async fn leased(&self, lease: Lease) -> Result<(), Error> {
        let done = self.run_queue(lease).await;
        self.crm.store().release(self.crm.system(), lease).await?;
        done.map(|_| ())
    }

    /// After a restart: what was dispatched and has no outcome becomes unknown. Answers how many.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn recover(&self) -> Result<u64, Error> {
        Ok(self.crm.store().recover(self.crm.system(), self.crm.now()).await?)
    }

    /// Does all that is due now, sweeps what has expired, and returns: for tests and for schedules.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn run_once(&self) -> Result<WorkReport, Error> {
        let mut report = self.run_queues().await?;
        report += self.sweep().await?;
        self.wake_snoozed().await?;
        Ok(report)
    }

    async fn run_queues(&self) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        let store = self.crm.store();
        // Bounded, so that a queue that refills itself cannot hold the sweep back for ever.
        for _ in 0..10_000 {
            let now = self.crm.now();
            let mut moved = false;
            for queue in self.queues_due(now, 64).await? {
                let Some(lease) =
                    store.lease(self.crm.system(), queue, self.crm.worker_id(), now, now + LEASE).await?
                else {
                    continue;
                };
                let done = self.run_queue(lease).await;
                store.release(self.crm.system(), lease).await?;
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
            let (store, now, mut moved) = (self.crm.store(), self.crm.now(), false);
            for queue in self.queues_due(now, 64).await? {
                if !matches!(queue.kind, QueueKind::Elements | QueueKind::Statuses) {
                    continue;
                }
                let (system, worker) = (self.crm.system(), self.crm.worker_id());
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
        let most = match lease.queue.kind {
            QueueKind::Elements | QueueKind::Statuses => GROUP,
            _ => CHUNK,
        };
        let due = self.crm.store().due(&scope, &lease, self.crm.now(), most).await?;
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
            QueueKind::Media | QueueKind::Signal | QueueKind::Blob => {
                for job in jobs {
                    report += self.other(&scope, &lease, job).await?;
                }
            }
        }
        Ok((report, progressed))
    }

    /// Moves a job that is still pending to another state.
    pub(super) async fn settle(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        job: &Job,
        state: JobState,
        not_before: Option<DateTime<Utc>>,
        attempts: u32,
    ) -> Result<(), Error> {
        let cause = Cause::Job(job.id, *lease);
        let mut batch = Batch::caused_by(&cause, Action::JobSettled, self.crm.now());
        batch.require(Precondition::Job(job.id, JobState::Pending)).write(JobWrite::Settle {
            id: job.id,
            state,
            not_before,
            attempts,
        });
        match self.crm.store().commit_one(scope, batch).await {
            // Somebody cancelled it meanwhile, or the lease ran out: it is not ours any more.
            Err(StoreError::PreconditionFailed(_)) => Ok(()),
            other => Ok(other.map(|_| ())?),
        }
    }
}

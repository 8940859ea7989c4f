//! The work that waits: sends, files, elements in line, what has expired. Nothing starts by itself.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::queue::Queue;
use crate::error::Error;
use crate::runtime::Runtime;
use crate::usage::UsageService;

/// How long a lease lasts. A worker that died is replaced within this time.
pub(super) const LEASE: TimeDelta = TimeDelta::seconds(60);
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
/// How often uses of pages are written.
const FLUSH_EVERY: Duration = Duration::from_secs(3);
/// How often checkpoints of the audit logs are made.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(3_600);

/// Logs what went wrong by its code alone; the work is tried again.
fn logged(error: &Error) -> bool {
    tracing::error!(code = %error.code(), "work could not be done and will be tried again");
    true
}

/// The tasks of a worker.
#[derive(Debug, Clone, Copy)]
enum Task {
    Queues,
    Mails,
    Snoozes,
    Sweep,
    Usage,
    Checkpoints,
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
    pub(super) runtime: &'a Runtime,
}

impl<'a> Worker<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// Works until `shutdown` is ready, then finishes what it holds. Queues are worked on side by side, so that a slow
    /// provider does not delay the others. Sends that a crash left without an outcome become unknown first.
    ///
    /// What fails is tried again: `queues`, `mails` if there is a mailer, `snoozes`, `sweep`, `usage`, `checkpoints` and `heartbeat` are separate tasks under
    /// [`Crm::tasks`](crate::Crm::tasks), and so is the work in each queue, `work`.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        let (stop, stopped) = watch::channel(false);
        let queues = Arc::new(Queues::default());
        let mut tasks = JoinSet::new();
        let start = |tasks: &mut JoinSet<()>, name, task: Task| {
            let (runtime, queues, stopped) = (self.runtime.clone(), Arc::clone(&queues), stopped.clone());
            tasks.spawn(async move {
                let make = || {
                    let (runtime, queues, stopped) = (runtime.clone(), Arc::clone(&queues), stopped.clone());
                    async move {
                        let worker = Worker::new(&runtime);
                        match task {
                            Task::Queues => worker.queues(&queues, stopped).await,
                            Task::Mails => {
                                worker.every(POLL_INTERVAL, stopped, || worker.send_mails()).await;
                                Ok(())
                            }
                            Task::Snoozes => {
                                worker.every(KEEP_EVERY, stopped, || worker.wake_snoozed()).await;
                                Ok(())
                            }
                            Task::Heartbeat => {
                                worker.every(BEAT_AGAIN, stopped, || worker.beat()).await;
                                Ok(())
                            }
                            Task::Checkpoints => {
                                worker.every(CHECKPOINT_EVERY, stopped, || worker.checkpoint()).await;
                                Ok(())
                            }
                            Task::Usage => {
                                worker.every(FLUSH_EVERY, stopped, || worker.flush_usage()).await;
                                Ok(())
                            }
                            Task::Sweep => {
                                worker.every(SWEEP_EVERY, stopped, || worker.sweep()).await;
                                Ok(())
                            }
                        }
                    }
                };
                runtime.tasks().supervise(name, stopped.clone(), make).await;
            });
        };
        start(&mut tasks, "queues", Task::Queues);
        if self.runtime.mailer().is_some() {
            start(&mut tasks, "mails", Task::Mails);
        }
        start(&mut tasks, "snoozes", Task::Snoozes);
        start(&mut tasks, "sweep", Task::Sweep);
        start(&mut tasks, "usage", Task::Usage);
        start(&mut tasks, "checkpoints", Task::Checkpoints);
        start(&mut tasks, "heartbeat", Task::Heartbeat);
        shutdown.await;
        stop.send_replace(true);
        while tasks.join_next().await.is_some() {}
        let mut left = std::mem::take(&mut *queues.running());
        while left.join_next().await.is_some() {}
        if let Err(error) = self.flush_usage().await {
            tracing::error!(code = %error.code(), "the last uses of pages could not be written");
        }
    }

    /// Writes the uses of pages that were noted.
    async fn flush_usage(&self) -> Result<(), Error> {
        UsageService::new(self.runtime).flush().await
    }

    /// Starts work on queues as they become due.
    async fn queues(&self, queues: &Arc<Queues>, mut stopped: watch::Receiver<bool>) -> Result<(), Error> {
        if !queues.recovered.load(Ordering::Acquire) {
            self.recover().await?;
            queues.recovered.store(true, Ordering::Release);
        }
        let mut work_notifications = self.runtime.store().work_notifications();
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
            let uptime = self.runtime.clock().uptime();
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

    /// Tries whether the store takes a write, and keeps the answer for readiness.
    async fn beat(&self) -> Result<(), Error> {
        let (heartbeat, now) = (self.runtime.heartbeat(), self.runtime.now());
        if heartbeat.is_recent(now, BEAT_EVERY) {
            return Ok(());
        }
        let answer = self.runtime.store().ping().await;
        heartbeat.note(now, answer.as_ref().err());
        Ok(answer?)
    }

    /// Queues that are due. Of those that are due together, what people wrote comes before what is sent: it may be an
    /// opt-out.
    pub(super) async fn queues_due(&self, now: DateTime<Utc>, most: u32) -> Result<Vec<Queue>, Error> {
        let paused = self.paused();
        let most = most.saturating_add(u32::try_from(paused.len()).unwrap_or(u32::MAX));
        let mut queues = self.runtime.store().queues_due(self.runtime.system(), now, most).await?;
        queues.retain(|queue| !paused.contains(queue));
        queues.sort_by_key(|queue| queue.kind);
        Ok(queues)
    }

    /// Starts a task for each queue that is due.
    async fn start_queues(&self, queues: &Arc<Queues>) -> Result<(), Error> {
        let free = {
            let mut running = queues.running();
            while running.try_join_next().is_some() {}
            MAX_CONCURRENT_QUEUES.saturating_sub(running.len())
        };
        if free == 0 {
            return Ok(());
        }
        let (store, now) = (self.runtime.store(), self.runtime.now());
        let due = self.queues_due(now, u32::try_from(free).unwrap_or(1)).await?;
        for queue in due.into_iter().take(free) {
            let (system, worker) = (self.runtime.system(), self.runtime.worker_id());
            if let Some(lease) = store.lease(system, queue, worker, now, now + LEASE).await? {
                let (runtime, done) = (self.runtime.clone(), Arc::clone(queues));
                queues.running().spawn(async move {
                    // After a panic the lease is kept until it runs out, so that the same work does not panic at once again.
                    if let Some(Err(error)) =
                        runtime.tasks().contain("work", Worker::new(&runtime).leased(lease)).await
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
}

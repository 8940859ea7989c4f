//! Background tasks that outlive their own mistakes: one that fails is started again, counted, and named to those who ask
//! how the process is. A panic in one never ends another.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::Error;
use crate::name::string_enum;

/// The pause after a first failure; it doubles with each that follows.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(60);
/// A task that ran for this long has recovered: its next pause is the shortest again.
const RECOVERED: Duration = Duration::from_secs(60);

string_enum! {
    /// How a task is.
    pub enum TaskState {
        /// It runs, or rests between two rounds.
        Running = "running",
        /// It failed and waits to be started again.
        Restarting = "restarting",
        /// It was asked to end, and did.
        Ended = "ended",
    }
}

/// What is known of the tasks of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskHealth {
    /// The name, such as `queues`.
    pub name: &'static str,
    /// How it is; of several under one name, how the worst is.
    pub state: TaskState,
    /// How often it has failed and was started again.
    pub restarts: u64,
    /// How many of those failures were panics.
    pub panics: u64,
}

#[derive(Debug, Default)]
struct Record {
    running: usize,
    waiting: usize,
    restarts: u64,
    panics: u64,
}

/// The background tasks of a process. Cloning it costs one counter.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    records: Arc<Mutex<BTreeMap<&'static str, Record>>>,
}

/// How a task ended.
enum Ending {
    Asked,
    Failed(String),
    Panicked,
}

impl Tasks {
    /// The tasks that were ever started here, by name.
    #[must_use]
    pub fn health(&self) -> Vec<TaskHealth> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let each = |(name, record): (&&'static str, &Record)| TaskHealth {
            name,
            state: match (record.waiting, record.running) {
                (1.., _) => TaskState::Restarting,
                (0, 1..) => TaskState::Running,
                (0, 0) => TaskState::Ended,
            },
            restarts: record.restarts,
            panics: record.panics,
        };
        records.iter().map(each).collect()
    }

    fn note(&self, name: &'static str, change: impl FnOnce(&mut Record)) {
        change(self.records.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default());
    }

    /// Runs what `make` makes until it ends by itself with `Ok`, and starts it again after each error and each panic, with
    /// pauses from one second to a minute. Returns early from such a pause when `stopped` becomes true; a running task
    /// has to look at it itself.
    pub async fn supervise<F>(
        &self,
        name: &'static str,
        mut stopped: watch::Receiver<bool>,
        mut make: impl FnMut() -> F + Send,
    ) where
        F: Future<Output = Result<(), Error>> + Send,
    {
        let mut pause = SHORTEST;
        loop {
            let begun = Instant::now();
            self.note(name, |record| record.running += 1);
            let running = Present { tasks: self, name };
            let ending = match AssertUnwindSafe(async { make().await }).catch_unwind().await {
                Ok(Ok(())) => Ending::Asked,
                Ok(Err(error)) => Ending::Failed(error.code()),
                Err(_) => Ending::Panicked,
            };
            drop(running);
            if begun.elapsed() >= RECOVERED {
                pause = SHORTEST;
            }
            let seconds = pause.as_secs();
            match &ending {
                Ending::Asked => return,
                Ending::Failed(code) => {
                    tracing::error!(task = name, %code, seconds, "a background task failed and is started again");
                }
                Ending::Panicked => {
                    tracing::error!(task = name, seconds, "a background task panicked and is started again");
                }
            }
            self.note(name, |record| {
                record.waiting += 1;
                record.restarts += 1;
                record.panics += u64::from(matches!(ending, Ending::Panicked));
            });
            let waiting = Waiting { tasks: self, name };
            let ended = tokio::time::timeout(pause, asked(&mut stopped)).await.is_ok();
            drop(waiting);
            if ended {
                return;
            }
            pause = LONGEST.min(pause * 2);
        }
    }

    /// Carries one piece of work out. A panic in it is counted and logged under `name`; the answer is then `None`.
    pub async fn contain<T>(&self, name: &'static str, work: impl Future<Output = T> + Send) -> Option<T> {
        self.note(name, |record| record.running += 1);
        let _running = Present { tasks: self, name };
        let done = AssertUnwindSafe(work).catch_unwind().await.ok();
        if done.is_none() {
            self.note(name, |record| record.panics += 1);
            tracing::error!(task = name, "a piece of work panicked");
        }
        done
    }
}

/// Ready when the task is asked to end; never, if its owner is gone and cannot ask.
async fn asked(stopped: &mut watch::Receiver<bool>) {
    if stopped.wait_for(|stopped| *stopped).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// A task that runs; it may be dropped at any moment.
struct Present<'a> {
    tasks: &'a Tasks,
    name: &'static str,
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.tasks.note(self.name, |record| record.running -= 1);
    }
}

/// A task that waits to be started again.
struct Waiting<'a> {
    tasks: &'a Tasks,
    name: &'static str,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.tasks.note(self.name, |record| record.waiting -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn only(tasks: &Tasks) -> TaskHealth {
        tasks.health()[0]
    }

    #[tokio::test(start_paused = true)]
    #[allow(clippy::panic, reason = "a task that panics is what is tried")]
    async fn a_task_that_fails_is_started_again_and_counted() {
        let (tasks, tries) = (Tasks::default(), Arc::new(AtomicU32::new(0)));
        let (_stop, stopped) = watch::channel(false);
        let begun = Instant::now();
        let make = || {
            let tries = Arc::clone(&tries);
            async move {
                match tries.fetch_add(1, Ordering::SeqCst) {
                    0 => panic!("once"),
                    1 => Err(StoreError::Unavailable.into()),
                    _ => Ok(()),
                }
            }
        };
        tasks.supervise("sweep", stopped, make).await;
        assert_eq!(begun.elapsed().as_secs(), 3, "one second, then two");
        let expected = TaskHealth { name: "sweep", state: TaskState::Ended, restarts: 2, panics: 1 };
        assert_eq!(only(&tasks), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_to_a_minute_are_shown_and_end_when_asked() {
        let tasks = Tasks::default();
        let (stop, stopped) = watch::channel(false);
        let supervised = {
            let tasks = tasks.clone();
            tokio::spawn(async move {
                tasks.supervise("sweep", stopped, || async { Err(StoreError::Unavailable.into()) }).await;
            })
        };
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        let restarts = only(&tasks).restarts;
        assert!((60..70).contains(&restarts), "{restarts}");
        assert_eq!(only(&tasks).state, TaskState::Restarting);
        stop.send_replace(true);
        supervised.await.unwrap();
        assert_eq!(only(&tasks).state, TaskState::Ended);
    }
}

//! The one door through which is written. A thread takes the first job that waits and all others that already wait, never
//! waits for more, and commits them together: one flush to the disk for all of them.
//!
//! While callers come one at a time, there is nothing to commit together, and waking another thread and being woken by it
//! costs as much as the rows do. Such a caller does it on its own thread: a few rows are read on the writing connection (a
//! commit empties the caches of all other connections, never its own), and a batch of few changes is carried out there, if
//! the disk is quick and the caller's runtime has other threads to go on with. Many callers at once are better served by the
//! threads of the store.

use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;

use dialzio_core::store::StoreError;

use crate::Shared;
use crate::commit::Unit;
use crate::connect::Place;
use crate::error::{Failure, OpenError, Res};
use crate::readers::Connections;
use crate::write_connection::{Answers, WriteConnection};

/// Most batches in one transaction.
const MAX_BATCH: usize = 256;
/// How long nothing has to happen before the log is moved into the file.
const IDLE: Duration = Duration::from_secs(2);
/// For how long a transaction may hold up the thread of a caller. If the last one took longer, the disk is slow, and the
/// next is handed over, until one is brief again.
const BRIEF: Duration = Duration::from_millis(1);

/// Messages to the writing thread.
enum Message {
    /// Carry this out.
    Job(Job),
    /// Something was written elsewhere: there will be a log to move.
    Written,
}

/// What one caller asks for, and where the answers go.
struct Job {
    units: Vec<Unit>,
    answer: oneshot::Sender<Answers>,
}

/// How many transactions the writer has made, and how many batches they held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupSizes {
    /// How many transactions were committed.
    pub groups: u64,
    /// Batches in them.
    pub batches: u64,
}

/// The writing connection, and what the writer knows about its work.
#[derive(Debug)]
struct WriterState {
    connection: Mutex<WriteConnection>,
    /// Jobs that were handed over and are not done.
    waiting: AtomicUsize,
    /// The last group was of one job: there is one caller at a time, or none.
    alone: AtomicBool,
    /// The last transaction took less than [`BRIEF`].
    brief: AtomicBool,
    groups: AtomicU64,
    batches: AtomicU64,
}

impl WriterState {
    fn connection(&self) -> MutexGuard<'_, WriteConnection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, if it is free: not in use, and no caller waits for it.
    fn free_connection(&self) -> Option<MutexGuard<'_, WriteConnection>> {
        if self.waiting.load(Ordering::Acquire) > 0 || !self.alone.load(Ordering::Relaxed) {
            return None;
        }
        match self.connection.try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(connection)) => Some(connection.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// One transaction for all of these.
    fn carry_out(&self, connection: &mut WriteConnection, jobs: &[&[Unit]]) -> Vec<Answers> {
        let begun = Instant::now();
        // A panic is an error of these jobs alone: what they began is rolled back, and the next ones are carried out.
        let done = catch_unwind(AssertUnwindSafe(|| connection.carry_out(jobs))).unwrap_or_else(|_| {
            tracing::error!("a group of changes panicked");
            Err(StoreError::Unavailable)
        });
        self.brief.store(begun.elapsed() < BRIEF, Ordering::Relaxed);
        match done {
            Ok(answers) => {
                let count: usize = jobs.iter().map(|job| job.len()).sum();
                self.groups.fetch_add(1, Ordering::Relaxed);
                self.batches.fetch_add(count as u64, Ordering::Relaxed);
                answers
            }
            Err(error) => jobs.iter().map(|job| vec![Err(error.clone()); job.len()]).collect(),
        }
    }
}

/// Whether other tasks go on while this thread waits for a disk.
fn others_go_on() -> bool {
    Handle::try_current().is_ok_and(|runtime| {
        runtime.runtime_flavor() == RuntimeFlavor::MultiThread && runtime.metrics().num_workers() > 1
    })
}

/// Hands work to the writing connection.
#[derive(Debug)]
pub(crate) struct Writer {
    line: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
    state: Arc<WriterState>,
}

impl Writer {
    pub(crate) fn start(
        db: Connection,
        place: Place,
        shared: Arc<Shared>,
        readers: Arc<Connections>,
    ) -> Result<Self, OpenError> {
        let (line, words) = channel();
        let state = Arc::new(WriterState {
            connection: Mutex::new(WriteConnection::new(db, place, shared, readers)),
            waiting: AtomicUsize::new(0),
            alone: AtomicBool::new(true),
            brief: AtomicBool::new(true),
            groups: AtomicU64::new(0),
            batches: AtomicU64::new(0),
        });
        let served = Arc::clone(&state);
        let serve = move || serve(&served, &words);
        let thread = std::thread::Builder::new().name("crm-write".to_owned()).spawn(serve)?;
        Ok(Self { line: Some(line), thread: Some(thread), state })
    }

    /// Answers a query at once, if no write runs or waits; otherwise gives it back. For queries that look up a few
    /// rows by key and nothing else. All its statements see the same rows without a transaction: no write comes in between.
    pub(crate) fn read_inline<T, F: FnOnce(&Connection) -> Res<T>>(&self, read: F) -> Result<Res<T>, F> {
        let Some(mut connection) = self.state.free_connection() else { return Err(read) };
        let Some(db) = connection.db() else { return Err(read) };
        let answer = read(db);
        if answer.as_ref().is_err_and(Failure::is_of_the_connection) {
            connection.mend();
        }
        Ok(answer)
    }

    /// Carries units out, as soon as those are done that were handed over before. Once handed over they are carried out
    /// even if the callers no longer wait.
    pub(crate) async fn submit(&self, units: Vec<Unit>) -> Answers {
        if let Some(answers) = self.at_once(&units) {
            return answers;
        }
        let count = units.len();
        let (answer, answered) = oneshot::channel();
        self.state.waiting.fetch_add(1, Ordering::AcqRel);
        let job = Message::Job(Job { units, answer });
        let sent = self.line.as_ref().is_some_and(|line| line.send(job).is_ok());
        let answers = if sent { answered.await.ok() } else { None };
        answers.unwrap_or_else(|| vec![Err(StoreError::Unavailable); count])
    }

    /// Carries a small unit out on this thread, if no write runs and it will not delay others.
    fn at_once(&self, units: &[Unit]) -> Option<Answers> {
        let [unit] = units else { return None };
        if !unit.is_small() || !self.state.brief.load(Ordering::Relaxed) || !others_go_on() {
            return None;
        }
        let mut connection =
            self.state.free_connection().filter(|connection| !connection.is_warm_from_another(BRIEF))?;
        let first = !connection.is_unmoved();
        let answers = self.state.carry_out(&mut connection, &[units]).pop();
        drop(connection);
        if first && let Some(line) = &self.line {
            let _ = line.send(Message::Written);
        }
        answers
    }

    pub(crate) fn sizes(&self) -> GroupSizes {
        GroupSizes {
            groups: self.state.groups.load(Ordering::Relaxed),
            batches: self.state.batches.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // What was handed over is still carried out: the channel ends when it is empty.
        drop(self.line.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The thread's life.
fn serve(state: &WriterState, messages: &Receiver<Message>) {
    while let Some(first) = next(state, messages) {
        let mut connection = state.connection();
        let mut count = first.units.len();
        let mut jobs = vec![first];
        while count < MAX_BATCH
            && let Ok(word) = messages.try_recv()
        {
            if let Message::Job(job) = word {
                count += job.units.len();
                jobs.push(job);
            }
        }
        state.alone.store(jobs.len() == 1, Ordering::Relaxed);
        let units: Vec<&[Unit]> = jobs.iter().map(|job| &job.units[..]).collect();
        let answers = state.carry_out(&mut connection, &units);
        drop(connection);
        state.waiting.fetch_sub(jobs.len(), Ordering::AcqRel);
        for (job, answers) in jobs.into_iter().zip(answers) {
            let _ = job.answer.send(answers);
        }
    }
    // There are no readers left, so the log can be emptied.
    state.connection().tidy(true);
}

/// The next job; `None` when there will be no more.
fn next(state: &WriterState, messages: &Receiver<Message>) -> Option<Job> {
    let mut unmoved = state.connection().is_unmoved();
    loop {
        let done = state.groups.load(Ordering::Relaxed);
        let word = if unmoved {
            messages.recv_timeout(IDLE)
        } else {
            messages.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match word {
            Ok(Message::Job(job)) => return Some(job),
            Ok(Message::Written) => unmoved = true,
            // A caller wrote on its own thread meanwhile: it is not idle.
            Err(RecvTimeoutError::Timeout) if state.groups.load(Ordering::Relaxed) != done => {}
            Err(RecvTimeoutError::Timeout) => {
                let mut connection = state.connection();
                connection.tidy(false);
                unmoved = connection.is_unmoved();
            }
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

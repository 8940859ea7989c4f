//! The one thread that writes. It takes the first batch that waits and all others that already wait, never waits for
//! more, and commits them together: one flush to the disk for all of them.
//!
//! While callers come one at a time, its connection also answers short questions, on the thread of whoever asks: a commit
//! empties the caches of all other connections, never its own, and waking two threads costs more than such a question.
//! Many callers at once are better served by the reading threads.
//!
//! A batch that is refused before it has changed a row costs nothing. One that fails later (a uniqueness that it did not
//! name as an expectation) would need a savepoint; those cost every batch, so the group is rolled back and done again,
//! that time with a savepoint for each.

use rusqlite::Connection;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

use dialzio_core::store::{Commit, StoreError, StoreResult};

use crate::Shared;
use crate::commit::{Txn, Unit};
use crate::connect::{self, Place};
use crate::error::{Failure, OpenError, Res};
use crate::group::{Group, Heads};
use crate::readers::snapshot;

/// Most batches in one transaction.
const MOST: usize = 256;
/// How long nothing has to happen before the log is moved into the file.
const IDLE: Duration = Duration::from_secs(2);
/// How long the thread stays awake after a group of one: about as long as a lone caller needs to come with the next. It
/// delays nothing, since whatever comes is begun at once; it saves waking the thread, which costs as much as the work.
const AWAKE: Duration = Duration::from_micros(100);

/// What one caller asks for, and where the answers go.
pub(crate) struct Job {
    pub(crate) units: Vec<Unit>,
    pub(crate) answer: oneshot::Sender<Vec<StoreResult<Commit>>>,
}

/// How many transactions the writer has made, and how many batches they held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupSizes {
    /// Transactions.
    pub groups: u64,
    /// Batches in them.
    pub batches: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    groups: AtomicU64,
    batches: AtomicU64,
}

/// The connection that writes, and how many jobs wait for it.
#[derive(Debug)]
struct Pen {
    db: Mutex<Option<Connection>>,
    waiting: AtomicUsize,
    /// The last group was of one job: there is one caller at a time, or none.
    alone: AtomicBool,
}

impl Pen {
    fn db(&self) -> MutexGuard<'_, Option<Connection>> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way to the thread.
#[derive(Debug)]
pub(crate) struct Writer {
    line: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    pen: Arc<Pen>,
    tally: Arc<Tally>,
}

impl Writer {
    pub(crate) fn start(db: Connection, place: Place, shared: Arc<Shared>) -> Result<Self, OpenError> {
        let (line, jobs) = channel();
        let tally = Arc::<Tally>::default();
        let pen = Arc::new(Pen {
            db: Mutex::new(Some(db)),
            waiting: AtomicUsize::new(0),
            alone: AtomicBool::new(true),
        });
        let mut desk = Desk {
            pen: Arc::clone(&pen),
            place,
            shared,
            tally: Arc::clone(&tally),
            heads: Heads::default(),
            unmoved: false,
        };
        let thread =
            std::thread::Builder::new().name("crm-write".to_owned()).spawn(move || desk.serve(&jobs))?;
        Ok(Self { line: Some(line), thread: Some(thread), pen, tally })
    }

    /// Answers a question at once, if nobody writes or waits to; otherwise gives it back. For questions that look up a few
    /// rows by key and nothing else.
    pub(crate) fn glance<T, F: FnOnce(&Connection) -> Res<T>>(&self, read: F) -> Result<Res<T>, F> {
        if self.pen.waiting.load(Ordering::Acquire) > 0 || !self.pen.alone.load(Ordering::Relaxed) {
            return Err(read);
        }
        let db = match self.pen.db.try_lock() {
            Ok(db) => db,
            Err(TryLockError::Poisoned(db)) => db.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(read),
        };
        match &*db {
            Some(db) => Ok(snapshot(db, read)),
            None => Err(read),
        }
    }

    /// Hands units over. They are carried out even if nobody waits for the answers.
    pub(crate) async fn submit(&self, units: Vec<Unit>) -> Vec<StoreResult<Commit>> {
        let count = units.len();
        let (answer, answered) = oneshot::channel();
        self.pen.waiting.fetch_add(1, Ordering::AcqRel);
        let sent = self.line.as_ref().is_some_and(|line| line.send(Job { units, answer }).is_ok());
        let answers = if sent { answered.await.ok() } else { None };
        answers.unwrap_or_else(|| vec![Err(StoreError::Unavailable); count])
    }

    pub(crate) fn sizes(&self) -> GroupSizes {
        GroupSizes {
            groups: self.tally.groups.load(Ordering::Relaxed),
            batches: self.tally.batches.load(Ordering::Relaxed),
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

/// The thread's own.
struct Desk {
    pen: Arc<Pen>,
    place: Place,
    shared: Arc<Shared>,
    tally: Arc<Tally>,
    heads: Heads,
    /// Something is in the log that is not in the file.
    unmoved: bool,
}

/// A transaction that was committed: the answers of each job, and whom to wake.
struct Done {
    answers: Vec<Vec<StoreResult<Commit>>>,
    group: Group,
}

enum Try {
    Done(Box<Done>),
    /// A batch failed after it had changed something.
    Again,
}

impl Desk {
    fn serve(&mut self, jobs: &Receiver<Job>) {
        while let Some(first) = self.next(jobs) {
            let mut count = first.units.len();
            let mut group = vec![first];
            while count < MOST
                && let Ok(job) = jobs.try_recv()
            {
                count += job.units.len();
                group.push(job);
            }
            self.pen.alone.store(group.len() == 1, Ordering::Relaxed);
            self.carry_out(group, count);
        }
        // Nobody reads any more, so nothing stays behind in the log.
        self.tidy();
    }

    /// The next job; `None` when there will be no more.
    fn next(&mut self, jobs: &Receiver<Job>) -> Option<Job> {
        if self.unmoved && self.pen.alone.load(Ordering::Relaxed) {
            let begun = Instant::now();
            while begun.elapsed() < AWAKE {
                if let Ok(job) = jobs.try_recv() {
                    return Some(job);
                }
                std::hint::spin_loop();
            }
        }
        while self.unmoved {
            match jobs.recv_timeout(IDLE) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Timeout) => self.tidy(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        jobs.recv().ok()
    }

    fn carry_out(&mut self, jobs: Vec<Job>, count: usize) {
        let outcome = self.transact(&jobs);
        self.pen.waiting.fetch_sub(jobs.len(), Ordering::AcqRel);
        match outcome {
            Ok(done) => {
                self.unmoved = true;
                self.tally.groups.fetch_add(1, Ordering::Relaxed);
                self.tally.batches.fetch_add(count as u64, Ordering::Relaxed);
                self.shared.wake(&done.group);
                self.heads = done.group.into_heads();
                for (job, answers) in jobs.into_iter().zip(done.answers) {
                    let _ = job.answer.send(answers);
                }
            }
            Err(failure) => {
                let error = failure.into_store();
                tracing::error!(code = error.code(), "a transaction failed; the connection is opened anew");
                for job in jobs {
                    let answers = vec![Err(error.clone()); job.units.len()];
                    let _ = job.answer.send(answers);
                }
            }
        }
    }

    /// One transaction for all of them. An error means that nothing of it is there.
    fn transact(&mut self, jobs: &[Job]) -> Res<Box<Done>> {
        let mut pen = self.pen.db();
        let group = Group::after(&mut self.heads);
        // Whatever state a connection is in that failed, the next group does not inherit it.
        let db = match pen.take() {
            Some(db) => db,
            None => connect::writer(&self.place).map_err(|_| {
                Failure::Store(StoreError::Broken("the database cannot be opened".to_owned()))
            })?,
        };
        let mut answer = attempt(&db, &self.shared, jobs, group, false);
        if matches!(answer, Ok(Try::Again)) {
            answer = attempt(&db, &self.shared, jobs, Group::default(), true);
        }
        match answer {
            Ok(Try::Done(done)) => {
                *pen = Some(db);
                Ok(done)
            }
            Ok(Try::Again) => Err(Failure::Store(StoreError::Unavailable)),
            Err(failure) => Err(failure),
        }
    }

    /// Nothing waits: moves the log into the file and gives free pages back. Never waits for a reader.
    fn tidy(&mut self) {
        self.unmoved = false;
        let pen = self.pen.db();
        let Some(db) = &*pen else { return };
        let quiet = db
            .execute_batch("PRAGMA busy_timeout = 0; PRAGMA incremental_vacuum (200);")
            .and_then(|()| db.query_row("PRAGMA wal_checkpoint (TRUNCATE)", [], |row| row.get::<_, i64>(0)));
        if !matches!(quiet, Ok(0)) {
            self.unmoved = quiet.is_ok();
            tracing::debug!("a reader held the log back");
        }
        let _ = db.execute_batch("PRAGMA busy_timeout = 5000");
    }
}

/// Begins, applies, commits; rolls back on the way out of an error.
fn attempt(db: &Connection, shared: &Shared, jobs: &[Job], group: Group, savepoints: bool) -> Res<Try> {
    db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let outcome = apply_all(db, shared, jobs, group, savepoints).and_then(|done| {
        if let Try::Done(_) = &done {
            db.prepare_cached("COMMIT")?.execute([])?;
        }
        Ok(done)
    });
    if !db.is_autocommit() {
        db.prepare_cached("ROLLBACK")?.execute([])?;
    }
    outcome
}

fn apply_all(db: &Connection, shared: &Shared, jobs: &[Job], mut group: Group, savepoints: bool) -> Res<Try> {
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        let mut of_job = Vec::with_capacity(job.units.len());
        for unit in &job.units {
            let before = if savepoints {
                db.prepare_cached("SAVEPOINT batch")?.execute([])?;
                Some(group.clone())
            } else {
                None
            };
            let changes = (db.total_changes(), group.touched());
            let answer = Txn { db, shared, group: &mut group }.carry_out(unit);
            match (answer, before) {
                (Err(failure), _) if failure.is_fatal() => return Err(failure),
                (Ok(commit), before) => {
                    if before.is_some() {
                        db.prepare_cached("RELEASE batch")?.execute([])?;
                    }
                    of_job.push(Ok(commit));
                }
                (Err(failure), Some(before)) => {
                    db.prepare_cached("ROLLBACK TO batch")?.execute([])?;
                    db.prepare_cached("RELEASE batch")?.execute([])?;
                    group = before;
                    of_job.push(Err(failure.into_store()));
                }
                (Err(failure), None) if (db.total_changes(), group.touched()) == changes => {
                    of_job.push(Err(failure.into_store()));
                }
                (Err(_), None) => return Ok(Try::Again),
            }
        }
        answers.push(of_job);
    }
    group.flush(db)?;
    Ok(Try::Done(Box::new(Done { answers, group })))
}

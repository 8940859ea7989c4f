//! The connection that writes, and what it knows from one transaction to the next.
//!
//! A batch that is refused before it has changed a row costs nothing. One that fails later (a uniqueness that it did not
//! name as an precondition) would need a savepoint; those cost every batch, so the group is rolled back and done again,
//! that time with a savepoint for each.

use rusqlite::Connection;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task;

use dialzio_core::store::{Commit, StoreError, StoreResult};

use crate::Shared;
use crate::apply::Txn;
use crate::commit::Unit;
use crate::connect::{self, Place};
use crate::error::{Failure, OpenError, Res};
use crate::group::{Group, Heads};
use crate::log::{self, Checkpoint, Length};
use crate::readers::Connections;

/// What one caller is answered: one result for each of its units.
pub(crate) type Answers = Vec<StoreResult<Commit>>;

/// Where transactions are made, by one thread at a time.
#[derive(Debug)]
pub(crate) struct WriteConnection {
    /// Gone after a failure, until the next transaction opens it anew.
    db: Option<Connection>,
    place: Place,
    shared: Arc<Shared>,
    heads: Heads,
    /// Something is in the log that is not in the file.
    unmoved: bool,
    log: Length,
    /// Since when the log could not be moved as a whole, although it was tried again and again.
    held_back: Option<Instant>,
    readers: Arc<Connections>,
    mending: Mending,
    last: Option<Last>,
}

/// When all connections were closed last, and when the next may be opened.
#[derive(Debug, Default)]
struct Mending {
    /// How often in a row.
    times: u32,
    not_before: Option<Instant>,
}

/// The first pause before connections are opened anew, which doubles, and the longest.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long readers may hold the log back, before it is taken for a lock that was left behind. No read takes as long.
const HELD_BACK: Duration = Duration::from_secs(30);

/// The last transaction.
#[derive(Debug)]
struct Last {
    /// The task that carried it out; none for a thread that serves no task.
    by: Option<task::Id>,
    ended: Instant,
}

/// A transaction that was committed: the answers of each job, and whom to wake.
struct Done {
    answers: Vec<Answers>,
    group: Group,
}

enum Try {
    Done(Box<Done>),
    /// A batch failed after it had changed something.
    Again,
}

impl WriteConnection {
    pub(crate) fn new(db: Connection, place: Place, shared: Arc<Shared>, readers: Arc<Connections>) -> Self {
        Self {
            db: Some(db),
            place,
            shared,
            heads: Heads::default(),
            unmoved: false,
            log: Length::default(),
            held_back: None,
            readers,
            mending: Mending::default(),
            last: None,
        }
    }

    /// The connection, to read with.
    pub(crate) fn db(&self) -> Option<&Connection> {
        self.db.as_ref()
    }

    /// Something is in the log that is not in the file.
    pub(crate) fn is_unmoved(&self) -> bool {
        self.unmoved
    }

    /// Whether another caller used it a moment ago: then more may come, whom this thread would have to serve next.
    pub(crate) fn is_warm_from_another(&self, moment: Duration) -> bool {
        self.last.as_ref().is_some_and(|last| last.by != task::try_id() && last.ended.elapsed() < moment)
    }

    /// Carries jobs out in one transaction, and wakes the listeners of what they changed. An error means that nothing of it
    /// is there.
    pub(crate) fn carry_out(&mut self, jobs: &[&[Unit]]) -> StoreResult<Vec<Answers>> {
        let done = self.transact(jobs);
        self.last = Some(Last { by: task::try_id(), ended: Instant::now() });
        let done = match done {
            Ok(done) => done,
            Err(failure) => {
                let mends = failure.is_of_the_connection();
                let error = failure.into_store();
                tracing::error!(%error, "a transaction failed; the connection is opened anew");
                if mends {
                    self.mend();
                }
                return Err(error);
            }
        };
        self.mending = Mending::default();
        self.unmoved = true;
        self.shared.wake(&done.group);
        self.heads = done.group.into_heads();
        self.move_a_long_log();
        Ok(done.answers)
    }

    /// Keeps the log from growing while there is always something to write.
    fn move_a_long_log(&mut self) {
        let Some(db) = &self.db else { return };
        let moved = self.log.is_long(db).and_then(|long| {
            if long {
                log::move_into_file(db, Checkpoint::OnTheWay)?;
                self.log.moved(db)?;
            }
            Ok(())
        });
        // What was answered is in the log, whatever becomes of it.
        match moved.map_err(Failure::from) {
            Ok(()) if !self.log.is_stuck() => {}
            Ok(()) => {
                tracing::warn!(
                    "the log grows although it is moved: all connections to the database are opened anew"
                );
                self.close();
            }
            Err(failure) if !failure.is_of_the_connection() => {
                tracing::warn!(error = %failure.into_store(), "the log cannot be moved into the database");
                self.db = None;
            }
            _ => self.mend(),
        }
    }

    /// Closes every connection to the file in this process: a lock that the system did not take back goes with the last
    /// of them, and with nothing else. Each is opened anew when it is needed, the writer's after a pause that doubles.
    pub(crate) fn mend(&mut self) {
        self.close();
        let pause = PAUSE.saturating_mul(1 << self.mending.times.min(10)).min(LONGEST_PAUSE);
        self.mending.times += 1;
        self.mending.not_before = Some(Instant::now() + pause);
        tracing::warn!(times = self.mending.times, "all connections to the database are opened anew");
    }

    /// Closes every connection. Nothing has failed, so the next caller opens its own at once.
    fn close(&mut self) {
        self.db = None;
        self.log = Length::default();
        self.held_back = None;
        self.readers.close();
    }

    fn transact(&mut self, jobs: &[&[Unit]]) -> Res<Done> {
        let group = Group::after(&mut self.heads);
        // Whatever state a connection is in that failed, the next group does not inherit it.
        let db = match self.db.take() {
            Some(db) => db,
            None => self.open_anew()?,
        };
        let mut answer = attempt(&db, &self.shared, jobs, group, false);
        if matches!(answer, Ok(Try::Again)) {
            answer = attempt(&db, &self.shared, jobs, Group::default(), true);
        }
        match answer {
            Ok(Try::Done(done)) => {
                self.db = Some(db);
                Ok(*done)
            }
            Ok(Try::Again) => Err(Failure::Store(StoreError::Unavailable)),
            Err(failure) => Err(failure),
        }
    }

    fn open_anew(&mut self) -> Res<Connection> {
        if self.mending.not_before.is_some_and(|at| Instant::now() < at) {
            return Err(StoreError::Unavailable.into());
        }
        self.log = Length::default();
        connect::writer(&self.place).map_err(|error| {
            // A fault of the file is no matter of locks, but closing what is open does no harm.
            let retried = matches!(&error, OpenError::Store(_) | OpenError::File(_));
            if retried {
                self.mend();
            }
            Failure::Store(error.into_store())
        })
    }

    /// Nothing waits: moves the log into the file and gives free pages back. Never waits for a reader. `last` says that
    /// nothing will be written any more.
    pub(crate) fn tidy(&mut self, last: bool) {
        self.unmoved = false;
        let Some(db) = &self.db else { return };
        let how = if last { Checkpoint::Last } else { Checkpoint::Idle };
        let quiet = db
            .execute_batch("PRAGMA busy_timeout = 0; PRAGMA incremental_vacuum (200);")
            .and_then(|()| log::move_into_file(db, how));
        let _ = db.execute_batch("PRAGMA busy_timeout = 5000");
        if matches!(quiet, Ok(true)) {
            self.held_back = None;
            return;
        }
        tracing::debug!("the log was held back");
        self.unmoved = true;
        // No room for it is no matter of locks.
        if quiet.map_err(Failure::from).map_or_else(|failure| failure.is_of_the_connection(), |_| true) {
            self.held_back.get_or_insert_with(Instant::now);
        }
        if !last && self.held_back.is_some_and(|since| since.elapsed() >= HELD_BACK) {
            tracing::warn!(
                "the log is held back for too long: all connections to the database are opened anew"
            );
            self.close();
        }
    }
}

/// Begins, applies, commits; rolls back on the way out of an error.
fn attempt(db: &Connection, shared: &Shared, jobs: &[&[Unit]], group: Group, savepoints: bool) -> Res<Try> {
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

fn apply_all(
    db: &Connection,
    shared: &Shared,
    jobs: &[&[Unit]],
    mut group: Group,
    savepoints: bool,
) -> Res<Try> {
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        let mut of_job = Vec::with_capacity(job.len());
        for unit in *job {
            let before = if savepoints {
                db.prepare_cached("SAVEPOINT batch")?.execute([])?;
                Some(group.clone())
            } else {
                None
            };
            let changes = (db.total_changes(), group.rows_affected());
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
                (Err(failure), None) if (db.total_changes(), group.rows_affected()) == changes => {
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

//! Threads that read, each with a connection of its own.

use rusqlite::Connection;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::connect::{self, Place};
use crate::error::{OpenError, Res};
use dialzio_core::store::{StoreError, StoreResult};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce(&Connection) + Send>;

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    closed: bool,
}

#[derive(Default)]
struct Line {
    queue: Mutex<Queue>,
    more: Condvar,
}

impl Line {
    /// The next job; `None` when the pool is closed.
    fn next(&self) -> Option<Job> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            if queue.closed {
                return None;
            }
            queue = self.more.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A pool of reading threads.
pub(crate) struct Readers {
    line: Arc<Line>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn start(place: &Place, count: usize) -> Result<Self, OpenError> {
        let mut pool = Self { line: Arc::default(), threads: Vec::with_capacity(count) };
        for number in 0..count {
            let db = connect::reader(place)?;
            let line = Arc::clone(&pool.line);
            let work = move || {
                while let Some(job) = line.next() {
                    // One question that panics is answered with an error; the thread goes on with the next.
                    if catch_unwind(AssertUnwindSafe(|| job(&db))).is_err() {
                        tracing::error!("a question to the database panicked");
                        leave_transaction(&db);
                    }
                }
            };
            pool.threads.push(std::thread::Builder::new().name(format!("crm-read-{number}")).spawn(work)?);
        }
        Ok(pool)
    }

    /// Runs `read` on one snapshot of the database.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Res<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            // Whoever asked may be gone.
            if !answer.is_closed() {
                let _ = answer.send(snapshot(db, read).map_err(crate::error::Failure::into_store));
            }
        });
        self.line.queue.lock().unwrap_or_else(PoisonError::into_inner).jobs.push_back(job);
        self.line.more.notify_one();
        answered.await.unwrap_or(Err(StoreError::Unavailable))
    }
}

/// Leaves the transaction that a panic broke off.
fn leave_transaction(db: &Connection) {
    if !db.is_autocommit() && db.execute_batch("ROLLBACK").is_err() {
        tracing::error!("a transaction that was broken off could not be rolled back");
    }
}

/// Runs `read` inside a transaction, so that all its statements see the same rows.
fn snapshot<T>(db: &Connection, read: impl FnOnce(&Connection) -> Res<T>) -> Res<T> {
    db.prepare_cached("BEGIN")?.execute([])?;
    let answer = read(db);
    if !db.is_autocommit() {
        db.prepare_cached("ROLLBACK")?.execute([])?;
    }
    answer
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.line.queue.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.line.more.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Readers({})", self.threads.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteStore;

    #[tokio::test]
    #[allow(clippy::panic, reason = "a question that panics is what is tried")]
    async fn a_question_that_panics_is_answered_with_an_error_and_its_thread_goes_on() {
        let store = SqliteStore::builder().readers(1).in_memory().await.unwrap();
        for _ in 0..3 {
            let failed = store.readers.read::<()>(|_| panic!("injected")).await;
            assert!(matches!(failed, Err(StoreError::Unavailable)));
            let one =
                store.readers.read(|db| Ok(db.query_row("SELECT 1", [], |row| row.get::<_, i64>(0))?)).await;
            assert_eq!(one.unwrap(), 1);
        }
    }
}

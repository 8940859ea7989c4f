//! Threads that read, each with a connection of its own.

use rusqlite::Connection;
use std::collections::VecDeque;
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
                    job(&db);
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

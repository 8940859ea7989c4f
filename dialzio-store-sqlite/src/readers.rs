//! Threads that read, each with a connection of its own.

use rusqlite::Connection;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::connect::{self, Place};
use crate::error::{Failure, OpenError, Res};
use dialzio_core::store::{StoreError, StoreResult};
use tokio::sync::oneshot;

/// Runs a query, answers its caller, and reports whether the connection can be used again.
type Job = Box<dyn FnOnce(&Connection) -> bool + Send>;

/// The connections that read, each with its thread. One that failed is gone until its thread opens another.
#[derive(Debug, Default)]
pub(crate) struct Connections(Vec<Mutex<Option<Connection>>>);

impl Connections {
    fn of(&self, number: usize) -> Option<MutexGuard<'_, Option<Connection>>> {
        self.0.get(number).map(|place| place.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Closes all of them, once each has answered what it was asked. While this runs none is opened anew, so that with the
    /// writer's closed too nothing of the file is open in this process.
    pub(crate) fn close(&self) {
        let mut all: Vec<_> = (0..self.0.len()).filter_map(|number| self.of(number)).collect();
        for place in &mut all {
            drop(place.take());
        }
    }
}

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
    connections: Arc<Connections>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn start(place: &Place, count: usize) -> Result<Self, OpenError> {
        let open = (0..count).map(|_| Ok(Mutex::new(Some(connect::reader(place)?))));
        let connections = Arc::new(Connections(open.collect::<Result<_, OpenError>>()?));
        let mut pool = Self { line: Arc::default(), connections, threads: Vec::with_capacity(count) };
        for number in 0..count {
            let (line, connections, place) =
                (Arc::clone(&pool.line), Arc::clone(&pool.connections), place.clone());
            let work = move || {
                while let Some(job) = line.next() {
                    if let Some(mut db) = connections.of(number) {
                        run(&mut db, &place, job);
                    }
                }
            };
            pool.threads.push(std::thread::Builder::new().name(format!("crm-read-{number}")).spawn(work)?);
        }
        Ok(pool)
    }

    /// The connections, for the writer, who may have to close all there are.
    pub(crate) fn connections(&self) -> Arc<Connections> {
        Arc::clone(&self.connections)
    }

    /// Runs `read` on one snapshot of the database.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Res<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            // The caller may be gone.
            if answer.is_closed() {
                return true;
            }
            let found = snapshot(db, read);
            let sound = !found.as_ref().is_err_and(Failure::is_of_the_connection);
            let _ = answer.send(found.map_err(Failure::into_store));
            sound
        });
        self.line.queue.lock().unwrap_or_else(PoisonError::into_inner).jobs.push_back(job);
        self.line.more.notify_one();
        answered.await.unwrap_or(Err(StoreError::Unavailable))
    }
}

/// Answers one question. A job that is dropped answers that the store is unavailable.
fn run(place_of_db: &mut Option<Connection>, place: &Place, job: Job) {
    let db = match place_of_db.take().map_or_else(|| connect::reader(place), Ok) {
        Ok(db) => db,
        Err(error) => {
            tracing::error!(%error, "a connection that reads cannot be opened");
            return;
        }
    };
    // One question that panics is answered with an error; the thread continues with the next.
    let sound = catch_unwind(AssertUnwindSafe(|| job(&db))).unwrap_or_else(|_| {
        tracing::error!("a question to the database panicked");
        let _ = db.is_autocommit() || db.execute_batch("ROLLBACK").is_ok();
        true
    });
    // A connection that cannot leave its transaction could not be used again.
    if sound && db.is_autocommit() {
        *place_of_db = Some(db);
    } else {
        tracing::warn!("a connection that reads is opened anew");
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
        // The writer still knows of them, and has to be the last who closes.
        self.connections.close();
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
        let store = SqliteStore::builder().readers(1).temporary().await.unwrap();
        for _ in 0..3 {
            let failed = store.readers.read::<()>(|_| panic!("injected")).await;
            assert!(matches!(failed, Err(StoreError::Unavailable)));
            let one =
                store.readers.read(|db| Ok(db.query_row("SELECT 1", [], |row| row.get::<_, i64>(0))?)).await;
            assert_eq!(one.unwrap(), 1);
        }
    }
}

#![doc = include_str!("../README.md")]

mod access;
mod accounts;
mod activity;
mod apply;
mod audience;
mod call_facts;
mod call_flows;
mod calls;
mod canned_replies;
mod codec;
mod commit;
mod connect;
mod consent;
mod contact_list;
mod contacts;
mod conversations;
mod dispositions;
mod drafts;
mod error;
mod facts;
mod group;
mod identities;
mod identity_providers;
mod inbox;
mod leases;
mod ledger;
mod log;
mod media;
mod message_words;
mod messages;
mod migrate;
mod news;
mod notices;
mod outbox;
mod ports;
mod purge;
mod readers;
mod reindex;
mod retention;
mod run;
mod saved_views;
mod scheduled;
mod sealed;
mod search;
mod soundness;
mod statements;
mod stats;
mod support;
mod system;
mod teams;
mod transfer;
mod usage;
mod write_connection;
mod writer;

#[cfg(test)]
mod tests;

pub use error::OpenError;
pub use writer::GroupSizes;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{oneshot, watch};

use dialzio_core::event::EventSeq;
use dialzio_core::store::{Commit, StoreError, StoreResult};
use dialzio_core::{Clock, IdSource, OrgId, OrgScope, SystemClock, TypedId};

use commit::Unit;
use connect::{Lock, Place};
use error::Res;
use facts::Snapshot;
use group::Group;
use readers::Readers;
use writer::Writer;

/// How many connections read at the same time, unless the builder says otherwise.
const READERS: usize = 4;

/// What readers and writer share.
#[derive(Debug)]
struct Shared {
    clock: Arc<dyn Clock>,
    ids: IdSource,
    leases: leases::Leases,
    watchers: Mutex<HashMap<OrgId, watch::Sender<EventSeq>>>,
    notify_work: watch::Sender<()>,
    /// The newest instant that is believed, in microseconds.
    believed: AtomicI64,
}

impl Shared {
    fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            believed: AtomicI64::new(i64::MIN),
            ids: IdSource::random(),
            leases: leases::Leases::default(),
            watchers: Mutex::default(),
            notify_work: watch::Sender::new(()),
        }
    }

    /// The instant at which expiry is judged: never before one that was believed.
    fn now(&self) -> DateTime<Utc> {
        self.no_earlier(self.clock.now())
    }

    /// An instant, or the newest that was believed.
    fn no_earlier(&self, than: DateTime<Utc>) -> DateTime<Utc> {
        let believed = DateTime::from_timestamp_micros(self.believed.load(Ordering::Relaxed));
        believed.map_or(than, |believed| believed.max(than))
    }

    fn believe(&self, at: DateTime<Utc>) {
        self.believed.store(codec::time(at), Ordering::Relaxed);
    }

    /// The listeners of each organisation.
    fn watcher(&self, org: OrgId) -> watch::Receiver<EventSeq> {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.entry(org).or_insert_with(|| watch::Sender::new(EventSeq(0))).subscribe()
    }

    /// Wakes listeners and workers after a commit.
    fn wake(&self, group: &Group) {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        for org in &group.told {
            if let Some(watcher) = watchers.get(org) {
                watcher.send_replace(group.newest(*org));
                if watcher.is_closed() {
                    watchers.remove(org);
                }
            }
        }
        if group.work_notifications {
            self.notify_work.send_replace(());
        }
    }
}

/// A file that goes with the store.
#[derive(Debug)]
struct TempFile(PathBuf);

impl Drop for TempFile {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm", ".lock"] {
            let mut path = self.0.as_os_str().to_owned();
            path.push(end);
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The embedded store: one file, one process, nothing to install.
///
/// Dropping it finishes what was handed over and blocks until that is on disk.
#[derive(Debug)]
pub struct SqliteStore {
    // In the order in which they have to go: the readers, the writer, then the lock, then the file. The writer's
    // connection has to be the last: two that close at once can each leave the log to the other, and what was erased
    // would stay in it.
    readers: Readers,
    writer: Writer,
    shared: Arc<Shared>,
    _lock: Lock,
    _file: Option<TempFile>,
}

/// How a store is opened.
#[derive(Debug)]
pub struct SqliteBuilder {
    clock: Arc<dyn Clock>,
    readers: usize,
}

impl Default for SqliteBuilder {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), readers: READERS }
    }
}

impl SqliteBuilder {
    /// The clock that decides what has expired. The machine's own by default.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How many connections read at the same time, at least one. Four by default.
    #[must_use]
    pub fn readers(mut self, count: usize) -> Self {
        self.readers = count.max(1);
        self
    }

    /// Opens the database file, makes it if it is not there, and migrates it.
    ///
    /// # Errors
    /// [`OpenError`] if another process has it open, the file is newer than this release, or SQLite fails.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, OpenError> {
        self.start(Place { path: path.as_ref().to_owned(), temporary: false }).await
    }

    /// A store in a file of its own that goes with it.
    ///
    /// # Errors
    /// [`OpenError`] if the system's folder for such files cannot be used.
    pub async fn temporary(self) -> Result<SqliteStore, OpenError> {
        let name = IdSource::random().next::<OrgId>(self.clock.now()).uuid().simple().to_string();
        let path = std::env::temp_dir().join(format!("dialzio-{}-{name}.db", std::process::id()));
        self.start(Place { path, temporary: true }).await
    }

    async fn start(self, place: Place) -> Result<SqliteStore, OpenError> {
        let (answer, answered) = oneshot::channel();
        // Migrating can take long, so it has a thread of its own.
        std::thread::Builder::new().name("crm-open".to_owned()).spawn(move || {
            let _ = answer.send(SqliteStore::start(place, self.clock, self.readers));
        })?;
        answered.await.unwrap_or(Err(OpenError::Store(StoreError::Unavailable)))
    }
}

/// The connection that writes, to a database that is brought forward and can be read.
fn prepared(place: &Place, at: i64) -> Result<Connection, OpenError> {
    let mut db = connect::writer(place)?;
    soundness::read_each_table(&db)?;
    migrate::migrate(&mut db, at)?;
    stats::write(&db)?;
    // A crash may have left it. Where there is no room, it is taken back the next time the log is moved.
    let _ = log::unmark(&db);
    Ok(db)
}

impl SqliteStore {
    /// Opens the database file, makes it if it is not there, and migrates it.
    ///
    /// # Errors
    /// [`OpenError`] if another process has it open, under this name or another; the file is newer than this release, was
    /// copied without its log, or is damaged; the disk is full; or SQLite fails.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::builder().open(path).await
    }

    /// A store in a file of its own that goes with it: for tests, and for trying things out.
    ///
    /// # Errors
    /// [`OpenError`] if the system's folder for such files cannot be used.
    pub async fn temporary() -> Result<Self, OpenError> {
        Self::builder().temporary().await
    }

    /// A store with another clock, or more readers.
    #[must_use]
    pub fn builder() -> SqliteBuilder {
        SqliteBuilder::default()
    }

    /// How many transactions the writer has made since the store was opened, and how many batches they held.
    #[must_use]
    pub fn group_sizes(&self) -> GroupSizes {
        self.writer.sizes()
    }

    fn start(place: Place, clock: Arc<dyn Clock>, readers: usize) -> Result<Self, OpenError> {
        connect::check_library()?;
        let temporary = place.temporary.then(|| TempFile(place.path.clone()));
        let lock = Lock::take(&place.path)?;
        if log::is_missing(&place.path)? {
            return Err(OpenError::NoLog { log: log::beside(&place.path) });
        }
        let at = codec::time(clock.now());
        let db = match prepared(&place, at) {
            Err(OpenError::Full) => {
                lock.give_room();
                prepared(&place, at)?
            }
            other => other?,
        };
        if !place.temporary {
            lock.keep_room();
        }
        let shared = Arc::new(Shared::new(clock));
        if let Some(mark) =
            system::time_mark(&db).map_err(|failure| OpenError::Store(failure.into_store()))?
        {
            shared.believe(mark.trusted_at);
        }
        let readers = Readers::start(&place, readers)?;
        let writer = Writer::start(db, place, Arc::clone(&shared), readers.connections())?;
        Ok(Self { readers, writer, shared, _lock: lock, _file: temporary })
    }

    /// Reads all of a database that no process has open, and answers what is wrong with it in SQLite's words: nothing if it
    /// is sound. `without_log` continues without a write-ahead log that is lost, and with what is in the file.
    ///
    /// # Errors
    /// [`OpenError`] if it cannot be opened.
    pub fn examine(path: impl AsRef<Path>, without_log: bool) -> Result<Vec<String>, OpenError> {
        soundness::examine(path.as_ref(), without_log)
    }

    /// Reads the rows of an organisation that the scope's audience sees, on one snapshot.
    async fn read<T: Send + 'static>(
        &self,
        scope: &OrgScope,
        read: impl FnOnce(&Snapshot<'_>) -> Res<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (org, now, audience) = (scope.org(), self.now(), scope.audience().clone());
        self.readers.read(move |db| audience::within(&audience, || read(&Snapshot { db, org, now }))).await
    }

    /// Reads all rows of an organisation, whatever the scope's audience sees: for what decisions are made on.
    async fn read_whole<T: Send + 'static>(
        &self,
        scope: &OrgScope,
        read: impl FnOnce(&Snapshot<'_>) -> Res<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (org, now) = (scope.org(), self.now());
        self.readers.read(move |db| read(&Snapshot { db, org, now })).await
    }

    /// As [`read_whole`](Self::read_whole), for a few rows by key: on the writer's connection if it is free.
    async fn read_inline<T: Send + 'static>(
        &self,
        scope: &OrgScope,
        read: impl FnOnce(&Snapshot<'_>) -> Res<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (org, now) = (scope.org(), self.now());
        self.read_inline_at(move |db| read(&Snapshot { db, org, now })).await
    }

    async fn read_inline_at<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Res<T> + Send + 'static,
    ) -> StoreResult<T> {
        match self.writer.read_inline(read) {
            Ok(answer) => answer.map_err(error::Failure::into_store),
            Err(read) => self.readers.read(read).await,
        }
    }

    /// Reads system tables on one snapshot.
    async fn system<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Res<T> + Send + 'static,
    ) -> StoreResult<T> {
        self.readers.read(read).await
    }

    /// Hands one unit to the writer.
    async fn one(&self, unit: Unit) -> StoreResult<Commit> {
        self.writer.submit(vec![unit]).await.pop().unwrap_or(Err(StoreError::Unavailable))
    }

    fn now(&self) -> DateTime<Utc> {
        self.shared.now()
    }
}

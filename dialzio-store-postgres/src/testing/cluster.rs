//! The server, and databases in it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};

use dialzio_core::Clock;

use super::supervisor::{self, ServerSupervisor, SmallDisk};
use crate::{OpenError, PostgresBuilder, PostgresStore};

/// The role that serves in tests.
const SERVES: &str = "dialzio_serves";
/// The database that others are copied from.
const TEMPLATE: &str = "dialzio_template";

/// Months that are open in it from the start, since most tests write in them. Others are opened as they are needed.
const MONTHS: [&str; 2] = ["2026-03-01", "2026-04-01"];

/// A server that goes with the process.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    supervisor: Mutex<ServerSupervisor>,
    made: AtomicU64,
    /// One database is made after another: no session may be open in the one that is copied.
    turn: tokio::sync::Mutex<()>,
}

/// A database of its own, migrated and ready to serve from.
#[derive(Debug, Clone)]
pub struct Database {
    folder: PathBuf,
    name: String,
}

impl Cluster {
    /// The server of this process, started by the first test that asks.
    ///
    /// # Errors
    /// One sentence that says what to install, or what went wrong.
    pub fn shared() -> std::io::Result<&'static Self> {
        static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::start().map_err(|error| error.to_string()))
            .as_ref()
            .map_err(supervisor::failed)
    }

    /// Starts a server that goes with the value, and does not wait for any disk.
    ///
    /// # Errors
    /// One sentence that says what to install, or what went wrong.
    pub fn start() -> std::io::Result<Self> {
        Self::start_with(
            "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=64MB -c max_wal_size=256MB \
             -c autovacuum=off",
            None,
        )
    }

    /// Starts one with a small disk of its own, or answers `None` where the machine does not allow it.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_on_small_disk(what: SmallDisk) -> std::io::Result<Option<Self>> {
        let disk = "-c fsync=off -c full_page_writes=off -c shared_buffers=64MB -c max_wal_size=32MB -c min_wal_size=2MB \
                    -c autovacuum=off";
        SmallDisk::is_allowed()?.then(|| Self::start_with(disk, Some(what))).transpose()
    }

    /// Starts one that waits for its disk as a real one does, to measure with.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_durable() -> std::io::Result<Self> {
        Self::start_with(
            "-c fsync=on -c synchronous_commit=on -c shared_buffers=512MB -c max_wal_size=2GB",
            None,
        )
    }

    fn start_with(disk: &str, small: Option<SmallDisk>) -> std::io::Result<Self> {
        // Short, since a socket's path may have about a hundred characters.
        let folder = tempfile::Builder::new().prefix("dialzio-pg-").tempdir_in("/tmp")?;
        let supervisor = Mutex::new(ServerSupervisor::start(folder.path(), disk, small)?);
        let folder = folder.keep();
        Ok(Self { folder, supervisor, made: AtomicU64::new(0), turn: tokio::sync::Mutex::default() })
    }

    fn supervisor(&self) -> MutexGuard<'_, ServerSupervisor> {
        self.supervisor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the server as a crash would, without closing its sessions.
    ///
    /// # Errors
    /// If the server is gone already.
    pub fn crash(&self) -> std::io::Result<()> {
        self.supervisor().order("crash", "crashed")
    }

    /// Starts it again, on the same data, unless it runs.
    ///
    /// # Errors
    /// If it does not start.
    pub fn restart(&self) -> std::io::Result<()> {
        self.supervisor().order("restart", "ready")
    }

    /// Leaves no room on its small disk.
    ///
    /// # Errors
    /// If the server is gone.
    pub fn fill(&self) -> std::io::Result<()> {
        self.supervisor().order("fill", "full")
    }

    /// Gives the room back.
    ///
    /// # Errors
    /// If the server is gone.
    pub fn free(&self) -> std::io::Result<()> {
        self.supervisor().order("free", "free")
    }

    /// The folder with the socket.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    async fn admin(&self, database: &str) -> Result<PgConnection, sqlx::Error> {
        Database { folder: self.folder.clone(), name: database.to_owned() }
            .options("postgres")
            .connect()
            .await
    }

    /// A database of its own: a copy of one that was migrated once.
    ///
    /// # Errors
    /// [`OpenError`] if PostgreSQL refuses.
    pub async fn database(&self) -> Result<Database, OpenError> {
        let _turn = self.turn.lock().await;
        let mut admin = self.admin("postgres").await?;
        let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(TEMPLATE)
            .fetch_one(&mut admin)
            .await?;
        if !there {
            make_role(&mut admin).await?;
            admin.execute(AssertSqlSafe(format!("CREATE DATABASE {TEMPLATE}"))).await?;
            let template = Database { folder: self.folder.clone(), name: TEMPLATE.to_owned() };
            template.migrate(&PostgresStore::builder()).await?;
            let mut inside = self.admin(TEMPLATE).await?;
            for day in MONTHS {
                sqlx::query("SELECT dialzio.month_open($1::DATE)").bind(day).execute(&mut inside).await?;
            }
            inside.close().await?;
        }
        self.make(admin, &format!("TEMPLATE {TEMPLATE} STRATEGY file_copy")).await
    }

    /// An empty database.
    ///
    /// # Errors
    /// [`OpenError`] if PostgreSQL refuses.
    pub async fn empty(&self) -> Result<Database, OpenError> {
        let _turn = self.turn.lock().await;
        let mut admin = self.admin("postgres").await?;
        make_role(&mut admin).await?;
        self.make(admin, "").await
    }

    async fn make(&self, mut admin: PgConnection, how: &str) -> Result<Database, OpenError> {
        let name = format!("t{}", self.made.fetch_add(1, Ordering::Relaxed));
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name} {how}"))).await?;
        admin.close().await?;
        Ok(Database { folder: self.folder.clone(), name })
    }
}

/// Makes the role that serves. Roles belong to the server, so it may be there.
async fn make_role(admin: &mut PgConnection) -> Result<(), sqlx::Error> {
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
        .bind(SERVES)
        .fetch_one(&mut *admin)
        .await?;
    if !there {
        admin.execute(AssertSqlSafe(format!("CREATE ROLE {SERVES} LOGIN"))).await?;
    }
    Ok(())
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.supervisor().end();
    }
}

impl Database {
    fn options(&self, user: &str) -> sqlx::postgres::PgConnectOptions {
        sqlx::postgres::PgConnectOptions::new_without_pgpass()
            .socket(&self.folder)
            .username(user)
            .database(&self.name)
            .disable_statement_logging()
    }

    fn address(&self, user: &str) -> String {
        format!("postgres:///{}?host={}&user={user}", self.name, self.folder.display())
    }

    /// The name of the database in the cluster.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address that a store serves from.
    #[must_use]
    pub fn url(&self) -> String {
        self.address(SERVES)
    }

    /// The address of the server's administrator.
    #[must_use]
    pub fn admin_url(&self) -> String {
        self.address("postgres")
    }

    /// Brings the schema forward and lets the serving role serve.
    ///
    /// # Errors
    /// As [`PostgresBuilder::migrate`].
    pub async fn migrate(&self, builder: &PostgresBuilder) -> Result<(), OpenError> {
        builder.migrate(&self.admin_url(), Some(SERVES)).await
    }

    /// A store with few connections.
    ///
    /// # Errors
    /// As [`PostgresBuilder::connect`].
    pub async fn store(&self, clock: Arc<dyn Clock>) -> Result<PostgresStore, OpenError> {
        PostgresStore::builder().clock(clock).connections(6).connect(&self.url()).await
    }

    /// A connection of the administrator, to look behind the curtain.
    ///
    /// # Errors
    /// sqlx's own, if the server cannot be reached.
    pub async fn admin(&self) -> Result<PgConnection, sqlx::Error> {
        self.options("postgres").connect().await
    }
}

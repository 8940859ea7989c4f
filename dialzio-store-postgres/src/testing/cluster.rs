//! The server, and databases in it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};

use dialzio_core::Clock;

use crate::{OpenError, PostgresBuilder, PostgresStore};

/// What is said when there is no server to be had.
const MISSING: &str = "PostgreSQL's server programs were not found: install them (Debian, Ubuntu: apt-get install postgresql), \
                       or name their folder in PG_BIN";

/// The role that serves in tests.
const SERVES: &str = "dialzio_serves";
/// The database that others are copied from.
const TEMPLATE: &str = "dialzio_template";

/// Months that are open in it from the start, since most tests write in them. Others are opened as they are needed.
const MONTHS: [&str; 2] = ["2026-03-01", "2026-04-01"];

/// Makes the server, says so, and waits. When nobody holds the other end of its input any more, for whatever reason, it
/// takes the server down and its folder away.
const KEEPER: &str = r#"
set -eu
bin="$1"; dir="$2"; user="$3"; disk="$4"; small="$5"
cleanup() { "$bin/pg_ctl" -D "$dir/data" -m immediate -s stop >/dev/null 2>&1 || true; rm -rf "$dir"; }
trap cleanup EXIT
trap 'exit 1' TERM INT HUP
cd "$dir"
"$bin/initdb" -D "$dir/data" -U "$user" -A trust -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions \
  ${small:+-X "$dir/pg_wal" --wal-segsize=1} >"$dir/initdb.log" 2>&1
start() {
 "$bin/pg_ctl" -D "$dir/data" -w -s -l "$dir/server.log" -o "-c listen_addresses='' -c unix_socket_directories='$dir' \
  -c jit=off -c max_connections=200 $disk" start >/dev/null 2>&1 </dev/null
 echo ready
}
start
while read -r order; do
 case "$order" in
  crash) "$bin/pg_ctl" -D "$dir/data" -m immediate -s stop >/dev/null 2>&1; echo crashed ;;
  restart) if "$bin/pg_ctl" -D "$dir/data" status >/dev/null 2>&1; then echo ready; else start; fi ;;
  fill) dd if=/dev/zero of="$dir/$small/ballast" bs=4k >/dev/null 2>&1 || true; echo full ;;
  free) rm -f "$dir/$small/ballast"; echo free ;;
 esac
done
"#;

/// The same where one of its folders is a small disk that only it can see: in a namespace of its own, which needs no rights
/// outside. In there the server is whoever it was, since it refuses to be root. The folder goes when the namespace has gone.
const CONFINED: &str = r#"
unshare --user --map-root-user --mount /bin/sh -c '
 mkdir "$2/data" "$2/pg_wal" && mount -t tmpfs -o size="$6",mode=0700 small "$2/$5" || exit 1
 exec unshare --user --map-user="$7" --map-group="$8" /bin/sh -c "$9" keeper "$@"
' keeper "$@" "$(id -u)" "$(id -g)" "$KEEPER"
rm -rf "$2"
"#;

/// Whether a machine lets anybody have such a disk.
const MAY_CONFINE: &str = r#"
unshare --user --map-root-user --mount /bin/sh -c '
 mount -t tmpfs -o size=1m,mode=0700 small /mnt && exec unshare --user --map-user=1 --map-group=1 true
' >/dev/null 2>&1
"#;

/// What is on a small disk of its own, so that it can become full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmallDisk {
    /// Tables and indexes.
    Tables,
    /// The write-ahead log.
    Log,
}

impl SmallDisk {
    /// The folder, and the room for it.
    const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Tables => ("data", "256m"),
            Self::Log => ("pg_wal", "64m"),
        }
    }
}

/// A server that goes with the process.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    keeper: Mutex<Keeper>,
    made: AtomicU64,
    /// One database is made after another: nobody may be in the one that is copied.
    turn: tokio::sync::Mutex<()>,
}

/// The process that looks after the server, and what it says.
#[derive(Debug)]
struct Keeper {
    process: Child,
    said: BufReader<ChildStdout>,
}

impl Keeper {
    fn hear(&mut self, wanted: &str) -> std::io::Result<()> {
        let mut said = String::new();
        self.said.read_line(&mut said)?;
        if said.trim() == wanted {
            Ok(())
        } else {
            Err(failed("PostgreSQL's server programs could not run a server"))
        }
    }

    fn order(&mut self, order: &str, answer: &str) -> std::io::Result<()> {
        let input = self.process.stdin.as_mut().ok_or_else(|| failed("the server is gone"))?;
        writeln!(input, "{order}")?;
        self.hear(answer)
    }
}

/// A database of its own, migrated and ready to serve from.
#[derive(Debug, Clone)]
pub struct Database {
    folder: PathBuf,
    name: String,
}

/// The folder with `initdb`: `PG_BIN`, or the newest that the system has.
fn binaries() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PG_BIN") {
        return Some(PathBuf::from(named));
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.sort_unstable();
    if let Some((_, newest)) = found.pop() {
        return Some(newest);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
}

/// The user and group that a server is started as by root, which it refuses to be: those of the system's own installation.
fn unprivileged() -> Option<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let of = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut parts = line.split(':').skip(2);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody"))
}

fn failed(why: impl Into<String>) -> std::io::Error {
    std::io::Error::other(why.into())
}

impl Cluster {
    /// The server of this process, started by whoever asks first.
    ///
    /// # Errors
    /// One sentence that says what to install, or what went wrong.
    pub fn shared() -> std::io::Result<&'static Self> {
        static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start().map_err(|error| error.to_string())).as_ref().map_err(failed)
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

    /// Starts one with a small disk of its own, or answers `None` where the machine gives nobody one.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_on_small_disk(what: SmallDisk) -> std::io::Result<Option<Self>> {
        let may = Command::new("/bin/sh").args(["-c", MAY_CONFINE]).status()?.success();
        let disk = "-c fsync=off -c full_page_writes=off -c shared_buffers=64MB -c max_wal_size=32MB -c min_wal_size=2MB \
                    -c autovacuum=off";
        may.then(|| Self::start_with(disk, Some(what))).transpose()
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
        let binaries = binaries().ok_or_else(|| failed(MISSING))?;
        // Short, since a socket's path may have about a hundred characters.
        let folder = tempfile::Builder::new().prefix("dialzio-pg-").tempdir_in("/tmp")?.keep();
        let mut command = Command::new("/bin/sh");
        let (place, room) = small.map_or(("", ""), SmallDisk::place);
        let keeper = if small.is_some() { CONFINED } else { KEEPER };
        command.args(["-c", keeper, "keeper"]).arg(&binaries).arg(&folder);
        command.args(["postgres", disk, place, room]).env("KEEPER", KEEPER);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // A group of its own: what is sent to the tests' group does not reach it before it has cleaned up.
        command.process_group(0);
        let owner = std::fs::metadata(&folder).map(|data| std::os::unix::fs::MetadataExt::uid(&data))?;
        if owner == 0 {
            let (user, group) = unprivileged().ok_or_else(|| failed(MISSING))?;
            chown(&folder, Some(user), Some(group))?;
            command.uid(user).gid(group);
        }
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755))?;
        let mut process = command.spawn()?;
        let output = process.stdout.take().ok_or_else(|| failed("the server says nothing"))?;
        let mut keeper = Keeper { process, said: BufReader::new(output) };
        if let Err(error) = keeper.hear("ready") {
            let _ = keeper.process.wait();
            return Err(error);
        }
        let keeper = Mutex::new(keeper);
        Ok(Self { folder, keeper, made: AtomicU64::new(0), turn: tokio::sync::Mutex::default() })
    }

    fn keeper(&self) -> MutexGuard<'_, Keeper> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the server as a crash would, without a word to anybody.
    ///
    /// # Errors
    /// If the server is gone already.
    pub fn crash(&self) -> std::io::Result<()> {
        self.keeper().order("crash", "crashed")
    }

    /// Starts it again, on the same data, unless it runs.
    ///
    /// # Errors
    /// If it does not start.
    pub fn restart(&self) -> std::io::Result<()> {
        self.keeper().order("restart", "ready")
    }

    /// Leaves no room on its small disk.
    ///
    /// # Errors
    /// If the server is gone.
    pub fn fill(&self) -> std::io::Result<()> {
        self.keeper().order("fill", "full")
    }

    /// Gives the room back.
    ///
    /// # Errors
    /// If the server is gone.
    pub fn free(&self) -> std::io::Result<()> {
        self.keeper().order("free", "free")
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
        let mut keeper = self.keeper();
        drop(keeper.process.stdin.take());
        let _ = keeper.process.wait();
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

    /// Its name.
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

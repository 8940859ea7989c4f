//! A pgbouncer of the tests' own in front of their server, gone with the process however it ends.

use dialzio_store_postgres::testing::{Cluster, Database};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How many sessions of the server it opens for each database.
pub(crate) const SESSIONS: i64 = 2;

const PORT: u16 = 6432;

/// Runs it until the other end of its input is closed.
const SUPERVISOR: &str = r#"
"$1" "$2" & pid=$!
read -r _
kill -9 "$pid"
"#;

struct Pooler {
    _keeper: Child,
}

fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("pgbouncer")).find(|binary| binary.exists())
}

fn start(binary: &Path, folder: &Path) -> Pooler {
    let place = folder.display();
    let settings = format!(
        "[databases]\n* = host={place}\n[pgbouncer]\nlisten_port = {PORT}\nunix_socket_dir = {place}\n\
         auth_type = trust\nauth_file = {place}/pooler.users\nlogfile = {place}/pooler.log\n\
         pool_mode = transaction\ndefault_pool_size = {SESSIONS}\nmax_client_conn = 1000\nserver_idle_timeout = 5\n"
    );
    let users = "\"dialzio_serves\" \"\"\n\"postgres\" \"\"\n\"host\" \"\"\n";
    std::fs::write(folder.join("pooler.ini"), settings).unwrap();
    std::fs::write(folder.join("pooler.users"), users).unwrap();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SUPERVISOR, "supervisor"]).arg(binary).arg(folder.join("pooler.ini"));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    // As the user that runs the server: it refuses to be root as well.
    let owner = std::fs::metadata(folder).unwrap();
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(owner.uid()).gid(owner.gid());
    }
    let supervisor = command.spawn().unwrap();
    let socket = folder.join(format!(".s.PGSQL.{PORT}"));
    let patience = Instant::now() + Duration::from_secs(30);
    while UnixStream::connect(&socket).is_err() {
        let log = || std::fs::read_to_string(folder.join("pooler.log")).unwrap_or_default();
        assert!(Instant::now() < patience, "pgbouncer does not start: {}", log());
        std::thread::sleep(Duration::from_millis(10));
    }
    Pooler { _keeper: supervisor }
}

/// Whether there is a pooler on this machine; started by the first caller.
pub(crate) fn is_there() -> bool {
    static SHARED: OnceLock<Option<Pooler>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| {
        let Some(binary) = binary() else {
            crate::proof::not_made(
                "pgbouncer is not installed (apt-get install pgbouncer): nothing was tried through a pooler",
            );
            return None;
        };
        Some(start(&binary, Cluster::shared().unwrap().folder()))
    });
    shared.is_some()
}

/// An address that leads through the pooler.
pub(crate) fn through(address: &str) -> String {
    format!("{address}&port={PORT}")
}

/// The address that a store serves from, through the pooler.
pub(crate) fn url(database: &Database) -> String {
    through(&database.url())
}

//! The process that makes a server, looks after it, and takes it down.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The message when no server can be started.
const MISSING: &str = "PostgreSQL's server programs were not found: install them (Debian, Ubuntu: apt-get install postgresql), \
                       or name their folder in PG_BIN";

/// Makes the server, reports it, and waits. When the other end of its input is closed, for whatever reason, it
/// takes the server down and its folder away.
const SUPERVISOR: &str = r#"
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
/// outside. In there the server runs as the same user, since it refuses to be root. The folder goes when the namespace has gone.
const CONFINED: &str = r#"
unshare --user --map-root-user --mount /bin/sh -c '
 mkdir "$2/data" "$2/pg_wal" && mount -t tmpfs -o size="$6",mode=0700 small "$2/$5" || exit 1
 exec unshare --user --map-user="$7" --map-group="$8" /bin/sh -c "$9" supervisor "$@"
' supervisor "$@" "$(id -u)" "$(id -g)" "$SUPERVISOR"
rm -rf "$2"
"#;

/// Whether a machine allows one.
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
    /// Whether this machine allows one.
    pub(super) fn is_allowed() -> std::io::Result<bool> {
        Ok(Command::new("/bin/sh").args(["-c", MAY_CONFINE]).status()?.success())
    }

    /// The folder, and the room for it.
    const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Tables => ("data", "256m"),
            Self::Log => ("pg_wal", "64m"),
        }
    }
}

/// The process that supervises the server, and its output.
#[derive(Debug)]
pub(super) struct ServerSupervisor {
    process: Child,
    said: BufReader<ChildStdout>,
}

impl ServerSupervisor {
    /// Starts a server in a folder that the supervisor owns from now on.
    pub(super) fn start(folder: &Path, disk: &str, small: Option<SmallDisk>) -> std::io::Result<Self> {
        let binaries = binaries().ok_or_else(|| failed(MISSING))?;
        let mut command = Command::new("/bin/sh");
        let (place, room) = small.map_or(("", ""), SmallDisk::place);
        let supervisor = if small.is_some() { CONFINED } else { SUPERVISOR };
        command.args(["-c", supervisor, "supervisor"]).arg(&binaries).arg(folder);
        command.args(["postgres", disk, place, room]).env("SUPERVISOR", SUPERVISOR);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // A group of its own: what is sent to the tests' group does not reach it before it has cleaned up.
        command.process_group(0);
        if std::fs::metadata(folder)?.uid() == 0 {
            let (user, group) = unprivileged().ok_or_else(|| failed(MISSING))?;
            chown(folder, Some(user), Some(group))?;
            command.uid(user).gid(group);
        }
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
        let mut process = command.spawn()?;
        let output = process.stdout.take().ok_or_else(|| failed("the server says nothing"))?;
        let mut supervisor = Self { process, said: BufReader::new(output) };
        if let Err(error) = supervisor.hear("ready") {
            let _ = supervisor.process.wait();
            return Err(error);
        }
        Ok(supervisor)
    }

    /// Takes the server down and the folder away.
    pub(super) fn end(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }

    fn hear(&mut self, wanted: &str) -> std::io::Result<()> {
        let mut said = String::new();
        self.said.read_line(&mut said)?;
        if said.trim() == wanted {
            Ok(())
        } else {
            Err(failed("PostgreSQL's server programs could not run a server"))
        }
    }

    pub(super) fn order(&mut self, order: &str, answer: &str) -> std::io::Result<()> {
        let input = self.process.stdin.as_mut().ok_or_else(|| failed("the server is gone"))?;
        writeln!(input, "{order}")?;
        self.hear(answer)
    }
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

pub(super) fn failed(why: impl Into<String>) -> std::io::Error {
    std::io::Error::other(why.into())
}

//! A disk without a free byte: the server starts on it to read, refuses what it cannot keep, and recovers by itself.
#![cfg(all(feature = "sqlite", feature = "whatsapp", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod process;

use process::ask;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A small disk that only this process sees, in a namespace of its own, which needs no rights outside; and a server on it.
const SUPERVISOR: &str = r#"
disk="$1"; dialzio="$2"
mount -t tmpfs -o size=16m,mode=0700 small "$disk" || exit 1
echo ready
while read -r order; do
 case "$order" in
  init) "$dialzio" init --data "$disk/data" --org Shop --owner asha@example.com --json | tr -d '\n'; echo ;;
  serve) "$dialzio" serve --listen 127.0.0.1:0 --data "$disk/data" >"$disk.out" 2>"$disk.err" & server=$!
   for _ in $(seq 400); do grep -q serves "$disk.out" && break; kill -0 $server 2>/dev/null || break; sleep 0.05; done
   echo "$(head -n 1 "$disk.out") $(grep '^dialzio:' "$disk.err")" ;;
  stop) kill -TERM $server; wait $server; echo stopped ;;
  crash) kill -KILL $server; wait $server 2>/dev/null; echo crashed ;;
  fill) dd if=/dev/zero of="$disk/ballast" bs=4k 2>/dev/null; df -B1 --output=avail "$disk" | tail -n 1 ;;
  free) rm -f "$disk/ballast"; echo free ;;
 esac
done
kill -KILL $server 2>/dev/null
"#;

struct Disk {
    supervisor: Child,
    orders: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
    _folder: tempfile::TempDir,
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.supervisor.wait();
    }
}

impl Disk {
    /// One, or `None` where this machine gives none.
    fn small() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let disk = folder.path().join("disk");
        std::fs::create_dir(&disk).unwrap();
        let mut supervisor = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "/bin/sh", "-c", SUPERVISOR, "supervisor"])
            .arg(&disk)
            .arg(env!("CARGO_BIN_EXE_dialzio"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let (orders, said) = (supervisor.stdin.take(), BufReader::new(supervisor.stdout.take().unwrap()));
        let mut disk = Self { supervisor, orders, said, _folder: folder };
        (disk.hear() == "ready").then_some(disk)
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn order(&mut self, order: &str) -> String {
        writeln!(self.orders.as_ref().unwrap(), "{order}").unwrap();
        self.hear()
    }

    fn serve(&mut self) -> String {
        let said = self.order("serve");
        let address = said.strip_prefix("Dialzio serves http://").unwrap_or_else(|| panic!("{said}"));
        address.to_owned()
    }
}

fn names(address: &str, key: &str) -> Vec<String> {
    let (status, found) = ask(address, key, "GET", "/v1/contacts", "");
    assert_eq!(status, 200, "{found}");
    let names =
        found["data"].as_array().unwrap().iter().map(|contact| contact["name"].as_str().unwrap().to_owned());
    names.collect()
}

fn add(address: &str, key: &str, name: &str) -> (u16, Value) {
    ask(address, key, "POST", "/v1/contacts", &json!({ "name": name }).to_string())
}

/// It reads, says that it cannot write, and writes again as soon as there is room: without a restart.
fn reads_and_recovers(disk: &mut Disk, address: &str, key: &str, known: &[&str]) {
    assert_eq!(names(address, key), known);
    assert_eq!(ask(address, key, "GET", "/inbox", "").0, 200);
    // Some room may be left between what a file takes and what the disk gives.
    let refused = (0..2_000).map(|_| add(address, key, "Nameless")).find(|(status, _)| *status != 201);
    let (status, refused) = refused.expect("the disk is full");
    assert_eq!((status, refused["code"].as_str()), (503, Some("store.full")), "{refused}");
    assert!(refused["title"].as_str().unwrap().contains("disk"), "{refused}");
    let (status, ready) = ask(address, key, "GET", "/readyz", "");
    assert_eq!((status, ready["reason"].as_str()), (503, Some("disk.full")), "{ready}");
    assert!(names(address, key).starts_with(&known.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()));
    assert_eq!(disk.order("free"), "free");
    assert_eq!(add(address, key, "Zoya").0, 201, "there is room again");
}

#[test]
fn without_a_free_byte_the_server_starts_to_read_and_recovers_by_itself() {
    let Some(mut disk) = Disk::small() else {
        println!("NOT PROVEN: this machine does not allow a small disk to be mounted");
        return;
    };
    let init: Value = serde_json::from_str(&disk.order("init")).unwrap();
    let key = init["api_key"].as_str().unwrap().to_owned();
    let address = disk.serve();
    for name in ["Asha", "Ben"] {
        assert_eq!(add(&address, &key, name).0, 201);
    }
    // It was closed, and nothing of its log or of the log's index is left.
    disk.order("stop");
    assert_eq!(disk.order("fill"), "0");
    let address = disk.serve();
    reads_and_recovers(&mut disk, &address, &key, &["Asha", "Ben"]);
    // It filled up while it ran, and the process was killed with something in its log.
    assert_eq!(disk.order("fill"), "0");
    disk.order("crash");
    let address = disk.serve();
    assert!(names(&address, &key).contains(&"Zoya".to_owned()));
    assert_eq!(ask(&address, &key, "GET", "/inbox", "").0, 200);
    disk.order("free");
    assert_eq!(add(&address, &key, "Yusuf").0, 201);
}

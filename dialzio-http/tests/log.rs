//! A log that cannot be written stops nothing, and what is logged of a request names no person.
#![cfg(all(feature = "sqlite", feature = "whatsapp", feature = "sandbox", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server process, killed when it goes out of sight.
struct Server {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(log: &str, stderr: Stdio) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_dialzio"))
            .args(["serve", "--listen", "127.0.0.1:0", "--sandbox", "--data"])
            .arg(folder.path().join("data"))
            .env("DIALZIO_LOG", log)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let address = line.trim().rsplit('/').next().unwrap().to_owned();
        assert!(address.starts_with("127.0.0.1:"), "{line}");
        // The reader of its output is gone from here on.
        Self { child, address, _folder: folder }
    }

    fn ask(&self, path: &str, fields: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// Everything is served, and everything that works in the background goes on.
fn serves_on(server: &Server) {
    for _ in 0..50 {
        assert!(server.ask("/sign-in", "").starts_with("HTTP/1.1 200"));
        assert!(server.ask("/v1/contacts", "").starts_with("HTTP/1.1 401"));
    }
    let ready = server.ask("/readyz", "");
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    for task in ["listener", "queues", "snoozes", "sweep"] {
        let expected = format!(r#""{task}":{{"panics":0,"restarts":0,"state":"running"}}"#);
        assert!(ready.contains(&expected), "{ready}");
    }
}

#[test]
fn a_full_disk_below_the_log_stops_nothing() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    serves_on(&Server::start("trace", full.into()));
}

#[test]
fn a_reader_of_the_log_that_has_gone_stops_nothing() {
    let mut server = Server::start("trace", Stdio::piped());
    drop(server.child.stderr.take());
    serves_on(&server);
}

#[test]
fn a_reader_of_the_log_that_does_not_read_holds_nobody_up() {
    let server = Server::start("trace", Stdio::piped());
    serves_on(&server);
}

#[test]
fn a_request_is_one_line_with_its_route_and_without_what_it_was_about() {
    let mut server = Server::start("dialzio_http=info", Stdio::piped());
    let mut log = BufReader::new(server.child.stderr.take().unwrap());
    server.ask("/v1/contacts?q=Asha-Rao&cursor=x", "Authorization: Bearer nobodys-key\r\n");
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
    let fields = &entry["fields"];
    assert_eq!(fields["method"], "GET", "{line}");
    assert_eq!(fields["route"], "contacts.list");
    assert_eq!(fields["status"], 401);
    assert_eq!(fields["org"], "");
    assert!(fields["micros"].is_u64() || fields["micros"].is_string(), "{line}");
    assert!(fields["request"].as_str().unwrap().len() >= 32);
    assert!(!line.contains("Asha") && !line.contains("nobodys"), "{line}");
}

#[test]
fn the_help_says_how_to_log() {
    for flag in ["-h", "--help"] {
        let help = Command::new(env!("CARGO_BIN_EXE_dialzio")).arg(flag).output().unwrap();
        assert!(String::from_utf8_lossy(&help.stdout).contains("DIALZIO_LOG"));
    }
    // Its output is not read: that is no failure.
    let full = File::options().write(true).open("/dev/full").unwrap();
    let silent = Command::new(env!("CARGO_BIN_EXE_dialzio")).arg("quarantine").stdout(full).output().unwrap();
    assert_eq!(silent.status.code(), Some(2), "a usage error, not a panic");
}

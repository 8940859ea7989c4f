//! The release server: how large its binary is, how soon it answers on a database that is there, and how much memory it
//! holds ten seconds after its start. Prints, asserts nothing.
//!
//! `cargo bench -p dialzio-tests --bench server`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench reports and fails loudly"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;

/// Builds the binary as it is released, beside this bench.
fn release() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let target = own.ancestors().nth(3).unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--locked", "--package", "dialzio-http", "--bin", "dialzio"])
        .arg("--target-dir")
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success(), "the binary cannot be built");
    target.join("release/dialzio")
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(binary: &Path, data: &Path, address: SocketAddr) -> Server {
    let child = Command::new(binary)
        .args(["serve", "--listen", &address.to_string(), "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    Server(child)
}

/// Whether the server says that it is ready: its store answers.
fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let mut answer = String::new();
    let asked = write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
}

/// Resident memory in kilobytes, where the system says so.
fn resident(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn main() {
    let binary = release();
    let size = std::fs::metadata(&binary).unwrap().len();
    println!("binary: {:.1} MB (aim: 25)", size as f64 / 1e6);

    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(&binary)
        .args(["init", "--org", "Green Leaf", "--owner", "owner@example.com", "--json", "--data"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success(), "an installation cannot be made");
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut answers = Vec::new();
    for round in 0..ROUNDS {
        let begun = Instant::now();
        let server = serve(&binary, folder.path(), address);
        while !is_ready(address) {
            assert!(begun.elapsed() < Duration::from_secs(20), "the server does not come up");
            std::thread::sleep(Duration::from_millis(1));
        }
        answers.push(begun.elapsed());
        if round == ROUNDS - 1 {
            std::thread::sleep(Duration::from_secs(10).saturating_sub(begun.elapsed()));
            match resident(server.0.id()) {
                Some(kilobytes) => {
                    println!("resident after 10 s: {:.1} MB (aim: 30)", kilobytes as f64 / 1e3);
                }
                None => println!("resident after 10 s: this system does not say"),
            }
        }
    }
    answers.sort_unstable();
    println!("first answer on an existing database: {} ms (aim: 200)", answers[ROUNDS / 2].as_millis());
}

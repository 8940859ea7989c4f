//! What readiness says of the clock.
#![cfg(all(feature = "sqlite", feature = "whatsapp", feature = "sandbox", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod process;

use process::ask;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server process, killed when it goes out of sight.
struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Asks until the clock is in this state: a bound against a hang, not a measure. Answers what is said of it.
    fn clock_is(&self, state: &str) -> Value {
        let begun = Instant::now();
        loop {
            let (status, mut ready) = ask(&self.1, "", "GET", "/readyz", "");
            assert_eq!(
                status, 200,
                "a clock that is not believed is no reason to send callers away: {ready}"
            );
            let clock = ready["clock"].take();
            if clock["state"] == state {
                return clock;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "never {state}: {clock}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The day of an instant.
fn day(at: &Value) -> &str {
    at.as_str().and_then(|at| at.get(..10)).unwrap_or_else(|| panic!("{at} is no instant"))
}

#[test]
fn readiness_shows_a_clock_that_leaps_and_what_is_believed_instead() {
    let folder = tempfile::tempdir().unwrap();
    let moved = folder.path().join("moved");
    let mut child = Command::new(env!("CARGO_BIN_EXE_dialzio"))
        .args(["serve", "--listen", "127.0.0.1:0", "--sandbox", "--data"])
        .arg(folder.path().join("data"))
        .env("DIALZIO_CLOCK_FILE", &moved)
        .env("DIALZIO_LOG", "off")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let server = Server(child, line.trim().rsplit('/').next().unwrap().to_owned());

    let right = server.clock_is("confirmed");
    assert_eq!(day(&right["now"]), day(&right["trusted_at"]));
    std::fs::write(&moved, format!("leap {}", 400 * 24 * 3_600)).unwrap();
    let wrong = server.clock_is("ahead");
    assert!(day(&wrong["now"]) > day(&right["now"]), "it shows what the clock shows: {wrong}");
    let believed = wrong["trusted_at"].as_str().unwrap();
    assert!(believed < wrong["now"].as_str().unwrap() && believed >= right["trusted_at"].as_str().unwrap());
    std::fs::remove_file(&moved).unwrap();
    server.clock_is("confirmed");
}

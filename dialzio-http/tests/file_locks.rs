//! The system answers questions about file locks with errors, which SQLite takes for locks of others, and keeps locks that
//! it could not give back until every connection is closed. The store has to do that by itself.
//!
//! The errors are real ones: `fcntl` is replaced in the server's process, and fails so often, with this number, as a file
//! says. What the file system itself would do beneath is not tried.
#![cfg(all(feature = "sqlite", feature = "whatsapp", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod process;

use process::ask;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const FAULTY_FCNTL: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
typedef int (*real_fcntl)(int, int, void *);
static int maybe(const char *name, int fd, int cmd, void *arg) {
  if (cmd == F_SETLK || cmd == F_SETLKW || cmd == F_GETLK) {
    const char *path = getenv("LOCK_FAULT");
    FILE *file = path ? fopen(path, "re") : 0;
    if (file) {
      static atomic_uint calls;
      int number = 0, percent = 0;
      int read = fscanf(file, "%d %d", &number, &percent);
      fclose(file);
      unsigned mixed = atomic_fetch_add(&calls, 1) * 2654435761u;
      mixed ^= mixed >> 15; mixed *= 2246822519u; mixed ^= mixed >> 13;
      if (read == 2 && (int)(mixed % 100) < percent) { errno = number; return -1; }
    }
  }
  return ((real_fcntl)dlsym(RTLD_NEXT, name))(fd, cmd, arg);
}
int fcntl(int fd, int cmd, ...) {
  va_list list; va_start(list, cmd); void *arg = va_arg(list, void *); va_end(list);
  return maybe("fcntl", fd, cmd, arg);
}
int fcntl64(int fd, int cmd, ...) {
  va_list list; va_start(list, cmd); void *arg = va_arg(list, void *); va_end(list);
  return maybe("fcntl64", fd, cmd, arg);
}
"#;

/// The library, or `None` where there is no compiler for it.
fn library(folder: &Path) -> Option<PathBuf> {
    let (source, library) = (folder.join("fcntl.c"), folder.join("fcntl.so"));
    std::fs::write(&source, FAULTY_FCNTL).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl");
    compiler.status().is_ok_and(|status| status.success()).then_some(library)
}

/// A server process, killed when it goes out of sight.
struct Server {
    child: Child,
    address: String,
    key: String,
    fault: PathBuf,
    names: AtomicU64,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(folder: &Path, library: &Path) -> Self {
        let (data, fault) = (folder.join("data"), folder.join("fault"));
        let mut init =
            dialzio(&["init", "--org", "Shop", "--owner", "asha@example.com", "--json", "--data"], &data);
        let init: Value = serde_json::from_slice(&init.output().unwrap().stdout).unwrap();
        let mut serve = dialzio(&["serve", "--listen", "127.0.0.1:0", "--data"], &data);
        serve.env("LD_PRELOAD", library).env("LOCK_FAULT", &fault).stdout(Stdio::piped());
        let mut child = serve.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit('/').next().unwrap().to_owned();
        let key = init["api_key"].as_str().unwrap().to_owned();
        Self { child, address, key, fault, names: AtomicU64::new(0) }
    }

    /// Adds a contact of a new name; its name, if that was acknowledged.
    fn adds(&self) -> Option<String> {
        let name = format!("Person {}", self.names.fetch_add(1, Ordering::Relaxed));
        let body = json!({ "name": name }).to_string();
        let (status, answer) = ask(&self.address, &self.key, "POST", "/v1/contacts", &body);
        assert!(
            // What takes longer than a request may has an answer of its own.
            status == 201
                || status == 503
                    && ["store.unavailable", "server.slow"].map(Value::from).contains(&answer["code"]),
            "{status} {answer}"
        );
        (status == 201).then_some(name)
    }

    /// Every name there is.
    fn names(&self) -> Option<BTreeSet<String>> {
        let (mut names, mut cursor) = (BTreeSet::new(), String::new());
        loop {
            let path = format!("/v1/contacts?limit=200{cursor}");
            let (status, page) = ask(&self.address, &self.key, "GET", &path, "");
            assert!(status == 200 || status == 503, "{status} {page}");
            if status == 503 {
                return None;
            }
            names.extend(
                page["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|contact| contact["name"].as_str().unwrap().to_owned()),
            );
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Some(names),
            }
        }
    }

    /// Several callers read and write until it is over. Answers the names that were acknowledged.
    fn under_load(&self, meanwhile: impl FnOnce()) -> BTreeSet<String> {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let write = || {
                let mut added = BTreeSet::new();
                while !over.load(Ordering::Relaxed) {
                    added.extend(self.adds());
                }
                added
            };
            let writers: Vec<_> = (0..4).map(|_| scope.spawn(write)).collect();
            for _ in 0..4 {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        ask(&self.address, &self.key, "GET", "/v1/contacts", "");
                    }
                });
            }
            meanwhile();
            over.store(true, Ordering::Relaxed);
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
        })
    }
}

fn dialzio(args: &[&str], data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dialzio"));
    command.args(args).arg(data).env("DIALZIO_LOG", "off");
    command
}

/// Until it answers: a bound against a hang, not a measure.
fn in_the_end<T>(mut asks: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = asks() {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "it is wedged");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn locks_that_the_system_refuses_or_keeps_need_no_restart() {
    const EINTR: i32 = 4;
    const EIO: i32 = 5;
    const ENOLCK: i32 = 37;
    let folder = tempfile::tempdir().unwrap();
    let Some(library) = library(folder.path()) else {
        println!("NOT PROVEN: there is no C compiler to make fcntl fail with");
        return;
    };
    let mut server = Server::start(folder.path(), &library);
    let mut kept = server.under_load(|| std::thread::sleep(Duration::from_millis(300)));
    assert!(!kept.is_empty());
    for (number, percent) in [(EIO, 5), (ENOLCK, 50), (EINTR, 100)] {
        kept.extend(server.under_load(|| {
            std::fs::write(&server.fault, format!("{number} {percent}")).unwrap();
            std::thread::sleep(Duration::from_millis(1_500));
            std::fs::remove_file(&server.fault).unwrap();
        }));
        kept.insert(in_the_end(|| server.adds()));
        // Not once by chance: everybody is served again.
        assert!(server.under_load(|| std::thread::sleep(Duration::from_millis(300))).len() > 1);
        let names = in_the_end(|| server.names());
        let lost: Vec<_> = kept.difference(&names).collect();
        assert!(lost.is_empty(), "after {number} {percent}: {lost:?}");
    }
    let ended = Command::new("kill").arg("-TERM").arg(server.child.id().to_string()).status().unwrap();
    assert!(ended.success());
    assert!(server.child.wait().unwrap().success());
    let check = dialzio(&["check", "--data"], &folder.path().join("data")).output().unwrap();
    assert!(check.status.success(), "{check:?}");
}

//! The sandbox's emulator listens where it is told, and says how to reach it to the terminal alone.
#![cfg(all(feature = "sqlite", feature = "whatsapp", feature = "sandbox"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A process that ends when it goes out of sight.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn dialzio(data: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dialzio"));
    command
        .env_remove("DIALZIO_SANDBOX_LISTEN")
        .env("DIALZIO_LISTEN", "127.0.0.1:0")
        .env("DIALZIO_DATA", data);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn the_emulator_listens_where_it_is_told_and_tells_the_terminal_how_to_reach_it() {
    let folder = tempfile::tempdir().unwrap();
    let listen = free_address();
    // A proxy that the environment names is not used: the account of the sandbox is checked past it.
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let mut command = dialzio(&folder.path().join("data"));
    // Without a command, too, the environment is heard.
    command.env("DIALZIO_SANDBOX_LISTEN", &listen).env("DIALZIO_LOG", "trace");
    for name in ["http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, format!("http://{}", proxy.local_addr().unwrap()));
    }
    let mut server = Ends(command.spawn().unwrap());
    let out = BufReader::new(server.0.stdout.take().unwrap());
    let mut said = String::new();
    for line in out.lines().map_while(Result::ok) {
        said.push_str(&line);
        said.push('\n');
        if line.contains("access token") {
            break;
        }
    }
    assert!(said.contains(&format!("http://{listen}/")), "{said}");
    let after = |words: &str| {
        let (_, rest) = said.split_once(words).unwrap_or_else(|| panic!("{words} is not in {said}"));
        rest.split([',', '\n']).next().unwrap().trim().to_owned()
    };
    let (number, account, token) =
        (after("phone number id "), after("business account id "), after("access token "));
    for (path, expected) in [
        (number.clone(), "\"display_phone_number\""),
        (format!("{account}/message_templates"), "order_ready"),
    ] {
        let mut stream = TcpStream::connect(&listen).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(
            stream,
            "GET /v25.0/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(expected), "{answer}");
    }
    assert!(proxy.accept().is_err(), "a request went to the proxy of the environment");
    server.0.kill().unwrap();
    let mut log = String::new();
    server.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(!log.is_empty() && !log.contains(&token), "{log}");
}

#[test]
fn an_address_that_others_reach_and_one_without_a_sandbox_are_refused() {
    for (arguments, expected) in [
        (&["serve", "--sandbox", "--sandbox-listen", "0.0.0.0:0"][..], "on this machine alone"),
        (&["serve", "--sandbox-listen", "127.0.0.1:0"][..], "it needs --sandbox"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let ended = dialzio(&folder.path().join("data")).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && said.contains(expected), "{said}");
    }
}

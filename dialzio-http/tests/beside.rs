//! The operator's commands beside a running server: the server carries them out, and each is on record.
#![cfg(all(feature = "sqlite", feature = "whatsapp", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const SECRET: &str = "0123456789abcdef";

fn dialzio(data: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dialzio"));
    command.arg(args[0]).arg("--data").arg(data).args(&args[1..]).env("DIALZIO_LOG", "off").output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A server process, killed when it goes out of sight.
struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dialzio"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("DIALZIO_LOG", "off")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit('/').next().unwrap().to_owned();
        Self(child, address)
    }

    fn ask(&self, method: &str, path: &str, fields: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.1).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }
}

#[test]
fn the_quarantine_command_works_beside_a_running_server_and_is_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let init = dialzio(&data, &["init", "--org", "Shop", "--owner", "asha@example.com", "--json"]);
    let init: Value = serde_json::from_str(&said(&init)).unwrap();
    let bearer = format!("Authorization: Bearer {}\r\n", init["api_key"].as_str().unwrap());
    let server = Server::start(&data);
    let app = json!({"provider": "whatsapp", "name": "App", "app_secrets": [SECRET], "verify_token": "a-long-token"});
    let (status, app) = server.ask("POST", "/v1/apps", &bearer, &app.to_string());
    assert_eq!(status, 201, "{app}");
    let hook = app["hook_url"].as_str().unwrap();
    let hook = &hook[hook.find("/hooks/").unwrap()..];
    for body in [r#"{"what":"is this"}"#, r#"{"what":"is that"}"#] {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let signature: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let fields = format!("X-Hub-Signature-256: sha256={signature}\r\n");
        assert_eq!(server.ask("POST", hook, &fields, body).0, 200);
    }

    let list = said(&dialzio(&data, &["quarantine", "list", "--reason", "a look"]));
    let ids: Vec<&str> = list.lines().map(|line| line.split('\t').next().unwrap()).collect();
    let [first, second] = ids[..] else { panic!("{list}") };
    let shown = said(&dialzio(&data, &["quarantine", "show", first, "--reason", "a customer asked"]));
    assert!(shown.contains("is this") || shown.contains("is that"), "{shown}");
    said(&dialzio(&data, &["quarantine", "discard", first, "--reason", "a customer asked"]));
    said(&dialzio(&data, &["quarantine", "replay", second, "--reason", "a customer asked"]));
    let gone = dialzio(&data, &["quarantine", "show", first, "--reason", "a look"]);
    assert!(!gone.status.success());
    assert!(String::from_utf8_lossy(&gone.stderr).contains("there is no such quarantine"), "{gone:?}");
    let nothing = dialzio(&data, &["quarantine", "list", "--reason", " "]);
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("reason"), "{nothing:?}");

    let (_, audit) = server.ask("GET", "/v1/audit?limit=200", &bearer, "");
    let done = |action: &str| {
        let entries = audit["data"].as_array().unwrap().iter().filter(|entry| entry["action"] == action);
        entries.map(|entry| entry["principal"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(done("quarantine.opened"), ["service:operator: a customer asked"]);
    assert!(done("quarantine.settled").contains(&"service:operator: a customer asked".to_owned()));

    // Without a reason nothing is done, and every act is in the operator log.
    let unsaid = dialzio(&data, &["quarantine", "list"]);
    assert!(String::from_utf8_lossy(&unsaid.stderr).contains("--reason"), "{unsaid:?}");
    let log = said(&dialzio(&data, &["operator", "log", "--reason", "a look"]));
    let of = |action: &str| log.lines().filter(|line| line.contains(&format!("\t{action}\t"))).count();
    assert_eq!((of("quarantine.listed"), of("quarantine.opened")), (1, 1), "{log}");
    assert_eq!((of("quarantine.discarded"), of("quarantine.replayed")), (1, 1), "{log}");
    let whole = said(&dialzio(&data, &["operator", "verify", "--reason", "a look"]));
    assert!(whole.starts_with("The operator log is whole: "), "{whole}");

    // Without a server the command has the database to itself.
    drop(server);
    let alone = said(&dialzio(&data, &["quarantine", "list", "--reason", "a look"]));
    assert!(alone.lines().all(|line| !line.starts_with(first)), "{alone}");
}

#[test]
fn the_audit_command_verifies_beside_a_running_server_and_alone_and_ends_with_a_code_for_each_fault() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let init = dialzio(&data, &["init", "--org", "Shop", "--owner", "asha@example.com", "--json"]);
    let init: Value = serde_json::from_str(&said(&init)).unwrap();
    let bearer = format!("Authorization: Bearer {}\r\n", init["api_key"].as_str().unwrap());
    let server = Server::start(&data);
    for name in ["Asha", "Ben"] {
        let body = json!({ "name": name }).to_string();
        assert_eq!(server.ask("POST", "/v1/contacts", &bearer, &body).0, 201);
    }
    let beside = dialzio(&data, &["audit", "verify", "--json", "--reason", "yearly review"]);
    let report: Value = serde_json::from_str(&said(&beside)).unwrap();
    assert_eq!((&report["intact"], &report["finding"]), (&json!(true), &Value::Null), "{report}");
    let (_, audit) = server.ask("GET", "/v1/audit?limit=200", &bearer, "");
    let entries = audit["data"].as_array().unwrap();
    let verified = entries.last().unwrap();
    assert_eq!(verified["action"], "audit.verified");
    assert_eq!(verified["principal"], "service:operator: yearly review");
    assert_eq!(report["entries"], entries.len() - 1, "all before it");
    drop(server);

    let database = || rusqlite::Connection::open(data.join("dialzio.db")).unwrap();
    let verify = || dialzio(&data, &["audit", "verify", "--reason", "a doubt"]);
    assert!(said(&verify()).contains("\twhole\t"));
    database()
        .execute("UPDATE audit SET action = 'note.added' WHERE action = 'contact.created'", [])
        .unwrap();
    let found = verify();
    assert_eq!(found.status.code(), Some(1), "{found:?}");
    assert!(String::from_utf8_lossy(&found.stdout).contains("was changed"), "{found:?}");
    database().execute("DELETE FROM audit WHERE seq = 2", []).unwrap();
    assert_eq!(verify().status.code(), Some(4));
    database().execute("DELETE FROM audit", []).unwrap();
    assert_eq!(verify().status.code(), Some(2));
    let unknown = ["audit", "verify", "--org", "01890000-0000-7000-8000-000000000000", "--reason", "a doubt"];
    assert_eq!(dialzio(&data, &unknown).status.code(), Some(70), "not a finding");
    assert_eq!(dialzio(&data, &["audit", "verify"]).status.code(), Some(70), "it needs a reason");
}

#[test]
fn the_key_is_rotated_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let init = dialzio(&data, &["init", "--org", "Shop", "--owner", "asha@example.com", "--json"]);
    let init: Value = serde_json::from_str(&said(&init)).unwrap();
    let bearer = format!("Authorization: Bearer {}\r\n", init["api_key"].as_str().unwrap());
    let server = Server::start(&data);
    let app = json!({ "provider": "whatsapp", "name": "Shop", "app_secrets": [SECRET], "verify_token": "a-long-token" });
    assert_eq!(server.ask("POST", "/v1/apps", &bearer, &app.to_string()).0, 201);
    let keys = |args: &[&str]| dialzio(&data, &[&["keys"], args, &["--reason", "yearly"]].concat());
    let status = |code: i32| {
        let output = keys(&["status", "--json"]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let first = status(0);
    let print = first["keys"][0]["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(first["total"], 3, "the secret, the token, and what outlives the key: {first}");
    let added = said(&keys(&["add"]));
    assert!(added.starts_with("2\t") && added.contains("\tnot current"), "{added}");
    let promoted = said(&keys(&["promote", "2"]));
    assert!(promoted.starts_with("Waiting ") && promoted.contains("\tcurrent"), "{promoted}");
    assert_eq!(status(3)["wrapped_with_current"], 0);
    let early = keys(&["retire", "1", "--fingerprint", &print]);
    assert_eq!(early.status.code(), Some(4), "{early:?}");
    let why = String::from_utf8_lossy(&early.stderr).into_owned();
    assert!(why.contains("app_secret.sealed: 1, app.verify_token: 1"), "{why}");
    assert!(said(&keys(&["rewrap"])).contains("4 records looked at, 4 wrapped anew"));
    assert_eq!(status(0)["wrapped_with_current"], 4);
    let wrong = keys(&["retire", "1", "--fingerprint", "00"]);
    assert!(
        !wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("fingerprint"),
        "{wrong:?}"
    );
    said(&keys(&["retire", "1", "--fingerprint", &print]));
    let unknown = keys(&["promote", "9"]);
    assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
    let after = status(0);
    assert!(
        after["keys"][0]["retired_at"].is_string() && after["keys"][0]["fingerprint"].is_null(),
        "{after}"
    );
    assert_eq!(server.ask("GET", "/v1/apps", &bearer, "").0, 200);
    let log = said(&dialzio(&data, &["operator", "log", "--reason", "a look"]));
    for action in ["keys.added", "keys.promoted", "keys.rewrapped", "keys.retired", "keys.listed"] {
        assert!(log.contains(&format!("\t{action}\t")), "{action}: {log}");
    }
    // What was rotated beside a server opens without it.
    drop(server);
    status(0);
    assert_eq!(keys(&["status", "--nonsense"]).status.code(), Some(2));
}

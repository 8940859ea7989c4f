//! Every environment variable that the server reads is in its help and in the operator's handbook.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "whatsapp", feature = "sandbox"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// All files of a folder, and of those in it.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Names of our variables in a text.
fn named(text: &str) -> BTreeSet<String> {
    let is_of_name = |character: char| character.is_ascii_uppercase() || character == '_';
    let starts = text.match_indices("DIALZIO_").map(|(start, _)| &text[start..]);
    starts.map(|rest| rest.chars().take_while(|character| is_of_name(*character)).collect()).collect()
}

fn help(arguments: &[&str]) -> String {
    let said = Command::new(env!("CARGO_BIN_EXE_dialzio")).args(arguments).arg("--help").output().unwrap();
    assert!(said.status.success(), "{arguments:?}");
    String::from_utf8(said.stdout).unwrap()
}

#[test]
fn every_variable_that_is_read_is_in_the_help_and_in_the_handbook() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut ours = Vec::new();
    sources(&here.join("src"), &mut ours);
    let read: BTreeSet<String> = ours.iter().flat_map(|text| named(text)).collect();
    assert!(read.len() >= 12, "{read:?}");

    // No other crate reads the environment by itself, apart from its own tests and what starts a database for tests.
    for other in ["dialzio-core", "dialzio-whatsapp", "dialzio-store-sqlite", "dialzio-store-postgres"] {
        let mut theirs = Vec::new();
        sources(&here.join("..").join(other).join("src"), &mut theirs);
        let reads = |text: &&String| {
            text.contains("env::var") && !text.contains("DIALZIO_CORPUS") && !text.contains("PG_BIN")
        };
        assert!(theirs.iter().find(reads).is_none(), "{other} reads the environment");
    }

    let mut helped = named(&help(&[]));
    for command in ["init", "serve", "migrate", "transfer", "quarantine", "operator", "keys", "clock"] {
        helped.extend(named(&help(&[command])));
    }
    assert_eq!(read, helped, "what is read, and what the help names");
    let handbook = std::fs::read_to_string(here.join("../docs/operations.md")).unwrap();
    let (_, table) = handbook.split_once("## Environment").unwrap();
    assert_eq!(read, named(table), "what is read, and what docs/operations.md lists");
}

/// A link that leads to another port than the server's is of no use to who set it up.
#[test]
fn the_link_of_init_leads_to_the_address_that_the_server_will_have() {
    let folder = tempfile::tempdir().unwrap();
    let link = |data: &str, extra: &[&str]| {
        let data = folder.path().join(data);
        let mut command = Command::new(env!("CARGO_BIN_EXE_dialzio"));
        command.env_remove("DIALZIO_ORIGIN").env_remove("DIALZIO_LISTEN").arg("init").arg("--data").arg(data);
        command.args(["--org", "Shop", "--owner", "asha@example.com", "--json"]).args(extra);
        let said: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        said["setup_url"].as_str().unwrap().split('#').next().unwrap().to_owned()
    };
    assert_eq!(link("a", &[]), "http://127.0.0.1:8080/setup");
    assert_eq!(link("b", &["--listen", "127.0.0.1:9123"]), "http://127.0.0.1:9123/setup");
    let public = ["--listen", "127.0.0.1:9123", "--origin", "https://crm.example.com"];
    assert_eq!(link("c", &public), "https://crm.example.com/setup");
}

//! Evidence from payloads: our own in `tests/fixtures`, and those in the folder that `DIALZIO_CORPUS` names, which are read
//! in place.
#![cfg(feature = "emulator")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
#![allow(clippy::print_stdout, reason = "a test says how many files it read")]

mod kinds;
#[path = "../support/kinds.rs"]
mod own_kinds;
#[path = "../support/permit.rs"]
mod permit;
mod requests;
#[path = "../support/summary.rs"]
mod summary;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use dialzio_core::provider::{InboundBody, Provider};
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use serde_json::Value;

/// Our own folder.
fn own() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"))
}

/// The folder in `DIALZIO_CORPUS`, if it is set.
fn elsewhere() -> Option<PathBuf> {
    let root = std::env::var_os("DIALZIO_CORPUS").filter(|root| !root.is_empty())?;
    Some(PathBuf::from(root).join("whatsapp"))
}

fn corpora() -> Vec<PathBuf> {
    std::iter::once(own()).chain(elsewhere()).collect()
}

/// The JSON files of a folder by name. A folder without any fails the test.
fn files(folder: &Path) -> BTreeMap<String, Bytes> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let files: BTreeMap<String, Bytes> = entries
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, Bytes::from(std::fs::read(&path).unwrap()))
        })
        .collect();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    println!("{} files of {}", files.len(), folder.display());
    files
}

#[test]
fn each_webhook_is_what_the_table_says() {
    let ours = own_kinds::KINDS.iter().map(|(name, kinds)| (format!("{name}.json"), *kinds)).collect();
    each_is_what_the_table_says(&own(), &ours);
    if let Some(folder) = elsewhere() {
        let theirs = kinds::KINDS.iter().map(|(name, kinds)| ((*name).to_owned(), *kinds)).collect();
        each_is_what_the_table_says(&folder, &theirs);
    }
}

fn each_is_what_the_table_says(folder: &Path, table: &BTreeMap<String, &[&str]>) {
    let cloud = MetaCloud::new(MetaConfig::default()).unwrap();
    let decoder = cloud.webhooks().unwrap();
    let files = files(&folder.join("webhooks"));
    for (name, body) in &files {
        let mut found: Vec<String> = decoder.decode_element(body).iter().map(summary::summary).collect();
        for line in &mut found {
            // What follows is the provider's own text of why and when.
            line.truncate(line.find(" · ").unwrap_or(line.len()));
        }
        let wanted =
            table.get(name).unwrap_or_else(|| panic!("{name} is not in the table; it reads as {found:?}"));
        if name == "batch-with-odd-neighbours.json" {
            // Lists come in the order of the keys, which JSON does not promise.
            found.sort();
            let mut wanted: Vec<String> = wanted.iter().map(|&line| line.to_owned()).collect();
            wanted.sort();
            assert_eq!(found, wanted, "{name}");
            continue;
        }
        assert_eq!(found, *wanted, "{name}");
    }
    for name in table.keys() {
        assert!(files.contains_key(name), "{name} is in the table and not in the corpus");
    }
}

/// `expected.json` was counted by structure alone, by nothing that knows this decoder.
#[test]
fn nothing_is_lost_and_nothing_is_made_up() {
    for folder in corpora() {
        nothing_is_lost_of(&folder);
    }
}

fn nothing_is_lost_of(folder: &Path) {
    let cloud = MetaCloud::new(MetaConfig::default()).unwrap();
    let decoder = cloud.webhooks().unwrap();
    let files = files(&folder.join("webhooks"));
    let expected: Value =
        serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let counted = expected["files"].as_object().unwrap();
    for name in files.keys() {
        assert!(
            counted.contains_key(name) || expected["irregular"][name].is_string(),
            "{name} is not in expected.json"
        );
    }
    for (name, changes) in counted {
        let found = decoder.decode_element(&files[name]);
        let mut wanted = 0;
        let mut wanted_ids = Vec::new();
        for change in changes.as_array().unwrap() {
            let count = |key: &str| change[key].as_array().map_or(0, Vec::len);
            let number = |key: &str| usize::try_from(change[key].as_u64().unwrap_or(0)).unwrap();
            wanted += match change["field"].as_str().unwrap() {
                "messages" => count("messages") + count("statuses") + count("errors"),
                // What went wrong with the only call is told with it.
                "calls" => {
                    let about_it = number("calls") == 1 && name == "call-failed.json";
                    let errors = if about_it { 0 } else { count("errors") };
                    number("calls") + count("statuses") + errors
                }
                "user_preferences" => number("user_preferences"),
                // Any other field is one element.
                _ => 1,
            };
            let ids = |key: &str| {
                let list = change[key].as_array().cloned().unwrap_or_default();
                list.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            if change["field"] == "messages" {
                wanted_ids.extend(ids("messages"));
                wanted_ids.extend(ids("statuses"));
            }
            if let Some(number) = change["phone_number_id"].as_str() {
                let of_number =
                    found.iter().filter(|it| it.account.as_ref().is_some_and(|account| account.0 == number));
                let alone = changes.as_array().unwrap().len() == 1;
                assert!(
                    if alone { of_number.count() == found.len() } else { of_number.count() > 0 },
                    "{name}"
                );
            }
        }
        assert_eq!(found.len(), wanted, "{name}");
        let found_ids: Vec<String> = found.iter().filter_map(|inbound| id(&inbound.body)).collect();
        assert_eq!(found_ids, wanted_ids, "{name}");
    }
}

/// An element that waited is read again from its own bytes, with the same result.
#[test]
fn an_element_alone_reads_as_it_did_in_its_batch() {
    let cloud = MetaCloud::new(MetaConfig::default()).unwrap();
    let decoder = cloud.webhooks().unwrap();
    for (name, body) in corpora().iter().flat_map(|folder| files(&folder.join("webhooks"))) {
        for inbound in decoder.decode_element(&body) {
            let again = decoder.decode_element(&inbound.raw);
            assert_eq!(again.len(), 1, "{name}");
            assert_eq!(summary::summary(&again[0]), summary::summary(&inbound), "{name}");
            assert_eq!((&again[0].account, again[0].at), (&inbound.account, inbound.at), "{name}");
        }
    }
}

fn id(body: &InboundBody) -> Option<String> {
    let external = match body {
        InboundBody::Message(message) => &message.external,
        InboundBody::Reaction(update) => &update.external,
        InboundBody::Edited { external, .. } | InboundBody::Revoked { external, .. } => external,
        InboundBody::Delivery(update) => &update.external,
        InboundBody::Identity(update) => update.external.as_ref()?,
        _ => return None,
    };
    Some(external.reveal().to_owned())
}

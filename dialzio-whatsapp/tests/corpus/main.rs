//! Evidence from payloads seen elsewhere. They are read in place, from the folder in `DIALZIO_CORPUS`, and
//! are no part of this repository; without that folder these tests say so and pass.
#![cfg(feature = "emulator")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
#![allow(clippy::print_stdout, reason = "a test without its corpus says so")]

mod kinds;
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

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("DIALZIO_CORPUS")
        .filter(|root| !root.is_empty())
        .map(|root| PathBuf::from(root).join("whatsapp"));
    if folder.is_none() {
        println!("no corpus: DIALZIO_CORPUS is not set");
    }
    folder
}

fn files(folder: &Path) -> BTreeMap<String, Bytes> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, Bytes::from(std::fs::read(&path).unwrap()))
        })
        .collect()
}

#[test]
fn each_webhook_is_what_the_table_says() {
    let Some(folder) = corpus() else { return };
    let cloud = MetaCloud::new(MetaConfig::default()).unwrap();
    let decoder = cloud.webhooks().unwrap();
    let files = files(&folder.join("webhooks"));
    for (name, body) in &files {
        let mut found: Vec<String> = decoder.decode_element(body).iter().map(summary::summary).collect();
        for line in &mut found {
            // What follows is the provider's own text of why and when.
            line.truncate(line.find(" · ").unwrap_or(line.len()));
        }
        let (_, wanted) = kinds::KINDS
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("{name} is not in the table; it reads as {found:?}"));
        assert_eq!(found, *wanted, "{name}");
    }
    for (name, _) in kinds::KINDS {
        assert!(files.contains_key(*name), "{name} is in the table and not in the corpus");
    }
}

/// `expected.json` was counted by structure alone, by nothing that knows this decoder.
#[test]
fn nothing_is_lost_and_nothing_is_made_up() {
    let Some(folder) = corpus() else { return };
    let cloud = MetaCloud::new(MetaConfig::default()).unwrap();
    let decoder = cloud.webhooks().unwrap();
    let files = files(&folder.join("webhooks"));
    let expected: Value =
        serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    for (name, changes) in expected["files"].as_object().unwrap() {
        let found = decoder.decode_element(&files[name]);
        let mut wanted = 0;
        for change in changes.as_array().unwrap() {
            let count = |key: &str| change[key].as_array().map_or(0, Vec::len);
            let number = |key: &str| usize::try_from(change[key].as_u64().unwrap_or(0)).unwrap();
            wanted += match change["field"].as_str().unwrap() {
                "messages" => count("messages") + count("statuses") + count("errors"),
                "user_preferences" => number("user_preferences"),
                // Any other field is one element.
                _ => 1,
            };
            let ids = |key: &str| {
                let list = change[key].as_array().cloned().unwrap_or_default();
                list.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            if change["field"] == "messages" {
                let mut wanted_ids = ids("messages");
                wanted_ids.extend(ids("statuses"));
                let found_ids: Vec<String> = found.iter().filter_map(|inbound| id(&inbound.body)).collect();
                assert_eq!(found_ids, wanted_ids, "{name}");
            }
            if let Some(number) = change["phone_number_id"].as_str() {
                assert!(found.iter().all(|inbound| inbound.account.as_ref().unwrap().0 == number), "{name}");
            }
        }
        assert_eq!(found.len(), wanted, "{name}");
    }
}

/// An element that waited is read again from its own bytes, with the same result.
#[test]
fn an_element_alone_reads_as_it_did_in_its_batch() {
    let Some(folder) = corpus() else { return };
    let cloud = MetaCloud::new(MetaConfig::default()).unwrap();
    let decoder = cloud.webhooks().unwrap();
    for (name, body) in files(&folder.join("webhooks")) {
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
        InboundBody::Reaction(news) => &news.external,
        InboundBody::Edited { external, .. } | InboundBody::Revoked { external, .. } => external,
        InboundBody::Delivery(news) => &news.external,
        InboundBody::Identity(news) => news.external.as_ref()?,
        _ => return None,
    };
    Some(external.reveal().to_owned())
}

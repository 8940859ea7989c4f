//! Webhooks in: what each payload says, in whatever form it arrives, and that nothing makes a decoder fail.
#![cfg(all(feature = "telecmi", feature = "piopiy"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
#![allow(clippy::print_stdout, reason = "a test says how many files it read")]

#[path = "../support/corpus.rs"]
mod corpus;
#[path = "../support/describe.rs"]
mod describe;
mod field;
mod forms;
mod kinds;
mod noise;
mod parts;
#[path = "../support/table.rs"]
mod table;

use bytes::Bytes;
use dialzio_core::provider::{CallReport, Inbound, InboundBody, Provider};
use dialzio_telephony::{Piopiy, TeleCmi, TelephonyConfig};
use serde_json::Value;

/// Both providers.
fn providers() -> [Box<dyn Provider>; 2] {
    [telecmi(), piopiy()]
}

fn telecmi() -> Box<dyn Provider> {
    Box::new(TeleCmi::new(TelephonyConfig::default()).unwrap())
}

fn piopiy() -> Box<dyn Provider> {
    Box::new(Piopiy::new(TelephonyConfig::default()).unwrap())
}

fn decode(provider: &dyn Provider, body: impl Into<Bytes>) -> Vec<Inbound> {
    provider.webhooks().unwrap().decode_element(&body.into())
}

/// The one call that a payload tells of.
fn call(provider: &dyn Provider, payload: &Value) -> CallReport {
    let mut found = decode(provider, payload.to_string());
    assert_eq!(found.len(), 1, "{payload}");
    match found.remove(0).body {
        InboundBody::Call(report) => *report,
        other => panic!("{payload} is {}", other.kind()),
    }
}

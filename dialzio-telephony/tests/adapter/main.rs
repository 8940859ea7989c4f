//! The adapters against scripted answers: what they ask, and what they make of whatever comes back.
#![cfg(all(feature = "telecmi", feature = "piopiy", feature = "emulator"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
#![allow(clippy::print_stdout, reason = "a test says how many files it read")]

mod addresses;
mod agents;
mod control;
#[path = "../support/corpus.rs"]
mod corpus;
mod faults;
mod fixture;
mod logs;
mod messages;
mod payloads;
mod placing;
mod programs;
mod recordings;
mod routing;
mod secrets;
mod third_version;

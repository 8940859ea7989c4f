//! What a port means, as cases. Each case is a public function whose name says the rule; the macros expand the list of
//! names into one test each and do nothing else.
//!
//! A store's author writes, in `tests/conformance.rs` of the store's crate:
//!
//! ```text
//! async fn fresh(clock: Arc<ManualClock>) -> Arc<dyn Store> { … }
//! dialzio_core::store_conformance!(fresh);
//! ```
//!
//! `fresh` makes an empty store that judges expiry by the clock it is given.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a case fails by panicking"
)]

pub mod audience;
pub mod blob;
pub mod call;
pub mod call_facts;
pub mod call_flow;
pub mod call_log;
pub mod call_of_identity;
pub mod canned_reply;
pub mod commit;
pub mod consent;
pub mod contact;
pub mod contact_list;
pub mod conversation;
pub mod decisions;
pub mod disposition;
pub mod draft;
pub mod facts;
pub mod fidelity;
pub mod filter;
pub mod groups;
pub mod help;
pub mod history;
pub mod identity_provider;
pub mod isolation;
pub mod key;
pub mod ledger;
mod list;
mod live;
pub mod mail;
pub mod media;
pub mod message;
pub mod message_search;
pub mod messaging;
pub mod names;
pub mod news;
pub mod notice;
pub mod outbox;
pub mod pages;
pub mod partial;
pub mod people;
mod ports;
pub mod provider_in_crm;
pub mod retention;
mod said;
pub mod saved_view;
pub mod scheduled;
pub mod sealed;
pub mod search;
pub mod system;
pub mod team;
pub mod telephony;
mod test_bed;
pub mod trust;
pub mod usage;
pub mod webhook;
pub mod writes;

pub use test_bed::{Person, Tenant, TestBed};

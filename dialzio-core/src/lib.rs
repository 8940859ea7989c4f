#![doc = include_str!("../README.md")]

pub mod access;
pub mod account;
pub mod blob;
pub mod call;
pub mod call_flow;
pub mod canned_reply;
pub mod consent;
pub mod contact;
pub mod conversation;
pub mod disposition;
pub mod entropy;

pub mod error;
pub mod event;
mod id;
pub mod identity_provider;
pub mod intake;
pub mod ledger;
pub mod mail;
mod masking;
pub mod media;
#[cfg(feature = "testing")]
pub mod memory;
mod name;
pub mod news;
pub mod notice;
pub mod operator;
#[cfg(feature = "outbound")]
pub mod outbound;
pub mod outbox;
pub mod page;
pub mod phone;
pub mod provider;
pub mod registry;
mod runtime;
pub mod saved_view;
mod scope;
pub mod search;
pub mod sms;
pub mod store;
pub mod support;
pub mod tasks;
pub mod team;
pub mod text;
pub mod time;
mod timekeeper;
pub mod timeline;
pub mod transfer;
pub mod usage;
pub mod webhook;

mod crm;
#[cfg(feature = "testing")]
pub mod testing;

/// Whether this build has test support (feature `testing`): seeded ids and keys, stores in memory, scripted providers. A
/// server that serves real data refuses to be built with it.
pub const TEST_SUPPORT: bool = cfg!(feature = "testing");

pub use crm::{BuildError, Crm, CrmBuilder};
pub use error::{AccountProblem, Error, RecordKind};
pub use id::*;
pub use masking::Identifiers;
pub use name::UnknownWord;
pub use phone::{PhoneNumber, Region};
pub use scope::{
    Actor, Audience, Denied, Grant, OrgScope, Permission, Principal, PrincipalError, Role, SystemScope,
};
pub use store::{LedgerSeq, Revision, Store, StoreError, StoreResult};
pub use text::TextError;
pub use time::{Clock, ManualClock, SystemClock};
pub use timekeeper::{ClockState, ClockTrust};

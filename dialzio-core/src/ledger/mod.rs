//! The audit log: one hash chain for each organisation, over entries without personal data.

mod action;
mod checkpoint;
mod entry;
mod filter;
mod network;
mod refusals;
mod service;
mod store;
mod verify;

pub use action::Action;
pub use checkpoint::{Checkpoint, CheckpointError, CheckpointFile, CheckpointStore, MemoryCheckpoints};
pub use entry::{AuditEntry, ChainHash, ConsentMark, Detail};
pub use filter::{AuditFilter, AuditPage};
pub use network::Network;
pub use service::LedgerService;
pub use store::{ChainHead, LedgerStore};
pub use verify::{Finding, Verification};

pub(crate) use refusals::Refusals;

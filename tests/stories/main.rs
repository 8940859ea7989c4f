//! Whole stories of calls: played by the emulator, told by its webhooks, read by the adapters, and taken in by the CRM. However
//! the webhooks arrive, and whichever of them is lost, one call is one row, and it is the same one, on every store.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod desk;
mod orders;
mod plays;
mod rows;
mod stores;

//! The adapter against the emulator, which judges it by rules of its own, and against scripted answers.
#![cfg(feature = "emulator")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod addresses;
mod answers;
mod calls;
mod fixture;
mod hooks;
#[path = "../support/permit.rs"]
mod permit;
#[path = "../support/summary.rs"]
mod summary;

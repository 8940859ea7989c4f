//! The emulator, asked over HTTP as any client would.
#![cfg(feature = "emulator")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod customer;
mod faults;
mod fixture;
mod graph;
mod refusals;

//! The emulator: the adapters against it, and what it posts, read by the decoders of both.
#![cfg(all(feature = "telecmi", feature = "piopiy", feature = "emulator"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod delivery;
mod faults;
mod fixture;
mod inbound;
mod outbound;
mod programs;
mod refusals;

#![doc = include_str!("../README.md")]

mod client;
mod cloud;
mod config;
mod connection;
mod digest;
mod error;
// Without TLS of its own, the client is the host's, and so is where it may go.
#[cfg_attr(not(feature = "rustls"), allow(dead_code, reason = "only the client made here looks names up"))]
mod guard;
mod media;
mod object;
mod scalar;
mod send;
mod template;
mod webhook;
mod wire;

#[cfg(feature = "emulator")]
pub mod emulator;

pub use self::{
    cloud::MetaCloud,
    config::{ConfigError, MetaConfig},
};

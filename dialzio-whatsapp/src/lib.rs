#![doc = include_str!("../README.md")]

mod client;
mod cloud;
mod config;
mod connection;
mod digest;
mod error;
mod media;
mod object;
// Without TLS of its own, the client is the host's, and so is where it may go.
#[cfg(feature = "rustls")]
mod resolver;
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

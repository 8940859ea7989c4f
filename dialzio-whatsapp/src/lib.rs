#![doc = include_str!("../README.md")]

mod client;
mod cloud;
mod config;
mod digest;
mod error;
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

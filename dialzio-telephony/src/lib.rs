#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(all(feature = "telecmi", feature = "piopiy")),
    allow(dead_code, reason = "what two adapters share, of which one is left out")
)]

mod answer;
mod audio;
mod body;
mod client;
mod config;
mod file;
mod hangup;
mod hook;
mod number;
mod recording;
mod report;
mod time;

#[cfg(feature = "emulator")]
pub mod emulator;
#[cfg(feature = "piopiy")]
mod piopiy;
#[cfg(feature = "piopiy")]
mod piopiy_v3;
#[cfg(feature = "telecmi")]
mod telecmi;

pub use self::config::{ConfigError, TelephonyConfig};
#[cfg(feature = "piopiy")]
pub use self::piopiy::{Piopiy, PiopiyRegion};
#[cfg(feature = "piopiy")]
pub use self::piopiy_v3::PiopiyV3;
#[cfg(feature = "telecmi")]
pub use self::telecmi::TeleCmi;

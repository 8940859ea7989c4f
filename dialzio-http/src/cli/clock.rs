//! A clock that can be moved, for trying out what time does. Only with the sandbox.

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::{Clock, SystemClock};
use std::path::PathBuf;

/// The machine's clock, moved by the number of seconds that stands in a file.
#[derive(Debug)]
pub(super) struct MovedClock {
    file: PathBuf,
}

impl MovedClock {
    /// As `DIALZIO_CLOCK_FILE` says; `None` if it is not set.
    pub(super) fn from_environment() -> Option<Self> {
        std::env::var_os("DIALZIO_CLOCK_FILE").map(|file| Self { file: file.into() })
    }
}

impl Clock for MovedClock {
    fn now(&self) -> DateTime<Utc> {
        let moved = std::fs::read_to_string(&self.file).ok().and_then(|text| text.trim().parse().ok());
        SystemClock.now() + TimeDelta::seconds(moved.unwrap_or(0))
    }
}

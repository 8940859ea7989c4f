//! `dialzio clock`, and a clock that can be moved, for trying out what time does. Only with the sandbox.

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::{Clock, SystemClock};
use std::path::PathBuf;

use super::{Data, Outcome, say};

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

/// Shows whether the clock is believed. What has expired by a clock that has leapt is hidden and not deleted. The server
/// must not be running on the same folder, unless the database is on a server.
#[derive(Debug, clap::Args)]
pub(super) struct ClockCommand {
    #[command(flatten)]
    data: Data,
    /// The clock shows the right time: what has expired by it may be deleted.
    #[arg(long, requires = "reason")]
    confirm: bool,
    /// Why, for the operator log.
    #[arg(long, requires = "confirm")]
    reason: Option<String>,
}

impl ClockCommand {
    pub(super) async fn run(self) -> Outcome {
        let crm = self.data.open(None).await?;
        let state = match &self.reason {
            Some(reason) => crm.operator(reason)?.confirm_clock().await?,
            None => crm.check_clock().await?,
        };
        let trusted = state.trusted_at.map_or_else(|| "nothing".to_owned(), |at| at.to_rfc3339());
        say(&format!("The clock shows {}: {}. Believed: {trusted}.", state.now.to_rfc3339(), state.trust));
        Ok(())
    }
}

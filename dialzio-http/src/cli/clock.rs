//! `dialzio clock`, and a clock that can be moved, for trying out what time does. Only with the sandbox.

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::{Clock, SystemClock};
use std::path::PathBuf;
use std::time::Duration;

use super::{Data, Outcome, say};

/// The machine's clock, moved by the number of seconds in a file. Time passes with it, unless the file says `leap` before the
/// number: then the clock alone shows another time, as one that was set wrongly does.
#[derive(Debug)]
pub(super) struct MovedClock {
    file: PathBuf,
}

impl MovedClock {
    /// As `DIALZIO_CLOCK_FILE` says; `None` if it is not set.
    pub(super) fn from_environment() -> Option<Self> {
        std::env::var_os("DIALZIO_CLOCK_FILE").map(|file| Self { file: file.into() })
    }

    /// By how many seconds, and whether time passes with it.
    fn moved(&self) -> (i64, bool) {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        let (number, passes) = match text.trim().strip_prefix("leap ") {
            Some(number) => (number, false),
            None => (text.trim(), true),
        };
        (number.parse().unwrap_or(0), passes)
    }
}

impl Clock for MovedClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + TimeDelta::seconds(self.moved().0)
    }

    fn uptime(&self) -> Duration {
        let moved = match self.moved() {
            (seconds, true) => u64::try_from(seconds).unwrap_or(0),
            _ => 0,
        };
        SystemClock.uptime() + Duration::from_secs(moved)
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

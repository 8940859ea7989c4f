//! A clock that can be moved, for trying out what time does. Only with the sandbox.

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::{Clock, SystemClock};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The machine's clock, moved by the number of seconds in a file. Time passes with it, unless the file says `leap` before the
/// number: then the clock alone shows another time, as one that was set wrongly does.
#[derive(Debug, Clone)]
pub struct MovedClock {
    file: PathBuf,
}

impl MovedClock {
    /// The clock of the file that `DIALZIO_CLOCK_FILE` names, or of one in the data folder, so that a server that is started
    /// again shows the same time.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        let file = std::env::var_os("DIALZIO_CLOCK_FILE");
        Self { file: file.map_or_else(|| data.join("sandbox.clock"), PathBuf::from) }
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

    /// By how much it shows a later time than the machine's clock.
    #[must_use]
    pub fn ahead(&self) -> TimeDelta {
        TimeDelta::seconds(self.moved().0)
    }

    /// Moves it forward: the time passes for everything that waits for it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn advance(&self, by: TimeDelta) -> std::io::Result<()> {
        let moved = self.moved().0.saturating_add(by.num_seconds().max(0));
        // Written aside and renamed, since it is read all the time.
        let aside = self.file.with_extension("next");
        std::fs::write(&aside, moved.to_string())?;
        std::fs::rename(aside, &self.file)
    }
}

impl Clock for MovedClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + self.ahead()
    }

    fn uptime(&self) -> Duration {
        let moved = match self.moved() {
            (seconds, true) => u64::try_from(seconds).unwrap_or(0),
            _ => 0,
        };
        SystemClock.uptime() + Duration::from_secs(moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_moved_forward_and_shows_the_same_time_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let clock = MovedClock { file: folder.path().join("sandbox.clock") };
        assert_eq!(clock.ahead(), TimeDelta::zero());
        clock.advance(TimeDelta::hours(25)).unwrap();
        clock.advance(TimeDelta::hours(1)).unwrap();
        clock.advance(TimeDelta::hours(-5)).unwrap();
        let again = MovedClock { file: folder.path().join("sandbox.clock") };
        assert_eq!(again.ahead(), TimeDelta::hours(26), "never back");
        assert!(again.now() > SystemClock.now() + TimeDelta::hours(25));
        assert!(again.uptime() > Duration::from_hours(26));
    }
}

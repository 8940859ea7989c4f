//! `dialzio calls`: reads the logs of telephone services from a given time on.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Subcommand;
use dialzio_core::call::{CallLogReading, CallsFound};
use dialzio_core::{AccountId, Clock, SystemClock};

use super::control::{self, Command};
use super::{Data, Outcome, Reach, Why, say};

/// Reads what telephone services know of calls. Beside a running server the commands are carried out by that server.
#[derive(Debug, clap::Args)]
pub(super) struct Calls {
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Finds calls of which webhooks were lost: reads the providers' logs from a time on, and fills in what is missing. May be
    /// repeated; nothing is doubled. One line for each account: id, reports read, new calls, filled calls.
    Reconcile {
        /// From when on: a time such as 2026-11-20T00:00:00Z, or how long ago, such as 90m, 12h, 3d or 2w. At most a year.
        #[arg(long)]
        since: Since,
        /// The id of one account. Without it, all accounts in use whose providers list calls.
        #[arg(long)]
        account: Option<AccountId>,
        #[command(flatten)]
        why: Why,
    },
}

/// A time, or how long ago it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    At(DateTime<Utc>),
    Ago(TimeDelta),
}

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(at.with_timezone(&Utc)));
        }
        let wrong = "must be a time such as 2026-11-20T00:00:00Z, or a number with m, h, d or w, such as 3d";
        let unit = text.chars().next_back().ok_or(wrong)?;
        let count = text.strip_suffix(unit).unwrap_or_default();
        let count: u32 = count.parse().map_err(|_| wrong)?;
        let count = i64::from(count);
        let ago = match unit {
            'm' => TimeDelta::try_minutes(count),
            'h' => TimeDelta::try_hours(count),
            'd' => TimeDelta::try_days(count),
            'w' => TimeDelta::try_weeks(count),
            _ => None,
        };
        ago.map(Self::Ago).ok_or(wrong)
    }
}

impl Since {
    /// The time. One that no calendar has becomes the earliest, which is refused as too long ago.
    fn before(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.checked_sub_signed(ago).unwrap_or(DateTime::<Utc>::MIN_UTC),
        }
    }
}

impl Calls {
    pub(super) async fn run(self) -> Outcome {
        let Verb::Reconcile { since, account, why } = self.verb;
        let since = since.before(SystemClock.now());
        let ask = async |verb| {
            let command = Command { verb, reason: why.reason.clone() };
            self.data.answer(&command, &self.reach).await
        };
        let begun = ask(control::Verb::BeginReadingCalls { since, account }).await?;
        let readings: Vec<CallLogReading> = serde_json::from_str(&begun)?;
        if readings.is_empty() {
            say("No account in use has a provider that lists calls.");
        }
        for reading in readings {
            let (mut found, mut rest) = (CallsFound::default(), Some(reading));
            // Each part is a command of its own, so that none takes long.
            while let Some(next) = rest {
                let answer = ask(control::Verb::ReadCalls(next)).await?;
                let part: (CallsFound, Option<CallLogReading>) = serde_json::from_str(&answer)?;
                found.add(part.0);
                rest = part.1;
            }
            let CallsFound { reports, new, filled } = found;
            say(&format!("{}\t{reports} read\t{new} new\t{filled} filled", reading.account));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_such_or_as_how_long_ago_it_was() {
        let now: DateTime<Utc> = "2026-11-23T06:30:00Z".parse().unwrap();
        for (text, at) in [
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z"),
            ("2026-11-20T05:30:00+05:30", "2026-11-20T00:00:00Z"),
            ("90m", "2026-11-23T05:00:00Z"),
            ("12h", "2026-11-22T18:30:00Z"),
            ("3d", "2026-11-20T06:30:00Z"),
            ("2w", "2026-11-09T06:30:00Z"),
        ] {
            let since: Since = text.parse().unwrap();
            assert_eq!(since.before(now), at.parse::<DateTime<Utc>>().unwrap(), "{text}");
        }
        for text in ["", "d", "3", "3y", "-3d", "3 d", "yesterday", "2026-11-20", "3\u{20ac}", "99999999999d"]
        {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
        assert_eq!("4294967295w".parse::<Since>().unwrap().before(now), DateTime::<Utc>::MIN_UTC);
    }
}

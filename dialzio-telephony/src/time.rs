//! Times as providers write them: milliseconds or seconds since 1970, ISO 8601, or the time of day of some zone.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use dialzio_core::provider::ReportTime;

use crate::number;

/// Earlier than any call: 1973, in seconds, and the least count of milliseconds.
const FIRST: i64 = 100_000_000;
/// From here on a count is of milliseconds: as seconds it would be the year 5138.
const MILLISECONDS: i64 = 100_000_000_000;
/// From here on a count is of microseconds.
const MICROSECONDS: i64 = 100_000_000_000_000;

/// Spellings without a zone.
const LOCAL: [&str; 4] =
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];

/// Reads a time; `None` for what is none, and for a count that is no time of any call.
pub(crate) fn read(text: &str) -> Option<ReportTime> {
    let text = text.trim();
    if let Some(count) = number::integer(text) {
        let at = match count {
            FIRST..MILLISECONDS => DateTime::from_timestamp(count, 0),
            MILLISECONDS..MICROSECONDS => DateTime::from_timestamp_millis(count),
            MICROSECONDS..=i64::MAX => DateTime::from_timestamp_micros(count),
            _ => None,
        };
        // What is later than any calendar is a count of something else.
        return at.filter(|at| at.timestamp() < MILLISECONDS).map(ReportTime::At);
    }
    let zoned = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text));
    if let Ok(at) = zoned {
        return Some(ReportTime::At(at.to_utc()));
    }
    LOCAL.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).map(ReportTime::Local)
}

/// A time so many seconds later.
pub(crate) fn after(time: ReportTime, seconds: u32) -> ReportTime {
    let by = TimeDelta::seconds(i64::from(seconds));
    match time {
        ReportTime::At(at) => ReportTime::At(at.checked_add_signed(by).unwrap_or(at)),
        ReportTime::Local(at) => ReportTime::Local(at.checked_add_signed(by).unwrap_or(at)),
    }
}

/// The instant, if it is one.
pub(crate) fn instant(time: ReportTime) -> Option<DateTime<Utc>> {
    match time {
        ReportTime::At(at) => Some(at),
        ReportTime::Local(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_each_spelling() {
        let at = ReportTime::At(DateTime::from_timestamp(1_795_800_000, 0).unwrap());
        for text in [
            "1795800000000",
            "1795800000",
            "1795800000000000",
            " 1795800000 ",
            "1.7958E12",
            "1795800000.0",
            "2026-11-27T17:20:00Z",
            "2026-11-27T22:50:00+05:30",
            "2026-11-27T17:20:00.000Z",
            "Fri, 27 Nov 2026 17:20:00 +0000",
        ] {
            assert_eq!(read(text), Some(at), "{text}");
        }
    }

    #[test]
    fn a_time_without_a_zone_stays_without_one() {
        let local = NaiveDateTime::parse_from_str("2026-11-28 00:10:05", "%Y-%m-%d %H:%M:%S").unwrap();
        for text in ["2026-11-28 00:10:05", "2026-11-28T00:10:05", "2026/11/28 00:10:05"] {
            assert_eq!(read(text), Some(ReportTime::Local(local)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "0",
            "-1",
            "12",
            "null",
            "yesterday",
            "99999999999999999999",
            "9223372036854775807",
            "2026-13-01 00:00:00",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn seconds_are_added_without_overflow() {
        let late = ReportTime::Local(NaiveDateTime::MAX);
        assert_eq!(after(late, u32::MAX), late);
    }
}

//! Business hours: on which days, and from when until when.

use chrono::{DateTime, NaiveDate, Timelike, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

use super::problem::CallFlowProblem;
use super::weekday::Weekday;
use crate::access::chrono_tz_name::ZoneName;

/// The most spans of hours in a week.
const MAX_SPANS: usize = 28;
/// The most dates on which it is closed.
const MAX_CLOSED_DATES: usize = 100;

/// A time of day in whole minutes, from `00:00` to `24:00`, which is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"))]
#[serde(try_from = "String", into = "String")]
pub struct DayTime(u16);

/// What was written is no time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a time of day from 00:00 to 24:00, such as 09:30")]
pub struct DayTimeError;

impl DayTime {
    /// Reads `HH:MM`.
    ///
    /// # Errors
    /// [`DayTimeError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, DayTimeError> {
        let (hours, minutes) = text.trim().split_once(':').ok_or(DayTimeError)?;
        let two = |part: &str| {
            let fits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            if fits { part.parse::<u16>().map_err(|_| DayTimeError) } else { Err(DayTimeError) }
        };
        match (two(hours)?, two(minutes)?) {
            (hours @ 0..24, minutes @ 0..60) => Ok(Self(hours * 60 + minutes)),
            (24, 0) => Ok(Self(24 * 60)),
            _ => Err(DayTimeError),
        }
    }

    /// Minutes since midnight.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for DayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl TryFrom<String> for DayTime {
    type Error = DayTimeError;
    fn try_from(text: String) -> Result<Self, DayTimeError> {
        Self::parse(&text)
    }
}

impl From<DayTime> for String {
    fn from(time: DayTime) -> Self {
        time.to_string()
    }
}

/// A span of a day with business hours: from its first minute, until before its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenHours {
    /// On which day.
    pub day: Weekday,
    /// From this time on.
    pub from: DayTime,
    /// Until this time, which is later on the same day.
    pub until: DayTime,
}

/// Business hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BusinessHours {
    /// The time zone of the times, an IANA name such as `Asia/Kolkata`.
    #[cfg_attr(feature = "openapi", schema(value_type = String, max_length = 64))]
    #[serde(with = "zone")]
    pub zone: ZoneName,
    /// The spans of the week, in any order. A day may have several, for a break at noon.
    pub open: Vec<OpenHours>,
    /// Dates without business hours, whatever the day.
    #[serde(default)]
    pub closed_dates: Vec<NaiveDate>,
}

impl BusinessHours {
    /// Whether an instant is within them.
    #[must_use]
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        let local = self.zone.local(at);
        if self.closed_dates.contains(&local.date()) {
            return false;
        }
        let day = Weekday::of(local.date());
        let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap_or(u16::MAX);
        self.open
            .iter()
            .any(|span| span.day == day && (span.from.minutes()..span.until.minutes()).contains(&minute))
    }

    /// What is wrong with the hours by themselves.
    pub(super) fn problems(&self) -> Vec<CallFlowProblem> {
        let mut found = Vec::new();
        if self.open.is_empty() {
            found.push(CallFlowProblem::ClosedWeek);
        }
        if self.open.len() > MAX_SPANS {
            found.push(CallFlowProblem::TooManySpans { max: MAX_SPANS });
        }
        let mut spans = self.open.clone();
        spans.sort_unstable();
        for span in &spans {
            if span.from >= span.until {
                found.push(CallFlowProblem::BackwardHours { day: span.day });
            }
        }
        for pair in spans.windows(2) {
            if pair[0].day == pair[1].day && pair[1].from < pair[0].until {
                found.push(CallFlowProblem::OverlappingHours { day: pair[0].day });
            }
        }
        if self.closed_dates.len() > MAX_CLOSED_DATES {
            found.push(CallFlowProblem::TooManyClosedDates { max: MAX_CLOSED_DATES });
        }
        found
    }
}

/// A zone by its name.
mod zone {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::access::chrono_tz_name::ZoneName;

    pub(super) fn serialize<S: Serializer>(zone: &ZoneName, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(zone.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ZoneName, D::Error> {
        let name = String::deserialize(from)?;
        ZoneName::parse(&name)
            .ok_or_else(|| D::Error::custom("must be a time zone of the IANA database, such as Asia/Kolkata"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(day: Weekday, from: &str, until: &str) -> OpenHours {
        OpenHours { day, from: DayTime::parse(from).unwrap(), until: DayTime::parse(until).unwrap() }
    }

    fn hours(open: &[OpenHours]) -> BusinessHours {
        BusinessHours {
            zone: ZoneName::parse("Asia/Kolkata").unwrap(),
            open: open.to_vec(),
            closed_dates: vec!["2026-01-26".parse().unwrap()],
        }
    }

    #[test]
    fn a_time_of_day_is_written_with_two_digits_each() {
        for (text, minutes) in [("00:00", 0), ("09:30", 570), ("23:59", 1439), ("24:00", 1440)] {
            let time = DayTime::parse(text).unwrap();
            assert_eq!((time.minutes(), time.to_string().as_str()), (minutes, text));
        }
        for odd in ["", "9:30", "09.30", "24:01", "25:00", "09:60", "09:3", "+9:30", "09:30:00", "٠٩:٣٠"]
        {
            assert_eq!(DayTime::parse(odd), Err(DayTimeError), "{odd}");
        }
    }

    #[test]
    fn hours_are_read_in_their_own_zone_from_the_first_minute_until_before_the_last() {
        let noon = hours(&[span(Weekday::Monday, "09:00", "13:00"), span(Weekday::Monday, "14:00", "24:00")]);
        // A Monday; India is five and a half hours ahead.
        for (at, open) in [
            ("2026-03-02T03:29:59Z", false),
            ("2026-03-02T03:30:00Z", true),
            ("2026-03-02T07:29:59Z", true),
            ("2026-03-02T07:30:00Z", false),
            ("2026-03-02T08:30:00Z", true),
            ("2026-03-02T18:29:59Z", true),
            ("2026-03-02T18:30:00Z", false),
            ("2026-03-03T05:00:00Z", false),
        ] {
            assert_eq!(noon.is_open(at.parse().unwrap()), open, "{at}");
        }
        // Monday, 26 January 2026, a closed date there while it is still Sunday in UTC.
        assert!(!noon.is_open("2026-01-25T20:00:00Z".parse().unwrap()));
        assert!(!noon.is_open("2026-01-26T05:00:00Z".parse().unwrap()));
    }

    #[test]
    fn summer_time_moves_the_hours_with_the_clock_on_the_wall() {
        let berlin = BusinessHours {
            zone: ZoneName::parse("Europe/Berlin").unwrap(),
            ..hours(&[span(Weekday::Friday, "09:00", "17:00")])
        };
        assert!(!berlin.is_open("2026-03-27T07:30:00Z".parse().unwrap()), "winter: 08:30");
        assert!(berlin.is_open("2026-04-03T07:30:00Z".parse().unwrap()), "summer: 09:30");
    }

    #[test]
    fn a_week_that_cannot_be_meant_is_named() {
        let of = |open: &[OpenHours]| hours(open).problems();
        assert_eq!(of(&[]), [CallFlowProblem::ClosedWeek]);
        let day = Weekday::Tuesday;
        assert_eq!(of(&[span(day, "17:00", "09:00")]), [CallFlowProblem::BackwardHours { day }]);
        let twice = [span(day, "12:00", "18:00"), span(day, "09:00", "12:01")];
        assert_eq!(of(&twice), [CallFlowProblem::OverlappingHours { day }]);
        let beside = [span(day, "12:00", "18:00"), span(day, "09:00", "12:00")];
        assert_eq!(of(&beside), []);
    }
}

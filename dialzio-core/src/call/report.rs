//! Sums of calls for reports: by hour of the day and by member.

use std::collections::BTreeMap;

use chrono::{DateTime, Timelike, Utc};

use super::{CallState, CallTally};
use crate::access::chrono_tz_name::ZoneName;
use crate::conversation::Direction;
use crate::id::MemberId;

/// Calls summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallSums {
    /// All of them.
    pub calls: u32,
    /// Calls that came in.
    pub inbound: u32,
    /// Calls that came in and were answered.
    pub answered: u32,
    /// Calls that came in and were missed.
    pub missed: u32,
    /// Calls that went out.
    pub outbound: u32,
    /// Calls that went out and in which the person was reached.
    pub reached: u32,
    /// Seconds in which people spoke, together.
    pub talk_seconds: u64,
    /// Answered calls with a known time to answer.
    pub answers_timed: u32,
    /// Seconds from start to answer of those, together.
    pub answer_seconds: u64,
}

impl CallSums {
    fn add(&mut self, tally: &CallTally) {
        self.calls += tally.calls;
        let completed = if tally.state == CallState::Completed { tally.calls } else { 0 };
        match tally.direction {
            Direction::Inbound => {
                self.inbound += tally.calls;
                self.answered += completed;
                self.missed += if tally.state.is_missed() { tally.calls } else { 0 };
            }
            Direction::Outbound => {
                self.outbound += tally.calls;
                self.reached += completed;
            }
        }
        self.talk_seconds += tally.talk_seconds;
        self.answers_timed += tally.answers_timed;
        self.answer_seconds += tally.answer_seconds;
    }

    /// All of some tallies.
    #[must_use]
    pub fn of(tallies: &[CallTally]) -> Self {
        let mut all = Self::default();
        tallies.iter().for_each(|tally| all.add(tally));
        all
    }

    /// The share of calls that came in which were answered, in percent; `None` if none was answered or missed.
    #[must_use]
    pub fn answered_percent(&self) -> Option<u32> {
        (self.answered * 100).checked_div(self.answered + self.missed)
    }

    /// Seconds from start to answer on average; `None` if none is known.
    #[must_use]
    pub fn average_answer_seconds(&self) -> Option<u64> {
        self.answer_seconds.checked_div(u64::from(self.answers_timed))
    }
}

/// Sums by the hour of the day in a zone, 0 to 23.
#[must_use]
pub fn by_hour(tallies: &[CallTally], zone: ZoneName) -> [CallSums; 24] {
    let mut hours = [CallSums::default(); 24];
    for tally in tallies {
        let at = DateTime::<Utc>::from_timestamp(tally.hour.saturating_mul(3_600), 0).unwrap_or_default();
        let hour = at.with_timezone(&zone.tz()).hour() as usize;
        if let Some(sums) = hours.get_mut(hour) {
            sums.add(tally);
        }
    }
    hours
}

/// Sums by member; `None` for calls that no member was part of.
#[must_use]
pub fn by_member(tallies: &[CallTally]) -> BTreeMap<Option<MemberId>, CallSums> {
    let mut members = BTreeMap::new();
    for tally in tallies {
        members.entry(tally.member).or_insert_with(CallSums::default).add(tally);
    }
    members
}

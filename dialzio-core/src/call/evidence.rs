//! What is known of a call, put together from every report of it.
//!
//! Joining is commutative, associative and idempotent: reports that arrive doubled, late or in any order end in the same
//! evidence. A value is replaced by one of a better source only, so that a report with fewer fields erases nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::words::{CallAlias, HangupCause};
use crate::conversation::{Direction, FailureNote};
use crate::name::string_enum;

string_enum! {
    /// Where a value comes from; a later one in this list is believed before an earlier one.
    pub enum CallSource {
        /// A live event of a webhook.
        Live = "live",
        /// The record of a call that ended, by webhook.
        Record = "record",
        /// What the provider answered when it was asked.
        Asked = "asked",
        /// Our own request to place the call.
        Placed = "placed",
    }
}

string_enum! {
    /// Whose part of a call a leg is.
    pub enum LegRole {
        /// Not a leg: the call as a whole.
        Whole = "whole",
        /// The person outside.
        Customer = "customer",
        /// Somebody who works here, or one attempt to reach them.
        Agent = "agent",
        /// The leg that was made first; whose it is depends on who placed the call.
        First = "first",
        /// The leg that was joined to the first one.
        Second = "second",
    }
}

/// How a leg, or a call as a whole, ended. The order decides between two reports of the same source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegResult {
    /// A word of the provider that is not known, at most 60 characters.
    Other(String),
    /// Not answered.
    Missed,
    /// The line was busy.
    Busy,
    /// Could not be connected.
    Failed,
    /// Answered.
    Answered,
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sourced<T> {
    /// Where it comes from.
    pub source: CallSource,
    /// The value.
    pub value: T,
}

/// How two values of the same source are joined.
#[derive(Clone, Copy)]
enum Tie {
    Least,
    Greatest,
}

fn join<T: Ord>(known: &mut Option<Sourced<T>>, seen: Option<Sourced<T>>, tie: Tie) {
    let Some(seen) = seen else { return };
    let replaces = known.as_ref().is_none_or(|known| {
        seen.source > known.source
            || seen.source == known.source
                && match tie {
                    Tie::Least => seen.value < known.value,
                    Tie::Greatest => seen.value > known.value,
                }
    });
    if replaces {
        *known = Some(seen);
    }
}

/// What is known of one leg, or of the call as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LegEvidence {
    /// Whose part it is.
    pub role: Option<Sourced<LegRole>>,
    /// The provider's id of the agent who was rung or who spoke.
    pub agent: Option<Sourced<String>>,
    /// When it began.
    pub started: Option<Sourced<DateTime<Utc>>>,
    /// When it was answered.
    pub answered: Option<Sourced<DateTime<Utc>>>,
    /// When it ended.
    pub ended: Option<Sourced<DateTime<Utc>>>,
    /// How it ended.
    pub result: Option<Sourced<LegResult>>,
    /// Seconds in which people spoke.
    pub talk_seconds: Option<Sourced<u32>>,
    /// Seconds that a caller waited.
    pub wait_seconds: Option<Sourced<u32>>,
    /// Why it ended.
    pub cause: Option<Sourced<HangupCause>>,
}

impl LegEvidence {
    fn join(&mut self, seen: Self) {
        join(&mut self.role, seen.role, Tie::Greatest);
        join(&mut self.agent, seen.agent, Tie::Greatest);
        join(&mut self.started, seen.started, Tie::Least);
        join(&mut self.answered, seen.answered, Tie::Least);
        join(&mut self.ended, seen.ended, Tie::Greatest);
        join(&mut self.result, seen.result, Tie::Greatest);
        join(&mut self.talk_seconds, seen.talk_seconds, Tie::Greatest);
        join(&mut self.wait_seconds, seen.wait_seconds, Tie::Greatest);
        join(&mut self.cause, seen.cause, Tie::Greatest);
    }

    /// Whether it was answered, by a time or by how it ended.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        match &self.result {
            Some(result) => result.value == LegResult::Answered,
            None => self.answered.is_some(),
        }
    }
}

string_enum! {
    /// What a recording contains.
    pub enum RecordingKind {
        /// The conversation.
        Recording = "recording",
        /// The message a caller left because nobody answered.
        Voicemail = "voicemail",
    }
}

/// Everything known about a call except the person's number, which has a column of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallEvidence {
    /// Which way the call went.
    pub direction: Option<Sourced<Direction>>,
    /// The agent is rung first and the person afterwards, as our own request says.
    pub agent_first: bool,
    /// A call flow answered the call: an answer on the person's leg is that of the flow, and people speak once an agent's leg is
    /// answered.
    pub by_flow: bool,
    /// The team or the menu that took the call, in the provider's words.
    pub queue: Option<Sourced<String>>,
    /// Our number, as the provider writes it.
    pub our_number: Option<Sourced<String>>,
    /// The source of the person's number; the number itself has a column of its own.
    pub customer: Option<CallSource>,
    /// The legs by the provider's leg id. Reports about the call as a whole are under [`Self::WHOLE`].
    pub legs: BTreeMap<String, LegEvidence>,
    /// The provider's names of recorded files.
    pub recordings: BTreeMap<String, RecordingKind>,
    /// A time had no zone and was read in the organisation's.
    pub zone_assumed: bool,
    /// Why it failed, as the provider reports it.
    pub failure: Option<Sourced<FailureNote>>,
}

impl CallEvidence {
    /// The key in [`Self::legs`] for reports about the call as a whole.
    pub const WHOLE: &'static str = "";

    /// The provider's ids of the legs that are the agent's.
    #[must_use]
    pub fn agent_legs(&self) -> Vec<CallAlias> {
        let agents = self.legs.iter().filter(|(_, leg)| match leg.role.as_ref().map(|role| role.value) {
            Some(LegRole::Agent) => true,
            Some(LegRole::First) => self.agent_first,
            Some(LegRole::Second) => !self.agent_first,
            Some(LegRole::Customer | LegRole::Whole) | None => false,
        });
        agents.filter_map(|(id, _)| CallAlias::parse(id)).collect()
    }

    /// Joins what another report, or another row of the same call, says.
    pub fn join(&mut self, seen: Self) {
        join(&mut self.direction, seen.direction, Tie::Least);
        join(&mut self.queue, seen.queue, Tie::Greatest);
        join(&mut self.our_number, seen.our_number, Tie::Greatest);
        join(&mut self.failure, seen.failure, Tie::Greatest);
        self.agent_first |= seen.agent_first;
        self.by_flow |= seen.by_flow;
        self.zone_assumed |= seen.zone_assumed;
        for (id, leg) in seen.legs {
            self.legs.entry(id).or_default().join(leg);
        }
        for (file, kind) in seen.recordings {
            let known = self.recordings.entry(file).or_insert(kind);
            *known = (*known).max(kind);
        }
    }
}

//! What came of calls that were placed and reported while the server was killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use dialzio_core::conversation::Direction;
use serde_json::Value;

use crate::calls::Office;

/// What came of it.
#[derive(Debug)]
pub(crate) struct Figures {
    rounds: usize,
    acknowledged: usize,
    /// Callers who were acknowledged, and are in the log otherwise than once.
    pub(crate) lost_or_doubled: Vec<String>,
    /// Calls that are in a state that is not true.
    pub(crate) unfit: Vec<String>,
    pub(crate) placed: usize,
    /// Our ids of what the provider placed more than once.
    pub(crate) twice: Vec<String>,
    /// Calls whose outcome the process did not live to see.
    pub(crate) open: usize,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, acknowledged, placed, open, .. } = self;
        let (wrong, twice) = (self.lost_or_doubled.len(), self.twice.len());
        write!(
            f,
            "crash: {rounds} rounds, {acknowledged} calls acknowledged, {wrong} lost or doubled, {placed} placed, {twice} placed \
             twice, {open} of unknown outcome"
        )
    }
}

impl Office {
    pub(crate) fn figures(&self, rounds: usize, log: &[Value]) -> Figures {
        let promises = self.promises.lock().unwrap();
        let mut by_caller: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut out: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        for call in log {
            let text = |name: &str| call[name].as_str().unwrap_or_default();
            if text("direction") == Direction::Inbound.as_str() {
                by_caller.entry(text("customer").trim_start_matches('+')).or_default().push(text("state"));
            } else {
                out.insert(text("id"), (text("state"), text("customer")));
            }
        }
        let once = |caller: &&String| by_caller.get(caller.as_str()).is_none_or(|rows| rows.len() != 1);
        let mut lost_or_doubled: Vec<String> = promises.reported.iter().filter(once).cloned().collect();
        lost_or_doubled.extend(
            by_caller.iter().filter(|(_, rows)| rows.len() > 1).map(|(caller, _)| (*caller).to_owned()),
        );
        let mut unfit = Vec::new();
        for caller in &promises.ended {
            if by_caller.get(caller.as_str()).is_none_or(|rows| rows[..] != ["completed"]) {
                unfit.push(format!(
                    "a call whose record was acknowledged is {:?}",
                    by_caller.get(caller.as_str())
                ));
            }
        }
        let mut rung: BTreeMap<String, usize> = BTreeMap::new();
        for call in self.vendor.calls().iter().filter(|call| call.direction == Direction::Outbound) {
            let own = call.extra_params.as_ref().and_then(|own| own["dialzio_call"].as_str());
            *rung.entry(own.unwrap_or_default().to_owned()).or_default() += 1;
        }
        for id in promises.placed.keys() {
            match (out.get(id.as_str()).map(|(state, _)| *state), rung.contains_key(id)) {
                // Where the event of the answer was lost, an end is no answer until the provider has been asked.
                (Some("ringing" | "in_progress" | "completed" | "no_answer"), true)
                // One that waited for too long is not placed at all.
                | (Some("failed" | "cancelled"), false)
                | (Some("dispatched" | "unknown"), _) => {}
                other => unfit.push(format!("{id} is in the log and was placed: {other:?}")),
            }
        }
        // Nobody was called of whom the log knows nothing, and a call that was placed is one row.
        unfit.extend(
            rung.keys().filter(|id| !out.contains_key(id.as_str())).map(|id| format!("{id} is not known")),
        );
        let mut people = BTreeSet::new();
        unfit.extend(
            out.values()
                .filter(|(_, number)| !people.insert(*number))
                .map(|(state, _)| format!("a person who was called once is in the log twice: {state}")),
        );
        Figures {
            rounds,
            acknowledged: promises.reported.len(),
            lost_or_doubled,
            unfit,
            placed: rung.len(),
            twice: rung.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id.clone()).collect(),
            open: out.values().filter(|(state, _)| ["dispatched", "unknown"].contains(state)).count(),
        }
    }
}

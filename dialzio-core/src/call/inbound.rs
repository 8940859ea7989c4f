//! What received elements say of calls.

use crate::intake::decide::{Deciding, Element, Place, Wanted};
use crate::provider::{CallReport, Trust};
use crate::webhook::QuarantineReason;

impl Element for &CallReport {
    /// Calls are asked for by [`facts_query`], which needs the organisation's region.
    fn look_up(&self, _: &mut Wanted<'_>) {}

    fn decide(&self, deciding: &mut Deciding<'_>, place: Place, trust: Trust) {
        let Some(mut calls) = deciding.calls.take() else {
            return deciding.quarantine(place, QuarantineReason::Unknown, "call");
        };
        // What is signed comes from the provider as surely as an answer of its own.
        let asked = trust == Trust::Signed;
        let decided = calls.decide(self, asked, deciding.account, deciding.ids, deciding.batch);
        deciding.calls = Some(calls);
        if let Err(reason) = decided {
            deciding.quarantine(place, reason, "call");
        }
    }
}

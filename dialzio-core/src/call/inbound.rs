//! What received elements say of calls.

use super::{CallAlias, LegRole};
use crate::intake::decide::{Deciding, Element, Place, Wanted};
use crate::outbox::QueueKind;
use crate::provider::{CallReport, CallReportKind, Trust};
use crate::webhook::QuarantineReason;

impl Element for &CallReport {
    /// Calls are asked for by [`facts_query`], which needs the organisation's region.
    fn look_up(&self, _: &mut Wanted<'_>) {}

    /// A record of an attempt may have to wait for its call, and holds up no other call meanwhile.
    fn queue(&self) -> QueueKind {
        if is_attempt_alone(self) { QueueKind::Statuses } else { QueueKind::Elements }
    }

    fn decide(&self, deciding: &mut Deciding<'_>, place: Place, trust: Trust) {
        let Some(mut calls) = deciding.calls.take() else {
            return deciding.quarantine(place, QuarantineReason::Unknown, "call");
        };
        if is_attempt_alone(self) && !calls.knows(self) {
            deciding.calls = Some(calls);
            return deciding.wait(place);
        }
        // A signed report is as trustworthy as the provider's answer to a question.
        let asked = trust == Trust::Signed;
        let decided = calls.decide(self, asked, deciding.account, deciding.ids, deciding.batch);
        deciding.calls = Some(calls);
        if let Err(reason) = decided {
            deciding.quarantine(place, reason, "call");
        }
    }
}

/// Whether a report records an attempt to reach an agent without naming the call. Such an attempt is not a call by itself; a live
/// event names the leg together with its call.
fn is_attempt_alone(report: &CallReport) -> bool {
    let is_attempt = report.kind == CallReportKind::Record && report.leg.role == Some(LegRole::Agent);
    let is_leg = |alias: &CallAlias| report.leg.id.as_ref() == Some(alias);
    is_attempt && report.own.is_none() && !report.aliases.is_empty() && report.aliases.iter().all(is_leg)
}

//! What received elements say of calls.

use super::record::Whose;
use super::{CallAlias, LegRole};
use crate::intake::decide::{Deciding, Element, Place, Wanted};
use crate::outbox::QueueKind;
use crate::provider::{CallReport, CallReportKind, Sender, Trust};
use crate::time::OLDEST_EVENT;
use crate::webhook::QuarantineReason;

impl Element for &CallReport {
    /// The call itself is asked for once the organisation's region is known.
    fn look_up(&self, wanted: &mut Wanted<'_>) {
        if let Some(person) = &self.person {
            wanted.person(person);
        }
    }

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
        // A signed report is as trustworthy as the provider's answer to a question, and like a message it makes nothing new if it
        // is too old.
        let asked = trust == Trust::Signed;
        if asked && !calls.knows(self) && place.at < deciding.now - OLDEST_EVENT {
            deciding.calls = Some(calls);
            return deciding.quarantine(place, QuarantineReason::OutOfTime, "call");
        }
        let whose = self.person.as_deref().and_then(|person| deciding.whose(person, place, trust));
        calls.follow(deciding.people.joined());
        let decided = calls.decide(self, asked, whose, deciding.account, deciding.ids, deciding.batch);
        deciding.calls = Some(calls);
        if let Err(reason) = decided {
            deciding.quarantine(place, reason, "call");
        }
    }
}

impl Deciding<'_> {
    /// The identity of a person who calls or is called, created if it is not known. An unsigned webhook creates and joins none.
    fn whose(&mut self, person: &Sender, place: Place, trust: Trust) -> Option<Whose> {
        let found = match trust {
            Trust::Signed => {
                self.people.resolve(person, place.at.min(self.now), self.now, self.ids, self.batch)
            }
            Trust::PathOnly => self.people.find(&person.with_one_id()),
        }?;
        let identity = &self.people.get(found).identity;
        Some(Whose { identity: identity.id, contact: identity.contact })
    }
}

/// Whether a report records an attempt to reach an agent without naming the call. Such an attempt is not a call by itself; a live
/// event names the leg together with its call.
fn is_attempt_alone(report: &CallReport) -> bool {
    let is_attempt = report.kind == CallReportKind::Record && report.leg.role == Some(LegRole::Agent);
    let is_leg = |alias: &CallAlias| report.leg.id.as_ref() == Some(alias);
    is_attempt && report.own.is_none() && !report.aliases.is_empty() && report.aliases.iter().all(is_leg)
}

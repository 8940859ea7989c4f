//! Reading a provider's report into a call.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{
    Call, CallEvidence, CallSource, LegEvidence, LegResult, LegRole, Party, RecordingConsent, Sourced,
};
use crate::access::chrono_tz_name::ZoneName;
use crate::contact::SubjectKey;
use crate::phone::{PhoneNumber, Region};
use crate::provider::{CallReport, CallReportKind, LegReport, ReportTime};

/// The longest word of a provider that is kept, in characters.
const MAX_WORD: usize = 60;

/// How an organisation reads what has no country code and no time zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) region: Option<Region>,
    pub(crate) zone: ZoneName,
    pub(crate) now: DateTime<Utc>,
}

impl Reading {
    /// The instant of a time. One from the future is the present: it is the clocks that differ.
    fn instant(&self, time: ReportTime) -> DateTime<Utc> {
        let zone: Tz = self.zone.tz();
        let at = match time {
            ReportTime::At(at) => at,
            // A time that the clocks skipped or showed twice is read as the earlier of what it may mean.
            ReportTime::Local(local) => local
                .and_local_timezone(zone)
                .earliest()
                .map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc)),
        };
        crate::time::micros(at.min(self.now))
    }

    /// When what a report tells happened: the earliest time in it.
    pub(crate) fn time_of(&self, report: &CallReport) -> Option<DateTime<Utc>> {
        let LegReport { started, answered, ended, .. } = &report.leg;
        [started, answered, ended].into_iter().flatten().map(|time| self.instant(*time)).min()
    }

    /// The person's number in a report, as far as the report speaks of the person.
    pub(crate) fn customer(&self, report: &CallReport) -> Option<Party> {
        if matches!(report.leg.role, Some(LegRole::Agent)) {
            return None;
        }
        if let Some(person) = &report.person {
            return Some(person.phone.clone().map_or(Party::Withheld, Party::Number));
        }
        Some(Party::read(report.customer.as_deref()?, self.region))
    }
}

/// From where a report comes, by how far it can be believed.
pub(crate) fn source(report: &CallReport, asked: bool) -> CallSource {
    match (asked, report.kind) {
        (true, _) => CallSource::Asked,
        (false, CallReportKind::Record) => CallSource::Record,
        (false, CallReportKind::Live) => CallSource::Live,
    }
}

fn word(result: &LegResult) -> LegResult {
    match result {
        LegResult::Other(word) => {
            LegResult::Other(word.chars().filter(|c| !c.is_control()).take(MAX_WORD).collect())
        }
        known => known.clone(),
    }
}

fn evidence(report: &CallReport, source: CallSource, reading: &Reading) -> CallEvidence {
    let LegReport { role, id, agent, started, answered, ended, result, talk_seconds, wait_seconds, cause } =
        &report.leg;
    let at = |time: &Option<ReportTime>| time.map(|time| Sourced { source, value: reading.instant(time) });
    let leg = LegEvidence {
        role: role.map(|value| Sourced { source, value }),
        agent: agent.clone().map(|value| Sourced { source, value }),
        started: at(started),
        answered: at(answered),
        ended: at(ended),
        result: result.as_ref().map(|result| Sourced { source, value: word(result) }),
        talk_seconds: talk_seconds.map(|value| Sourced { source, value }),
        wait_seconds: wait_seconds.map(|value| Sourced { source, value }),
        cause: cause.map(|value| Sourced { source, value }),
    };
    let key = match (role, id) {
        (Some(LegRole::Whole), _) | (None, None) => CallEvidence::WHOLE.to_owned(),
        (Some(role), None) => role.as_str().to_owned(),
        (_, Some(id)) => id.as_str().to_owned(),
    };
    let local = [started, answered, ended].into_iter().any(|time| matches!(time, Some(ReportTime::Local(_))));
    CallEvidence {
        direction: report.direction.map(|value| Sourced { source, value }),
        by_flow: report.by_flow,
        queue: report.queue.clone().map(|value| Sourced { source, value }),
        our_number: report.our_number.clone().map(|value| Sourced { source, value }),
        legs: if leg == LegEvidence::default() { Default::default() } else { [(key, leg)].into() },
        recordings: report.recordings.iter().cloned().collect(),
        zone_assumed: local,
        failure: report.failure.clone().map(|value| Sourced { source, value }),
        ..CallEvidence::default()
    }
}

impl Call {
    /// Reads a report into the call. `own` are numbers of the organisation and its agents, which are never a customer's.
    pub(crate) fn apply(
        &mut self,
        report: &CallReport,
        source: CallSource,
        reading: &Reading,
        own: &[PhoneNumber],
    ) {
        // The second leg of a call is a customer's only where our own request says so, which has the number itself.
        let is_second = report.leg.role == Some(LegRole::Second);
        if !is_second && let Some(party) = reading.customer(report) {
            let ours = report.our_number.as_deref().map(|text| Party::read(text, reading.region));
            let is_own = |number: &PhoneNumber| {
                own.contains(number) || ours.as_ref().and_then(Party::phone) == Some(number)
            };
            if !party.phone().is_some_and(is_own) {
                self.see_customer(source, &party);
            }
        }
        self.evidence.join(evidence(report, source, reading));
        self.derive();
    }

    /// Takes over whom a report names. A better source wins; of the same source a number wins over none, and the smaller
    /// number over the greater, so that order does not matter.
    fn see_customer(&mut self, source: CallSource, party: &Party) {
        let known = self.evidence.customer;
        let (number, withheld) = match party {
            Party::Number(number) => (Some(number), false),
            Party::Withheld => (None, true),
            Party::Unreadable => (None, false),
        };
        let better = match known.cmp(&Some(source)) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Greater => false,
            std::cmp::Ordering::Equal => match (&self.customer, number) {
                (Some(kept), Some(seen)) => seen < kept,
                (None, Some(_)) => true,
                (Some(_), None) => false,
                (None, None) => withheld && !self.withheld,
            },
        };
        // A record without a number takes none away that a live event had.
        if better && (number.is_some() || self.customer.is_none()) {
            self.evidence.customer = Some(source);
            self.customer = number.cloned();
            self.withheld = withheld;
        }
    }

    /// The key of the person's number.
    #[must_use]
    pub fn customer_key(&self) -> Option<SubjectKey> {
        self.customer.as_ref().map(SubjectKey::phone)
    }

    /// Joins the row of what turned out to be the same call.
    pub(crate) fn absorb(&mut self, other: &Self) {
        let theirs = match (&other.customer, other.withheld) {
            (Some(number), _) => Some(Party::Number(number.clone())),
            (None, true) => Some(Party::Withheld),
            (None, false) => None,
        };
        if let (Some(party), Some(source)) = (theirs, other.evidence.customer) {
            self.see_customer(source, &party);
        }
        self.evidence.join(other.evidence.clone());
        self.placed = self.placed.or(other.placed);
        self.purpose = self.purpose.or(other.purpose);
        self.placed_by = self.placed_by.take().or_else(|| other.placed_by.clone());
        self.identity = self.identity.or(other.identity);
        self.contact = self.contact.or(other.contact);
        self.member = self.member.or(other.member);
        self.disposition = self.disposition.or(other.disposition);
        self.note = self.note.take().or_else(|| other.note.clone());
        self.task = self.task.or(other.task);
        self.handled_at = self.handled_at.or(other.handled_at);
        self.failure = self.failure.take().or_else(|| other.failure.clone());
        // A refusal of either is one of both.
        let refused = other.recording_consent == RecordingConsent::Refused;
        if refused || self.recording_consent == RecordingConsent::Unknown {
            self.recording_consent = other.recording_consent;
        }
        self.started_at = self.started_at.min(other.started_at);
        self.derive();
    }
}

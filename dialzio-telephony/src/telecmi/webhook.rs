//! Webhooks of TeleCMI: records of calls that ended, and live events.
//!
//! Source: TeleCMI, *CHUB, webhooks*, read 2026-11. What is inferred from samples is marked.

use dialzio_core::call::{HangupCause, LegResult, LegRole, RecordingKind};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{CallReport, CallReportKind, InboundBody, LegReport, ReportTime};

use super::question;
use crate::body::Fields;
use crate::report::{self, Read};
use crate::{file, hangup, time};

/// The ids of a call, the one of the whole call first. A leg's id is spelled in two ways.
const IDS: [&str; 5] = ["conversation_uuid", "cmiuuid", "cmiuid", "request_id", "call_id"];
/// The id of the leg.
const LEG: [&str; 2] = ["cmiuuid", "cmiuid"];
/// Seconds that only a record has.
const SECONDS: [&str; 4] = ["answeredsec", "waitedsec", "billedsec", "duration"];

/// Reads one report.
pub(crate) fn read(fields: &Fields) -> Read {
    if question::is_one(fields) {
        return question::report(fields);
    }
    let status = fields.text(&["status"]).unwrap_or_default();
    let plain = hangup::plain(&status);
    if plain.starts_with("stream") {
        return Read::other(fields, &plain);
    }
    let kind = kind(fields, &plain);
    let mut report = CallReport::new(kind);
    report.aliases = report::aliases(fields, &IDS);
    report.own = report::own(fields).0;
    if report.aliases.is_empty() && report.own.is_none() {
        return Read::unknown(fields, "no id of a call");
    }
    report.queue = report::queue(fields);
    report.leg.agent = fields.text(&["user", "agent"]);
    report.leg.id = report::aliases(fields, &LEG).into_iter().next();
    match kind {
        CallReportKind::Record => record(fields, &status, &mut report),
        CallReportKind::Live => live(fields, &status, &mut report),
    }
    let at = report::at(fields).and_then(time::instant);
    Read { account: report::account(fields), at, body: InboundBody::Call(Box::new(report)) }
}

/// What sort of report it is. Payloads of 2019 do not say.
fn kind(fields: &Fields, status: &str) -> CallReportKind {
    match fields.text(&["type"]).map(|kind| kind.to_lowercase()).as_deref() {
        Some("cdr") => return CallReportKind::Record,
        Some("event") => return CallReportKind::Live,
        _ => {}
    }
    let of_a_record = ["filename", "voicename", "hangup_reason"];
    let is_record = SECONDS.iter().chain(&of_a_record).any(|name| fields.text(&[name]).is_some());
    let is_live_word = matches!(status, "waiting" | "started" | "ringing" | "hangup");
    let has_live_fields = fields.text(&["app_id"]).is_some() || fields.text(&["leg"]).is_some();
    if is_record || !is_live_word && !has_live_fields { CallReportKind::Record } else { CallReportKind::Live }
}

fn direction(fields: &Fields) -> Option<Direction> {
    match fields.text(&["direction"])?.to_lowercase().as_str() {
        "inbound" | "incoming" => Some(Direction::Inbound),
        "outbound" | "outgoing" => Some(Direction::Outbound),
        _ => None,
    }
}

fn letter(fields: &Fields) -> Option<char> {
    fields.text(&["leg"])?.to_lowercase().chars().next()
}

/// A record: of the whole call, or of one attempt to reach an agent. Its direction is that of the call.
fn record(fields: &Fields, status: &str, report: &mut CallReport) {
    let direction = direction(fields);
    report.direction = direction;
    let role = match (letter(fields), direction) {
        (Some('b'), Some(Direction::Inbound)) => LegRole::Agent,
        (Some('b'), Some(Direction::Outbound)) => LegRole::Customer,
        _ => LegRole::Whole,
    };
    report.leg.role = Some(role);
    if role == LegRole::Whole {
        report.leg.id = None;
    }
    match direction {
        Some(Direction::Outbound) => {
            report.customer = report::number(fields, &["to"]);
            report.our_number = report::number(fields, &["virtual_number", "callerid", "from"]);
        }
        // An attempt to reach an agent repeats the caller; `to` is the agent's telephone in it, and in an answered record.
        _ => {
            report.customer = report::caller(fields, "from");
            let to = report.leg.agent.is_none().then_some("to");
            let ours: Vec<&str> = std::iter::once("virtual_number").chain(to).collect();
            report.our_number = report::number(fields, &ours);
        }
    }
    let cause = fields.text(&["hangup_reason"]).and_then(|word| hangup::cause(&word, direction));
    outcome(
        &mut report.leg,
        status,
        report::at(fields),
        &Seconds { talk: fields.count(&["answeredsec", "billedsec"]), wait: fields.count(&["waitedsec"]) },
    );
    report.leg.cause = cause.or(report.leg.cause);
    report.recordings = recordings(fields);
}

/// The seconds that a record tells.
pub(super) struct Seconds {
    pub(super) talk: Option<u32>,
    pub(super) wait: Option<u32>,
}

/// How a leg or a call ended, and when. The time of a record is that of the answer if it was answered, and otherwise that of
/// the beginning (inferred: the vendor calls it the time of the miss, and its samples end so many seconds later).
pub(super) fn outcome(leg: &mut LegReport, status: &str, at: Option<ReportTime>, seconds: &Seconds) {
    let told = (!status.is_empty()).then(|| hangup::result(status));
    let (result, cause) = match told {
        Some((result, cause)) => (Some(result), cause),
        None if seconds.talk.is_some_and(|talk| talk > 0) => (Some(LegResult::Answered), None),
        // A record that does not say what happened says nothing by its time either.
        None => (None, None),
    };
    leg.cause = cause;
    leg.wait_seconds = seconds.wait;
    let ended = |after: Option<u32>| Some(time::after(at?, after?));
    match &result {
        Some(LegResult::Answered) => {
            leg.talk_seconds = seconds.talk;
            leg.answered = at;
            leg.ended = ended(seconds.talk);
        }
        Some(_) => {
            leg.started = at;
            leg.ended = ended(seconds.wait);
        }
        None => {}
    }
    leg.result = result;
}

/// The recorded files that a record names. `record` and `voicemail` say so too, but only a name can be fetched.
pub(super) fn recordings(fields: &Fields) -> Vec<(String, RecordingKind)> {
    [("filename", RecordingKind::Recording), ("voicename", RecordingKind::Voicemail)]
        .into_iter()
        .filter_map(|(name, kind)| Some((file::kept(&fields.field(name).text()?)?, kind)))
        .collect()
}

/// A live event. Its direction is that of the leg, and the leg to an agent is outbound in a call that came in.
fn live(fields: &Fields, status: &str, report: &mut CallReport) {
    let (direction, role) = match direction(fields) {
        Some(Direction::Inbound) => {
            let role = if letter(fields) == Some('b') { LegRole::Agent } else { LegRole::Customer };
            (Some(Direction::Inbound), Some(role))
        }
        Some(Direction::Outbound) if is_to_agent(fields) => (Some(Direction::Inbound), Some(LegRole::Agent)),
        Some(Direction::Outbound) => {
            let role = match letter(fields) {
                Some('b') => LegRole::Customer,
                Some(_) => LegRole::Agent,
                // The first leg has the id of the call.
                None if is_first(fields) == Some(false) => LegRole::Customer,
                None => LegRole::Agent,
            };
            (Some(Direction::Outbound), Some(role))
        }
        None => (None, None),
    };
    report.direction = direction;
    report.leg.role = role;
    match direction {
        Some(Direction::Outbound) => {
            report.customer = report::number(fields, &["to"]);
            report.our_number = report::number(fields, &["callerid", "virtual_number", "from"]);
        }
        _ => {
            report.customer = report::caller(fields, "from");
            let to = (role == Some(LegRole::Customer)).then_some("to");
            let ours: Vec<&str> = std::iter::once("virtual_number").chain(to).collect();
            report.our_number = report::number(fields, &ours);
        }
    }
    let at = report::at(fields);
    let leg = &mut report.leg;
    match hangup::plain(status).as_str() {
        "waiting" | "started" | "ringing" | "initiated" => leg.started = at,
        "answered" => leg.answered = at,
        "hangup" | "ended" | "completed" => leg.ended = at,
        _ if hangup::is_known_end(status) => {
            let (result, cause) = hangup::result(status);
            (leg.result, leg.cause, leg.ended) = (Some(result), cause, at);
        }
        // An unknown word never ends a call that is in progress.
        _ => {}
    }
    let told = fields.text(&["hangup_reason"]).and_then(|word| hangup::cause(&word, direction));
    leg.cause = told.or(leg.cause.filter(|cause| *cause != HangupCause::Unknown));
}

/// Whether the leg is the one of the call itself; `None` if that cannot be told.
fn is_first(fields: &Fields) -> Option<bool> {
    Some(fields.text(&["conversation_uuid"])? == fields.text(&LEG)?)
}

/// Whether an outbound leg is the one to an agent in a call that came in. What only calls have that were placed from here
/// decides first; teams exist in calls that came in alone.
fn is_to_agent(fields: &Fields) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| fields.text(&[name]).is_some());
    if has(&["callerid", "request_id", "extra_params"]) {
        return false;
    }
    if has(&["team", "ivr_name"]) {
        return true;
    }
    let is_second = letter(fields) == Some('b') || is_first(fields) == Some(false);
    is_second && !has(&["to", "call_id"])
}

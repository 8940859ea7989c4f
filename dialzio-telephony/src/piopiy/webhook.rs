//! Webhooks of Piopiy: records of legs that ended, and live events.
//!
//! Source: TeleCMI, *Piopiy, webhooks*, read 2026-11. Some reports say what they are, later ones do not.

use dialzio_core::call::{LegResult, LegRole, RecordingKind};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{CallReport, CallReportKind, InboundBody};

use super::question;
use crate::body::Fields;
use crate::report::{self, Read};
use crate::{file, hangup, time};

/// The ids of a call, the one of the whole call first.
const IDS: [&str; 5] = ["conversation_uuid", "cmiuuid", "cmiuid", "request_id", "call_id"];
/// The id of the leg.
const LEG: [&str; 2] = ["cmiuuid", "cmiuid"];
/// Fields that may name a recorded file. No sample of the vendor has one (inferred).
const FILES: [&str; 4] = ["filename", "recording", "recording_url", "record_url"];

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
    let kind = match fields.text(&["type"]).map(|kind| kind.to_lowercase()).as_deref() {
        Some("cdr") => CallReportKind::Record,
        Some("event") => CallReportKind::Live,
        _ if fields.text(&["duration"]).is_some() => CallReportKind::Record,
        _ => CallReportKind::Live,
    };
    let mut report = CallReport::new(kind);
    report.aliases = report::aliases(fields, &IDS);
    let (own, is_ours) = report::own(fields);
    report.own = own;
    if report.aliases.is_empty() && own.is_none() {
        return Read::unknown(fields, "no id of a call");
    }
    if status.is_empty() && kind == CallReportKind::Live {
        return Read::unknown(fields, "no state of a call");
    }
    let leg = &mut report.leg;
    leg.id = report::aliases(fields, &LEG).into_iter().next();
    leg.role = Some(if is_second(fields) { LegRole::Second } else { LegRole::First });
    leg.agent = fields.text(&["user", "agent"]);
    parties(fields, is_ours, &mut report);
    match kind {
        CallReportKind::Record => record(fields, &status, &mut report),
        CallReportKind::Live => live(fields, &plain, &mut report),
    }
    let at = report::at(fields).and_then(time::instant);
    Read { account: report::account(fields), at, body: InboundBody::Call(Box::new(report)) }
}

fn is_second(fields: &Fields) -> bool {
    fields.text(&["leg"]).is_some_and(|leg| leg.eq_ignore_ascii_case("b"))
}

/// Whose numbers a leg has. Its direction is the leg's own: the second leg is outbound in a call that came in too, and the
/// first one is at times inbound in a call that we placed. So what only calls have that were placed from here decides first.
fn parties(fields: &Fields, is_ours: bool, report: &mut CallReport) {
    let is_second = is_second(fields);
    let says = |name: &str| fields.truth(name) == Some(true);
    let is_placed =
        is_ours || fields.text(&["request_id"]).is_some() || says("api_init") || says("out") && !is_second;
    let told = fields.text(&["direction"]).map(|direction| direction.to_lowercase());
    report.direction = match told.as_deref() {
        _ if is_placed => Some(Direction::Outbound),
        _ if is_second => None,
        Some("inbound") => Some(Direction::Inbound),
        Some("outbound") => Some(Direction::Outbound),
        _ => None,
    };
    // Agents are known by their numbers. One is rung first in a call that we placed, and second in one that came in.
    if is_second && report.direction.is_none() || is_ours && !is_second {
        let rung = || report::number(fields, &["to"]).map(|to| to.trim_start_matches('+').to_owned());
        report.leg.agent = report.leg.agent.take().or_else(rung);
    }
    match report.direction {
        Some(Direction::Outbound) => {
            // We ring the agent first, so that the first leg of a call that we placed speaks of no one else.
            if is_second || !is_ours {
                report.customer = report::number(fields, &["to"]);
            }
            report.our_number = report::number(fields, &["callerid", "vn", "from"]);
        }
        Some(Direction::Inbound) => {
            report.customer = report::caller(fields, "from");
            report.our_number = report::number(fields, &["to", "vn"]);
        }
        None => {}
    }
}

/// A record of one leg: milliseconds in `time`, seconds in the others. The time of the answer is an old one in records of
/// calls that were not answered.
fn record(fields: &Fields, status: &str, report: &mut CallReport) {
    let leg = &mut report.leg;
    leg.started = report::stamp(fields, "start_time").or_else(|| report::at(fields));
    leg.ended = report::stamp(fields, "end_time");
    if !status.is_empty() {
        let (result, cause) = hangup::result(without_side(status));
        leg.cause = cause;
        if result == LegResult::Answered {
            leg.answered = report::stamp(fields, "answer_time");
            leg.talk_seconds = fields.count(&["duration"]);
        }
        leg.result = Some(result);
    }
    let told = fields.text(&["hangup_reason", "hangup_cause"]);
    leg.cause = told.and_then(|word| hangup::cause(&word, report.direction)).or(leg.cause);
    report.recordings = FILES
        .iter()
        .filter_map(|name| file::kept(&fields.field(name).text()?))
        .map(|file| (file, RecordingKind::Recording))
        .collect();
    report.recordings.dedup();
}

fn live(fields: &Fields, status: &str, report: &mut CallReport) {
    let (at, leg) = (report::at(fields), &mut report.leg);
    let status = without_side(status);
    match status {
        "started" | "ringing" | "initiated" => leg.started = at,
        // `bridged`: the leg was answered and joined to the other one.
        "answered" | "bridged" => leg.answered = at,
        "hangup" | "ended" | "completed" => leg.ended = at,
        _ if hangup::is_known_end(status) => {
            let (result, cause) = hangup::result(status);
            (leg.result, leg.cause, leg.ended) = (Some(result), cause, at);
        }
        // An unknown word never ends a call that is in progress.
        _ => {}
    }
}

/// A state without the side that newer payloads put in front: `in_answered`, `out_started`.
fn without_side(status: &str) -> &str {
    let rest = |side: &&str| {
        let (begin, rest) = status.split_at_checked(side.len())?;
        (begin.eq_ignore_ascii_case(side) && !rest.is_empty()).then_some(rest)
    };
    ["in_", "out_"].iter().find_map(rest).unwrap_or(status)
}

//! Elements of `calls`: calls that begin and end, and what becomes of a call to a person.
//!
//! Descriptions of the media session (SDP) come with them. They hold addresses of networks, serve for seconds, and are taken out
//! before anything is kept.

use chrono::{DateTime, Utc};
use dialzio_core::{
    call::{CallAlias, HangupCause, LegResult, LegRole},
    conversation::Direction,
    provider::{CallReport, CallReportKind, Inbound, InboundBody, LegReport, ReportTime},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    person::{self, Contact, Named, is_somebody},
    status::{MetaWebhookError, failure},
    value::{Value, moment},
};
use crate::{object::part, scalar::Scalar};

/// The members that hold descriptions of media sessions, at whatever depth.
const MEDIA: [&str; 2] = ["session", "connection"];

/// A call that begins or has ended.
#[derive(Default, Deserialize)]
#[serde(default)]
struct MetaCall<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow)]
    event: Scalar<'a>,
    #[serde(borrow)]
    direction: Scalar<'a>,
    #[serde(borrow)]
    timestamp: Scalar<'a>,
    #[serde(borrow)]
    from: Scalar<'a>,
    #[serde(borrow)]
    from_user_id: Scalar<'a>,
    #[serde(borrow)]
    from_parent_user_id: Scalar<'a>,
    #[serde(borrow)]
    to: Scalar<'a>,
    #[serde(borrow)]
    to_user_id: Scalar<'a>,
    #[serde(borrow)]
    to_parent_user_id: Scalar<'a>,
    #[serde(borrow)]
    status: Scalar<'a>,
    /// When it was picked up; absent if nobody did, like the two after it.
    #[serde(borrow)]
    start_time: Scalar<'a>,
    #[serde(borrow)]
    end_time: Scalar<'a>,
    #[serde(borrow)]
    duration: Scalar<'a>,
    #[serde(borrow)]
    errors: Option<&'a RawValue>,
}

/// What becomes of a call that the business placed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct MetaCallStatus<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow)]
    status: Scalar<'a>,
    #[serde(borrow)]
    timestamp: Scalar<'a>,
    #[serde(borrow)]
    recipient_id: Scalar<'a>,
    #[serde(borrow)]
    recipient_user_id: Scalar<'a>,
    #[serde(borrow)]
    recipient_parent_user_id: Scalar<'a>,
}

/// JSON without descriptions of media sessions. What is not JSON is left unchanged.
pub(super) fn without_media(raw: &str) -> String {
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(members) => {
                members.retain(|name, _| !MEDIA.contains(&name.as_str()));
                members.values_mut().for_each(strip);
            }
            serde_json::Value::Array(elements) => elements.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(raw) else { return raw.to_owned() };
    strip(&mut value);
    value.to_string()
}

/// The element with the errors that stand beside it, if they say why this call failed: they then stand inside, so that it is read
/// alone as it was. `None` if they are about something else.
pub(super) fn with_errors(raw: &str, errors: &[&RawValue]) -> Option<String> {
    let mut value: serde_json::Value = serde_json::from_str(raw).ok()?;
    if errors.is_empty() || value.get("status")? != FAILED || value.get("errors").is_some() {
        return None;
    }
    let errors = errors.iter().map(|error| serde_json::from_str(error.get()));
    let errors = errors.collect::<Result<Vec<serde_json::Value>, _>>().ok()?;
    value.as_object_mut()?.insert("errors".to_owned(), errors.into());
    Some(value.to_string())
}

const FAILED: &str = "FAILED";

/// Reads an element of `calls`.
pub(super) fn read(value: &Value<'_, '_>, raw: &str) -> Inbound {
    let raw = &without_media(raw);
    let Ok(call) = serde_json::from_str::<MetaCall<'_>>(raw) else {
        return value.unknown("calls", raw, "a call of no known shape".to_owned());
    };
    let Some(id) = call.id.text().and_then(CallAlias::parse) else {
        return value.unknown("calls", raw, "a call without an id".to_owned());
    };
    let direction = direction(&call, value);
    let at = call.timestamp.integer().and_then(moment);
    let (kind, leg, why) = match call.event.text().unwrap_or_default() {
        "connect" => {
            let leg = LegReport { role: Some(LegRole::Whole), started: time(at), ..LegReport::default() };
            (CallReportKind::Live, leg, None)
        }
        "terminate" => {
            let errors: Vec<MetaWebhookError<'_>> = part(call.errors).unwrap_or_default();
            let failed = call.status.text() == Some(FAILED);
            let why = errors.first().filter(|_| failed).map(|error| failure(Some(error)));
            (CallReportKind::Record, ended(&call, direction, at), why)
        }
        other => return value.unknown("calls", raw, format!("call {other}")),
    };
    let (phone, user_id, parent_id) = match direction {
        Direction::Inbound => (&call.from, &call.from_user_id, &call.from_parent_user_id),
        Direction::Outbound => (&call.to, &call.to_user_id, &call.to_parent_user_id),
    };
    // One documented example has our own number in the person's place.
    let phone = phone.filled().filter(|text| !is_ours(text, value));
    let named = Named { phone, user_id: user_id.filled(), parent_id: parent_id.filled() };
    let mut report = CallReport { leg, failure: why, ..CallReport::new(kind) };
    report.direction = Some(direction);
    file(value, "calls", raw, id, at, named, report)
}

/// Reads an element of `statuses` that stands beside calls. Only calls of the business have them.
pub(super) fn status(value: &Value<'_, '_>, raw: &str) -> Inbound {
    let raw = &without_media(raw);
    let Ok(status) = serde_json::from_str::<MetaCallStatus<'_>>(raw) else {
        return value.unknown("statuses", raw, "a status of no known shape".to_owned());
    };
    let Some(id) = status.id.text().and_then(CallAlias::parse) else {
        return value.unknown("statuses", raw, "a status without an id".to_owned());
    };
    let at = status.timestamp.integer().and_then(moment);
    let customer = LegReport { role: Some(LegRole::Customer), ..LegReport::default() };
    let leg = match status.status.text().unwrap_or_default() {
        "RINGING" => LegReport { started: time(at), ..customer },
        "ACCEPTED" => LegReport { answered: time(at), ..customer },
        // About the call as a whole, so that no later end of it says otherwise.
        "REJECTED" => LegReport {
            role: Some(LegRole::Whole),
            ended: time(at),
            result: Some(LegResult::Busy),
            cause: Some(HangupCause::Rejected),
            ..LegReport::default()
        },
        other => return value.unknown("statuses", raw, format!("status {other}")),
    };
    let named = Named {
        phone: status.recipient_id.filled(),
        user_id: status.recipient_user_id.filled(),
        parent_id: status.recipient_parent_user_id.filled(),
    };
    let mut report = CallReport { leg, ..CallReport::new(CallReportKind::Live) };
    report.direction = Some(Direction::Outbound);
    file(value, "statuses", raw, id, at, named, report)
}

fn file(
    value: &Value<'_, '_>,
    list: &str,
    raw: &str,
    id: CallAlias,
    at: Option<DateTime<Utc>>,
    named: Named<'_>,
    mut report: CallReport,
) -> Inbound {
    let (person, contact): (_, Option<&Contact<'_>>) = person::sender(named, &value.contacts);
    report.aliases = vec![id];
    report.our_number = value.metadata.display_phone_number.owned();
    if is_somebody(&person) {
        report.person = Some(Box::new(person));
    } else {
        report.customer = Some(String::new());
    }
    Inbound {
        account: value.account(),
        at,
        body: InboundBody::Call(Box::new(report)),
        raw: value.alone(list, raw, contact),
    }
}

fn time(at: Option<DateTime<Utc>>) -> Option<ReportTime> {
    at.map(ReportTime::At)
}

fn is_ours(text: &str, value: &Value<'_, '_>) -> bool {
    let ours = person::phone(value.metadata.display_phone_number.text());
    ours.is_some() && person::phone(Some(text)) == ours
}

/// Which way a call goes. Payloads of before have no word for it, and are told by whose number it comes from.
fn direction(call: &MetaCall<'_>, value: &Value<'_, '_>) -> Direction {
    match call.direction.text() {
        Some("BUSINESS_INITIATED") => Direction::Outbound,
        Some("USER_INITIATED") => Direction::Inbound,
        _ if call.from.filled().is_some_and(|from| is_ours(from, value)) => Direction::Outbound,
        _ => Direction::Inbound,
    }
}

/// How a call ended. `COMPLETED` says only that nothing broke: that it was picked up is told by its times alone.
fn ended(call: &MetaCall<'_>, direction: Direction, at: Option<DateTime<Utc>>) -> LegReport {
    let second = |scalar: &Scalar<'_>| scalar.integer().and_then(moment);
    let talk_seconds = call.duration.integer().and_then(|seconds| u32::try_from(seconds).ok());
    let answered = second(&call.start_time);
    let picked_up = answered.is_some() || talk_seconds.is_some_and(|seconds| seconds > 0);
    let word = call.status.text().unwrap_or_default();
    let failed = word == FAILED;
    let (role, result) = match (picked_up, direction, word) {
        (true, _, _) => (LegRole::Whole, Some(LegResult::Answered)),
        (false, Direction::Inbound, _) => (LegRole::Whole, Some(LegResult::Missed)),
        // On the person's leg, so that it does not hide that the person declined.
        (false, Direction::Outbound, FAILED) => (LegRole::Customer, Some(LegResult::Failed)),
        // Whether the person picked up is told by a status.
        (false, Direction::Outbound, "COMPLETED" | "") => (LegRole::Whole, None),
        (false, Direction::Outbound, other) => (LegRole::Whole, Some(LegResult::Other(other.to_owned()))),
    };
    LegReport {
        role: Some(role),
        answered: time(answered),
        ended: time(second(&call.end_time).or(at)),
        result,
        talk_seconds: talk_seconds.filter(|_| picked_up),
        cause: failed.then_some(HangupCause::Failed),
        ..LegReport::default()
    }
}

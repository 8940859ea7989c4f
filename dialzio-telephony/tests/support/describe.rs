//! One line for each element of a decoded webhook, to be compared with a table. Values are named by the fields of the payload
//! that they come from, so that one table holds for every payload of a kind.

use chrono::{DateTime, Utc};
use dialzio_core::call::LegRole;
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{CallReport, Inbound, InboundBody, ReportTime};
use serde_json::Value;

/// What an element is.
pub(crate) fn describe(payload: &Value, inbound: &Inbound) -> String {
    match &inbound.body {
        InboundBody::Call(report) => call(payload, report),
        InboundBody::Account { what } => format!("account {what}"),
        InboundBody::Unknown { what } => format!("unknown {what}"),
        other => other.kind().to_owned(),
    }
}

fn call(payload: &Value, report: &CallReport) -> String {
    let leg = &report.leg;
    let word = |word: Option<&'static str>| word.unwrap_or("-").to_owned();
    let mut line = vec![
        report.kind.to_string(),
        word(report.direction.map(Direction::as_str)),
        format!("{}:", word(leg.role.map(LegRole::as_str))),
        format!("person={}", number(payload, &["from", "to"], report.customer.as_deref())),
        format!(
            "us={}",
            number(
                payload,
                &["virtual_number", "callerid", "vn", "to", "from"],
                report.our_number.as_deref()
            )
        ),
    ];
    let times = [("started", leg.started), ("answered", leg.answered), ("ended", leg.ended)];
    line.extend(times.iter().filter_map(|(name, at)| Some(format!("{name}={}", time(payload, (*at)?)))));
    line.extend(leg.result.as_ref().map(|result| format!("{result:?}").to_lowercase()));
    line.extend(leg.cause.map(|cause| cause.to_string()));
    let parts = [
        ("talk", leg.talk_seconds.is_some()),
        ("wait", leg.wait_seconds.is_some()),
        ("agent", leg.agent.is_some()),
        ("queue", report.queue.is_some()),
        ("own", report.own.is_some()),
    ];
    line.extend(parts.iter().filter(|(_, there)| *there).map(|(name, _)| (*name).to_owned()));
    line.extend(report.recordings.iter().map(|(_, kind)| kind.to_string()));
    line.join(" ")
}

/// What a field says, as text.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn number(payload: &Value, names: &[&str], found: Option<&str>) -> String {
    let Some(found) = found else { return "-".to_owned() };
    if found.is_empty() {
        return "withheld".to_owned();
    }
    let named = names.iter().find(|name| text(&payload[**name]).as_deref() == Some(found));
    named.map_or_else(|| "another".to_owned(), |name| (*name).to_owned())
}

fn time(payload: &Value, found: ReportTime) -> String {
    let ReportTime::At(at) = found else { return "local".to_owned() };
    let is = |name: &&&str| payload[**name].as_i64().and_then(instant) == Some(at);
    let named =
        ["start_time", "answer_time", "end_time", "time"].iter().find(is).map(|name| (*name).to_owned());
    named.unwrap_or_else(|| {
        if instant(payload["time"].as_i64().unwrap_or_default()) < Some(at) { "later" } else { "earlier" }
            .to_owned()
    })
}

fn instant(count: i64) -> Option<DateTime<Utc>> {
    if count > 100_000_000_000 {
        DateTime::from_timestamp_millis(count)
    } else {
        DateTime::from_timestamp(count, 0)
    }
}

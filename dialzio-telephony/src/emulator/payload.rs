//! What the vendor tells of a call: live events, records, and rows of its lists, in the documented shapes.
//!
//! Source: TeleCMI, *CHUB* and *Piopiy* reference, read 2026-11.

use chrono::{DateTime, Utc};
use dialzio_core::conversation::Direction;
use serde_json::{Map, Value, json};

use super::{
    call::{Call, Leg, Which},
    config::{EmulatedAccount, Product},
};

/// What all accounts have set in the dashboard.
const CUSTOM: &str = r#"{"emulated":"true"}"#;
/// The team that takes calls.
const TEAM: &str = "Sales";

/// A number as records write it: an integer, or the text if it is none.
fn number(text: &str) -> Value {
    text.parse::<u64>().map_or_else(|_| json!(text), |digits| json!(digits))
}

fn team(account: &EmulatedAccount) -> String {
    format!("{TEAM}_{}", account.app_id)
}

/// What a call was placed with, which comes back as JSON in a text.
fn given(call: &Call) -> Option<String> {
    call.shown.extra_params.as_ref().map(Value::to_string)
}

/// Who is called or calls, as reports write it.
fn customer<'a>(call: &'a Call, hidden: &'a str) -> &'a str {
    call.shown.customer.as_deref().unwrap_or(hidden)
}

/// Adds members to an object.
fn with(mut body: Value, more: Value) -> Value {
    if let (Some(fields), Value::Object(more)) = (body.as_object_mut(), more) {
        fields.extend(more);
    }
    body
}

/// Adds a member that is there.
fn put<T: Into<Value>>(body: &mut Value, name: &str, value: Option<T>) {
    if let (Some(fields), Some(value)) = (body.as_object_mut(), value) {
        fields.insert(name.to_owned(), value.into());
    }
}

/// A live event about a leg.
pub(super) fn event(
    account: &EmulatedAccount,
    call: &Call,
    which: Which,
    status: &str,
    at: DateTime<Utc>,
    hidden: &str,
) -> Option<Value> {
    let leg = call.leg(which)?;
    Some(match account.product {
        Product::TeleCmi => telecmi_event(account, call, which, leg, status, at, hidden),
        Product::Piopiy => piopiy_leg(account, call, which, leg, &side(call, which, status), at, hidden),
    })
}

fn telecmi_event(
    account: &EmulatedAccount,
    call: &Call,
    which: Which,
    leg: &Leg,
    status: &str,
    at: DateTime<Utc>,
    hidden: &str,
) -> Value {
    let body = json!({
        "type": "event", "conversation_uuid": call.first.id, "cmiuuid": leg.id, "app_id": account.app_id,
        "time": at.timestamp_millis(), "custom": CUSTOM, "status": status,
    });
    let caller = customer(call, hidden);
    match (call.shown.direction, which) {
        (Direction::Inbound, Which::First) => {
            with(body, json!({"direction": "inbound", "from": caller, "to": call.shown.our_number}))
        }
        (Direction::Inbound, Which::Second) => with(
            body,
            json!({"leg": "b", "direction": "outbound", "from": caller, "team": team(account), "user": leg.party}),
        ),
        (Direction::Outbound, which) => {
            let letter = if which == Which::First { "a" } else { "b" };
            let mut body = with(
                body,
                json!({"leg": letter, "direction": "outbound", "call_id": call.sip_id, "user": call.shown.agent,
                       "callerid": call.shown.our_number, "to": caller}),
            );
            put(&mut body, "request_id", call.shown.request_id.clone());
            put(&mut body, "extra_params", given(call));
            body
        }
    }
}

/// A state with the side in front, as newer payloads of Piopiy have it.
fn side(call: &Call, which: Which, status: &str) -> String {
    match (call.shown.direction, which) {
        (Direction::Inbound, Which::First) => format!("in_{status}"),
        _ => format!("out_{status}"),
    }
}

/// What every report of Piopiy about a leg holds.
fn piopiy_leg(
    account: &EmulatedAccount,
    call: &Call,
    which: Which,
    leg: &Leg,
    status: &str,
    at: DateTime<Utc>,
    hidden: &str,
) -> Value {
    let ours = number(&call.shown.our_number);
    let (from, to, direction) = match (call.shown.direction, which) {
        (Direction::Inbound, Which::First) => (number(customer(call, hidden)), ours.clone(), "inbound"),
        _ => (ours.clone(), number(&leg.party), "outbound"),
    };
    // A call that was placed by request has the id of the request as that of the conversation.
    let conversation = call.shown.request_id.as_deref().unwrap_or(&call.first.id);
    let mut body = json!({
        "appid": account.app_id, "conversation_uuid": conversation, "cmiuuid": leg.id, "direction": direction,
        "leg": if which == Which::First { "a" } else { "b" }, "status": status, "from": from, "to": to,
        "time": at.timestamp_millis(),
    });
    if direction == "outbound" {
        put(&mut body, "callerid", Some(ours.clone()));
        put(&mut body, "vn", Some(ours));
    }
    put(&mut body, "request_id", call.shown.request_id.clone());
    put(&mut body, "extra_params", given(call));
    body
}

/// The record of a whole call of TeleCMI, or of each leg of one of Piopiy.
pub(super) fn records(account: &EmulatedAccount, call: &Call, hidden: &str) -> Vec<Value> {
    match account.product {
        Product::TeleCmi => vec![telecmi_record(account, call, hidden)],
        Product::Piopiy => {
            let second =
                call.leg(Which::Second).map(|leg| piopiy_record(account, call, Which::Second, leg, hidden));
            let first = piopiy_record(account, call, Which::First, &call.first, hidden);
            std::iter::once(first).chain(second).collect()
        }
    }
}

fn telecmi_record(account: &EmulatedAccount, call: &Call, hidden: &str) -> Value {
    let answered = call.was_answered();
    let mut body = json!({
        "type": "cdr", "appid": account.app_id, "cmiuuid": call.first.id, "custom": CUSTOM,
        "status": if answered { "answered" } else { "missed" }, "time": call.listed_at().timestamp_millis(),
        "direction": call.shown.direction.as_str(), "hangup_reason": call.reason,
    });
    if answered {
        put(&mut body, "answeredsec", Some(call.talk_seconds()));
        put(&mut body, "record", call.shown.recording.is_some().then_some(true));
        put(&mut body, "filename", call.shown.recording.clone());
    }
    let caller = number(customer(call, hidden));
    match call.shown.direction {
        Direction::Inbound => {
            let mut body = with(
                body,
                json!({"virtual_number": number(&call.shown.our_number), "from": caller,
                       "conversation_uuid": call.first.id, "team": team(account), "ivr_name": "main"}),
            );
            if answered {
                put(&mut body, "user", call.shown.agent.clone());
                put(&mut body, "to", phone(account, call).map(number));
            } else {
                put(&mut body, "waitedsec", Some(call.all_seconds()));
                put(&mut body, "voicemail", call.shown.voicemail.is_some().then_some(true));
                put(&mut body, "voicename", call.shown.voicemail.clone());
            }
            body
        }
        Direction::Outbound => {
            let mut body = with(
                body,
                json!({"virtual_number": call.shown.our_number, "call_id": call.sip_id, "leg": "a", "to": caller,
                       "user": call.shown.agent}),
            );
            put(&mut body, "request_id", call.shown.request_id.clone());
            put(&mut body, "extra_params", given(call));
            body
        }
    }
}

/// The telephone of the agent of a call.
fn phone<'a>(account: &'a EmulatedAccount, call: &Call) -> Option<&'a str> {
    let agent = call.shown.agent.as_deref()?;
    account.agents.iter().find(|known| known.id == agent).map(|known| known.phone.as_str())
}

/// The record of an attempt to reach an agent of TeleCMI. It names the leg alone, and not the call.
pub(super) fn attempt(account: &EmulatedAccount, call: &Call, reason: &str, hidden: &str) -> Option<Value> {
    let leg = call.leg(Which::Second)?;
    let agent = account.agents.iter().find(|agent| agent.id == leg.party)?;
    (account.product == Product::TeleCmi).then(|| {
        json!({
            "type": "cdr", "appid": account.app_id, "direction": "inbound", "leg": "b", "cmiuuid": leg.id,
            "user": leg.party, "status": "missed", "to": number(&agent.phone), "from": number(customer(call, hidden)),
            "time": leg.started.timestamp_millis(), "team": team(account), "hangup_reason": reason, "custom": CUSTOM,
        })
    })
}

fn piopiy_record(account: &EmulatedAccount, call: &Call, which: Which, leg: &Leg, hidden: &str) -> Value {
    let status = if leg.answered.is_some() { "answered" } else { "missed" };
    let body = piopiy_leg(account, call, which, leg, status, leg.started, hidden);
    let ended = leg.ended.or(call.shown.ended_at);
    let mut body = with(
        body,
        json!({"type": "cdr", "duration": leg.talk_seconds(), "start_time": leg.started.timestamp(), "call_rate": "0.400000",
               "balance": "500.000000"}),
    );
    put(&mut body, "answer_time", leg.answered.map(|at| at.timestamp()));
    put(&mut body, "end_time", ended.map(|at| at.timestamp()));
    // Where the name of a recording stands is not documented: it is given where the other product has it.
    if which == Which::First {
        let left = call.shown.voicemail.clone().filter(|_| call.playing.is_some());
        put(&mut body, "filename", call.shown.recording.clone().or(left));
    }
    body
}

/// A row of one of TeleCMI's lists.
pub(super) fn row(account: &EmulatedAccount, call: &Call, hidden: &str) -> Value {
    let caller = number(customer(call, hidden));
    let outbound = call.shown.direction == Direction::Outbound;
    let (from, to) = match (outbound, call.was_answered()) {
        // In lists of calls that went out our number is a text.
        (true, _) => (json!(call.shown.our_number), caller),
        (false, true) => {
            (caller, phone(account, call).map_or_else(|| number(&call.shown.our_number), number))
        }
        (false, false) => (caller, number(&call.shown.our_number)),
    };
    // The time in a menu or a queue is billed too.
    let billed = match (call.was_answered(), outbound) {
        (true, _) => call.talk_seconds(),
        (false, false) => call.all_seconds(),
        (false, true) => 0,
    };
    let mut body = json!({
        "cmiuid": call.first.id, "duration": call.all_seconds(), "billedsec": billed, "rate": 0, "name": "unknown",
        "from": from, "to": to, "time": call.listed_at().timestamp_millis(),
    });
    put(&mut body, "agent", call.shown.agent.clone().filter(|_| outbound || call.was_answered()));
    if let Some(file) = &call.shown.recording {
        put(&mut body, "filename", Some(file.clone()));
        put(&mut body, "record", Some("true"));
    }
    body
}

/// A row of a look-up in Piopiy. It has no ids.
pub(super) fn look_up(account: &EmulatedAccount, call: &Call, which: Which, hidden: &str) -> Option<Value> {
    let leg = call.leg(which)?;
    let whole = piopiy_record(account, call, which, leg, hidden);
    let kept = ["duration", "balance", "from", "to", "time", "leg", "direction", "status"];
    let mut row: Map<String, Value> =
        kept.iter().filter_map(|name| Some(((*name).to_owned(), whole.get(*name)?.clone()))).collect();
    row.insert("rate".to_owned(), json!("0.400000"));
    Some(Value::Object(row))
}

//! Single values: their spellings, and what an odd one costs.

use chrono::{DateTime, NaiveDate};
use dialzio_core::call::{HangupCause, LegResult, LegRole, RecordingKind};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{CallReport, CallReportKind, ReportTime};
use serde_json::{Value, json};

use crate::{call, decode, piopiy, telecmi};

/// A record of a missed call with other fields.
fn record(fields: &Value) -> CallReport {
    let mut payload = json!({
        "type": "cdr", "appid": 3333301, "direction": "inbound", "status": "missed", "cmiuuid": "a1",
        "from": 919876500001_u64, "time": 1790000100000_u64,
    });
    payload.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    call(&*telecmi(), &payload)
}

#[test]
fn a_time_is_read_in_seconds_milliseconds_iso_and_without_a_zone() {
    let at = ReportTime::At(DateTime::from_timestamp(1_790_000_100, 0).unwrap());
    for time in [
        json!(1790000100000_u64),
        json!(1790000100),
        json!("1790000100000"),
        json!("1790000100"),
        json!(1_790_000_100.0),
        json!("2026-09-21T14:15:00Z"),
        json!("2026-09-21T19:45:00+05:30"),
    ] {
        assert_eq!(record(&json!({ "time": time })).leg.started, Some(at), "{time}");
    }
    let local = NaiveDate::from_ymd_opt(2026, 9, 21).unwrap().and_hms_opt(19, 45, 0).unwrap();
    let report = record(&json!({"time": "2026-09-21 19:45:00", "waitedsec": 15}));
    assert_eq!(report.leg.started, Some(ReportTime::Local(local)));
    assert_eq!(report.leg.ended, Some(ReportTime::Local(local + chrono::TimeDelta::seconds(15))));
    for odd in [json!(""), json!(null), json!("soon"), json!(-5), json!(0), json!({}), json!(1e300)] {
        assert_eq!(record(&json!({ "time": odd })).leg.started, None, "{odd}");
    }
}

#[test]
fn a_number_that_became_a_fraction_on_the_way_is_the_number() {
    for (from, wanted) in [
        (r#"919876500001"#, "919876500001"),
        (r#""919876500001""#, "919876500001"),
        (r#"919876500001.0"#, "919876500001"),
        (r#"9.19876500001E11"#, "919876500001"),
        (r#""9.19876500001e+11""#, "919876500001"),
        (r#"9.2E+11"#, "9.2E+11"),
        (r#""+91 98765 00001""#, "+91 98765 00001"),
    ] {
        let body = format!(
            r#"{{"type":"cdr","direction":"inbound","cmiuuid":"a1","status":"missed","from":{from}}}"#
        );
        let found = decode(&*telecmi(), body);
        let dialzio_core::provider::InboundBody::Call(report) = &found[0].body else { panic!("no call") };
        assert_eq!(report.customer.as_deref(), Some(wanted), "{from}");
    }
}

#[test]
fn odd_values_cost_themselves_and_nothing_else() {
    let report = record(&json!({
        "waitedsec": {"s": 1}, "hangup_reason": ["x"], "team": 7, "virtual_number": {}, "user": true,
        "voicename": "a\u{0}b", "conversation_uuid": "with a space", "request_id": [1],
    }));
    assert_eq!(report.leg.result, Some(LegResult::Missed));
    assert_eq!((report.leg.wait_seconds, report.leg.cause, report.our_number), (None, None, None));
    assert_eq!(report.aliases.len(), 1);
    assert!(report.recordings.is_empty());
}

#[test]
fn a_recording_is_kept_by_its_name_and_never_with_the_secret() {
    let files = |name: &str| record(&json!({ "filename": name })).recordings;
    let link = "https://rest.telecmi.com/v2/play?appid=3333301&secret=an-app-secret&file=1790_3333301.mp3";
    assert_eq!(files(link), [("1790_3333301.mp3".to_owned(), RecordingKind::Recording)]);
    let link = "https://files.telecmi.example/a.mp3?token=an-app-secret";
    assert_eq!(files(link), [("https://files.telecmi.example/a.mp3".to_owned(), RecordingKind::Recording)]);
    assert_eq!(files(""), []);
    assert_eq!(files("null"), []);
}

#[test]
fn words_in_another_case_are_the_same_words() {
    let report =
        record(&json!({"type": "CDR", "direction": "Outbound", "status": "ANSWERED", "leg": "A", "to": 1}));
    assert_eq!((report.kind, report.direction), (CallReportKind::Record, Some(Direction::Outbound)));
    assert_eq!((report.leg.role, report.leg.result), (Some(LegRole::Whole), Some(LegResult::Answered)));
}

#[test]
fn how_it_ended_is_told_by_whatever_word() {
    for (status, result, cause) in [
        ("no-answer", LegResult::Missed, Some(HangupCause::NotAnswered)),
        ("Busy", LegResult::Busy, Some(HangupCause::Busy)),
        ("FAILED", LegResult::Failed, Some(HangupCause::Failed)),
        ("canceled", LegResult::Missed, Some(HangupCause::Cancelled)),
        ("Rang Out", LegResult::Other("Rang Out".to_owned()), None),
    ] {
        let report = record(&json!({ "status": status }));
        assert_eq!((report.leg.result, report.leg.cause), (Some(result), cause), "{status}");
    }
    let declined = record(&json!({"direction": "outbound", "hangup_reason": "sent_reject"}));
    assert_eq!(
        declined.leg.cause,
        Some(HangupCause::Cancelled),
        "the agent declined; the person was not rung"
    );
    let declined = record(&json!({"direction": "outbound", "hangup_reason": "recv_reject"}));
    assert_eq!(declined.leg.cause, Some(HangupCause::Rejected));
}

/// Something is left of every word, so that none of the states has no name.
#[test]
fn a_word_that_is_only_the_side_of_a_call_stays_a_word() {
    let report = call(&*piopiy(), &json!({"status": "OUT_", "duration": 0, "cmiuuid": "a1"}));
    assert_eq!(report.leg.result, Some(LegResult::Other("OUT_".to_owned())));
    assert_eq!(record(&json!({"status": " \u{7} "})).leg.result, None);
}

/// A payload of 2019 has neither a type nor the account.
#[test]
fn a_report_that_does_not_say_what_it_is_is_known_by_its_fields() {
    let kind = |payload: Value| call(&*telecmi(), &payload).kind;
    assert_eq!(
        kind(json!({"cmiuid": "a", "direction": "inbound", "status": "answered", "answeredsec": 4})),
        CallReportKind::Record
    );
    assert_eq!(
        kind(json!({"cmiuid": "a", "direction": "inbound", "status": "missed"})),
        CallReportKind::Record
    );
    assert_eq!(
        kind(json!({"cmiuid": "a", "direction": "inbound", "status": "waiting"})),
        CallReportKind::Live
    );
    assert_eq!(
        kind(json!({"cmiuid": "a", "leg": "b", "direction": "outbound", "status": "answered"})),
        CallReportKind::Live
    );
    let kind = |payload: Value| call(&*piopiy(), &payload).kind;
    assert_eq!(
        kind(json!({"cmiuuid": "a", "leg": "a", "status": "missed", "duration": 0})),
        CallReportKind::Record
    );
    assert_eq!(kind(json!({"cmiuuid": "a", "leg": "a", "status": "in_started"})), CallReportKind::Live);
}

/// An unknown word in a live event never ends a call that is in progress.
#[test]
fn an_unknown_word_of_a_live_event_says_nothing_about_the_end() {
    for provider in [telecmi(), piopiy()] {
        let report = call(
            &*provider,
            &json!({
                "type": "event", "direction": "inbound", "leg": "a", "cmiuuid": "a1", "from": "919876500001",
                "time": 1790000100000_u64, "status": "in_levitating",
            }),
        );
        assert_eq!((report.kind, report.leg.result, report.leg.ended), (CallReportKind::Live, None, None));
        assert_eq!(report.customer.as_deref(), Some("919876500001"));
    }
}

/// The leg to an agent is outbound in a call that came in, and so is each leg of one that we placed.
#[test]
fn an_outbound_leg_is_told_from_a_call_that_went_out() {
    let leg = |more: Value| {
        let mut payload = json!({
            "type": "event", "direction": "outbound", "cmiuuid": "b2", "conversation_uuid": "a1", "status": "started",
            "from": "919876500001",
        });
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let report = call(&*telecmi(), &payload);
        (report.direction, report.leg.role)
    };
    let to_agent = (Some(Direction::Inbound), Some(LegRole::Agent));
    let to_person = (Some(Direction::Outbound), Some(LegRole::Customer));
    assert_eq!(leg(json!({"leg": "b", "team": "Sales_1", "user": "101_1"})), to_agent);
    assert_eq!(leg(json!({"leg": "b", "user": "101_1"})), to_agent);
    assert_eq!(leg(json!({"user": "101_1"})), to_agent);
    assert_eq!(leg(json!({"leg": "b", "team": "Sales_1", "to": "919876500101"})), to_agent);
    assert_eq!(leg(json!({"leg": "b", "to": "919876500001", "callerid": "914412345678"})), to_person);
    assert_eq!(leg(json!({"leg": "b", "to": "919876500001", "call_id": "x"})), to_person);
    assert_eq!(leg(json!({"to": "919876500001", "request_id": "r"})), to_person);
    assert_eq!(
        leg(json!({"leg": "a", "to": "919876500001", "callerid": "914412345678"})).1,
        Some(LegRole::Agent)
    );
}

/// In Piopiy the second leg is outbound in every call, so it says nothing of the way that the call went.
#[test]
fn the_second_leg_of_piopiy_tells_no_direction_unless_the_call_was_placed() {
    let leg = |more: Value| {
        let mut payload = json!({"leg": "b", "direction": "outbound", "cmiuuid": "b2", "status": "answered", "to": 919876500101_u64, "duration": 4});
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let report = call(&*piopiy(), &payload);
        (report.direction, report.customer.is_some(), report.leg.agent.is_some())
    };
    assert_eq!(leg(json!({})), (None, false, true));
    assert_eq!(leg(json!({"out": true})), (None, false, true));
    assert_eq!(leg(json!({"request_id": "r"})), (Some(Direction::Outbound), true, false));
    assert_eq!(
        leg(json!({"extra_params": "{'dialzio_call':'x'}"})),
        (Some(Direction::Outbound), true, false)
    );
}

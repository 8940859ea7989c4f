//! Piopiy's question what to do with a call that comes in, and the program that answers it.

use bytes::Bytes;
use dialzio_core::PhoneNumber;
use dialzio_core::call::LegRole;
use dialzio_core::call_flow::{CallProgram, CallStep, Dial, DialTarget, SoundUrl};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{
    InboundBody, IncomingCall, ProviderError, RawWebhook, TelephonyProvider, VerifiedWebhook, WebhookDecoder,
    WebhookMethod, WebhookSecrets,
};
use dialzio_core::text::SpokenText;
use serde_json::{Value, json};

use crate::corpus::{folders, json as payload};
use crate::fixture::{alias, piopiy};

/// The fields of an action that are ours to choose.
const OURS: [&str; 2] = ["duration", "loop"];

fn digits(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn verified(query: &str, body: impl Into<Bytes>) -> VerifiedWebhook {
    let raw = RawWebhook {
        method: if query.is_empty() { WebhookMethod::Post } else { WebhookMethod::Get },
        query: query.to_owned(),
        headers: Vec::new(),
        body: body.into(),
    };
    piopiy().verify(raw, &WebhookSecrets { app: Vec::new(), verify_token: None }).unwrap()
}

fn asked(body: &Value) -> Result<IncomingCall, ProviderError> {
    piopiy().incoming_call(&verified("", body.to_string()))
}

#[test]
fn a_question_of_piopiy_is_read_and_is_a_call_that_rings() {
    for folder in folders("piopiy") {
        for name in ["answer-url-request-inbound", "answer-url-request-inbound-india"] {
            let body = payload(&folder, name);
            let question = asked(&body).unwrap();
            assert_eq!(question.from, digits(&body["from"]), "{name}");
            assert_eq!(question.to, Some(digits(&body["to"])), "{name}");
            assert_eq!(question.account, None);
            let [element] = piopiy().decode(&verified("", body.to_string())).try_into().unwrap();
            let InboundBody::Call(report) = element.body else { panic!("{name}") };
            let id = alias(body["cmiuuid"].as_str().unwrap());
            assert_eq!((report.direction, report.by_flow), (Some(Direction::Inbound), true));
            assert_eq!(report.aliases, std::slice::from_ref(&id));
            assert_eq!((report.leg.id, report.leg.role), (Some(id), Some(LegRole::First)));
            assert_eq!(report.customer, Some(digits(&body["from"])));
            assert!(report.leg.started.is_some() && report.leg.result.is_none());
            assert_eq!(element.at.map(|at| at.timestamp_millis()), body["time"].as_i64());
        }
    }
}

#[test]
fn a_question_is_read_from_a_form_and_from_the_query_too() {
    let form = "action=inbound&from=919876500001&to=914412345678&cmiuuid=a1";
    for hook in [verified("", form), verified(form, "")] {
        let question = piopiy().incoming_call(&hook).unwrap();
        assert_eq!((question.from.as_str(), question.to.as_deref()), ("919876500001", Some("914412345678")));
    }
    let hidden = asked(&json!({"from": "", "to": 914412345678_u64, "cmiuuid": "a1"})).unwrap();
    assert_eq!(hidden.from, "", "withheld");
    let named =
        asked(&json!({"appid": 7, "from": "anonymous", "to": "914412345678", "cmiuuid": "a1"})).unwrap();
    assert_eq!(named.account.unwrap().0, "7");
}

#[test]
fn what_is_no_question_is_refused_and_stays_what_it_is() {
    let question = json!({"from": "919876500001", "to": "914412345678", "cmiuuid": "a1"});
    for (field, value) in [
        ("status", json!("in_answered")),
        ("dtmf", json!("1")),
        ("type", json!("cdr")),
        ("direction", json!("outbound")),
        ("action", json!("hangup")),
        ("duration", json!(4)),
    ] {
        let mut body = question.clone();
        body[field] = value;
        assert!(matches!(asked(&body), Err(ProviderError::Refused { .. })), "{field}");
        let found = piopiy().decode(&verified("", body.to_string()));
        let is_by_flow = |body: &InboundBody| matches!(body, InboundBody::Call(report) if report.by_flow);
        assert!(found.iter().all(|element| !is_by_flow(&element.body)), "{field}");
    }
    for field in ["from", "to", "cmiuuid"] {
        let mut body = question.clone();
        body.as_object_mut().unwrap().remove(field);
        assert!(asked(&body).is_err(), "{field}");
    }
}

/// A step that is written as this action.
fn step(action: &Value) -> CallStep {
    match action["action"].as_str().unwrap() {
        "speak" => CallStep::Say(SpokenText::parse(action["text"].as_str().unwrap()).unwrap()),
        "play" => CallStep::Play(SoundUrl::parse(action["file_url"].as_str().unwrap()).unwrap()),
        "record" => CallStep::Record { seconds: 60 },
        "hangup" => CallStep::HangUp,
        "bridge" => CallStep::Dial(Dial {
            targets: action["connect"].as_array().unwrap().iter().map(target).collect(),
            together: action["ring_type"] == "group",
            seconds: u16::try_from(action["timeout"].as_u64().unwrap()).unwrap(),
            our_number: Some(digits(&action["from"])),
        }),
        other => panic!("{other}"),
    }
}

fn target(telephone: &Value) -> DialTarget {
    let number = PhoneNumber::from_digits(&digits(&telephone["number"])).unwrap();
    DialTarget { number, agent: None }
}

fn written(steps: Vec<CallStep>) -> Vec<Value> {
    let program = piopiy().write_program(&CallProgram::of(steps)).unwrap();
    assert_eq!(program.content_type, "application/json");
    serde_json::from_str(&program.body).unwrap()
}

/// An action without what is ours to choose, and with the way of ringing that the vendor takes by default.
fn shared(action: &Value) -> Value {
    let mut action = action.clone();
    let fields = action.as_object_mut().unwrap();
    fields.retain(|name, _| !OURS.contains(&name.as_str()));
    if fields["action"] == "bridge" {
        fields.entry("ring_type").or_insert(json!("single"));
    }
    action
}

#[test]
fn a_program_is_written_as_in_the_payload() {
    for folder in folders("piopiy") {
        for name in [
            "answer-url-response-record-then-bridge",
            "pcmo-bridge-group",
            "pcmo-bridge-single",
            "pcmo-hangup",
            "pcmo-play-url",
            "pcmo-record",
            "pcmo-speak",
        ] {
            let wanted = payload(&folder, name);
            let wanted: Vec<Value> = wanted.as_array().unwrap().iter().map(shared).collect();
            let found: Vec<Value> =
                written(wanted.iter().map(step).collect()).iter().map(shared).take(wanted.len()).collect();
            assert_eq!(found, wanted, "{name} of {}", folder.display());
        }
    }
}

#[test]
fn a_program_ends_the_call_unless_a_recording_ends_it() {
    let say = |text: &str| CallStep::Say(SpokenText::parse(text).unwrap());
    let spoken = written(vec![say("Two\nlines,  and spaces.")]);
    assert_eq!(
        spoken,
        [json!({"action": "speak", "text": "Two lines, and spaces."}), json!({"action": "hangup"})]
    );
    let left = written(vec![say("Leave a message."), CallStep::Record { seconds: 60 }]);
    let words: Vec<_> = left.iter().map(|action| action["action"].as_str().unwrap()).collect();
    assert_eq!(words, ["speak", "record"], "an end behind it would cut the message");
    let dial = |our_number: Option<&str>| {
        CallStep::Dial(Dial {
            targets: vec![target(&json!({"number": 919876500101_u64}))],
            together: false,
            seconds: 20,
            our_number: our_number.map(str::to_owned),
        })
    };
    for unreadable in [None, Some("reception")] {
        assert_eq!(written(vec![dial(unreadable)])[0].get("from"), None, "the vendor chooses");
    }
    assert_eq!(written(vec![dial(Some("+914412345678"))])[0]["from"], 914412345678_u64);
}

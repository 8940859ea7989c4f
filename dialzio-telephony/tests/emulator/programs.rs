//! Piopiy asks what to do with a call that comes in, and plays the program; TeleCMI asks whom to ring.

use std::time::Duration;

use dialzio_telephony::emulator::{CallPhase, EmulatedCall, EmulatorError, Product, Side};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::fixture::{APP_ID, ASHA, DID, Fixture, LATHA, RAVI, RAVIS_PHONE};

const LATHAS_PHONE: &str = "919876500102";

/// A fixture whose account asks at an address that answers this.
async fn answering(template: ResponseTemplate) -> (Fixture, MockServer) {
    let fixture = Fixture::new().await;
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/answer")).respond_with(template).mount(&server).await;
    let address = format!("{}/answer", server.uri()).parse().unwrap();
    fixture.vendor.set_answer_address(Product::Piopiy, APP_ID, Some(address)).unwrap();
    (fixture, server)
}

async fn playing(program: Value) -> (Fixture, MockServer, String) {
    let (fixture, server) = answering(ResponseTemplate::new(200).set_body_json(program)).await;
    let call = fixture.vendor.call_in(Product::Piopiy, APP_ID, Some(ASHA), DID).unwrap();
    fixture.vendor.idle().await;
    (fixture, server, call)
}

fn now(fixture: &Fixture, call: &str) -> EmulatedCall {
    fixture.vendor.call(call).unwrap()
}

fn bridge(numbers: &[&str], ring_type: &str, timeout: u64) -> Value {
    let connect: Vec<Value> = numbers
        .iter()
        .map(|number| json!({"type": "pstn", "number": number.parse::<u64>().unwrap()}))
        .collect();
    json!({"action": "bridge", "from": DID.parse::<u64>().unwrap(), "connect": connect, "duration": 5400,
           "timeout": timeout, "loop": 1, "ring_type": ring_type})
}

fn words(text: &str) -> Value {
    json!({"action": "speak", "text": text})
}

#[tokio::test]
async fn the_question_has_the_documented_form_and_the_caller_hears_the_program() {
    let program = json!([words("Welcome."), bridge(&[RAVIS_PHONE], "single", 20), {"action": "hangup"}]);
    let (fixture, server, call) = playing(program).await;
    let asked: Value = server.received_requests().await.unwrap()[0].body_json().unwrap();
    assert_eq!(
        asked,
        json!({"action": "inbound", "from": ASHA, "to": DID, "time": fixture.now().timestamp_millis(), "cmiuuid": call})
    );
    let rings = now(&fixture, &call);
    assert_eq!((rings.heard, rings.phase), (vec!["Welcome.".to_owned()], CallPhase::AgentRings));
    assert_eq!(rings.agent.as_deref(), Some(RAVIS_PHONE));
    fixture.vendor.agent_answers(&call).unwrap();
    fixture.wait(30);
    fixture.vendor.hang_up(&call, Side::Agent).unwrap();
    let ended = now(&fixture, &call);
    assert_eq!((ended.phase, ended.refused), (CallPhase::Ended, None), "what follows a talk is not played");
    assert_eq!(
        fixture.story().await,
        [
            "live first rings",
            "live first up",
            "live second rings",
            "live first up",
            "live second up",
            "live second ended",
            "live first ended",
            "record first answered",
            "record second answered"
        ]
    );
}

#[tokio::test]
async fn telephones_ring_one_after_the_other_and_then_a_message_is_left() {
    let program = json!([
        bridge(&[RAVIS_PHONE, LATHAS_PHONE], "single", 20),
        words("Leave a message."),
        {"action": "record"}
    ]);
    let (fixture, _server, call) = playing(program).await;
    assert_eq!(now(&fixture, &call).agent.as_deref(), Some(RAVIS_PHONE));
    assert!(matches!(fixture.vendor.leave_voicemail(&call), Err(EmulatorError::OutOfPlace(_))));
    fixture.vendor.agent_ignores(&call).unwrap();
    assert_eq!(now(&fixture, &call).agent.as_deref(), Some(LATHAS_PHONE));
    fixture.vendor.agent_declines(&call).unwrap();
    let speaks = now(&fixture, &call);
    assert_eq!(
        (speaks.phase, speaks.heard.as_slice()),
        (CallPhase::Recording, ["Leave a message.".to_owned()].as_slice())
    );
    fixture.wait(12);
    fixture.vendor.leave_voicemail(&call).unwrap();
    let record =
        fixture.reports().await.into_iter().rev().find(|report| !report.recordings.is_empty()).unwrap();
    let left = now(&fixture, &call).voicemail.unwrap();
    assert_eq!(record.recordings[0].0, left);
}

#[tokio::test]
async fn a_group_rings_at_once_and_the_first_who_answers_has_the_call() {
    let program = json!([bridge(&[RAVIS_PHONE, LATHAS_PHONE], "group", 20), {"action": "hangup"}]);
    let (fixture, _server, call) = playing(program.clone()).await;
    fixture.vendor.agent_answers_at(&call, RAVIS_PHONE).unwrap();
    let talks = now(&fixture, &call);
    assert_eq!((talks.phase, talks.agent.as_deref()), (CallPhase::Talking, Some(RAVIS_PHONE)));
    assert!(matches!(
        fixture.vendor.agent_answers_at(&call, LATHAS_PHONE),
        Err(EmulatorError::OutOfPlace(_))
    ));
    let (fixture, _server, call) = playing(program).await;
    fixture.vendor.agent_declines(&call).unwrap();
    assert_eq!(now(&fixture, &call).phase, CallPhase::AgentRings, "the other one rings on");
    fixture.vendor.agent_declines(&call).unwrap();
    assert_eq!(now(&fixture, &call).phase, CallPhase::Ended);
}

#[tokio::test]
async fn nobody_who_answers_is_rung_for_as_long_as_the_program_says() {
    let program = json!([bridge(&[RAVIS_PHONE, LATHAS_PHONE], "group", 1), {"action": "record"}]);
    let (fixture, _server, call) = playing(program).await;
    let mut changes = fixture.vendor.changes();
    let recorded = async {
        while now(&fixture, &call).phase != CallPhase::Recording {
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), recorded).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_cannot_be_played_ends_the_call_and_says_why() {
    for (template, why) in [
        (
            ResponseTemplate::new(200).set_body_json(json!([{"action": "dance"}])),
            "dance is not an action that is emulated",
        ),
        (ResponseTemplate::new(200).set_body_string("hello"), "the answer is not JSON"),
        (ResponseTemplate::new(503), "the answer had status 503"),
        (
            ResponseTemplate::new(200).set_body_json(json!([{"action": "hangup", "now": true}])),
            "now is not a field of this action",
        ),
    ] {
        let (fixture, _server) = answering(template).await;
        let call = fixture.vendor.call_in(Product::Piopiy, APP_ID, Some(ASHA), DID).unwrap();
        fixture.vendor.idle().await;
        let ended = now(&fixture, &call);
        assert_eq!((ended.phase, ended.refused.as_deref()), (CallPhase::Ended, Some(why)));
    }
}

#[tokio::test]
async fn without_an_address_agents_are_rung_by_hand_as_before() {
    let (fixture, server) = answering(ResponseTemplate::new(503)).await;
    fixture.vendor.set_answer_address(Product::Piopiy, APP_ID, None).unwrap();
    let call = fixture.vendor.call_in(Product::Piopiy, APP_ID, None, DID).unwrap();
    fixture.vendor.idle().await;
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
    fixture.vendor.ring(&call, RAVIS_PHONE).unwrap();
    fixture.vendor.agent_declines(&call).unwrap();
    assert_eq!(now(&fixture, &call).phase, CallPhase::Waiting);
    assert!(matches!(
        fixture.vendor.set_answer_address(Product::Piopiy, 1, None),
        Err(EmulatorError::UnknownAccount(1))
    ));
}

/// A caller of TeleCMI, whose account asks at an address that answers this.
async fn routed(answer: Value) -> (Fixture, MockServer, String) {
    let fixture = Fixture::new().await;
    let server = MockServer::start().await;
    let template = ResponseTemplate::new(200).set_body_json(answer);
    Mock::given(method("POST")).and(path("/answer")).respond_with(template).mount(&server).await;
    let address = format!("{}/answer", server.uri()).parse().unwrap();
    fixture.vendor.set_answer_address(Product::TeleCmi, APP_ID, Some(address)).unwrap();
    let call = fixture.vendor.call_in(Product::TeleCmi, APP_ID, Some(ASHA), DID).unwrap();
    fixture.vendor.idle().await;
    (fixture, server, call)
}

#[tokio::test]
async fn users_of_telecmi_are_rung_in_the_order_of_the_answer_and_then_the_call_ends() {
    let user = |id: &str, phone: &str| json!({"agent_id": id, "phone": phone});
    let answer = json!({"code": 200, "hangup": true, "timeout": 20, "result": [user(RAVI, RAVIS_PHONE), user(LATHA, LATHAS_PHONE)]});
    let (fixture, server, call) = routed(answer).await;
    let asked: Value = server.received_requests().await.unwrap()[0].body_json().unwrap();
    assert_eq!(asked, json!({"from": ASHA, "to": DID, "cmiuuid": call, "appid": APP_ID}));
    let rung = |call: &str| (now(&fixture, call).phase, now(&fixture, call).agent);
    assert_eq!(rung(&call), (CallPhase::AgentRings, Some(RAVI.to_owned())));
    fixture.vendor.agent_declines(&call).unwrap();
    assert_eq!(rung(&call), (CallPhase::AgentRings, Some(LATHA.to_owned())));
    fixture.vendor.agent_declines(&call).unwrap();
    assert_eq!(now(&fixture, &call).phase, CallPhase::Ended);
}

#[tokio::test]
async fn a_call_that_telecmi_is_told_nothing_about_waits_for_what_is_set_up_there() {
    let (fixture, _server, call) = routed(json!({"code": 200, "hangup": false, "result": []})).await;
    let waits = now(&fixture, &call);
    assert_eq!((waits.phase, waits.is_programmed), (CallPhase::Waiting, false));
    fixture.vendor.ring(&call, RAVI).unwrap();
    fixture.vendor.agent_answers(&call).unwrap();
    assert_eq!(now(&fixture, &call).phase, CallPhase::Talking);
}

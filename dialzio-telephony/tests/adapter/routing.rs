//! TeleCMI's question whom to ring, and the answer.

use bytes::Bytes;
use dialzio_core::PhoneNumber;
use dialzio_core::call::LegRole;
use dialzio_core::call_flow::{CallProgram, CallStep, Dial, DialTarget};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{
    InboundBody, IncomingCall, ProviderError, RawWebhook, TelephonyProvider, VerifiedWebhook, WebhookDecoder,
    WebhookMethod, WebhookSecrets,
};
use dialzio_core::text::SpokenText;
use serde_json::{Value, json};

use crate::corpus::{folders, json as payload};
use crate::fixture::{alias, telecmi};

fn verified(query: &str, body: impl Into<Bytes>) -> VerifiedWebhook {
    let method = if query.is_empty() { WebhookMethod::Post } else { WebhookMethod::Get };
    let raw = RawWebhook { method, query: query.to_owned(), headers: Vec::new(), body: body.into() };
    telecmi().verify(raw, &WebhookSecrets { app: Vec::new(), verify_token: None }).unwrap()
}

fn asked(body: &Value) -> Result<IncomingCall, ProviderError> {
    telecmi().incoming_call(&verified("", body.to_string()))
}

#[test]
fn a_question_that_names_the_call_is_a_call_that_rings() {
    let body = json!({"from": 919876500001_u64, "to": 914412345678_u64, "cmiuuid": "5202a928-07c3", "appid": 2222223});
    let question = asked(&body).unwrap();
    assert_eq!(question.account.unwrap().0, "2222223");
    assert_eq!((question.from.as_str(), question.to.as_deref()), ("919876500001", Some("914412345678")));
    let [element] = telecmi().decode(&verified("", body.to_string())).try_into().unwrap();
    let InboundBody::Call(report) = element.body else { panic!("no call") };
    assert_eq!((report.direction, report.by_flow), (Some(Direction::Inbound), false));
    assert_eq!(report.aliases, [alias("5202a928-07c3")]);
    assert_eq!((report.leg.id.as_ref(), report.leg.role), (report.aliases.first(), Some(LegRole::Customer)));
    assert_eq!(
        (report.customer.as_deref(), report.our_number.as_deref()),
        (Some("919876500001"), Some("914412345678"))
    );
}

#[test]
fn a_question_without_an_id_is_answered_and_reports_nothing() {
    for folder in folders("telecmi") {
        let body = payload(&folder, "http-flow-request");
        let question = asked(&body).unwrap();
        assert_eq!((question.from.as_str(), question.to), (body["from"].as_str().unwrap(), None));
        assert_eq!(question.account.unwrap().0, body["appid"].as_str().unwrap());
        let [element] = telecmi().decode(&verified("", body.to_string())).try_into().unwrap();
        assert!(matches!(element.body, InboundBody::Account { .. }));
    }
    let by_query = telecmi().incoming_call(&verified("from=919876500001&appid=2222223", "")).unwrap();
    assert_eq!(by_query.from, "919876500001");
    let hidden = asked(&json!({"from": "anonymous", "appid": "2222223"})).unwrap();
    assert_eq!(hidden.from, "anonymous");
}

#[test]
fn a_report_is_no_question() {
    let question = json!({"from": "919876500001", "to": "914412345678", "cmiuuid": "a1", "appid": "2222223"});
    for (field, value) in [
        ("status", json!("waiting")),
        ("type", json!("cdr")),
        ("direction", json!("inbound")),
        ("time", json!(1634724624830_i64)),
        ("duration", json!(4)),
        ("leg", json!("a")),
    ] {
        let mut body = question.clone();
        body[field] = value;
        assert!(matches!(asked(&body), Err(ProviderError::Refused { .. })), "{field}");
    }
    for field in ["from", "appid"] {
        let mut body = question.clone();
        body.as_object_mut().unwrap().remove(field);
        assert!(asked(&body).is_err(), "{field}");
    }
}

fn written(steps: Vec<CallStep>) -> Value {
    let program = telecmi().write_program(&CallProgram::of(steps)).unwrap();
    assert_eq!(program.content_type, "application/json");
    serde_json::from_str(&program.body).unwrap()
}

fn dial(targets: &[(&str, Option<&str>)], seconds: u16) -> CallStep {
    let target = |(number, agent): &(&str, Option<&str>)| DialTarget {
        number: PhoneNumber::from_digits(number).unwrap(),
        agent: agent.map(str::to_owned),
    };
    let targets = targets.iter().map(target).collect();
    CallStep::Dial(Dial { targets, together: false, seconds, our_number: Some("914412345678".to_owned()) })
}

#[test]
fn the_answer_has_the_documented_form() {
    for folder in folders("telecmi") {
        let mut documented = payload(&folder, "http-flow-response");
        let users: Vec<(&str, Option<&str>)> = documented["result"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| (user["phone"].as_str().unwrap(), user["agent_id"].as_str()))
            .collect();
        let seconds = documented["timeout"].as_u64().unwrap().try_into().unwrap();
        let answer = written(vec![dial(&users, seconds)]);
        let fields = documented.as_object_mut().unwrap();
        // Sounds in the vendor's cloud are none of a flow's, and the users' own telephones are rung, once.
        for sound in ["welcome_music", "waiting_music"] {
            fields.remove(sound);
        }
        fields.insert("loop".to_owned(), json!(1));
        fields.insert("followme".to_owned(), json!(true));
        fields.insert("hangup".to_owned(), json!(true));
        assert_eq!(answer, documented);
    }
}

#[test]
fn a_closed_flow_ends_the_call_and_without_a_flow_the_call_goes_on_by_what_is_set_up_at_the_vendor() {
    let nobody =
        |hangup: bool| json!({"code": 200, "loop": 1, "followme": true, "hangup": hangup, "result": []});
    assert_eq!(written(Vec::new()), nobody(true));
    assert_eq!(written(vec![dial(&[("919100000001", None)], 20)]), nobody(true), "no user of the account");
    let fixed = telecmi().write_program(&CallProgram::unavailable()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&fixed.body).unwrap(), nobody(false));
    let words = CallStep::Say(SpokenText::parse("Welcome.").unwrap());
    assert_eq!(written(vec![words, dial(&[("919100000001", Some("101_1111112"))], 20)]), nobody(false));
}

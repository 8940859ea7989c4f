//! Every payload beside the webhooks: which request is made as in it, which answer is read, and which is not used yet.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta};
use dialzio_core::call::LegResult;
use dialzio_core::provider::{CallAction, OutboundCall, ProviderError, RingAgentOn, TelephonyProvider};
use serde_json::{Map, Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::corpus::{files, folders, json as payload};
use crate::fixture::{access, alias, answers, bodies, call, json as answer, now, permit, piopiy, telecmi};

/// Payloads of TeleCMI that a test here makes or reads.
const TELECMI: &[&str] = &[
    "error-click2call-invalid-secret",
    "error-play-auth-failed",
    "error-play-not-ready",
    "error-play-parameter-missing",
    "http-flow-request",
    "http-flow-response",
    "request-analysis",
    "request-answered",
    "request-c2c-hangup",
    "request-click2call-admin",
    "request-click2call-admin-followme",
    "request-missed",
    "request-sms-send",
    "request-user-list",
    "request-voicemail",
    "response-analysis",
    "response-answered",
    "response-c2c-hangup-ok",
    "response-click2call-ok",
    "response-legacy-missed",
    "response-missed",
    "response-out-answered",
    "response-out-missed",
    "response-sms-send-ok",
    "response-user-list",
    "response-user-list-v3",
    "response-user-missed",
    "response-user-out-cdr",
    "response-voicemail",
];

/// The same of Piopiy.
const PIOPIY: &[&str] = &[
    "answer-url-request-inbound",
    "answer-url-request-inbound-india",
    "answer-url-response-record-then-bridge",
    "pcmo-bridge-group",
    "pcmo-bridge-single",
    "pcmo-hangup",
    "pcmo-play-url",
    "pcmo-record",
    "pcmo-speak",
    "request-call-action-hangup",
    "request-call-action-hold",
    "request-call-action-unhold",
    "request-cdr-by-cmiuuid",
    "request-cdr-by-request-id",
    "request-get-channels",
    "request-make-call-bridge",
    "request-make-call-india-sdk-defaults",
    "response-cdr-by-cmiuuid",
    "response-cdr-by-request-id",
    "response-get-channels",
    "response-legacy-make-call-ok",
    "response-make-call-ok",
    "v3-request-hangup",
    "v3-request-pcmo-call",
];

/// What is not used yet, by the beginning of its name, and why.
const UNUSED: &[(&str, &str, &str)] = &[
    ("telecmi", "request-admin-token", "opens the live view, whose form is not documented"),
    ("telecmi", "response-admin-token-ok", "as its request"),
    (
        "telecmi",
        "request-click2call-user",
        "the same call with the token of a user; the account's secret is used",
    ),
    ("telecmi", "request-callback-list", "missed calls are the queue of the core"),
    ("telecmi", "response-callback-list", "as its request"),
    ("telecmi", "request-legacy-", "the interface before this one"),
    ("telecmi", "response-legacy-agent-status-ok", "as its request"),
    ("telecmi", "request-notes-", "notes are kept with the contact, not at the provider"),
    ("telecmi", "response-notes-", "as its request"),
    ("telecmi", "response-contact-get", "contacts are kept here"),
    ("telecmi", "request-setting-stream", "audio streams are not used"),
    ("telecmi", "response-setting-stream-ok", "as its request"),
    ("telecmi", "request-supervisor-add", "users are made in the vendor's dashboard"),
    ("telecmi", "response-supervisor-add-ok", "as its request"),
    ("telecmi", "request-user-add", "users are made in the vendor's dashboard"),
    ("telecmi", "response-user-add-ok", "as its request"),
    ("telecmi", "request-user-update", "users are made in the vendor's dashboard"),
    ("telecmi", "response-user-update-ok", "as its request"),
    ("telecmi", "request-user-remove-v3", "users are made in the vendor's dashboard"),
    ("telecmi", "request-user-login", "a user's password is not asked for; the token is given"),
    ("telecmi", "response-user-login-ok", "as its request"),
    ("telecmi", "request-user-out-cdr", "the lists of the account hold those of its users"),
    ("piopiy", "dtmf-callback", "callers are asked for no digits"),
    ("piopiy", "pcmo-connect-sip", "agents are rung at numbers"),
    ("piopiy", "pcmo-input", "callers are asked for no digits"),
    ("piopiy", "pcmo-play-file", "files are ours, at an https address, and not kept at the vendor"),
    ("piopiy", "pcmo-play-get-input", "callers are asked for no digits"),
    ("piopiy", "pcmo-param", "what travels with a call is given when it is placed"),
    ("piopiy", "pcmo-stream", "audio streams are not used"),
    ("piopiy", "request-call-action-holdtoggle", "hold and resume say which of them is meant"),
    ("piopiy", "request-legacy-make-call-answer-url", "the interface before this one"),
    ("piopiy", "request-make-call-play", "a call that plays a file to a person"),
    ("piopiy", "v3-pipeline-", "a call that is placed joins one telephone and does nothing else"),
    ("piopiy", "v3-request-ai-call", "calls are of people; none is of an agent of the vendor's"),
    ("piopiy", "v3-request-flow-call", "flows are ours, and not made at the vendor"),
    ("piopiy", "v3-request-transfer", "calls are not transferred"),
    ("piopiy", "ws-", "audio streams are not used"),
];

#[test]
fn each_payload_is_used_or_it_is_said_why_not() {
    for (provider, used) in [("telecmi", TELECMI), ("piopiy", PIOPIY)] {
        for folder in folders(provider) {
            let all = files(&folder);
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for name in all.keys() {
                let is_unused =
                    UNUSED.iter().any(|(of, begin, _)| *of == provider && name.starts_with(begin));
                let is_used = used.contains(&name.as_str());
                let is_webhook = name.starts_with("webhook-");
                assert!(
                    usize::from(is_used) + usize::from(is_webhook) + usize::from(is_unused && !is_used) == 1,
                    "{name} of {} is in no list",
                    folder.display()
                );
                let kind = if is_webhook {
                    "webhooks"
                } else if is_used {
                    "used"
                } else {
                    "not used yet"
                };
                *counts.entry(kind).or_default() += 1;
            }
            println!("{}: {counts:?} of {}", folder.display(), all.len());
            let there: BTreeSet<&str> = all.keys().map(String::as_str).collect();
            let gone: Vec<_> = used.iter().filter(|name| !there.contains(**name)).collect();
            assert!(gone.is_empty(), "{gone:?} are in the list and not in {}", folder.display());
        }
    }
}

fn digits(value: &Value) -> String {
    value.as_u64().unwrap().to_string()
}

/// A body without what is ours alone: the account, its secret, and what travels with a call.
fn of_everyone(body: &Value) -> Map<String, Value> {
    let mut all = body.as_object().unwrap().clone();
    all.retain(|name, _| !matches!(name.as_str(), "appid" | "secret" | "token" | "extra_params"));
    all
}

/// The kinds of the values of a body by their names.
fn shape(body: &Value) -> BTreeMap<String, &'static str> {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    body.as_object().unwrap().iter().map(|(name, value)| (name.clone(), kind(value))).collect()
}

async fn accepting(paths: &[&str]) -> MockServer {
    let server = MockServer::start().await;
    for path in paths {
        answers(&server, path, answer(json!({"code": 200, "count": 0}))).await;
    }
    server
}

#[tokio::test]
async fn a_call_of_telecmi_is_asked_for_as_in_the_payload() {
    for folder in folders("telecmi") {
        for name in ["request-click2call-admin", "request-click2call-admin-followme"] {
            let wanted = payload(&folder, name);
            let server = accepting(&["/v2/webrtc/click2call"]).await;
            let ring = if wanted["webrtc"] == true { RingAgentOn::Softphone } else { RingAgentOn::Phone };
            let call = OutboundCall {
                agent: wanted["user_id"].as_str().map(str::to_owned),
                our_number: Some(digits(&wanted["callerid"])),
                ring_agent_on: ring,
                ..call()
            };
            telecmi()
                .place_call(&access(&server.uri()), permit(&digits(&wanted["to"])), &call)
                .await
                .unwrap();
            let asked = bodies(&server).await.remove(0);
            assert_eq!(of_everyone(&asked), of_everyone(&wanted), "{name}");
            assert_eq!(shape(&asked), shape(&wanted), "{name}");
        }
    }
}

#[tokio::test]
async fn other_questions_of_telecmi_are_asked_as_in_the_payload() {
    for folder in folders("telecmi") {
        let server =
            accepting(&["/v2/c2c/hangup", "/v2/analysis", "/v2/answered", "/v2/missed", "/v2/user/list"])
                .await;
        let (provider, access) = (telecmi(), access(&server.uri()));

        let wanted = payload(&folder, "request-c2c-hangup");
        let leg = alias(wanted["cmiuuid"].as_str().unwrap());
        provider.control(&access, &[leg], CallAction::HangUp).await.unwrap();
        let asked = bodies(&server).await.pop().unwrap();
        assert_eq!((of_everyone(&asked), shape(&asked)), (of_everyone(&wanted), shape(&wanted)));

        for (name, list) in [("request-answered", "answered"), ("request-missed", "missed")] {
            let wanted = payload(&folder, name);
            let time = |name: &str| DateTime::from_timestamp_millis(wanted[name].as_i64().unwrap()).unwrap();
            let after = dialzio_core::provider::CallCursor(format!("{list}:{}:0", wanted["page"]));
            provider.list_calls(&access, time("start_date"), time("end_date"), Some(after)).await.unwrap();
            let mut asked = bodies(&server).await.pop().unwrap();
            assert_eq!(shape(&asked), shape(&wanted), "{name}");
            asked["limit"] = wanted["limit"].clone();
            assert_eq!(of_everyone(&asked), of_everyone(&wanted), "{name}");
        }

        provider.agents(&access).await.unwrap();
        let asked = bodies(&server).await.pop().unwrap();
        assert_eq!(of_everyone(&asked), of_everyone(&payload(&folder, "request-user-list")));

        // Without a period it is about the last day.
        provider.check(&access).await.unwrap();
        let asked = shape(&bodies(&server).await.pop().unwrap());
        let wanted = shape(&payload(&folder, "request-analysis"));
        assert!(asked.iter().all(|(name, kind)| wanted.get(name) == Some(kind)), "{asked:?}");
    }
}

#[tokio::test]
async fn answers_of_telecmi_are_read() {
    for folder in folders("telecmi") {
        let server = MockServer::start().await;
        for (path, name) in [
            ("/v2/webrtc/click2call", "response-click2call-ok"),
            ("/v2/c2c/hangup", "response-c2c-hangup-ok"),
            ("/v2/analysis", "response-analysis"),
        ] {
            answers(&server, path, answer(payload(&folder, name))).await;
        }
        let (provider, access) = (telecmi(), access(&server.uri()));
        let accepted = provider.place_call(&access, permit("919876500001"), &call()).await.unwrap();
        let wanted = payload(&folder, "response-click2call-ok");
        assert_eq!(accepted.request, Some(alias(wanted["request_id"].as_str().unwrap())));
        provider.control(&access, &[alias("a1")], CallAction::HangUp).await.unwrap();
        provider.check(&access).await.unwrap();
        for name in ["response-user-list", "response-user-list-v3"] {
            let server = MockServer::start().await;
            let wanted = payload(&folder, name);
            answers(&server, "/v2/user/list", answer(wanted.clone())).await;
            let found = provider.agents(&crate::fixture::access(&server.uri())).await.unwrap();
            let wanted = wanted["agents"].as_array().unwrap();
            assert_eq!(found.len(), wanted.len(), "{name}");
            for (found, wanted) in found.iter().zip(wanted) {
                assert_eq!(found.id, wanted["agent_id"].as_str().unwrap());
                assert_eq!(found.phone.as_deref(), wanted["phone"].as_str());
                assert!(found.name.is_some());
            }
        }
    }
}

/// A page of a list as the account has it; the rows of a user's lists are read alike.
#[tokio::test]
async fn lists_of_telecmi_are_read_row_by_row() {
    let lists = [
        ("response-answered", "answered"),
        ("response-missed", "missed"),
        ("response-legacy-missed", "missed"),
        ("response-user-missed", "missed"),
        ("response-out-answered", "out_answered"),
        ("response-user-out-cdr", "out_answered"),
        ("response-out-missed", "out_missed"),
    ];
    for folder in folders("telecmi") {
        for (name, list) in lists {
            let server = MockServer::start().await;
            let wanted = payload(&folder, name);
            answers(&server, &format!("/v2/{list}"), answer(wanted.clone())).await;
            let cursor = dialzio_core::provider::CallCursor(format!("{list}:1:0"));
            let day = now() - TimeDelta::days(1);
            let page = telecmi().list_calls(&access(&server.uri()), day, now(), Some(cursor)).await.unwrap();
            let rows = wanted["cdr"].as_array().unwrap();
            assert_eq!(page.calls.len(), rows.len(), "{name}");
            for (report, row) in page.calls.iter().zip(rows) {
                let id = row["cmiuid"].as_str().or(row["_id"].as_str()).unwrap();
                assert_eq!(report.aliases, [alias(id)], "{name}");
                let person = if list.starts_with("out") { &row["to"] } else { &row["from"] };
                assert_eq!(report.customer, Some(digits(person)), "{name}");
                let answered = list.ends_with("answered");
                assert_eq!(report.leg.result == Some(LegResult::Answered), answered, "{name}");
                let talk = row["billedsec"].as_u64().filter(|_| answered);
                assert_eq!(report.leg.talk_seconds.map(u64::from), talk, "{name}");
                assert_eq!(report.leg.agent.as_deref(), row["agent"].as_str(), "{name}");
                assert_eq!(report.recordings.len(), usize::from(row["filename"].is_string()), "{name}");
            }
        }
    }
}

/// What callers left is asked for with the missed calls of a page, and each is given to its own.
#[tokio::test]
async fn voicemails_of_telecmi_are_read_with_the_calls_that_they_were_left_in() {
    for folder in folders("telecmi") {
        let server = MockServer::start().await;
        let left = payload(&folder, "response-voicemail");
        let rows = left["voicemail"].as_array().unwrap();
        let call = |(number, row): (usize, &Value)| {
            let began = row["time"].as_i64().unwrap() - 20_000;
            json!({"cmiuid": format!("call-{number}"), "duration": 30, "from": row["from"], "to": 914412345678_u64, "time": began})
        };
        let calls: Vec<Value> = rows.iter().enumerate().map(call).collect();
        answers(&server, "/v2/missed", answer(json!({"code": 200, "count": calls.len(), "cdr": calls})))
            .await;
        answers(&server, "/v2/voicemail", answer(left.clone())).await;
        let cursor = dialzio_core::provider::CallCursor("missed:1:0".to_owned());
        let day = now() - TimeDelta::days(1);
        let page = telecmi().list_calls(&access(&server.uri()), day, now(), Some(cursor)).await.unwrap();
        assert_eq!(page.calls.len(), rows.len());
        for (report, row) in page.calls.iter().zip(rows) {
            let file = row["voicename"].as_str().unwrap().to_owned();
            assert_eq!(report.recordings, [(file, dialzio_core::call::RecordingKind::Voicemail)]);
        }
        let asked = shape(&bodies(&server).await[1]);
        assert_eq!(asked, shape(&payload(&folder, "request-voicemail")));
    }
}

#[tokio::test]
async fn refusals_of_telecmi_are_understood() {
    for folder in folders("telecmi") {
        let server = MockServer::start().await;
        answers(
            &server,
            "/v2/webrtc/click2call",
            answer(payload(&folder, "error-click2call-invalid-secret")),
        )
        .await;
        let error =
            telecmi().place_call(&access(&server.uri()), permit("919876500001"), &call()).await.unwrap_err();
        assert!(matches!(error, ProviderError::Credentials { .. }));
        type Is = fn(&ProviderError) -> bool;
        let cases: [(&str, Is); 3] = [
            ("error-play-auth-failed", |error| matches!(error, ProviderError::Credentials { .. })),
            ("error-play-not-ready", |error| matches!(error, ProviderError::Fault { .. })),
            ("error-play-parameter-missing", |error| matches!(error, ProviderError::Refused { .. })),
        ];
        for (name, is) in cases {
            let server = MockServer::start().await;
            let template = ResponseTemplate::new(200).set_body_json(payload(&folder, name));
            Mock::given(method("GET")).and(path("/v2/play")).respond_with(template).mount(&server).await;
            let error = telecmi().open_recording(&access(&server.uri()), "a.mp3").await.unwrap_err();
            assert!(is(&error), "{name}: {error:?}");
        }
    }
}

#[tokio::test]
async fn piopiy_is_asked_as_in_the_payload() {
    let paths = [
        "/v2/ind_pcmo_make_call",
        "/v2/global_pcmo_make_call",
        "/v2/piopiy/get_channels",
        "/v1/call/action",
        "/v1/piopiy/cmiuuid_cdr",
        "/v1/piopiy/requestid_cdr",
    ];
    for folder in folders("piopiy") {
        let server = accepting(&paths).await;
        let (provider, access) = (piopiy(), access(&server.uri()));
        for name in ["request-make-call-bridge", "request-make-call-india-sdk-defaults"] {
            let wanted = payload(&folder, name);
            let bridge = &wanted["pcmo"][0];
            let call = OutboundCall {
                agent_number: dialzio_core::PhoneNumber::from_digits(&digits(&wanted["to"])).ok(),
                our_number: Some(digits(&wanted["from"])),
                max_duration: std::time::Duration::from_secs(bridge["duration"].as_u64().unwrap()),
                ..call()
            };
            let person = digits(&bridge["connect"][0]["number"]);
            provider.place_call(&access, permit(&person), &call).await.unwrap();
            let mut asked = bodies(&server).await.pop().unwrap();
            // How long to ring, how often, and the limit of the whole call are ours to choose.
            assert_eq!(shape(&asked["pcmo"][0]), shape(bridge), "{name}");
            for field in ["timeout", "loop"] {
                asked["pcmo"][0][field] = bridge[field].clone();
            }
            let (mut asked, mut wanted) = (of_everyone(&asked), of_everyone(&wanted));
            let limit = asked.remove("duration").unwrap();
            assert!(wanted.remove("duration").is_none_or(|given| given.is_number() == limit.is_number()));
            assert_eq!(asked, wanted, "{name}");
        }
        let actions =
            [("hangup", CallAction::HangUp), ("hold", CallAction::Hold), ("unhold", CallAction::Resume)];
        for (name, action) in actions {
            let wanted = payload(&folder, &format!("request-call-action-{name}"));
            let leg = alias(wanted["cmiuid"].as_str().unwrap());
            provider.control(&access, &[leg], action).await.unwrap();
            let mut asked = of_everyone(&bodies(&server).await.pop().unwrap());
            assert_eq!(asked.remove("cmiuuid").as_ref(), wanted.get("cmiuid"), "the other spelling");
            assert_eq!(asked, of_everyone(&wanted));
        }
        for (name, field) in
            [("request-cdr-by-cmiuuid", "cmiuuid"), ("request-cdr-by-request-id", "request_id")]
        {
            let wanted = payload(&folder, name);
            provider.find_call(&access, &[alias(wanted[field].as_str().unwrap())], now()).await.unwrap();
            let asked = bodies(&server).await.pop().unwrap();
            assert_eq!((of_everyone(&asked), shape(&asked)), (of_everyone(&wanted), shape(&wanted)));
        }
        provider.check(&access).await.unwrap();
        assert_eq!(
            shape(&bodies(&server).await.pop().unwrap()),
            shape(&payload(&folder, "request-get-channels"))
        );
    }
}

#[tokio::test]
async fn answers_of_piopiy_are_read() {
    for folder in folders("piopiy") {
        for name in ["response-make-call-ok", "response-legacy-make-call-ok"] {
            let server = MockServer::start().await;
            let wanted = payload(&folder, name);
            answers(&server, "/v2/ind_pcmo_make_call", answer(wanted.clone())).await;
            let accepted =
                piopiy().place_call(&access(&server.uri()), permit("919876500001"), &call()).await.unwrap();
            assert_eq!(
                accepted.request,
                Some(alias(wanted["data"]["request_id"].as_str().unwrap())),
                "{name}"
            );
        }
        let server = MockServer::start().await;
        for (path, name) in [
            ("/v1/piopiy/cmiuuid_cdr", "response-cdr-by-cmiuuid"),
            ("/v1/piopiy/requestid_cdr", "response-cdr-by-request-id"),
            ("/v2/piopiy/get_channels", "response-get-channels"),
        ] {
            answers(&server, path, answer(payload(&folder, name))).await;
        }
        let (provider, access) = (piopiy(), access(&server.uri()));
        provider.check(&access).await.unwrap();
        let leg = alias("5c1d6f0e-0000-4000-8000-000000000001");
        let found = provider.find_call(&access, std::slice::from_ref(&leg), now()).await.unwrap();
        let row = &payload(&folder, "response-cdr-by-cmiuuid")["cdr"];
        assert_eq!((found.len(), &found[0].leg.id), (1, &Some(leg)));
        assert_eq!(found[0].leg.talk_seconds.map(u64::from), row["duration"].as_u64());
        let found = provider.find_call(&access, &[alias("cmVxdWVzdA")], now()).await.unwrap();
        let rows = payload(&folder, "response-cdr-by-request-id")["cdr"].as_array().unwrap().clone();
        assert_eq!(found.len(), rows.len());
        for (report, row) in found.iter().zip(rows) {
            assert_eq!(report.leg.role.map(|role| role.as_str() == "second"), Some(row["leg"] == "b"));
            assert_eq!(report.leg.talk_seconds.map(u64::from), row["duration"].as_u64());
        }
    }
}

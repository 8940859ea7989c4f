//! The third version of Piopiy: calls are placed once and ended, and nothing else.

use std::time::Duration;

use dialzio_core::PhoneNumber;
use dialzio_core::provider::{
    AccountAccess, CallAction, OutboundCall, Provider, ProviderError, RefusalReason, TelephonyProvider,
};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::corpus::{folders, json as payload};
use crate::fixture::{
    ASHA, DID, access as of_secret, alias, answers, bodies, call, call_id, now, permit, piopiy_v3, requests,
};

const TOKEN: &str = "eyJhbGciOi.a-token-of-the-account.0123456789";
const PLACE: &str = "/v3/voice/pcmo/call";
const HANG_UP: &str = "/v3/voice/call/hangup";

fn access(base: &str) -> AccountAccess {
    AccountAccess { credentials: [("token", TOKEN), ("caller_id", DID)].into(), ..of_secret(base) }
}

/// Whether an error is the one that is expected.
type Fits<'a> = &'a dyn Fn(&ProviderError) -> bool;

/// The keys of a body, with those of what is in it.
fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let mut all: Vec<String> = fields
                .iter()
                .flat_map(|(name, value)| {
                    let below = keys(value);
                    let inner = below.into_iter().map(|key| format!("{name}.{key}"));
                    std::iter::once(name.clone()).chain(inner).collect::<Vec<_>>()
                })
                .collect();
            all.sort();
            all
        }
        Value::Array(items) => items.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn a_call_is_placed_as_in_the_payload() {
    for folder in folders("piopiy") {
        let server = MockServer::start().await;
        answers(&server, PLACE, ResponseTemplate::new(200).set_body_json(json!({"message": "call_queued"})))
            .await;
        let mut wanted = payload(&folder, "v3-request-pcmo-call");
        let number = |value: &Value| PhoneNumber::from_digits(value.as_str().unwrap()).unwrap();
        let outbound = OutboundCall {
            agent_number: Some(number(&wanted["to_number"])),
            our_number: wanted["caller_id"].as_str().map(str::to_owned),
            max_duration: Duration::from_secs(wanted["options"]["max_duration_sec"].as_u64().unwrap()),
            ..call()
        };
        let person = number(&wanted["pipeline"][0]["endpoints"][0]["number"]);
        let routing_key = wanted["app_id"].as_str().unwrap().to_owned();
        let access = AccountAccess { routing_key, ..access(&server.uri()) };
        let accepted = piopiy_v3().place_call(&access, permit(person.digits()), &outbound).await.unwrap();
        assert_eq!(accepted.request, None, "the answer names no call");
        let asked = bodies(&server).await.pop().unwrap();
        for path in [
            "/caller_id",
            "/to_number",
            "/app_id",
            "/pipeline/0/action",
            "/pipeline/0/endpoints",
            "/pipeline/0/params/caller_id",
            "/pipeline/0/params/strategy",
            "/options/max_duration_sec",
        ] {
            assert_eq!(asked.pointer(path), wanted.pointer(path), "{path}");
        }
        assert_eq!(asked["variables"], json!({"dialzio_call": call_id().to_string()}));
        // Nothing is asked for that the vendor's own libraries would refuse, and less than they can ask for.
        wanted["variables"] = asked["variables"].clone();
        wanted["pipeline"][0]["params"]["options"]["max_duration_sec"] = json!(60);
        let known = keys(&wanted);
        for key in keys(&asked) {
            assert!(known.contains(&key), "{key} is not in the payload");
        }
        let request = &requests(&server).await[0];
        assert_eq!(request.headers["authorization"], format!("Bearer {TOKEN}"));
        assert!(!String::from_utf8_lossy(&request.body).contains(TOKEN), "the token is in the head alone");
    }
}

#[tokio::test]
async fn a_call_is_ended_by_the_id_that_the_answer_named() {
    for folder in folders("piopiy") {
        let mut wanted = payload(&folder, "v3-request-hangup");
        let id = wanted["call_id"].as_str().unwrap().to_owned();
        for told in [json!({"call_id": id}), json!({"request_id": id}), json!({"data": {"id": id}})] {
            let server = MockServer::start().await;
            answers(&server, PLACE, ResponseTemplate::new(200).set_body_json(told)).await;
            answers(&server, HANG_UP, ResponseTemplate::new(200)).await;
            let access = access(&server.uri());
            let placed = piopiy_v3().place_call(&access, permit(ASHA), &call()).await.unwrap();
            let placed = placed.request.unwrap();
            assert_eq!(placed, alias(&id));
            piopiy_v3().control(&access, &[placed], CallAction::HangUp).await.unwrap();
            wanted.as_object_mut().unwrap().remove("reason");
            assert_eq!(bodies(&server).await.pop().unwrap(), wanted);
        }
    }
}

#[tokio::test]
async fn what_it_does_not_declare_is_refused_without_a_request() {
    let server = MockServer::start().await;
    let (provider, access) = (piopiy_v3(), access(&server.uri()));
    assert!(!TelephonyProvider::capabilities(&provider).reports() && provider.webhooks().is_none());
    for action in [CallAction::Hold, CallAction::Resume] {
        let refused = provider.control(&access, &[alias("a")], action).await;
        assert!(matches!(refused, Err(ProviderError::Unsupported { .. })));
    }
    for refused in [
        provider.list_calls(&access, now(), now(), None).await.err(),
        provider.find_call(&access, &[alias("a")], now()).await.err(),
        provider.agents(&access).await.err(),
        provider.open_recording(&access, "a.wav").await.err(),
        provider.delete_recording(&access, "a.wav").await.err(),
    ] {
        assert!(matches!(refused, Some(ProviderError::Unsupported { .. })), "{refused:?}");
    }
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn a_call_that_may_have_been_placed_is_told_apart_from_one_that_was_refused() {
    let json = |status: u16, body: Value| ResponseTemplate::new(status).set_body_json(body);
    let html = |status: u16| ResponseTemplate::new(status).set_body_string("<html></html>");
    let late = || json(200, json!({})).set_delay(Duration::from_secs(2));
    let refused = |error: &ProviderError| {
        matches!(error, ProviderError::Refused { reason: RefusalReason::Malformed, .. })
    };
    let forbidden = |error: &ProviderError| {
        matches!(error, ProviderError::Refused { reason: RefusalReason::Account, .. })
    };
    let ambiguous = |error: &ProviderError| matches!(error, ProviderError::Ambiguous { .. });
    let credentials = |error: &ProviderError| matches!(error, ProviderError::Credentials { .. });
    let throttled = |error: &ProviderError| matches!(error, ProviderError::Throttled { .. });
    let cases: [(ResponseTemplate, Fits<'_>, &str); 11] = [
        (json(400, json!({"error": "to_number is invalid"})), &refused, "400"),
        (json(422, json!({"message": "app_id is unknown"})), &refused, "422"),
        (json(401, json!({"error": "invalid token"})), &credentials, "401"),
        (html(401), &credentials, "401 without a word"),
        (json(403, json!({"error": "not yours"})), &forbidden, "403"),
        (json(429, json!({"error": "slow down"})), &throttled, "429"),
        (json(200, json!({"code": 400, "msg": "no"})), &refused, "a code of refusal in a success"),
        (json(500, json!({"error": "oops"})), &ambiguous, "500"),
        (html(502), &ambiguous, "502"),
        (html(200), &ambiguous, "a page"),
        (late(), &ambiguous, "silence"),
    ];
    for (answer, is_so, what) in cases {
        let server = MockServer::start().await;
        answers(&server, PLACE, answer).await;
        let error = piopiy_v3().place_call(&access(&server.uri()), permit(ASHA), &call()).await.unwrap_err();
        assert!(is_so(&error), "{what}: {error:?}");
        assert_eq!(requests(&server).await.len(), 1, "{what}: asked once");
    }
    let nobody = access("http://127.0.0.1:1/");
    let error = piopiy_v3().place_call(&nobody, permit(ASHA), &call()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unreachable { .. }));
    let blank = MockServer::start().await;
    answers(&blank, PLACE, ResponseTemplate::new(202)).await;
    piopiy_v3().place_call(&access(&blank.uri()), permit(ASHA), &call()).await.unwrap();
}

#[tokio::test]
async fn a_token_is_checked_by_a_request_that_changes_nothing() {
    for (status, accepted) in
        [(200, true), (404, true), (400, true), (401, false), (403, false), (503, false)]
    {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status).set_body_json(json!({"error": "no such call"}));
        answers(&server, HANG_UP, answer).await;
        let checked = piopiy_v3().check(&access(&server.uri())).await;
        assert_eq!(checked.is_ok(), accepted, "{status}: {checked:?}");
        if let Ok(health) = checked {
            assert_eq!(health.display_number, Some(format!("+{DID}")));
        }
        assert_eq!(bodies(&server).await[0]["call_id"], "00000000-0000-4000-8000-000000000000");
    }
}

#[tokio::test]
async fn an_error_shows_neither_the_token_nor_a_number() {
    let server = MockServer::start().await;
    let words = format!("token {TOKEN} may not call {ASHA}");
    answers(&server, PLACE, ResponseTemplate::new(400).set_body_json(json!({"error": words}))).await;
    let error = piopiy_v3().place_call(&access(&server.uri()), permit(ASHA), &call()).await.unwrap_err();
    let shown = format!("{error} {error:?} {:?}", access(&server.uri()));
    assert!(!shown.contains(TOKEN) && !shown.contains(ASHA), "{shown}");
}

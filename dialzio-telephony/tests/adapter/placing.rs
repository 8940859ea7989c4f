//! Placing calls: what is asked, and that nothing is ever asked twice.

use std::time::Duration;

use dialzio_core::provider::{OutboundCall, ProviderError, RefusalReason, RingAgentOn, TelephonyProvider};
use dialzio_telephony::PiopiyRegion;
use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

use crate::fixture::{
    AGENT, ASHA, DID, SECRET, access, alias, answers, bodies, both, call, call_id, json as answer, permit,
    piopiy, requests, telecmi,
};

#[tokio::test]
async fn telecmi_is_asked_to_ring_the_agent_and_then_the_person() {
    let server = MockServer::start().await;
    let ok = json!({"code": 200, "msg": "Call initiated", "request_id": "cmVxdWVzdA"});
    answers(&server, "/v2/webrtc/click2call", answer(ok)).await;
    let access = access(&server.uri());
    let accepted = telecmi().place_call(&access, permit(ASHA), &call()).await.unwrap();
    assert_eq!(accepted.request, Some(alias("cmVxdWVzdA")));
    let on_phone = OutboundCall { ring_agent_on: RingAgentOn::Phone, our_number: None, ..call() };
    telecmi().place_call(&access, permit(ASHA), &on_phone).await.unwrap();
    let asked = bodies(&server).await;
    let own = json!({ "dialzio_call": call_id().to_string() });
    assert_eq!(
        asked,
        [
            json!({"user_id": AGENT, "secret": SECRET, "to": 919876500001_u64, "callerid": 914412345678_u64,
                   "webrtc": true, "followme": false, "extra_params": own}),
            json!({"user_id": AGENT, "secret": SECRET, "to": 919876500001_u64,
                   "webrtc": false, "followme": true, "extra_params": own}),
        ]
    );
    let request = &requests(&server).await[0];
    assert!(request.headers["user-agent"].to_str().unwrap().starts_with("dialzio-telephony/"));
    assert_eq!(request.headers["content-type"], "application/json");
    assert!(String::from_utf8_lossy(&request.body).contains("\"to\":919876500001,"), "an integer, as it is");
}

#[tokio::test]
async fn piopiy_is_asked_to_ring_the_agents_number_and_to_join_the_person() {
    let server = MockServer::start().await;
    let ok = json!({"data": {"status": "progress", "request_id": "cmVxdWVzdA"}, "code": 200});
    answers(&server, "/v2/ind_pcmo_make_call", answer(ok)).await;
    let access = access(&server.uri());
    let accepted = piopiy().place_call(&access, permit(ASHA), &call()).await.unwrap();
    assert_eq!(accepted.request, Some(alias("cmVxdWVzdA")));
    let (from, agent, person) = (914412345678_u64, 919876500101_u64, 919876500001_u64);
    assert_eq!(
        bodies(&server).await,
        [json!({
            "appid": 3333301, "secret": SECRET, "from": from, "to": agent, "duration": 3600,
            "extra_params": {"dialzio_call": call_id().to_string()},
            "pcmo": [{"action": "bridge", "from": from, "connect": [{"type": "pstn", "number": person}],
                      "duration": 3600, "timeout": 40, "loop": 1}],
        })]
    );
}

#[tokio::test]
async fn the_part_of_piopiy_goes_by_the_number_that_is_rung_first_unless_it_is_fixed() {
    let server = MockServer::start().await;
    let ok = json!({"code": 200, "request_id": "r"});
    for path in ["/v2/ind_pcmo_make_call", "/v2/global_pcmo_make_call"] {
        answers(&server, path, answer(ok.clone())).await;
    }
    let access = access(&server.uri());
    let abroad =
        OutboundCall { agent_number: dialzio_core::PhoneNumber::from_digits("447700900123").ok(), ..call() };
    piopiy().place_call(&access, permit(ASHA), &call()).await.unwrap();
    piopiy().place_call(&access, permit(ASHA), &abroad).await.unwrap();
    let fixed = piopiy().in_region(PiopiyRegion::India);
    fixed.place_call(&access, permit(ASHA), &abroad).await.unwrap();
    let paths: Vec<_> = requests(&server).await.iter().map(|request| request.url.path().to_owned()).collect();
    assert_eq!(paths, ["/v2/ind_pcmo_make_call", "/v2/global_pcmo_make_call", "/v2/ind_pcmo_make_call"]);
}

/// The longest number of E.164 has fifteen digits, more than some floating point keeps.
#[tokio::test]
async fn a_number_of_fifteen_digits_arrives_whole() {
    let server = MockServer::start().await;
    answers(&server, "/v2/webrtc/click2call", answer(json!({"code": 200}))).await;
    let accepted =
        telecmi().place_call(&access(&server.uri()), permit("987654321098765"), &call()).await.unwrap();
    assert_eq!(accepted.request, None, "an answer without an id is an acceptance all the same");
    assert!(String::from_utf8_lossy(&requests(&server).await[0].body).contains("987654321098765"));
}

#[tokio::test]
async fn a_call_that_lacks_something_is_refused_before_anything_is_sent() {
    let server = MockServer::start().await;
    let access = access(&server.uri());
    let cases: [(Box<dyn TelephonyProvider>, OutboundCall, &str); 5] = [
        (Box::new(telecmi()), OutboundCall { agent: None, ..call() }, "telecmi.agent"),
        (Box::new(telecmi()), OutboundCall { agent: Some(String::new()), ..call() }, "telecmi.agent"),
        (
            Box::new(telecmi()),
            OutboundCall { our_number: Some("front desk".into()), ..call() },
            "telecmi.our_number",
        ),
        (Box::new(piopiy()), OutboundCall { agent_number: None, ..call() }, "piopiy.agent_number"),
        (
            Box::new(piopiy()),
            OutboundCall { our_number: Some("front desk".into()), ..call() },
            "piopiy.caller_id",
        ),
    ];
    for (provider, call, code) in cases {
        let error = provider.place_call(&access, permit(ASHA), &call).await.unwrap_err();
        assert!(matches!(error, ProviderError::Refused { .. }), "{code}: {error:?}");
        assert_eq!(error.code(), code);
    }
    let mut bare = crate::fixture::access(&server.uri());
    bare.credentials = [("secret", SECRET)].into();
    let unnumbered = OutboundCall { our_number: None, ..call() };
    let error = piopiy().place_call(&bare, permit(ASHA), &unnumbered).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused { reason: RefusalReason::Account, .. }));
    bare.credentials = [("caller_id", DID)].into();
    let error = piopiy().place_call(&bare, permit(ASHA), &call()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Credentials { .. }), "no secret");
    bare.credentials = access.credentials.clone();
    bare.routing_key = "not-a-number".into();
    let error = piopiy().place_call(&bare, permit(ASHA), &call()).await.unwrap_err();
    assert_eq!(error.code(), "piopiy.appid");
    bare.base_url = Some("https://elsewhere.example/".parse().unwrap());
    let error = telecmi().place_call(&bare, permit(ASHA), &call()).await.unwrap_err();
    assert_eq!(error.code(), "telecmi.base_url");
    assert!(requests(&server).await.is_empty());
}

/// How a call ended that may or may not have been placed.
#[tokio::test]
async fn an_answer_that_is_missing_or_broken_leaves_the_outcome_open_and_is_not_asked_again() {
    let late = answer(json!({"code": 200, "request_id": "r"})).set_delay(Duration::from_secs(5));
    let broken = [
        late,
        ResponseTemplate::new(502).set_body_raw("<html>Bad Gateway</html>", "text/html"),
        ResponseTemplate::new(504),
        ResponseTemplate::new(200).set_body_raw("<html>Welcome</html>", "text/html"),
        ResponseTemplate::new(200).set_body_raw(r#"{"code":2"#, "application/json"),
        ResponseTemplate::new(200),
        ResponseTemplate::new(404).set_body_raw("<html>not here</html>", "text/html"),
        ResponseTemplate::new(302).insert_header("location", "https://elsewhere.example/"),
        answer(json!({"code": 500, "msg": "Internal Server Error"})),
        answer(json!({"code": "cmi-500"})),
        answer(json!({"code": 777, "msg": "a code of the future"})),
        answer(json!({"msg": "no code"})),
        answer(json!({"code": 200})).set_body_bytes(vec![b' '; 5 << 20]),
    ];
    for (number, template) in broken.into_iter().enumerate() {
        for (provider, path) in both() {
            let server = MockServer::start().await;
            answers(&server, path, template.clone()).await;
            let error = provider.place_call(&access(&server.uri()), permit(ASHA), &call()).await.unwrap_err();
            assert!(matches!(error, ProviderError::Ambiguous { .. }), "{number}: {error:?}");
            assert!(!error.is_retryable());
            assert_eq!(requests(&server).await.len(), 1, "{number}");
        }
    }
}

#[tokio::test]
async fn a_call_without_a_connection_was_not_placed() {
    for (provider, _) in both() {
        let error =
            provider.place_call(&access("http://127.0.0.1:1/"), permit(ASHA), &call()).await.unwrap_err();
        assert!(matches!(error, ProviderError::Unreachable { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_refusal_says_what_is_to_be_done_about_it() {
    type Is = fn(&ProviderError) -> bool;
    let malformed: Is =
        |error| matches!(error, ProviderError::Refused { reason: RefusalReason::Malformed, .. });
    let account: Is = |error| matches!(error, ProviderError::Refused { reason: RefusalReason::Account, .. });
    let other: Is = |error| matches!(error, ProviderError::Refused { reason: RefusalReason::Other, .. });
    let credentials: Is = |error| matches!(error, ProviderError::Credentials { .. });
    let throttled: Is = |error| matches!(error, ProviderError::Throttled { .. });
    for (code, of_telecmi, of_piopiy) in [
        (json!(400), malformed, malformed),
        (json!(422), malformed, malformed),
        (json!("501"), malformed, malformed),
        (json!(401), credentials, credentials),
        (json!(407), credentials, credentials),
        (json!("cmi-404"), other, other),
        (json!(420), account, credentials),
        (json!(429), throttled, throttled),
    ] {
        for ((provider, path), is) in both().into_iter().zip([of_telecmi, of_piopiy]) {
            let server = MockServer::start().await;
            answers(&server, path, answer(json!({"code": code, "msg": "No"}))).await;
            let error = provider.place_call(&access(&server.uri()), permit(ASHA), &call()).await.unwrap_err();
            assert!(is(&error), "{code} at {path}: {error:?}");
            assert_eq!(requests(&server).await.len(), 1);
        }
    }
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(429).insert_header("retry-after", "7");
    answers(&server, "/v2/webrtc/click2call", slow).await;
    let error = telecmi().place_call(&access(&server.uri()), permit(ASHA), &call()).await.unwrap_err();
    let ProviderError::Throttled { retry_after, .. } = error else { panic!("{error:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(7)));
}

//! What goes wrong, and what the caller may do about it.

use std::{error::Error, time::Duration};

use bytes::Bytes;
use dialzio_core::provider::{MessagingProvider, ProviderError, RefusalReason};
use dialzio_whatsapp::emulator::Failure;
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, path_regex, query_param},
};

use crate::{
    fixture::{ASHA, Fixture, NUMBER, TOKEN, WABA, access, cloud, text, to_asha},
    permit,
};

#[tokio::test]
async fn each_documented_code_asks_for_its_reaction() {
    let fixture = Fixture::new().await;
    let refused = |reason: RefusalReason| move |error: &ProviderError| matches!(error, ProviderError::Refused { reason: found, .. } if *found == reason);
    let throttled = |error: &ProviderError| matches!(error, ProviderError::Throttled { .. });
    let fault = |error: &ProviderError| matches!(error, ProviderError::Fault { .. });
    let credentials = |error: &ProviderError| matches!(error, ProviderError::Credentials { .. });
    type Expectation = Box<dyn Fn(&ProviderError) -> bool>;
    let table: Vec<(u32, Expectation)> = vec![
        (0, Box::new(credentials)),
        (1, Box::new(fault)),
        (2, Box::new(fault)),
        (4, Box::new(throttled)),
        (10, Box::new(credentials)),
        (100, Box::new(refused(RefusalReason::Malformed))),
        (190, Box::new(credentials)),
        (200, Box::new(credentials)),
        (368, Box::new(refused(RefusalReason::Account))),
        (80_007, Box::new(throttled)),
        (130_429, Box::new(throttled)),
        (130_472, Box::new(refused(RefusalReason::Withheld))),
        (131_000, Box::new(fault)),
        (131_016, Box::new(fault)),
        (131_021, Box::new(refused(RefusalReason::Recipient))),
        (131_026, Box::new(refused(RefusalReason::Recipient))),
        (131_031, Box::new(refused(RefusalReason::Account))),
        (131_047, Box::new(refused(RefusalReason::WindowClosed))),
        (131_049, Box::new(refused(RefusalReason::Withheld))),
        (131_050, Box::new(refused(RefusalReason::MarketingStopped))),
        (131_053, Box::new(refused(RefusalReason::Media))),
        (131_056, Box::new(throttled)),
        (132_001, Box::new(refused(RefusalReason::Template))),
        (132_015, Box::new(refused(RefusalReason::Template))),
    ];
    for (code, is_expected) in table {
        fixture.graph.fail_next_send(Failure::Code(code));
        let error = fixture.send(text("Hi")).await.unwrap_err();
        assert!(is_expected(&error), "{code}: {error:?}");
        assert_eq!(error.code(), format!("whatsapp.{code}"));
    }
    assert!(fixture.graph.sends_by_opaque_id().is_empty());
}

#[tokio::test]
async fn a_send_without_an_outcome_is_ambiguous() {
    let fixture = Fixture::new().await;
    for failure in [
        Failure::HttpStatusHtml(502),
        Failure::HttpStatusHtml(504),
        Failure::HttpStatusHtml(403),
        Failure::DropConnectionAfterRead,
        Failure::DropConnectionAfterAcceptance,
        Failure::Timeout,
    ] {
        fixture.graph.fail_next_send(failure);
        let error = fixture.send(text("Hi")).await.unwrap_err();
        assert!(matches!(error, ProviderError::Ambiguous { .. }), "{failure:?}: {error:?}");
        assert!(!error.is_retryable(), "{failure:?}");
    }
}

#[tokio::test]
async fn a_read_without_an_outcome_may_be_repeated() {
    let fixture = Fixture::new().await;
    for failure in [Failure::HttpStatusHtml(502), Failure::DropConnectionAfterRead, Failure::Timeout] {
        fixture.graph.fail_next(failure);
        let error = fixture.cloud.check(&fixture.access).await.unwrap_err();
        assert!(error.is_retryable(), "{failure:?}: {error:?}");
    }
}

#[tokio::test]
async fn nothing_was_sent_where_nobody_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let error = cloud().send(&access(closed), to_asha(), &permit::message(text("Hi"))).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unreachable { .. }), "{error:?}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_base_address_that_is_not_allowed_is_never_asked() {
    for base in ["http://graph.example/", "ftp://127.0.0.1/", "https://user:pass@graph.example/"] {
        let access = access(base.parse().unwrap());
        let error = cloud().send(&access, to_asha(), &permit::message(text("Hi"))).await.unwrap_err();
        assert!(matches!(error, ProviderError::Refused { .. }), "{base}: {error:?}");
    }
}

#[tokio::test]
async fn errors_show_no_token_and_no_number() {
    let fixture = Fixture::new().await;
    let mut seen = Vec::new();
    for failure in [
        Failure::Code(100),
        Failure::Unauthorized,
        Failure::HttpStatusHtml(502),
        Failure::DropConnectionAfterRead,
    ] {
        fixture.graph.fail_next_send(failure);
        let error = fixture.send(text("Secret words")).await.unwrap_err();
        seen.push(format!("{error} {error:?}"));
        let mut source = error.source();
        while let Some(error) = source {
            seen.push(format!("{error} {error:?}"));
            source = error.source();
        }
    }
    for line in seen {
        assert!(![TOKEN, ASHA, "Secret words"].iter().any(|secret| line.contains(secret)), "{line}");
    }
}

#[tokio::test]
async fn a_wait_that_was_asked_for_is_passed_on() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(400)
        .insert_header("Retry-After", "17")
        .set_body_json(json!({"error": {"code": 130_429}}));
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    let access = access(server.uri().parse().unwrap());
    let error = cloud().send(&access, to_asha(), &permit::message(text("Hi"))).await.unwrap_err();
    let ProviderError::Throttled { retry_after, .. } = error else { panic!("{error:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(17)));
}

#[tokio::test]
async fn an_acceptance_without_an_id_is_ambiguous() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({"messages": []}));
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    let access = access(server.uri().parse().unwrap());
    let error = cloud().send(&access, to_asha(), &permit::message(text("Hi"))).await.unwrap_err();
    assert!(matches!(error, ProviderError::Ambiguous { .. }), "{error:?}");
}

/// A server whose look-up of file 5 names an address.
async fn media_server(address: impl Fn(&str) -> String, sha256: &str) -> MockServer {
    let server = MockServer::start().await;
    let facts =
        json!({"url": address(&server.uri()), "mime_type": "text/plain", "sha256": sha256, "file_size": "4"});
    Mock::given(method("GET"))
        .and(path("/v25.0/5"))
        .and(query_param("phone_number_id", NUMBER))
        .respond_with(ResponseTemplate::new(200).set_body_json(facts))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn the_token_follows_no_forged_address() {
    let evil = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&evil).await;
    let direct = media_server(|_| format!("{}/file", evil.uri()), "").await;
    let error = cloud().fetch_media(&access(direct.uri().parse().unwrap()), "5").await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused { reason: RefusalReason::Media, .. }), "{error:?}");

    let redirecting = media_server(|own| format!("{own}/file"), "").await;
    Mock::given(path("/file"))
        .respond_with(
            ResponseTemplate::new(302).insert_header("Location", format!("{}/file", evil.uri()).as_str()),
        )
        .mount(&redirecting)
        .await;
    let error = cloud().fetch_media(&access(redirecting.uri().parse().unwrap()), "5").await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused { reason: RefusalReason::Media, .. }), "{error:?}");
}

#[tokio::test]
async fn a_redirect_on_the_allowed_host_is_followed_but_not_for_ever() {
    let server = media_server(|own| format!("{own}/file"), "").await;
    Mock::given(path("/file"))
        .respond_with(ResponseTemplate::new(302).insert_header("Location", "/there"))
        .mount(&server)
        .await;
    Mock::given(path("/there"))
        .respond_with(ResponseTemplate::new(200).set_body_string("test"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/there"))
        .respond_with(ResponseTemplate::new(302).insert_header("Location", "/there"))
        .mount(&server)
        .await;
    let access = access(server.uri().parse().unwrap());
    assert_eq!(cloud().fetch_media(&access, "5").await.unwrap().bytes, "test");
    assert!(cloud().fetch_media(&access, "5").await.is_err());
}

#[tokio::test]
async fn a_file_with_another_digest_is_a_fault() {
    let right = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for (body, is_right) in [("test", true), ("tesT", false)] {
        let server = media_server(|own| format!("{own}/file"), right).await;
        let answer = ResponseTemplate::new(200).set_body_string(body);
        Mock::given(path("/file")).respond_with(answer).mount(&server).await;
        let fetched = cloud().fetch_media(&access(server.uri().parse().unwrap()), "5").await;
        assert_eq!(fetched.is_ok(), is_right, "{fetched:?}");
    }
}

#[tokio::test]
async fn an_address_that_has_expired_is_looked_up_once_more() {
    let server = media_server(|own| format!("{own}/file"), "").await;
    Mock::given(path("/file")).respond_with(ResponseTemplate::new(404)).up_to_n_times(1).mount(&server).await;
    Mock::given(path("/file"))
        .respond_with(ResponseTemplate::new(200).set_body_string("test"))
        .mount(&server)
        .await;
    let access = access(server.uri().parse().unwrap());
    assert_eq!(cloud().fetch_media(&access, "5").await.unwrap().bytes, Bytes::from_static(b"test"));
}

#[tokio::test]
async fn a_template_that_cannot_be_read_costs_only_itself() {
    let server = MockServer::start().await;
    let page = json!({"data": [
        {"name": "good", "language": "en", "category": "UTILITY", "status": "APPROVED",
         "components": [{"type": "BODY", "text": "Hi {{1}}"}]},
        "not a template",
        {"name": "cards", "language": "en", "category": "MARKETING", "status": "APPROVED",
         "components": [{"type": "BODY", "text": "Look"}, {"type": "CAROUSEL", "cards": []}]},
        {"name": 5, "language": "en", "category": "NEW", "status": "NEW", "components": []},
    ], "paging": {"cursors": {"after": "x"}}});
    Mock::given(path_regex(format!("/v25.0/{WABA}/message_templates")))
        .respond_with(ResponseTemplate::new(200).set_body_json(page))
        .mount(&server)
        .await;
    let all = cloud().templates(&access(server.uri().parse().unwrap())).await.unwrap();
    let found: Vec<String> =
        all.iter().map(|it| format!("{} {} {}", it.name, it.category, it.status)).collect();
    assert_eq!(found, ["good utility approved", "cards marketing unsupported", "5 marketing other"]);
}

#[tokio::test]
async fn the_token_of_a_next_page_is_never_followed() {
    let server = MockServer::start().await;
    let first = json!({"data": [], "paging": {"cursors": {"after": "AAA"}, "next": "https://evil.example/?access_token=x"}});
    let last = json!({"data": [{"name": "good", "language": "en", "components": []}]});
    Mock::given(query_param("after", "AAA"))
        .respond_with(ResponseTemplate::new(200).set_body_json(last))
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(first))
        .mount(&server)
        .await;
    let all = cloud().templates(&access(server.uri().parse().unwrap())).await.unwrap();
    assert_eq!(all.len(), 1);
}

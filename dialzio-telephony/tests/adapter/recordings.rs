//! Recorded files: what is taken, and what is not.

use std::time::Duration;

use dialzio_core::provider::{ProviderError, RefusalReason, TelephonyProvider};
use serde_json::json;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::fixture::{APP_ID, SECRET, access, json as answer, piopiy, requests, telecmi};

/// A second of silence: eight thousand samples of two bytes.
fn wave() -> Vec<u8> {
    let data: u32 = 16_000;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt ");
    for part in [
        &16_u32.to_le_bytes()[..],
        &[1, 0, 1, 0],
        &8_000_u32.to_le_bytes(),
        &16_000_u32.to_le_bytes(),
        &[2, 0, 16, 0],
    ] {
        file.extend(part);
    }
    file.extend(b"data");
    file.extend(data.to_le_bytes());
    file.extend(vec![0; 16_000]);
    file
}

fn sound(bytes: Vec<u8>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(bytes, "application/octet-stream")
}

async fn plays(server: &MockServer, template: ResponseTemplate) {
    Mock::given(method("GET")).and(path("/v2/play")).respond_with(template).mount(server).await;
}

async fn error(template: ResponseTemplate) -> ProviderError {
    let server = MockServer::start().await;
    plays(&server, template).await;
    let error = telecmi().open_recording(&access(&server.uri()), "a.mp3").await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains(SECRET), "{error:?}");
    error
}

fn is_refused(error: &ProviderError, code: &str) -> bool {
    matches!(error, ProviderError::Refused { reason: RefusalReason::Media, .. })
        && error.code() == format!("telecmi.{code}")
}

#[tokio::test]
async fn a_file_is_fetched_whole_by_its_name_and_known_by_its_bytes() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v2/play"))
        .and(query_param("appid", APP_ID))
        .and(query_param("secret", SECRET))
        .and(query_param("file", "a name & more.mp3"))
        .respond_with(sound(wave()))
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/v2/piopiy/play"))
        .and(query_param("appid", APP_ID))
        .and(query_param("token", SECRET))
        .and(query_param("file", "b.wav"))
        .respond_with(sound([0xff, 0xfb, 0x90, 0x64].repeat(50)))
        .mount(&server)
        .await;
    let found = telecmi().open_recording(&access(&server.uri()), "a name & more.mp3").await.unwrap();
    assert_eq!((found.bytes.len(), found.mime.as_deref()), (16_044, Some("audio/wav")));
    let found = piopiy().open_recording(&access(&server.uri()), "b.wav").await.unwrap();
    assert_eq!((found.bytes.len(), found.mime.as_deref()), (200, Some("audio/mpeg")));
}

#[tokio::test]
async fn an_error_inside_a_success_is_an_error() {
    let not_ready = error(answer(json!({"code": 502, "msg": "Internal Server Error"}))).await;
    assert!(matches!(not_ready, ProviderError::Fault { .. }) && not_ready.is_retryable(), "{not_ready:?}");
    let unauthorised =
        error(answer(json!({"code": 407, "error": true, "msg": "Authentication Failed"}))).await;
    assert!(matches!(unauthorised, ProviderError::Credentials { .. }));
    assert!(is_refused(
        &error(answer(json!({"code": 404, "error": true, "msg": "Parameter missing"}))).await,
        "404"
    ));
    assert!(is_refused(&error(answer(json!({"code": 200}))).await, "no_sound"));
    let unspoken = error(answer(json!({"ok": true}))).await;
    assert!(matches!(unspoken, ProviderError::Fault { .. }));
}

#[tokio::test]
async fn what_is_no_sound_is_refused() {
    let page = ResponseTemplate::new(200).set_body_raw("<!doctype html><h1>Sign in</h1>", "audio/mpeg");
    assert!(is_refused(&error(page).await, "no_sound"));
    assert!(is_refused(&error(sound(Vec::new())).await, "no_sound"));
    assert!(is_refused(&error(sound(b"%PDF-1.7".to_vec())).await, "no_sound"));
    assert!(is_refused(&error(sound(wave()[..9_000].to_vec())).await, "truncated"));
    assert!(is_refused(&error(sound(b"ID3\x04\0\0\0\0\x7f\x7fabc".to_vec())).await, "truncated"));
}

#[tokio::test]
async fn a_status_says_what_to_do_if_the_body_does_not() {
    let page = |status| ResponseTemplate::new(status).set_body_raw("<html></html>", "text/html");
    assert!(is_refused(&error(page(404)).await, "http_404"));
    assert!(matches!(error(page(503)).await, ProviderError::Fault { .. }));
    assert!(matches!(error(page(429)).await, ProviderError::Throttled { .. }));
    assert!(matches!(error(page(401)).await, ProviderError::Credentials { .. }));
    let sound_of_an_error = ResponseTemplate::new(500).set_body_raw(wave(), "audio/wav");
    assert!(matches!(error(sound_of_an_error).await, ProviderError::Fault { .. }));
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    let server = MockServer::start().await;
    plays(&server, sound(vec![0; (100 << 20) + 1])).await;
    let error = telecmi().open_recording(&access(&server.uri()), "a.mp3").await.unwrap_err();
    assert!(is_refused(&error, "too_large"), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_followed_within_the_vendors_hosts_alone() {
    let elsewhere = MockServer::start().await;
    let to_another =
        ResponseTemplate::new(302).insert_header("location", format!("{}/v2/play", elsewhere.uri()));
    assert!(is_refused(&error(to_another).await, "host"));
    assert!(requests(&elsewhere).await.is_empty(), "nothing is asked of another host");
    let to_metadata = ResponseTemplate::new(302).insert_header("location", "http://169.254.169.254/latest/");
    assert!(is_refused(&error(to_metadata).await, "host"));
    let round_and_round = ResponseTemplate::new(302).insert_header("location", "/v2/play");
    assert!(is_refused(&error(round_and_round).await, "redirects"));

    let server = MockServer::start().await;
    plays(&server, ResponseTemplate::new(302).insert_header("location", "/files/a.wav")).await;
    Mock::given(method("GET")).and(path("/files/a.wav")).respond_with(sound(wave())).mount(&server).await;
    telecmi().open_recording(&access(&server.uri()), "a.wav").await.unwrap();
}

#[tokio::test]
async fn a_name_that_is_an_address_is_fetched_from_an_allowed_host_without_the_secret() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).and(path("/files/a.wav")).respond_with(sound(wave())).mount(&server).await;
    let access = access(&server.uri());
    let file = format!("{}/files/a.wav?secret={SECRET}&part=1", server.uri());
    telecmi().open_recording(&access, &file).await.unwrap();
    let asked = requests(&server).await.pop().unwrap().url;
    assert_eq!(asked.query(), Some("part=1"));
    for refused in [
        "https://evil.example/a.wav",
        "http://rest.telecmi.com/a.wav",
        "http://127.0.0.1:1/a.wav",
        "https://rest.telecmi.com:444/a",
    ] {
        let error = telecmi().open_recording(&access, refused).await.unwrap_err();
        assert!(is_refused(&error, "host"), "{refused}: {error:?}");
    }
    for refused in ["", "a\nb", "https://"] {
        let error = telecmi().open_recording(&access, refused).await.unwrap_err();
        assert!(is_refused(&error, "name"), "{refused}: {error:?}");
    }
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn a_file_that_takes_too_long_may_be_asked_for_again() {
    let late = error(sound(wave()).set_delay(Duration::from_secs(5))).await;
    assert!(matches!(late, ProviderError::Unreachable { .. }), "{late:?}");
}

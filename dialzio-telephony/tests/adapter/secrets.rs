//! What is never shown: secrets, numbers, names.

use dialzio_core::provider::{FieldFormat, Provider, ProviderError, TelephonyProvider};
use dialzio_telephony::{Piopiy, TeleCmi, TelephonyConfig};
use serde_json::json;
use wiremock::MockServer;

use crate::fixture::{ASHA, SECRET, TOKEN, access, answers, call, json as answer, permit, piopiy, telecmi};

#[tokio::test]
async fn an_explanation_that_repeats_a_secret_or_a_number_is_shown_without_them() {
    let server = MockServer::start().await;
    let words = format!("bad secret {SECRET}, token {TOKEN}, number {ASHA}");
    for path in ["/v2/webrtc/click2call", "/v2/ind_pcmo_make_call"] {
        answers(&server, path, answer(json!({"code": 407, "msg": words}))).await;
    }
    let access = access(&server.uri());
    let errors = [
        telecmi().place_call(&access, permit(ASHA), &call()).await.unwrap_err(),
        piopiy().place_call(&access, permit(ASHA), &call()).await.unwrap_err(),
    ];
    for error in errors {
        let shown = format!("{error:?} {error}");
        for secret in [SECRET, TOKEN, ASHA] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(matches!(error, ProviderError::Credentials { detail: Some(_), .. }));
    }
}

#[test]
fn debug_shows_neither_credentials_nor_numbers() {
    let access = access("http://127.0.0.1:1/");
    let shown = format!("{:?} {:?} {access:?} {:?}", telecmi(), piopiy(), call());
    for secret in [SECRET, TOKEN, "919876500101"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn an_account_is_connected_by_its_app_id_and_secret_and_signs_nothing() {
    let providers: [Box<dyn Provider>; 2] = [Box::new(telecmi()), Box::new(piopiy())];
    for provider in providers {
        let form = provider.connection();
        assert!(form.app_secret.is_none() && form.verify_token.is_none() && form.business_id.is_none());
        assert_eq!((form.routing_key.name, form.routing_key.format), ("appid", FieldFormat::Id));
        let required: Vec<_> = form.credentials.iter().filter(|field| field.required).collect();
        assert_eq!(required.len(), 1);
        assert!(required[0].secret && required[0].name == "secret");
        assert_eq!(provider.messaging().is_some(), provider.id().0 == "telecmi");
        assert!(provider.webhooks().is_some());
        let telephony = provider.telephony().unwrap();
        assert_eq!(telephony.capabilities().provider, provider.id());
        assert!(telephony.capabilities().agent_first);
    }
}

#[test]
fn an_address_on_this_machine_is_for_the_emulator_alone() {
    let plain: [Box<dyn Provider>; 2] = [
        Box::new(TeleCmi::new(TelephonyConfig::default()).unwrap()),
        Box::new(Piopiy::new(TelephonyConfig::default()).unwrap()),
    ];
    for provider in plain {
        assert!(provider.allows_address(&"https://rest.telecmi.com/".parse().unwrap()));
        assert!(!provider.allows_address(&"http://127.0.0.1:9/".parse().unwrap()));
        assert!(!provider.allows_address(&"https://elsewhere.example/".parse().unwrap()));
    }
    assert!(telecmi().allows_address(&"http://127.0.0.1:9/".parse().unwrap()));
}

/// The clock of the other side is known by the date of its answers.
#[tokio::test]
async fn the_newest_date_of_an_answer_is_kept() {
    let server = MockServer::start().await;
    let dated = |date: &str| answer(json!({"code": 200})).insert_header("date", date);
    answers(&server, "/v2/analysis", dated("Mon, 21 Sep 2026 14:15:00 GMT")).await;
    let provider = telecmi();
    assert_eq!(provider.newest_date(), None);
    provider.check(&access(&server.uri())).await.unwrap();
    assert_eq!(provider.newest_date().unwrap().timestamp(), 1_790_000_100);
}

//! Failures on purpose, and what the adapters make of them.

use dialzio_core::provider::{ProviderError, TelephonyProvider};
use dialzio_telephony::emulator::{Failure, Product, Side};

use crate::fixture::{APP_ID, ASHA, DID, Fixture, RAVI};

fn places(fixture: &Fixture) -> usize {
    let is_place = |path: &str| path.ends_with("click2call") || path.ends_with("make_call");
    fixture.vendor.requests().iter().filter(|request| is_place(&request.path)).count()
}

#[tokio::test]
async fn a_call_whose_answer_is_lost_may_go_on_and_is_asked_for_once() {
    for product in [Product::TeleCmi, Product::Piopiy] {
        for (failure, goes_on) in [
            (Failure::Timeout, true),
            (Failure::DropConnectionAfterAcceptance, true),
            (Failure::DropConnectionAfterRead, false),
            (Failure::HttpStatusHtml(502), false),
            (Failure::Code(500), false),
        ] {
            let fixture = Fixture::new().await;
            fixture.vendor.fail_next_call(failure.clone());
            let error = fixture.place(product).await.unwrap_err();
            assert!(matches!(error, ProviderError::Ambiguous { .. }), "{failure:?}: {error:?}");
            assert_eq!(places(&fixture), 1, "{failure:?}");
            assert_eq!(fixture.vendor.calls().len(), usize::from(goes_on), "{failure:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_places_nothing_and_the_next_call_is_placed() {
    let fixture = Fixture::new().await;
    for code in [400, 404, 407, 420, 429] {
        fixture.vendor.fail_next(Failure::Code(code));
        let error = fixture.place(Product::TeleCmi).await.unwrap_err();
        assert!(!matches!(error, ProviderError::Ambiguous { .. }), "{code}: {error:?}");
    }
    assert!(fixture.vendor.calls().is_empty());
    fixture.place(Product::TeleCmi).await.unwrap();
}

#[tokio::test]
async fn half_a_recording_and_one_that_is_elsewhere_are_refused() {
    let fixture = Fixture::new().await;
    let call = fixture.vendor.call_in(Product::TeleCmi, APP_ID, Some(ASHA), DID).unwrap();
    fixture.vendor.ring(&call, RAVI).unwrap();
    fixture.vendor.agent_answers(&call).unwrap();
    fixture.wait(3);
    fixture.vendor.hang_up(&call, Side::Agent).unwrap();
    let file = fixture.vendor.call(&call).unwrap().recording.unwrap();
    let elsewhere = Failure::RecordingElsewhere("https://files.example/a.wav".parse().unwrap());
    for (failure, code) in [(Failure::HalfRecording, "telecmi.truncated"), (elsewhere, "telecmi.host")] {
        fixture.vendor.fail_next(failure);
        let error = fixture.telecmi.open_recording(&fixture.access, &file).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
    fixture.telecmi.open_recording(&fixture.access, &file).await.unwrap();
    let error = fixture.telecmi.open_recording(&fixture.access, "another.wav").await.unwrap_err();
    assert_eq!(error.code(), "telecmi.404");
}

#[tokio::test]
async fn agents_and_credentials_are_answered() {
    let fixture = Fixture::new().await;
    let agents = fixture.telecmi.agents(&fixture.access).await.unwrap();
    assert_eq!(agents.iter().map(|agent| agent.id.as_str()).collect::<Vec<_>>(), [RAVI, "102_3333301"]);
    fixture.telecmi.check(&fixture.access).await.unwrap();
    fixture.piopiy.check(&fixture.access).await.unwrap();
    let mut wrong = fixture.access;
    wrong.credentials = [("secret", "another")].into();
    for provider in [&fixture.telecmi as &dyn TelephonyProvider, &fixture.piopiy] {
        assert!(matches!(provider.check(&wrong).await.unwrap_err(), ProviderError::Credentials { .. }));
    }
}

#[tokio::test]
async fn a_vendor_that_is_shut_down_is_not_reached() {
    let fixture = Fixture::new().await;
    fixture.vendor.shutdown();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let error = fixture.place(Product::TeleCmi).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unreachable { .. }), "{error:?}");
}

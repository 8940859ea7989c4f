//! What can be done with a call in progress.

use dialzio_core::provider::{CallAction, ProviderError, RefusalReason, TelephonyProvider};
use dialzio_telephony::PiopiyRegion;
use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

use crate::fixture::{
    SECRET, TOKEN, access, alias, answers, bodies, json as answer, piopiy, requests, telecmi,
};

#[tokio::test]
async fn telecmi_ends_a_call_by_the_leg_of_the_agent_with_a_users_token() {
    let server = MockServer::start().await;
    answers(&server, "/v2/c2c/hangup", answer(json!({"code": 200, "msg": "call ended"}))).await;
    let legs = [alias("agents-leg"), alias("persons-leg")];
    telecmi().control(&access(&server.uri()), &legs, CallAction::HangUp).await.unwrap();
    assert_eq!(bodies(&server).await, [json!({"token": TOKEN, "cmiuuid": "agents-leg"})]);
}

#[tokio::test]
async fn a_leg_that_the_user_does_not_handle_is_followed_by_the_next() {
    let server = MockServer::start().await;
    answers(&server, "/v2/c2c/hangup", answer(json!({"code": 404, "msg": "not found"}))).await;
    let legs: Vec<_> = ["a", "b", "c", "d", "e"].map(alias).to_vec();
    let error = telecmi().control(&access(&server.uri()), &legs, CallAction::HangUp).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused { .. }));
    assert_eq!(requests(&server).await.len(), 4, "and not without end");
    let error = telecmi().control(&access(&server.uri()), &[], CallAction::HangUp).await.unwrap_err();
    assert_eq!(error.code(), "telecmi.leg");
}

/// A token of one user is not the account's: that it has expired is no reason to connect the account again.
#[tokio::test]
async fn a_users_token_that_is_not_accepted_does_not_stop_the_account() {
    let server = MockServer::start().await;
    answers(&server, "/v2/c2c/hangup", answer(json!({"code": 401, "msg": "expired"}))).await;
    let error =
        telecmi().control(&access(&server.uri()), &[alias("a")], CallAction::HangUp).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused { reason: RefusalReason::Account, .. }), "{error:?}");
}

#[tokio::test]
async fn what_telecmi_cannot_do_is_unsupported_and_never_asked_for() {
    let server = MockServer::start().await;
    let mut access = access(&server.uri());
    let provider = telecmi();
    assert_eq!(provider.capabilities().actions, [CallAction::HangUp]);
    for action in [CallAction::Hold, CallAction::Resume] {
        let error = provider.control(&access, &[alias("a")], action).await.unwrap_err();
        assert!(matches!(error, ProviderError::Unsupported { .. }));
    }
    access.credentials = [("secret", SECRET)].into();
    let error = provider.control(&access, &[alias("a")], CallAction::HangUp).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unsupported { .. }), "without a token of a user");
    let error = provider.delete_recording(&access, "a.mp3").await.unwrap_err();
    assert!(matches!(error, ProviderError::Unsupported { .. }));
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn piopiy_is_told_the_leg_in_both_spellings() {
    let server = MockServer::start().await;
    answers(&server, "/v1/call/action", answer(json!({"status": "done"}))).await;
    let provider = piopiy();
    for (action, word) in
        [(CallAction::HangUp, "hangup"), (CallAction::Hold, "hold"), (CallAction::Resume, "unhold")]
    {
        assert!(provider.capabilities().actions.contains(&action));
        provider.control(&access(&server.uri()), &[alias("a1"), alias("b2")], action).await.unwrap();
        let asked = bodies(&server).await.pop().unwrap();
        assert_eq!(
            asked,
            json!({"appid": 3333301, "secret": SECRET, "action": word, "cmiuid": "a1", "cmiuuid": "a1"})
        );
    }
}

#[tokio::test]
async fn a_leg_that_one_part_of_piopiy_does_not_know_is_asked_for_at_the_other() {
    let server = MockServer::start().await;
    answers(&server, "/v1/call/action", answer(json!({"code": 404}))).await;
    answers(&server, "/v1/call/global_action", answer(json!({"code": 200}))).await;
    let access = access(&server.uri());
    piopiy().control(&access, &[alias("a1")], CallAction::HangUp).await.unwrap();
    assert_eq!(requests(&server).await.len(), 2);
    let fixed = piopiy().in_region(PiopiyRegion::India);
    let error = fixed.control(&access, &[alias("a1")], CallAction::HangUp).await.unwrap_err();
    assert_eq!(error.code(), "piopiy.404");
    assert_eq!(requests(&server).await.len(), 3);
}

#[tokio::test]
async fn a_part_of_piopiy_that_is_not_there_is_a_fault() {
    let server = MockServer::start().await;
    answers(&server, "/v1/call/action", ResponseTemplate::new(503)).await;
    let error = piopiy().control(&access(&server.uri()), &[alias("a1")], CallAction::Hold).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn what_piopiy_does_not_have_is_unsupported() {
    let server = MockServer::start().await;
    let (provider, access) = (piopiy(), access(&server.uri()));
    let at = crate::fixture::now();
    let capabilities = provider.capabilities();
    assert!(!capabilities.lists_calls && !capabilities.lists_agents && !capabilities.deletes_recordings);
    let errors = [
        provider.list_calls(&access, at, at, None).await.unwrap_err(),
        provider.agents(&access).await.unwrap_err(),
        provider.delete_recording(&access, "a.mp3").await.unwrap_err(),
    ];
    assert!(errors.iter().all(|error| matches!(error, ProviderError::Unsupported { .. })), "{errors:?}");
    assert!(requests(&server).await.is_empty());
}

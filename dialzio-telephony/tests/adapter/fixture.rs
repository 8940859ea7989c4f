//! Both adapters, an account of each, and a server that answers as it is told.

use std::time::Duration;

use chrono::{DateTime, Utc};
use dialzio_core::call::CallAlias;
use dialzio_core::consent::CallPermit;
use dialzio_core::provider::{AccountAccess, OutboundCall, RingAgentOn, TelephonyProvider};
use dialzio_core::{AccountId, CallId, IdSource, PhoneNumber};
use dialzio_telephony::{Piopiy, PiopiyV3, TeleCmi, TelephonyConfig};
use serde_json::Value;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

pub(crate) const APP_ID: &str = "3333301";
pub(crate) const SECRET: &str = "an-app-secret";
pub(crate) const TOKEN: &str = "a-user-token";
pub(crate) const DID: &str = "914412345678";
pub(crate) const AGENT: &str = "101_3333301";
pub(crate) const AGENT_NUMBER: &str = "919876500101";
pub(crate) const ASHA: &str = "919876500001";

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_100, 0).unwrap()
}

/// Short waits, so that silence is noticed soon.
fn config() -> TelephonyConfig {
    let mut config = TelephonyConfig::for_emulator();
    config.request_timeout = Duration::from_millis(500);
    config.recording_timeout = Duration::from_millis(500);
    config
}

pub(crate) fn telecmi() -> TeleCmi {
    TeleCmi::new(config()).unwrap()
}

pub(crate) fn piopiy() -> Piopiy {
    Piopiy::new(config()).unwrap()
}

pub(crate) fn piopiy_v3() -> PiopiyV3 {
    PiopiyV3::new(config()).unwrap()
}

/// Both, with what differs between their requests.
pub(crate) fn both() -> [(Box<dyn TelephonyProvider>, &'static str); 2] {
    [(Box::new(telecmi()), "/v2/webrtc/click2call"), (Box::new(piopiy()), "/v2/ind_pcmo_make_call")]
}

pub(crate) fn access(base: &str) -> AccountAccess {
    AccountAccess {
        account: IdSource::seeded(13).next::<AccountId>(now()),
        routing_key: APP_ID.to_owned(),
        business_id: APP_ID.to_owned(),
        credentials: [("secret", SECRET), ("user_token", TOKEN), ("caller_id", DID)].into(),
        base_url: Some(base.parse().unwrap()),
    }
}

pub(crate) fn call_id() -> CallId {
    IdSource::seeded(11).next(now())
}

/// A call that either provider takes.
pub(crate) fn call() -> OutboundCall {
    OutboundCall {
        id: call_id(),
        agent: Some(AGENT.to_owned()),
        agent_number: PhoneNumber::from_digits(AGENT_NUMBER).ok(),
        ring_agent_on: RingAgentOn::Softphone,
        our_number: Some(DID.to_owned()),
        max_duration: Duration::from_secs(3_600),
    }
}

pub(crate) fn permit(digits: &str) -> CallPermit {
    dialzio_core::testing::permit_to_call(PhoneNumber::from_digits(digits).unwrap(), now())
}

pub(crate) fn alias(text: &str) -> CallAlias {
    CallAlias::parse(text).unwrap()
}

/// Answers posts to a path, whatever they say, as often as they come.
pub(crate) async fn answers(server: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(method("POST")).and(path(at)).respond_with(answer).mount(server).await;
}

pub(crate) fn json(answer: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(answer)
}

/// What was asked of a server, in order.
pub(crate) async fn requests(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

/// The bodies of all requests, in order.
pub(crate) async fn bodies(server: &MockServer) -> Vec<Value> {
    requests(server).await.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
}

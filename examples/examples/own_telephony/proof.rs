//! The trunk keeps the promises of its ports.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use dialzio_core::call::CallAlias;
use dialzio_core::provider::{
    AccountAccess, OutboundCall, Provider, RawWebhook, RingAgentOn, WebhookDecoder, WebhookSecrets,
};
use dialzio_core::testing::Fixtures;
use dialzio_core::testing::conformance::telephony::{Answer, RecordedFile, TelephonyFixture};
use dialzio_core::testing::conformance::webhook::WebhookFixture;
use dialzio_core::{CallId, IdSource, PhoneNumber};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::trunk::{HEADER, VoiceTrunk, webhook};

const KEY: &str = "key-of-line-7";
const WRONG: &str = "key-of-another-line";

/// The trunk's side: the calls that it took, and how it treats the next one.
#[derive(Default)]
struct Side {
    calls: Mutex<Vec<Value>>,
    next: Mutex<Option<Answer>>,
}

#[derive(Clone, Default)]
struct Takes(Arc<Side>);

impl Respond for Takes {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let next = self.0.next.lock().expect("no test panics here").take();
        match next {
            Some(Answer::Refuse) => return ResponseTemplate::new(400),
            Some(Answer::SlowDown) => return ResponseTemplate::new(429),
            _ => {}
        }
        let mut calls = self.0.calls.lock().expect("no test panics here");
        calls.push(request.body_json().unwrap_or_default());
        let answer =
            ResponseTemplate::new(201).set_body_json(json!({ "id": format!("out-{}", calls.len()) }));
        match next {
            Some(Answer::Silence) => answer.set_delay(Duration::from_secs(30)),
            Some(Answer::LostAnswer) => {
                ResponseTemplate::new(201).set_body_raw("{\"id\": \"ou", "application/json")
            }
            _ => answer,
        }
    }
}

struct Line {
    server: MockServer,
    takes: Takes,
    trunk: VoiceTrunk,
    unreachable: AtomicBool,
}

impl Line {
    fn opened_by(&self, key: &str) -> AccountAccess {
        let gone = self.unreachable.swap(false, Ordering::SeqCst);
        let elsewhere = gone.then(|| "http://127.0.0.1:1/".parse().expect("an address"));
        AccountAccess {
            account: IdSource::seeded(2).next(self.now()),
            routing_key: "line-7".to_owned(),
            business_id: "line-7".to_owned(),
            credentials: [("api_key", key)].into(),
            base_url: elsewhere,
        }
    }

    fn calls(&self) -> Vec<Value> {
        self.takes.0.calls.lock().expect("no test panics here").clone()
    }
}

#[async_trait]
impl TelephonyFixture for Line {
    fn provider(&self) -> &dyn Provider {
        &self.trunk
    }
    fn access(&self) -> AccountAccess {
        self.opened_by(KEY)
    }
    fn wrong_access(&self) -> AccountAccess {
        self.opened_by(WRONG)
    }
    fn secrets(&self) -> Vec<String> {
        vec![KEY.to_owned(), WRONG.to_owned()]
    }
    fn webhook_secrets(&self) -> WebhookSecrets {
        WebhookSecrets { app: vec!["shared-secret".into()], verify_token: None }
    }
    fn now(&self) -> DateTime<Utc> {
        Fixtures::morning()
    }
    fn call(&self, id: CallId) -> OutboundCall {
        OutboundCall {
            id,
            agent: None,
            agent_number: PhoneNumber::from_digits("919876500101").ok(),
            ring_agent_on: RingAgentOn::Phone,
            our_number: None,
            max_duration: Duration::from_secs(3_600),
        }
    }
    async fn answer(&self, answer: Answer) {
        match answer {
            Answer::Unreachable => self.unreachable.store(true, Ordering::SeqCst),
            other => *self.takes.0.next.lock().expect("no test panics here") = Some(other),
        }
    }
    async fn requests(&self) -> u64 {
        self.server.received_requests().await.unwrap_or_default().len() as u64
    }
    async fn dialled(&self) -> Vec<String> {
        let digits =
            |call: &Value| call["then"].as_str().unwrap_or_default().trim_start_matches('+').to_owned();
        self.calls().iter().map(digits).collect()
    }
    async fn connect(&self) -> Vec<CallAlias> {
        CallAlias::parse(&format!("out-{}", self.calls().len())).into_iter().collect()
    }
    async fn end(&self) -> Vec<RawWebhook> {
        let calls = self.calls();
        let last = calls.last().cloned().unwrap_or_default();
        let event = |event: &str| {
            let event = json!({"account": "line-7", "call": format!("out-{}", calls.len()), "event": event,
                "direction": "out", "reference": last["reference"], "customer": last["then"], "answered": true,
                "seconds": 60, "at": self.now()});
            webhook(&event, "shared-secret")
        };
        vec![event("ringing"), event("ended")]
    }
    async fn recording(&self, _: RecordedFile) -> String {
        "none".to_owned()
    }
    async fn requests_elsewhere(&self) -> u64 {
        0
    }
}

async fn line() -> Line {
    let (server, takes) = (MockServer::start().await, Takes::default());
    let knows = || header("authorization", format!("Bearer {KEY}"));
    Mock::given(path("/calls")).and(knows()).respond_with(takes.clone()).mount(&server).await;
    let fine = ResponseTemplate::new(200).set_body_json(json!({}));
    Mock::given(path("/account")).and(knows()).respond_with(fine).mount(&server).await;
    let stranger = Mock::given(wiremock::matchers::any()).respond_with(ResponseTemplate::new(401));
    stranger.with_priority(9).mount(&server).await;
    let trunk = trunk(&format!("{}/", server.uri()));
    Line { server, takes, trunk, unreachable: AtomicBool::new(false) }
}

fn trunk(api: &str) -> VoiceTrunk {
    let _ = rustls::crypto::ring::default_provider().install_default();
    VoiceTrunk::new(api.parse().expect("an address"), Duration::from_millis(300)).expect("a client")
}

dialzio_core::telephony_conformance!(line);

struct Hooks(VoiceTrunk);

impl WebhookFixture for Hooks {
    fn decoder(&self) -> &dyn WebhookDecoder {
        &self.0
    }
    fn secrets(&self) -> WebhookSecrets {
        WebhookSecrets { app: vec!["new-secret".into(), "old-secret".into()], verify_token: None }
    }
    fn signed(&self, body: Bytes, secret: usize) -> RawWebhook {
        let secrets = self.secrets();
        RawWebhook { body, ..webhook(&json!({}), secrets.app[secret].expose_secret()) }
    }
    fn header(&self) -> &str {
        HEADER
    }
    fn covers_body(&self) -> bool {
        false
    }
    fn samples(&self) -> Vec<Bytes> {
        let call = json!({"account": "line-7", "call": "in-1", "event": "ringing", "direction": "in"});
        vec![json!([call, {"account": "line-7", "event": "torn"}]).to_string().into()]
    }
}

fn hooks() -> Hooks {
    Hooks(trunk("http://127.0.0.1:1/"))
}

dialzio_core::webhook_conformance!(hooks);

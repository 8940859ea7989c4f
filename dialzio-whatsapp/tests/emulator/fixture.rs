//! An emulator with one number, a client, a clock that the test moves, and an ear for webhooks.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU16, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use chrono::{DateTime, Utc};
use dialzio_whatsapp::emulator::{
    Behaviour, CustomerIdentity, CustomerMessage, EmulatedNumber, Emulator, EmulatorConfig,
};
use serde_json::{Value, json};

pub(crate) const NUMBER: &str = "100200300";
pub(crate) const WABA: &str = "900800700";
pub(crate) const TOKEN: &str = "token-of-green-leaf";
pub(crate) const SECRET: &str = "secret-of-green-leaf";
pub(crate) const SENDER: &str = "914412345678";
pub(crate) const ASHA: &str = "919876500001";

/// One webhook: its signature and its bytes.
pub(crate) type Heard = (Option<String>, Bytes);

/// Webhooks as they came in.
#[derive(Clone, Default)]
pub(crate) struct Ear {
    pub(crate) heard: Arc<Mutex<Vec<Heard>>>,
    /// The status to answer; 0 means 200.
    pub(crate) answer: Arc<AtomicU16>,
}

impl Ear {
    pub(crate) fn all(&self) -> Vec<Value> {
        self.heard.lock().unwrap().iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect()
    }

    pub(crate) fn values(&self) -> Vec<Value> {
        self.all().iter().map(|hook| hook["entry"][0]["changes"][0]["value"].clone()).collect()
    }

    /// Status words of one message, in the order in which they came.
    pub(crate) fn statuses(&self, wamid: &str) -> Vec<String> {
        self.values()
            .iter()
            .flat_map(|value| value["statuses"].as_array().cloned().unwrap_or_default())
            .filter(|status| status["id"] == wamid)
            .map(|status| status["status"].as_str().unwrap().to_owned())
            .collect()
    }
}

pub(crate) struct Fixture {
    pub(crate) graph: Emulator,
    pub(crate) http: reqwest::Client,
    pub(crate) ear: Ear,
    now: Arc<AtomicI64>,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::behaving(Behaviour { status_delay: Duration::ZERO, ..Behaviour::default() }).await
    }

    pub(crate) async fn behaving(behaviour: Behaviour) -> Self {
        let now = Arc::new(AtomicI64::new(1_790_000_000));
        let clock = Arc::clone(&now);
        let mut config = EmulatorConfig::new(Arc::new(move || -> DateTime<Utc> {
            DateTime::from_timestamp(clock.load(Ordering::SeqCst), 0).unwrap()
        }));
        config.behaviour = behaviour;
        let graph = Emulator::start(config).await.unwrap();
        let ear = Ear::default();
        let routes = Router::new().route("/hook", post(hear)).with_state(ear.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hook = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        graph.add_number(EmulatedNumber {
            phone_number_id: NUMBER.into(),
            waba_id: WABA.into(),
            display_phone_number: format!("+{SENDER}"),
            verified_name: "Green Leaf Nursery".into(),
            access_token: TOKEN.into(),
            app_secret: SECRET.into(),
            webhook_url: Some(hook.parse().unwrap()),
        });
        graph.add_sample_templates(WABA);
        Self { graph, http: client(), ear, now }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn asha(&self) -> CustomerIdentity {
        CustomerIdentity::with_phone(ASHA, "Asha")
    }

    /// Asha writes, so that the window is open; the webhook is then forgotten.
    pub(crate) async fn open_window(&self) -> String {
        let wamid = self.graph.customer_sends(NUMBER, &self.asha(), CustomerMessage::text("Hello")).unwrap();
        self.graph.idle().await;
        self.ear.heard.lock().unwrap().clear();
        wamid
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}v25.0/{path}", self.graph.base_url())
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.http.post(self.url(path)).bearer_auth(TOKEN).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.http.get(self.url(path)).bearer_auth(TOKEN).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn send(&self, message: Value) -> (u16, Value) {
        self.post(&format!("{NUMBER}/messages"), &message).await
    }

    pub(crate) async fn upload(&self, mime: &str, bytes: Vec<u8>) -> (u16, Value) {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("file").mime_str(mime).unwrap();
        let form = reqwest::multipart::Form::new().text("messaging_product", "whatsapp").part("file", part);
        let url = self.url(&format!("{NUMBER}/media"));
        let answer = self.http.post(url).bearer_auth(TOKEN).multipart(form).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

/// A message to Asha; the content stands under its type.
pub(crate) fn to_asha(kind: &str, content: Value) -> Value {
    let mut message = json!({"messaging_product": "whatsapp", "to": ASHA, "type": kind});
    message[kind] = content;
    message
}

pub(crate) fn wamid(answer: &Value) -> String {
    answer["messages"][0]["id"].as_str().unwrap_or_else(|| panic!("no message id in {answer}")).to_owned()
}

async fn hear(State(ear): State<Ear>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("x-hub-signature-256").map(|value| value.to_str().unwrap().to_owned());
    ear.heard.lock().unwrap().push((signature, body));
    match ear.answer.load(Ordering::SeqCst) {
        0 => StatusCode::OK,
        other => StatusCode::from_u16(other).unwrap(),
    }
}

pub(crate) fn client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent("dialzio-test/1")
        .no_proxy()
        .build()
        .unwrap()
}

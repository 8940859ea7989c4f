//! The adapter against the suites that every provider has to pass, with the emulator as its server.

#![allow(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeZone, Utc};
use dialzio_core::conversation::TemplateSend;
use dialzio_core::provider::{
    AccountAccess, MessagingProvider, Provider, RawWebhook, WebhookDecoder, WebhookMethod, WebhookSecrets,
};
use dialzio_core::testing::conformance::{
    messaging::{Answer, MessagingFixture},
    webhook::WebhookFixture,
};
use dialzio_core::{AccountId, IdSource};
use dialzio_whatsapp::emulator::{Behaviour, EmulatedNumber, Emulator, EmulatorConfig, Failure};
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const TOKEN: &str = "token-of-green-leaf";

fn now() -> DateTime<Utc> {
    Utc.timestamp_opt(1_790_000_000, 0).unwrap()
}

struct Graph {
    cloud: MetaCloud,
    emulator: Emulator,
    unreachable: AtomicBool,
}

#[async_trait]
impl MessagingFixture for Graph {
    fn provider(&self) -> &dyn MessagingProvider {
        self.cloud.messaging().unwrap()
    }

    fn access(&self) -> AccountAccess {
        let gone = self.unreachable.swap(false, Ordering::SeqCst);
        let base = if gone { "http://127.0.0.1:1/".parse().unwrap() } else { self.emulator.base_url() };
        AccountAccess {
            account: IdSource::seeded(1).next::<AccountId>(now()),
            routing_key: "100200300".into(),
            business_id: "900800700".into(),
            credentials: [("access_token", TOKEN)].into(),
            base_url: Some(base),
        }
    }

    fn token(&self) -> String {
        TOKEN.into()
    }

    fn now(&self) -> DateTime<Utc> {
        now()
    }

    fn template(&self) -> TemplateSend {
        TemplateSend { name: "greeting".into(), language: "en".into(), ..TemplateSend::default() }
    }

    async fn answer(&self, answer: Answer) {
        match answer {
            Answer::Accept => {}
            Answer::Refuse => self.emulator.fail_next(Failure::Code(131_026)),
            Answer::SlowDown => self.emulator.fail_next(Failure::Code(130_429)),
            Answer::BadToken => self.emulator.fail_next(Failure::Unauthorized),
            Answer::Silence => self.emulator.fail_next(Failure::Timeout),
            Answer::Unreachable => self.unreachable.store(true, Ordering::SeqCst),
        }
    }

    async fn requests(&self) -> u64 {
        self.emulator.requests().len() as u64
    }
}

async fn graph() -> Graph {
    let mut config = EmulatorConfig::new(Arc::new(now));
    config.behaviour =
        Behaviour { reply_window: false, status_delay: Duration::ZERO, ..Behaviour::default() };
    let emulator = Emulator::start(config).await.unwrap();
    emulator.add_number(EmulatedNumber {
        phone_number_id: "100200300".into(),
        waba_id: "900800700".into(),
        display_phone_number: "+91 44 1234 5678".into(),
        verified_name: "Green Leaf Nursery".into(),
        access_token: TOKEN.into(),
        app_secret: "secret".into(),
        webhook_url: None,
    });
    let greeting = serde_json::json!([{ "type": "BODY", "text": "Hello from Green Leaf." }]);
    let template =
        dialzio_whatsapp::emulator::EmulatedTemplate::approved("greeting", "en", "UTILITY", greeting);
    emulator.add_template("900800700", template);
    let short = Duration::from_millis(400);
    let config = MetaConfig { request_timeout: short, media_timeout: short, ..MetaConfig::for_emulator() };
    Graph { cloud: MetaCloud::new(config).unwrap(), emulator, unreachable: AtomicBool::new(false) }
}

dialzio_core::messaging_conformance!(graph);

struct Hooks(MetaCloud);

impl WebhookFixture for Hooks {
    fn decoder(&self) -> &dyn WebhookDecoder {
        self.0.webhooks().unwrap()
    }

    fn secrets(&self) -> WebhookSecrets {
        WebhookSecrets {
            app: vec!["new-secret".into(), "old-secret".into()],
            verify_token: Some("verify".into()),
        }
    }

    fn signed(&self, body: Bytes, secret: usize) -> RawWebhook {
        let secrets = self.secrets();
        let key = secrets.app[secret].expose_secret().as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(&body);
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        RawWebhook {
            method: WebhookMethod::Post,
            query: String::new(),
            headers: vec![(self.header().into(), format!("sha256={hex}"))],
            body,
        }
    }

    fn header(&self) -> &str {
        "x-hub-signature-256"
    }

    fn covers_body(&self) -> bool {
        true
    }

    fn samples(&self) -> Vec<Bytes> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/webhooks");
        let mut files: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| std::fs::read(file).unwrap().into()).collect()
    }
}

fn hooks() -> Hooks {
    Hooks(MetaCloud::new(MetaConfig::default()).unwrap())
}

dialzio_core::webhook_conformance!(hooks);

//! SMS of TeleCMI against the suite that every messaging provider has to pass, with the emulator as its server.
#![cfg(all(feature = "telecmi", feature = "emulator"))]
#![allow(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use dialzio_core::conversation::TemplateSend;
use dialzio_core::provider::{AccountAccess, MessagingProvider, Provider};
use dialzio_core::testing::conformance::messaging::{Answer, MessagingFixture};
use dialzio_core::{AccountId, IdSource};
use dialzio_telephony::emulator::{
    EmulatedAccount, EmulatedAgent, Emulator, EmulatorConfig, Failure, Product,
};
use dialzio_telephony::{TeleCmi, TelephonyConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const TOKEN: &str = "token-of-a-user";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

struct Vendor {
    provider: TeleCmi,
    emulator: Emulator,
    unreachable: AtomicBool,
}

#[async_trait]
impl MessagingFixture for Vendor {
    fn provider(&self) -> &dyn MessagingProvider {
        self.provider.messaging().unwrap()
    }

    fn access(&self) -> AccountAccess {
        let gone = self.unreachable.swap(false, Ordering::SeqCst);
        let base = if gone { "http://127.0.0.1:1/".parse().unwrap() } else { self.emulator.base_url() };
        AccountAccess {
            account: IdSource::seeded(1).next::<AccountId>(now()),
            routing_key: "1234567".into(),
            business_id: "1234567".into(),
            credentials: [("secret", "an-app-secret"), ("user_token", TOKEN)].into(),
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
            Answer::Refuse => self.emulator.fail_next(Failure::Code(401)),
            Answer::SlowDown => self.emulator.fail_next(Failure::Code(429)),
            Answer::BadToken => self.emulator.fail_next(Failure::Code(404)),
            Answer::Silence => self.emulator.fail_next(Failure::Timeout),
            Answer::Unreachable => self.unreachable.store(true, Ordering::SeqCst),
        }
    }

    async fn requests(&self) -> u64 {
        self.emulator.requests().len() as u64
    }
}

async fn vendor() -> Vendor {
    let emulator = Emulator::start(EmulatorConfig::new(Arc::new(now))).await.unwrap();
    emulator.add_account(EmulatedAccount {
        product: Product::TeleCmi,
        app_id: 1_234_567,
        secret: "an-app-secret".into(),
        numbers: vec!["914412345678".into()],
        agents: vec![EmulatedAgent {
            id: "101_1234567".into(),
            name: "Ravi K".into(),
            phone: "919876500101".into(),
            token: TOKEN.into(),
        }],
        follow_me: false,
        recorded: false,
        webhook_url: None,
    });
    let mut config = TelephonyConfig::for_emulator();
    config.request_timeout = Duration::from_millis(400);
    Vendor { provider: TeleCmi::new(config).unwrap(), emulator, unreachable: AtomicBool::new(false) }
}

dialzio_core::messaging_conformance!(vendor);

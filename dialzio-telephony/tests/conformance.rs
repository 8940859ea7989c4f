//! Both adapters against the suite that every telephony provider has to pass, with the emulator as their server.
#![cfg(all(feature = "telecmi", feature = "piopiy", feature = "emulator"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use dialzio_core::call::CallAlias;
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{AccountAccess, OutboundCall, Provider, RawWebhook, RingAgentOn, WebhookMethod};
use dialzio_core::testing::conformance::telephony::{Answer, RecordedFile, TelephonyFixture};
use dialzio_core::{AccountId, CallId, IdSource, PhoneNumber};
use dialzio_telephony::emulator::{
    EmulatedAccount, EmulatedAgent, EmulatedCall, Emulator, EmulatorConfig, Failure, Product, Side,
};
use dialzio_telephony::{Piopiy, TeleCmi, TelephonyConfig};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const APP_ID: u64 = 3333301;
const SECRET: &str = "an-app-secret";
const WRONG: &str = "another-apps-secret";
const TOKEN: &str = "a-user-token";
const DID: &str = "914412345678";
const AGENT: &str = "101_3333301";
const AGENTS_PHONE: &str = "919876500101";

struct Vendor {
    product: Product,
    provider: Box<dyn Provider>,
    emulator: Emulator,
    inbox: MockServer,
    elsewhere: MockServer,
    clock: Arc<AtomicI64>,
    seen: AtomicUsize,
    unreachable: AtomicBool,
}

async fn mailbox() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    server
}

impl Vendor {
    async fn of(product: Product) -> Self {
        let clock = Arc::new(AtomicI64::new(1_790_000_100));
        let ticking = Arc::clone(&clock);
        let time = move || DateTime::from_timestamp(ticking.load(Ordering::SeqCst), 0).unwrap();
        let emulator = Emulator::start(EmulatorConfig::new(Arc::new(time))).await.unwrap();
        let (inbox, elsewhere) = (mailbox().await, mailbox().await);
        let agent = EmulatedAgent {
            id: AGENT.into(),
            name: "Ravi K".into(),
            phone: AGENTS_PHONE.into(),
            token: TOKEN.into(),
        };
        emulator.add_account(EmulatedAccount {
            product,
            app_id: APP_ID,
            secret: SECRET.into(),
            numbers: vec![DID.into()],
            agents: if product == Product::TeleCmi { vec![agent] } else { Vec::new() },
            follow_me: true,
            recorded: true,
            webhook_url: Some(inbox.uri().parse().unwrap()),
        });
        let mut config = TelephonyConfig::for_emulator();
        config.request_timeout = Duration::from_millis(500);
        let provider: Box<dyn Provider> = match product {
            Product::TeleCmi => Box::new(TeleCmi::new(config).unwrap()),
            Product::Piopiy => Box::new(Piopiy::new(config).unwrap()),
        };
        let (seen, unreachable) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self { product, provider, emulator, inbox, elsewhere, clock, seen, unreachable }
    }

    fn opened_by(&self, secret: &str) -> AccountAccess {
        let gone = self.unreachable.swap(false, Ordering::SeqCst);
        let base = if gone { "http://127.0.0.1:1/".parse().unwrap() } else { self.emulator.base_url() };
        AccountAccess {
            account: IdSource::seeded(13).next::<AccountId>(self.now()),
            routing_key: APP_ID.to_string(),
            business_id: APP_ID.to_string(),
            credentials: [("secret", secret), ("user_token", TOKEN), ("caller_id", DID)].into(),
            base_url: Some(base),
        }
    }

    fn placed(&self) -> Vec<EmulatedCall> {
        let mut all = self.emulator.calls();
        all.retain(|call| call.direction == Direction::Outbound);
        all
    }

    fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }
}

#[async_trait]
impl TelephonyFixture for Vendor {
    fn provider(&self) -> &dyn Provider {
        &*self.provider
    }

    fn access(&self) -> AccountAccess {
        self.opened_by(SECRET)
    }

    fn wrong_access(&self) -> AccountAccess {
        self.opened_by(WRONG)
    }

    fn secrets(&self) -> Vec<String> {
        [SECRET, WRONG, TOKEN].map(str::to_owned).to_vec()
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.clock.load(Ordering::SeqCst), 0).unwrap()
    }

    fn call(&self, id: CallId) -> OutboundCall {
        OutboundCall {
            id,
            agent: Some(AGENT.into()),
            agent_number: PhoneNumber::from_digits(AGENTS_PHONE).ok(),
            ring_agent_on: RingAgentOn::Softphone,
            our_number: Some(DID.into()),
            max_duration: Duration::from_secs(3_600),
        }
    }

    async fn answer(&self, answer: Answer) {
        match answer {
            Answer::Refuse => self.emulator.fail_next_call(Failure::Code(400)),
            Answer::SlowDown => self.emulator.fail_next_call(Failure::Code(429)),
            Answer::Silence => self.emulator.fail_next_call(Failure::Timeout),
            Answer::LostAnswer => self.emulator.fail_next_call(Failure::DropConnectionAfterAcceptance),
            Answer::Unreachable => self.unreachable.store(true, Ordering::SeqCst),
        }
    }

    async fn requests(&self) -> u64 {
        self.emulator.requests().len() as u64
    }

    async fn dialled(&self) -> Vec<String> {
        self.placed().into_iter().filter_map(|call| call.customer).collect()
    }

    async fn connect(&self) -> Vec<CallAlias> {
        let id = self.placed().pop().unwrap().id;
        self.wait(5);
        self.emulator.agent_answers(&id).unwrap();
        self.wait(9);
        self.emulator.customer_answers(&id).unwrap();
        CallAlias::parse(&id).into_iter().collect()
    }

    async fn end(&self) -> Vec<RawWebhook> {
        let id = self.placed().pop().unwrap().id;
        self.wait(60);
        self.emulator.hang_up(&id, Side::Customer).unwrap();
        self.emulator.idle().await;
        let all = self.inbox.received_requests().await.unwrap();
        let new = self.seen.swap(all.len(), Ordering::SeqCst);
        let each = |request: wiremock::Request| RawWebhook {
            method: WebhookMethod::Post,
            query: String::new(),
            headers: Vec::new(),
            body: request.body.into(),
        };
        all.into_iter().skip(new).map(each).collect()
    }

    async fn recording(&self, file: RecordedFile) -> String {
        let id = self.emulator.call_in(self.product, APP_ID, Some("919876500001"), DID).unwrap();
        let agent = if self.product == Product::TeleCmi { AGENT } else { AGENTS_PHONE };
        self.emulator.ring(&id, agent).unwrap();
        self.emulator.agent_answers(&id).unwrap();
        self.wait(9);
        self.emulator.hang_up(&id, Side::Customer).unwrap();
        match file {
            RecordedFile::Sound => {}
            RecordedFile::Page => self.emulator.fail_next(Failure::HttpStatusHtml(200)),
            RecordedFile::Elsewhere => {
                let elsewhere = format!("{}/a.wav", self.elsewhere.uri()).parse().unwrap();
                self.emulator.fail_next(Failure::RecordingElsewhere(elsewhere));
            }
        }
        self.emulator.call(&id).unwrap().recording.unwrap()
    }

    async fn requests_elsewhere(&self) -> u64 {
        self.elsewhere.received_requests().await.unwrap().len() as u64
    }
}

mod telecmi {
    use super::{Product, Vendor};

    async fn vendor() -> Vendor {
        Vendor::of(Product::TeleCmi).await
    }
    dialzio_core::telephony_conformance!(vendor);
}

mod piopiy {
    use super::{Product, Vendor};

    async fn vendor() -> Vendor {
        Vendor::of(Product::Piopiy).await
    }
    dialzio_core::telephony_conformance!(vendor);
}

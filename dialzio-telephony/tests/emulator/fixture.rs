//! An emulator with an account of each product, both adapters, a clock that is set by hand, and a place where webhooks arrive.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use dialzio_core::call::CallAlias;
use dialzio_core::provider::{
    AccountAccess, CallReport, Inbound, InboundBody, OutboundCall, Provider, ProviderError, RawWebhook,
    RingAgentOn, TelephonyProvider, VerifiedWebhook, WebhookMethod, WebhookSecrets,
};
use dialzio_core::{AccountId, CallId, IdSource, PhoneNumber};
use dialzio_telephony::emulator::{
    Behaviour, EmulatedAccount, EmulatedAgent, EmulatedCall, Emulator, EmulatorConfig, Product,
};
use dialzio_telephony::{Piopiy, TeleCmi, TelephonyConfig};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const APP_ID: u64 = 3333301;
pub(crate) const SECRET: &str = "an-app-secret";
pub(crate) const DID: &str = "914412345678";
pub(crate) const RAVI: &str = "101_3333301";
pub(crate) const LATHA: &str = "102_3333301";
pub(crate) const RAVIS_PHONE: &str = "919876500101";
pub(crate) const ASHA: &str = "919876500001";

pub(crate) struct Fixture {
    pub(crate) vendor: Emulator,
    pub(crate) telecmi: TeleCmi,
    pub(crate) piopiy: Piopiy,
    pub(crate) access: AccountAccess,
    inbox: MockServer,
    clock: Arc<AtomicI64>,
    seen: Mutex<usize>,
}

fn agent(id: &str, name: &str, phone: &str, token: &str) -> EmulatedAgent {
    EmulatedAgent { id: id.into(), name: name.into(), phone: phone.into(), token: token.into() }
}

pub(crate) fn account(product: Product) -> EmulatedAccount {
    let ravi = agent(RAVI, "Ravi K", RAVIS_PHONE, "token-of-ravi");
    let latha = agent(LATHA, "Latha M", "919876500102", "token-of-latha");
    EmulatedAccount {
        product,
        app_id: APP_ID,
        secret: SECRET.into(),
        numbers: vec![DID.to_owned()],
        agents: if product == Product::TeleCmi { vec![ravi, latha] } else { Vec::new() },
        follow_me: false,
        recorded: true,
        webhook_url: None,
    }
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::behaving(Behaviour::default()).await
    }

    pub(crate) async fn behaving(behaviour: Behaviour) -> Self {
        let clock = Arc::new(AtomicI64::new(1_790_000_100));
        let ticking = Arc::clone(&clock);
        let now = move || DateTime::from_timestamp(ticking.load(Ordering::SeqCst), 0).unwrap();
        let mut config = EmulatorConfig::new(Arc::new(now));
        config.behaviour = behaviour;
        let vendor = Emulator::start(config).await.unwrap();
        let inbox = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&inbox).await;
        for product in [Product::TeleCmi, Product::Piopiy] {
            vendor.add_account(account(product));
            let url = format!("{}/hooks/{product:?}", inbox.uri()).parse().unwrap();
            vendor.set_webhook(product, APP_ID, url).unwrap();
        }
        let mut config = TelephonyConfig::for_emulator();
        config.request_timeout = Duration::from_millis(500);
        config.recording_timeout = Duration::from_millis(500);
        let access = AccountAccess {
            account: IdSource::seeded(13).next::<AccountId>(DateTime::UNIX_EPOCH),
            routing_key: APP_ID.to_string(),
            business_id: APP_ID.to_string(),
            credentials: [("secret", SECRET), ("user_token", "token-of-ravi"), ("caller_id", DID)].into(),
            base_url: Some(vendor.base_url()),
        };
        Self {
            vendor,
            telecmi: TeleCmi::new(config.clone()).unwrap(),
            piopiy: Piopiy::new(config).unwrap(),
            access,
            inbox,
            clock,
            seen: Mutex::new(0),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.clock.load(Ordering::SeqCst), 0).unwrap()
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn provider(&self, product: Product) -> &dyn TelephonyProvider {
        match product {
            Product::TeleCmi => &self.telecmi,
            Product::Piopiy => &self.piopiy,
        }
    }

    fn decoder(&self, path: &str) -> &dyn Provider {
        if path.ends_with("TeleCmi") { &self.telecmi } else { &self.piopiy }
    }

    /// Places a call to Asha by Ravi. Answers it as the emulator has it.
    pub(crate) async fn place(&self, product: Product) -> Result<EmulatedCall, ProviderError> {
        let permit =
            dialzio_core::testing::permit_to_call(PhoneNumber::from_digits(ASHA).unwrap(), self.now());
        let accepted = self.provider(product).place_call(&self.access, permit, &call()).await?;
        let request = accepted.request.unwrap();
        let found =
            self.vendor.calls().into_iter().find(|call| call.request_id.as_deref() == Some(request.as_str()));
        Ok(found.unwrap())
    }

    /// Webhooks that arrived since the last time, as they are, in order: the path, and the elements in it.
    pub(crate) async fn arrived(&self) -> Vec<(String, Vec<Inbound>)> {
        self.vendor.idle().await;
        let all = self.inbox.received_requests().await.unwrap();
        let from = std::mem::replace(&mut *self.seen.lock().unwrap(), all.len());
        let decode = |request: &wiremock::Request| {
            let raw = RawWebhook {
                method: if request.method.as_str() == "GET" {
                    WebhookMethod::Get
                } else {
                    WebhookMethod::Post
                },
                query: request.url.query().unwrap_or_default().to_owned(),
                headers: Vec::new(),
                body: request.body.clone().into(),
            };
            let path = request.url.path().to_owned();
            let decoder = self.decoder(&path).webhooks().unwrap();
            let hook: VerifiedWebhook =
                decoder.verify(raw, &WebhookSecrets { app: Vec::new(), verify_token: None }).unwrap();
            (path, decoder.decode(&hook))
        };
        all[from..].iter().map(decode).collect()
    }

    /// The calls of all webhooks that arrived since the last time.
    pub(crate) async fn reports(&self) -> Vec<CallReport> {
        let arrived = self.arrived().await;
        let elements = arrived.into_iter().flat_map(|(_, elements)| elements);
        elements
            .map(|element| match element.body {
                InboundBody::Call(report) => *report,
                other => panic!("the emulator posted {}", other.kind()),
            })
            .collect()
    }

    /// One line for each report: its kind, whose leg, and what happened.
    pub(crate) async fn story(&self) -> Vec<String> {
        self.reports().await.iter().map(line).collect()
    }
}

/// A report in a line.
pub(crate) fn line(report: &CallReport) -> String {
    let leg = &report.leg;
    let role = leg.role.map_or("-", |role| role.as_str());
    let happened = if let Some(result) = &leg.result {
        format!("{result:?}").to_lowercase()
    } else if leg.ended.is_some() {
        "ended".to_owned()
    } else if leg.answered.is_some() {
        "up".to_owned()
    } else {
        "rings".to_owned()
    };
    format!("{} {role} {happened}", report.kind)
}

pub(crate) fn call_id() -> CallId {
    IdSource::seeded(11).next(DateTime::UNIX_EPOCH)
}

pub(crate) fn call() -> OutboundCall {
    OutboundCall {
        id: call_id(),
        agent: Some(RAVI.to_owned()),
        agent_number: PhoneNumber::from_digits(RAVIS_PHONE).ok(),
        ring_agent_on: RingAgentOn::Softphone,
        our_number: Some(DID.to_owned()),
        max_duration: Duration::from_secs(3_600),
    }
}

pub(crate) fn alias(text: &str) -> CallAlias {
    CallAlias::parse(text).unwrap()
}

//! An organisation with an account of each product at the emulator, and an agent of its own.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::access::{AccessWrite, NewOrg};
use dialzio_core::account::{App, LocalKeys, NewAccount, NewApp};
use dialzio_core::call::{Call, CallQuery, NewAgent};
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::page::PageRequest;
use dialzio_core::provider::{HookReply, RawWebhook, WebhookMethod};
use dialzio_core::store::Batch;
use dialzio_core::testing::{Fixtures, scope, service};
use dialzio_core::{AccountId, Actor, Clock, Crm, ManualClock, PhoneNumber, Principal, Region, Role};
use dialzio_telephony::emulator::{
    Behaviour, EmulatedAccount, EmulatedAgent, EmulatedCall, Emulator, EmulatorConfig, Product,
};
use dialzio_telephony::{Piopiy, TeleCmi, TelephonyConfig};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::stores::StoreKind;

pub(crate) const APP_ID: u64 = 3333301;
pub(crate) const DID: &str = "914412345678";
pub(crate) const RAVI: &str = "101_3333301";
pub(crate) const LATHA: &str = "102_3333301";
pub(crate) const RAVIS_PHONE: &str = "919876500101";
pub(crate) const ASHA: &str = "919876500001";

pub(crate) struct Desk {
    pub(crate) vendor: Emulator,
    pub(crate) crm: Crm,
    pub(crate) owner: Actor,
    /// The member who is Ravi.
    pub(crate) agent: Actor,
    pub(crate) product: Product,
    pub(crate) account: AccountId,
    clock: Arc<ManualClock>,
    app: App,
    inbox: MockServer,
}

fn config() -> TelephonyConfig {
    TelephonyConfig::for_emulator()
}

async fn vendor(product: Product, clock: &Arc<ManualClock>, inbox: &MockServer) -> Emulator {
    let ticking = Arc::clone(clock);
    let mut config = EmulatorConfig::new(Arc::new(move || ticking.now()));
    config.behaviour = Behaviour::default();
    let vendor = Emulator::start(config).await.unwrap();
    let agent = |id: &str, phone: &str| EmulatedAgent {
        id: id.into(),
        name: "An agent".into(),
        phone: phone.into(),
        token: format!("token-of-{id}").into(),
    };
    vendor.add_account(EmulatedAccount {
        product,
        app_id: APP_ID,
        secret: "an-app-secret".into(),
        numbers: vec![DID.into()],
        agents: match product {
            Product::TeleCmi => vec![agent(RAVI, RAVIS_PHONE), agent(LATHA, "919876500102")],
            Product::Piopiy => Vec::new(),
        },
        follow_me: true,
        recorded: true,
        webhook_url: Some(format!("{}/hook", inbox.uri()).parse().unwrap()),
    });
    vendor
}

impl Desk {
    /// At ten in the morning in India, over a store with nothing in it.
    pub(crate) async fn new(store: StoreKind, product: Product) -> Self {
        let clock = Arc::new(ManualClock::at("2026-03-02T04:30:00Z".parse().unwrap()));
        let inbox = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&inbox).await;
        let vendor = vendor(product, &clock, &inbox).await;
        let crm = Crm::builder()
            .shared_store(store.fresh(&clock).await)
            .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
            .clock(Arc::clone(&clock) as Arc<dyn Clock>)
            .provider(TeleCmi::new(config()).unwrap())
            .provider(Piopiy::new(config()).unwrap())
            .seed(9)
            .build()
            .unwrap();
        let new = NewOrg {
            country: Region::parse("IN").ok(),
            zone: dialzio_core::access::chrono_tz_name::ZoneName::parse("Asia/Kolkata").unwrap(),
            ..NewOrg::named("Green Leaf")
        };
        let org = crm.access().found(new).await.unwrap().org;
        let owner = crm.access().act_as(org, service("test"), Role::Owner.grant()).await.unwrap();
        let provider = if product == Product::TeleCmi { "telecmi" } else { "piopiy" };
        let app = NewApp {
            provider: provider.into(),
            name: "Telephone".parse().unwrap(),
            secrets: Vec::new(),
            verify_token: None,
        };
        let app = crm.accounts().register_app(&owner, app).await.unwrap();
        let credentials = match product {
            Product::TeleCmi => {
                vec![("secret", "an-app-secret".into()), ("user_token", format!("token-of-{RAVI}"))]
            }
            Product::Piopiy => vec![("secret", "an-app-secret".to_owned()), ("caller_id", DID.to_owned())],
        };
        let account = NewAccount {
            app: app.id,
            name: "Front desk".parse().unwrap(),
            routing_key: APP_ID.to_string(),
            business_id: None,
            portfolio: None,
            credentials: credentials.into_iter().map(|(name, value)| (name, value.into())).collect(),
            base_url: Some(vendor.base_url()),
        };
        let account = crm.accounts().connect(&owner, account).await.unwrap().routable().unwrap().id;
        let make = Fixtures::seeded(77, clock.now());
        let member = make.member(make.id(), Role::Agent);
        let mut batch = Batch::new(&owner, Action::MemberChanged, clock.now());
        batch.write(AccessWrite::InsertMember(member.clone()));
        crm.store().commit_one(&scope(org), batch).await.unwrap();
        match product {
            Product::TeleCmi => {
                assert_eq!(crm.calls().list_agents(&owner, account).await.unwrap().len(), 2);
                crm.calls().map_agent(&owner, account, RAVI, Some(member.id)).await.unwrap();
            }
            // Piopiy has no list of agents: who is rung at which number is said by hand.
            Product::Piopiy => {
                let phone = PhoneNumber::from_digits(RAVIS_PHONE).unwrap();
                let ravi = NewAgent { name: None, phone, member: Some(member.id) };
                crm.calls().add_agent(&owner, account, ravi).await.unwrap();
            }
        }
        let agent =
            crm.access().act_as(org, Principal::Member(member.id), Role::Agent.grant()).await.unwrap();
        let desk = Self { vendor, crm, owner, agent, product, account, clock, app, inbox };
        // The first reading of the log, which connecting queues.
        desk.work().await;
        desk.called_before().await;
        desk
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    pub(crate) async fn work(&self) {
        self.crm.worker().run_once().await.unwrap();
    }

    /// Time passes, and the worker does what is due, more than once.
    pub(crate) async fn later(&self, minutes: i64) {
        for _ in 0..minutes {
            self.wait(60);
            self.work().await;
        }
    }

    /// Webhooks that the emulator posted so far, in order.
    pub(crate) async fn posted(&self) -> Vec<RawWebhook> {
        self.vendor.idle().await;
        let all = self.inbox.received_requests().await.unwrap();
        let each = |request: wiremock::Request| RawWebhook {
            method: WebhookMethod::Post,
            query: String::new(),
            headers: Vec::new(),
            body: request.body.into(),
        };
        all.into_iter().map(each).collect()
    }

    pub(crate) async fn receive(&self, raw: RawWebhook) {
        assert_eq!(self.crm.intake().receive(self.app.hook, raw).await, HookReply::OK);
    }

    pub(crate) async fn calls(&self) -> Vec<Call> {
        let all = self.crm.calls().list(&self.owner, &CallQuery::default(), PageRequest::first(100)).await;
        all.unwrap().items
    }

    /// Asha called three days ago, so that she may be called back.
    async fn called_before(&self) {
        let at = (self.now() - TimeDelta::days(3)).timestamp_millis();
        let body = json!({
            "type": "cdr", "appid": APP_ID, "direction": "inbound", "status": "answered", "cmiuuid": "three-days-ago",
            "conversation_uuid": "three-days-ago", "from": 919876500001_u64, "to": 914412345678_u64, "time": at,
            "answeredsec": 30, "duration": 30, "leg": "a", "start_time": at / 1_000, "answer_time": at / 1_000,
        });
        self.receive(RawWebhook {
            method: WebhookMethod::Post,
            query: String::new(),
            headers: Vec::new(),
            body: body.to_string().into(),
        })
        .await;
    }

    /// The call of today, of which there is one.
    pub(crate) async fn only(&self) -> Call {
        let mut all = self.calls().await;
        all.retain(|call| call.started_at > self.now() - TimeDelta::days(1));
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    pub(crate) fn newest(&self) -> EmulatedCall {
        self.vendor.calls().pop().unwrap()
    }
}

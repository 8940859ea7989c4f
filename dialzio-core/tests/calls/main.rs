//! Calls: what reports amount to, in any order; what the gate allows; missed calls; the provider's log.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod flows;
mod missed;
mod placing;
mod reconcile;
mod recordings;
mod reports;
mod stories;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::access::NewOrg;
use dialzio_core::account::{App, LocalKeys, NewAccount, NewApp, ProviderAccount};
use dialzio_core::call::{Call, CallAlias, CallQuery, LegResult, LegRole};
use dialzio_core::contact::{Contact, NewContact, TaskQuery};
use dialzio_core::conversation::Direction;
use dialzio_core::entropy::Entropy;
use dialzio_core::memory::MemoryStore;
use dialzio_core::page::PageRequest;
use dialzio_core::provider::{CallReport, CallReportKind, HookReply, ReportTime};
use dialzio_core::testing::{ScriptedCalls, service};
use dialzio_core::{AccountId, Actor, Clock, ContactId, Crm, ManualClock, PhoneNumber, Region, Role, Store};

/// The App ID of the account.
pub(crate) const APP_ID: &str = "3333333";
/// Our number, as the provider writes it.
pub(crate) const OUR_NUMBER: &str = "914400000777";
/// A customer's number, as the provider writes it, and in E.164.
pub(crate) const CUSTOMER: &str = "919840055501";

pub(crate) struct Desk {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) crm: Crm,
    pub(crate) owner: Actor,
    pub(crate) phone: Arc<ScriptedCalls>,
    pub(crate) app: App,
    pub(crate) account: AccountId,
}

/// An organisation in India at ten in the morning there, with an account of a telephone service.
pub(crate) async fn desk() -> Desk {
    desk_with(ScriptedCalls::new()).await
}

/// The clock that a desk begins with.
pub(crate) fn ten_in_the_morning() -> Arc<ManualClock> {
    Arc::new(ManualClock::at("2026-03-02T04:30:00Z".parse().unwrap()))
}

pub(crate) async fn desk_with(phone: ScriptedCalls) -> Desk {
    let clock = ten_in_the_morning();
    let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>);
    desk_over(phone, clock, Arc::new(store)).await
}

pub(crate) async fn desk_over(phone: ScriptedCalls, clock: Arc<ManualClock>, store: Arc<dyn Store>) -> Desk {
    let phone = Arc::new(phone);
    let crm = Crm::builder()
        .shared_store(store)
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .provider(Arc::clone(&phone))
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
    let new = NewApp {
        provider: "scripted_calls".into(),
        name: "Telephone".parse().unwrap(),
        secrets: Vec::new(),
        verify_token: None,
    };
    let app = crm.accounts().register_app(&owner, new).await.unwrap();
    let account = connect(&crm, &owner, &app, APP_ID).await.id;
    // The first reading of the log, which connecting queues.
    crm.worker().run_once().await.unwrap();
    Desk { clock, crm, owner, phone, app, account }
}

pub(crate) async fn connect(crm: &Crm, owner: &Actor, app: &App, id: &str) -> ProviderAccount {
    let new = NewAccount {
        app: app.id,
        name: "Front desk".parse().unwrap(),
        routing_key: id.into(),
        business_id: None,
        portfolio: None,
        credentials: [("secret", "s3cret")].into(),
        base_url: None,
    };
    crm.accounts().connect(owner, new).await.unwrap().routable().unwrap()
}

impl Desk {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A webhook with these reports arrives.
    pub(crate) async fn arrives(&self, reports: Vec<CallReport>) {
        let raw = self.phone.webhook(Some(APP_ID), reports);
        assert_eq!(self.crm.intake().receive(self.app.hook, raw).await, HookReply::OK);
    }

    /// Time passes, and the worker does what is due.
    pub(crate) async fn later(&self, by: TimeDelta) {
        self.clock.advance(by);
        self.crm.worker().run_once().await.unwrap();
    }

    pub(crate) async fn calls(&self) -> Vec<Call> {
        let all = self.crm.calls().list(&self.owner, &CallQuery::default(), PageRequest::first(100)).await;
        all.unwrap().items
    }

    pub(crate) async fn only_call(&self) -> Call {
        let mut all = self.calls().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    pub(crate) async fn contact(&self, name: &str, number: &str) -> Contact {
        let new = NewContact::named(name).phone(PhoneNumber::parse(number).unwrap());
        self.crm.contacts().create(&self.owner, new).await.unwrap()
    }

    pub(crate) async fn open_tasks(&self, contact: ContactId) -> Vec<String> {
        let query = TaskQuery { contact: Some(contact), assignee: None, open: true };
        let open = self.crm.contacts().tasks(&self.owner, &query, PageRequest::first(50)).await.unwrap();
        open.items.into_iter().map(|task| task.title.reveal().to_owned()).collect()
    }
}

pub(crate) fn alias(text: &str) -> CallAlias {
    CallAlias::parse(text).unwrap()
}

/// An hour before the desk opens, and so many seconds.
pub(crate) fn at(seconds: i64) -> ReportTime {
    let begin: DateTime<Utc> = "2026-03-02T04:20:00Z".parse().unwrap();
    ReportTime::At(begin + TimeDelta::seconds(seconds))
}

/// A live event of a leg.
pub(crate) fn live(call: &str, leg: &str, role: LegRole) -> CallReport {
    let mut report = CallReport::new(CallReportKind::Live);
    report.aliases = vec![alias(call), alias(leg)];
    report.leg.id = Some(alias(leg));
    report.leg.role = Some(role);
    report
}

/// The record of a whole call.
pub(crate) fn record(call: &str, direction: Direction, result: LegResult) -> CallReport {
    let mut report = CallReport::new(CallReportKind::Record);
    report.aliases = vec![alias(call)];
    report.direction = Some(direction);
    report.customer = Some(CUSTOMER.into());
    report.our_number = Some(OUR_NUMBER.into());
    report.leg.role = Some(LegRole::Whole);
    report.leg.result = Some(result);
    report
}

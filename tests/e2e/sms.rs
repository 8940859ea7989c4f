//! SMS over the API: set up on a telephone account, registered texts, received from the provider's list, answered.

use chrono::TimeDelta;
use dialzio_core::Clock;
use dialzio_telephony::emulator::{EmulatedAccount, EmulatedAgent, Emulator, EmulatorConfig, Product};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::fixture::{Fixture, Seat};

const APP_ID: u64 = 5_550_001;
const TOKEN: &str = "token-of-a-user";
const ASHA: &str = "447700900601";

struct Desk {
    fixture: Fixture,
    seat: Seat,
    vendor: Emulator,
    account: String,
}

/// An organisation with an account of TeleCMI, by which calls are placed.
async fn desk() -> Desk {
    let fixture = Fixture::start().await;
    let clock = Arc::clone(&fixture.clock);
    let vendor = Emulator::start(EmulatorConfig::new(Arc::new(move || clock.now()))).await.unwrap();
    vendor.add_account(EmulatedAccount {
        product: Product::TeleCmi,
        app_id: APP_ID,
        secret: "an-app-secret".into(),
        numbers: vec!["914471000009".into()],
        agents: vec![EmulatedAgent {
            id: format!("101_{APP_ID}"),
            name: "Ravi K".into(),
            phone: "919876500101".into(),
            token: TOKEN.into(),
        }],
        follow_me: false,
        recorded: false,
        webhook_url: None,
    });
    let seat = fixture.found("Green Leaf").await;
    let app = json!({"provider": "telecmi", "name": "Telephone", "app_secrets": []});
    let app = fixture.post(&seat, "/v1/apps", app).await.is(201).id();
    let account = json!({"app": app, "name": "Front desk", "routing_key": APP_ID.to_string(),
        "credentials": {"secret": "an-app-secret", "user_token": "wrong-token"}, "base_url": vendor.base_url()});
    let account = fixture.post(&seat, "/v1/accounts", account).await.is(201);
    assert_eq!(account.json["state"], "routable", "calls need no user token");
    assert_eq!(account.json["sms"], Value::Null);
    Desk { account: account.id(), fixture, seat, vendor }
}

impl Desk {
    fn path(&self, rest: &str) -> String {
        format!("/v1/accounts/{}{rest}", self.account)
    }

    /// A reading of the list, and what follows from it.
    async fn read(&self) {
        self.fixture.clock.advance(TimeDelta::seconds(11));
        self.fixture.work().await;
    }

    async fn switch_on(&self) {
        let patch = json!({"credentials": {"user_token": TOKEN}, "sms": {"segment_price": "0.25 INR",
            "dlt_entity": "1101123456789012345", "dlt_header": "dlzcrm"}});
        let changed = self.fixture.patch(&self.seat, &self.path(""), patch).await.is(200);
        assert_eq!(changed.json["sms"]["dlt_header"], "DLZCRM");
        self.fixture.work().await;
    }
}

#[tokio::test]
async fn sms_is_set_up_once_the_provider_accepts_the_user_token_and_each_mistake_is_at_its_field() {
    let desk = desk().await;
    let patch =
        async |sms: Value| desk.fixture.patch(&desk.seat, &desk.path(""), json!({ "sms": sms })).await;
    let pointer = async |sms: Value| {
        let refused = patch(sms).await;
        let pointer = refused.json["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned();
        assert_eq!(refused.problem(422), "input.invalid");
        pointer
    };
    assert_eq!(pointer(json!({"dlt_entity": "1", "dlt_header": "DLZCRM"})).await, "/sms/dlt_entity");
    assert_eq!(pointer(json!({"dlt_entity": "1101123456789012345"})).await, "/sms/dlt_header");
    assert_eq!(pointer(json!({"promotion_from": "10:00"})).await, "/sms/promotion_until");
    let narrow = json!({"promotion_from": "10:00", "promotion_until": "10:30"});
    assert_eq!(pointer(narrow).await, "/sms/promotion_until");
    assert_eq!(pointer(json!({"segment_price": "cheap"})).await, "/sms/segment_price");
    assert_eq!(patch(json!({})).await.problem(502), "provider.telecmi.404", "the token of the user is wrong");
    let account = desk.fixture.get(&desk.seat, &desk.path("")).await.json;
    assert_eq!((&account["sms"], &account["state"]), (&Value::Null, &json!("routable")));
    desk.switch_on().await;
    let line = desk.fixture.connect(&desk.seat, "100200301").await;
    let path = format!("/v1/accounts/{}", line.account);
    let refused = desk.fixture.patch(&desk.seat, &path, json!({"sms": {}})).await;
    assert_eq!(refused.problem(422), "input.invalid");
}

#[tokio::test]
async fn an_sms_is_received_answered_and_stays_accepted_and_stop_ends_it() {
    let desk = desk().await;
    desk.switch_on().await;
    desk.vendor.sms_in(APP_ID, ASHA, "Do you deliver to London?").unwrap();
    desk.read().await;
    let talk = desk.fixture.only_conversation(&desk.seat).await["id"].as_str().unwrap().to_owned();
    let send = async |key: &str, text: &str| {
        desk.fixture.send(&desk.seat, &talk, key, &json!({ "text": text })).await
    };
    let sent = send("k1", "Yes, on Fridays.").await.is(202).id();
    desk.fixture.work().await;
    let sms = desk.vendor.sms();
    assert_eq!((sms.len(), sms[1].customer.as_str(), sms[1].received), (2, ASHA, false));
    assert_eq!(sms[1].text, "Yes, on Fridays.");
    let message = desk.fixture.get(&desk.seat, &format!("/v1/messages/{sent}")).await.json;
    assert_eq!(message["status"], "accepted", "{message}");
    for _ in 0..5 {
        desk.read().await;
    }
    let messages = desk.fixture.list(&desk.seat, &format!("/v1/conversations/{talk}/messages")).await;
    assert_eq!(messages.len(), 2, "read again and again, taken in once; what we sent is in the list too");
    desk.vendor.sms_in(APP_ID, ASHA, "STOP").unwrap();
    desk.read().await;
    desk.fixture.clock.advance(TimeDelta::minutes(6));
    assert_eq!(send("k2", "Sorry?").await.problem(403), "consent.opted_out_last");
}

#[tokio::test]
async fn to_india_a_registered_text_is_sent_and_nothing_else() {
    let desk = desk().await;
    desk.switch_on().await;
    desk.vendor.sms_in(APP_ID, "919840012345", "Is my order ready?").unwrap();
    desk.read().await;
    let talk = desk.fixture.only_conversation(&desk.seat).await["id"].as_str().unwrap().to_owned();
    let send = async |key: &str, body: Value| desk.fixture.send(&desk.seat, &talk, key, &body).await;
    let template = json!({"template": {"name": "order_ready", "language": "en",
        "parameters": {"1": "Asha", "2": "4711"}}});
    assert_eq!(send("k1", json!({"text": "Yes"})).await.problem(403), "sms.unregistered");
    let enter = async |text: &str| {
        let body = json!({"name": "order_ready", "language": "en", "category": "utility", "text": text,
            "registration": "1107123456789012345"});
        desk.fixture.call(Some(&desk.seat.key), "PUT", &desk.path("/templates"), &body).await
    };
    let refused = enter("Dear {{1}}").await;
    assert_eq!(refused.json["errors"][0]["pointer"], "/text");
    let listed = enter("Dear {#var#}, your order {#var#} is ready.").await.is(200);
    assert_eq!(listed.json["data"][0]["body"], "Dear {{1}}, your order {{2}} is ready.");
    assert_eq!(listed.json["data"][0]["registration"], "1107123456789012345");
    send("k2", template.clone()).await.is(202);
    desk.fixture.work().await;
    assert_eq!(desk.vendor.sms().last().unwrap().text, "Dear Asha, your order 4711 is ready.");
    let key = json!({"name": "order_ready", "language": "en"});
    desk.fixture.post(&desk.seat, &desk.path("/templates/removal"), key.clone()).await.is(200);
    let gone = desk.fixture.post(&desk.seat, &desk.path("/templates/removal"), key).await;
    assert_eq!(gone.problem(404), "template.not_found");
    assert_eq!(send("k3", template).await.problem(404), "template.not_found");
}

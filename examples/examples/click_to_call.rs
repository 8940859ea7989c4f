//! Connects TeleCMI, takes a missed call in, and calls the person back at a click. The provider is emulated; everything else works
//! the same against the real one.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use dialzio_core::access::NewOrg;
use dialzio_core::account::{LocalKeys, NewAccount, NewApp};
use dialzio_core::call::{CallQuery, CallView, NewCall};
use dialzio_core::consent::Purpose;
use dialzio_core::page::PageRequest;
use dialzio_core::provider::{RawWebhook, WebhookMethod};
use dialzio_core::{Clock, Crm, HookId, PhoneNumber, Principal, Role, SystemClock};
use dialzio_store_sqlite::SqliteStore;
use dialzio_telephony::emulator::{EmulatedAccount, EmulatedAgent, Emulator, EmulatorConfig, Product, Side};
use dialzio_telephony::{TeleCmi, TelephonyConfig};

/// The address that the provider posts to, where the host serves it. The answer says that the report is kept.
async fn hook(State(crm): State<Crm>, Path(hook): Path<HookId>, body: bytes::Bytes) -> StatusCode {
    let raw = RawWebhook { method: WebhookMethod::Post, query: String::new(), headers: Vec::new(), body };
    StatusCode::from_u16(crm.intake().receive(hook, raw).await.status).unwrap_or(StatusCode::OK)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let crm = Crm::builder()
        .store(SqliteStore::open(folder.path().join("crm.db")).await?)
        .keys(LocalKeys::open_or_create(folder.path().join("crm.keys"))?)
        .provider(TeleCmi::new(TelephonyConfig::for_emulator())?)
        .build()?;

    // Asha works here: a call is placed for a member, whose telephone rings first.
    let org = crm.access().found(NewOrg::named("Asha Motors")).await?.org;
    let setup = crm.access().act_as(org, Principal::service("setup")?, Role::Owner.grant()).await?;
    let invitation = crm.access().invite(&setup, Some("asha@example.com".parse()?), Role::Admin).await?;
    let password = "bright-kettle-on-the-second-shelf".to_owned().into();
    let asha = crm.access().accept(&invitation, "Asha Rao".parse()?, None, &password).await?.actor;

    let vendor = Emulator::start(EmulatorConfig::new(Arc::new(|| SystemClock.now()))).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let app = NewApp {
        provider: "telecmi".into(),
        name: "Telephones".parse()?,
        secrets: Vec::new(),
        verify_token: None,
    };
    let app = crm.accounts().register_app(&asha, app).await?;
    vendor.add_account(EmulatedAccount {
        product: Product::TeleCmi,
        app_id: 1_234_567,
        secret: "secret".into(),
        numbers: vec!["914471000001".into()],
        agents: vec![EmulatedAgent {
            id: "101_1234567".into(),
            name: "Asha".into(),
            phone: "919876500101".into(),
            token: "token".into(),
        }],
        follow_me: true,
        recorded: true,
        webhook_url: Some(format!("http://{}/hooks/{}", listener.local_addr()?, app.hook).parse()?),
    });
    let router = Router::new().route("/hooks/{hook}", post(hook)).with_state(crm.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });

    let line = NewAccount {
        app: app.id,
        name: "Front desk".parse()?,
        routing_key: "1234567".into(),
        business_id: None,
        portfolio: None,
        credentials: [("secret", "secret"), ("user_token", "token")].into(),
        base_url: Some(vendor.base_url()),
    };
    let line = crm.accounts().connect(&asha, line).await?.routable()?;
    let agents = crm.calls().list_agents(&asha, line.id).await?;
    println!("agents at the provider: {}", agents.len());
    crm.calls().map_agent(&asha, line.id, &agents[0].id, asha.member()).await?;

    // A person who never called or wrote is not called.
    let meera = PhoneNumber::parse("+919840012345")?;
    let click = || NewCall {
        account: None,
        number: meera.clone(),
        contact: None,
        purpose: Purpose::Service,
        key: None,
    };
    let refused = crm.calls().place(&asha, click()).await;
    println!("before she called: {}", refused.err().map(|error| error.code()).unwrap_or_default());

    // She calls, and gives up before anyone answers.
    let call = vendor.call_in(Product::TeleCmi, 1_234_567, Some("919840012345"), "914471000001")?;
    vendor.ring(&call, "101_1234567")?;
    vendor.hang_up(&call, Side::Customer)?;
    vendor.idle().await;
    println!("missed calls: {}", crm.calls().waiting(&asha, 100).await?);

    // A click calls her back: Asha's telephone rings, then hers.
    let placed = crm.calls().place(&asha, click()).await?;
    println!("placed: {}", placed.state);
    crm.worker().run_once().await?;
    let ringing = vendor.calls().last().map(|call| call.id.clone()).ok_or("the provider has no call")?;
    vendor.agent_answers(&ringing)?;
    vendor.customer_answers(&ringing)?;
    vendor.hang_up(&ringing, Side::Customer)?;
    vendor.idle().await;

    let all = CallQuery { view: CallView::All, ..CallQuery::default() };
    for call in crm.calls().list(&asha, &all, PageRequest::first(50)).await?.items {
        println!("{}: {}", call.direction, call.state);
    }
    println!("missed calls: {}", crm.calls().waiting(&asha, 100).await?);
    Ok(())
}

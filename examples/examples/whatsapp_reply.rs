//! A customer writes through the emulated provider; the shop answers; the ticks come back by webhook.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::{LocalKeys, NewAccount, NewApp};
use dialzio_core::conversation::{ConversationQuery, InboxView, NewMessage, StateFilter};
use dialzio_core::entropy::Entropy;
use dialzio_core::page::PageRequest;
use dialzio_core::{Clock, Crm, Principal, Role, SystemClock};
use dialzio_http::Options;
use dialzio_store_sqlite::SqliteStore;
use dialzio_whatsapp::emulator::{
    CustomerIdentity, CustomerMessage, EmulatedNumber, Emulator, EmulatorConfig,
};
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let crm = Crm::builder()
        .store(SqliteStore::open(folder.path().join("crm.db")).await?)
        .keys(LocalKeys::ephemeral(&Entropy::system()))
        .provider(MetaCloud::new(MetaConfig::for_emulator())?)
        .build()?;
    let org = crm.access().found(NewOrg::named("Asha Motors")).await?.org;
    let me = crm.access().act_as(org, Principal::service("shop")?, Role::Admin.grant()).await?;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let router = dialzio_http::router(crm.clone(), Options::for_origin(&origin));
    tokio::spawn(async move { axum::serve(listener, router).await });

    let app = NewApp {
        provider: "whatsapp".into(),
        name: "Shop app".parse()?,
        secrets: vec!["secret".into()],
        verify_token: Some("verify".into()),
    };
    let app = crm.accounts().register_app(&me, app).await?;
    let graph = Emulator::start(EmulatorConfig::new(Arc::new(|| SystemClock.now()))).await?;
    graph.add_number(EmulatedNumber {
        phone_number_id: "1001".into(),
        waba_id: "2002".into(),
        display_phone_number: "+91 80 4718 0000".into(),
        verified_name: "Asha Motors".into(),
        access_token: "token".into(),
        app_secret: "secret".into(),
        webhook_url: Some(format!("{origin}/hooks/{}", app.hook).parse()?),
    });
    let line = NewAccount {
        app: app.id,
        name: "Shop line".parse()?,
        routing_key: "1001".into(),
        business_id: Some("2002".into()),
        portfolio: None,
        credentials: [("access_token", "token")].into(),
        base_url: Some(graph.base_url()),
    };
    crm.accounts().connect(&me, line).await?.routable()?;

    let meera = CustomerIdentity::with_phone("919840012345", "Meera");
    graph.customer_sends("1001", &meera, CustomerMessage::text("Can you hold the blue one until Friday?"))?;
    graph.idle().await;
    let query = ConversationQuery::new(InboxView::All, StateFilter::Open, SystemClock.now());
    let inbox = crm.conversations().list(&me, &query, PageRequest::first(1)).await?;
    let talk = inbox.items[0].conversation.id;
    let asked = inbox.items[0].last.as_ref().and_then(|last| last.display_text.clone());
    println!("customer: {}", asked.as_ref().map_or("", |text| text.reveal()));

    let answer = NewMessage::text("Of course, it is kept aside in your name.")?;
    let sent = crm.conversations().send(&me, talk, answer).await?.message;
    println!("ours: {}", sent.delivery.status);
    crm.worker().run_once().await?;
    graph.idle().await;
    println!("ours: {}", crm.conversations().message(&me, sent.id).await?.delivery.status);
    for entry in graph.transcript("1001", &meera) {
        graph.customer_reads(&entry.wamid).ok();
    }
    graph.idle().await;
    println!("ours: {}", crm.conversations().message(&me, sent.id).await?.delivery.status);
    Ok(())
}

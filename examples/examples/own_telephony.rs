//! A telephony provider of one's own: a trunk that rings an agent's number, and then the person. A call comes in, and the person
//! is called back. `own_telephony/proof.rs` proves it: `cargo test -p dialzio-examples --example own_telephony`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

#[cfg(test)]
#[path = "own_telephony/proof.rs"]
mod proof;
#[path = "own_telephony/trunk.rs"]
mod trunk;

use std::sync::Arc;
use std::time::Duration;

use axum::routing::post;
use axum::{Json, Router};
use dialzio_core::access::NewOrg;
use dialzio_core::account::{LocalKeys, NewAccount, NewApp};
use dialzio_core::call::{CallQuery, NewAgent, NewCall};
use dialzio_core::consent::Purpose;
use dialzio_core::entropy::Entropy;
use dialzio_core::page::PageRequest;
use dialzio_core::{Clock, Crm, ManualClock, PhoneNumber, Principal, Role};
use dialzio_store_sqlite::SqliteStore;
use serde_json::{Value, json};
use trunk::{VoiceTrunk, webhook};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The other side: it takes any key, and each call.
    let calls =
        |Json(call): Json<Value>| async move { Json(json!({ "id": "out-1", "rings": call["rings"] })) };
    let service = Router::new().route("/calls", post(calls)).route("/account", post(|| async { "{}" }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let api = format!("http://{}/", listener.local_addr()?).parse()?;
    tokio::spawn(async move { axum::serve(listener, service).await });

    // Eleven in the morning where Meera lives: at night nobody is called.
    let clock = Arc::new(ManualClock::at("2026-03-02T05:30:00Z".parse()?));
    let crm = Crm::builder()
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .store(SqliteStore::builder().clock(Arc::clone(&clock) as Arc<dyn Clock>).temporary().await?)
        .keys(LocalKeys::ephemeral(&Entropy::system()))
        .provider(VoiceTrunk::new(api, Duration::from_secs(10))?)
        .build()?;
    let org = crm.access().found(NewOrg::named("Asha Motors")).await?.org;
    let setup = crm.access().act_as(org, Principal::service("setup")?, Role::Owner.grant()).await?;
    let invitation = crm.access().invite(&setup, Some("asha@example.com".parse()?), Role::Admin).await?;
    let password = "bright-kettle-on-the-second-shelf".to_owned().into();
    let asha = crm.access().accept(&invitation, "Asha Rao".parse()?, None, &password).await?.actor;
    let app = NewApp {
        provider: "voice_trunk".into(),
        name: "Telephones".parse()?,
        secrets: vec!["shared-secret".into()],
        verify_token: None,
    };
    let app = crm.accounts().register_app(&asha, app).await?;
    let line = NewAccount {
        app: app.id,
        name: "Front desk".parse()?,
        routing_key: "line-7".into(),
        business_id: None,
        portfolio: None,
        credentials: [("api_key", "key-of-line-7")].into(),
        base_url: None,
    };
    let line = crm.accounts().connect(&asha, line).await?.routable()?;
    let phone = PhoneNumber::parse("+919876500101")?;
    crm.calls().add_agent(&asha, line.id, NewAgent { name: None, phone, member: asha.member() }).await?;

    // Meera calls, and nobody answers.
    let missed = json!({"account": "line-7", "call": "in-1", "event": "ended", "direction": "in",
        "customer": "+919840012345", "answered": false, "at": clock.now()});
    crm.intake().receive(app.hook, webhook(&missed, "shared-secret")).await;
    println!("missed calls: {}", crm.calls().waiting(&asha, 100).await?);

    // Asha calls her back, and the trunk reports that they spoke.
    let number = PhoneNumber::parse("+919840012345")?;
    let back = NewCall { account: None, number, contact: None, purpose: Purpose::Service, key: None };
    let placed = crm.calls().place(&asha, back).await?;
    crm.worker().run_once().await?;
    let spoke = json!({"account": "line-7", "call": "out-1", "reference": placed.id, "event": "ended", "direction": "out",
        "customer": "+919840012345", "answered": true, "seconds": 60, "at": clock.now()});
    crm.intake().receive(app.hook, webhook(&spoke, "shared-secret")).await;
    for call in crm.calls().list(&asha, &CallQuery::default(), PageRequest::first(50)).await?.items {
        println!("{}: {}", call.direction, call.state);
    }
    println!("missed calls: {}", crm.calls().waiting(&asha, 100).await?);
    Ok(())
}

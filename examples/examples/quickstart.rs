//! Opens a store, connects a number to the emulated provider, takes a signed webhook in, records a consent and sends.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::{LocalKeys, NewAccount, NewApp};
use dialzio_core::consent::{Channel, Evidence, EvidenceKind, NewConsent, PurposeScope};
use dialzio_core::conversation::{ConversationQuery, InboxView, NewMessage, StateFilter};
use dialzio_core::page::PageRequest;
use dialzio_core::provider::{RawWebhook, WebhookMethod};
use dialzio_core::{Clock, Crm, Principal, Role, SystemClock};
use dialzio_store_sqlite::SqliteStore;
use dialzio_whatsapp::emulator::{EmulatedNumber, Emulator, EmulatorConfig};
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let crm = Crm::builder()
        .store(SqliteStore::open(folder.path().join("crm.db")).await?)
        .keys(LocalKeys::open_or_create(folder.path().join("crm.keys"))?)
        .provider(MetaCloud::new(MetaConfig::for_emulator())?)
        .build()?;
    let org = crm.access().found(NewOrg::named("Asha Motors")).await?.org;
    let me = crm.access().act_as(org, Principal::service("shop")?, Role::Admin.grant()).await?;

    // A provider without an account: everything below works the same against the real one.
    let graph = Emulator::start(EmulatorConfig::new(Arc::new(|| SystemClock.now()))).await?;
    graph.add_number(EmulatedNumber {
        phone_number_id: "1001".into(),
        waba_id: "2002".into(),
        display_phone_number: "+91 80 4718 0000".into(),
        verified_name: "Asha Motors".into(),
        access_token: "token".into(),
        app_secret: "secret".into(),
        webhook_url: None,
    });
    graph.add_sample_templates("2002");

    let app = NewApp {
        provider: "whatsapp".into(),
        name: "Shop app".parse()?,
        secrets: vec!["secret".into()],
        verify_token: Some("verify".into()),
    };
    let app = crm.accounts().register_app(&me, app).await?;
    let line = NewAccount {
        app: app.id,
        name: "Shop line".parse()?,
        routing_key: "1001".into(),
        business_id: Some("2002".into()),
        portfolio: None,
        credentials: [("access_token", "token")].into(),
        base_url: Some(graph.base_url()),
    };
    let line = crm.accounts().connect(&me, line).await?.routable()?;
    println!("connected: {} is {}", line.name.reveal(), line.state);

    // What the provider posts, signed over its bytes. Durable, and acted upon, before you answer.
    let body = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"2002","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"918047180000","phone_number_id":"1001"}},"contacts":[{{"profile":{{"name":"Meera"}},"wa_id":"919840012345"}}],"messages":[{{"from":"919840012345","id":"wamid.example1","timestamp":"{}","type":"text","text":{{"body":"Is the blue one in stock?"}}}}]}}}}]}}]}}"#,
        SystemClock.now().timestamp()
    );
    let signature = graph.signature("1001", body.as_bytes())?;
    let hook = RawWebhook {
        method: WebhookMethod::Post,
        query: String::new(),
        headers: vec![("x-hub-signature-256".into(), signature)],
        body: body.into(),
    };
    let reply = crm.intake().receive(app.hook, hook).await;
    println!("the provider gets: {}", reply.status);

    let query = ConversationQuery::new(InboxView::All, StateFilter::Open, SystemClock.now());
    let inbox = crm.conversations().list(&me, &query, PageRequest::first(50)).await?;
    let conversation = inbox.items[0].conversation.clone();
    println!("unread: {}", conversation.unread);
    crm.conversations().send(&me, conversation.id, NewMessage::text("Yes, two left.")?).await?;

    // Promotion needs an opt-in, and an opt-in needs evidence.
    crm.worker().run_once().await?;
    let offer = || NewMessage::template("weekend_offer", "en");
    let refused = crm.conversations().send(&me, conversation.id, offer()).await;
    println!("without an opt-in: {}", refused.err().map(|error| error.code()).unwrap_or_default());
    let evidence = Evidence {
        kind: EvidenceKind::InPerson,
        note: "Asked for news of the season at the counter".parse()?,
        message: None,
    };
    let consent = NewConsent {
        contact: conversation.contact,
        channel: Channel::WhatsApp,
        scope: PurposeScope::Marketing,
        evidence,
        occurred_at: SystemClock.now(),
        expires_at: None,
    };
    crm.consents().grant(&me, consent).await?;
    let sent = crm.conversations().send(&me, conversation.id, offer()).await?;
    match sent.deferred {
        Some((until, _)) => println!("with an opt-in: waits for the morning of the person, {until}"),
        None => println!("with an opt-in: on its way"),
    }
    crm.worker().run_once().await?;
    println!("the provider took {} messages", graph.sends_by_opaque_id().len());
    Ok(())
}

//! An account sends no faster than its provider takes messages, however many processes work.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "tests")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::{LocalKeys, NewAccount, NewApp};
use dialzio_core::contact::{Alias, ChannelIdentity, ContactWrite};
use dialzio_core::conversation::{ConversationWrite, NewMessage};
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::store::Batch;
use dialzio_core::testing::{Faulty, Fixtures, ScriptedProvider, scope};
use dialzio_core::{Clock, Crm, ManualClock, Principal, Role};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// More than two chunks, to one person each.
const MESSAGES: usize = 40;

/// A CRM with so many replies that wait, and its store.
async fn waiting() -> (Crm, Arc<MemoryStore>) {
    let make = Fixtures::default();
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let store = Arc::new(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>));
    let crm = Crm::builder()
        .shared_store(Arc::clone(&store) as _)
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .provider(ScriptedProvider::new())
        .clock(clock)
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Shop")).await.unwrap().org;
    let me =
        crm.access().act_as(org, Principal::service("test").unwrap(), Role::Owner.grant()).await.unwrap();
    let app = NewApp {
        provider: "scripted".into(),
        name: "App".parse().unwrap(),
        secrets: vec!["secret".into()],
        verify_token: Some("verify".into()),
    };
    let app = crm.accounts().register_app(&me, app).await.unwrap();
    let line = NewAccount {
        app: app.id,
        name: "Line".parse().unwrap(),
        routing_key: "1001".into(),
        business_id: Some("2002".into()),
        portfolio: None,
        credentials: [("access_token", "token")].into(),
        base_url: None,
    };
    let account = crm.accounts().connect(&me, line).await.unwrap().routable().unwrap();
    crm.worker().run_once().await.unwrap();
    for _ in 0..MESSAGES {
        let contact = make.contact("Asha");
        let identity = ChannelIdentity {
            portfolio: account.portfolio.clone(),
            ..make.identity(contact.id, vec![Alias::Phone(make.phone())])
        };
        let talk = make.conversation(account.id, &identity);
        let wrote = make.inbound(&talk, "hello", Fixtures::morning());
        let mut batch = Batch::new(&me, Action::MessageReceived, Fixtures::morning());
        batch
            .write(ContactWrite::Insert(contact))
            .write(ContactWrite::Identity(identity))
            .write(ConversationWrite::Insert(talk.clone()))
            .write(make.append(account.id, &wrote));
        crm.store().commit_one(&scope(org), batch).await.unwrap();
        crm.conversations().send(&me, talk.id, NewMessage::text("hello").unwrap()).await.unwrap();
    }
    (crm, store)
}

/// What so many messages cost at 80 each second.
fn cost(messages: usize) -> Duration {
    Duration::from_micros(12_500) * u32::try_from(messages).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_account_sends_at_its_providers_rate() {
    let (crm, _) = waiting().await;
    let begun = Instant::now();
    let report = crm.worker().run_once().await.unwrap();
    assert_eq!(report.sent as usize, MESSAGES);
    assert!(begun.elapsed() >= cost(MESSAGES), "{:?}", begun.elapsed());
    assert!(begun.elapsed() < cost(MESSAGES) * 2, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn two_processes_together_are_no_faster_than_one() {
    let (crm, store) = waiting().await;
    let elsewhere = crm.over(Faulty::new(store));
    let begun = Instant::now();
    let mut sent = 0;
    while sent < MESSAGES {
        let (one, other) = (crm.worker(), elsewhere.worker());
        let (one, other) = tokio::join!(one.run_once(), other.run_once());
        sent += (one.unwrap().sent + other.unwrap().sent) as usize;
    }
    assert!(begun.elapsed() >= cost(MESSAGES), "{:?}", begun.elapsed());
}

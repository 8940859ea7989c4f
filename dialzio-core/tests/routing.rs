//! Where a number leads is remembered, and never believed for longer than it is true: another process may have given the
//! number up, or to somebody else.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "tests")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::{
    AccountChange, AccountState, AccountWrite, App, LocalKeys, NewAccount, NewApp, ProviderAccount,
};
use dialzio_core::conversation::{ConversationQuery, InboxView, StateFilter};
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::page::PageRequest;
use dialzio_core::store::Batch;
use dialzio_core::testing::{Faulty, Fixtures, ScriptedProvider, scope};
use dialzio_core::{Actor, Clock, Crm, ManualClock, Principal, Role};
use serde_json::json;
use std::sync::Arc;

async fn tenant(crm: &Crm, name: &str) -> (Actor, App) {
    let org = crm.access().found(NewOrg::named(name)).await.unwrap().org;
    let me =
        crm.access().act_as(org, Principal::service("test").unwrap(), Role::Owner.grant()).await.unwrap();
    let new = NewApp {
        provider: "scripted".into(),
        name: "App".parse().unwrap(),
        secrets: vec!["secret".into()],
        verify_token: Some("verify".into()),
    };
    let app = crm.accounts().register_app(&me, new).await.unwrap();
    (me, app)
}

async fn connect(crm: &Crm, me: &Actor, app: &App) -> ProviderAccount {
    let line = NewAccount {
        app: app.id,
        name: "Line".parse().unwrap(),
        routing_key: "1001".into(),
        business_id: Some("2002".into()),
        portfolio: None,
        credentials: [("access_token", "token")].into(),
        base_url: None,
    };
    crm.accounts().connect(me, line).await.unwrap().routable().unwrap()
}

async fn writes(crm: &Crm, app: &App, id: &str) -> u16 {
    let at = crm.clock().now().timestamp();
    let said = json!({"type": "message", "account": "1001", "at": at, "id": id, "from": "919840012345", "text": "hello"});
    crm.intake().receive(app.hook, ScriptedProvider::webhook("secret", &[said])).await.status
}

/// How many unread messages an organisation sees.
async fn unread(crm: &Crm, me: &Actor) -> u32 {
    let query = ConversationQuery { view: InboxView::All, state: StateFilter::Open, now: crm.clock().now() };
    let inbox = crm.conversations().list(me, &query, PageRequest::first(50)).await.unwrap();
    inbox.items.iter().map(|entry| entry.conversation.unread).sum()
}

#[tokio::test]
async fn a_number_that_another_process_gave_up_leads_nowhere_at_once() {
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let store = Arc::new(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>));
    let crm = Crm::builder()
        .shared_store(Arc::clone(&store) as _)
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .provider(ScriptedProvider::new())
        .clock(clock)
        .build()
        .unwrap();
    // A second process on the same database: what it remembers is its own.
    let elsewhere = crm.over(Faulty::new(Arc::clone(&store)));
    let (me, app) = tenant(&crm, "Green Leaf").await;
    let account = connect(&crm, &me, &app).await;
    assert_eq!(writes(&crm, &app, "m.1").await, 200);
    assert_eq!(unread(&crm, &me).await, 1);

    let change = AccountChange { state: Some(AccountState::Disconnected), ..AccountChange::default() };
    let mut batch = Batch::new(&me, Action::AccountChanged, elsewhere.clock().now());
    batch.write(AccountWrite::Change { account: account.id, change: Box::new(change) });
    elsewhere.store().commit_one(&scope(me.org()), batch).await.unwrap();
    assert_eq!(writes(&crm, &app, "m.2").await, 200, "it is kept, for the operator to see");
    assert_eq!(unread(&crm, &me).await, 1, "and shown to nobody");

    // Somebody else connects it to an app of their own: the old hook still leads nowhere, the new one to them.
    let (them, their_app) = tenant(&elsewhere, "Red Leaf").await;
    connect(&elsewhere, &them, &their_app).await;
    assert_eq!(writes(&crm, &app, "m.3").await, 200);
    assert_eq!(writes(&crm, &their_app, "m.4").await, 200);
    assert_eq!((unread(&crm, &me).await, unread(&crm, &them).await), (1, 1));
}

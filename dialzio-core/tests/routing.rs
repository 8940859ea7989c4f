//! Where a number leads is remembered, and never believed for longer than it is true: another process may have given the
//! number up, or to another organisation.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use dialzio_core::account::{AccountChange, AccountState, AccountWrite, App};
use dialzio_core::ledger::Action;
use dialzio_core::store::Batch;
use dialzio_core::testing::{Faulty, ScriptedProvider, scope};
use dialzio_core::{Actor, Crm};
use serde_json::json;
use std::sync::Arc;

async fn tenant(crm: &Crm, name: &str) -> (Actor, App) {
    let me = common::owner(crm, name).await;
    let app = common::app(crm, &me).await;
    (me, app)
}

async fn writes(crm: &Crm, app: &App, id: &str) -> u16 {
    let said = json!({"type": "message", "id": id, "from": "919840012345", "text": "hello"});
    common::receive(crm, app, said).await
}

#[tokio::test]
async fn a_number_that_another_process_gave_up_leads_nowhere_at_once() {
    let clock = common::clock();
    let store = Arc::new(common::memory(&clock));
    let crm = common::builder(&clock)
        .shared_store(Arc::clone(&store) as _)
        .provider(ScriptedProvider::new())
        .build()
        .unwrap();
    // A second process on the same database: what it remembers is its own.
    let elsewhere = crm.over(Faulty::new(Arc::clone(&store)));
    let (me, app) = tenant(&crm, "Green Leaf").await;
    let account = common::connect(&crm, &me, &app).await;
    assert_eq!(writes(&crm, &app, "m.1").await, 200);
    assert_eq!(common::unread(&crm, &me).await, 1);

    let change = AccountChange { state: Some(AccountState::Disconnected), ..AccountChange::default() };
    let mut batch = Batch::new(&me, Action::AccountChanged, elsewhere.clock().now());
    batch.write(AccountWrite::Change { account: account.id, change: Box::new(change) });
    elsewhere.store().commit_one(&scope(me.org()), batch).await.unwrap();
    assert_eq!(writes(&crm, &app, "m.2").await, 200, "it is kept, for the operator to see");
    assert_eq!(common::unread(&crm, &me).await, 1, "and shown to no member");

    // Another organisation connects it to its app: the old webhook address still leads nowhere, the new one to that organisation.
    let (them, their_app) = tenant(&elsewhere, "Red Leaf").await;
    common::connect(&elsewhere, &them, &their_app).await;
    assert_eq!(writes(&crm, &app, "m.3").await, 200);
    assert_eq!(writes(&crm, &their_app, "m.4").await, 200);
    assert_eq!((common::unread(&crm, &me).await, common::unread(&crm, &them).await), (1, 1));
}

//! A chunk of sends asks the store once for each kind of fact, however many messages it holds.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::{LocalKeys, NewAccount, NewApp};
use dialzio_core::conversation::{ConversationQuery, InboxView, NewMessage, StateFilter};
use dialzio_core::entropy::Entropy;
use dialzio_core::memory::MemoryStore;
use dialzio_core::page::PageRequest;
use dialzio_core::store::{Call, StoreLayer};
use dialzio_core::testing::{Fixtures, ScriptedProvider, service};
use dialzio_core::{Clock, Crm, ManualClock, Role, StoreResult};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Counts the calls of each name.
#[derive(Debug)]
struct Counting {
    inner: MemoryStore,
    calls: Arc<Mutex<BTreeMap<&'static str, usize>>>,
}

impl StoreLayer for Counting {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    async fn around<T: Send>(
        &self,
        call: Call,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        *self.calls.lock().unwrap().entry(call.name).or_default() += 1;
        work.await
    }
}

#[tokio::test]
async fn suppressions_of_a_chunk_are_read_at_once() {
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let calls = Arc::new(Mutex::new(BTreeMap::new()));
    let inner = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let crm = Crm::builder()
        .store(Counting { inner, calls: Arc::clone(&calls) })
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .provider(ScriptedProvider::new())
        .clock(clock)
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Green Leaf")).await.unwrap().org;
    let me = crm.access().act_as(org, service("test"), Role::Owner.grant()).await.unwrap();
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
    crm.accounts().connect(&me, line).await.unwrap().routable().unwrap();
    let at = crm.clock().now().timestamp();
    let wrote: Vec<_> = (0..16)
        .map(|n| json!({"type": "message", "account": "1001", "at": at, "id": format!("in.{n}"), "from": format!("9198400123{n:02}"), "text": "hello"}))
        .collect();
    let answer = crm.intake().receive(app.hook, ScriptedProvider::webhook("secret", &wrote)).await;
    assert_eq!(answer.status, 200);
    let open = ConversationQuery { view: InboxView::All, state: StateFilter::Open, now: crm.clock().now() };
    let talks = crm.conversations().list(&me, &open, PageRequest::first(50)).await.unwrap();
    for talk in &talks.items {
        crm.conversations().send(&me, talk.conversation.id, NewMessage::text("hi").unwrap()).await.unwrap();
    }
    calls.lock().unwrap().clear();
    let report = crm.worker().run_once().await.unwrap();
    assert_eq!(report.sent, 16);
    let calls = calls.lock().unwrap().clone();
    assert_eq!((calls.get("send_facts"), calls.get("suppressions")), (Some(&1), Some(&1)), "{calls:?}");
}

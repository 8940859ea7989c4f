//! A chunk of sends asks the store once for each kind of fact, however many messages it holds.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use dialzio_core::StoreResult;
use dialzio_core::conversation::NewMessage;
use dialzio_core::memory::MemoryStore;
use dialzio_core::store::{Call, StoreLayer};
use dialzio_core::testing::ScriptedProvider;
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
    let clock = common::clock();
    let calls = Arc::new(Mutex::new(BTreeMap::new()));
    let inner = common::memory(&clock);
    let crm = common::builder(&clock)
        .store(Counting { inner, calls: Arc::clone(&calls) })
        .provider(ScriptedProvider::new())
        .build()
        .unwrap();
    let me = common::owner(&crm, "Green Leaf").await;
    let app = common::app(&crm, &me).await;
    common::connect(&crm, &me, &app).await;
    let at = crm.clock().now().timestamp();
    let wrote: Vec<_> = (0..16)
        .map(|n| json!({"type": "message", "account": "1001", "at": at, "id": format!("in.{n}"), "from": format!("9198400123{n:02}"), "text": "hello"}))
        .collect();
    let answer = crm.intake().receive(app.hook, ScriptedProvider::webhook("secret", &wrote)).await;
    assert_eq!(answer.status, 200);
    for talk in &common::inbox(&crm, &me).await {
        crm.conversations().send(&me, talk.conversation.id, NewMessage::text("hi").unwrap()).await.unwrap();
    }
    calls.lock().unwrap().clear();
    let report = crm.worker().run_once().await.unwrap();
    assert_eq!(report.sent, 16);
    let calls = calls.lock().unwrap().clone();
    assert_eq!((calls.get("send_facts"), calls.get("suppressions")), (Some(&1), Some(&1)), "{calls:?}");
}

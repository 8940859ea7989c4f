//! A panic in one background task ends no other one: it is counted, named, and the task is started again.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use dialzio_core::conversation::{Conversation, ConversationState, NewMessage};
use dialzio_core::memory::MemoryStore;
use dialzio_core::store::{Call, IdempotencyKey, StoreLayer, StoreResult};
use dialzio_core::tasks::{TaskHealth, TaskState};
use dialzio_core::testing::{Fixtures, ScriptedProvider};
use dialzio_core::{Actor, Clock, Crm, ManualClock};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A store that panics in calls of a name, so many times.
#[derive(Debug)]
struct Panics {
    inner: Arc<MemoryStore>,
    left: Arc<Mutex<BTreeMap<&'static str, u32>>>,
}

impl StoreLayer for Panics {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    async fn around<T: Send>(
        &self,
        call: Call,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        let panics = match self.left.lock().unwrap().get_mut(call.name) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        };
        if panics {
            panic!("injected into {}", call.name);
        }
        work.await
    }
}

struct Shop {
    crm: Crm,
    clock: Arc<ManualClock>,
    left: Arc<Mutex<BTreeMap<&'static str, u32>>>,
    me: Actor,
    talk: Conversation,
}

/// A shop to which a person has just written.
async fn shop() -> Shop {
    let make = Fixtures::default();
    let clock = common::clock();
    let left = Arc::default();
    let inner = Arc::new(common::memory(&clock));
    let crm = common::builder(&clock)
        .store(Panics { inner, left: Arc::clone(&left) })
        .provider(ScriptedProvider::new())
        .build()
        .unwrap();
    let me = common::owner(&crm, "Shop").await;
    let app = common::app(&crm, &me).await;
    let account = common::connect(&crm, &me, &app).await;
    let talk = common::talk(&crm, &make, &me, &account).await;
    crm.worker().run_once().await.unwrap();
    Shop { crm, clock, left, me, talk }
}

impl Shop {
    fn health(&self, name: &str) -> Option<TaskHealth> {
        self.crm.tasks().health().into_iter().find(|task| task.name == name)
    }

    async fn sends(&self, key: &str) -> dialzio_core::MessageId {
        let new =
            NewMessage { key: Some(IdempotencyKey::parse(key).unwrap()), ..NewMessage::text("Yes").unwrap() };
        self.crm.conversations().send(&self.me, self.talk.id, new).await.unwrap().message.id
    }

    async fn status(&self, id: dialzio_core::MessageId) -> &'static str {
        self.crm.conversations().message(&self.me, id).await.unwrap().delivery.status.as_str()
    }
}

/// Waits until something holds, on a clock that does not cost time.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..10_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it never holds");
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_one_task_ends_no_other_and_each_is_started_again() {
    // The call in which each task meets its panic.
    for (task, call) in [
        ("queues", "recover"),
        ("queues", "queues_due"),
        ("sweep", "commit_system"),
        ("snoozes", "inbox"),
        ("heartbeat", "ping"),
    ] {
        let shop = shop().await;
        shop.left.lock().unwrap().insert(call, 1);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let working = {
            let crm = shop.crm.clone();
            tokio::spawn(async move { crm.worker().run(async { drop(stopped.await) }).await })
        };
        until(async || shop.health(task).is_some_and(|task| task.panics > 0)).await;
        until(async || shop.health(task).is_some_and(|task| task.state == TaskState::Running)).await;
        let message = shop.sends(call).await;
        until(async || shop.status(message).await == "accepted").await;
        for other in ["queues", "snoozes", "sweep"] {
            assert_eq!(shop.health(other).unwrap().state, TaskState::Running, "{other} after {call}");
        }
        stop.send(()).unwrap();
        working.await.unwrap();
        assert_eq!(shop.health(task).unwrap().state, TaskState::Ended);
    }
}

#[tokio::test(start_paused = true)]
async fn work_that_panics_is_counted_and_done_by_the_next_who_takes_it() {
    let shop = shop().await;
    shop.left.lock().unwrap().insert("send_facts", 1);
    let crm = shop.crm.clone();
    let working = tokio::spawn(async move { crm.worker().run(std::future::pending()).await });
    let message = shop.sends("k").await;
    until(async || shop.health("work").is_some_and(|work| work.panics == 1)).await;
    assert_eq!(shop.health("queues").unwrap().restarts, 0, "what starts the work is not touched");
    assert_eq!(shop.status(message).await, "queued");
    // Its lease runs out, and the work is taken up again.
    shop.clock.advance(chrono::TimeDelta::minutes(2));
    until(async || shop.status(message).await == "accepted").await;
    // Other things went on meanwhile, and go on.
    let until_then = shop.clock.now() + chrono::TimeDelta::minutes(1);
    let snoozed = ConversationState::Snoozed { until: until_then };
    shop.crm.conversations().set_state(&shop.me, shop.talk.id, snoozed).await.unwrap();
    shop.clock.advance(chrono::TimeDelta::minutes(2));
    until(async || {
        let found = shop.crm.conversations().get(&shop.me, shop.talk.id).await.unwrap();
        found.conversation.state == ConversationState::Open
    })
    .await;
    working.abort();
}

//! An account sends no faster than its provider takes messages, however many processes work.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use dialzio_core::Crm;
use dialzio_core::conversation::NewMessage;
use dialzio_core::memory::MemoryStore;
use dialzio_core::testing::{Faulty, Fixtures, ScriptedProvider};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// More than two chunks, to one person each.
const MESSAGES: usize = 40;

/// A CRM with so many replies that wait, and its store.
async fn waiting() -> (Crm, Arc<MemoryStore>) {
    let make = Fixtures::default();
    let clock = common::clock();
    let store = Arc::new(common::memory(&clock));
    let crm = common::builder(&clock)
        .shared_store(Arc::clone(&store) as _)
        .provider(ScriptedProvider::new())
        .build()
        .unwrap();
    let me = common::owner(&crm, "Shop").await;
    let app = common::app(&crm, &me).await;
    let account = common::connect(&crm, &me, &app).await;
    crm.worker().run_once().await.unwrap();
    for _ in 0..MESSAGES {
        let talk = common::talk(&crm, &make, &me, &account).await;
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

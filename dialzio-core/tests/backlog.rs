//! A slow store: what is put in line is decided in groups, and the line empties by itself. And a number that is connected
//! again stays one account.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "tests")]

mod common;

use dialzio_core::account::{AccountState, App, Connected, NewAccount};
use dialzio_core::memory::MemoryStore;
use dialzio_core::provider::ProviderError;
use dialzio_core::store::{Call, StoreLayer};
use dialzio_core::testing::{Scripted, ScriptedProvider};
use dialzio_core::{Actor, Crm, StoreResult};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A store whose answers to reads of facts take longer than intake waits, and that counts its calls.
#[derive(Debug)]
struct Slow {
    inner: MemoryStore,
    slow: Arc<AtomicBool>,
    commits: Arc<AtomicU64>,
}

impl StoreLayer for Slow {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    async fn around<T: Send>(
        &self,
        call: Call,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        if call.name == "inbound_facts" && self.slow.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        if call.name == "commit" {
            self.commits.fetch_add(1, Ordering::Relaxed);
        }
        let answer = work.await;
        if call.name == "accounts" {
            // Others ask the same before the one who asked first acts on it.
            tokio::task::yield_now().await;
        }
        answer
    }
}

struct Tenant {
    crm: Crm,
    me: Actor,
    app: App,
    slow: Arc<AtomicBool>,
    commits: Arc<AtomicU64>,
}

/// The line of an app with another token.
fn line(app: &App, token: &str) -> NewAccount {
    NewAccount { credentials: [("access_token", token)].into(), ..common::line(app) }
}

async fn tenant(provider: ScriptedProvider) -> Tenant {
    let clock = common::clock();
    let (slow, commits) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
    let inner = common::memory(&clock);
    let crm = common::builder(&clock)
        .store(Slow { inner, slow: Arc::clone(&slow), commits: Arc::clone(&commits) })
        .provider(provider)
        .build()
        .unwrap();
    let me = common::owner(&crm, "Shop").await;
    let app = common::app(&crm, &me).await;
    Tenant { crm, me, app, slow, commits }
}

impl Tenant {
    async fn hears(&self, number: usize) {
        let said = json!({"type": "message", "id": format!("m.{number}"),
            "from": format!("9198400{:05}", 10_000 + number), "text": "hello"});
        assert_eq!(common::receive(&self.crm, &self.app, said).await, 200);
    }

    async fn unread(&self) -> u32 {
        common::unread(&self.crm, &self.me).await
    }
}

#[tokio::test]
async fn a_line_that_grew_while_the_store_was_slow_is_decided_in_groups_and_empties() {
    const WAITING: usize = 60;
    let tenant = tenant(ScriptedProvider::new()).await;
    common::connect(&tenant.crm, &tenant.me, &tenant.app).await;
    tenant.crm.worker().run_once().await.unwrap();
    tenant.slow.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    for number in 0..WAITING {
        tenant.hears(number).await;
    }
    let arrived = WAITING as f64 / begun.elapsed().as_secs_f64();
    assert_eq!(tenant.unread().await, 0, "all of it waits");
    let before = tenant.commits.load(Ordering::Relaxed);
    let begun = Instant::now();
    let report = tenant.crm.worker().run_once().await.unwrap();
    let drained = WAITING as f64 / begun.elapsed().as_secs_f64();
    let commits = tenant.commits.load(Ordering::Relaxed) - before;
    println!("arrived {arrived:.0}/s, drained {drained:.0}/s, {:.1} times as fast", drained / arrived);
    assert_eq!(report.decided, WAITING as u32);
    assert_eq!(tenant.unread().await, WAITING as u32);
    // One for the group, and those of the sweep.
    assert!(commits <= 10, "{commits} commits for {WAITING} elements");
    // The line is empty: what arrives once the store is quick is decided at once.
    tenant.slow.store(false, Ordering::Relaxed);
    tenant.hears(WAITING).await;
    assert_eq!(tenant.unread().await, WAITING as u32 + 1);
}

#[tokio::test]
async fn a_number_that_is_connected_again_stays_one_account_and_keeps_what_works() {
    let provider = ScriptedProvider::new();
    let tenant = tenant(provider).await;
    let connect =
        async |token| tenant.crm.accounts().connect(&tenant.me, line(&tenant.app, token)).await.unwrap();
    let first: Connected = connect("token").await;
    let again = connect("newer").await;
    assert!(again.check.is_ok());
    assert_eq!(again.account.id, first.account.id);
    assert_ne!(again.account.credentials, first.account.credentials, "the newer token is kept");
    assert_eq!(tenant.crm.accounts().list(&tenant.me).await.unwrap().len(), 1);
    tenant.hears(1).await;
    assert_eq!(tenant.unread().await, 1, "and it receives");
}

#[tokio::test]
async fn a_number_that_is_connected_twice_at_the_same_instant_is_one_account() {
    let tenant = tenant(ScriptedProvider::new()).await;
    let connect = async |token| tenant.crm.accounts().connect(&tenant.me, line(&tenant.app, token)).await;
    let (one, two, three) = tokio::join!(connect("one"), connect("two"), connect("three"));
    let made: Vec<_> = [one, two, three].map(|done| done.unwrap().routable().unwrap().id).to_vec();
    assert!(made.iter().all(|id| *id == made[0]), "each is told of the same account: {made:?}");
    assert_eq!(tenant.crm.accounts().list(&tenant.me).await.unwrap().len(), 1);
    tenant.hears(1).await;
    assert_eq!(tenant.unread().await, 1, "and it receives");
}

#[tokio::test]
async fn a_wrong_token_takes_nothing_from_an_account_that_works() {
    let provider = ScriptedProvider::new();
    provider.then(Scripted::Accept).then(Scripted::Fail(refusal()));
    let tenant = tenant(provider).await;
    let first = tenant.crm.accounts().connect(&tenant.me, line(&tenant.app, "token")).await.unwrap();
    let again = tenant.crm.accounts().connect(&tenant.me, line(&tenant.app, "wrong")).await.unwrap();
    assert!(again.check.is_err());
    assert_eq!(
        (again.account.state, &again.account.credentials),
        (AccountState::Routable, &first.account.credentials)
    );
}

fn refusal() -> ProviderError {
    ProviderError::Credentials {
        provider: dialzio_core::provider::ProviderId("scripted"),
        code: "190".into(),
        detail: None,
    }
}

//! A slow store: what is put in line is decided in groups, and the line empties by itself. And a number that is connected
//! again stays one account.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "tests")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::{AccountState, App, Connected, LocalKeys, NewAccount, NewApp};
use dialzio_core::conversation::{ConversationQuery, InboxView, StateFilter};
use dialzio_core::entropy::Entropy;
use dialzio_core::memory::MemoryStore;
use dialzio_core::page::PageRequest;
use dialzio_core::provider::ProviderError;
use dialzio_core::store::{Call, StoreLayer};
use dialzio_core::testing::{Fixtures, Scripted, ScriptedProvider, service};
use dialzio_core::{Actor, Clock, Crm, ManualClock, Role, StoreResult};
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

fn line(app: &App, token: &str) -> NewAccount {
    NewAccount {
        app: app.id,
        name: "Line".parse().unwrap(),
        routing_key: "1001".into(),
        business_id: Some("2002".into()),
        portfolio: None,
        credentials: [("access_token", token)].into(),
        base_url: None,
    }
}

async fn tenant(provider: ScriptedProvider) -> Tenant {
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let (slow, commits) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
    let inner = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let crm = Crm::builder()
        .store(Slow { inner, slow: Arc::clone(&slow), commits: Arc::clone(&commits) })
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .provider(provider)
        .clock(clock)
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Shop")).await.unwrap().org;
    let me = crm.access().act_as(org, service("test"), Role::Owner.grant()).await.unwrap();
    let new = NewApp {
        provider: "scripted".into(),
        name: "App".parse().unwrap(),
        secrets: vec!["secret".into()],
        verify_token: Some("verify".into()),
    };
    let app = crm.accounts().register_app(&me, new).await.unwrap();
    Tenant { crm, me, app, slow, commits }
}

impl Tenant {
    async fn hears(&self, number: usize) {
        let at = self.crm.clock().now().timestamp();
        let said = json!({"type": "message", "account": "1001", "at": at, "id": format!("m.{number}"),
            "from": format!("9198400{:05}", 10_000 + number), "text": "hello"});
        let webhook = ScriptedProvider::webhook("secret", &[said]);
        assert_eq!(self.crm.intake().receive(self.app.hook, webhook).await.status, 200);
    }

    async fn unread(&self) -> u32 {
        let query =
            ConversationQuery { view: InboxView::All, state: StateFilter::Open, now: self.crm.clock().now() };
        let page = PageRequest::first(200);
        let inbox = self.crm.conversations().list(&self.me, &query, page).await.unwrap();
        inbox.items.iter().map(|entry| entry.conversation.unread).sum()
    }
}

#[tokio::test]
async fn a_line_that_grew_while_the_store_was_slow_is_decided_in_groups_and_empties() {
    const WAITING: usize = 60;
    let tenant = tenant(ScriptedProvider::new()).await;
    tenant.crm.accounts().connect(&tenant.me, line(&tenant.app, "token")).await.unwrap().routable().unwrap();
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
    assert!(commits <= 8, "{commits} commits for {WAITING} elements");
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

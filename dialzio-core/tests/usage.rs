//! Usage: what is noted reaches the store in groups, waits while that is away, and is read by its member alone.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use dialzio_core::access::Browser;
use dialzio_core::memory::MemoryStore;
use dialzio_core::page::PageRequest;
use dialzio_core::testing::{Calls, Fault, Faulty};
use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_core::usage::{UsageAction, UsageBrowser, UsagePage, UsageStore};
use dialzio_core::{Actor, Crm, Error, Role, Store, StoreError};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;

struct Shop {
    crm: Crm,
    store: Arc<Faulty<MemoryStore>>,
    host: Actor,
}

async fn shop() -> Shop {
    let clock = common::clock();
    let store = Arc::new(Faulty::new(Arc::new(common::memory(&clock))));
    let shared: Arc<dyn Store> = Arc::<Faulty<MemoryStore>>::clone(&store);
    let crm = common::builder(&clock).shared_store(shared).seed(5).build().unwrap();
    let host = common::owner(&crm, "Green Leaf").await;
    Shop { crm, store, host }
}

impl Shop {
    async fn joins(&self, name: &str, role: Role) -> Actor {
        let email = EmailAddress::parse(&format!("{}@example.com", name.to_lowercase())).unwrap();
        let link = self.crm.access().invite(&self.host, Some(email), role).await.unwrap();
        let secret = SecretString::from("seven brown otters swim upstream 7".to_owned());
        let name = PersonName::parse(name).unwrap();
        self.crm.access().accept(&link, name, None, &secret).await.unwrap().actor
    }

    fn opens(&self, who: &Actor, page: &'static str) {
        let browser = UsageBrowser::known(Browser::Firefox, Some(132));
        let (page, address) = (UsagePage::new(page).unwrap(), "203.0.113.77".parse().ok());
        self.crm.usage().note(who, page, UsageAction::Viewed, browser, address);
    }

    /// What the store has of a member, without what waits.
    async fn kept(&self, who: &Actor) -> Vec<String> {
        let scope = dialzio_core::testing::scope(who.org());
        let page = PageRequest { after: None, limit: 2_000 };
        let kept = self.store.usage_of(&scope, who.member().unwrap(), page).await.unwrap();
        kept.items.iter().map(|event| event.page.to_string()).collect()
    }
}

#[tokio::test]
async fn what_is_noted_waits_in_memory_and_is_there_when_its_member_reads() {
    let shop = shop().await;
    let (ravi, meera) = (shop.joins("Ravi", Role::Agent).await, shop.joins("Meera", Role::Owner).await);
    let writes = shop.store.count(Calls::Writes);
    shop.opens(&ravi, "/inbox");
    shop.opens(&meera, "/calls");
    // The host is no member.
    shop.opens(&shop.host, "/settings");
    assert_eq!(shop.store.count(Calls::Writes), writes, "noting writes nothing");
    assert!(shop.kept(&ravi).await.is_empty());

    let own = async |who: &Actor| shop.crm.usage().own(who, PageRequest::first(9)).await.unwrap().items;
    let his = own(&ravi).await;
    assert_eq!(his.iter().map(|event| event.page.as_str()).collect::<Vec<_>>(), ["/inbox"]);
    assert_eq!(shop.store.count(Calls::Writes), writes + 1, "all that waited is one commit");
    assert_eq!(own(&meera).await.len(), 1, "an owner reads their own and no other");
    assert_eq!(own(&shop.host).await, []);
    let audit = shop.crm.ledger().audit(&shop.host, 0, 200).await.unwrap();
    assert!(audit.iter().all(|entry| entry.action != dialzio_core::ledger::Action::UsageNoted));
}

#[tokio::test]
async fn counts_are_for_who_keeps_the_settings() {
    let shop = shop().await;
    let manager = shop.joins("Ravi", Role::Manager).await;
    assert!(matches!(shop.crm.usage().summary(&manager).await, Err(Error::Denied { .. })));
    assert!(shop.crm.usage().summary(&shop.host).await.unwrap().pages.is_empty());
}

#[tokio::test]
async fn uses_wait_while_the_store_is_away_and_are_dropped_if_it_refuses_them() {
    let shop = shop().await;
    let ravi = shop.joins("Ravi", Role::Agent).await;
    // Three commits: the second finds the store away, and the third is not tried then.
    for _ in 0..450 {
        shop.opens(&ravi, "/inbox");
    }
    for error in [StoreError::Unavailable, StoreError::Full] {
        let writes = shop.store.count(Calls::Writes);
        shop.store.at(Calls::Writes, 2, Fault::Fails(error));
        assert!(shop.crm.usage().flush().await.is_err());
        assert_eq!(shop.store.count(Calls::Writes) - writes, 2);
    }
    assert_eq!(shop.kept(&ravi).await.len(), 400);
    assert_eq!(shop.crm.usage().dropped(), 0);
    shop.crm.usage().flush().await.unwrap();
    assert_eq!(shop.kept(&ravi).await.len(), 450, "each is there, and once");

    shop.opens(&ravi, "/calls");
    shop.store.at(Calls::Writes, 1, Fault::Fails(StoreError::Unsupported("a write")));
    assert!(shop.crm.usage().flush().await.is_err());
    assert_eq!(shop.crm.usage().dropped(), 1);
    shop.crm.usage().flush().await.unwrap();
    assert_eq!(shop.kept(&ravi).await.len(), 450);
}

/// A commit that was carried out although its answer was lost is written again and changes nothing.
#[tokio::test]
async fn a_group_whose_answer_was_lost_is_not_doubled() {
    let shop = shop().await;
    let ravi = shop.joins("Ravi", Role::Agent).await;
    shop.opens(&ravi, "/inbox");
    shop.store.at(Calls::Writes, 1, Fault::Loses(StoreError::Unavailable));
    assert!(shop.crm.usage().flush().await.is_err());
    shop.crm.usage().flush().await.unwrap();
    assert_eq!(shop.kept(&ravi).await, ["/inbox"]);
}

#[tokio::test]
async fn the_worker_writes_what_waits_every_few_seconds_and_when_it_stops() {
    let shop = shop().await;
    let ravi = shop.joins("Ravi", Role::Agent).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let crm = shop.crm.clone();
    let working = tokio::spawn(async move {
        crm.worker()
            .run(async {
                let _ = stopped.await;
            })
            .await;
    });
    shop.opens(&ravi, "/inbox");
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(30), working).await.unwrap().unwrap();
    assert_eq!(shop.kept(&ravi).await, ["/inbox"]);
}

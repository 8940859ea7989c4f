//! Attempts to sign in are counted once for all processes: by account and peer, and by themselves for known devices.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use dialzio_core::access::{Attempt, Counted, NewOrg, SignedIn, Token};
use dialzio_core::account::LocalKeys;
use dialzio_core::entropy::Entropy;
use dialzio_core::memory::MemoryStore;
use dialzio_core::testing::{Fixtures, service};
use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_core::{Clock, Crm, Error, ManualClock, Role, Store};
use secrecy::SecretString;
use std::net::IpAddr;
use std::sync::Arc;

fn secret() -> SecretString {
    "seven brown otters swim upstream 7".to_owned().into()
}

fn peer(last: u8) -> Option<IpAddr> {
    Some(IpAddr::from([192, 0, 2, last]))
}

struct Desk {
    crm: Crm,
    /// Another process over the same store, with the same keys.
    beside: Crm,
    clock: Arc<ManualClock>,
}

impl Desk {
    fn start() -> Self {
        let clock = Arc::new(ManualClock::at(Fixtures::morning()));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>));
        let [crm, beside] = [1, 2].map(|seed| {
            Crm::builder()
                .shared_store(Arc::clone(&store))
                .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
                .clock(Arc::clone(&clock) as Arc<dyn Clock>)
                .seed(seed)
                .build()
                .unwrap()
        });
        Self { crm, beside, clock }
    }

    async fn joins(&self, name: &str) -> SignedIn {
        let access = self.crm.access();
        let org = access.found(NewOrg::named("Green Leaf")).await.unwrap().org;
        let host = access.act_as(org, service("shop"), Role::Owner.grant()).await.unwrap();
        let email = EmailAddress::parse(&format!("{name}@example.com")).unwrap();
        let link = access.invite(&host, Some(email), Role::Agent).await.unwrap();
        access.accept(&link, PersonName::parse(name).unwrap(), None, &secret()).await.unwrap()
    }
}

async fn tries(
    crm: &Crm,
    account: &str,
    peer: Option<IpAddr>,
    device: Option<&Token>,
) -> Result<Counted, u32> {
    match crm.access().begin_attempt(Attempt { account, peer, device }).await {
        Ok(counted) => Ok(counted),
        Err(Error::TooManyAttempts { seconds }) => Err(seconds),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn two_processes_count_together() {
    let desk = Desk::start();
    for place in 0..5 {
        let crm = if place % 2 == 0 { &desk.crm } else { &desk.beside };
        tries(crm, "asha@example.com", peer(1), None).await.unwrap();
    }
    for crm in [&desk.crm, &desk.beside] {
        assert_eq!(tries(crm, "ASHA@example.com", peer(2), None).await.unwrap_err(), 61);
        tries(crm, "ravi@example.com", peer(2), None).await.unwrap();
    }
    desk.clock.advance(chrono::TimeDelta::seconds(61));
    let counted = tries(&desk.beside, "asha@example.com", peer(2), None).await.unwrap();
    desk.beside.access().attempt_succeeded(&counted).await;
    tries(&desk.crm, "asha@example.com", peer(2), None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_at_the_same_time_are_counted_one_by_one() {
    let desk = Desk::start();
    let mut all = tokio::task::JoinSet::new();
    for place in 0..12 {
        let crm = if place % 2 == 0 { desk.crm.clone() } else { desk.beside.clone() };
        all.spawn(async move { tries(&crm, "asha@example.com", peer(1), None).await.is_ok() });
    }
    let made = all.join_all().await.into_iter().filter(|made| *made).count();
    assert_eq!(made, 5);
}

#[tokio::test]
async fn a_known_device_is_not_kept_out_by_strangers_and_another_ones_is() {
    let desk = Desk::start();
    let (asha, ravi) = (desk.joins("asha").await, desk.joins("ravi").await);
    for place in 0..5 {
        tries(&desk.crm, "asha@example.com", peer(place), None).await.unwrap();
    }
    let device = asha.device.as_ref().unwrap();
    let counted = tries(&desk.crm, "asha@example.com", peer(9), Some(device)).await.unwrap();
    assert!(counted.is_known_device);
    assert!(tries(&desk.crm, "asha@example.com", peer(9), ravi.device.as_ref()).await.is_err());
    assert!(tries(&desk.crm, "asha@example.com", peer(9), Some(&asha.token)).await.is_err(), "no device");
    // It is no place to try passwords at either.
    for _ in 0..4 {
        tries(&desk.crm, "asha@example.com", peer(9), Some(device)).await.unwrap();
    }
    assert!(tries(&desk.crm, "asha@example.com", peer(9), Some(device)).await.is_err());
    // Its own failures keep nobody else out.
    desk.clock.advance(chrono::TimeDelta::seconds(61));
    tries(&desk.crm, "asha@example.com", peer(9), None).await.unwrap();
}

#[tokio::test]
async fn one_peer_tries_few_accounts_and_its_own_is_no_help() {
    let desk = Desk::start();
    let mut made = 0;
    for place in 0..60 {
        let own = tries(&desk.crm, "mallory@example.com", peer(1), None).await;
        if let Ok(own) = own {
            desk.crm.access().attempt_succeeded(&own).await;
        }
        let other = format!("member{place}@example.com");
        made += usize::from(tries(&desk.crm, &other, peer(1), None).await.is_ok());
    }
    assert!((18..=20).contains(&made), "{made}");
    tries(&desk.crm, "member59@example.com", peer(2), None).await.unwrap();
}

#[tokio::test]
async fn the_table_keeps_its_room_and_names_nobody() {
    let desk = Desk::start();
    for place in 0..3_000 {
        tries(&desk.crm, &format!("member{place}@example.com"), None, None).await.unwrap();
    }
    let system = dialzio_core::testing::system_scope();
    let mut rows = 0;
    for bucket in 0..dialzio_core::access::ATTEMPT_BUCKETS {
        let kept = desk.crm.store().failed_attempts(&system, bucket).await.unwrap();
        assert!(kept.len() <= usize::from(dialzio_core::access::ATTEMPT_SLOTS));
        assert!(kept.iter().all(|row| row.bucket == bucket));
        rows += kept.len();
    }
    assert!(rows > 2_900, "{rows}");
}

#[tokio::test]
async fn signing_in_over_a_session_ends_it_and_a_known_device_is_remembered_once() {
    let desk = Desk::start();
    let asha = desk.joins("asha").await;
    let email = EmailAddress::parse("asha@example.com").unwrap();
    let access = desk.crm.access().from_device(asha.device.as_ref(), Some(&asha.token));
    let again = access.sign_in(&email, &secret()).await.unwrap().done().unwrap();
    assert!(again.device.is_none(), "it is known");
    assert!(matches!(access.authenticate(asha.token.reveal()).await, Err(Error::Unauthenticated)));
    access.authenticate(again.token.reveal()).await.unwrap();
    let elsewhere = desk.crm.access().sign_in(&email, &secret()).await.unwrap().done().unwrap();
    assert!(elsewhere.device.is_some());
    access.authenticate(again.token.reveal()).await.unwrap();
}

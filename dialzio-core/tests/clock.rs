//! A clock that is wrong costs no data: what has expired by it is hidden, and nothing is deleted until it is
//! confirmed.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::contact::{Alias, ContactWrite};
use dialzio_core::conversation::ConversationWrite;
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::provider::{MessagingProvider, Provider, ProviderId, WebhookDecoder};
use dialzio_core::store::{Batch, SystemStore};
use dialzio_core::testing::{Fixtures, scope, service};
use dialzio_core::{Clock, ClockTrust, Crm, ManualClock, MessageId, OrgId, Role, Store};
use std::sync::{Arc, Mutex};

/// A provider whose answers show a time.
#[derive(Debug, Clone, Default)]
struct Dated(Arc<Mutex<Option<DateTime<Utc>>>>);

impl Provider for Dated {
    fn id(&self) -> ProviderId {
        ProviderId("dated")
    }
    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        None
    }
    fn telephony(&self) -> Option<&dyn dialzio_core::provider::TelephonyProvider> {
        None
    }

    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        None
    }
    fn connection(&self) -> &dialzio_core::provider::ConnectionForm {
        &dialzio_core::testing::SCRIPTED_FORM
    }
    fn allows_address(&self, _: &url::Url) -> bool {
        false
    }
    fn newest_date(&self) -> Option<DateTime<Utc>> {
        *self.0.lock().unwrap()
    }
}

struct Shop {
    crm: Crm,
    clock: Arc<ManualClock>,
    store: Arc<MemoryStore>,
    provider: Dated,
    org: OrgId,
    message: MessageId,
}

fn crm(store: &Arc<MemoryStore>, clock: &Arc<ManualClock>, provider: &Dated) -> Crm {
    Crm::builder()
        .shared_store(Arc::clone(store) as Arc<dyn Store>)
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .provider(provider.clone())
        .clock(Arc::clone(clock) as Arc<dyn Clock>)
        .build()
        .unwrap()
}

impl Shop {
    /// A shop to which a person has written, at work since.
    async fn open() -> Self {
        let make = Fixtures::default();
        let clock = Arc::new(ManualClock::at(Fixtures::morning()));
        let store = Arc::new(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>));
        let provider = Dated::default();
        let crm = crm(&store, &clock, &provider);
        let org = crm.access().found(NewOrg::named("Shop")).await.unwrap().org;
        let me = crm.access().act_as(org, service("test"), Role::Owner.grant()).await.unwrap();
        let contact = make.contact("Asha");
        let identity = make.identity(contact.id, vec![Alias::Phone(make.phone())]);
        let talk = make.conversation(make.id(), &identity);
        let wrote = make.inbound(&talk, "hello", Fixtures::morning());
        let mut batch = Batch::new(&me, Action::MessageReceived, Fixtures::morning());
        batch
            .write(ContactWrite::Insert(contact))
            .write(ContactWrite::Identity(identity))
            .write(ConversationWrite::Insert(talk.clone()))
            .write(make.append(talk.account, &wrote));
        crm.store().commit_one(&scope(org), batch).await.unwrap();
        crm.worker().run_once().await.unwrap();
        Self { crm, clock, store, provider, org, message: wrote.id }
    }

    /// The process ends and another one begins.
    fn restart(&mut self) {
        self.crm = crm(&self.store, &self.clock, &self.provider);
    }

    async fn sees_it(&self) -> bool {
        self.crm.store().message(&scope(self.org), self.message).await.unwrap().is_some()
    }

    /// Whether a sweep deletes it.
    async fn sweep_deletes_it(&self) -> bool {
        self.crm.worker().sweep().await.unwrap();
        let now = self.clock.now();
        self.clock.set(Fixtures::morning());
        let mark = self.store.time_mark(&dialzio_core::testing::system_scope()).await.unwrap().unwrap();
        let believed = mark.trusted_at > now - TimeDelta::days(1);
        let gone = !self.sees_it().await;
        self.clock.set(now);
        assert_eq!(gone, believed, "what is believed is hidden for good");
        gone
    }
}

const LEAP: TimeDelta = TimeDelta::days(400);

#[tokio::test]
async fn a_clock_that_leaps_for_eight_seconds_deletes_nothing() {
    let mut shop = Shop::open().await;
    let truth = shop.clock.now();
    for restarted in [false, true] {
        if restarted {
            shop.restart();
        }
        shop.clock.set(truth + LEAP);
        let report = shop.crm.worker().run_once().await.unwrap();
        assert_eq!(report.swept, 0);
        assert!(!shop.sees_it().await, "it is hidden while the clock says so");
        assert_eq!(shop.crm.clock_state().trust, ClockTrust::Ahead);
        assert!(shop.crm.clock_state().trusted_at.unwrap() < truth + TimeDelta::minutes(1));
        shop.clock.advance(TimeDelta::seconds(8));
        shop.crm.worker().run_once().await.unwrap();
        shop.clock.set(truth + TimeDelta::seconds(8));
        shop.crm.worker().run_once().await.unwrap();
        assert_eq!(shop.crm.clock_state().trust, ClockTrust::Confirmed);
        assert!(shop.sees_it().await);
    }
}

#[tokio::test]
async fn time_that_has_really_passed_deletes() {
    let shop = Shop::open().await;
    shop.clock.advance(LEAP);
    assert!(shop.sweep_deletes_it().await);
}

#[tokio::test]
async fn a_leap_that_a_provider_confirms_is_believed() {
    let mut shop = Shop::open().await;
    shop.clock.set(shop.clock.now() + LEAP);
    shop.restart();
    assert!(!shop.sweep_deletes_it().await);
    *shop.provider.0.lock().unwrap() = Some(shop.clock.now() - TimeDelta::minutes(5));
    assert!(shop.sweep_deletes_it().await);
}

#[tokio::test]
async fn a_leap_that_an_operator_confirms_is_believed() {
    let mut shop = Shop::open().await;
    shop.clock.set(shop.clock.now() + LEAP);
    shop.restart();
    assert!(!shop.sweep_deletes_it().await);
    assert_eq!(
        shop.crm.operator("the battery was replaced").unwrap().confirm_clock().await.unwrap().trust,
        ClockTrust::Confirmed
    );
    assert!(shop.sweep_deletes_it().await);
}

/// A day of running counts, over restarts, and time in which nothing ran does not.
#[tokio::test]
async fn a_leap_that_holds_for_a_day_of_running_is_believed() {
    let mut shop = Shop::open().await;
    shop.clock.set(shop.clock.now() + LEAP);
    let mut deleted = 0;
    for hour in 0..30 {
        if hour % 5 == 0 {
            // Down for three hours.
            shop.clock.set(shop.clock.now() + TimeDelta::hours(3));
            shop.restart();
        } else {
            shop.clock.advance(TimeDelta::hours(1));
        }
        if shop.sweep_deletes_it().await {
            break;
        }
        deleted += i32::from(hour % 5 != 0);
    }
    assert_eq!(deleted, 23, "hours of running without deletion");
}

#[tokio::test]
async fn a_clock_that_goes_back_shows_nothing_that_had_expired() {
    let shop = Shop::open().await;
    shop.clock.advance(LEAP);
    assert_eq!(shop.crm.check_clock().await.unwrap().trust, ClockTrust::Confirmed);
    shop.clock.set(Fixtures::morning());
    assert!(!shop.sees_it().await);
    assert_eq!(shop.crm.check_clock().await.unwrap().trust, ClockTrust::Behind);
    assert!(!shop.sees_it().await);
}

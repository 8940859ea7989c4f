//! Nothing that waits is given up by a clock that has leapt: it rests until the clock is right, or believed.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::conversation::{ConversationState, DeliveryStatus, NewMessage};
use dialzio_core::provider::{MessagingProvider, Provider, ProviderId, WebhookDecoder};
use dialzio_core::testing::{Fixtures, ScriptedProvider};
use dialzio_core::{Actor, Clock, ClockTrust, ConversationId, Crm, ManualClock, MessageId};
use std::sync::{Arc, Mutex};

/// A provider whose answers show a time, if it is told one.
#[derive(Debug)]
struct Dated(ScriptedProvider, Arc<Mutex<Option<DateTime<Utc>>>>);

impl Provider for Dated {
    fn id(&self) -> ProviderId {
        self.0.id()
    }
    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        self.0.messaging()
    }
    fn telephony(&self) -> Option<&dyn dialzio_core::provider::TelephonyProvider> {
        None
    }

    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        self.0.webhooks()
    }
    fn connection(&self) -> &dialzio_core::provider::ConnectionForm {
        self.0.connection()
    }
    fn allows_address(&self, base: &url::Url) -> bool {
        self.0.allows_address(base)
    }
    fn newest_date(&self) -> Option<DateTime<Utc>> {
        *self.1.lock().unwrap()
    }
}

struct Shop {
    crm: Crm,
    me: Actor,
    clock: Arc<ManualClock>,
    shown: Arc<Mutex<Option<DateTime<Utc>>>>,
    talk: ConversationId,
    reply: MessageId,
}

impl Shop {
    /// A shop with one reply that waits to be sent.
    async fn with_a_reply() -> Self {
        let make = Fixtures::default();
        let clock = common::clock();
        let shown = Arc::default();
        let crm = common::builder(&clock)
            .store(common::memory(&clock))
            .provider(Dated(ScriptedProvider::new(), Arc::clone(&shown)))
            .build()
            .unwrap();
        let me = common::owner(&crm, "Shop").await;
        let app = common::app(&crm, &me).await;
        let account = common::connect(&crm, &me, &app).await;
        crm.worker().run_once().await.unwrap();
        let talk = common::talk(&crm, &make, &me, &account).await;
        let reply = crm.conversations().send(&me, talk.id, NewMessage::text("hello").unwrap()).await.unwrap();
        Self { crm, me, clock, shown, talk: talk.id, reply: reply.message.id }
    }

    /// The status of the reply, as it is when the clock shows this.
    async fn status_at(&self, at: DateTime<Utc>) -> DeliveryStatus {
        let now = self.clock.now();
        self.clock.set(at);
        let status = self.crm.conversations().message(&self.me, self.reply).await.unwrap().delivery.status;
        self.clock.set(now);
        status
    }
}

const LEAP: TimeDelta = TimeDelta::days(400);

#[tokio::test]
async fn a_reply_that_waits_outlives_a_clock_that_leaps() {
    let shop = Shop::with_a_reply().await;
    let truth = shop.clock.now();
    shop.clock.set(truth + LEAP);
    for _ in 0..3 {
        let report = shop.crm.worker().run_once().await.unwrap();
        assert_eq!((report.sent, report.stopped), (0, 0), "{report:?}");
        shop.clock.advance(TimeDelta::seconds(61));
    }
    assert_eq!(shop.crm.clock_state().trust, ClockTrust::Ahead);
    assert_eq!(shop.status_at(truth).await, DeliveryStatus::Queued);
    shop.clock.set(truth);
    let report = shop.crm.worker().run_once().await.unwrap();
    assert_eq!(report.sent, 1, "{report:?} {:?} {:?}", shop.status_at(truth).await, shop.crm.clock_state());
}

#[tokio::test]
async fn a_provider_is_asked_for_its_time_before_anything_waits_for_it() {
    let shop = Shop::with_a_reply().await;
    // The machine was off over a weekend, and nothing has arrived since.
    let now = shop.clock.now() + TimeDelta::days(2);
    shop.clock.set(now);
    *shop.shown.lock().unwrap() = Some(now);
    shop.crm.worker().run_once().await.unwrap();
    assert_eq!(shop.crm.clock_state().trust, ClockTrust::Confirmed);
    assert_ne!(shop.status_at(now).await, DeliveryStatus::Queued, "it was decided by the time that is right");
}

#[tokio::test]
async fn a_snooze_outlives_a_clock_that_leaps() {
    let shop = Shop::with_a_reply().await;
    let truth = shop.clock.now();
    let until = truth + TimeDelta::days(3);
    let state = ConversationState::Snoozed { until };
    shop.crm.conversations().set_state(&shop.me, shop.talk, state).await.unwrap();
    shop.clock.set(truth + LEAP);
    shop.crm.worker().run_once().await.unwrap();
    shop.clock.set(truth);
    let kept = shop.crm.conversations().get(&shop.me, shop.talk).await.unwrap();
    assert_eq!(kept.conversation.state, ConversationState::Snoozed { until });
}

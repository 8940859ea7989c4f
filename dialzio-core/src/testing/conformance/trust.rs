//! How far an element can be believed goes with it from the webhook through the queue into the decision: what came without
//! a signature informs people and decides nothing.

use chrono::{SubsecRound, TimeDelta};
use serde_json::json;

use super::live::{Live, NUMBER};
use crate::consent::{Purpose, State};
use crate::contact::TaskQuery;
use crate::conversation::{DeliveryStatus, Preview};
use crate::outbox::{Due, QueueKind};
use crate::page::PageRequest;
use crate::provider::{ProviderError, ProviderId, Trust};
use crate::testing::Scripted;
use crate::testing::conformance::TestBed;
use crate::webhook::{BacklogItem, QuarantineReason, Quarantined, WebhookWrite};

/// A waiting element and quarantined bytes come back with the trust that they were stored with.
pub async fn trust_is_kept_with_what_waits_and_what_is_held(bed: TestBed) {
    let tenant = bed.tenant().await;
    for trust in [Trust::Signed, Trust::PathOnly] {
        let item = BacklogItem { trust, ..bed.make.item(&tenant.account, QueueKind::Elements, bed.at(1)) };
        bed.write(&tenant.scope, WebhookWrite::Enqueue(item.clone())).await;
        let lease = bed.lease(tenant.queue(QueueKind::Elements)).await;
        let due = bed.store.due(&tenant.scope, &lease, bed.at(2), 10).await.unwrap();
        assert_eq!(due, [Due::Element(item.clone())]);
        bed.write(&tenant.scope, WebhookWrite::Remove(item.id)).await;
        bed.store.release(&bed.system, lease).await.unwrap();

        let held = bed.make.quarantined(Some(tenant.org.id), tenant.app.id, bed.at(1));
        let held = Quarantined { trust, ..held };
        bed.write(&tenant.scope, WebhookWrite::Quarantine(held.clone())).await;
        let page = bed.store.quarantined(&tenant.scope, PageRequest::first(10)).await.unwrap();
        assert_eq!(page.items, std::slice::from_ref(&held));
        bed.write(&tenant.scope, WebhookWrite::Release(held.id)).await;
    }
}

/// A message without a signature is shown and opens no reply window; the same person's signed message does.
pub async fn an_unsigned_message_opens_no_reply_window(bed: TestBed) {
    let live = Live::new(&bed).await;
    live.unsigned(Live::says("in.1", "hello")).await;
    let talk = live.talk().await;
    assert_eq!((talk.unread, talk.last_inbound_at), (1, None));
    let preview = live.crm.conversations().preview(&live.me, talk.id).await.unwrap();
    assert!(matches!(preview.reply, Preview::Refused(_)), "{:?}", preview.reply);
    live.signed(Live::says("in.2", "hello again")).await;
    let talk = live.talk().await;
    assert_eq!((talk.unread, talk.last_inbound_at), (2, Some(bed.now().trunc_subsecs(0))));
    let preview = live.crm.conversations().preview(&live.me, talk.id).await.unwrap();
    assert_eq!(preview.reply, Preview::Ready);
}

/// Words and reports without a signature neither give a consent nor lift a withdrawal.
pub async fn nothing_unsigned_gives_consent_or_lifts_a_withdrawal(bed: TestBed) {
    let live = Live::new(&bed).await;
    live.signed(Live::says("in.1", "hello")).await;
    live.unsigned(json!({ "type": "preference", "from": NUMBER, "value": "sign_up" })).await;
    assert_eq!(live.consent(Purpose::Marketing).await.state, State::Unknown);
    live.signed(Live::says("in.2", "STOP")).await;
    assert_eq!(live.consent(Purpose::Marketing).await.state, State::Withdrawn);
    bed.clock.advance(TimeDelta::minutes(1));
    live.unsigned(Live::says("in.3", "START")).await;
    live.unsigned(json!({ "type": "preference", "from": NUMBER, "value": "resume" })).await;
    assert_eq!(live.consent(Purpose::Marketing).await.state, State::Withdrawn);
    assert_eq!(live.consent(Purpose::Utility).await.state, State::Withdrawn);
    assert!(live.quarantine().await.iter().all(|held| held.reason == QuarantineReason::Unsigned));
}

/// What looks like an opt-out and came without a signature holds promotion and asks a person, once.
pub async fn an_unsigned_opt_out_holds_promotion_and_asks(bed: TestBed) {
    let live = Live::new(&bed).await;
    live.signed(Live::says("in.1", "hello")).await;
    live.unsigned(Live::says("in.2", "STOP")).await;
    live.unsigned(Live::says("in.3", "STOP")).await;
    live.unsigned(json!({ "type": "preference", "from": NUMBER, "value": "stop" })).await;
    assert_eq!(live.consent(Purpose::Marketing).await.state, State::Withdrawn);
    assert_eq!(
        live.consent(Purpose::Utility).await.state,
        State::Unknown,
        "nothing more than promotion is held"
    );
    let tasks =
        live.crm.contacts().tasks(&live.me, &TaskQuery::default(), PageRequest::first(10)).await.unwrap();
    assert_eq!(tasks.items.len(), 1);
}

/// A report without a signature shows at most that a message was sent: it neither delivers, fails nor settles it.
pub async fn nothing_unsigned_ends_a_message(bed: TestBed) {
    let live = Live::new(&bed).await;
    live.signed(Live::says("in.1", "hello")).await;
    let answer = live.answers("good morning").await;
    live.works().await;
    let external = live.message(&answer).await.external.expect("the provider took it");
    let news = |status: &str| json!({ "type": "delivery", "id": external.reveal(), "status": status });
    live.unsigned(news("read")).await;
    live.unsigned(news("failed")).await;
    assert_eq!(live.message(&answer).await.delivery.status, DeliveryStatus::Sent);
    assert_eq!(live.quarantine().await.len(), 1, "the failure is there for a person to look at");

    let lost = ProviderError::Ambiguous { provider: ProviderId("scripted"), source: "cut".into() };
    live.provider.then(Scripted::Fail(lost));
    let unknown = live.answers("are you there?").await;
    live.works().await;
    assert_eq!(live.message(&unknown).await.delivery.status, DeliveryStatus::Unknown);
    let own =
        json!({ "type": "delivery", "id": "out.9", "own": unknown.id.to_string(), "status": "delivered" });
    live.unsigned(own).await;
    assert_eq!(live.message(&unknown).await.delivery.status, DeliveryStatus::Unknown);
}

/// An element that waited in the queue, or was replayed from quarantine, is believed no more than when it arrived.
pub async fn an_unsigned_element_stays_unsigned_in_the_queue_and_in_quarantine(bed: TestBed) {
    let live = Live::new(&bed).await;
    live.signed(Live::says("in.1", "hello")).await;
    let answer = live.answers("good morning").await;
    // An update of a message whose id is not known yet waits in the queue.
    let external = format!("scripted.out/{}.1", answer.id);
    live.unsigned(json!({ "type": "delivery", "id": external, "status": "delivered" })).await;
    live.works().await;
    bed.clock.advance(TimeDelta::minutes(2));
    live.works().await;
    assert_eq!(live.message(&answer).await.delivery.status, DeliveryStatus::Sent);

    live.unsigned(json!({ "type": "preference", "from": NUMBER, "value": "sign_up" })).await;
    let held = live.quarantine().await;
    assert_eq!(held.len(), 1);
    live.crm.quarantine().replay(&live.me, held[0].id).await.unwrap();
    assert_eq!(live.quarantine().await, held, "it is held again");
    assert_eq!(live.consent(Purpose::Marketing).await.state, State::Unknown);
}

/// A notice without a signature joins no identities, and a message without one brings one id at most.
pub async fn nothing_unsigned_joins_two_people(bed: TestBed) {
    let live = Live::new(&bed).await;
    live.signed(Live::says("in.1", "hello")).await;
    let identity = live.talk().await.identity;
    live.unsigned(json!({ "type": "identity", "from": NUMBER, "to": "447700900123" })).await;
    live.unsigned(
        json!({ "type": "edited", "id": "e.1", "from": NUMBER, "target": "in.1", "text": "pay here" }),
    )
    .await;
    live.unsigned(json!({ "type": "revoked", "id": "r.1", "from": NUMBER, "target": "in.1" })).await;
    let (scope, contact) = (crate::testing::scope(live.me.org()), live.talk().await.contact);
    let kept = live.crm.store().channel_identities(&scope, contact).await.unwrap();
    assert_eq!(kept.iter().map(|kept| (kept.id, kept.aliases.len())).collect::<Vec<_>>(), [(identity, 1)]);
    let reasons: Vec<_> = live.quarantine().await.iter().map(|held| held.reason).collect();
    assert_eq!(reasons, [QuarantineReason::Unsigned; 3]);
}

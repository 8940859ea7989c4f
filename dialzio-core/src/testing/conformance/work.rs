//! Effects, the waiting line, lanes and leases.

use chrono::TimeDelta;
use futures_util::StreamExt;

use crate::account::AccountWrite;
use crate::consent::{Purpose, PurposeScope};
use crate::conversation::DeliveryStatus;
use crate::effect::{Effect, EffectState, Lane, LaneKind, Work};
use crate::id::{EffectId, TypedId, WorkerId};
use crate::inbox::{InboxItem, InboxWrite};
use crate::ledger::Action;
use crate::page::PageRequest;
use crate::store::{Batch, Cause, Due, EffectWrite, Expect, Fence, Lease, StoreError};
use crate::testing::conformance::{Bench, House, Person};

async fn lease(bench: &Bench, lane: Lane, by: WorkerId, seconds: i64) -> Option<Lease> {
    let until = bench.now() + TimeDelta::seconds(seconds);
    bench.store.lease(&bench.system, lane, by, bench.now(), until).await.unwrap()
}

async fn under(bench: &Bench, house: &House, lease: Lease) -> bool {
    let batch = Batch::caused_by(&Cause::Chunk(lease), Action::EffectSettled, bench.now());
    match bench.store.commit_one(&house.scope, batch).await {
        Ok(_) => true,
        Err(StoreError::Unmet(unmet)) => {
            assert_eq!(*unmet, Expect::Lease(lease.lane, lease.fence));
            false
        }
        Err(other) => panic!("a lease is held or not: {other}"),
    }
}

/// One worker holds a lane. It may extend its lease, and what it has begun stays valid then.
pub async fn a_lane_has_one_holder(bench: Bench) {
    let house = bench.house().await;
    let (lane, other) = (house.lane(LaneKind::Send), house.lane(LaneKind::Media));
    let (one, two) = (bench.make.id(), bench.make.id());
    let held = lease(&bench, lane, one, 60).await.expect("free");
    assert_eq!((held.lane, held.until), (lane, bench.at(60)));
    assert!(lease(&bench, lane, two, 60).await.is_none());
    assert!(lease(&bench, other, two, 60).await.is_some(), "another lane is another matter");
    bench.clock.advance(TimeDelta::seconds(30));
    let longer = lease(&bench, lane, one, 60).await.expect("its own");
    assert_eq!(longer.until, bench.at(90));
    assert!(under(&bench, &house, held).await && under(&bench, &house, longer).await);
    bench.clock.advance(TimeDelta::seconds(40));
    assert!(lease(&bench, lane, two, 60).await.is_none(), "it was extended");
    assert!(under(&bench, &house, longer).await);
}

/// After a lease has run out, another worker may have the lane; the fence has grown, and the stale one is refused.
pub async fn a_stale_fence_is_refused(bench: Bench) {
    let house = bench.house().await;
    let lane = house.lane(LaneKind::Send);
    let (one, two) = (bench.make.id(), bench.make.id());
    assert!(!bench.holds(&house.scope, Expect::Lease(lane, Fence::NONE)).await);
    let first = lease(&bench, lane, one, 60).await.expect("free");
    bench.clock.advance(TimeDelta::seconds(61));
    let second = lease(&bench, lane, two, 60).await.expect("it ran out");
    assert!(second.fence > first.fence);
    assert!(!under(&bench, &house, first).await && under(&bench, &house, second).await);
    bench.store.release(&bench.system, first).await.unwrap();
    assert!(under(&bench, &house, second).await, "giving back a lease that is gone changes nothing");
    bench.clock.advance(TimeDelta::seconds(61));
    let third = lease(&bench, lane, one, 60).await.expect("it ran out");
    assert!(third.fence > second.fence);
    assert!(!under(&bench, &house, second).await);
}

/// A lease that was given back is free at once, and no commit passes under it any more.
pub async fn a_lease_that_was_given_back_is_gone(bench: Bench) {
    let house = bench.house().await;
    let lane = house.lane(LaneKind::Inbox);
    let first = lease(&bench, lane, bench.make.id(), 60).await.expect("free");
    bench.store.release(&bench.system, first).await.unwrap();
    assert!(!under(&bench, &house, first).await);
    let second = lease(&bench, lane, bench.make.id(), 60).await.expect("given back");
    assert!(second.fence > first.fence);
    bench.store.release(&bench.system, second).await.unwrap();
    bench.store.release(&bench.system, second).await.unwrap();
}

/// A lease of one organisation says nothing in another, and shows nothing of it.
pub async fn a_lease_counts_in_its_own_organisation(bench: Bench) {
    let (house, other) = (bench.house().await, bench.house().await);
    let (_, effect) = {
        let person = bench.person(&house, "Asha").await;
        bench.queues(&house, &person, "hello", bench.at(0)).await
    };
    let held = lease(&bench, house.lane(LaneKind::Send), bench.make.id(), 60).await.expect("free");
    let due = bench.store.due(&house.scope, &held, bench.now(), 10).await.unwrap();
    assert_eq!(due, [Due::Effect(effect)]);
    assert!(!under(&bench, &other, held).await);
    assert!(bench.store.due(&other.scope, &held, bench.now(), 10).await.unwrap().is_empty());
}

fn effects(due: Vec<Due>) -> Vec<EffectId> {
    let each = |due| match due {
        Due::Effect(effect) => effect.id,
        Due::Element(item) => panic!("an element in a lane of effects: {item:?}"),
    };
    due.into_iter().map(each).collect()
}

/// Due work comes in order of id, not of time; only what is pending, due, and of this lane; at most as much as asked for.
pub async fn due_work_comes_in_order_of_id(bench: Bench) {
    let house = bench.house().await;
    let account = Some(house.account.id);
    let make = |work, due: i64| {
        let mut effect: Effect = bench.make.effect(account, work, bench.at(0));
        effect.not_before = bench.at(due);
        effect
    };
    let sends: Vec<Effect> =
        [30, 10, 20, 9_000].map(|due| make(Work::Send(bench.make.id()), due)).into_iter().collect();
    let fetch = make(Work::FetchMedia(bench.make.id()), 0);
    let mut done = make(Work::Send(bench.make.id()), 0);
    done.state = EffectState::Done;
    let mut of_none = make(Work::DeleteBlob(bench.make.id()), 0);
    of_none.account = None;
    let mut batch = bench.batch();
    for effect in sends.iter().rev().chain([&fetch, &done, &of_none]) {
        batch.effect(effect.clone());
    }
    bench.store.commit_one(&house.scope, batch).await.unwrap();
    let held = lease(&bench, house.lane(LaneKind::Send), bench.make.id(), 600).await.expect("free");
    let due = async |second: i64, limit: u32| {
        effects(bench.store.due(&house.scope, &held, bench.at(second), limit).await.unwrap())
    };
    assert_eq!(due(60, 100).await, [sends[0].id, sends[1].id, sends[2].id]);
    assert_eq!(due(60, 2).await, [sends[0].id, sends[1].id]);
    assert_eq!(due(20, 100).await, [sends[1].id, sends[2].id]);
    assert!(due(5, 100).await.is_empty());
    let lane = Lane { org: house.org.id, account: None, kind: LaneKind::Blob };
    let held = lease(&bench, lane, bench.make.id(), 600).await.expect("free");
    let due = bench.store.due(&house.scope, &held, bench.at(60), 10).await.unwrap();
    assert_eq!(due, [Due::Effect(of_none)], "it comes back whole");
}

/// An effect moves from state to state; a pending one may wait again, with its attempts counted.
pub async fn an_effect_is_settled_or_waits_again(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let (message, effect) = bench.queues(&house, &person, "hello", bench.at(0)).await;
    let is = async |of, status| bench.holds(&house.scope, Expect::Delivery(of, status)).await;
    assert!(is(message.id, DeliveryStatus::Queued).await && !is(message.id, DeliveryStatus::Sent).await);
    assert!(!is(bench.make.id(), DeliveryStatus::Queued).await, "of no message");
    let heard = bench.hears(&house, &person, "hello", bench.at(0)).await;
    assert!(!is(heard.id, heard.delivery.status).await, "theirs has no status of ours");
    let id = effect.id;
    let settle = |state, not_before, attempts| EffectWrite::Settle { id, state, not_before, attempts };
    let held = lease(&bench, house.lane(LaneKind::Send), bench.make.id(), 600).await.expect("free");
    let due = async |second| bench.store.due(&house.scope, &held, bench.at(second), 10).await.unwrap();
    bench.write(&house.scope, settle(EffectState::Dispatched, None, 1)).await;
    assert!(due(60).await.is_empty());
    assert!(bench.holds(&house.scope, Expect::Effect(id, EffectState::Dispatched)).await);
    assert!(!bench.holds(&house.scope, Expect::Effect(id, EffectState::Pending)).await);
    assert!(!bench.holds(&house.scope, Expect::Effect(bench.make.id(), EffectState::Pending)).await);
    bench.write(&house.scope, settle(EffectState::Pending, Some(bench.at(90)), 2)).await;
    assert!(due(60).await.is_empty());
    let again = Effect { not_before: bench.at(90), attempts: 2, ..effect };
    assert_eq!(due(90).await, [Due::Effect(again)]);
    for state in [EffectState::Suppressed, EffectState::Expired, EffectState::Dead, EffectState::Done] {
        bench.write(&house.scope, settle(state, None, 2)).await;
        assert!(bench.holds(&house.scope, Expect::Effect(id, state)).await);
        assert!(due(9_000).await.is_empty());
    }
}

/// A send is cancelled while it is pending and not later; evidence settles it once it was dispatched and not before.
pub async fn cancelling_and_resolving_look_at_the_state(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let state =
        async |effect: &Effect, state| bench.holds(&house.scope, Expect::Effect(effect.id, state)).await;
    let dispatch = |effect: &Effect| {
        let state = EffectState::Dispatched;
        EffectWrite::Settle { id: effect.id, state, not_before: None, attempts: 1 }
    };
    let (message, effect) = bench.queues(&house, &person, "one", bench.at(0)).await;
    bench.write(&house.scope, EffectWrite::Resolve(message.id)).await;
    assert!(state(&effect, EffectState::Pending).await, "not dispatched yet");
    bench.write(&house.scope, EffectWrite::CancelSend(message.id)).await;
    assert!(state(&effect, EffectState::Cancelled).await);
    bench.write(&house.scope, EffectWrite::Resolve(message.id)).await;
    assert!(state(&effect, EffectState::Cancelled).await);
    let (message, effect) = bench.queues(&house, &person, "two", bench.at(0)).await;
    bench.write(&house.scope, dispatch(&effect)).await;
    bench.write(&house.scope, EffectWrite::CancelSend(message.id)).await;
    assert!(state(&effect, EffectState::Dispatched).await, "too late");
    bench.write(&house.scope, EffectWrite::Resolve(message.id)).await;
    assert!(state(&effect, EffectState::Done).await);
}

/// An opt-out takes back what waits and promotes or notifies; answers, codes, what has left and other people's stay.
pub async fn waiting_promotion_is_taken_back_and_nothing_else(bench: Bench) {
    let house = bench.house().await;
    let (person, other) = (bench.person(&house, "Asha").await, bench.person(&house, "Ravi").await);
    let queue = async |whose: &Person, purpose: Purpose, second: i64| {
        let mut message = bench.make.outbound(&whose.conversation, "news", bench.at(second));
        message.purpose = Some(purpose);
        let effect = bench.queue(&house, &message).await;
        (message, effect)
    };
    let waiting = [queue(&person, Purpose::Marketing, 1).await, queue(&person, Purpose::Utility, 2).await];
    let kept = [
        queue(&person, Purpose::Service, 3).await,
        queue(&person, Purpose::Authentication, 4).await,
        queue(&other, Purpose::Marketing, 5).await,
    ];
    let (left, gone) = queue(&person, Purpose::Marketing, 6).await;
    let state = EffectState::Dispatched;
    bench
        .write(&house.scope, EffectWrite::Settle { id: gone.id, state, not_before: None, attempts: 1 })
        .await;
    let identity = person.identity.id;
    bench
        .write(
            &house.scope,
            EffectWrite::CancelPromotions { identity, scope: PurposeScope::Any, at: bench.at(9) },
        )
        .await;
    let status = async |id| bench.store.message(&house.scope, id).await.unwrap().unwrap().delivery.status;
    for (message, effect) in waiting {
        assert!(bench.holds(&house.scope, Expect::Effect(effect.id, EffectState::Cancelled)).await);
        assert_eq!(status(message.id).await, DeliveryStatus::Cancelled);
    }
    for (message, effect) in kept {
        assert!(bench.holds(&house.scope, Expect::Effect(effect.id, EffectState::Pending)).await);
        assert_eq!(status(message.id).await, DeliveryStatus::Queued);
    }
    assert!(bench.holds(&house.scope, Expect::Effect(gone.id, EffectState::Dispatched)).await);
    assert_eq!(status(left.id).await, DeliveryStatus::Queued);
}

/// Once an account is mended its sends that rest are due at once, and the worker is woken. What waits for anything else
/// stays where it is: for a window, for its next attempt, on another account, past pending.
pub async fn what_rests_for_its_account_is_woken_and_nothing_else(bench: Bench) {
    let house = bench.house().await;
    let second = bench.make.account(house.app.id);
    bench.write(&house.scope, AccountWrite::Insert(Box::new(second.clone()))).await;
    let account = house.account.id;
    let queue = async |account| {
        let effect: Effect = bench.make.effect(Some(account), Work::Send(bench.make.id()), bench.at(0));
        bench.write(&house.scope, EffectWrite::Queue(effect.clone())).await;
        effect
    };
    let rest = |effect: &Effect| EffectWrite::Rest { id: effect.id, until: bench.at(300), attempts: 2 };
    let settle = |effect: &Effect, state, at: Option<i64>| EffectWrite::Settle {
        id: effect.id,
        state,
        not_before: at.map(|second| bench.at(second)),
        attempts: 2,
    };
    let (resting, deferred, elsewhere) = (queue(account).await, queue(account).await, queue(second.id).await);
    let (taken_up, cancelled) = (queue(account).await, queue(account).await);
    for effect in [&resting, &deferred, &elsewhere, &taken_up, &cancelled] {
        bench.write(&house.scope, rest(effect)).await;
    }
    // What rested and was decided on again does not rest any more.
    bench.write(&house.scope, settle(&deferred, EffectState::Pending, Some(400))).await;
    bench.write(&house.scope, settle(&taken_up, EffectState::Dispatched, None)).await;
    let Work::Send(message) = cancelled.work else { panic!("it is a send") };
    bench.write(&house.scope, EffectWrite::CancelSend(message)).await;
    let lanes = async |second| bench.store.lanes_due(&bench.system, bench.at(second), 10).await.unwrap();
    assert!(lanes(299).await.is_empty(), "it rests");
    assert_eq!(lanes(300).await.len(), 2, "and not for ever");

    let mut stirred = bench.store.stirred();
    bench.write(&house.scope, EffectWrite::WakeSends { account, at: bench.at(20) }).await;
    let woken = tokio::time::timeout(std::time::Duration::from_secs(10), stirred.next()).await;
    assert!(woken.is_ok(), "the worker is woken");
    assert!(lanes(19).await.is_empty());
    assert_eq!(lanes(20).await, [house.lane(LaneKind::Send)], "that account's");
    let held = lease(&bench, house.lane(LaneKind::Send), bench.make.id(), 600).await.expect("free");
    let due = async |second| bench.store.due(&house.scope, &held, bench.at(second), 10).await.unwrap();
    let again = Effect { not_before: bench.at(20), attempts: 2, ..resting.clone() };
    assert_eq!(due(20).await, [Due::Effect(again.clone())]);
    assert_eq!(effects(due(400).await), [resting.id, deferred.id]);
    for (effect, state) in [(&taken_up, EffectState::Dispatched), (&cancelled, EffectState::Cancelled)] {
        assert!(bench.holds(&house.scope, Expect::Effect(effect.id, state)).await);
    }
    // It does not rest any more, and what is due sooner is not put off.
    bench.write(&house.scope, EffectWrite::WakeSends { account, at: bench.at(10) }).await;
    assert_eq!(due(20).await, [Due::Effect(again)]);
    bench.write(&house.scope, rest(&resting)).await;
    bench.write(&house.scope, EffectWrite::WakeSends { account, at: bench.at(900) }).await;
    assert_eq!(effects(due(300).await), [resting.id], "a rest is not made longer");
}

/// Lanes with due work, those that have waited longest first, without those that are leased; and when the next is due.
pub async fn lanes_that_waited_longest_come_first(bench: Bench) {
    let (house, other) = (bench.house().await, bench.house().await);
    assert_eq!(bench.store.next_due(&bench.system).await.unwrap(), None);
    let queue = async |house: &House, work: Work, second: i64| {
        let effect = bench.make.effect(Some(house.account.id), work, bench.at(second));
        bench.write(&house.scope, EffectWrite::Queue(effect)).await;
    };
    queue(&house, Work::SyncTemplates, 20).await;
    queue(&house, Work::Send(bench.make.id()), 30).await;
    queue(&other, Work::Send(bench.make.id()), 10).await;
    queue(&other, Work::Send(bench.make.id()), 40).await;
    queue(&house, Work::FetchMedia(bench.make.id()), 900).await;
    let item = bench.make.item(&house.account, LaneKind::Statuses, bench.at(15));
    bench.write(&house.scope, InboxWrite::Park(item.clone())).await;
    let lanes =
        async |second, limit| bench.store.lanes_due(&bench.system, bench.at(second), limit).await.unwrap();
    let expected = [
        other.lane(LaneKind::Send),
        house.lane(LaneKind::Statuses),
        house.lane(LaneKind::Signal),
        house.lane(LaneKind::Send),
    ];
    assert_eq!(lanes(60, 100).await, expected);
    assert_eq!(lanes(60, 2).await, expected[..2]);
    assert_eq!(lanes(12, 100).await, expected[..1]);
    assert!(lanes(5, 100).await.is_empty());
    assert_eq!(bench.store.next_due(&bench.system).await.unwrap(), Some(bench.at(10)));
    bench.clock.set(bench.at(60));
    let held = lease(&bench, expected[0], bench.make.id(), 60).await.expect("free");
    assert_eq!(lanes(60, 100).await, expected[1..]);
    assert_eq!(lanes(121, 100).await.first(), Some(&expected[0]), "the lease has run out");
    bench.store.release(&bench.system, held).await.unwrap();
    assert_eq!(lanes(60, 100).await, expected);
}

async fn elements(bench: &Bench, house: &House, lease: &Lease, second: i64) -> Vec<InboxItem> {
    let due = bench.store.due(&house.scope, lease, bench.at(second), 10).await.unwrap();
    let each = |due| match due {
        Due::Element(item) => item,
        Due::Effect(effect) => panic!("an effect in a lane of elements: {effect:?}"),
    };
    due.into_iter().map(each).collect()
}

/// Received elements wait in order of receipt, each lane by itself; a retry waits, a settled one is gone.
pub async fn received_elements_wait_in_line(bench: Bench) {
    let house = bench.house().await;
    let [a, b, c] = [1, 2, 3].map(|s| bench.make.item(&house.account, LaneKind::Inbox, bench.at(s)));
    let status = bench.make.item(&house.account, LaneKind::Statuses, bench.at(1));
    for item in [&c, &a, &status, &b] {
        bench.write(&house.scope, InboxWrite::Park(item.clone())).await;
    }
    let lane = house.lane(LaneKind::Inbox);
    let held = lease(&bench, lane, bench.make.id(), 600).await.expect("free");
    assert_eq!(elements(&bench, &house, &held, 60).await, [a.clone(), b.clone(), c.clone()]);
    assert_eq!(elements(&bench, &house, &held, 2).await, [a.clone(), b.clone()]);
    let retry = InboxWrite::Retry { id: a.id, due_at: bench.at(90), attempts: 3 };
    bench.write(&house.scope, retry).await;
    assert_eq!(elements(&bench, &house, &held, 60).await, [b.clone(), c.clone()]);
    let a = InboxItem { due_at: bench.at(90), attempts: 3, ..a };
    assert_eq!(elements(&bench, &house, &held, 90).await, [a.clone(), b.clone(), c.clone()]);
    for id in [a.id, b.id] {
        bench.write(&house.scope, InboxWrite::Settle(id)).await;
    }
    assert!(!bench.holds(&house.scope, Expect::LaneIdle(lane)).await);
    bench.write(&house.scope, InboxWrite::Settle(c.id)).await;
    assert!(bench.holds(&house.scope, Expect::LaneIdle(lane)).await);
    assert!(!bench.holds(&house.scope, Expect::LaneIdle(house.lane(LaneKind::Statuses))).await);
    let unmet = Expect::LaneIdle(house.lane(LaneKind::Statuses));
    let cause = Cause::Received { lane: house.lane(LaneKind::Statuses) };
    let inline = Batch::caused_by(&cause, Action::MessageReceived, bench.now());
    let answer = bench.store.commit_one(&house.scope, inline).await;
    assert!(matches!(answer, Err(StoreError::Unmet(fact)) if *fact == unmet));
}

/// After a restart, what was dispatched and has no outcome is unknown: the effect, and the message with evidence of now.
/// Nothing else changes, and a second look finds nothing.
pub async fn a_dispatched_send_is_unknown_after_a_restart(bench: Bench) {
    let (house, other) = (bench.house().await, bench.house().await);
    let mut sent = Vec::new();
    for house in [&house, &other] {
        let person = bench.person(house, "Asha").await;
        let (message, effect) = bench.queues(house, &person, "one", bench.at(0)).await;
        let state = EffectState::Dispatched;
        let settle = EffectWrite::Settle { id: effect.id, state, not_before: None, attempts: 1 };
        bench.write(&house.scope, settle).await;
        bench.news(house, message.id, DeliveryStatus::Dispatched, bench.at(1)).await;
        let (waiting, pending) = bench.queues(house, &person, "two", bench.at(2)).await;
        sent.push((house, message, effect, waiting, pending));
    }
    bench.clock.set(bench.at(900));
    assert_eq!(bench.store.recover(&bench.system, bench.now()).await.unwrap(), 2);
    for (house, message, effect, waiting, pending) in &sent {
        assert!(bench.holds(&house.scope, Expect::Effect(effect.id, EffectState::Unknown)).await);
        let shown = bench.message(house, message.id).await.delivery;
        assert_eq!((shown.status, shown.at), (DeliveryStatus::Unknown, bench.at(900)));
        assert!(bench.holds(&house.scope, Expect::Effect(pending.id, EffectState::Pending)).await);
        assert_eq!(bench.message(house, waiting.id).await.delivery.status, DeliveryStatus::Queued);
    }
    assert_eq!(bench.store.recover(&bench.system, bench.now()).await.unwrap(), 0);
}

/// Elements that wait are listed oldest first, whatever they wait for and in whatever lane, until they are settled.
pub async fn elements_that_wait_are_listed_oldest_first(bench: Bench) {
    let house = bench.house().await;
    let [first, second, third] = [LaneKind::Statuses, LaneKind::Inbox, LaneKind::Inbox]
        .map(|lane| bench.make.item(&house.account, lane, bench.at(60)));
    for item in [&third, &first, &second] {
        bench.write(&house.scope, InboxWrite::Park(item.clone())).await;
    }
    let page = async |after| {
        let request = PageRequest { after, limit: 2 };
        bench.store.waiting(&house.scope, request).await.unwrap()
    };
    let newest = page(None).await;
    assert_eq!(newest.items, [first.clone(), second.clone()]);
    let rest = page(newest.next).await;
    assert_eq!((rest.items, rest.next), (vec![third], None));
    bench.write(&house.scope, InboxWrite::Settle(first.id)).await;
    assert_eq!(page(None).await.items[0], second);
}

/// Bytes in quarantine are listed newest first, come back whole, and go when they are released.
pub async fn quarantined_bytes_are_listed_and_released(bench: Bench) {
    let house = bench.house().await;
    let [a, b] = [1, 2].map(|s| bench.make.quarantined(Some(house.org.id), house.app.id, bench.at(s)));
    for bytes in [&b, &a] {
        bench.write(&house.scope, InboxWrite::Quarantine(bytes.clone())).await;
    }
    let list = async || bench.store.quarantined(&house.scope, PageRequest::first(10)).await.unwrap().items;
    assert_eq!(list().await, [b.clone(), a.clone()]);
    assert!(a.id.uuid() < b.id.uuid());
    let one = async |id| bench.store.quarantined_item(&house.scope, id).await.unwrap();
    assert_eq!(one(b.id).await.as_ref(), Some(&b));
    bench.write(&house.scope, InboxWrite::Release(b.id)).await;
    assert_eq!(one(b.id).await, None);
    assert_eq!(list().await, [a]);
    let none = bench.store.unrouted(&bench.system, PageRequest::first(10)).await.unwrap();
    assert!(none.items.is_empty(), "it belongs to an organisation");
}

/// After thirty days the sweep takes them; not before.
pub async fn quarantined_bytes_are_swept_when_their_time_is_up(bench: Bench) {
    let house = bench.house().await;
    let bytes = bench.make.quarantined(Some(house.org.id), house.app.id, bench.at(1));
    bench.write(&house.scope, InboxWrite::Quarantine(bytes.clone())).await;
    let class = crate::store::Purge::Quarantine;
    let sweep = async |days| {
        let at = crate::testing::confirmed(bench.at(1) + TimeDelta::days(days));
        let write = crate::store::Write::Purge { class, at, kept: TimeDelta::zero(), limit: 10 };
        bench.write(&house.scope, write).await.touched
    };
    assert_eq!(sweep(29).await, 0);
    let list = async || bench.store.quarantined(&house.scope, PageRequest::first(10)).await.unwrap().items;
    assert_eq!(list().await, [bytes]);
    bench.clock.advance(TimeDelta::days(31));
    assert_eq!((sweep(31).await, sweep(31).await), (1, 0));
    assert!(list().await.is_empty());
}

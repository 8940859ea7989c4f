//! Single questions about the rows that stories end in, on each store.

use dialzio_core::call::CallState;
use dialzio_telephony::emulator::{Behaviour, Product, Side};

use crate::desk::{APP_ID, ASHA, DID, Desk};
use crate::plays::Play;
use crate::stores::{StoreKind, on_each_store};

on_each_store! {
    a_call_that_no_webhook_told_of_comes_from_the_log
    records_alone_are_enough
    an_attempt_waits_for_its_call
    a_hidden_caller_has_no_number_and_no_contact
    a_call_is_ended_from_the_row
}

/// A call that no webhook told of comes from the vendor's log, once.
async fn a_call_that_no_webhook_told_of_comes_from_the_log(store: StoreKind) {
    let desk = Desk::new(store, Product::TeleCmi).await;
    Play::Answered.play(&desk).await;
    desk.later(25).await;
    let call = desk.only().await;
    assert_eq!((call.state, call.talk_seconds), Play::Answered.end());
    assert!(call.confirmed);
    for raw in desk.posted().await {
        desk.receive(raw).await;
    }
    desk.later(25).await;
    assert_eq!(desk.only().await.id, call.id, "what is told later is of the same call");
}

/// An account that posts records alone, and no live events.
async fn records_alone_are_enough(store: StoreKind) {
    for product in [Product::TeleCmi, Product::Piopiy] {
        for play in [Play::Answered, Play::Missed, Play::Placed, Play::NotReached, Play::AgentAway] {
            let desk = Desk::new(store, product).await;
            desk.vendor.set_behaviour(Behaviour { live_events: false, ..Behaviour::default() });
            play.play(&desk).await;
            for raw in desk.posted().await {
                desk.receive(raw).await;
            }
            desk.later(1).await;
            let call = desk.only().await;
            assert_eq!(call.talk_seconds, play.end().1, "{product:?} {play:?}");
            if play != Play::AgentAway || product == Product::Piopiy {
                assert_eq!(call.state, play.end().0, "{product:?} {play:?}");
            }
        }
    }
}

/// A record of an attempt to reach an agent names neither the call nor its other legs. It waits until a live event has named them,
/// makes no call of its own, and holds up no other.
async fn an_attempt_waits_for_its_call(store: StoreKind) {
    let desk = Desk::new(store, Product::TeleCmi).await;
    Play::Answered.play(&desk).await;
    let posted = desk.posted().await;
    let is_attempt = |raw: &dialzio_core::provider::RawWebhook| {
        let body = String::from_utf8_lossy(&raw.body).into_owned();
        body.contains(r#""leg":"b""#) && body.contains(r#""type":"cdr""#)
    };
    let (attempts, others): (Vec<_>, Vec<_>) = posted.into_iter().partition(is_attempt);
    assert_eq!(attempts.len(), 1);
    desk.receive(attempts[0].clone()).await;
    assert!(desk.calls().await.iter().all(|call| call.state != CallState::Ringing), "it is no call");
    for raw in others {
        desk.receive(raw).await;
    }
    let missed = |call: &dialzio_core::call::Call| {
        call.evidence
            .legs
            .values()
            .filter(|leg| {
                leg.result
                    .as_ref()
                    .is_some_and(|result| result.value == dialzio_core::call::LegResult::Missed)
            })
            .count()
    };
    assert_eq!(missed(&desk.only().await), 0, "the others did not wait for it");
    desk.later(20).await;
    assert_eq!(missed(&desk.only().await), 1);
    assert_eq!(desk.only().await.state, CallState::Completed);
}

async fn a_hidden_caller_has_no_number_and_no_contact(store: StoreKind) {
    for product in [Product::TeleCmi, Product::Piopiy] {
        let desk = Desk::new(store, product).await;
        for _ in 0..2 {
            let call = desk.vendor.call_in(product, APP_ID, None, DID).unwrap();
            desk.wait(9);
            desk.vendor.hang_up(&call, Side::Customer).unwrap();
        }
        for raw in desk.posted().await {
            desk.receive(raw).await;
        }
        let mut all = desk.calls().await;
        all.retain(|call| call.withheld);
        assert_eq!(all.len(), 2);
        for call in all {
            assert_eq!((call.state, &call.customer, call.contact), (CallState::Missed, &None, None));
        }
    }
}

/// The member hangs up at the page: the vendor ends the leg of the agent.
async fn a_call_is_ended_from_the_row(store: StoreKind) {
    for product in [Product::TeleCmi, Product::Piopiy] {
        let desk = Desk::new(store, product).await;
        let call = desk.vendor.call_in(product, APP_ID, Some(ASHA), DID).unwrap();
        let agent = if product == Product::TeleCmi { crate::desk::RAVI } else { crate::desk::RAVIS_PHONE };
        desk.vendor.ring(&call, agent).unwrap();
        desk.vendor.agent_answers(&call).unwrap();
        for raw in desk.posted().await {
            desk.receive(raw).await;
        }
        let row = desk.only().await;
        assert_eq!(row.state, CallState::InProgress, "{product:?}");
        let action = dialzio_core::provider::CallAction::HangUp;
        desk.crm.calls().control(&desk.agent, row.id, action).await.unwrap();
        assert!(desk.vendor.call(&call).unwrap().ended_at.is_some(), "{product:?}");
    }
}

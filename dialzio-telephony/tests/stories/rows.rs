//! Single questions about the rows that stories end in.

use dialzio_core::call::CallState;
use dialzio_telephony::emulator::{Behaviour, Product, Side};

use crate::desk::{APP_ID, ASHA, DID, Desk};
use crate::plays::Play;

/// A call that no webhook told of comes from the vendor's log, once.
#[tokio::test]
async fn a_call_that_no_webhook_told_of_comes_from_the_log() {
    let desk = Desk::new(Product::TeleCmi).await;
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
#[tokio::test]
async fn records_alone_are_enough() {
    for product in [Product::TeleCmi, Product::Piopiy] {
        for play in [Play::Missed, Play::Placed, Play::NotReached, Play::AgentAway] {
            let desk = Desk::new(product).await;
            desk.vendor.set_behaviour(Behaviour { live_events: false, ..Behaviour::default() });
            play.play(&desk).await;
            for raw in desk.posted().await {
                desk.receive(raw).await;
            }
            let call = desk.only().await;
            assert_eq!(call.talk_seconds, play.end().1, "{product:?} {play:?}");
            if play != Play::AgentAway || product == Product::Piopiy {
                assert_eq!(call.state, play.end().0, "{product:?} {play:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_hidden_caller_has_no_number_and_no_contact() {
    for product in [Product::TeleCmi, Product::Piopiy] {
        let desk = Desk::new(product).await;
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
#[tokio::test]
async fn a_call_is_ended_from_the_row() {
    for product in [Product::TeleCmi, Product::Piopiy] {
        let desk = Desk::new(product).await;
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

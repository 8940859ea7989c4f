//! Missed calls: one follow-up each, which ends when the person is reached.

use chrono::TimeDelta;
use dialzio_core::call::{CallPatch, CallQuery, CallState, CallView, LegResult};
use dialzio_core::conversation::Direction;
use dialzio_core::page::PageRequest;

use crate::{Desk, alias, at, desk, record};

async fn missed(desk: &Desk, id: &str) {
    let mut report = record(id, Direction::Inbound, LegResult::Missed);
    report.leg.started = Some(at(1));
    desk.phone.knows(vec![report.clone()]);
    desk.arrives(vec![report]).await;
}

async fn waiting(desk: &Desk) -> usize {
    let query = CallQuery { view: CallView::Waiting, ..CallQuery::default() };
    desk.crm.calls().list(&desk.owner, &query, PageRequest::first(50)).await.unwrap().items.len()
}

#[tokio::test]
async fn the_end_of_a_call_is_confirmed_by_asking_the_provider() {
    let desk = desk().await;
    missed(&desk, "a").await;
    let call = desk.only_call().await;
    assert_eq!((call.state, call.confirmed), (CallState::Missed, false));
    desk.later(TimeDelta::seconds(31)).await;
    let call = desk.only_call().await;
    assert_eq!((call.state, call.confirmed), (CallState::Missed, true));
    assert!(desk.phone.asked() >= 1);
}

#[tokio::test]
async fn a_missed_call_makes_one_follow_up_which_ends_when_the_person_gets_through() {
    let desk = desk().await;
    let asha = desk.contact("Asha", "+919840055501").await;
    missed(&desk, "a").await;
    desk.later(TimeDelta::seconds(31)).await;
    desk.later(TimeDelta::minutes(4)).await;
    assert_eq!(desk.open_tasks(asha.id).await, ["Call back: missed call"]);
    assert_eq!((waiting(&desk).await, desk.crm.calls().waiting(&desk.owner, 99).await.unwrap()), (1, 1));
    let mut answered = record("b", Direction::Inbound, LegResult::Answered);
    answered.leg.started = Some(at(400));
    desk.phone.knows(vec![answered.clone()]);
    desk.arrives(vec![answered]).await;
    desk.later(TimeDelta::seconds(31)).await;
    assert!(desk.open_tasks(asha.id).await.is_empty());
    assert_eq!(waiting(&desk).await, 0);
}

#[tokio::test]
async fn a_forged_webhook_ends_no_follow_up() {
    let desk = desk().await;
    let asha = desk.contact("Asha", "+919840055501").await;
    missed(&desk, "a").await;
    desk.later(TimeDelta::seconds(31)).await;
    desk.phone.knows(Vec::new());
    let forged = record("forged", Direction::Inbound, LegResult::Answered);
    desk.arrives(vec![forged]).await;
    assert_eq!(desk.open_tasks(asha.id).await.len(), 1, "nothing but the address was secret");
}

#[tokio::test]
async fn a_missed_call_of_a_stranger_waits_and_gets_its_follow_up_with_its_person() {
    let desk = desk().await;
    missed(&desk, "a").await;
    desk.later(TimeDelta::seconds(31)).await;
    let call = desk.only_call().await;
    assert_eq!((waiting(&desk).await, call.task), (1, None));
    let asha = desk.contact("Asha", "+919840099999").await;
    let patch = CallPatch { contact: Some(Some(asha.id)), ..CallPatch::default() };
    desk.crm.calls().update(&desk.owner, call.id, None, &patch).await.unwrap();
    assert_eq!(desk.open_tasks(asha.id).await.len(), 1);
}

#[tokio::test]
async fn a_member_says_that_a_missed_call_is_done() {
    let desk = desk().await;
    let asha = desk.contact("Asha", "+919840055501").await;
    missed(&desk, "a").await;
    desk.later(TimeDelta::seconds(31)).await;
    let call = desk.only_call().await;
    let patch = CallPatch { handled: Some(true), ..CallPatch::default() };
    let done = desk.crm.calls().update(&desk.owner, call.id, Some(call.revision), &patch).await.unwrap();
    assert!(done.handled_at.is_some() && desk.open_tasks(asha.id).await.is_empty());
    assert_eq!(waiting(&desk).await, 0);
}

#[tokio::test]
async fn a_call_whose_end_is_never_reported_ends_by_itself() {
    let desk = desk().await;
    let mut ringing = crate::live("r", "r", dialzio_core::call::LegRole::Customer);
    ringing.direction = Some(Direction::Inbound);
    ringing.leg.started = Some(at(0));
    desk.arrives(vec![ringing]).await;
    for _ in 0..90 {
        desk.later(TimeDelta::minutes(5)).await;
    }
    let call = desk.only_call().await;
    assert_eq!((call.state, call.confirmed), (CallState::Missed, false));
    assert_eq!(call.evidence.legs.len(), 2, "{:?}", alias("r"));
}

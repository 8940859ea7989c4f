//! Placing calls: the gate, one request, and what follows from the answer.

use chrono::TimeDelta;
use dialzio_core::call::{CallPreview, CallState, LegResult, LegRole, NOT_REPORTED, NewCall};
use dialzio_core::consent::Purpose;
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{CallAccepted, CallAction, ListedAgent, ProviderError, TelephonyCapabilities};
use dialzio_core::store::IdempotencyKey;
use dialzio_core::testing::ScriptedCalls;
use dialzio_core::testing::scripted::SCRIPTED_CALLS;
use dialzio_core::{Error, PhoneNumber, Role};

use crate::{Desk, alias, at, desk_with, live, record};

fn number() -> PhoneNumber {
    PhoneNumber::parse("+919840055501").unwrap()
}

fn to_asha() -> NewCall {
    NewCall { account: None, number: number(), contact: None, purpose: Purpose::Service, key: None }
}

/// A desk whose caller has a telephone and whose customer called three days ago.
async fn ready() -> (Desk, dialzio_core::Actor) {
    ready_with(ScriptedCalls::new()).await
}

async fn ready_with(phone: ScriptedCalls) -> (Desk, dialzio_core::Actor) {
    let desk = desk_with(phone).await;
    let signed_up = desk.crm.access().members(&desk.owner).await.unwrap();
    assert!(signed_up.is_empty(), "the owner of this desk is a service");
    let agent = crate::placing::member(&desk).await;
    desk.phone.employs(vec![ListedAgent {
        id: "101".into(),
        name: None,
        phone: Some("919840077701".into()),
    }]);
    desk.crm.calls().list_agents(&desk.owner, desk.account).await.unwrap();
    desk.crm.calls().map_agent(&desk.owner, desk.account, "101", agent.member()).await.unwrap();
    let mut called = record("before", Direction::Inbound, LegResult::Answered);
    called.leg.started = Some(dialzio_core::provider::ReportTime::At(desk.now() - TimeDelta::days(3)));
    desk.arrives(vec![called]).await;
    (desk, agent)
}

pub(crate) async fn member(desk: &Desk) -> dialzio_core::Actor {
    let make = dialzio_core::testing::Fixtures::seeded(77, desk.now());
    let member = make.member(make.id(), Role::Agent);
    let mut batch =
        dialzio_core::store::Batch::new(&desk.owner, dialzio_core::ledger::Action::MemberChanged, desk.now());
    batch.write(dialzio_core::access::AccessWrite::InsertMember(member.clone()));
    let scope = dialzio_core::testing::scope(desk.owner.org());
    desk.crm.store().commit_one(&scope, batch).await.unwrap();
    let principal = dialzio_core::Principal::Member(member.id);
    desk.crm.access().act_as(desk.owner.org(), principal, Role::Agent.grant()).await.unwrap()
}

async fn call_of(desk: &Desk, id: dialzio_core::CallId) -> dialzio_core::call::Call {
    desk.crm.calls().get(&desk.owner, id).await.unwrap()
}

#[tokio::test]
async fn the_agent_is_rung_first_and_all_reports_are_of_the_one_row_that_was_there_before() {
    let (desk, agent) = ready().await;
    let placed = desk.crm.calls().place(&agent, to_asha()).await.unwrap();
    assert_eq!((placed.direction, placed.state), (Direction::Outbound, CallState::Queued));
    desk.crm.worker().run_once().await.unwrap();
    let asked = desk.phone.placed();
    assert_eq!((asked.len(), &asked[0].recipient, asked[0].call.id), (1, &number(), placed.id));
    assert_eq!(asked[0].call.agent_number, Some(PhoneNumber::parse("+919840077701").unwrap()));
    assert_eq!(call_of(&desk, placed.id).await.state, CallState::Ringing);

    // The agent's leg looks like a call that came in from our own number.
    let mut first = live("conv", "leg-a", LegRole::First);
    first.own = Some(placed.id);
    first.direction = Some(Direction::Inbound);
    first.customer = Some(crate::OUR_NUMBER.into());
    first.our_number = Some(crate::OUR_NUMBER.into());
    first.kind = dialzio_core::provider::CallReportKind::Record;
    first.leg.answered = Some(at(6));
    first.leg.result = Some(LegResult::Answered);
    first.leg.talk_seconds = Some(74);
    let mut second = live("conv", "leg-b", LegRole::Second);
    second.kind = dialzio_core::provider::CallReportKind::Record;
    second.leg.answered = Some(at(20));
    second.leg.result = Some(LegResult::Answered);
    second.leg.talk_seconds = Some(60);
    desk.arrives(vec![first, second]).await;
    let call = call_of(&desk, placed.id).await;
    assert_eq!((call.direction, call.state), (Direction::Outbound, CallState::Completed));
    assert_eq!((call.talk_seconds, call.customer, call.member), (Some(60), Some(number()), agent.member()));
    assert_eq!(desk.calls().await.len(), 2, "the call of three days ago, and this one");
}

#[tokio::test]
async fn a_call_by_a_provider_that_reports_nothing_ends_soon_and_says_nothing_of_how_it_went() {
    let silent = TelephonyCapabilities {
        live_events: false,
        lists_calls: false,
        finds_calls: false,
        ..dialzio_core::provider::TelephonyProvider::capabilities(&ScriptedCalls::new()).clone()
    };
    let (desk, agent) = ready_with(ScriptedCalls::with(silent)).await;
    let placed = desk.crm.calls().place(&agent, to_asha()).await.unwrap();
    desk.crm.worker().run_once().await.unwrap();
    assert_eq!(call_of(&desk, placed.id).await.state, CallState::Ringing);
    desk.later(TimeDelta::minutes(3)).await;
    let call = call_of(&desk, placed.id).await;
    assert_eq!((call.state, call.word.as_deref()), (CallState::Ended, Some(NOT_REPORTED)));
    assert_eq!((call.ended_at, call.talk_seconds, call.confirmed), (None, None, false));
    assert_eq!(call.task, None, "it is no missed call");
    // Should a report come all the same, it is believed.
    let mut told = record("conv", Direction::Outbound, LegResult::Answered);
    told.own = Some(placed.id);
    desk.arrives(vec![told]).await;
    let call = call_of(&desk, placed.id).await;
    assert_eq!((call.state, call.word), (CallState::Completed, None));
}

#[tokio::test]
async fn an_agent_who_does_not_pick_up_is_no_missed_call_of_the_customer() {
    let (desk, agent) = ready().await;
    let placed = desk.crm.calls().place(&agent, to_asha()).await.unwrap();
    desk.crm.worker().run_once().await.unwrap();
    let mut first = live("conv", "leg-a", LegRole::First);
    first.own = Some(placed.id);
    first.kind = dialzio_core::provider::CallReportKind::Record;
    first.leg.result = Some(LegResult::Missed);
    desk.arrives(vec![first]).await;
    assert_eq!(call_of(&desk, placed.id).await.state, CallState::Cancelled);
}

#[tokio::test]
async fn a_customer_who_does_not_answer_is_no_answer_without_talk() {
    let (desk, agent) = ready().await;
    let placed = desk.crm.calls().place(&agent, to_asha()).await.unwrap();
    desk.crm.worker().run_once().await.unwrap();
    let mut first = live("conv", "leg-a", LegRole::First);
    first.own = Some(placed.id);
    first.leg.answered = Some(at(6));
    let mut second = live("conv", "leg-b", LegRole::Second);
    second.kind = dialzio_core::provider::CallReportKind::Record;
    second.leg.result = Some(LegResult::Missed);
    second.leg.talk_seconds = Some(0);
    desk.arrives(vec![first, second]).await;
    let call = call_of(&desk, placed.id).await;
    assert_eq!((call.state, call.talk_seconds), (CallState::NoAnswer, None));
}

#[tokio::test]
async fn the_gate_refuses_before_anything_is_written_and_says_why() {
    let (desk, agent) = ready().await;
    let before = desk.calls().await.len();
    let stranger = NewCall { number: PhoneNumber::parse("+919840055999").unwrap(), ..to_asha() };
    let refused = desk.crm.calls().place(&agent, stranger).await.unwrap_err();
    assert_eq!(refused.code(), "consent.no_relation");
    let offer = NewCall { purpose: Purpose::Marketing, ..to_asha() };
    assert_eq!(desk.crm.calls().place(&agent, offer).await.unwrap_err().code(), "consent.unknown");
    let agents_own = NewCall { number: PhoneNumber::parse("+919840077701").unwrap(), ..to_asha() };
    let Error::Refused(refusal) = desk.crm.calls().place(&agent, agents_own).await.unwrap_err() else {
        unreachable!("the gate refuses")
    };
    assert_eq!(refusal.code(), "call.own_number");
    desk.clock.advance(TimeDelta::hours(16));
    let Ok(CallPreview::Refused { refusal, opens_at }) =
        desk.crm.calls().preview(&agent, None, &number(), None, Purpose::Service).await
    else {
        unreachable!("it is two in the morning")
    };
    assert_eq!((refusal.code().as_str(), opens_at.is_some()), ("hours.calling", true));
    assert_eq!((desk.calls().await.len(), desk.phone.placed().len()), (before, 0));
}

#[tokio::test]
async fn a_call_whose_outcome_is_unknown_is_shown_and_never_placed_again() {
    let (desk, agent) = ready().await;
    desk.phone.then(Err(ProviderError::Ambiguous { provider: SCRIPTED_CALLS, source: "cut off".into() }));
    let placed = desk.crm.calls().place(&agent, to_asha()).await.unwrap();
    desk.crm.worker().run_once().await.unwrap();
    assert_eq!(call_of(&desk, placed.id).await.state, CallState::Unknown);
    for _ in 0..5 {
        desk.later(TimeDelta::minutes(10)).await;
    }
    assert_eq!(desk.phone.placed().len(), 1);
    let mut whole = record("late", Direction::Outbound, LegResult::Answered);
    whole.own = Some(placed.id);
    desk.arrives(vec![whole]).await;
    assert_eq!(
        call_of(&desk, placed.id).await.state,
        CallState::Completed,
        "a report says what became of it"
    );
}

#[tokio::test]
async fn a_process_that_ends_while_the_provider_is_asked_leaves_an_unknown_outcome() {
    let (desk, agent) = ready().await;
    desk.phone.answers_nothing();
    let placed = desk.crm.calls().place(&agent, to_asha()).await.unwrap();
    let worker = desk.crm.worker();
    let ended = tokio::time::timeout(std::time::Duration::from_millis(200), worker.run_once()).await;
    assert!(ended.is_err(), "the provider answered");
    assert_eq!(call_of(&desk, placed.id).await.placed, Some(CallState::Dispatched));
    for _ in 0..3 {
        desk.later(TimeDelta::minutes(3)).await;
    }
    let call = call_of(&desk, placed.id).await;
    assert_eq!((call.state, desk.phone.placed().len()), (CallState::Unknown, 1));
}

#[tokio::test]
async fn a_call_that_the_provider_refuses_has_failed_and_says_why() {
    let (desk, agent) = ready().await;
    let refused = ProviderError::Refused {
        provider: SCRIPTED_CALLS,
        code: "404".into(),
        reason: dialzio_core::provider::RefusalReason::Recipient,
        detail: Some("invalid number".into()),
    };
    desk.phone.then(Err(refused));
    let placed = desk.crm.calls().place(&agent, to_asha()).await.unwrap();
    desk.crm.worker().run_once().await.unwrap();
    let call = call_of(&desk, placed.id).await;
    assert_eq!(call.state, CallState::Failed);
    assert_eq!(call.failure.unwrap().detail.as_deref(), Some("invalid number"));
}

#[tokio::test]
async fn a_webhook_that_is_faster_than_the_answer_is_of_the_same_row() {
    let (desk, agent) = ready().await;
    desk.phone.then(Ok(CallAccepted { request: Some(alias("req-9")) }));
    let placed = desk.crm.calls().place(&agent, to_asha()).await.unwrap();
    let mut early = live("req-9", "leg-9", LegRole::First);
    early.leg.started = Some(at(0));
    desk.arrives(vec![early]).await;
    desk.crm.worker().run_once().await.unwrap();
    let calls = desk.calls().await;
    assert_eq!(calls.len(), 2, "the call of three days ago, and one for both");
    let call = call_of(&desk, placed.id).await;
    assert_eq!((call.state, call.customer), (CallState::Ringing, Some(number())));
    // It was taken, so its outcome is not unknown when it lasts.
    desk.later(TimeDelta::minutes(3)).await;
    let call = call_of(&desk, placed.id).await;
    assert_eq!((call.state, call.placed, call.failure), (CallState::Ringing, Some(CallState::Ringing), None));
}

#[tokio::test]
async fn the_same_request_places_one_call() {
    let (desk, agent) = ready().await;
    let keyed = || NewCall { key: IdempotencyKey::parse("click-1"), ..to_asha() };
    let first = desk.crm.calls().place(&agent, keyed()).await.unwrap();
    let again = desk.crm.calls().place(&agent, keyed()).await.unwrap();
    assert_eq!(first.id, again.id);
    let other = NewCall { contact: None, purpose: Purpose::Utility, ..keyed() };
    assert!(matches!(desk.crm.calls().place(&agent, other).await, Err(Error::IdempotencyReused)));
    desk.crm.worker().run_once().await.unwrap();
    assert_eq!(desk.phone.placed().len(), 1);
}

#[tokio::test]
async fn a_call_that_waited_too_long_is_not_placed() {
    let (desk, agent) = ready().await;
    let placed = desk.crm.calls().place(&agent, to_asha()).await.unwrap();
    desk.later(TimeDelta::minutes(3)).await;
    let call = call_of(&desk, placed.id).await;
    assert_eq!((call.state, desk.phone.placed().len()), (CallState::Cancelled, 0));
}

#[tokio::test]
async fn a_call_that_goes_on_is_ended_by_the_agents_leg() {
    let (desk, agent) = ready().await;
    let placed = desk.crm.calls().place(&agent, to_asha()).await.unwrap();
    desk.crm.worker().run_once().await.unwrap();
    let mut first = live("conv", "leg-a", LegRole::First);
    first.own = Some(placed.id);
    first.leg.answered = Some(at(6));
    desk.arrives(vec![first]).await;
    desk.crm.calls().control(&agent, placed.id, CallAction::HangUp).await.unwrap();
    let (legs, action) = desk.phone.controlled().remove(0);
    assert_eq!((legs[0].as_str(), action), ("leg-a", CallAction::HangUp));
    let viewer =
        desk.crm.access().act_as(desk.owner.org(), agent.principal().clone(), Role::Viewer.grant()).await;
    let refused = desk.crm.calls().control(&viewer.unwrap(), placed.id, CallAction::HangUp).await;
    assert!(matches!(refused, Err(Error::Denied { .. })));
}

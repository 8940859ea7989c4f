//! Whole stories of calls, told in order, shuffled, doubled, and with each single event lost and found again in the log.

use chrono::TimeDelta;
use dialzio_core::call::{Call, CallState, HangupCause, LegResult, LegRole, RecordingKind};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::CallReport;
use proptest::prelude::*;

use crate::{CUSTOMER, Desk, OUR_NUMBER, at, desk, live, record};

/// A call that comes in, is rung at two desks, and is answered at the second.
fn inbound_answered() -> Vec<CallReport> {
    let mut waiting = live("in-1", "in-1", LegRole::Customer);
    waiting.direction = Some(Direction::Inbound);
    waiting.customer = Some(CUSTOMER.into());
    waiting.our_number = Some(OUR_NUMBER.into());
    waiting.leg.started = Some(at(0));
    let mut rung = live("in-1", "leg-101", LegRole::Agent);
    rung.leg.agent = Some("101_3333333".into());
    rung.leg.started = Some(at(5));
    let mut rang_out = rung.clone();
    rang_out.kind = dialzio_core::provider::CallReportKind::Record;
    rang_out.leg.result = Some(LegResult::Missed);
    let mut second = live("in-1", "leg-102", LegRole::Agent);
    second.leg.agent = Some("102_3333333".into());
    second.leg.started = Some(at(25));
    let mut picked_up = second.clone();
    picked_up.leg.answered = Some(at(30));
    let mut gone = live("in-1", "in-1", LegRole::Customer);
    gone.leg.ended = Some(at(90));
    let mut whole = record("in-1", Direction::Inbound, LegResult::Answered);
    whole.leg.agent = Some("102_3333333".into());
    whole.leg.answered = Some(at(30));
    whole.leg.ended = Some(at(90));
    whole.leg.talk_seconds = Some(60);
    whole.leg.cause = Some(HangupCause::CustomerHungUp);
    whole.recordings = vec![("in-1.wav".into(), RecordingKind::Recording)];
    vec![waiting, rung, rang_out, second, picked_up, gone, whole]
}

/// A call that comes in and is missed, with a voicemail.
fn voicemail() -> Vec<CallReport> {
    let mut waiting = live("in-2", "in-2", LegRole::Customer);
    waiting.direction = Some(Direction::Inbound);
    waiting.customer = Some(CUSTOMER.into());
    waiting.leg.started = Some(at(0));
    let mut gone = live("in-2", "in-2", LegRole::Customer);
    gone.leg.ended = Some(at(40));
    let mut whole = record("in-2", Direction::Inbound, LegResult::Missed);
    whole.leg.started = Some(at(0));
    whole.leg.wait_seconds = Some(40);
    whole.recordings = vec![("in-2-vm.wav".into(), RecordingKind::Voicemail)];
    vec![waiting, gone, whole]
}

/// A call from the provider's own application: the agent is rung first, and the person answers.
fn outbound_answered() -> Vec<CallReport> {
    let outbound = |leg, role| {
        let mut report = live("out-1", leg, role);
        report.direction = Some(Direction::Outbound);
        report.customer = Some(CUSTOMER.into());
        report.leg.agent = Some("101_3333333".into());
        report
    };
    let mut rung = outbound("out-1", LegRole::Agent);
    rung.leg.started = Some(at(0));
    let mut up = rung.clone();
    up.leg.answered = Some(at(4));
    let mut dialled = outbound("out-1b", LegRole::Customer);
    dialled.leg.started = Some(at(5));
    let mut spoke = dialled.clone();
    spoke.leg.answered = Some(at(15));
    let mut hung_up = dialled.clone();
    hung_up.leg.ended = Some(at(60));
    let mut whole = record("out-1", Direction::Outbound, LegResult::Answered);
    whole.leg.agent = Some("101_3333333".into());
    whole.leg.answered = Some(at(15));
    whole.leg.talk_seconds = Some(45);
    vec![rung, up, dialled, spoke, hung_up, whole]
}

/// What a person sees of a call.
fn seen(call: &Call) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        (call.direction, call.state, call.confirmed, call.withheld),
        call.customer.as_ref().map(|number| number.reveal().to_owned()),
        (call.our_number.clone(), call.agent.clone(), call.member, call.contact),
        (call.started_at, call.answered_at, call.ended_at),
        (call.talk_seconds, call.wait_seconds, call.cause, call.word.clone()),
        call.evidence.clone(),
    )
}

async fn told(reports: &[CallReport]) -> (Desk, Call) {
    let desk = desk().await;
    for report in reports {
        desk.arrives(vec![report.clone()]).await;
    }
    let call = desk.only_call().await;
    (desk, call)
}

#[tokio::test]
async fn a_queue_that_rings_two_desks_and_answers_at_one_is_one_answered_call() {
    let (_, call) = told(&inbound_answered()).await;
    assert_eq!((call.direction, call.state), (Direction::Inbound, CallState::Completed));
    assert_eq!((call.talk_seconds, call.agent.as_deref()), (Some(60), Some("102_3333333")));
    assert_eq!(call.customer.as_ref().unwrap().reveal(), "+919840055501");
    assert_eq!(call.answer_seconds(), Some(30));
}

#[tokio::test]
async fn states_follow_the_story() {
    let desk = desk().await;
    let mut states = Vec::new();
    for report in inbound_answered() {
        desk.arrives(vec![report]).await;
        states.push(desk.only_call().await.state);
    }
    use CallState::{Completed, InProgress, Ringing};
    assert_eq!(states, [Ringing, Ringing, Ringing, Ringing, InProgress, Completed, Completed]);
}

#[tokio::test]
async fn a_voicemail_is_a_missed_call_with_a_file() {
    let (desk, call) = told(&voicemail()).await;
    assert_eq!((call.state, call.wait_seconds), (CallState::Voicemail, Some(40)));
    let files = desk.crm.calls().recordings(&desk.owner, &[call.id]).await.unwrap();
    assert_eq!(files.len(), 1);
}

#[tokio::test]
async fn each_event_that_is_lost_is_found_again_in_the_log() {
    for story in [inbound_answered(), voicemail(), outbound_answered()] {
        let (_, whole) = told(&story).await;
        for lost in 0..story.len() {
            let desk = desk().await;
            for (place, report) in story.iter().enumerate() {
                if place != lost {
                    desk.arrives(vec![report.clone()]).await;
                }
            }
            desk.phone.lists(vec![story.last().unwrap().clone()]);
            desk.later(TimeDelta::minutes(20)).await;
            let call = desk.only_call().await;
            assert_eq!((call.state, call.talk_seconds), (whole.state, whole.talk_seconds), "without {lost}");
            assert!(call.confirmed, "without {lost}");
        }
    }
}

#[tokio::test]
async fn a_call_that_no_webhook_told_of_comes_from_the_log() {
    let desk = desk().await;
    desk.phone.lists(vec![inbound_answered().pop().unwrap(), voicemail().pop().unwrap()]);
    desk.later(TimeDelta::minutes(20)).await;
    let states: Vec<_> = desk.calls().await.iter().map(|call| (call.state, call.confirmed)).collect();
    assert_eq!(states.len(), 2);
    assert!(states.contains(&(CallState::Completed, true)) && states.contains(&(CallState::Voicemail, true)));
    desk.later(TimeDelta::minutes(20)).await;
    assert_eq!(desk.calls().await.len(), 2, "reading the log again doubles nothing");
}

#[tokio::test]
async fn after_three_days_off_the_log_is_read_in_parts_without_a_gap() {
    let desk = desk().await;
    desk.later(TimeDelta::minutes(20)).await;
    let before = desk.phone.periods_read().len();
    let stopped = desk.now();
    desk.later(TimeDelta::days(3)).await;
    for _ in 0..200 {
        desk.crm.worker().run_once().await.unwrap();
    }
    let periods = desk.phone.periods_read().split_off(before);
    assert!(periods[0].0 <= stopped, "{:?}", periods[0]);
    assert!(periods.iter().all(|(from, until)| *until - *from <= TimeDelta::hours(2)), "a part is too long");
    assert!(periods.windows(2).all(|two| two[1].0 <= two[0].1), "there is a gap");
    assert_eq!(periods.last().map(|(_, until)| *until), Some(desk.now()));
    desk.crm.worker().run_once().await.unwrap();
    assert_eq!(desk.phone.periods_read().len(), before + periods.len(), "nothing is read twice");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_order_and_any_repetition_ends_in_the_same_row(
        story in 0..3_usize,
        order in proptest::collection::vec(any::<prop::sample::Index>(), 8..20),
        seed in any::<u64>(),
    ) {
        let story = [inbound_answered(), voicemail(), outbound_answered()][story].clone();
        let mut mixed = story.clone();
        // Repetitions anywhere, then a shuffle that the seed decides.
        mixed.extend(order.iter().map(|place| place.get(&story).clone()));
        let mut state = seed | 1;
        for place in (1..mixed.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let other = usize::try_from(state >> 33).unwrap() % (place + 1);
            mixed.swap(place, other);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_, right) = told(&story).await;
            let (desk, shuffled) = told(&mixed).await;
            assert_eq!(seen(&shuffled), seen(&right));
            let files = desk.crm.calls().recordings(&desk.owner, &[shuffled.id]).await.unwrap();
            assert_eq!(files.len(), right.evidence.recordings.len());
        });
    }
}

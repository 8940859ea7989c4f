//! What a program is, whatever the flow, the caller and the time.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::access::chrono_tz_name::ZoneName;
use crate::call::CallAgent;
use crate::call_flow::{
    AnsweredNumber, BusinessHours, ClosedStep, DayTime, OpenHours, RingStep, RingTarget, Voicemail, Weekday,
};
use crate::id::{AccountId, MemberId, TypedId};
use crate::store::Revision;

fn number(place: u32) -> PhoneNumber {
    PhoneNumber::from_digits(&format!("91984005{place:04}")).unwrap()
}

fn member(place: u32) -> MemberId {
    TypedId::from_uuid(uuid::Uuid::from_u128(u128::from(place) + 1))
}

fn said(text: &str) -> SpokenText {
    SpokenText::parse(text).unwrap()
}

fn monday(time: &str) -> DateTime<Utc> {
    format!("2026-03-02T{time}:00Z").parse().unwrap()
}

/// The desk of a shop: Asha (member 1) and Ravi (member 2) from 9 to 18 on Mondays in UTC.
fn desk() -> CallFlow {
    let time = |text| DayTime::parse(text).unwrap();
    let span = OpenHours { day: Weekday::Monday, from: time("09:00"), until: time("18:00") };
    CallFlow {
        id: TypedId::from_uuid(uuid::Uuid::from_u128(1)),
        account: account(),
        name: "Desk".parse().unwrap(),
        number: AnsweredNumber::All,
        enabled: true,
        definition: CallFlowDefinition {
            greeting: Some(Greeting::Say(said("Welcome."))),
            hours: Some(BusinessHours { zone: ZoneName::UTC, open: vec![span], closed_dates: Vec::new() }),
            ring: Some(RingStep {
                targets: vec![RingTarget::Member(member(1)), RingTarget::Member(member(2))],
                strategy: RingStrategy::Together,
                seconds: 20,
            }),
            fallback: Some(number(7)),
            voicemail: Some(Voicemail { prompt: said("Please leave a message.") }),
            closed: ClosedStep { say: Some(said("We are closed.")), then: AfterClosed::Voicemail },
        },
        revision: Revision::FIRST,
    }
}

fn account() -> AccountId {
    TypedId::from_uuid(uuid::Uuid::from_u128(9))
}

fn agent(id: &str, phone: Option<PhoneNumber>, member: MemberId) -> CallAgent {
    CallAgent { account: account(), id: id.to_owned(), name: None, phone, member: Some(member) }
}

fn telephones() -> Telephones {
    let agents = vec![agent("101", Some(number(1)), member(1)), agent("102", Some(number(2)), member(2))];
    Telephones::of(agents, &[member(1), member(2)])
}

fn dialled(program: &CallProgram) -> Vec<Vec<PhoneNumber>> {
    let numbers = |step: &CallStep| match step {
        CallStep::Dial(dial) => Some(dial.targets.clone()),
        _ => None,
    };
    program
        .steps()
        .iter()
        .filter_map(numbers)
        .map(|all| all.into_iter().map(|one| one.number).collect())
        .collect()
}

#[test]
fn within_hours_the_greeting_the_ring_step_the_fallback_and_voicemail_follow_each_other() {
    let caller = Caller { number: Some(number(50)), dialled: Some("914471000000".to_owned()) };
    let program = program(&desk(), &telephones(), &caller, monday("10:30"));
    let [greeting, ring, fallback, prompt, record, end] = program.steps() else { panic!("{program:?}") };
    assert_eq!(*greeting, CallStep::Say(said("Welcome.")));
    let CallStep::Dial(ring) = ring else { panic!("{ring:?}") };
    assert_eq!((ring.together, ring.seconds), (true, 20));
    assert_eq!(ring.our_number.as_deref(), Some("914471000000"));
    let rung: Vec<_> = ring.targets.iter().map(|one| (one.agent.as_deref(), &one.number)).collect();
    assert_eq!(rung, [(Some("101"), &number(1)), (Some("102"), &number(2))]);
    let CallStep::Dial(fallback) = fallback else { panic!("{fallback:?}") };
    assert_eq!(fallback.targets, [DialTarget { number: number(7), agent: None }]);
    assert_eq!(*prompt, CallStep::Say(said("Please leave a message.")));
    assert!(matches!(record, CallStep::Record { .. }));
    assert_eq!(*end, CallStep::HangUp);
}

#[test]
fn outside_hours_nobody_of_the_ring_step_is_rung() {
    let closed = |then| {
        let mut flow = desk();
        flow.definition.closed.then = then;
        program(&flow, &telephones(), &Caller::default(), monday("18:00"))
    };
    let voicemail = [CallStep::Say(said("We are closed.")), CallStep::Say(said("Please leave a message."))];
    assert_eq!(closed(AfterClosed::Voicemail).steps()[..2], voicemail);
    assert_eq!(closed(AfterClosed::HangUp).steps(), [voicemail[0].clone(), CallStep::HangUp]);
    assert_eq!(dialled(&closed(AfterClosed::Fallback)), [[number(7)]]);
    for then in [AfterClosed::HangUp, AfterClosed::Voicemail] {
        assert!(dialled(&closed(then)).is_empty(), "{then}");
    }
}

#[test]
fn a_member_without_a_telephone_or_who_left_is_passed_over() {
    let agents = vec![agent("101", None, member(1)), agent("102", Some(number(2)), member(2))];
    let reached = Telephones::of(agents, &[member(1), member(2)]);
    let program_of =
        |telephones: &Telephones| program(&desk(), telephones, &Caller::default(), monday("10:00"));
    assert_eq!(dialled(&program_of(&reached)), [vec![number(2)], vec![number(7)]]);
    let left = Telephones::of(vec![agent("102", Some(number(2)), member(2))], &[member(1)]);
    assert_eq!(dialled(&program_of(&left)), [vec![number(7)]], "the fallback takes over");
}

#[test]
fn without_words_and_people_a_program_still_ends() {
    assert_eq!(CallProgram::of(Vec::new()).steps(), [CallStep::HangUp]);
    let late = CallProgram::of(vec![CallStep::HangUp, CallStep::Record { seconds: 1 }]);
    assert_eq!(late.steps(), [CallStep::HangUp], "nothing follows the end");
    let [sentence, end] = CallProgram::unavailable().0.try_into().unwrap();
    assert!(matches!(sentence, CallStep::Say(_)));
    assert_eq!(end, CallStep::HangUp);
}

fn targets() -> impl Strategy<Value = Vec<RingTarget>> {
    let target = prop_oneof![
        (0u32..6).prop_map(|place| RingTarget::Member(member(place))),
        (0u32..6).prop_map(|place| RingTarget::Number(number(place))),
    ];
    proptest::collection::vec(target, 0..10)
}

fn spans() -> impl Strategy<Value = Option<Vec<OpenHours>>> {
    let span = (0usize..7, 0u16..24, 0u16..=24).prop_map(|(day, from, until)| OpenHours {
        day: Weekday::ALL[day],
        from: DayTime::parse(&format!("{from:02}:00")).unwrap(),
        until: DayTime::parse(&format!("{until:02}:00")).unwrap(),
    });
    proptest::option::of(proptest::collection::vec(span, 0..8))
}

proptest! {
    /// Even a flow that would not be saved: a program has steps, its last one and no other ends the call, no telephone is rung
    /// twice in a step, each rings for a while, and the caller's own number never rings.
    #[test]
    fn a_program_ends_is_never_empty_and_never_rings_the_caller(
        targets in targets(),
        spans in spans(),
        agents in proptest::collection::vec((0u32..6, proptest::option::of(0u32..6)), 0..6),
        (together, greets, has_fallback, has_voicemail) in any::<(bool, bool, bool, bool)>(),
        then in 0usize..3,
        caller in proptest::option::of(0u32..8),
        minutes in 0i64..20_000,
    ) {
        let mut flow = desk();
        let definition = &mut flow.definition;
        let ring = definition.ring.as_mut().unwrap();
        ring.targets = targets;
        ring.strategy = if together { RingStrategy::Together } else { RingStrategy::InOrder };
        definition.hours = spans.map(|open| BusinessHours { zone: ZoneName::UTC, open, closed_dates: Vec::new() });
        definition.closed.then = AfterClosed::ALL[then];
        if !greets { definition.greeting = None; }
        if !has_fallback { definition.fallback = None; }
        if !has_voicemail { definition.voicemail = None; }
        let agents = agents.into_iter().enumerate().map(|(place, (of, phone))| {
            agent(&place.to_string(), phone.map(number), member(of))
        });
        let telephones = Telephones::of(agents.collect(), &(0..6).map(member).collect::<Vec<_>>());
        let caller = Caller { number: caller.map(number), dialled: None };
        let program = program(&flow, &telephones, &caller, monday("00:00") + TimeDelta::minutes(minutes));
        let steps = program.steps();
        prop_assert_eq!(steps.last(), Some(&CallStep::HangUp));
        prop_assert_eq!(steps.iter().filter(|step| **step == CallStep::HangUp).count(), 1);
        for step in steps {
            if let CallStep::Dial(dial) = step {
                prop_assert!(!dial.targets.is_empty());
                prop_assert!((RingStep::LEAST_SECONDS..=RingStep::MOST_SECONDS).contains(&dial.seconds));
                for (place, target) in dial.targets.iter().enumerate() {
                    prop_assert_ne!(Some(&target.number), caller.number.as_ref());
                    prop_assert!(dial.targets[..place].iter().all(|other| other.number != target.number));
                }
            }
        }
    }
}

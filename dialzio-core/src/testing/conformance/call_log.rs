//! The call log: narrowed by each choice, by all of them at once, and counted.

use chrono::{DateTime, TimeDelta, Utc};

use crate::call::{Call, CallQuery, CallState, CallTally, CallView, CallWrite, DurationClass, ReportQuery};
use crate::contact::SubjectKey;
use crate::conversation::Direction;
use crate::page::PageRequest;
use crate::testing::conformance::call::added;
use crate::testing::conformance::{Tenant, TestBed};

/// Calls in which each choice has some and leaves some out.
async fn a_log(bed: &TestBed, tenant: &Tenant) -> Vec<Call> {
    let scope = &tenant.scope;
    let second = bed.make.account(tenant.app.id);
    bed.write(scope, crate::account::AccountWrite::Insert(Box::new(second.clone()))).await;
    let asha = bed.person(tenant, "Asha").await.contact.id;
    let (number, member) = (bed.make.phone(), bed.make.id());
    let mut log = Vec::new();
    for (place, state) in CallState::ALL.iter().chain(CallState::ALL).copied().enumerate() {
        let second_half = place >= CallState::ALL.len();
        let seconds = [None, Some(0), Some(29), Some(30), Some(119), Some(120), Some(599), Some(600)];
        let call = Call {
            state,
            direction: if place % 3 == 0 { Direction::Outbound } else { Direction::Inbound },
            account: if place % 4 == 0 { second.id } else { tenant.account.id },
            contact: (place % 5 < 2).then_some(asha),
            member: (place % 4 < 2).then_some(member),
            disposition: (place % 6 < 2).then(|| bed.make.id()),
            handled_at: (second_half && place % 2 == 0).then(|| bed.at(90)),
            talk_seconds: seconds[place % seconds.len()],
            ..bed.make.call(tenant.account.id, bed.at(60 * place as i64))
        };
        let customer = if place % 3 == 1 { Some(number.clone()) } else { call.customer.clone() };
        log.push(added(bed, tenant, Call { customer, withheld: place == 3, ..call }).await);
    }
    log
}

/// All pages of a list.
async fn paged(bed: &TestBed, tenant: &Tenant, query: &CallQuery, limit: u32) -> Vec<Call> {
    let (mut found, mut page) = (Vec::new(), PageRequest::first(limit));
    loop {
        let next = bed.store.calls(&tenant.scope, query, page).await.unwrap();
        assert!(next.items.len() <= limit as usize);
        found.extend(next.items);
        match next.next {
            Some(after) => page = PageRequest { after: Some(after), limit },
            None => return found,
        }
    }
}

/// The list of a query holds what the query matches, newest first, on one page and on many.
async fn lists(bed: &TestBed, tenant: &Tenant, log: &[Call], query: &CallQuery) -> usize {
    let wanted: Vec<Call> = log.iter().rev().filter(|call| query.matches(call)).cloned().collect();
    for limit in [2, 200] {
        assert_eq!(paged(bed, tenant, query, limit).await, wanted, "{query:?}");
    }
    wanted.len()
}

/// Each choice narrows the log by itself, and keeps its order.
pub async fn each_choice_narrows_the_log(bed: TestBed) {
    let tenant = bed.tenant().await;
    let log = a_log(&bed, &tenant).await;
    let all = CallQuery::default();
    assert_eq!(lists(&bed, &tenant, &log, &all).await, log.len());
    let of = |pick: fn(&Call) -> bool| log.iter().find(|call| pick(call)).unwrap();
    let mut choices: Vec<CallQuery> =
        CallView::ALL.iter().skip(1).map(|view| CallQuery { view: *view, ..all.clone() }).collect();
    choices.extend(CallState::ALL.iter().map(|state| CallQuery { state: Some(*state), ..all.clone() }));
    choices
        .extend(DurationClass::ALL.iter().map(|class| CallQuery { duration: Some(*class), ..all.clone() }));
    choices.extend([
        CallQuery { account: Some(of(|_| true).account), ..all.clone() },
        CallQuery { account: Some(tenant.account.id), ..all.clone() },
        CallQuery { member: of(|call| call.member.is_some()).member, ..all.clone() },
        CallQuery { contact: of(|call| call.contact.is_some()).contact, ..all.clone() },
        CallQuery { disposition: of(|call| call.disposition.is_some()).disposition, ..all.clone() },
        CallQuery { customer: log[1].customer_key(), ..all.clone() },
        CallQuery { since: Some(bed.at(300)), ..all.clone() },
        CallQuery { until: Some(bed.at(300)), ..all.clone() },
        CallQuery { since: Some(bed.at(300)), until: Some(bed.at(301)), ..all.clone() },
    ]);
    for query in &choices {
        let found = lists(&bed, &tenant, &log, query).await;
        assert!(found > 0 && found < log.len(), "{query:?} finds {found}");
    }
    let none = CallQuery { customer: Some(SubjectKey::phone(&bed.make.phone())), ..all };
    assert_eq!(lists(&bed, &tenant, &log, &none).await, 0);
}

/// All conditions of a query hold at once, and those that exclude each other find nothing.
pub async fn choices_hold_at_once(bed: TestBed) {
    let tenant = bed.tenant().await;
    let log = a_log(&bed, &tenant).await;
    let mut found = 0;
    for view in CallView::ALL {
        for state in [None, Some(CallState::Voicemail), Some(CallState::Completed)] {
            for (member, account, duration) in [
                (None, Some(tenant.account.id), None),
                (log[0].member, None, Some(DurationClass::of(log[3].talk_seconds))),
                (log[0].member, Some(tenant.account.id), None),
            ] {
                let (view, since) = (*view, Some(bed.at(90)));
                let query =
                    CallQuery { view, state, member, account, duration, since, ..CallQuery::default() };
                found += lists(&bed, &tenant, &log, &query).await;
            }
        }
    }
    assert!(found > 20, "{found}");
    for call in &log {
        let query = CallQuery {
            account: Some(call.account),
            member: call.member,
            contact: call.contact,
            customer: call.customer_key(),
            state: Some(call.state),
            disposition: call.disposition,
            duration: Some(DurationClass::of(call.talk_seconds)),
            since: Some(call.started_at),
            until: Some(call.started_at + TimeDelta::milliseconds(1)),
            ..CallQuery::default()
        };
        assert_eq!(lists(&bed, &tenant, &log, &query).await, 1);
    }
}

/// Missed calls that wait to be called back are counted up to a bound, and not any more once they are handled.
pub async fn missed_calls_that_wait_are_counted(bed: TestBed) {
    let tenant = bed.tenant().await;
    let waiting = async |most| bed.store.waiting_calls(&tenant.scope, most).await.unwrap();
    assert_eq!(waiting(9).await, 0);
    let missed = added(&bed, &tenant, bed.make.missed_call(tenant.account.id, bed.at(1))).await;
    let hidden =
        Call { customer: None, withheld: true, ..bed.make.missed_call(tenant.account.id, bed.at(2)) };
    let spoken = Call { state: CallState::Voicemail, ..bed.make.missed_call(tenant.account.id, bed.at(3)) };
    for call in [hidden, spoken, bed.make.call(tenant.account.id, bed.at(4))] {
        added(&bed, &tenant, call).await;
    }
    assert_eq!((waiting(9).await, waiting(2).await), (3, 2));
    let handled = Call { handled_at: Some(bed.at(5)), ..missed };
    bed.write(&tenant.scope, CallWrite::Update(Box::new(handled))).await;
    assert_eq!(waiting(9).await, 2);
}

fn tally(call: &Call, calls: u32, talk_seconds: u64, answers: (u32, u64)) -> CallTally {
    CallTally {
        hour: CallTally::hour_of(call.id),
        member: call.member,
        direction: call.direction,
        state: call.state,
        disposition: call.disposition,
        calls,
        talk_seconds,
        answers_timed: answers.0,
        answer_seconds: answers.1,
    }
}

/// Calls of a period are counted by hour, member, direction, state and outcome, in that order. An answer before the start
/// is not timed.
pub async fn calls_are_counted_by_hour_member_and_outcome(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (account, member, outcome) = (tenant.account.id, bed.make.id(), bed.make.id());
    // A full hour, so that the bounds of the hours are those of the seconds below.
    let noon: DateTime<Utc> = "2026-03-02T12:00:00Z".parse().unwrap();
    let at = |seconds: i64| noon + TimeDelta::seconds(seconds);
    let call = |seconds, state| Call { state, customer: None, ..bed.make.call(account, at(seconds)) };
    let spoken = |seconds, answered: i64, talk| Call {
        answered_at: Some(at(seconds) + TimeDelta::milliseconds(answered)),
        talk_seconds: Some(talk),
        ..call(seconds, CallState::Completed)
    };
    let before = call(-1, CallState::Missed);
    let first = spoken(0, 12_999, 40);
    let same = spoken(1_800, 5_000, 2);
    let back_in_time = spoken(1_900, -2_000, 7);
    let barely = spoken(1_901, -500, 0);
    let untimed = Call { talk_seconds: Some(u32::MAX), ..call(1_902, CallState::Completed) };
    let theirs = Call { member: Some(member), ..spoken(2_000, 1_000, 3) };
    let chosen = Call { disposition: Some(outcome), ..call(3_599, CallState::Missed) };
    let rung = Call { answered_at: Some(at(3_605)), ..call(3_600, CallState::Ringing) };
    let out = Call { direction: Direction::Outbound, member: Some(member), ..call(3_601, CallState::Busy) };
    let after = call(7_200, CallState::Missed);
    for call in
        [&before, &first, &same, &back_in_time, &barely, &untimed, &theirs, &chosen, &rung, &out, &after]
    {
        added(&bed, &tenant, call.clone()).await;
    }
    let query = ReportQuery { since: noon, until: at(7_200), member: None };
    let counted = bed.store.call_tallies(&tenant.scope, &query).await.unwrap();
    let talked = 49 + u64::from(u32::MAX);
    let mut wanted = vec![
        tally(&first, 5, talked, (3, 17)),
        tally(&theirs, 1, 3, (1, 1)),
        tally(&chosen, 1, 0, (0, 0)),
        tally(&rung, 1, 0, (0, 0)),
        tally(&out, 1, 0, (0, 0)),
    ];
    wanted.sort_by_key(CallTally::key);
    assert_eq!(counted, wanted);
    assert_eq!(
        counted.iter().map(|tally| tally.hour).collect::<Vec<_>>(),
        [counted[0].hour; 3].into_iter().chain([counted[0].hour + 1; 2]).collect::<Vec<_>>()
    );
    let mine = ReportQuery { member: Some(member), ..query };
    let counted = bed.store.call_tallies(&tenant.scope, &mine).await.unwrap();
    assert_eq!(counted, [tally(&theirs, 1, 3, (1, 1)), tally(&out, 1, 0, (0, 0))]);
    let empty = ReportQuery { since: at(7_201), until: at(9_000), member: None };
    assert_eq!(bed.store.call_tallies(&tenant.scope, &empty).await.unwrap(), []);
}

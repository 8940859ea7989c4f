//! Calls: whole, newest first, narrowed, merged, under their revision; their ids, agents, figures and recordings.

use chrono::{DateTime, TimeDelta, Utc};

use crate::TypedId;
use crate::call::{
    Call, CallQuery, CallState, CallTally, CallView, CallWrite, DurationClass, HangupCause, RecordingConsent,
    ReportQuery,
};
use crate::contact::SubjectKey;
use crate::conversation::{Direction, FailureNote};
use crate::id::CallId;
use crate::media::{MediaOwner, MediaWrite};
use crate::page::PageRequest;
use crate::store::{Precondition, Purge, RecordRef, Revision, StoreError, Write};
use crate::testing::confirmed;
use crate::testing::conformance::{Tenant, TestBed};
use crate::text::CallNote;

pub(super) async fn added(bed: &TestBed, tenant: &Tenant, call: Call) -> Call {
    bed.write(&tenant.scope, CallWrite::Insert(Box::new(call.clone()))).await;
    call
}

/// A write about records that are not there.
async fn orphaned(bed: &TestBed, tenant: &Tenant, write: impl Into<Write>) {
    let answer = bed.store.commit_one(&tenant.scope, bed.writes([write.into()])).await;
    assert!(matches!(answer, Err(StoreError::Unreadable(_))), "{answer:?}");
}

async fn read(bed: &TestBed, tenant: &Tenant, id: CallId) -> Option<Call> {
    bed.store.call(&tenant.scope, id).await.unwrap()
}

/// Every field survives, at the ends of its range too, and an update replaces every one of them.
pub async fn a_call_is_written_and_read_back_whole(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let person = bed.person(&tenant, "Asha").await;
    let least = Call { customer: None, ..bed.make.call(tenant.account.id, bed.at(1)) };
    let full = bed.make.full_call(tenant.account.id, person.contact.id, bed.at(2));
    let most = Call {
        talk_seconds: Some(u32::MAX),
        wait_seconds: Some(0),
        revision: Revision(4_000_000_000),
        note: Some(CallNote::parse(&"வ".repeat(CallNote::MAX)).unwrap()),
        failure: Some(FailureNote { code: "scripted.1".to_owned(), detail: None }),
        ..bed.make.full_call(tenant.account.id, person.contact.id, bed.at(3))
    };
    for new in [&least, &full, &most] {
        added(&bed, &tenant, new.clone()).await;
        assert_eq!(read(&bed, &tenant, new.id).await.as_ref(), Some(new));
    }
    let page = bed.store.calls(scope, &CallQuery::default(), PageRequest::first(9)).await.unwrap();
    assert_eq!(page.items, [most, full.clone(), least.clone()]);
    assert_eq!(read(&bed, &tenant, bed.make.id()).await, None);

    let full = Call { revision: Revision(70), id: least.id, ..full };
    bed.write(scope, CallWrite::Update(Box::new(full.clone()))).await;
    assert_eq!(read(&bed, &tenant, least.id).await, Some(Call { revision: Revision(2), ..full }));
    bed.write(scope, CallWrite::Update(Box::new(least.clone()))).await;
    assert_eq!(read(&bed, &tenant, least.id).await, Some(Call { revision: Revision(3), ..least.clone() }));
    for (state, cause, consent) in [
        (CallState::Ended, HangupCause::Unknown, RecordingConsent::Refused),
        (CallState::Unknown, HangupCause::AgentHungUp, RecordingConsent::Announced),
    ] {
        let word = Call { state, cause: Some(cause), recording_consent: consent, ..least.clone() };
        bed.write(scope, CallWrite::Update(Box::new(word.clone()))).await;
        let kept = read(&bed, &tenant, least.id).await.unwrap();
        assert_eq!((kept.state, kept.cause, kept.recording_consent), (state, Some(cause), consent));
    }
}

/// A call needs its account and its contact, one id is one call, and what is not there is not changed.
pub async fn a_call_needs_its_account_and_its_contact(bed: TestBed) {
    let tenant = bed.tenant().await;
    let call = bed.make.call(tenant.account.id, bed.at(1));
    let insert = |call: &Call| CallWrite::Insert(Box::new(call.clone()));
    let update = |call: &Call| CallWrite::Update(Box::new(call.clone()));
    let stray = Call { account: bed.make.id(), ..call.clone() };
    let nobody = Call { contact: Some(bed.make.id()), ..call.clone() };
    for broken in [&stray, &nobody] {
        orphaned(&bed, &tenant, insert(broken)).await;
        assert_eq!(read(&bed, &tenant, call.id).await, None);
    }
    let missing = Precondition::Revision(RecordRef::Call(call.id), Revision::FIRST);
    assert_eq!(bed.refused(&tenant.scope, update(&call)).await, missing);
    added(&bed, &tenant, call.clone()).await;
    let taken = Precondition::Revision(RecordRef::Call(call.id), Revision::NONE);
    assert_eq!(bed.refused(&tenant.scope, insert(&call)).await, taken);
    for broken in [&stray, &nobody] {
        orphaned(&bed, &tenant, update(broken)).await;
    }
    assert_eq!(read(&bed, &tenant, call.id).await, Some(call));
}

/// A change is refused that was decided on an older state of the call.
pub async fn a_call_changes_under_its_revision(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let call = added(&bed, &tenant, bed.make.call(tenant.account.id, bed.at(1))).await;
    let record = RecordRef::Call(call.id);
    let decided = |revision, state| {
        let changed = Call { state, ..call.clone() };
        let mut batch = bed.writes([CallWrite::Update(Box::new(changed)).into()]);
        batch.require(Precondition::Revision(record, revision));
        batch
    };
    bed.store.commit_one(scope, decided(Revision::FIRST, CallState::InProgress)).await.unwrap();
    let late = bed.store.commit_one(scope, decided(Revision::FIRST, CallState::Missed)).await;
    let fact = Precondition::Revision(record, Revision::FIRST);
    assert!(matches!(&late, Err(StoreError::PreconditionFailed(found)) if **found == fact), "{late:?}");
    bed.store.commit_one(scope, decided(Revision(2), CallState::Completed)).await.unwrap();
    assert!(bed.holds(scope, Precondition::Revision(record, Revision(3))).await);
    assert_eq!(read(&bed, &tenant, call.id).await.map(|call| call.state), Some(CallState::Completed));
    let unknown = RecordRef::Call(bed.make.id());
    assert!(bed.holds(scope, Precondition::Revision(unknown, Revision::NONE)).await);
}

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

/// An id of the provider belongs to one call of an account; the same one again changes nothing.
pub async fn an_id_belongs_to_one_call_of_an_account(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (scope, account) = (&tenant.scope, tenant.account.id);
    let call = added(&bed, &tenant, bed.make.call(account, bed.at(1))).await.id;
    let other = added(&bed, &tenant, bed.make.call(account, bed.at(2))).await.id;
    let [first, second] = [(); 2].map(|()| bed.make.call_alias());
    let named =
        |alias: &crate::call::CallAlias, call| CallWrite::Alias { account, alias: alias.clone(), call };
    let free = Precondition::CallAliasFree(account, first.clone());
    assert!(bed.holds(scope, free.clone()).await);
    for alias in [&second, &first, &second] {
        bed.write(scope, named(alias, call)).await;
    }
    assert!(!bed.holds(scope, free.clone()).await);
    assert_eq!(bed.store.call_aliases(scope, call).await.unwrap(), [first.clone(), second]);
    assert_eq!(bed.refused(scope, named(&first, other)).await, free);
    assert_eq!(bed.store.call_aliases(scope, other).await.unwrap(), []);
    orphaned(&bed, &tenant, named(&bed.make.call_alias(), bed.make.id())).await;

    let elsewhere = bed.make.account(tenant.app.id);
    bed.write(scope, crate::account::AccountWrite::Insert(Box::new(elsewhere.clone()))).await;
    let there = added(&bed, &tenant, bed.make.call(elsewhere.id, bed.at(3))).await.id;
    assert!(bed.holds(scope, Precondition::CallAliasFree(elsewhere.id, first.clone())).await);
    bed.write(scope, CallWrite::Alias { account: elsewhere.id, alias: first.clone(), call: there }).await;
    assert_eq!(bed.store.call_aliases(scope, there).await.unwrap(), [first]);
}

/// Of two rows that are one call, one goes: its ids and recordings are the other's. Again it changes nothing.
pub async fn rows_that_are_one_call_are_merged(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (scope, account) = (&tenant.scope, tenant.account.id);
    let mut calls = Vec::new();
    let mut names = Vec::new();
    let mut files = Vec::new();
    for place in 0..3 {
        let call = added(&bed, &tenant, bed.make.call(account, bed.at(place))).await;
        let (alias, file) = (bed.make.call_alias(), bed.make.recording(tenant.org.id, &call));
        bed.write(scope, CallWrite::Alias { account, alias: alias.clone(), call: call.id }).await;
        bed.write(scope, MediaWrite::Insert(file.clone())).await;
        names.push(alias);
        files.push(file);
        calls.push(call);
    }
    let [gone, kept, beside] = [calls[0].id, calls[1].id, calls[2].id];
    for from in [gone, gone, kept, bed.make.id()] {
        bed.write(scope, CallWrite::Merge { from, into: kept }).await;
    }
    assert_eq!(read(&bed, &tenant, gone).await, None);
    assert_eq!(
        read(&bed, &tenant, kept).await.as_ref(),
        Some(&calls[1]),
        "the row itself is written by those who know"
    );
    assert_eq!(bed.store.call_aliases(scope, gone).await.unwrap(), []);
    assert_eq!(bed.store.call_aliases(scope, kept).await.unwrap(), names[..2]);
    assert_eq!(bed.store.call_aliases(scope, beside).await.unwrap(), names[2..]);
    let media = async |of: CallId| {
        let mut found = bed.store.media_of(scope, &[MediaOwner::Call(of)]).await.unwrap();
        found.sort_by_key(|file| file.id);
        found
    };
    files[0].owner = MediaOwner::Call(kept);
    files.sort_by_key(|file| (file.owner == MediaOwner::Call(beside), file.id));
    assert_eq!(media(gone).await, []);
    assert_eq!(media(kept).await, files[..2]);
    assert_eq!(media(beside).await, files[2..]);
    orphaned(&bed, &tenant, CallWrite::Merge { from: beside, into: gone }).await;
    assert!(read(&bed, &tenant, beside).await.is_some());
}

/// A recording needs its call, ends by its own time as files of messages do, and the call stays.
pub async fn recordings_expire_and_their_call_stays(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let call = added(&bed, &tenant, bed.make.call(tenant.account.id, bed.at(1))).await;
    let unknown = bed.make.call(tenant.account.id, bed.at(2));
    orphaned(&bed, &tenant, MediaWrite::Insert(bed.make.recording(tenant.org.id, &unknown))).await;
    let early = bed.make.recording(tenant.org.id, &call);
    let shorter =
        crate::media::Media { expires_at: Some(bed.at(86_400)), ..bed.make.recording(tenant.org.id, &call) };
    let later = Call { started_at: bed.at(3_600), ..call.clone() };
    let late = bed.make.recording(tenant.org.id, &later);
    for file in [&early, &shorter, &late] {
        bed.write(scope, MediaWrite::Insert(file.clone())).await;
    }
    let seen = async || {
        let mut found = bed.store.media_of(scope, &[MediaOwner::Call(call.id)]).await.unwrap();
        found.sort_by_key(|file| file.id);
        found.into_iter().map(|file| file.id).collect::<Vec<_>>()
    };
    let in_order = |mut ids: Vec<_>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(seen().await, in_order(vec![early.id, shorter.id, late.id]));
    bed.clock.set(bed.at(86_400));
    assert_eq!(seen().await, in_order(vec![early.id, late.id]));
    let at_cap = early.event_at + TimeDelta::days(365);
    bed.clock.set(at_cap - TimeDelta::microseconds(1));
    assert_eq!(seen().await, in_order(vec![early.id, late.id]));
    bed.clock.set(at_cap);
    assert_eq!(seen().await, [late.id]);
    assert_eq!(bed.store.media(scope, early.id).await.unwrap(), None);
    let sweep = async || {
        let (at, kept) = (confirmed(bed.now()), TimeDelta::days(365));
        let write = Write::Purge { class: Purge::Messages, at, kept, limit: 100 };
        bed.write(scope, write).await.rows_affected
    };
    bed.clock.advance(TimeDelta::seconds(1));
    assert_eq!(sweep().await, 2, "the two that are over");
    assert_eq!(seen().await, [late.id]);
    bed.clock.advance(TimeDelta::days(400));
    assert_eq!(sweep().await, 1);
    assert_eq!(read(&bed, &tenant, call.id).await, Some(call));
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

/// Nothing of a call of another organisation is read, changed, named or merged.
pub async fn calls_of_one_organisation_are_no_others(bed: TestBed) {
    let (mine, other) = (bed.tenant().await, bed.tenant().await);
    let account = mine.account.id;
    let kept = added(&bed, &mine, bed.make.missed_call(account, bed.at(1))).await;
    let theirs = added(&bed, &other, bed.make.missed_call(other.account.id, bed.at(2))).await;
    let alias = bed.make.call_alias();
    bed.write(&mine.scope, CallWrite::Alias { account, alias: alias.clone(), call: kept.id }).await;
    assert_eq!(read(&bed, &other, kept.id).await, None);
    let page = bed.store.calls(&other.scope, &CallQuery::default(), PageRequest::first(9)).await.unwrap();
    assert_eq!(page.items, std::slice::from_ref(&theirs));
    assert_eq!(bed.store.waiting_calls(&other.scope, 9).await.unwrap(), 1);
    assert_eq!(bed.store.call_aliases(&other.scope, kept.id).await.unwrap(), []);
    let missing = Precondition::Revision(RecordRef::Call(kept.id), Revision::FIRST);
    let changed = Call { state: CallState::Completed, account: other.account.id, ..kept.clone() };
    assert_eq!(bed.refused(&other.scope, CallWrite::Update(Box::new(changed))).await, missing);
    orphaned(&bed, &other, CallWrite::Alias { account, alias: bed.make.call_alias(), call: kept.id }).await;
    orphaned(&bed, &other, CallWrite::Merge { from: theirs.id, into: kept.id }).await;
    bed.write(&other.scope, CallWrite::Merge { from: kept.id, into: theirs.id }).await;
    assert!(bed.holds(&other.scope, Precondition::CallAliasFree(account, alias.clone())).await);
    assert_eq!(read(&bed, &mine, kept.id).await.as_ref(), Some(&kept));
    assert_eq!(bed.store.call_aliases(&mine.scope, kept.id).await.unwrap(), [alias]);
    assert!(kept.id.uuid() != theirs.id.uuid());
}

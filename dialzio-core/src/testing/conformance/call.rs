//! Calls: whole, under their revision, merged; their ids and recordings.

use chrono::TimeDelta;

use crate::TypedId;
use crate::call::{Call, CallQuery, CallState, CallWrite, HangupCause, RecordingConsent};
use crate::conversation::FailureNote;
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

//! Recordings: deleted before their time, exactly those that were counted; and kept as the organisation requires.

use std::sync::Arc;

use chrono::TimeDelta;
use dialzio_core::access::OrgChange;
use dialzio_core::call::{
    Call, CallPatch, LegResult, RecordingConsent, RecordingCount, RecordingKind, RecordingRule,
    RecordingSelection,
};
use dialzio_core::conversation::Direction;
use dialzio_core::ledger::Action;
use dialzio_core::media::{Media, MediaState};
use dialzio_core::memory::MemoryStore;
use dialzio_core::provider::ReportTime;
use dialzio_core::testing::{Calls, Fault, Faulty, ScriptedCalls};
use dialzio_core::{Clock, Error, StoreError};

use crate::{CUSTOMER, Desk, desk, desk_over, record, ten_in_the_morning};

/// A desk whose store fails when it is told to, with the recordings of 50 calls: five files for each.
async fn desk_with_recordings() -> (Desk, Arc<Faulty<MemoryStore>>) {
    let clock = ten_in_the_morning();
    let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let faulty = Arc::new(Faulty::new(Arc::new(store)));
    let desk = desk_over(ScriptedCalls::new(), clock, Arc::<Faulty<MemoryStore>>::clone(&faulty)).await;
    for call in 0..50 {
        desk.clock.advance(TimeDelta::minutes(1));
        calls(&desk, &format!("call-{call}"), 5).await;
    }
    (desk, faulty)
}

async fn calls(desk: &Desk, id: &str, files: usize) {
    let mut report = record(id, Direction::Inbound, LegResult::Answered);
    report.customer = Some(CUSTOMER.into());
    report.leg.started = Some(ReportTime::At(desk.now()));
    report.recordings =
        (0..files).map(|file| (format!("{id}-{file}.wav"), RecordingKind::Recording)).collect();
    desk.arrives(vec![report]).await;
}

fn of_the_day(desk: &Desk) -> RecordingSelection {
    let (since, until) = (desk.now() - TimeDelta::days(1), desk.now() + TimeDelta::days(1));
    RecordingSelection { since: Some(since), until: Some(until), ..RecordingSelection::default() }
}

async fn counted(desk: &Desk, selection: RecordingSelection) -> RecordingCount {
    desk.crm.calls().count_recordings(&desk.owner, selection).await.unwrap()
}

#[tokio::test]
async fn many_go_in_parts_and_what_a_failure_left_goes_afterwards() {
    let (desk, faulty) = desk_with_recordings().await;
    let whole = of_the_day(&desk);
    let all = counted(&desk, whole).await;
    assert_eq!((all.recordings, all.pending, all.unassigned, all.bytes), (250, 250, 250, 0));
    assert_eq!(all.newest, Some(desk.now()));
    assert_eq!(all.newest.unwrap() - all.oldest.unwrap(), TimeDelta::minutes(49));

    let calls = desk.crm.calls();
    faulty.at(Calls::Writes, 2, Fault::Fails(StoreError::Unavailable));
    let failed = calls.delete_recordings(&desk.owner, whole, all.seen).await;
    assert!(matches!(failed, Err(Error::Store(StoreError::Unavailable))), "{failed:?}");
    let left = counted(&desk, whole).await;
    assert_eq!(left.recordings, 150, "a hundred at once");
    // What was counted before is not what is there now.
    let stale = calls.delete_recordings(&desk.owner, whole, all.seen).await;
    assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
    assert_eq!(calls.delete_recordings(&desk.owner, whole, left.seen).await.unwrap(), 150);
    assert_eq!(calls.delete_recordings(&desk.owner, whole, left.seen).await.unwrap(), 0, "again");
    assert_eq!(counted(&desk, whole).await.recordings, 0);
    for call in desk.calls().await {
        assert!(calls.recordings(&desk.owner, &[call.id]).await.unwrap().is_empty());
    }
    let mut entries = 0;
    let mut seq = 0;
    loop {
        let part = desk.crm.ledger().audit(&desk.owner, seq, 200).await.unwrap();
        let Some(last) = part.last() else { break };
        seq = last.seq;
        entries += part.iter().filter(|entry| entry.action == Action::MediaDeleted).count();
    }
    assert_eq!(entries, 250, "each has its entry, once");
}

#[tokio::test]
async fn a_person_has_their_own_recordings_and_those_of_their_number_that_belong_to_nobody() {
    let (desk, _) = desk_with_recordings().await;
    let asha = desk.contact("Asha", &format!("+{CUSTOMER}")).await;
    // From now on her calls are hers; those before belong to nobody.
    desk.clock.advance(TimeDelta::minutes(1));
    calls(&desk, "hers", 2).await;
    let ben = desk.contact("Ben", "+919840055502").await;
    let of = |contact| RecordingSelection { contact: Some(contact), ..RecordingSelection::default() };
    let hers = counted(&desk, of(asha.id)).await;
    assert_eq!((hers.recordings, hers.unassigned), (252, 250));
    assert_eq!(counted(&desk, of(ben.id)).await.recordings, 0);
    // Whoever else has the number, a call that is Asha's is hers alone.
    desk.contact("Chandra", &format!("+{CUSTOMER}")).await;
    let chandra = desk.contact("Devi", &format!("+{CUSTOMER}")).await;
    assert_eq!(counted(&desk, of(chandra.id)).await.recordings, 250);
    let recent = RecordingSelection { since: Some(desk.now()), ..of(asha.id) };
    assert_eq!(counted(&desk, recent).await.recordings, 2);
    let calls = desk.crm.calls();
    assert_eq!(calls.delete_recordings(&desk.owner, of(asha.id), hers.seen).await.unwrap(), 252);
    assert_eq!(counted(&desk, of_the_day(&desk)).await.recordings, 0);
    assert_eq!(desk.calls().await.len(), 51, "the calls stay");
}

#[tokio::test]
async fn a_selection_says_what_it_lacks() {
    let (desk, _) = desk_with_recordings().await;
    let none = RecordingSelection::default();
    let (since, until) = (Some(desk.now()), Some(desk.now()));
    for (selection, field) in [
        (none, "since"),
        (RecordingSelection { since, ..none }, "until"),
        (RecordingSelection { until, ..none }, "since"),
        (RecordingSelection { since, until, ..none }, "until"),
    ] {
        match desk.crm.calls().count_recordings(&desk.owner, selection).await {
            Err(Error::Invalid { field: named, .. }) => assert_eq!(named, field),
            other => panic!("{selection:?}: {other:?}"),
        }
    }
}

/// One answered call with a recording that the provider holds, a minute ago; the rule is the organisation's.
async fn recorded(rule: RecordingRule) -> (Desk, Call) {
    let desk = desk().await;
    decide(&desk, rule).await;
    desk.phone.holds("one-0.wav", &b"RIFF....WAVE"[..]);
    calls(&desk, "one", 1).await;
    desk.later(TimeDelta::minutes(1)).await;
    let call = desk.only_call().await;
    (desk, call)
}

async fn decide(desk: &Desk, rule: RecordingRule) {
    let org = desk.crm.access().settings(&desk.owner).await.unwrap();
    let change = OrgChange { recordings: Some(rule), ..OrgChange::default() };
    desk.crm.access().change_org(&desk.owner, org.revision, change).await.unwrap();
}

async fn says(desk: &Desk, call: &Call, said: RecordingConsent) {
    let patch = CallPatch { recording_consent: Some(said), ..CallPatch::default() };
    desk.crm.calls().update(&desk.owner, call.id, None, &patch).await.unwrap();
}

async fn file(desk: &Desk, call: &Call) -> Media {
    desk.crm.calls().recordings(&desk.owner, &[call.id]).await.unwrap().remove(0)
}

/// Whether the recording plays, by both ways to open it.
async fn plays(desk: &Desk, call: &Call) -> bool {
    let id = file(desk, call).await.id;
    let one = desk.crm.calls().open_recording(&desk.owner, call.id, id).await;
    let other = desk.crm.media().open(&desk.owner, id).await;
    match (&one, &other) {
        (Ok(_), Ok(_)) => true,
        (Err(Error::RecordingWithheld), Err(Error::RecordingWithheld)) => false,
        _ => unreachable!("{one:?}, {other:?}"),
    }
}

#[tokio::test]
async fn a_recording_is_fetched_and_played_only_with_what_the_organisation_requires() {
    use RecordingConsent::{Agreed, Announced, Unknown};
    for (rule, known, enough) in [
        (RecordingRule::Always, Unknown, true),
        (RecordingRule::WhenAnnounced, Unknown, false),
        (RecordingRule::WhenAnnounced, Announced, true),
        (RecordingRule::WhenAnnounced, Agreed, true),
        (RecordingRule::WhenAgreed, Unknown, false),
        (RecordingRule::WhenAgreed, Announced, false),
        (RecordingRule::WhenAgreed, Agreed, true),
    ] {
        let (desk, call) = recorded(rule).await;
        if rule != RecordingRule::Always {
            assert_eq!(file(&desk, &call).await.state, MediaState::Pending, "{rule}: it waits");
            assert!(!plays(&desk, &call).await);
        }
        says(&desk, &call, known).await;
        desk.later(TimeDelta::seconds(1)).await;
        let state = file(&desk, &call).await.state;
        assert_eq!(state == MediaState::Stored, enough, "{rule}, {known}");
        assert_eq!(plays(&desk, &call).await, enough, "{rule}, {known}");
    }
}

#[tokio::test]
async fn a_stricter_rule_counts_at_once_for_what_is_stored_and_a_looser_one_again() {
    let (desk, call) = recorded(RecordingRule::Always).await;
    assert!(plays(&desk, &call).await);
    decide(&desk, RecordingRule::WhenAgreed).await;
    assert!(!plays(&desk, &call).await);
    says(&desk, &call, RecordingConsent::Announced).await;
    assert!(!plays(&desk, &call).await);
    decide(&desk, RecordingRule::WhenAnnounced).await;
    assert!(plays(&desk, &call).await);
    // What was entered by mistake is taken back.
    says(&desk, &call, RecordingConsent::Unknown).await;
    assert!(!plays(&desk, &call).await);
    assert_eq!(file(&desk, &call).await.state, MediaState::Stored, "it stays until its time");
}

#[tokio::test]
async fn a_recording_that_nobody_agrees_to_is_given_up_after_seven_days() {
    let (desk, call) = recorded(RecordingRule::WhenAgreed).await;
    let before = desk.crm.ledger().audit(&desk.owner, 0, 200).await.unwrap().len();
    for _ in 0..6 {
        desk.later(TimeDelta::days(1)).await;
        assert_eq!(file(&desk, &call).await.state, MediaState::Pending);
    }
    let after = desk.crm.ledger().audit(&desk.owner, 0, 200).await.unwrap();
    let of_waiting = after[before..].iter().filter(|entry| entry.action == Action::JobPostponed).count();
    assert_eq!(of_waiting, 0, "waiting is no act");
    desk.later(TimeDelta::days(1)).await;
    assert_eq!(file(&desk, &call).await.state, MediaState::Unavailable);
    says(&desk, &call, RecordingConsent::Agreed).await;
    desk.later(TimeDelta::hours(2)).await;
    assert_eq!(file(&desk, &call).await.state, MediaState::Unavailable, "too late");
}

#[tokio::test]
async fn a_recording_that_waits_is_fetched_within_an_hour_of_a_looser_rule_and_once() {
    let (desk, call) = recorded(RecordingRule::WhenAgreed).await;
    decide(&desk, RecordingRule::Always).await;
    desk.later(TimeDelta::hours(1)).await;
    assert_eq!(file(&desk, &call).await.state, MediaState::Stored);
    // Where it was entered what the person said, the job that waited finds it stored, and leaves it so when its time is over.
    let (desk, call) = recorded(RecordingRule::WhenAgreed).await;
    says(&desk, &call, RecordingConsent::Agreed).await;
    for _ in 0..9 {
        desk.later(TimeDelta::days(1)).await;
        assert_eq!(file(&desk, &call).await.state, MediaState::Stored);
    }
}

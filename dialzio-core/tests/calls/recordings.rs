//! Recordings that are deleted before their time: exactly those that were counted, in parts, and again after a failure.

use std::sync::Arc;

use chrono::TimeDelta;
use dialzio_core::call::{LegResult, RecordingCount, RecordingKind, RecordingSelection};
use dialzio_core::conversation::Direction;
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::provider::ReportTime;
use dialzio_core::testing::{Calls, Fault, Faulty, ScriptedCalls};
use dialzio_core::{Clock, Error, StoreError};

use crate::{CUSTOMER, Desk, desk_over, record, ten_in_the_morning};

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

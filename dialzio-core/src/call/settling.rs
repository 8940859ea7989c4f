//! What follows once it is settled how a call ended: the follow-up of a missed call, and missed calls that are answered now.

use chrono::{DateTime, Utc};

use super::{Call, CallState, CallWrite};
use crate::contact::{ContactWrite, Task, TaskChange};
use crate::event::DomainEvent;
use crate::id::IdSource;
use crate::store::{Batch, Precondition, RecordRef, Revision};
use crate::text::TaskTitle;

/// Gives a missed call its follow-up, if it has none and it is known whose call it is. It is due at once, for the member who was
/// rung. Writes nothing of the call itself but into `call`.
pub(crate) fn follow_up(call: &mut Call, now: DateTime<Utc>, ids: &IdSource, batch: &mut Batch) {
    let (Some(contact), None, true) = (call.contact, call.task, call.is_open_missed()) else { return };
    let title = match call.state {
        CallState::Voicemail => "Call back: left a voicemail",
        _ => "Call back: missed call",
    };
    let Some(title) = TaskTitle::received(title) else { return };
    let task = Task {
        id: ids.next(now),
        contact,
        title,
        due_at: Some(now),
        assignee: call.member,
        done_at: None,
        created_at: now,
        revision: Revision::FIRST,
    };
    call.task = Some(task.id);
    batch.write(ContactWrite::InsertTask(task)).event(DomainEvent::ContactChanged { contact });
}

/// The person was reached: missed calls of before are done, with their follow-ups. `waiting` are missed calls with the same
/// number.
pub(crate) fn reached(call: &Call, waiting: &[Call], now: DateTime<Utc>, batch: &mut Batch) {
    if call.state != CallState::Completed {
        return;
    }
    for missed in waiting.iter().filter(|missed| missed.id != call.id && missed.started_at <= call.started_at)
    {
        handled(missed.clone(), now, batch);
    }
}

/// Marks a missed call as done, and its follow-up too. Writes nothing of the call itself but into `missed`.
pub(crate) fn done(missed: &mut Call, now: DateTime<Utc>, batch: &mut Batch) {
    missed.handled_at = Some(now);
    if let Some(task) = missed.task {
        let change = TaskChange { done_at: Some(Some(now)), ..TaskChange::default() };
        batch.write(ContactWrite::ChangeTask { task, change });
        if let Some(contact) = missed.contact {
            batch.event(DomainEvent::ContactChanged { contact });
        }
    }
}

fn handled(mut missed: Call, now: DateTime<Utc>, batch: &mut Batch) {
    done(&mut missed, now, batch);
    let (call, contact) = (missed.id, missed.contact);
    batch
        .require(Precondition::Revision(RecordRef::Call(call), missed.revision))
        .write(CallWrite::Update(Box::new(missed)))
        .event(DomainEvent::CallChanged { call, contact });
}

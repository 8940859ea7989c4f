//! Scheduled messages: whole, by their time, gone with their retention, refused together when a person opts out; and what the
//! worker makes of one whose time has come.

use chrono::TimeDelta;

use crate::contact::ContactWrite;
use crate::conversation::{FailureNote, Refused, ScheduledMessage, ScheduledWrite};
use crate::store::{Precondition, Purge, RecordRef, Revision, Write};
use crate::testing::confirmed;
use crate::testing::conformance::{Person, Tenant, TestBed};
use crate::text::MessageText;

fn opted_out(bed: &TestBed) -> Refused {
    Refused { at: bed.at(9), why: FailureNote { code: "consent.withdrawn".to_owned(), detail: None } }
}

async fn scheduled(bed: &TestBed, tenant: &Tenant, person: &Person, minutes: i64) -> ScheduledMessage {
    let message = bed.make.scheduled(person.conversation.id, bed.at(minutes));
    bed.write(&tenant.scope, ScheduledWrite::Put(message.clone())).await;
    message
}

/// Every field survives; a change takes the place of what was there, and one that is removed is not found.
pub async fn a_scheduled_message_is_written_and_read_back_whole(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let person = bed.person(&tenant, "Asha").await;
    let answered = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let mut kept = ScheduledMessage {
        text: MessageText::parse(&"é\n".repeat(2_000)).unwrap(),
        reply_to: Some(answered.id),
        ..bed.make.scheduled(person.conversation.id, bed.at(60))
    };
    bed.write(scope, ScheduledWrite::Put(kept.clone())).await;
    assert_eq!(bed.store.scheduled_message(scope, kept.id).await.unwrap(), Some(kept.clone()));
    let record = RecordRef::ScheduledMessage(kept.id);
    assert!(bed.holds(scope, Precondition::Revision(record, Revision::FIRST)).await);
    let why = FailureNote { code: "whatsapp.131047".to_owned(), detail: Some("Re-engagement".to_owned()) };
    kept.refuse(Refused { at: bed.at(61), why });
    bed.write(scope, ScheduledWrite::Put(kept.clone())).await;
    assert_eq!(bed.store.scheduled_message(scope, kept.id).await.unwrap(), Some(kept.clone()));
    assert!(bed.holds(scope, Precondition::Revision(record, Revision(2))).await);
    for _ in 0..2 {
        bed.write(scope, ScheduledWrite::Remove(kept.id)).await;
        assert_eq!(bed.store.scheduled_message(scope, kept.id).await.unwrap(), None);
    }
    assert!(bed.holds(scope, Precondition::Revision(record, Revision::NONE)).await);
    let nowhere = bed.make.scheduled(bed.make.id(), bed.at(60));
    assert!(bed.store.commit_one(scope, bed.writes([ScheduledWrite::Put(nowhere).into()])).await.is_err());
}

/// A conversation's are listed by the time they are to be sent at, without those of another one.
pub async fn scheduled_messages_come_by_their_time(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (asha, ravi) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ravi").await);
    let later = scheduled(&bed, &tenant, &asha, 90).await;
    let first = scheduled(&bed, &tenant, &asha, 30).await;
    let same = scheduled(&bed, &tenant, &asha, 90).await;
    let other = scheduled(&bed, &tenant, &ravi, 60).await;
    let of = async |person: &Person| {
        bed.store.scheduled_messages(&tenant.scope, person.conversation.id).await.unwrap()
    };
    assert_eq!(of(&asha).await, [first, later, same]);
    assert_eq!(of(&ravi).await, [other]);
}

/// When a person opts out, all that wait for them are refused, of every conversation; what was refused before keeps its
/// reason, and those of others wait on.
pub async fn an_opt_out_refuses_all_that_wait_for_a_person(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let (asha, ravi) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ravi").await);
    let mut waits = scheduled(&bed, &tenant, &asha, 60).await;
    let mut refused = bed.make.scheduled(asha.conversation.id, bed.at(70));
    refused.refuse(Refused {
        at: bed.at(1),
        why: FailureNote { code: "consent.window_closed".to_owned(), detail: None },
    });
    bed.write(scope, ScheduledWrite::Put(refused.clone())).await;
    let other = scheduled(&bed, &tenant, &ravi, 60).await;
    // Another id of hers, with a conversation that stays where it is.
    let duplicate = bed.person(&tenant, "Asha again").await;
    let mut also = scheduled(&bed, &tenant, &duplicate, 60).await;
    let (from, into) = (duplicate.identity.id, asha.identity.id);
    bed.write(scope, ContactWrite::JoinIdentity { from, into }).await;
    let all = ScheduledWrite::RefuseAll { identity: asha.identity.id, refused: opted_out(&bed) };
    bed.write(scope, all).await;
    waits.refuse(opted_out(&bed));
    also.refuse(opted_out(&bed));
    let of =
        async |person: &Person| bed.store.scheduled_messages(scope, person.conversation.id).await.unwrap();
    assert_eq!(of(&asha).await, [waits, refused]);
    assert_eq!(of(&duplicate).await, [also]);
    assert_eq!(of(&ravi).await, [other]);
}

/// One is kept as long as messages, from the time it was to be sent at; then it is not found, and swept.
pub async fn a_scheduled_message_expires_as_messages_do(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let person = bed.person(&tenant, "Asha").await;
    let kept = scheduled(&bed, &tenant, &person, 60).await;
    let period = TimeDelta::days(i64::from(tenant.org.message_days));
    let swept = async || {
        let at = confirmed(bed.now());
        let purge = Write::Purge { class: Purge::Scheduled, at, kept: period, limit: 10 };
        bed.write(scope, purge).await.rows_affected
    };
    assert_eq!(swept().await, 0, "it waits");
    bed.clock.set(kept.send_at + period - TimeDelta::seconds(1));
    assert_eq!(bed.store.scheduled_messages(scope, person.conversation.id).await.unwrap().len(), 1);
    bed.clock.advance(TimeDelta::seconds(2));
    assert_eq!(bed.store.scheduled_messages(scope, person.conversation.id).await.unwrap(), []);
    assert_eq!(bed.store.scheduled_message(scope, kept.id).await.unwrap(), None);
    assert_eq!((swept().await, swept().await), (1, 0));
}

/// Nothing of another organisation is read, changed, removed or refused.
pub async fn scheduled_messages_of_one_organisation_are_no_others(bed: TestBed) {
    let (mine, other) = (bed.tenant().await, bed.tenant().await);
    let person = bed.person(&mine, "Asha").await;
    let kept = scheduled(&bed, &mine, &person, 60).await;
    assert_eq!(bed.store.scheduled_message(&other.scope, kept.id).await.unwrap(), None);
    assert_eq!(bed.store.scheduled_messages(&other.scope, person.conversation.id).await.unwrap(), []);
    bed.write(&other.scope, ScheduledWrite::Remove(kept.id)).await;
    let all = ScheduledWrite::RefuseAll { identity: person.identity.id, refused: opted_out(&bed) };
    bed.write(&other.scope, all).await;
    assert_eq!(bed.store.scheduled_messages(&mine.scope, person.conversation.id).await.unwrap(), [kept]);
}

//! Pages neither skip nor repeat, whatever is inserted meanwhile.

use chrono::{DateTime, Utc};
use std::num::NonZeroU32;

use crate::consent::{ConsentEvent, ConsentWrite};
use crate::contact::{ContactQuery, ContactWrite, TaskQuery};
use crate::conversation::{
    ActivityKind, ConversationQuery, ConversationState, ConversationWrite, InboxView, StateFilter,
};
use crate::id::TypedId;
use crate::page::{Page, PageRequest};
use crate::store::{SystemWrite, Write};
use crate::testing::conformance::{Tenant, TestBed};
use crate::webhook::WebhookWrite;
use uuid::Uuid;

/// Reads all pages of two items; `between` runs after each page.
async fn read_all(
    mut read: impl AsyncFnMut(PageRequest) -> Page<Uuid>,
    mut between: impl AsyncFnMut(usize),
) -> Vec<Uuid> {
    let (mut all, mut request) = (Vec::new(), PageRequest::first(2));
    for place in 0..50 {
        let page = read(request).await;
        assert!(page.items.len() <= 2, "no more than asked for");
        assert!(page.next.is_none() || page.items.len() == 2, "only a full page has a next one");
        all.extend(page.items);
        match page.next {
            Some(next) => request = PageRequest::after(Some(next), NonZeroU32::new(2)),
            None => return all,
        }
        between(place).await;
    }
    panic!("the pages never end");
}

/// What was there from the start is read exactly once and in order; what is inserted meanwhile may be among it.
fn once_and_in_order(read: &[Uuid], there: &[Uuid]) {
    let kept: Vec<_> = read.iter().filter(|id| there.contains(id)).copied().collect();
    assert_eq!(kept, there);
    let mut distinct = read.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), read.len(), "nothing is read twice");
}

fn unmoved() -> impl AsyncFnMut(usize) {
    async |_| {}
}

/// Contacts ascend by name; people who arrive before and after the page that was read disturb nothing.
pub async fn pages_of_contacts_hold_still_under_insertion(bed: TestBed) {
    let tenant = bed.tenant().await;
    let insert = async |name: &str| {
        let contact = bed.make.contact(name);
        bed.write(&tenant.scope, ContactWrite::Insert(contact.clone())).await;
        contact.id.uuid()
    };
    let mut there = Vec::new();
    // Two share a name, so that the id has to decide.
    for name in ["Ben", "Dora", "Dora", "Élan", "Farid", "Hana", "Ivo"] {
        there.push(insert(name).await);
    }
    let read = async |request| {
        let page = bed.store.contacts(&tenant.scope, &ContactQuery::default(), request).await.unwrap();
        page.map(|contact| contact.id.uuid())
    };
    assert_eq!(read_all(read, unmoved()).await, there);
    let names = ["Ada", "Dora", "Zoe", "Elan"];
    let read_again = read_all(read, async |place| {
        insert(names[place % names.len()]).await;
    });
    once_and_in_order(&read_again.await, &there);
}

/// Messages descend by id; new ones arrive at the top and late ones in between.
pub async fn pages_of_messages_hold_still_under_insertion(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (person, other) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    let mut there = Vec::new();
    for second in 0..7 {
        there.push(bed.hears(&tenant, &person, "hello", bed.at(second * 10)).await.id.uuid());
        bed.hears(&tenant, &other, "not here", bed.at(second * 10)).await;
    }
    there.reverse();
    let read = async |request| {
        let page = bed.store.messages(&tenant.scope, person.conversation.id, request).await.unwrap();
        page.map(|message| message.id.uuid())
    };
    assert_eq!(read_all(read, unmoved()).await, there);
    let read_again = read_all(read, async |place| {
        bed.hears(&tenant, &person, "new", bed.at(1_000)).await;
        bed.hears(&tenant, &person, "late", bed.at(65 - 20 * place as i64)).await;
    });
    once_and_in_order(&read_again.await, &there);
}

/// A queue descends by the newest message, ties included.
pub async fn pages_of_a_queue_hold_still_under_insertion(bed: TestBed) {
    let tenant = bed.tenant().await;
    let new = async |at: DateTime<Utc>| {
        let person = bed.person(&tenant, "Asha").await;
        bed.hears(&tenant, &person, "hello", at).await;
        person.conversation.id.uuid()
    };
    for second in [50, 10, 30, 30, 20, 30, 40] {
        new(bed.at(second)).await;
    }
    let query = ConversationQuery::new(InboxView::All, StateFilter::Open, bed.now());
    let read = async |request| {
        let page = bed.store.inbox(&tenant.scope, &query, request).await.unwrap();
        page.map(|entry| entry.conversation.id.uuid())
    };
    let whole = bed.store.inbox(&tenant.scope, &query, PageRequest::first(200)).await.unwrap();
    let times: Vec<_> = whole.items.iter().map(|entry| entry.conversation.last_at).collect();
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]) && times.len() == 7);
    let there: Vec<_> = whole.items.iter().map(|entry| entry.conversation.id.uuid()).collect();
    assert_eq!(read_all(read, unmoved()).await, there);
    let read_again = read_all(read, async |place| {
        new(bed.at(500)).await;
        new(bed.at(35 - 10 * place as i64)).await;
    });
    once_and_in_order(&read_again.await, &there);
}

/// Snoozes that ran out are in the open queue before anybody wakes them, in their place, also across pages.
pub async fn snoozes_that_ran_out_take_their_place_in_the_open_queue(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut there = Vec::new();
    for round in 0..9 {
        let person = bed.person(&tenant, &format!("Person {round}")).await;
        bed.hears(&tenant, &person, "hello", bed.at(round)).await;
        there.insert(0, person.conversation.id.uuid());
        if round % 3 == 0 {
            let mut kept = bed.conversation(&tenant, &person).await;
            kept.state = ConversationState::Snoozed { until: bed.at(100) };
            bed.write(&tenant.scope, ConversationWrite::Update(kept)).await;
        }
    }
    let query = ConversationQuery::new(InboxView::All, StateFilter::Open, bed.at(100));
    for woken in [false, true] {
        let read = async |request| {
            let page = bed.store.inbox(&tenant.scope, &query, request).await.unwrap();
            page.map(|entry| entry.conversation.id.uuid())
        };
        assert_eq!(read_all(read, unmoved()).await, there, "woken: {woken}");
        bed.write(&tenant.scope, Write::WakeSnoozed { now: bed.at(100) }).await;
    }
    let counts = bed.store.queue_counts(&tenant.scope).await.unwrap();
    assert_eq!((counts.count(InboxView::All, "open"), counts.count(InboxView::All, "snoozed")), (9, 0));
}

/// What was done descends by id; new things arrive at the top.
pub async fn pages_of_what_was_done_hold_still_under_insertion(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let new = async |second: i64| {
        let done = bed.make.activity(&person.conversation, ActivityKind::Closed, bed.at(second));
        bed.write(&tenant.scope, ConversationWrite::Activity(done.clone())).await;
        done.id.uuid()
    };
    let mut there = Vec::new();
    for second in 0..7 {
        there.insert(0, new(second * 10).await);
    }
    let read = async |request| {
        let page = bed.store.activities(&tenant.scope, person.conversation.id, request).await.unwrap();
        page.map(|done| done.id.uuid())
    };
    assert_eq!(read_all(read, unmoved()).await, there);
    let read_again = read_all(read, async |place| {
        new(500).await;
        new(55 - 20 * place as i64).await;
    });
    once_and_in_order(&read_again.await, &there);
}

/// Notes descend, follow-ups ascend.
pub async fn pages_of_notes_and_follow_ups_hold_still_under_insertion(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let id = person.contact.id;
    let note = async || {
        let note = bed.make.note(id, "called twice");
        bed.write(&tenant.scope, ContactWrite::Note(note.clone())).await;
        note.id.uuid()
    };
    let task = async || {
        let task = bed.make.task(id, "Call back");
        bed.write(&tenant.scope, ContactWrite::InsertTask(task.clone())).await;
        task.id.uuid()
    };
    let (mut notes, mut tasks) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        notes.insert(0, note().await);
        tasks.push(task().await);
    }
    let read_notes = async |request| {
        let page = bed.store.notes(&tenant.scope, id, request).await.unwrap();
        page.map(|note| note.id.uuid())
    };
    let read_tasks = async |request| {
        let page = bed.store.tasks(&tenant.scope, &TaskQuery::default(), request).await.unwrap();
        page.map(|task| task.id.uuid())
    };
    assert_eq!(read_all(read_notes, unmoved()).await, notes);
    let read_newest = async |request| {
        let page = bed.store.tasks_of(&tenant.scope, id, request).await.unwrap();
        page.map(|task| task.id.uuid())
    };
    assert_eq!(read_all(read_tasks, unmoved()).await, tasks);
    let newest_first: Vec<Uuid> = tasks.iter().rev().copied().collect();
    assert_eq!(read_all(read_newest, unmoved()).await, newest_first);
    let again = read_all(read_notes, async |_| {
        note().await;
    });
    once_and_in_order(&again.await, &notes);
    let again = read_all(read_tasks, async |place| {
        if place < 4 {
            task().await;
        }
    });
    once_and_in_order(&again.await, &tasks);
}

/// The consent history descends by sequence.
pub async fn pages_of_the_consent_history_hold_still_under_insertion(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let record = async || {
        let subjects = person.identity.subject_keys();
        let record = bed.make.consent(person.contact.id, subjects, ConsentEvent::Given);
        bed.write(&tenant.scope, ConsentWrite::Record(record.clone())).await;
        record.id.uuid()
    };
    let mut there = Vec::new();
    for _ in 0..5 {
        there.insert(0, record().await);
    }
    let read = async |request| {
        let page = bed.store.consent_history(&tenant.scope, person.contact.id, request).await.unwrap();
        page.map(|entry| entry.id.uuid())
    };
    assert_eq!(read_all(read, unmoved()).await, there);
    let again = read_all(read, async |_| {
        record().await;
    });
    once_and_in_order(&again.await, &there);
}

/// Both quarantines descend.
pub async fn pages_of_the_quarantine_hold_still_under_insertion(bed: TestBed) {
    let tenant: Tenant = bed.tenant().await;
    let own = async |second| {
        let bytes = bed.make.quarantined(Some(tenant.org.id), tenant.app.id, bed.at(second));
        bed.write(&tenant.scope, WebhookWrite::Quarantine(bytes.clone())).await;
        bytes.id.uuid()
    };
    let lost = async |second| {
        let bytes = bed.make.quarantined(None, tenant.app.id, bed.at(second));
        bed.commit_system(SystemWrite::Quarantine(bytes.clone())).await.unwrap();
        bytes.id.uuid()
    };
    let (mut owned, mut unrouted) = (Vec::new(), Vec::new());
    for second in 0..5 {
        owned.insert(0, own(second * 10).await);
        unrouted.insert(0, lost(second * 10).await);
    }
    let read_own = async |request| {
        let page = bed.store.quarantined(&tenant.scope, request).await.unwrap();
        page.map(|bytes| bytes.id.uuid())
    };
    let read_lost = async |request| {
        let page = bed.store.unrouted(&bed.system, request).await.unwrap();
        page.map(|bytes| bytes.id.uuid())
    };
    let again = read_all(read_own, async |place| {
        own(100 + place as i64).await;
    });
    once_and_in_order(&again.await, &owned);
    let again = read_all(read_lost, async |place| {
        lost(100 + place as i64).await;
    });
    once_and_in_order(&again.await, &unrouted);
}

/// A limit is a limit: one, exactly as many as there are, more.
pub async fn the_last_page_says_that_it_is_the_last(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    for second in 0..3 {
        bed.hears(&tenant, &person, "hello", bed.at(second)).await;
    }
    let read = async |limit| {
        let page = PageRequest::first(limit);
        let page = bed.store.messages(&tenant.scope, person.conversation.id, page).await.unwrap();
        (page.items.len(), page.next.is_some())
    };
    assert_eq!(read(1).await, (1, true));
    assert_eq!(read(2).await, (2, true));
    assert_eq!(read(3).await, (3, false));
    assert_eq!(read(200).await, (3, false));
    let empty = bed.person(&tenant, "Ben").await.conversation;
    let page = bed.store.messages(&tenant.scope, empty.id, PageRequest::first(1)).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_none());
}

//! The audit log and the event log.

use crate::consent::{ConsentEvent, ConsentRecord, ConsentWrite};
use crate::contact::ContactWrite;
use crate::event::{DomainEvent, EventSeq};
use crate::ledger::{Action, AuditEntry, AuditFilter, ChainHash, ChainHead, ConsentMark};
use crate::scope::{Actor, Audience, Grant};
use crate::store::{Batch, Cause, LedgerSeq, Precondition, RecordRef, Revision};
use crate::testing::conformance::{Tenant, TestBed};

/// Whether the chain is whole, from its first entry on.
pub(super) fn verify(tenant: &Tenant, entries: &[AuditEntry]) {
    let mut before = ChainHash::START;
    for (place, entry) in entries.iter().enumerate() {
        assert_eq!(entry.seq, place as u64 + 1, "no gaps");
        assert_eq!(entry.hash, entry.digest(tenant.org.id, before), "entry {}", entry.seq);
        before = entry.hash;
    }
}

/// Every batch that was applied has one entry, also one that changes nothing; the chain verifies; refused batches and
/// replays leave none.
pub async fn every_batch_has_an_audit_entry_and_the_chain_verifies(bed: TestBed) {
    let tenant = bed.tenant().await;
    let before = bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap();
    verify(&tenant, &before);
    let contact = bed.make.contact("Asha");
    let actor =
        Actor::new(tenant.org.id, crate::testing::service("shop desk"), Grant::of(&[]), Audience::All);
    let mut insert = Batch::new(&actor, Action::ContactCreated, bed.at(1));
    insert.about(contact.id).write(ContactWrite::Insert(contact.clone()));
    let mut read = Batch::new(&actor, Action::MediaOpened, bed.at(2));
    read.about(bed.make.id::<crate::id::MediaId>());
    let mut refused = Batch::new(&actor, Action::ContactChanged, bed.at(3));
    refused.require(Precondition::Revision(RecordRef::Contact(contact.id), Revision(9)));
    let queue = tenant.queue(crate::outbox::QueueKind::Send);
    let held = bed.lease(queue).await;
    let cause = bed.make.id();
    let system = Batch::caused_by(&Cause::Job(cause, held), Action::MessageDispatched, bed.at(4));
    let batches = vec![insert, read, refused, system];
    let shown: Vec<_> = batches.iter().map(|batch| batch.parts().clone()).collect();
    let answers = bed.store.commit(&tenant.scope, batches).await;
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true]);

    let all = bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap();
    verify(&tenant, &all);
    assert_eq!(all[..before.len()], before, "what was written stays");
    let fresh = &all[before.len()..];
    assert_eq!(fresh.len(), 3);
    for (entry, parts) in fresh.iter().zip([&shown[0], &shown[1], &shown[3]]) {
        let expected = (&parts.principal, parts.action, parts.subject, parts.cause, parts.at);
        assert_eq!((&entry.principal, entry.action, entry.subject, entry.cause, entry.at), expected);
    }
    assert_eq!(fresh[2].cause, Some(crate::id::TypedId::uuid(cause)));
    let page = bed.store.audit(&tenant.scope, fresh[0].seq, 1).await.unwrap();
    assert_eq!(page, fresh[1..2]);
    assert!(bed.store.audit(&tenant.scope, fresh[2].seq, 10).await.unwrap().is_empty());
}

/// Each organisation has a chain of its own.
pub async fn chains_of_two_organisations_do_not_mix(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    for _ in 0..3 {
        bed.write(&tenant.scope, ContactWrite::Insert(bed.make.contact("Asha"))).await;
        bed.write(&other.scope, ContactWrite::Insert(bed.make.contact("Ben"))).await;
    }
    for tenant in [&tenant, &other] {
        verify(tenant, &bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap());
    }
}

/// An entry keeps from where it was done and more about it, and speaks of the consent rows that were written with it.
pub async fn an_entry_keeps_its_origin_its_detail_and_the_digest_of_its_consents(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let before = bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap().len();
    let origin = "203.0.113.0/24".parse().ok();
    let actor =
        Actor::new(tenant.org.id, crate::testing::service("shop desk"), Grant::of(&[]), Audience::All);
    let consent = |event| bed.make.consent(person.contact.id, person.identity.subject_keys(), event);
    for events in [&[ConsentEvent::Given][..], &[ConsentEvent::Withdrawn, ConsentEvent::Refused], &[]] {
        let mut batch = Batch::new(&actor.clone().from_network(origin), Action::ConsentRecorded, bed.at(7));
        batch.detail("x=1".parse().unwrap());
        for event in events {
            batch.write(ConsentWrite::Record(consent(*event)));
        }
        bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    }
    let all = bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap();
    verify(&tenant, &all);
    let fresh = &all[before..];
    assert!(fresh.iter().all(|entry| entry.origin == origin && entry.detail == "x=1".parse().ok()));
    let rows = bed.store.consent_ledger(&tenant.scope, LedgerSeq(0), 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.seq.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(bed.store.consent_ledger(&tenant.scope, LedgerSeq(1), 1).await.unwrap(), rows[1..2]);
    let mark = |rows: &[ConsentRecord]| {
        let mut mark = ConsentMark::of(rows)?;
        mark.through = rows.last()?.seq;
        Some(mark)
    };
    let marks: Vec<_> = fresh.iter().map(|entry| entry.consents).collect();
    assert_eq!(marks, [mark(&rows[..1]), mark(&rows[1..]), None]);
    assert_eq!(marks[1].map(|mark| mark.from()), Some(LedgerSeq(2)));
}

/// Where a log ends is kept beside it, for each organisation.
pub async fn the_recorded_end_is_that_of_the_log(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    bed.write(&tenant.scope, ContactWrite::Insert(bed.make.contact("Asha"))).await;
    let mut heads = Vec::new();
    for tenant in [&tenant, &other] {
        let last = bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap().pop().unwrap();
        let head = ChainHead { seq: last.seq, hash: last.hash };
        assert_eq!(bed.store.audit_head(&tenant.scope).await.unwrap(), head);
        heads.push((tenant.org.id, head));
    }
    heads.sort_by_key(|(org, _)| *org);
    let mut found = Vec::new();
    let mut after = None;
    while let Some(next) = bed.store.audit_heads(&bed.system, after, 1).await.unwrap().pop() {
        after = Some(next.0);
        found.push(next);
    }
    found.retain(|found| heads.iter().any(|(org, _)| *org == found.0));
    assert_eq!(found, heads);
}

/// Each choice of a filter, alone and together, over what people did and over all: the same as asking each entry.
pub async fn entries_are_found_by_who_what_which_and_when(bed: TestBed) {
    let tenant = bed.tenant().await;
    let actors = ["shop desk", "website"]
        .map(|name| Actor::new(tenant.org.id, crate::testing::service(name), Grant::of(&[]), Audience::All));
    let subjects: [crate::id::ContactId; 2] = [bed.make.id(), bed.make.id()];
    for step in 0..12_usize {
        let action = [Action::ContactChanged, Action::NoteAdded, Action::TaskChanged][step % 3];
        let at = bed.at(10 + i64::try_from(step).unwrap());
        let mut batch = match step % 4 {
            3 => Batch::caused_by(&Cause::Stored, action, at),
            step => Batch::new(&actors[step % 2], action, at),
        };
        batch.about(subjects[step % 2]);
        bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    }
    let all = bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap();
    let end = all.len() as u64 + 1;
    let none = AuditFilter::default();
    let who = Some(actors[0].principal().to_ref());
    let (since, until) = (Some(bed.at(13)), Some(bed.at(20)));
    let subject = Some(crate::id::TypedId::uuid(subjects[0]));
    let about = AuditFilter { subject, ..none.clone() };
    let filters = [
        AuditFilter { principal: who.clone(), ..none.clone() },
        AuditFilter { action: Some(Action::NoteAdded), ..none.clone() },
        about.clone(),
        AuditFilter { since, until, ..none.clone() },
        AuditFilter { principal: who.clone(), action: Some(Action::ContactChanged), ..about.clone() },
        AuditFilter { principal: who, since, ..none.clone() },
        AuditFilter { principal: Some("service:nobody".to_owned()), ..none.clone() },
        none,
    ];
    for filter in filters.into_iter().flat_map(|filter| {
        let with_system = AuditFilter { with_system: true, ..filter.clone() };
        [filter, with_system]
    }) {
        let expected: Vec<_> = all.iter().rev().filter(|entry| filter.wants(entry)).cloned().collect();
        let found = bed.store.audit_found(&tenant.scope, &filter, 0, end, 100).await.unwrap();
        assert_eq!(found, expected, "{filter:?}");
        let after = all.len() as u64 - 8;
        let part: Vec<_> = expected
            .iter()
            .filter(|entry| entry.seq > after && entry.seq < end - 2)
            .take(3)
            .cloned()
            .collect();
        assert_eq!(bed.store.audit_found(&tenant.scope, &filter, after, end - 2, 3).await.unwrap(), part);
    }
}

/// Events are numbered 1, 2, 3 over all batches, come back as they were, and the same event twice in a batch is one.
pub async fn the_event_log_has_no_gaps(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (contact, conversation) = (bed.make.id(), bed.make.id());
    let (message, media, account) = (bed.make.id(), bed.make.id(), bed.make.id());
    let all = [
        DomainEvent::MessageReceived { conversation, message },
        DomainEvent::MessageQueued { conversation, message },
        DomainEvent::MessageChanged { conversation, message },
        DomainEvent::ConversationChanged { conversation },
        DomainEvent::ConversationRead { conversation },
        DomainEvent::ContactChanged { contact },
        DomainEvent::ConsentChanged { contact },
        DomainEvent::MediaChanged { conversation, message, media },
        DomainEvent::AccountChanged { account },
        DomainEvent::QuarantineChanged,
        DomainEvent::OrgChanged,
    ];
    for pair in all.chunks(3) {
        let mut batch = Batch::caused_by(&Cause::Stored, Action::ContactChanged, bed.at(7));
        for event in pair.iter().chain(pair) {
            batch.event(*event);
        }
        let mut refused = batch.clone();
        refused.require(Precondition::Revision(RecordRef::Contact(contact), Revision(9)));
        assert!(bed.store.commit_one(&tenant.scope, refused).await.is_err());
        bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    }
    let kept = bed.store.events(&tenant.scope, EventSeq(0), 100).await.unwrap();
    assert_eq!(kept.iter().map(|event| event.event).collect::<Vec<_>>(), all);
    assert_eq!(kept.iter().map(|event| event.seq.0).collect::<Vec<_>>(), (1..=11).collect::<Vec<_>>());
    assert!(kept.iter().all(|event| event.at == bed.at(7)));
    let page = bed.store.events(&tenant.scope, EventSeq(4), 3).await.unwrap();
    assert_eq!(page, kept[4..7]);
    assert_eq!(bed.store.newest_event(&tenant.scope).await.unwrap(), EventSeq(11));
}

/// Neither log holds a number, a name or a text: what a person said can only be read where it is kept.
pub async fn the_logs_hold_ids_only(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Ashalata Canaryname").await;
    let message = bed.make.inbound(&person.conversation, "canary text 4711", bed.at(1));
    let mut batch = bed.writes([bed.make.append(tenant.account.id, &message).into()]);
    batch.about(message.id);
    batch.event(DomainEvent::MessageReceived { conversation: message.conversation, message: message.id });
    batch.event(DomainEvent::ContactChanged { contact: person.contact.id });
    bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    let events = bed.store.events(&tenant.scope, EventSeq(0), 100).await.unwrap();
    let audit = bed.store.audit(&tenant.scope, 0, 100).await.unwrap();
    let events: Vec<_> = events.iter().map(|event| serde_json::to_string(&event.event).unwrap()).collect();
    let said = format!("{events:?} {audit:?}").to_lowercase();
    let digits = person.identity.phone().unwrap().digits().to_owned();
    let external = message.external.as_ref().unwrap().reveal().to_owned();
    for canary in [digits.as_str(), "canary", external.as_str()] {
        assert!(!said.contains(canary), "{canary}");
    }
    assert!(said.contains(&message.id.to_string()));
}

/// A commit with events wakes the watchers, which read what happened from the log.
pub async fn a_watcher_is_woken_by_a_commit_with_events(bed: TestBed) {
    use futures_util::StreamExt;
    let tenant = bed.tenant().await;
    let mut watch = bed.store.watch(&tenant.scope);
    let mut batch = bed.batch();
    batch.event(DomainEvent::OrgChanged);
    let commit = bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    let woken = tokio::time::timeout(std::time::Duration::from_secs(10), watch.next()).await;
    let seen = woken.expect("the watch was not woken").expect("the watch goes on");
    assert!(seen <= commit.seq);
    let events = bed.store.events(&tenant.scope, EventSeq(0), 10).await.unwrap();
    assert_eq!(events.len(), 1);
}

//! Drafts: one for each conversation, member and kind; gone when they expire.

use chrono::TimeDelta;

use crate::access::{AccessWrite, OrgChange};
use crate::contact::ContactWrite;
use crate::conversation::{Draft, DraftKind, DraftWrite};
use crate::event::{DomainEvent, EventSeq};
use crate::id::MemberId;
use crate::ledger::{Action, AuditEntry};
use crate::store::periods::DRAFT_PERIOD;
use crate::store::{Batch, Cause, Purge, Write};
use crate::testing::confirmed;
use crate::testing::conformance::ledger::verify;
use crate::testing::conformance::{Person, Tenant, TestBed};
use crate::text::MessageText;

async fn saved(
    bed: &TestBed,
    tenant: &Tenant,
    person: &Person,
    (member, kind): (MemberId, DraftKind),
    text: &str,
) -> Draft {
    let text = MessageText::parse(text).unwrap();
    let draft = Draft { conversation: person.conversation.id, member, kind, text, saved_at: bed.now() };
    bed.write(&tenant.scope, DraftWrite::Save(draft.clone())).await;
    draft
}

async fn of(bed: &TestBed, tenant: &Tenant, member: MemberId, people: &[&Person]) -> Vec<Draft> {
    let ids: Vec<_> = people.iter().map(|person| person.conversation.id).collect();
    let mut found = bed.store.drafts(&tenant.scope, member, &ids).await.unwrap();
    found.sort_by_key(|draft| (draft.conversation, draft.kind));
    found
}

/// Every field survives, and each member reads their own drafts of the conversations that are asked for.
pub async fn a_draft_is_kept_for_each_conversation_member_and_kind(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (asha, ben) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    let (ravi, meera) = (bed.make.id(), bed.make.id());
    let reply = saved(&bed, &tenant, &asha, (ravi, DraftKind::Reply), " half a\n sentence ").await;
    let note = saved(&bed, &tenant, &asha, (ravi, DraftKind::Note), "\u{1f4dd} ask again").await;
    let other = saved(&bed, &tenant, &ben, (ravi, DraftKind::Reply), "x").await;
    let hers = saved(&bed, &tenant, &asha, (meera, DraftKind::Reply), "hers").await;
    let mut all = vec![reply.clone(), note.clone(), other.clone()];
    all.sort_by_key(|draft| (draft.conversation, draft.kind));
    assert_eq!(of(&bed, &tenant, ravi, &[&asha, &ben]).await, all);
    assert_eq!(of(&bed, &tenant, ravi, &[&ben]).await, [other]);
    assert_eq!(of(&bed, &tenant, meera, &[&asha, &ben]).await, [hers]);
    assert_eq!(of(&bed, &tenant, ravi, &[]).await, []);
}

/// A save takes the place of the one before; what is removed is not there, and neither is a thing that never was.
pub async fn the_last_save_of_a_draft_stays_until_it_is_removed(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let ravi = bed.make.id();
    saved(&bed, &tenant, &person, (ravi, DraftKind::Reply), "first").await;
    bed.clock.advance(TimeDelta::seconds(1));
    let second = saved(&bed, &tenant, &person, (ravi, DraftKind::Reply), "second").await;
    let note = saved(&bed, &tenant, &person, (ravi, DraftKind::Note), "stays").await;
    assert_eq!(of(&bed, &tenant, ravi, &[&person]).await.len(), 2);
    assert!(of(&bed, &tenant, ravi, &[&person]).await.contains(&second));
    let remove = |kind| DraftWrite::Remove { conversation: person.conversation.id, member: ravi, kind };
    for _ in 0..2 {
        bed.write(&tenant.scope, remove(DraftKind::Reply)).await;
        assert_eq!(of(&bed, &tenant, ravi, &[&person]).await, std::slice::from_ref(&note));
    }
}

/// Thirty days after its last change a draft is not found, and the sweep removes it; a shorter period of messages counts.
pub async fn a_draft_expires_thirty_days_after_its_last_change(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let ravi = bed.make.id();
    let purge = async |kept: TimeDelta| {
        let purge = Write::Purge { class: Purge::Drafts, at: confirmed(bed.now()), kept, limit: 10 };
        bed.write(&tenant.scope, purge).await.rows_affected
    };
    saved(&bed, &tenant, &person, (ravi, DraftKind::Note), "older").await;
    bed.clock.advance(TimeDelta::days(1));
    let draft = saved(&bed, &tenant, &person, (ravi, DraftKind::Reply), "younger").await;
    bed.clock.advance(DRAFT_PERIOD - TimeDelta::seconds(1));
    assert_eq!(of(&bed, &tenant, ravi, &[&person]).await, [draft]);
    assert_eq!(purge(DRAFT_PERIOD).await, 1);
    bed.clock.advance(TimeDelta::seconds(1));
    assert_eq!(of(&bed, &tenant, ravi, &[&person]).await, []);
    bed.clock.advance(TimeDelta::seconds(1));
    assert_eq!(purge(DRAFT_PERIOD).await, 1);
    assert_eq!(purge(DRAFT_PERIOD).await, 0);
    saved(&bed, &tenant, &person, (ravi, DraftKind::Reply), "again").await;
    let days = OrgChange { message_days: Some(7), ..OrgChange::default() };
    bed.write(&tenant.scope, AccessWrite::ChangeOrg(days)).await;
    bed.clock.advance(TimeDelta::days(8));
    assert_eq!(of(&bed, &tenant, ravi, &[&person]).await, []);
}

/// Another organisation finds no draft of ours and removes none, whatever ids it names.
pub async fn drafts_of_one_organisation_are_no_others(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let person = bed.person(&tenant, "Asha").await;
    let ravi = bed.make.id();
    let draft = saved(&bed, &tenant, &person, (ravi, DraftKind::Reply), "ours").await;
    assert_eq!(of(&bed, &other, ravi, &[&person]).await, []);
    let remove =
        DraftWrite::Remove { conversation: draft.conversation, member: ravi, kind: DraftKind::Reply };
    bed.write(&other.scope, remove).await;
    assert_eq!(of(&bed, &tenant, ravi, &[&person]).await, [draft]);
}

/// Saves and removals of drafts leave no entry in the audit log, and their events all the same. Whatever else a batch does
/// has its entry, and the chain verifies.
pub async fn drafts_alone_leave_no_audit_entry(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (conversation, member) = (person.conversation.id, bed.make.id());
    let audit = async || -> Vec<AuditEntry> { bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap() };
    let told = async || bed.store.events(&tenant.scope, EventSeq(0), 100).await.unwrap().len();
    let batch = |action, writes: Vec<Write>| {
        let mut batch = Batch::caused_by(&Cause::Stored, action, bed.now());
        for write in writes {
            batch.write(write);
        }
        batch.event(DomainEvent::DraftChanged { conversation, member });
        batch
    };
    let save = |text: &str| -> Write {
        let (kind, text) = (DraftKind::Reply, MessageText::parse(text).unwrap());
        DraftWrite::Save(Draft { conversation, member, kind, text, saved_at: bed.now() }).into()
    };
    let remove = || -> Write { DraftWrite::Remove { conversation, member, kind: DraftKind::Reply }.into() };
    let (before, events) = (audit().await, told().await);
    for text in ["I", "It", "It is", "It is on", "It is on its way"] {
        let commit = bed.store.commit_one(&tenant.scope, batch(Action::DraftChanged, vec![save(text)])).await;
        assert_eq!(commit.unwrap().seq, bed.store.newest_event(&tenant.scope).await.unwrap());
    }
    assert_eq!(of(&bed, &tenant, member, &[&person]).await[0].text.reveal(), "It is on its way");
    bed.store.commit_one(&tenant.scope, batch(Action::DraftChanged, vec![remove()])).await.unwrap();
    assert_eq!(of(&bed, &tenant, member, &[&person]).await, []);
    assert_eq!(audit().await, before);
    assert_eq!(told().await, events + 6);
    let insert = || -> Write { ContactWrite::Insert(bed.make.contact("Ben")).into() };
    let audited = vec![
        batch(Action::DraftChanged, vec![save("with a change"), insert()]),
        batch(Action::DraftChanged, vec![]),
        batch(Action::MessageQueued, vec![remove()]),
    ];
    let actions: Vec<_> = audited.iter().map(|batch| batch.parts().action).collect();
    // In one group with one that leaves none.
    let mut all = vec![batch(Action::DraftChanged, vec![save("first")])];
    all.extend(audited);
    assert!(bed.store.commit(&tenant.scope, all).await.iter().all(Result::is_ok));
    let after = audit().await;
    assert_eq!(after[..before.len()], before);
    assert_eq!(after[before.len()..].iter().map(|entry| entry.action).collect::<Vec<_>>(), actions);
    verify(&tenant, &after);
}

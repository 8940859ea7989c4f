//! Notices: read with what they are about, marked as read, gone when they expire.

use chrono::TimeDelta;

use crate::access::{AccessWrite, OrgChange};
use crate::contact::ContactWrite;
use crate::event::DomainEvent;
use crate::id::MemberId;
use crate::ledger::Action;
use crate::notice::{Notice, NoticeAbout, NoticeEntry, NoticeWrite, ReadNotices};
use crate::page::PageRequest;
use crate::store::periods::NOTICE_PERIOD;
use crate::store::{Batch, Cause, Purge, Write};
use crate::testing::confirmed;
use crate::testing::conformance::{Person, Tenant, TestBed};
use crate::text::NoteText;

async fn told(
    bed: &TestBed,
    tenant: &Tenant,
    member: MemberId,
    about: NoticeAbout,
    person: &Person,
) -> Notice {
    let notice = bed.make.notice(member, about, person.contact.id, bed.now());
    bed.write(&tenant.scope, NoticeWrite::Insert(notice.clone())).await;
    notice
}

async fn assigned(bed: &TestBed, tenant: &Tenant, member: MemberId, person: &Person) -> Notice {
    told(bed, tenant, member, NoticeAbout::Conversation(person.conversation.id), person).await
}

async fn of(bed: &TestBed, tenant: &Tenant, member: MemberId, unread: bool) -> Vec<NoticeEntry> {
    bed.store.notices(&tenant.scope, member, unread, PageRequest::first(50)).await.unwrap().items
}

async fn unread(bed: &TestBed, tenant: &Tenant, member: MemberId) -> Vec<Notice> {
    of(bed, tenant, member, true).await.into_iter().map(|entry| entry.notice).collect()
}

async fn read(bed: &TestBed, tenant: &Tenant, member: MemberId, which: ReadNotices) {
    bed.write(&tenant.scope, NoticeWrite::Read { member, which, at: bed.now() }).await;
}

/// Every field survives. The name of the person, the text of the note and the title of the follow-up come with it; each
/// member reads their own, newest first, in pages.
pub async fn a_notice_comes_with_what_it_is_about(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (ravi, meera) = (bed.make.id(), bed.make.id());
    let note = bed.make.note(person.contact.id, "ask @Ravi \u{1f4dd}");
    let task = bed.make.task(person.contact.id, "Call back");
    bed.write(&tenant.scope, ContactWrite::Note(note.clone())).await;
    bed.write(&tenant.scope, ContactWrite::InsertTask(task.clone())).await;
    let mention = told(&bed, &tenant, ravi, NoticeAbout::Mention(note.id), &person).await;
    let follow_up = told(&bed, &tenant, ravi, NoticeAbout::Task(task.id), &person).await;
    let talk = assigned(&bed, &tenant, ravi, &person).await;
    let gone = told(&bed, &tenant, ravi, NoticeAbout::Task(bed.make.id()), &person).await;
    let hers = assigned(&bed, &tenant, meera, &person).await;

    let found = of(&bed, &tenant, ravi, false).await;
    let texts: Vec<_> = found.iter().map(|entry| entry.text.as_ref().map(NoteText::reveal)).collect();
    assert_eq!(texts, [None, None, Some("Call back"), Some("ask @Ravi \u{1f4dd}")]);
    assert!(found.iter().all(|entry| entry.contact_name == person.contact.name));
    let kept: Vec<_> = found.into_iter().map(|entry| entry.notice).collect();
    assert_eq!(kept, [gone.clone(), talk.clone(), follow_up.clone(), mention.clone()]);
    assert_eq!(unread(&bed, &tenant, meera).await, [hers]);

    let page = async |after, unread| {
        let request = PageRequest { after, ..PageRequest::first(3) };
        bed.store.notices(&tenant.scope, ravi, unread, request).await.unwrap()
    };
    for unread in [false, true] {
        let first = page(None, unread).await;
        assert_eq!(
            first.items.iter().map(|entry| entry.notice.id).collect::<Vec<_>>(),
            [gone.id, talk.id, follow_up.id]
        );
        let second = page(first.next, unread).await;
        assert_eq!(second.items.iter().map(|entry| entry.notice.id).collect::<Vec<_>>(), [mention.id]);
        assert_eq!(second.next, None);
    }
}

/// One, those up to one, or those about a person: the member's own, and each keeps the time it was first read at.
pub async fn what_was_read_is_unread_no_longer(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (asha, ben) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    let (ravi, meera) = (bed.make.id(), bed.make.id());
    let mut kept = Vec::new();
    for person in [&asha, &asha, &ben, &asha, &ben] {
        kept.push(assigned(&bed, &tenant, ravi, person).await);
    }
    let hers = assigned(&bed, &tenant, meera, &asha).await;
    let count = async |most| bed.store.unread_notices(&tenant.scope, ravi, most).await.unwrap();
    assert_eq!((count(99).await, count(3).await), (5, 3));

    read(&bed, &tenant, ravi, ReadNotices::One(kept[1].id)).await;
    read(&bed, &tenant, ravi, ReadNotices::One(hers.id)).await;
    let first = bed.now();
    let left = [4, 3, 2, 0].map(|at: usize| kept[at].clone());
    assert_eq!(unread(&bed, &tenant, ravi).await, left);
    bed.clock.advance(TimeDelta::seconds(1));
    read(&bed, &tenant, ravi, ReadNotices::UpTo(kept[2].id)).await;
    assert_eq!(unread(&bed, &tenant, ravi).await, [kept[4].clone(), kept[3].clone()]);
    read(&bed, &tenant, ravi, ReadNotices::About(ben.contact.id)).await;
    assert_eq!(unread(&bed, &tenant, ravi).await, [kept[3].clone()]);
    assert_eq!(count(99).await, 1);
    let times: Vec<_> =
        of(&bed, &tenant, ravi, false).await.iter().map(|entry| entry.notice.read_at).collect();
    assert_eq!(times, [Some(bed.now()), None, Some(bed.now()), Some(first), Some(bed.now())]);
    assert_eq!(unread(&bed, &tenant, meera).await, [hers]);
}

/// Ninety days after it was made a notice is not found, and the sweep removes it; a shorter period of messages counts.
pub async fn a_notice_expires_ninety_days_after_it_was_made(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let ravi = bed.make.id();
    let purge = async |kept: TimeDelta| {
        let purge = Write::Purge { class: Purge::Notices, at: confirmed(bed.now()), kept, limit: 10 };
        bed.write(&tenant.scope, purge).await.rows_affected
    };
    let none_left = async || {
        assert_eq!(of(&bed, &tenant, ravi, false).await, []);
        assert_eq!(unread(&bed, &tenant, ravi).await, []);
        assert_eq!(bed.store.unread_notices(&tenant.scope, ravi, 9).await.unwrap(), 0);
    };
    assigned(&bed, &tenant, ravi, &person).await;
    bed.clock.advance(TimeDelta::days(1));
    let younger = assigned(&bed, &tenant, ravi, &person).await;
    bed.clock.advance(NOTICE_PERIOD - TimeDelta::seconds(1));
    assert_eq!(unread(&bed, &tenant, ravi).await, [younger]);
    assert_eq!(purge(NOTICE_PERIOD).await, 1);
    bed.clock.advance(TimeDelta::seconds(1));
    none_left().await;
    bed.clock.advance(TimeDelta::seconds(1));
    assert_eq!(purge(NOTICE_PERIOD).await, 1);
    assert_eq!(purge(NOTICE_PERIOD).await, 0);
    assigned(&bed, &tenant, ravi, &person).await;
    let days = OrgChange { message_days: Some(7), ..OrgChange::default() };
    bed.write(&tenant.scope, AccessWrite::ChangeOrg(days)).await;
    bed.clock.advance(TimeDelta::days(8));
    none_left().await;
}

/// Another organisation finds no notice of ours and marks none, whatever ids it names.
pub async fn notices_of_one_organisation_are_no_others(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let person = bed.person(&tenant, "Asha").await;
    let ravi = bed.make.id();
    let notice = assigned(&bed, &tenant, ravi, &person).await;
    assert_eq!(of(&bed, &other, ravi, false).await, []);
    assert_eq!(bed.store.unread_notices(&other.scope, ravi, 9).await.unwrap(), 0);
    for which in
        [ReadNotices::One(notice.id), ReadNotices::UpTo(notice.id), ReadNotices::About(person.contact.id)]
    {
        read(&bed, &other, ravi, which).await;
    }
    assert_eq!(unread(&bed, &tenant, ravi).await, [notice]);
}

/// Marking notices as read leaves no entry in the audit log, and its event all the same; a notice that is made does.
pub async fn notices_that_are_read_leave_no_audit_entry(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let member = bed.make.id();
    let notice = assigned(&bed, &tenant, member, &person).await;
    let audit = async || bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap().len();
    let commit = async |write: NoticeWrite| {
        let mut batch = Batch::caused_by(&Cause::Stored, Action::NoticesRead, bed.now());
        batch.write(write).event(DomainEvent::NoticesChanged { member });
        let commit = bed.store.commit_one(&tenant.scope, batch).await.unwrap();
        assert_eq!(commit.seq, bed.store.newest_event(&tenant.scope).await.unwrap());
    };
    let before = audit().await;
    commit(NoticeWrite::Read { member, which: ReadNotices::One(notice.id), at: bed.now() }).await;
    assert_eq!(audit().await, before);
    let about = NoticeAbout::Conversation(person.conversation.id);
    commit(NoticeWrite::Insert(bed.make.notice(member, about, person.contact.id, bed.now()))).await;
    assert_eq!(audit().await, before + 1);
}

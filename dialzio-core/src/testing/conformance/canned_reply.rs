//! Canned replies: whole, by shortcut, each shortcut once, changed and removed under their revision.

use crate::canned_reply::{CannedReply, CannedReplyChange, CannedReplyWrite, Shortcut};
use crate::id::CannedReplyId;
use crate::store::{Precondition, RecordRef, Revision, StoreError};
use crate::testing::conformance::{Tenant, TestBed};
use crate::text::{CannedText, Title};

fn change(canned_reply: CannedReplyId, change: CannedReplyChange) -> CannedReplyWrite {
    CannedReplyWrite::Change { canned_reply, change }
}

fn called(shortcut: &str) -> CannedReplyChange {
    CannedReplyChange { shortcut: Shortcut::parse(shortcut).ok(), ..CannedReplyChange::default() }
}

async fn added(bed: &TestBed, tenant: &Tenant, shortcut: &str) -> CannedReply {
    let new = bed.make.canned_reply(shortcut);
    bed.write(&tenant.scope, CannedReplyWrite::Insert(new.clone())).await;
    new
}

/// Every field survives, at the ends of its range too; what was never added is not there.
pub async fn a_canned_reply_is_written_and_read_back_whole(bed: TestBed) {
    let tenant = bed.tenant().await;
    let least = bed.make.canned_reply("1");
    let most = CannedReply {
        title: Title::parse(&"\u{1f4de}".repeat(Title::MAX)).unwrap(),
        text: CannedText::parse(&"{name}\r\n\té".repeat(CannedText::MAX / 10)).unwrap(),
        revision: Revision(4_000_000_000),
        ..bed.make.canned_reply(&"வ".repeat(Shortcut::MAX))
    };
    for new in [&least, &most] {
        bed.write(&tenant.scope, CannedReplyWrite::Insert(new.clone())).await;
        assert_eq!(bed.store.canned_reply(&tenant.scope, new.id).await.unwrap().as_ref(), Some(new));
    }
    assert_eq!(bed.store.canned_replies(&tenant.scope).await.unwrap(), [least.clone(), most]);
    assert_eq!(bed.store.canned_reply(&tenant.scope, bed.make.id()).await.unwrap(), None);
    let taken = bed.refused(&tenant.scope, CannedReplyWrite::Insert(least.clone())).await;
    assert_eq!(taken, Precondition::Revision(RecordRef::CannedReply(least.id), Revision::NONE));
    let unknown = bed.make.id();
    let missing = Precondition::Revision(RecordRef::CannedReply(unknown), Revision::FIRST);
    assert_eq!(bed.refused(&tenant.scope, change(unknown, CannedReplyChange::default())).await, missing);
    assert_eq!(bed.refused(&tenant.scope, CannedReplyWrite::Remove(unknown)).await, missing);
}

/// A shortcut is taken in any spelling of its letters, in the same batch too; one that was given up is free.
pub async fn a_shortcut_belongs_to_one_canned_reply_of_an_organisation(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let other = added(&bed, &tenant, "thanks").await;
    let held = added(&bed, &tenant, "hours").await;
    let all = bed.store.canned_replies(scope).await.unwrap();
    assert_eq!(all.iter().map(|one| one.shortcut.as_str()).collect::<Vec<_>>(), ["hours", "thanks"]);
    let taken = Precondition::Revision(RecordRef::CannedReply(held.id), Revision::NONE);
    let again = || CannedReplyWrite::Insert(bed.make.canned_reply("HOURS"));
    assert_eq!(bed.refused(scope, again()).await, taken);
    assert_eq!(bed.refused(scope, change(other.id, called("Hours"))).await, taken);

    let [one, two] = ["bye", "BYE"].map(|shortcut| bed.make.canned_reply(shortcut));
    let both =
        bed.writes([CannedReplyWrite::Insert(one.clone()).into(), CannedReplyWrite::Insert(two).into()]);
    let within = Precondition::Revision(RecordRef::CannedReply(one.id), Revision::NONE);
    let refused = bed.store.commit_one(scope, both).await;
    assert!(matches!(&refused, Err(StoreError::PreconditionFailed(fact)) if **fact == within), "{refused:?}");
    assert_eq!(bed.store.canned_replies(scope).await.unwrap().len(), 2);

    bed.write(scope, change(held.id, called("HOURS"))).await;
    bed.write(scope, CannedReplyWrite::Remove(held.id)).await;
    assert_eq!(bed.store.canned_reply(scope, held.id).await.unwrap(), None);
    bed.write(scope, again()).await;
}

/// A change or removal is refused if the canned reply has changed since it was decided on.
pub async fn a_canned_reply_changes_and_goes_under_its_revision(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let mut kept = added(&bed, &tenant, "hours").await;
    let record = RecordRef::CannedReply(kept.id);
    let decided = |revision, write: CannedReplyWrite| {
        let mut batch = bed.writes([write.into()]);
        batch.require(Precondition::Revision(record, revision));
        batch
    };
    let reworded =
        CannedReplyChange { text: CannedText::parse("Closed.").ok(), ..CannedReplyChange::default() };
    bed.store.commit_one(scope, decided(Revision::FIRST, change(kept.id, reworded.clone()))).await.unwrap();
    for write in [change(kept.id, called("times")), CannedReplyWrite::Remove(kept.id)] {
        let refused = bed.store.commit_one(scope, decided(Revision::FIRST, write)).await;
        let fact = Precondition::Revision(record, Revision::FIRST);
        assert!(
            matches!(&refused, Err(StoreError::PreconditionFailed(found)) if **found == fact),
            "{refused:?}"
        );
    }
    reworded.apply(&mut kept);
    assert_eq!(bed.store.canned_replies(scope).await.unwrap(), [kept.clone()]);
    bed.store.commit_one(scope, decided(kept.revision, CannedReplyWrite::Remove(kept.id))).await.unwrap();
    assert_eq!(bed.store.canned_replies(scope).await.unwrap(), []);
    assert!(bed.holds(scope, Precondition::Revision(record, Revision::NONE)).await);
}

/// The same shortcuts are free in each organisation, and nothing of another one is read, changed or removed.
pub async fn canned_replies_of_one_organisation_are_no_others(bed: TestBed) {
    let (mine, other) = (bed.tenant().await, bed.tenant().await);
    let kept = added(&bed, &mine, "hours").await;
    let theirs = added(&bed, &other, "hours").await;
    assert_eq!(bed.store.canned_reply(&other.scope, kept.id).await.unwrap(), None);
    assert_eq!(bed.store.canned_replies(&other.scope).await.unwrap(), [theirs]);
    let missing = Precondition::Revision(RecordRef::CannedReply(kept.id), Revision::FIRST);
    for write in [change(kept.id, called("times")), CannedReplyWrite::Remove(kept.id)] {
        assert_eq!(bed.refused(&other.scope, write).await, missing);
    }
    assert!(!bed.holds(&other.scope, missing).await);
    assert_eq!(bed.store.canned_replies(&mine.scope).await.unwrap(), [kept]);
}

//! Saved views: whole, those of a member with the shared ones, changed and removed under their revision.

use chrono::NaiveDate;

use crate::call::{CallView, DurationClass};
use crate::contact::{ContactOrder, Stage};
use crate::conversation::{ConversationOrder, StateFilter};
use crate::id::{MemberId, SavedViewId};
use crate::saved_view::{
    ContactColumn, SavedCalls, SavedContacts, SavedInbox, SavedQuery, SavedView, SavedViewChange,
    SavedViewWrite, Whose,
};
use crate::store::{Precondition, RecordRef, Revision, StoreError};
use crate::testing::conformance::{Tenant, TestBed};
use crate::text::{TagName, Title};

fn change(saved_view: SavedViewId, change: SavedViewChange) -> SavedViewWrite {
    SavedViewWrite::Change { saved_view, change }
}

fn renamed(name: &str) -> SavedViewChange {
    SavedViewChange { name: Title::parse(name).ok(), ..SavedViewChange::default() }
}

async fn saved(bed: &TestBed, tenant: &Tenant, member: MemberId, name: &str, shared: bool) -> SavedView {
    let new = SavedView { shared, ..bed.make.saved_view(member, name) };
    bed.write(&tenant.scope, SavedViewWrite::Insert(new.clone())).await;
    new
}

/// Every field of every list survives, at the ends of its range too; what was never saved is not there.
pub async fn a_saved_view_is_written_and_read_back_whole(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let member: MemberId = bed.make.id();
    let tag = TagName::parse("A & B \"வ\"").ok();
    let contacts = SavedContacts {
        stage: Some(Stage::Customer),
        owner: Some(Whose::Me),
        tag: tag.clone(),
        order: ContactOrder::Newest,
        columns: Some(ContactColumn::ALL.to_vec()),
    };
    let inbox = SavedInbox {
        state: StateFilter::Snoozed,
        assignee: Some(Whose::Member(member)),
        account: Some(tenant.account.id),
        stage: Some(Stage::New),
        tag,
        unread: true,
        failed: true,
        order: ConversationOrder::Waiting,
    };
    let calls = SavedCalls {
        view: CallView::Missed,
        member: Some(member),
        disposition: Some(bed.make.id()),
        duration: Some(DurationClass::Longer),
        from: NaiveDate::from_ymd_opt(2026, 1, 31),
        to: NaiveDate::from_ymd_opt(9999, 12, 31),
    };
    let mut all = Vec::new();
    for query in [
        SavedQuery::Contacts(contacts),
        SavedQuery::Contacts(SavedContacts::default()),
        SavedQuery::Inbox(inbox),
        SavedQuery::Inbox(SavedInbox::default()),
        SavedQuery::Calls(calls),
        SavedQuery::Calls(SavedCalls::default()),
    ] {
        let new = SavedView {
            name: Title::parse(&"\u{1f4de}".repeat(Title::MAX)).unwrap(),
            shared: all.len() % 2 == 0,
            revision: Revision(4_000_000_000),
            query,
            ..bed.make.saved_view(member, "n")
        };
        bed.write(scope, SavedViewWrite::Insert(new.clone())).await;
        assert_eq!(bed.store.saved_view(scope, new.id).await.unwrap().as_ref(), Some(&new));
        all.push(new);
    }
    assert_eq!(bed.store.saved_views(scope, Some(member)).await.unwrap(), all);
    assert_eq!(bed.store.saved_view(scope, bed.make.id()).await.unwrap(), None);
    let taken = bed.refused(scope, SavedViewWrite::Insert(all[0].clone())).await;
    assert_eq!(taken, Precondition::Revision(RecordRef::SavedView(all[0].id), Revision::NONE));
    let unknown = bed.make.id();
    let missing = Precondition::Revision(RecordRef::SavedView(unknown), Revision::FIRST);
    assert_eq!(bed.refused(scope, change(unknown, SavedViewChange::default())).await, missing);
    assert_eq!(bed.refused(scope, SavedViewWrite::Remove(unknown)).await, missing);
}

/// A member sees their own and the shared ones, each once; without a member there are the shared ones alone.
pub async fn saved_views_of_a_member_come_with_the_shared_ones(bed: TestBed) {
    let tenant = bed.tenant().await;
    let [asha, ravi]: [MemberId; 2] = [bed.make.id(), bed.make.id()];
    let own = saved(&bed, &tenant, asha, "Own", false).await;
    let mut theirs = saved(&bed, &tenant, ravi, "Theirs", false).await;
    let both = saved(&bed, &tenant, asha, "Own and shared", true).await;
    let of = async |member| bed.store.saved_views(&tenant.scope, member).await.unwrap();
    assert_eq!(of(Some(asha)).await, [own.clone(), both.clone()]);
    assert_eq!(of(Some(ravi)).await, [theirs.clone(), both.clone()]);
    assert_eq!(of(None).await, std::slice::from_ref(&both));
    let share = SavedViewChange { shared: Some(true), ..SavedViewChange::default() };
    bed.write(&tenant.scope, change(theirs.id, share.clone())).await;
    share.apply(&mut theirs);
    assert_eq!(of(Some(asha)).await, [own, theirs.clone(), both.clone()]);
    assert_eq!(of(None).await, [theirs, both]);
}

/// A change or removal is refused if the view has changed since it was decided on.
pub async fn a_saved_view_changes_and_goes_under_its_revision(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let member = bed.make.id();
    let mut kept = saved(&bed, &tenant, member, "Customers", false).await;
    let record = RecordRef::SavedView(kept.id);
    let decided = |revision, write: SavedViewWrite| {
        let mut batch = bed.writes([write.into()]);
        batch.require(Precondition::Revision(record, revision));
        batch
    };
    let other = SavedViewChange {
        query: Some(SavedQuery::Contacts(SavedContacts::default())),
        ..renamed("Everybody")
    };
    bed.store.commit_one(scope, decided(Revision::FIRST, change(kept.id, other.clone()))).await.unwrap();
    for write in [change(kept.id, renamed("Late")), SavedViewWrite::Remove(kept.id)] {
        let refused = bed.store.commit_one(scope, decided(Revision::FIRST, write)).await;
        let fact = Precondition::Revision(record, Revision::FIRST);
        assert!(
            matches!(&refused, Err(StoreError::PreconditionFailed(found)) if **found == fact),
            "{refused:?}"
        );
    }
    other.apply(&mut kept);
    assert_eq!(bed.store.saved_views(scope, Some(member)).await.unwrap(), [kept.clone()]);
    bed.store.commit_one(scope, decided(kept.revision, SavedViewWrite::Remove(kept.id))).await.unwrap();
    assert_eq!(bed.store.saved_views(scope, Some(member)).await.unwrap(), []);
    assert!(bed.holds(scope, Precondition::Revision(record, Revision::NONE)).await);
}

/// Nothing of another organisation is read, changed or removed, shared or not.
pub async fn saved_views_of_one_organisation_are_no_others(bed: TestBed) {
    let (mine, other) = (bed.tenant().await, bed.tenant().await);
    let member = bed.make.id();
    let kept = saved(&bed, &mine, member, "Ours", true).await;
    let theirs = saved(&bed, &other, member, "Theirs", true).await;
    assert_eq!(bed.store.saved_view(&other.scope, kept.id).await.unwrap(), None);
    for who in [Some(member), None] {
        assert_eq!(bed.store.saved_views(&other.scope, who).await.unwrap(), std::slice::from_ref(&theirs));
    }
    let missing = Precondition::Revision(RecordRef::SavedView(kept.id), Revision::FIRST);
    for write in [change(kept.id, renamed("Taken")), SavedViewWrite::Remove(kept.id)] {
        assert_eq!(bed.refused(&other.scope, write).await, missing);
    }
    assert!(!bed.holds(&other.scope, missing).await);
    assert_eq!(bed.store.saved_views(&mine.scope, Some(member)).await.unwrap(), [kept]);
}

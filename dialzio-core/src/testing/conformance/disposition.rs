//! Dispositions: whole, in order, each name once, changed under their revision.

use crate::disposition::{Disposition, DispositionChange, DispositionWrite};
use crate::id::DispositionId;
use crate::store::{Precondition, RecordRef, Revision, StoreError};
use crate::testing::conformance::{Tenant, TestBed};
use crate::text::DispositionName;

fn name(text: &str) -> Option<DispositionName> {
    DispositionName::parse(text).ok()
}

fn change(disposition: DispositionId, change: DispositionChange) -> DispositionWrite {
    DispositionWrite::Change { disposition, change }
}

async fn added(bed: &TestBed, tenant: &Tenant, name: &str, position: u16) -> Disposition {
    let new = bed.make.disposition(name, position);
    bed.write(&tenant.scope, DispositionWrite::Insert(new.clone())).await;
    new
}

/// Every field survives, at the ends of its range too; what was never added is not there.
pub async fn a_disposition_is_written_and_read_back_whole(bed: TestBed) {
    let tenant = bed.tenant().await;
    let least = bed.make.disposition("é", 0);
    let most = Disposition {
        counts_as_reached: false,
        archived_at: Some(bed.at(7)),
        revision: Revision(4_000_000_000),
        ..bed.make.disposition(&"\u{1f4de}".repeat(DispositionName::MAX), u16::MAX)
    };
    for new in [&least, &most] {
        bed.write(&tenant.scope, DispositionWrite::Insert(new.clone())).await;
        assert_eq!(bed.store.disposition(&tenant.scope, new.id).await.unwrap().as_ref(), Some(new));
    }
    assert_eq!(bed.store.dispositions(&tenant.scope).await.unwrap(), [least.clone(), most]);
    assert_eq!(bed.store.disposition(&tenant.scope, bed.make.id()).await.unwrap(), None);
    let taken = bed.refused(&tenant.scope, DispositionWrite::Insert(least.clone())).await;
    assert_eq!(taken, Precondition::Revision(RecordRef::Disposition(least.id), Revision::NONE));
    let unknown = bed.make.id();
    let missing = bed.refused(&tenant.scope, change(unknown, DispositionChange::default())).await;
    assert_eq!(missing, Precondition::Revision(RecordRef::Disposition(unknown), Revision::FIRST));
}

/// The list is in the order of positions; of two at the same position the older one comes first.
pub async fn dispositions_come_by_position_and_then_by_age(bed: TestBed) {
    let tenant = bed.tenant().await;
    let ids = async || {
        let all = bed.store.dispositions(&tenant.scope).await.unwrap();
        all.iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(ids().await, []);
    let last = added(&bed, &tenant, "Last", 300).await;
    let older = added(&bed, &tenant, "Older", 2).await;
    let younger = added(&bed, &tenant, "Younger", 2).await;
    let first = added(&bed, &tenant, "First", 1).await;
    assert_eq!(ids().await, [first.id, older.id, younger.id, last.id]);
    let moved = DispositionChange { position: Some(0), ..DispositionChange::default() };
    bed.write(&tenant.scope, change(last.id, moved)).await;
    assert_eq!(ids().await, [last.id, first.id, older.id, younger.id]);
}

/// A name in another spelling is taken, by an archived one too, in the same batch too; one that was given up is free, and
/// a disposition may change the spelling of its own.
pub async fn a_name_belongs_to_one_disposition_of_an_organisation(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let held = added(&bed, &tenant, "Call back later", 1).await;
    let other = added(&bed, &tenant, "Interested", 2).await;
    let taken = Precondition::Revision(RecordRef::Disposition(held.id), Revision::NONE);
    let renamed = |text| DispositionChange { name: name(text), ..DispositionChange::default() };
    let again = || DispositionWrite::Insert(bed.make.disposition(" CALL  back LATER", 3));
    assert_eq!(bed.refused(scope, again()).await, taken);
    assert_eq!(bed.refused(scope, change(other.id, renamed("call back later"))).await, taken);
    let archived = DispositionChange { archived_at: Some(Some(bed.at(1))), ..DispositionChange::default() };
    bed.write(scope, change(held.id, archived)).await;
    assert_eq!(bed.refused(scope, again()).await, taken);

    let [one, two] = ["Busy", "BUSY"].map(|name| bed.make.disposition(name, 4));
    let both =
        bed.writes([DispositionWrite::Insert(one.clone()).into(), DispositionWrite::Insert(two).into()]);
    let within = Precondition::Revision(RecordRef::Disposition(one.id), Revision::NONE);
    let refused = bed.store.commit_one(scope, both).await;
    assert!(matches!(&refused, Err(StoreError::PreconditionFailed(fact)) if **fact == within), "{refused:?}");
    assert_eq!(bed.store.dispositions(scope).await.unwrap().len(), 2);

    bed.write(scope, change(held.id, renamed("CALL BACK LATER"))).await;
    bed.write(scope, change(held.id, renamed("Later"))).await;
    bed.write(scope, again()).await;
}

/// A change names what it changes, counts, and is refused if the disposition has changed since.
pub async fn a_change_names_the_revision_it_was_decided_on(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let mut kept = added(&bed, &tenant, "Interested", 1).await;
    let record = RecordRef::Disposition(kept.id);
    let decided = |revision, what: DispositionChange| {
        let mut batch = bed.writes([change(kept.id, what).into()]);
        batch.require(Precondition::Revision(record, revision));
        batch
    };
    let renamed = DispositionChange { name: name("Keen"), ..DispositionChange::default() };
    let unreached = DispositionChange { counts_as_reached: Some(false), ..DispositionChange::default() };
    let first = decided(Revision::FIRST, renamed.clone());
    let stale = decided(Revision::FIRST, unreached.clone());
    let second = decided(Revision(2), unreached.clone());
    bed.store.commit_one(scope, first).await.unwrap();
    let refused = bed.store.commit_one(scope, stale).await;
    let fact = Precondition::Revision(record, Revision::FIRST);
    assert!(matches!(&refused, Err(StoreError::PreconditionFailed(found)) if **found == fact), "{refused:?}");
    bed.store.commit_one(scope, second).await.unwrap();
    renamed.apply(&mut kept);
    unreached.apply(&mut kept);
    assert_eq!(kept.revision, Revision(3));
    assert_eq!(bed.store.disposition(scope, kept.id).await.unwrap(), Some(kept));
}

/// One that is archived is listed in its place, and can be brought back.
pub async fn an_archived_disposition_stays_and_comes_back(bed: TestBed) {
    let tenant = bed.tenant().await;
    let kept = added(&bed, &tenant, "Interested", 1).await;
    let later = added(&bed, &tenant, "No answer", 2).await;
    for archived_at in [Some(bed.at(5)), None] {
        let what = DispositionChange { archived_at: Some(archived_at), ..DispositionChange::default() };
        bed.write(&tenant.scope, change(kept.id, what)).await;
        let all = bed.store.dispositions(&tenant.scope).await.unwrap();
        assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), [kept.id, later.id]);
        assert_eq!(all[0].archived_at, archived_at);
    }
}

/// The same names are free in each organisation, and nothing of another one is read or changed.
pub async fn dispositions_of_one_organisation_are_no_others(bed: TestBed) {
    let (mine, other) = (bed.tenant().await, bed.tenant().await);
    let kept = added(&bed, &mine, "Interested", 1).await;
    let theirs = added(&bed, &other, "interested", 1).await;
    assert_eq!(bed.store.disposition(&other.scope, kept.id).await.unwrap(), None);
    assert_eq!(bed.store.dispositions(&other.scope).await.unwrap(), [theirs]);
    let moved = DispositionChange { position: Some(9), ..DispositionChange::default() };
    let refused = bed.refused(&other.scope, change(kept.id, moved)).await;
    assert_eq!(refused, Precondition::Revision(RecordRef::Disposition(kept.id), Revision::FIRST));
    assert!(
        !bed.holds(&other.scope, Precondition::Revision(RecordRef::Disposition(kept.id), Revision::FIRST))
            .await
    );
    assert_eq!(bed.store.dispositions(&mine.scope).await.unwrap(), [kept]);
}

//! Teams: whole, by id, changed and removed under their revision.

use crate::id::{MemberId, TeamId};
use crate::store::{Precondition, RecordRef, Revision, StoreError};
use crate::team::{MAX_TEAM_MEMBERS, Team, TeamChange, TeamWrite};
use crate::testing::conformance::TestBed;
use crate::text::Title;

fn change(team: TeamId, change: TeamChange) -> TeamWrite {
    TeamWrite::Change { team, change }
}

fn called(name: &str) -> TeamChange {
    TeamChange { name: Title::parse(name).ok(), ..TeamChange::default() }
}

/// Every field survives, at the ends of its range too; what was never added is not there.
pub async fn a_team_is_written_and_read_back_whole(bed: TestBed) {
    let tenant = bed.tenant().await;
    let least = bed.make.team("1", &[]);
    let mut all: Vec<MemberId> = (0..MAX_TEAM_MEMBERS).map(|_| bed.make.id()).collect();
    all.sort_unstable();
    let name = Title::parse(&"\u{1f4de}".repeat(Title::MAX)).unwrap();
    let most = Team { name, revision: Revision(4_000_000_000), ..bed.make.team("2", &all) };
    for new in [&least, &most] {
        bed.write(&tenant.scope, TeamWrite::Insert(new.clone())).await;
        assert_eq!(bed.store.team(&tenant.scope, new.id).await.unwrap().as_ref(), Some(new));
    }
    assert_eq!(bed.store.teams(&tenant.scope).await.unwrap(), [least.clone(), most]);
    assert_eq!(bed.store.team(&tenant.scope, bed.make.id()).await.unwrap(), None);
    let taken = bed.refused(&tenant.scope, TeamWrite::Insert(least.clone())).await;
    assert_eq!(taken, Precondition::Revision(RecordRef::Team(least.id), Revision::NONE));
    let unknown = bed.make.id();
    let missing = Precondition::Revision(RecordRef::Team(unknown), Revision::FIRST);
    assert_eq!(bed.refused(&tenant.scope, change(unknown, TeamChange::default())).await, missing);
    assert_eq!(bed.refused(&tenant.scope, TeamWrite::Remove(unknown)).await, missing);
}

/// A change or removal is refused if the team has changed since it was decided on.
pub async fn a_team_changes_and_goes_under_its_revision(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let mut kept = bed.make.team("Sales", &[bed.make.id()]);
    bed.write(scope, TeamWrite::Insert(kept.clone())).await;
    let record = RecordRef::Team(kept.id);
    let decided = |revision, write: TeamWrite| {
        let mut batch = bed.writes([write.into()]);
        batch.require(Precondition::Revision(record, revision));
        batch
    };
    let grown = TeamChange { members: Some(vec![bed.make.id(), bed.make.id()]), ..TeamChange::default() };
    bed.store.commit_one(scope, decided(Revision::FIRST, change(kept.id, grown.clone()))).await.unwrap();
    for write in [change(kept.id, called("Support")), TeamWrite::Remove(kept.id)] {
        let refused = bed.store.commit_one(scope, decided(Revision::FIRST, write)).await;
        let fact = Precondition::Revision(record, Revision::FIRST);
        assert!(
            matches!(&refused, Err(StoreError::PreconditionFailed(found)) if **found == fact),
            "{refused:?}"
        );
    }
    grown.apply(&mut kept);
    assert_eq!(bed.store.teams(scope).await.unwrap(), [kept.clone()]);
    bed.store.commit_one(scope, decided(kept.revision, TeamWrite::Remove(kept.id))).await.unwrap();
    assert_eq!(bed.store.teams(scope).await.unwrap(), []);
    assert!(bed.holds(scope, Precondition::Revision(record, Revision::NONE)).await);
}

/// Nothing of another organisation is read, changed or removed.
pub async fn teams_of_one_organisation_are_no_others(bed: TestBed) {
    let (mine, other) = (bed.tenant().await, bed.tenant().await);
    let kept = bed.make.team("Sales", &[bed.make.id()]);
    bed.write(&mine.scope, TeamWrite::Insert(kept.clone())).await;
    assert_eq!(bed.store.team(&other.scope, kept.id).await.unwrap(), None);
    assert_eq!(bed.store.teams(&other.scope).await.unwrap(), []);
    let missing = Precondition::Revision(RecordRef::Team(kept.id), Revision::FIRST);
    for write in [change(kept.id, called("Support")), TeamWrite::Remove(kept.id)] {
        assert_eq!(bed.refused(&other.scope, write).await, missing);
    }
    assert!(!bed.holds(&other.scope, missing).await);
    assert_eq!(bed.store.teams(&mine.scope).await.unwrap(), [kept]);
}

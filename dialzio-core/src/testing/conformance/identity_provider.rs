//! Identity providers: whole, by id, changed and removed under their revision, with what they call members.

use crate::id::IdentityProviderId;
use crate::identity_provider::{
    IdentityProvider, IdentityProviderChange, IdentityProviderWrite, Issuer, MemberIdentity,
};
use crate::store::{Precondition, RecordRef, Revision, StoreError};
use crate::testing::conformance::TestBed;
use crate::text::{ClientId, Subject, Title};

fn called(provider: IdentityProviderId, name: &str) -> IdentityProviderWrite {
    let change =
        IdentityProviderChange { name: Title::parse(name).ok(), ..IdentityProviderChange::default() };
    IdentityProviderWrite::Change { provider, change }
}

/// Every field survives, at the ends of its range too; what was never added is not there.
pub async fn an_identity_provider_is_written_and_read_back_whole(bed: TestBed) {
    let tenant = bed.tenant().await;
    let least = bed.make.identity_provider("1");
    let most = IdentityProvider {
        name: Title::parse(&"\u{1f511}".repeat(Title::MAX)).unwrap(),
        issuer: Issuer::parse(&format!("https://login.example.com/{}", "a".repeat(470))).unwrap(),
        client_id: ClientId::parse(&"é".repeat(ClientId::MAX)).unwrap(),
        client_secret: crate::account::Sealed::from_bytes((0..=255).collect()),
        revision: Revision(4_000_000_000),
        ..bed.make.identity_provider("2")
    };
    for new in [&least, &most] {
        bed.write(&tenant.scope, IdentityProviderWrite::Insert(new.clone())).await;
        let found = bed.store.identity_provider(&tenant.scope, new.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(new));
    }
    assert_eq!(bed.store.identity_providers(&tenant.scope).await.unwrap(), [least.clone(), most]);
    assert_eq!(bed.store.identity_provider(&tenant.scope, bed.make.id()).await.unwrap(), None);
    let taken = bed.refused(&tenant.scope, IdentityProviderWrite::Insert(least.clone())).await;
    assert_eq!(taken, Precondition::Revision(RecordRef::IdentityProvider(least.id), Revision::NONE));
    let unknown = bed.make.id();
    let missing = Precondition::Revision(RecordRef::IdentityProvider(unknown), Revision::FIRST);
    assert_eq!(bed.refused(&tenant.scope, called(unknown, "No")).await, missing);
    assert_eq!(bed.refused(&tenant.scope, IdentityProviderWrite::Remove(unknown)).await, missing);
}

/// A change or removal is refused if the identity provider has changed since it was decided on.
pub async fn an_identity_provider_changes_and_goes_under_its_revision(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let mut kept = bed.make.identity_provider("Work");
    bed.write(scope, IdentityProviderWrite::Insert(kept.clone())).await;
    let record = RecordRef::IdentityProvider(kept.id);
    let decided = |revision, write: IdentityProviderWrite| {
        let mut batch = bed.writes([write.into()]);
        batch.require(Precondition::Revision(record, revision));
        batch
    };
    let change = IdentityProviderChange {
        issuer: Issuer::parse("https://id.example.com/tenant/").ok(),
        client_id: ClientId::parse("another").ok(),
        client_secret: Some(crate::account::Sealed::from_bytes(vec![2; 91])),
        ..IdentityProviderChange::default()
    };
    let write = IdentityProviderWrite::Change { provider: kept.id, change: change.clone() };
    bed.store.commit_one(scope, decided(Revision::FIRST, write)).await.unwrap();
    for write in [called(kept.id, "Late"), IdentityProviderWrite::Remove(kept.id)] {
        let refused = bed.store.commit_one(scope, decided(Revision::FIRST, write)).await;
        let fact = Precondition::Revision(record, Revision::FIRST);
        assert!(
            matches!(&refused, Err(StoreError::PreconditionFailed(found)) if **found == fact),
            "{refused:?}"
        );
    }
    change.apply(&mut kept);
    assert_eq!(bed.store.identity_providers(scope).await.unwrap(), [kept.clone()]);
    let remove = IdentityProviderWrite::Remove(kept.id);
    bed.store.commit_one(scope, decided(kept.revision, remove)).await.unwrap();
    assert_eq!(bed.store.identity_providers(scope).await.unwrap(), []);
    assert!(bed.holds(scope, Precondition::Revision(record, Revision::NONE)).await);
}

/// A name at a provider belongs to one member, compared byte by byte; it goes with the provider, and when the provider becomes
/// another one.
pub async fn what_a_provider_calls_members_is_kept_as_long_as_the_provider(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let [work, other] = ["Work", "Other"].map(|name| bed.make.identity_provider(name));
    for provider in [&work, &other] {
        bed.write(scope, IdentityProviderWrite::Insert(provider.clone())).await;
    }
    let (asha, ben) = (bed.make.id(), bed.make.id());
    let longest = "é".repeat(Subject::MAX);
    let link = async |identity: &MemberIdentity| {
        bed.write(scope, IdentityProviderWrite::Link(identity.clone())).await;
    };
    let at = async |provider: &IdentityProvider, subject: &str| {
        let subject = Subject::parse(subject).unwrap();
        bed.store.member_identity(scope, provider.id, &subject).await.unwrap()
    };
    let all = [
        bed.make.member_identity(work.id, "Asha", asha),
        bed.make.member_identity(work.id, "asha", ben),
        bed.make.member_identity(work.id, &longest, ben),
        bed.make.member_identity(other.id, "Asha", ben),
    ];
    for identity in &all {
        link(identity).await;
    }
    for identity in &all {
        let provider = if identity.provider == work.id { &work } else { &other };
        assert_eq!(at(provider, identity.subject.reveal()).await.as_ref(), Some(identity));
    }
    assert_eq!(at(&other, "asha").await, None);
    let again = MemberIdentity { member: ben, ..all[0].clone() };
    link(&again).await;
    assert_eq!(at(&work, "Asha").await, Some(again));
    bed.write(scope, IdentityProviderWrite::Unlink(work.id)).await;
    assert_eq!((at(&work, "Asha").await, at(&work, &longest).await), (None, None));
    assert_eq!(at(&other, "Asha").await.as_ref(), Some(&all[3]));
    bed.write(scope, IdentityProviderWrite::Remove(other.id)).await;
    assert_eq!(at(&other, "Asha").await, None);
}

/// Nothing of another organisation is read, changed or removed.
pub async fn identity_providers_of_one_organisation_are_no_others(bed: TestBed) {
    let (mine, other) = (bed.tenant().await, bed.tenant().await);
    let kept = bed.make.identity_provider("Work");
    bed.write(&mine.scope, IdentityProviderWrite::Insert(kept.clone())).await;
    let identity = bed.make.member_identity(kept.id, "asha", bed.make.id());
    bed.write(&mine.scope, IdentityProviderWrite::Link(identity.clone())).await;
    assert_eq!(bed.store.identity_provider(&other.scope, kept.id).await.unwrap(), None);
    assert_eq!(bed.store.identity_providers(&other.scope).await.unwrap(), []);
    assert_eq!(bed.store.member_identity(&other.scope, kept.id, &identity.subject).await.unwrap(), None);
    let missing = Precondition::Revision(RecordRef::IdentityProvider(kept.id), Revision::FIRST);
    for write in [called(kept.id, "Theirs"), IdentityProviderWrite::Remove(kept.id)] {
        assert_eq!(bed.refused(&other.scope, write).await, missing);
    }
    bed.write(&other.scope, IdentityProviderWrite::Unlink(kept.id)).await;
    assert!(!bed.holds(&other.scope, missing).await);
    let found = bed.store.member_identity(&mine.scope, kept.id, &identity.subject).await.unwrap();
    assert_eq!(found, Some(identity));
    assert_eq!(bed.store.identity_providers(&mine.scope).await.unwrap(), [kept]);
}

//! The people of an organisation: their sessions, when they were last here, and who is invited.

use chrono::TimeDelta;

use crate::access::{AccessWrite, Browser, MemberChange, MemberState, Session, SignIn};
use crate::id::{OrgId, UserId};
use crate::scope::Role;
use crate::store::SystemWrite;
use crate::testing::conformance::TestBed;

async fn begin(bed: &TestBed, user: UserId, org: OrgId, seen: i64, browser: Option<Browser>) -> Session {
    let session = Session { seen_at: bed.at(seen), browser, ..bed.make.session(user, org) };
    bed.commit_system(SystemWrite::Session(session.clone())).await.unwrap();
    session
}

/// A user's sessions are listed with their browser, by hash, and without those that have run out. All end
/// but the one that is kept, or all of one organisation.
pub async fn sessions_are_listed_and_ended_but_for_one(bed: TestBed) {
    let (org, elsewhere) = (bed.tenant().await.org.id, bed.tenant().await.org.id);
    let [user, other] = ["asha@shop.example", "ben@shop.example"].map(|email| bed.make.user(email));
    for user in [&user, &other] {
        bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    }
    let first = begin(&bed, user.id, org, 10, Some(Browser::Safari)).await;
    let second = begin(&bed, user.id, org, 30, None).await;
    let third = begin(&bed, user.id, elsewhere, 20, Some(Browser::Edge)).await;
    let foreign = begin(&bed, other.id, org, 40, Some(Browser::Chrome)).await;
    let listed = async |user| bed.store.sessions_of(&bed.system, user, bed.now()).await.unwrap();
    let mut all = vec![first.clone(), second.clone(), third.clone()];
    all.sort_by_key(|session| session.hash);
    assert_eq!(listed(user.id).await, all);
    let late = first.expires_at + TimeDelta::seconds(1);
    assert!(bed.store.sessions_of(&bed.system, user.id, late).await.unwrap().is_empty(), "run out");

    let ends = |org, keep| SystemWrite::EndSessions { user: user.id, org, keep };
    bed.commit_system(ends(Some(org), Some(first.hash))).await.unwrap();
    all.retain(|session| session.hash != second.hash);
    assert_eq!(listed(user.id).await, all);
    bed.commit_system(ends(Some(org), None)).await.unwrap();
    assert_eq!(listed(user.id).await, std::slice::from_ref(&third));
    let last = begin(&bed, user.id, org, 50, None).await;
    bed.commit_system(ends(None, Some(last.hash))).await.unwrap();
    assert_eq!(listed(user.id).await, [last]);
    bed.commit_system(ends(None, None)).await.unwrap();
    assert!(listed(user.id).await.is_empty());
    assert_eq!(listed(other.id).await, [foreign]);
}

/// The use of a session counts as the last use of its user in its organisation and in no other, and never goes back.
pub async fn last_use_is_of_a_member_in_one_organisation(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let member = bed.make.member(user.id, Role::Agent);
    bed.write(&tenant.scope, AccessWrite::InsertMember(member.clone())).await;
    bed.write(&other.scope, AccessWrite::InsertMember(bed.make.member(user.id, Role::Agent))).await;
    let seen = async |org: OrgId| {
        let found = bed.store.colleagues(&bed.system, org).await.unwrap();
        let [one] = found.as_slice() else { panic!("one colleague: {found:?}") };
        assert_eq!(one.email, user.email);
        (one.member, one.seen_at)
    };
    assert_eq!(seen(tenant.org.id).await, (member.id, None));
    let session = begin(&bed, user.id, tenant.org.id, 0, None).await;
    for (at, last) in [(120, 120), (60, 120), (180, 180)] {
        bed.commit_system(SystemWrite::SessionSeen(session.hash, bed.at(at))).await.unwrap();
        assert_eq!(seen(tenant.org.id).await, (member.id, Some(bed.at(last))));
    }
    assert_eq!(seen(other.org.id).await.1, None);
    bed.commit_system(SystemWrite::SessionSeen(bed.make.token(), bed.at(500))).await.unwrap();
    assert_eq!(seen(tenant.org.id).await.1, Some(bed.at(180)), "a session that is not there");
}

/// Invitations are listed by organisation, oldest first, while they can be accepted.
pub async fn invitations_into_an_organisation_are_listed_oldest_first(bed: TestBed) {
    let (org, other) = (bed.tenant().await.org.id, bed.tenant().await.org.id);
    let mut newer = bed.make.invitation(org, "chloe@shop.example");
    newer.created_at = bed.at(60);
    newer.expires_at = bed.at(60) + TimeDelta::days(3);
    let mut open = bed.make.invitation(org, "ben@shop.example");
    open.email = None;
    let foreign = bed.make.invitation(other, "dara@shop.example");
    for invitation in [&newer, &open, &foreign] {
        bed.commit_system(SystemWrite::Invitation(invitation.clone())).await.unwrap();
    }
    let listed = async |org, now| bed.store.invitations_into(&bed.system, org, now).await.unwrap();
    assert_eq!(listed(org, bed.now()).await, [open.clone(), newer.clone()]);
    assert_eq!(listed(other, bed.now()).await, [foreign]);
    assert_eq!(listed(org, open.expires_at + TimeDelta::seconds(1)).await, [newer.clone()]);
    bed.commit_system(SystemWrite::UseInvitation(open.hash)).await.unwrap();
    assert_eq!(listed(org, bed.now()).await, [newer]);
}

/// A disabled member is not found as one who may come in, and is known by address still; once active again, the same
/// member comes in.
pub async fn a_membership_that_is_disabled_stays_and_lets_nobody_in(bed: TestBed) {
    let tenant = bed.tenant().await;
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let member = bed.make.member(user.id, Role::Agent);
    bed.write(&tenant.scope, AccessWrite::InsertMember(member.clone())).await;
    let becomes = |state| {
        let change = MemberChange { state: Some(state), ..MemberChange::default() };
        AccessWrite::ChangeMember { member: member.id, change }
    };
    let known = async || {
        let colleagues = bed.store.colleagues(&bed.system, tenant.org.id).await.unwrap();
        assert_eq!(colleagues.len(), 1);
        assert_eq!((colleagues[0].member, &colleagues[0].email), (member.id, &user.email));
        bed.store.organisations_of(&bed.system, user.id).await.unwrap()
    };
    bed.write(&tenant.scope, becomes(MemberState::Disabled)).await;
    assert!(known().await.is_empty());
    let session = begin(&bed, user.id, tenant.org.id, 0, None).await;
    let owner = async || bed.store.credential_owner(&bed.system, &session.hash, bed.now()).await.unwrap();
    assert!(owner().await.is_none());
    bed.write(&tenant.scope, becomes(MemberState::Active)).await;
    assert_eq!(known().await, [tenant.org.id]);
    let Some(SignIn::Session(_, who)) = owner().await else { panic!("active again") };
    assert_eq!(who.id, member.id);
}

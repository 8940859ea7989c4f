//! The people of an organisation: their sessions, when they were last here, and who is invited.

use chrono::TimeDelta;

use crate::access::{
    AccessWrite, AddressList, ApiKey, ApiKeyChange, Browser, FailedAttempts, KeyUse, MemberChange,
    MemberState, OrgChange, Passkey, PasskeyChange, SecondFactorChange, Session, SignIn, Standing,
};
use crate::id::{OrgId, UserId};
use crate::scope::Role;
use crate::store::{Revision, StoreError, SystemWrite};
use crate::testing::conformance::TestBed;
use crate::text::Title;

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
    let orgs = async || bed.store.organisations_of(&bed.system, user.id).await.unwrap();
    assert_eq!(orgs().await, [tenant.org.id, other.org.id], "the one used last first");
    let session = begin(&bed, user.id, other.org.id, 0, None).await;
    bed.commit_system(SystemWrite::SessionSeen(session.hash, bed.at(240))).await.unwrap();
    assert_eq!(orgs().await, [other.org.id, tenant.org.id]);
}

/// The last use of a key is known where the key is, never goes back, and is no change of the key.
pub async fn the_last_use_of_a_key_is_kept_apart_from_the_key(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let (key, unused, foreign) = (bed.make.api_key(), bed.make.api_key(), bed.make.api_key());
    for (scope, key) in [(&tenant.scope, &key), (&tenant.scope, &unused), (&other.scope, &foreign)] {
        bed.write(scope, AccessWrite::InsertApiKey(key.clone())).await;
    }
    let uses = async |org: OrgId| bed.store.key_uses(&bed.system, org).await.unwrap();
    let owner = async |key: &ApiKey| {
        let found = bed.store.credential_owner(&bed.system, &key.hash, bed.now()).await.unwrap();
        let Some(SignIn::Key(_, found, used)) = found else { panic!("the key is good") };
        assert_eq!(&found, key, "a use changes nothing of the key");
        used
    };
    assert_eq!((uses(tenant.org.id).await, owner(&key).await), (vec![], None));
    let use_of = |key: &ApiKey, at, network: Option<&str>| {
        let network = network.map(|text| text.parse().unwrap());
        KeyUse { key: key.id, at: bed.at(at), network }
    };
    let first = use_of(&key, 60, Some("192.0.2.0/24"));
    let later = use_of(&key, 120, None);
    let newest = use_of(&key, 180, Some("2001:db8:7::/48"));
    let earlier = use_of(&key, 0, Some("203.0.113.0/24"));
    for (used, kept) in [(first, first), (earlier, first), (later, later), (newest, newest), (later, newest)]
    {
        bed.commit_system(SystemWrite::KeyUsed(tenant.org.id, used)).await.unwrap();
        assert_eq!((uses(tenant.org.id).await, owner(&key).await), (vec![kept], Some(kept.at)));
    }
    assert_eq!((uses(other.org.id).await, owner(&foreign).await, owner(&unused).await), (vec![], None, None));
    let theirs = use_of(&foreign, 30, None);
    bed.commit_system(SystemWrite::KeyUsed(other.org.id, theirs)).await.unwrap();
    assert_eq!((uses(tenant.org.id).await, uses(other.org.id).await), (vec![newest], vec![theirs]));
}

/// The addresses that a key may be used from come back as they were written, and change without anything else of the key.
pub async fn addresses_of_a_key_change_by_themselves(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (mut key, other) = (bed.make.api_key(), bed.make.api_key());
    for each in [&key, &other] {
        bed.write(&tenant.scope, AccessWrite::InsertApiKey(each.clone())).await;
    }
    let lists: [&[&str]; 3] = [&["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"], &[], &["::1"]];
    for (list, revision) in lists.into_iter().zip(2..) {
        let allowed_from = AddressList::parse(list).unwrap();
        let change = ApiKeyChange { allowed_from: Some(allowed_from.clone()), ..ApiKeyChange::default() };
        bed.write(&tenant.scope, AccessWrite::ChangeApiKey { key: key.id, change }).await;
        key = ApiKey { allowed_from, revision: Revision(revision), ..key };
        assert_eq!(bed.store.api_key(&tenant.scope, key.id).await.unwrap().as_ref(), Some(&key));
        let found = bed.store.credential_owner(&bed.system, &key.hash, bed.now()).await.unwrap();
        let is_this = matches!(&found, Some(SignIn::Key(_, found, _)) if *found == key);
        assert!(is_this, "who signs in with it: {found:?}");
    }
    assert_eq!(bed.store.api_key(&tenant.scope, other.id).await.unwrap(), Some(other));
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
    let Some(SignIn::Session(_, who, _)) = owner().await else { panic!("active again") };
    assert_eq!(who.id, member.id);
}

/// A second factor is kept as it was written, changes under its revision alone, and is gone for good. One that is on is not
/// replaced by another; one that was never confirmed is.
pub async fn a_second_factor_changes_under_its_revision_and_is_not_replaced(bed: TestBed) {
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let kept = async || bed.store.second_factor(&bed.system, user.id).await.unwrap();
    let refused = async |write| {
        let answer = bed.commit_system(write).await;
        assert!(matches!(answer, Err(StoreError::PreconditionFailed(_))), "{answer:?}");
    };
    assert_eq!(kept().await, None);
    bed.commit_system(SystemWrite::InsertSecondFactor(bed.make.second_factor(user.id))).await.unwrap();
    let mut factor = bed.make.second_factor(user.id);
    factor.secret = crate::account::Sealed::from_bytes(vec![7; 90]);
    bed.commit_system(SystemWrite::InsertSecondFactor(factor.clone())).await.unwrap();
    assert_eq!(kept().await, Some(factor.clone()), "the newer secret, while neither was confirmed");

    let change = SecondFactorChange {
        confirmed_at: Some(Some(bed.at(60))),
        last_step: Some(59_000_000),
        recovery: Some(vec![bed.make.token(), bed.make.token()]),
    };
    let changes =
        |revision| SystemWrite::ChangeSecondFactor { user: user.id, revision, change: change.clone() };
    bed.commit_system(changes(factor.revision)).await.unwrap();
    refused(changes(factor.revision)).await;
    change.apply(&mut factor);
    assert_eq!(kept().await, Some(factor.clone()));
    refused(SystemWrite::InsertSecondFactor(bed.make.second_factor(user.id))).await;
    refused(SystemWrite::EndSecondFactor { user: user.id, revision: Revision::FIRST }).await;
    assert_eq!(kept().await, Some(factor.clone()));

    bed.commit_system(SystemWrite::EndSecondFactor { user: user.id, revision: factor.revision })
        .await
        .unwrap();
    assert_eq!(kept().await, None);
    refused(changes(factor.revision)).await;
    refused(SystemWrite::EndSecondFactor { user: user.id, revision: factor.revision }).await;
}

/// A passkey is found by its user and by what its device calls it, which is there once; it changes under its revision alone
/// and is gone for good. Passkeys of a user are listed oldest first.
pub async fn a_passkey_is_found_by_its_device_and_changes_under_its_revision(bed: TestBed) {
    let users = ["asha@shop.example", "ben@shop.example"].map(|email| bed.make.user(email));
    for user in &users {
        bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    }
    let refused = async |write| {
        let answer = bed.commit_system(write).await;
        assert!(matches!(answer, Err(StoreError::PreconditionFailed(_))), "{answer:?}");
    };
    let mut newer = bed.make.passkey(users[0].id);
    newer.created_at = bed.at(60);
    let (mut older, other) = (bed.make.passkey(users[0].id), bed.make.passkey(users[1].id));
    for passkey in [&newer, &older, &other] {
        bed.commit_system(SystemWrite::InsertPasskey(passkey.clone())).await.unwrap();
    }
    let of = async |user| bed.store.passkeys(&bed.system, user).await.unwrap();
    let at = async |bytes: &[u8]| bed.store.passkey(&bed.system, bytes).await.unwrap();
    assert_eq!(of(users[0].id).await, [older.clone(), newer.clone()]);
    assert_eq!(at(&other.credential).await, Some(other.clone()));
    assert_eq!(at(&other.credential[..other.credential.len() - 1]).await, None);
    refused(SystemWrite::InsertPasskey(older.clone())).await;
    let same = bed.make.passkey(users[1].id);
    refused(SystemWrite::InsertPasskey(Passkey { credential: older.credential.clone(), ..same })).await;

    let change = PasskeyChange {
        name: Some(Title::parse("Work phone").unwrap()),
        counters: Some([1, 2, 9, 0, 0, 0, 2]),
        used_at: Some(Some(bed.at(90))),
    };
    let changes =
        |revision| SystemWrite::ChangePasskey { passkey: older.id, revision, change: change.clone() };
    bed.commit_system(changes(older.revision)).await.unwrap();
    refused(changes(older.revision)).await;
    let gone = SystemWrite::EndPasskey(older.id);
    change.apply(&mut older);
    assert_eq!(of(users[0].id).await, [older.clone(), newer.clone()]);

    bed.commit_system(gone.clone()).await.unwrap();
    refused(gone).await;
    assert_eq!((of(users[0].id).await, at(&older.credential).await), (vec![newer], None));
    assert_eq!(of(users[1].id).await, [other]);
}

/// A token of a user is used once and in time, alone or with the others of its user, and is swept when it has ended. It is
/// no session.
pub async fn a_token_of_a_user_is_used_once_and_in_time(bed: TestBed) {
    let users = ["asha@shop.example", "ben@shop.example"].map(|email| bed.make.user(email));
    for user in &users {
        bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    }
    let [first, second, late] = [(); 3].map(|()| bed.make.user_token(users[0].id));
    let other = bed.make.user_token(users[1].id);
    for token in [&first, &second, &late, &other] {
        bed.commit_system(SystemWrite::UserToken(token.clone())).await.unwrap();
    }
    let kept = async |hash| bed.store.user_token(&bed.system, hash, bed.now()).await.unwrap();
    assert_eq!(kept(&first.hash).await, Some(first.clone()));
    let twice = bed.commit_system(SystemWrite::UserToken(first.clone())).await;
    assert!(matches!(twice, Err(StoreError::PreconditionFailed(_))), "{twice:?}");
    assert!(bed.store.credential_owner(&bed.system, &first.hash, bed.now()).await.unwrap().is_none());
    bed.commit_system(SystemWrite::UseUserToken(first.hash)).await.unwrap();
    assert_eq!(kept(&first.hash).await, None);
    let again = bed.commit_system(SystemWrite::UseUserToken(first.hash)).await;
    assert!(matches!(again, Err(StoreError::PreconditionFailed(_))), "{again:?}");

    bed.commit_system(SystemWrite::EndUserTokens(users[0].id)).await.unwrap();
    assert_eq!((kept(&second.hash).await, kept(&late.hash).await), (None, None));
    assert_eq!(kept(&other.hash).await, Some(other.clone()));
    let end = other.expires_at + TimeDelta::seconds(1);
    assert!(bed.store.user_token(&bed.system, &other.hash, end).await.unwrap().is_none());
    bed.commit_system(SystemWrite::Sweep(crate::testing::confirmed(end))).await.unwrap();
    assert_eq!(kept(&other.hash).await, None, "swept");
}

/// A session says that its user lacks the second factor that the organisation requires, until they have one that is
/// confirmed. Colleagues are listed with whether they have one.
pub async fn a_session_says_who_lacks_a_second_factor_that_is_required(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let mut sessions = Vec::new();
    for tenant in [&tenant, &other] {
        bed.write(&tenant.scope, AccessWrite::InsertMember(bed.make.member(user.id, Role::Agent))).await;
        sessions.push(begin(&bed, user.id, tenant.org.id, 0, None).await);
    }
    let standing = async |place: usize| {
        let found = bed.store.credential_owner(&bed.system, &sessions[place].hash, bed.now()).await.unwrap();
        let Some(SignIn::Session(_, _, terms)) = found else { panic!("the session is good") };
        terms.standing
    };
    assert_eq!(standing(0).await, Standing::Complete);
    let change = OrgChange { requires_second_factor: Some(true), ..OrgChange::default() };
    bed.write(&tenant.scope, AccessWrite::ChangeOrg(change)).await;
    assert!(bed.store.org(&tenant.scope).await.unwrap().unwrap().requires_second_factor);
    assert_eq!((standing(0).await, standing(1).await), (Standing::LacksSecondFactor, Standing::Complete));
    let has = async || {
        let found = bed.store.colleagues(&bed.system, tenant.org.id).await.unwrap();
        found.iter().map(|one| one.has_second_factor).collect::<Vec<_>>()
    };
    let factor = bed.make.second_factor(user.id);
    bed.commit_system(SystemWrite::InsertSecondFactor(factor.clone())).await.unwrap();
    assert_eq!(
        (standing(0).await, has().await),
        (Standing::LacksSecondFactor, vec![false]),
        "not confirmed yet"
    );
    let change = SecondFactorChange { confirmed_at: Some(Some(bed.now())), ..SecondFactorChange::default() };
    let confirm = SystemWrite::ChangeSecondFactor { user: user.id, revision: factor.revision, change };
    bed.commit_system(confirm).await.unwrap();
    assert_eq!((standing(0).await, has().await), (Standing::Complete, vec![true]));
}

/// A session says whether agents see numbers masked where it is, and nowhere else.
pub async fn a_session_says_whether_agents_see_numbers_masked(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let mut sessions = Vec::new();
    for tenant in [&tenant, &other] {
        bed.write(&tenant.scope, AccessWrite::InsertMember(bed.make.member(user.id, Role::Agent))).await;
        sessions.push(begin(&bed, user.id, tenant.org.id, 0, None).await);
    }
    let masked = async || {
        let mut masked = Vec::new();
        for session in &sessions {
            let found = bed.store.credential_owner(&bed.system, &session.hash, bed.now()).await.unwrap();
            let Some(SignIn::Session(_, _, terms)) = found else { panic!("the session is good") };
            masked.push(terms.agents_see_masked);
        }
        masked
    };
    assert_eq!(masked().await, [false, false]);
    let change = OrgChange { agents_see_masked: Some(true), ..OrgChange::default() };
    bed.write(&tenant.scope, AccessWrite::ChangeOrg(change)).await;
    assert_eq!(masked().await, [true, false]);
    assert!(bed.store.org(&tenant.scope).await.unwrap().unwrap().agents_see_masked);
}

/// Failed attempts are counted in their place under the revision that was seen: of two that were decided on the same state
/// one is refused, and with it what came along. Buckets are apart. What was not counted on for an hour is swept.
pub async fn failed_attempts_are_counted_under_their_revision(bed: TestBed) {
    let row = |bucket, slot| FailedAttempts {
        bucket,
        slot,
        key: bed.make.token(),
        failures: 1,
        since: bed.now(),
        shut_until: None,
        last: bed.now(),
        revision: Revision::FIRST,
    };
    let kept = async |bucket| bed.store.failed_attempts(&bed.system, bucket).await.unwrap();
    let write = async |rows: &[&FailedAttempts]| {
        let writes = rows.iter().map(|row| SystemWrite::FailedAttempts((*row).clone())).collect();
        bed.store.commit_system(&bed.system, writes, None).await
    };
    let (mut first, second, other) = (row(7, 3), row(7, 0), row(8, 3));
    write(&[&second, &first]).await.unwrap();
    write(&[&other]).await.unwrap();
    assert_eq!(kept(7).await, [second.clone(), first.clone()]);
    assert_eq!(kept(8).await, std::slice::from_ref(&other));
    assert!(kept(4_095).await.is_empty());

    first.failures = 5;
    first.shut_until = Some(bed.at(60));
    first.revision = Revision(2);
    write(&[&first]).await.unwrap();
    let late = FailedAttempts { failures: 9, ..first.clone() };
    let beside = FailedAttempts { revision: Revision(2), ..other.clone() };
    let answer = write(&[&beside, &late]).await;
    assert!(matches!(answer, Err(StoreError::PreconditionFailed(_))), "{answer:?}");
    assert_eq!(kept(8).await, std::slice::from_ref(&other), "what came along");
    let moved = FailedAttempts { key: bed.make.token(), revision: Revision(2), ..second };
    write(&[&moved]).await.unwrap();
    assert_eq!(kept(7).await, [moved, first], "another key in the place");
    let hour = bed.now() + TimeDelta::minutes(61);
    bed.commit_system(SystemWrite::Sweep(crate::testing::confirmed(hour))).await.unwrap();
    assert!(kept(7).await.is_empty() && kept(8).await.is_empty());
}

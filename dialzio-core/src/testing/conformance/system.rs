//! The system tables: who comes in, and where webhooks lead.

use chrono::TimeDelta;
use secrecy::ExposeSecret;

use crate::access::{AccessWrite, ApiKeyChange, MemberChange, MemberState, SignIn, TokenHash, UserChange};
use crate::account::{AccountChange, AccountState, AccountWrite, AppChange, KeyCheck, ProviderAccount};
use crate::contact::ContactWrite;
use crate::effect::Work;
use crate::id::{AppId, OrgId, TypedId};
use crate::ledger::ChainHash;
use crate::operator::{OperatorAction, OperatorEntry};
use crate::page::PageRequest;
use crate::provider::AccountRef;
use crate::scope::Role;
use crate::store::{EffectWrite, Expect, StoreError, SystemWrite, UserKey};
use crate::testing::confirmed;
use crate::testing::conformance::{Bench, House};
use crate::text::{EmailAddress, Title};

async fn owner(bench: &Bench, token: &TokenHash) -> Option<SignIn> {
    bench.store.credential_owner(&bench.system, token, bench.now()).await.unwrap()
}

/// An account's change to another state.
fn moved(account: &ProviderAccount, state: AccountState) -> AccountWrite {
    let change = Box::new(AccountChange { state: Some(state), ..AccountChange::default() });
    AccountWrite::Change { account: account.id, change }
}

/// A user is found by id and by address without regard to case, and by the new one once it has changed.
pub async fn a_user_is_found_by_id_and_by_address(bench: Bench) {
    let user = bench.make.user("Asha@Shop.example");
    bench.enact(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let address = EmailAddress::parse("asha@shop.EXAMPLE").unwrap();
    for key in [UserKey::Id(user.id), UserKey::Email(&address)] {
        let found = bench.store.user(&bench.system, key).await.unwrap().expect("the user");
        assert_eq!((found.id, &found.email, found.created_at), (user.id, &user.email, user.created_at));
        assert_eq!(found.password.expose_secret(), user.password.expose_secret());
    }
    let change = UserChange {
        password: Some("$argon2id$other".to_owned().into()),
        email: EmailAddress::parse("asha@new.example").ok(),
    };
    bench.enact(SystemWrite::ChangeUser { user: user.id, revision: user.revision, change }).await.unwrap();
    assert!(bench.store.user(&bench.system, UserKey::Email(&address)).await.unwrap().is_none());
    let found = bench.store.user(&bench.system, UserKey::Id(user.id)).await.unwrap().unwrap();
    assert_eq!(found.password.expose_secret(), "$argon2id$other");
    assert!(bench.store.user(&bench.system, UserKey::Id(bench.make.id())).await.unwrap().is_none());
}

/// Two users cannot sign in with one address, in whatever case: the second is refused.
pub async fn an_address_signs_in_one_user(bench: Bench) {
    let (first, second) = (bench.make.user("asha@shop.example"), bench.make.user("ASHA@shop.example"));
    bench.enact(SystemWrite::InsertUser(first.clone())).await.unwrap();
    assert!(bench.enact(SystemWrite::InsertUser(second)).await.is_err());
    let found = bench.store.user(&bench.system, UserKey::Email(&first.email)).await.unwrap().unwrap();
    assert_eq!(found.id, first.id);
}

/// A session lets an active member in until it ends, is ended, or the member is disabled.
pub async fn a_session_ends_in_every_way(bench: Bench) {
    let house = bench.house().await;
    let user = bench.make.user("asha@shop.example");
    bench.enact(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let member = bench.make.member(user.id, Role::Agent);
    bench.write(&house.scope, AccessWrite::InsertMember(member.clone())).await;
    let [first, second, third] = [(); 3].map(|()| bench.make.session(user.id, house.org.id));
    for session in [&first, &second, &third] {
        bench.enact(SystemWrite::Session(session.clone())).await.unwrap();
    }
    let Some(SignIn::Session(session, who)) = owner(&bench, &first.hash).await else {
        panic!("the session is good")
    };
    assert_eq!((session, who), (first.clone(), member.clone()));
    assert!(owner(&bench, &bench.make.token()).await.is_none());

    bench.enact(SystemWrite::SessionSeen(first.hash, bench.at(120))).await.unwrap();
    let Some(SignIn::Session(session, _)) = owner(&bench, &first.hash).await else { panic!("still good") };
    assert_eq!(session.seen_at, bench.at(120));
    bench.enact(SystemWrite::EndSession(first.hash)).await.unwrap();
    assert!(owner(&bench, &first.hash).await.is_none());
    assert!(owner(&bench, &second.hash).await.is_some());

    let becomes = |state| {
        let change = MemberChange { state: Some(state), ..MemberChange::default() };
        AccessWrite::ChangeMember { member: member.id, change }
    };
    bench.write(&house.scope, becomes(MemberState::Disabled)).await;
    assert!(owner(&bench, &second.hash).await.is_none(), "disabled");
    bench.write(&house.scope, becomes(MemberState::Active)).await;
    assert!(owner(&bench, &second.hash).await.is_some());
    bench.enact(SystemWrite::EndSessions(user.id)).await.unwrap();
    assert!(owner(&bench, &second.hash).await.is_none() && owner(&bench, &third.hash).await.is_none());

    let last = bench.make.session(user.id, house.org.id);
    bench.enact(SystemWrite::Session(last.clone())).await.unwrap();
    bench.clock.set(last.expires_at - TimeDelta::seconds(1));
    assert!(owner(&bench, &last.hash).await.is_some());
    bench.clock.set(last.expires_at + TimeDelta::seconds(1));
    assert!(owner(&bench, &last.hash).await.is_none(), "run out, before any sweep");
}

/// A session for an organisation its user does not work in lets nobody in.
pub async fn a_session_needs_membership_in_its_organisation(bench: Bench) {
    let (house, other) = (bench.house().await, bench.house().await);
    let user = bench.make.user("asha@shop.example");
    bench.enact(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let member = bench.make.member(user.id, Role::Owner);
    bench.write(&house.scope, AccessWrite::InsertMember(member)).await;
    let session = bench.make.session(user.id, other.org.id);
    bench.enact(SystemWrite::Session(session.clone())).await.unwrap();
    assert!(owner(&bench, &session.hash).await.is_none());
}

/// A key lets a program in until it ends or is revoked.
pub async fn a_revoked_key_is_not_found(bench: Bench) {
    let house = bench.house().await;
    let [mut key, other] = [(); 2].map(|()| bench.make.api_key());
    for each in [&key, &other] {
        bench.write(&house.scope, AccessWrite::InsertApiKey(each.clone())).await;
    }
    let Some(SignIn::Key(org, found)) = owner(&bench, &key.hash).await else { panic!("the key is good") };
    assert_eq!((org, &found), (house.org.id, &key));
    let change = ApiKeyChange { revoked_at: Some(Some(bench.now())), ..ApiKeyChange::default() };
    change.apply(&mut key);
    bench.write(&house.scope, AccessWrite::ChangeApiKey { key: key.id, change }).await;
    assert!(owner(&bench, &key.hash).await.is_none());
    assert!(owner(&bench, &other.hash).await.is_some());
    assert_eq!(bench.store.api_keys(&house.scope).await.unwrap(), [key, other.clone()], "still listed");
    bench.clock.set(other.expires_at + TimeDelta::seconds(1));
    assert!(owner(&bench, &other.hash).await.is_none(), "run out");
}

/// An invitation works once and in time. Using one that is gone is refused, with everything that came with it.
pub async fn an_invitation_works_once(bench: Bench) {
    let house = bench.house().await;
    let invitation = bench.make.invitation(house.org.id, "ben@shop.example");
    bench.enact(SystemWrite::Invitation(invitation.clone())).await.unwrap();
    let find = async || bench.store.invitation(&bench.system, &invitation.hash, bench.now()).await.unwrap();
    assert_eq!(find().await, Some(invitation.clone()));
    let accept = async |email: &str| {
        let user = bench.make.user(email);
        let member = bench.make.member(user.id, Role::Agent);
        let joined = bench.writes([AccessWrite::InsertMember(member.clone()).into()]);
        let writes = vec![SystemWrite::InsertUser(user.clone()), SystemWrite::UseInvitation(invitation.hash)];
        (user, bench.store.enact(&bench.system, writes, Some((&house.scope, joined))).await)
    };
    let (user, answer) = accept("ben@shop.example").await;
    answer.unwrap();
    assert_eq!(find().await, None);
    assert_eq!(bench.store.organisations_of(&bench.system, user.id).await.unwrap(), [house.org.id]);
    let (late, answer) = accept("mallory@shop.example").await;
    assert!(matches!(answer, Err(StoreError::Unmet(_))), "{answer:?}");
    assert!(bench.store.user(&bench.system, UserKey::Id(late.id)).await.unwrap().is_none());
    assert_eq!(bench.store.members(&house.scope).await.unwrap().len(), 1);

    let other = bench.make.invitation(house.org.id, "chloe@shop.example");
    bench.enact(SystemWrite::Invitation(other.clone())).await.unwrap();
    let late = other.expires_at + TimeDelta::seconds(1);
    assert!(bench.store.invitation(&bench.system, &other.hash, late).await.unwrap().is_none());
}

/// System writes and the batch that goes with them are one: if the batch is refused, nothing was written.
pub async fn system_writes_and_their_batch_are_one(bench: Bench) {
    let house = bench.house().await;
    let app = bench.make.app(Some(house.org.id));
    let mut batch = bench.writes([ContactWrite::Insert(bench.make.contact("Asha")).into()]);
    let untrue = Expect::RouteFree("scripted".to_owned(), String::new());
    batch.expect(Expect::LaneIdle(house.lane(crate::effect::LaneKind::Inbox))).expect(untrue);
    batch.expect(Expect::Effect(bench.make.id(), crate::effect::EffectState::Done));
    let writes = vec![SystemWrite::InsertApp(app.clone())];
    let answer = bench.store.enact(&bench.system, writes, Some((&house.scope, batch))).await;
    assert!(matches!(answer, Err(StoreError::Unmet(_))));
    assert!(bench.store.app(&bench.system, app.id).await.unwrap().is_none());
    assert!(bench.store.hook(&bench.system, app.hook).await.unwrap().is_none());
}

/// Organisations are listed in order of id; a user's are those where they are active.
pub async fn organisations_are_listed_and_found_by_member(bench: Bench) {
    let houses = [bench.house().await, bench.house().await, bench.house().await];
    let ids: Vec<OrgId> = houses.iter().map(|house| house.org.id).collect();
    let list = async |after, limit| {
        let orgs = bench.store.organisations(&bench.system, after, limit).await.unwrap();
        orgs.into_iter().map(|org| org.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 10).await, ids);
    assert_eq!(list(None, 2).await, ids[..2]);
    assert_eq!(list(Some(ids[0]), 10).await, ids[1..]);
    assert!(list(Some(ids[2]), 10).await.is_empty());
    let user = bench.make.user("asha@shop.example");
    bench.enact(SystemWrite::InsertUser(user.clone())).await.unwrap();
    for (place, house) in houses.iter().enumerate().take(2) {
        let mut member = bench.make.member(user.id, Role::Viewer);
        if place == 1 {
            member.state = MemberState::Disabled;
        }
        bench.write(&house.scope, AccessWrite::InsertMember(member)).await;
    }
    assert_eq!(bench.store.organisations_of(&bench.system, user.id).await.unwrap(), ids[..1]);
}

/// Apps are found by hook and id, and listed by owner oldest first, with their secrets as they are now.
pub async fn apps_are_found_by_hook_and_by_owner(bench: Bench) {
    let house = bench.house().await;
    let (mut own, shared) = (bench.make.app(Some(house.org.id)), bench.make.app(None));
    for app in [&own, &shared] {
        bench.enact(SystemWrite::InsertApp(app.clone())).await.unwrap();
    }
    let secrets = vec![own.secrets[0].clone(), bench.make.sealed("next secret")];
    let change = AppChange { secrets: Some(secrets), ..AppChange::default() };
    let rotates = SystemWrite::ChangeApp { app: own.id, revision: own.revision, change: change.clone() };
    bench.enact(rotates).await.unwrap();
    change.apply(&mut own);
    assert_eq!(bench.store.hook(&bench.system, own.hook).await.unwrap(), Some(own.clone()));
    assert_eq!(bench.store.app(&bench.system, shared.id).await.unwrap(), Some(shared.clone()));
    assert!(bench.store.hook(&bench.system, bench.make.id()).await.unwrap().is_none());
    assert_eq!(bench.store.apps(&bench.system, Some(house.org.id)).await.unwrap(), [house.app.clone(), own]);
    assert_eq!(bench.store.apps(&bench.system, None).await.unwrap(), [shared]);
}

async fn route(bench: &Bench, app: AppId, account: &ProviderAccount) -> Option<OrgId> {
    let asked = [AccountRef("nobody".to_owned()), AccountRef(account.external_id.clone())];
    let routes = bench.store.route(&bench.system, app, &asked).await.unwrap();
    assert_eq!(routes.len(), 2, "an answer for each");
    assert!(routes[0].is_none());
    routes.into_iter().nth(1).flatten().map(|route| {
        assert_eq!((route.account, &route.portfolio), (account.id, &account.portfolio));
        route.org
    })
}

/// A webhook reaches accounts that are linked to its app and were checked once. One whose token ran out, or that is
/// paused, still hears what people write; one that was never checked, or was taken out of use, does not.
pub async fn a_webhook_reaches_only_accounts_of_its_app(bench: Bench) {
    let house = bench.house().await;
    let other = bench.house().await;
    let foreign = bench.make.app(None);
    bench.enact(SystemWrite::InsertApp(foreign.clone())).await.unwrap();
    let account = house.account.clone();
    assert_eq!(route(&bench, house.app.id, &account).await, Some(house.org.id));
    assert_eq!(route(&bench, foreign.id, &account).await, None);
    for (state, reached) in [
        (AccountState::Unchecked, false),
        (AccountState::NeedsLogin, true),
        (AccountState::Disconnected, false),
        (AccountState::Paused, true),
        (AccountState::Routable, true),
    ] {
        bench.write(&house.scope, moved(&account, state)).await;
        let found = route(&bench, house.app.id, &account).await;
        assert_eq!(found, reached.then_some(house.org.id), "{state}");
        let linked = Expect::Linked(house.app.id, account.id);
        assert_eq!(bench.holds(&house.scope, linked.clone()).await, reached, "{state}");
        assert!(!bench.holds(&other.scope, linked).await, "another organisation's");
    }
    let change = Box::new(AccountChange { app: Some(foreign.id), ..AccountChange::default() });
    bench.write(&house.scope, AccountWrite::Change { account: account.id, change }).await;
    assert_eq!(route(&bench, house.app.id, &account).await, None);
    assert_eq!(route(&bench, foreign.id, &account).await, Some(house.org.id));
    assert!(!bench.holds(&house.scope, Expect::Linked(house.app.id, account.id)).await, "it has moved");
    assert!(bench.holds(&house.scope, Expect::Linked(foreign.id, account.id)).await);
}

/// A number is routed in one organisation only. Elsewhere it may be written down, not put in use; once it is given up, it
/// may.
pub async fn a_number_is_routed_in_one_organisation_only(bench: Bench) {
    let (house, other): (House, House) = (bench.house().await, bench.house().await);
    let free = Expect::RouteFree("scripted".to_owned(), house.account.external_id.clone());
    assert!(bench.holds(&house.scope, free.clone()).await, "it is one's own");
    assert!(!bench.holds(&other.scope, free.clone()).await);
    let elsewhere = Expect::RouteFree("another".to_owned(), house.account.external_id.clone());
    assert!(bench.holds(&other.scope, elsewhere).await, "another provider's ids are other ids");
    let mut wanted = bench.make.account(other.app.id);
    wanted.external_id.clone_from(&house.account.external_id);
    assert_eq!(bench.refused(&other.scope, AccountWrite::Insert(Box::new(wanted.clone()))).await, free);
    wanted.state = AccountState::Unchecked;
    bench.write(&other.scope, AccountWrite::Insert(Box::new(wanted.clone()))).await;
    let routable = || moved(&wanted, AccountState::Routable);
    assert_eq!(bench.refused(&other.scope, routable()).await, free);
    bench.write(&house.scope, moved(&house.account, AccountState::Disconnected)).await;
    bench.write(&other.scope, routable()).await;
    assert_eq!(route(&bench, other.app.id, &wanted).await, Some(other.org.id));
    assert_eq!(bench.refused(&house.scope, moved(&house.account, AccountState::Routable)).await, free);
}

/// An organisation has one account of a number, also when several connect it at the same time; another organisation may
/// have one too.
pub async fn a_number_is_one_account_of_an_organisation(bench: Bench) {
    let (house, other): (House, House) = (bench.house().await, bench.house().await);
    let make = |house: &House| {
        let mut account = bench.make.account(house.app.id);
        account.external_id = "700100".to_owned();
        account.state = AccountState::Unchecked;
        account
    };
    let tries: Vec<_> = (0..8).map(|_| make(&house)).collect();
    let connects = tries.iter().map(|account| {
        let batch = bench.writes([AccountWrite::Insert(Box::new(account.clone())).into()]);
        bench.store.commit_one(&house.scope, batch)
    });
    let taken = Expect::AccountFree("scripted".to_owned(), "700100".to_owned());
    let mut made = 0;
    for done in futures_util::future::join_all(connects).await {
        match done {
            Ok(_) => made += 1,
            Err(StoreError::Unmet(unmet)) => assert_eq!(*unmet, taken),
            Err(other) => panic!("it is refused by name: {other}"),
        }
    }
    let kept = bench.store.accounts(&house.scope).await.unwrap();
    assert_eq!((made, kept.iter().filter(|account| account.external_id == "700100").count()), (1, 1));
    // Out of use it is still theirs, to be connected again.
    let one = kept.into_iter().find(|account| account.external_id == "700100").unwrap();
    bench.write(&house.scope, moved(&one, AccountState::Disconnected)).await;
    assert_eq!(bench.refused(&house.scope, AccountWrite::Insert(Box::new(make(&house)))).await, taken);
    bench.write(&other.scope, AccountWrite::Insert(Box::new(make(&other)))).await;
}

/// Bytes of no organisation are the operator's to see; those of one are its own, also when they come by the system.
pub async fn bytes_of_no_organisation_are_the_operators(bench: Bench) {
    let house = bench.house().await;
    let lost = bench.make.quarantined(None, house.app.id, bench.at(1));
    let newer = bench.make.quarantined(None, house.app.id, bench.at(2));
    let owned = bench.make.quarantined(Some(house.org.id), house.app.id, bench.at(3));
    for bytes in [&newer, &lost, &owned] {
        bench.enact(SystemWrite::Quarantine(bytes.clone())).await.unwrap();
    }
    let page = || PageRequest::first(10);
    let unrouted = async || bench.store.unrouted(&bench.system, page()).await.unwrap().items;
    assert_eq!(unrouted().await, [newer.clone(), lost.clone()]);
    let own = bench.store.quarantined(&house.scope, page()).await.unwrap();
    assert_eq!(own.items, std::slice::from_ref(&owned));
    let any = async |id| bench.store.any_quarantined_item(&bench.system, id).await.unwrap();
    for bytes in [&newer, &owned] {
        assert_eq!(any(bytes.id).await.as_ref(), Some(bytes), "the operator finds it by its id");
    }
    assert_eq!(bench.store.quarantined_item(&house.scope, lost.id).await.unwrap(), None, "it is nobody's");
    bench.enact(SystemWrite::Release(newer.id)).await.unwrap();
    assert_eq!(any(newer.id).await, None);
    assert_eq!(unrouted().await, [lost]);
    bench.enact(SystemWrite::Release(owned.id)).await.unwrap();
    assert!(bench.store.quarantined(&house.scope, page()).await.unwrap().items.is_empty());
}

/// The system's sweep removes sessions, invitations and nobody's bytes whose time is up, and no others.
pub async fn the_system_sweep_removes_what_has_ended(bench: Bench) {
    let house = bench.house().await;
    let user = bench.make.user("asha@shop.example");
    bench.enact(SystemWrite::InsertUser(user.clone())).await.unwrap();
    bench.write(&house.scope, AccessWrite::InsertMember(bench.make.member(user.id, Role::Agent))).await;
    let (ended, mut live) =
        (bench.make.session(user.id, house.org.id), bench.make.session(user.id, house.org.id));
    live.expires_at = bench.now() + TimeDelta::days(60);
    let invitation = bench.make.invitation(house.org.id, "ben@shop.example");
    let bytes = bench.make.quarantined(None, house.app.id, bench.now());
    let writes = vec![
        SystemWrite::Session(ended.clone()),
        SystemWrite::Session(live.clone()),
        SystemWrite::Invitation(invitation.clone()),
        SystemWrite::Quarantine(bytes),
    ];
    bench.store.enact(&bench.system, writes, None).await.unwrap();
    bench.enact(SystemWrite::Sweep(confirmed(bench.now() + TimeDelta::days(31)))).await.unwrap();
    assert!(owner(&bench, &live.hash).await.is_some());
    assert!(owner(&bench, &ended.hash).await.is_none());
    let found = bench.store.invitation(&bench.system, &invitation.hash, bench.now()).await.unwrap();
    assert!(found.is_none());
    let left = bench.store.unrouted(&bench.system, PageRequest::first(10)).await.unwrap();
    assert!(left.items.is_empty());
}

/// A commit that queued work wakes whoever waits for work; a hint, but it has to come. And the store can be probed.
pub async fn queued_work_wakes_the_worker(bench: Bench) {
    use futures_util::StreamExt;
    let house = bench.house().await;
    bench.store.probe().await.unwrap();
    bench.store.ping().await.unwrap();
    let mut stirred = bench.store.stirred();
    let effect = bench.make.effect(Some(house.account.id), Work::SyncTemplates, bench.now());
    bench.write(&house.scope, EffectWrite::Queue(effect)).await;
    let woken = tokio::time::timeout(std::time::Duration::from_secs(10), stirred.next()).await;
    assert!(matches!(woken, Ok(Some(()))), "nobody was woken");
}

/// What is kept of keys comes in order of their places. A place or a key that is taken is refused, also with the same value:
/// whoever was slower looks again.
pub async fn checks_of_keys_are_kept_once_in_their_order(bench: Bench) {
    let check = |place: u32, key: &str| {
        let mac = std::array::from_fn(|byte| byte as u8 ^ place as u8);
        KeyCheck { place, key: key.to_owned(), mac, made_at: bench.now() }
    };
    let kept = async || bench.store.key_checks(&bench.system).await.unwrap();
    assert!(kept().await.is_empty());
    let (first, second) = (check(1, "1"), check(2, "kms/alias-2"));
    for each in [&second, &first] {
        bench.enact(SystemWrite::KeyCheck(each.clone())).await.unwrap();
    }
    assert_eq!(kept().await, [first.clone(), second.clone()]);
    for taken in [check(1, "1"), check(1, "other"), check(3, "1")] {
        let refused = bench.enact(SystemWrite::KeyCheck(taken)).await;
        assert!(matches!(refused, Err(StoreError::Unmet(_))), "{refused:?}");
    }
    let mixed = vec![SystemWrite::KeyCheck(check(3, "3")), SystemWrite::KeyCheck(check(2, "4"))];
    assert!(bench.store.enact(&bench.system, mixed, None).await.is_err());
    assert_eq!(kept().await, [first, second], "all or nothing");
}

/// Entries of the operator log come newest first, before a place and up to a limit. A place that is taken is refused, with
/// everything beside it.
pub async fn the_operator_log_keeps_each_place_once_and_comes_newest_first(bench: Bench) {
    let house = bench.house().await;
    let entry = |seq: u64, reason: &str, org: Option<OrgId>| OperatorEntry {
        seq,
        at: bench.at(seq.cast_signed()),
        reason: Title::parse(reason).unwrap(),
        action: OperatorAction::QuarantineOpened,
        org,
        subject: org.map(|_| bench.make.id::<OrgId>().uuid()),
        hash: ChainHash([seq as u8; 32]),
    };
    let log = async |before, limit| bench.store.operator_log(&bench.system, before, limit).await.unwrap();
    assert!(log(u64::MAX, 10).await.is_empty());
    let lost = bench.make.quarantined(None, house.app.id, bench.at(1));
    bench.enact(SystemWrite::Quarantine(lost.clone())).await.unwrap();
    let entries =
        [entry(1, "Ticket 7", None), entry(2, "Ticket 8", Some(house.org.id)), entry(3, "Ticket 9", None)];
    for entry in &entries {
        bench.enact(SystemWrite::Operator(entry.clone())).await.unwrap();
    }
    let [first, second, third] = entries;
    assert_eq!(log(u64::MAX, 10).await, [third.clone(), second.clone(), first.clone()]);
    assert_eq!(log(3, 1).await, [second]);
    assert_eq!(log(2, 10).await, [first]);
    let taken = vec![SystemWrite::Release(lost.id), SystemWrite::Operator(entry(3, "Ticket 10", None))];
    let refused = bench.store.enact(&bench.system, taken, None).await;
    assert!(matches!(refused, Err(StoreError::Unmet(_))), "{refused:?}");
    assert_eq!(log(u64::MAX, 1).await, [third]);
    let unrouted = bench.store.unrouted(&bench.system, PageRequest::first(10)).await.unwrap();
    assert_eq!(unrouted.items, [lost], "all or nothing");
}

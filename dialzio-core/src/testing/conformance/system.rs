//! The system tables: who comes in, and where webhooks lead.

use chrono::TimeDelta;
use secrecy::ExposeSecret;

use crate::access::{AccessWrite, ApiKeyChange, MemberChange, MemberState, SignIn, TokenHash, UserChange};
use crate::account::{
    AccountChange, AccountState, AccountWrite, AppChange, FormerHook, KeyCheck, ProviderAccount,
};
use crate::contact::ContactWrite;
use crate::id::{AppId, OrgId, TypedId};
use crate::ledger::ChainHash;
use crate::operator::{OperatorAction, OperatorEntry};
use crate::outbox::{JobKind, JobWrite};
use crate::page::PageRequest;
use crate::provider::AccountRef;
use crate::scope::Role;
use crate::store::{Precondition, StoreError, SystemWrite, UserKey};
use crate::testing::confirmed;
use crate::testing::conformance::{Tenant, TestBed};
use crate::text::{EmailAddress, Title};

async fn owner(bed: &TestBed, token: &TokenHash) -> Option<SignIn> {
    bed.store.credential_owner(&bed.system, token, bed.now()).await.unwrap()
}

/// An account's change to another state.
fn moved(account: &ProviderAccount, state: AccountState) -> AccountWrite {
    let change = Box::new(AccountChange { state: Some(state), ..AccountChange::default() });
    AccountWrite::Change { account: account.id, change }
}

/// A user is found by id and by address without regard to case, and by the new one once it has changed.
pub async fn a_user_is_found_by_id_and_by_address(bed: TestBed) {
    let user = bed.make.user("Asha@Shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let address = EmailAddress::parse("asha@shop.EXAMPLE").unwrap();
    for key in [UserKey::Id(user.id), UserKey::Email(&address)] {
        let found = bed.store.user(&bed.system, key).await.unwrap().expect("the user");
        assert_eq!((found.id, &found.email, found.created_at), (user.id, &user.email, user.created_at));
        assert_eq!(found.password.expose_secret(), user.password.expose_secret());
    }
    let change = UserChange {
        password: Some("$argon2id$other".to_owned().into()),
        email: EmailAddress::parse("asha@new.example").ok(),
        ..UserChange::default()
    };
    bed.commit_system(SystemWrite::ChangeUser { user: user.id, revision: user.revision, change })
        .await
        .unwrap();
    assert!(bed.store.user(&bed.system, UserKey::Email(&address)).await.unwrap().is_none());
    let found = bed.store.user(&bed.system, UserKey::Id(user.id)).await.unwrap().unwrap();
    assert_eq!(found.password.expose_secret(), "$argon2id$other");
    assert!(bed.store.user(&bed.system, UserKey::Id(bed.make.id())).await.unwrap().is_none());
}

/// Two users cannot sign in with one address, in whatever case: the second is refused.
pub async fn an_address_signs_in_one_user(bed: TestBed) {
    let (first, second) = (bed.make.user("asha@shop.example"), bed.make.user("ASHA@shop.example"));
    bed.commit_system(SystemWrite::InsertUser(first.clone())).await.unwrap();
    assert!(bed.commit_system(SystemWrite::InsertUser(second)).await.is_err());
    let found = bed.store.user(&bed.system, UserKey::Email(&first.email)).await.unwrap().unwrap();
    assert_eq!(found.id, first.id);
}

/// A session lets an active member in until it ends, is ended, or the member is disabled.
pub async fn a_session_ends_in_every_way(bed: TestBed) {
    let tenant = bed.tenant().await;
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let member = bed.make.member(user.id, Role::Agent);
    bed.write(&tenant.scope, AccessWrite::InsertMember(member.clone())).await;
    let [first, second, third] = [(); 3].map(|()| bed.make.session(user.id, tenant.org.id));
    for session in [&first, &second, &third] {
        bed.commit_system(SystemWrite::Session(session.clone())).await.unwrap();
    }
    let Some(SignIn::Session(session, who, _)) = owner(&bed, &first.hash).await else {
        panic!("the session is good")
    };
    assert_eq!((session, who), (first.clone(), member.clone()));
    assert!(owner(&bed, &bed.make.token()).await.is_none());

    bed.commit_system(SystemWrite::SessionSeen(first.hash, bed.at(120))).await.unwrap();
    let Some(SignIn::Session(session, ..)) = owner(&bed, &first.hash).await else { panic!("still good") };
    assert_eq!(session.seen_at, bed.at(120));
    bed.commit_system(SystemWrite::EndSession(first.hash)).await.unwrap();
    assert!(owner(&bed, &first.hash).await.is_none());
    assert!(owner(&bed, &second.hash).await.is_some());

    let becomes = |state| {
        let change = MemberChange { state: Some(state), ..MemberChange::default() };
        AccessWrite::ChangeMember { member: member.id, change }
    };
    bed.write(&tenant.scope, becomes(MemberState::Disabled)).await;
    assert!(owner(&bed, &second.hash).await.is_none(), "disabled");
    bed.write(&tenant.scope, becomes(MemberState::Active)).await;
    assert!(owner(&bed, &second.hash).await.is_some());
    bed.commit_system(SystemWrite::EndSessions { user: user.id, org: None, keep: None }).await.unwrap();
    assert!(owner(&bed, &second.hash).await.is_none() && owner(&bed, &third.hash).await.is_none());

    let last = bed.make.session(user.id, tenant.org.id);
    bed.commit_system(SystemWrite::Session(last.clone())).await.unwrap();
    bed.clock.set(last.expires_at - TimeDelta::seconds(1));
    assert!(owner(&bed, &last.hash).await.is_some());
    bed.clock.set(last.expires_at + TimeDelta::seconds(1));
    assert!(owner(&bed, &last.hash).await.is_none(), "run out, before any sweep");
}

/// A session for an organisation its user does not work in is refused.
pub async fn a_session_needs_membership_in_its_organisation(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let member = bed.make.member(user.id, Role::Owner);
    bed.write(&tenant.scope, AccessWrite::InsertMember(member)).await;
    let session = bed.make.session(user.id, other.org.id);
    bed.commit_system(SystemWrite::Session(session.clone())).await.unwrap();
    assert!(owner(&bed, &session.hash).await.is_none());
}

/// A key lets a program in until it ends or is revoked.
pub async fn a_revoked_key_is_not_found(bed: TestBed) {
    let tenant = bed.tenant().await;
    let [mut key, other] = [(); 2].map(|()| bed.make.api_key());
    for each in [&key, &other] {
        bed.write(&tenant.scope, AccessWrite::InsertApiKey(each.clone())).await;
    }
    let Some(SignIn::Key(org, found, None)) = owner(&bed, &key.hash).await else { panic!("the key is good") };
    assert_eq!((org, &found), (tenant.org.id, &key));
    let change = ApiKeyChange { revoked_at: Some(Some(bed.now())), ..ApiKeyChange::default() };
    change.apply(&mut key);
    bed.write(&tenant.scope, AccessWrite::ChangeApiKey { key: key.id, change }).await;
    assert!(owner(&bed, &key.hash).await.is_none());
    assert!(owner(&bed, &other.hash).await.is_some());
    assert_eq!(bed.store.api_keys(&tenant.scope).await.unwrap(), [key, other.clone()], "still listed");
    bed.clock.set(other.expires_at + TimeDelta::seconds(1));
    assert!(owner(&bed, &other.hash).await.is_none(), "run out");
}

/// An invitation works once and in time. Using one that is gone is refused, with everything that came with it.
pub async fn an_invitation_works_once(bed: TestBed) {
    let tenant = bed.tenant().await;
    let invitation = bed.make.invitation(tenant.org.id, "ben@shop.example");
    bed.commit_system(SystemWrite::Invitation(invitation.clone())).await.unwrap();
    let find = async || bed.store.invitation(&bed.system, &invitation.hash, bed.now()).await.unwrap();
    assert_eq!(find().await, Some(invitation.clone()));
    let accept = async |email: &str| {
        let user = bed.make.user(email);
        let member = bed.make.member(user.id, Role::Agent);
        let joined = bed.writes([AccessWrite::InsertMember(member.clone()).into()]);
        let writes = vec![SystemWrite::InsertUser(user.clone()), SystemWrite::UseInvitation(invitation.hash)];
        (user, bed.store.commit_system(&bed.system, writes, Some((&tenant.scope, joined))).await)
    };
    let (user, answer) = accept("ben@shop.example").await;
    answer.unwrap();
    assert_eq!(find().await, None);
    assert_eq!(bed.store.organisations_of(&bed.system, user.id).await.unwrap(), [tenant.org.id]);
    let (late, answer) = accept("mallory@shop.example").await;
    assert!(matches!(answer, Err(StoreError::PreconditionFailed(_))), "{answer:?}");
    assert!(bed.store.user(&bed.system, UserKey::Id(late.id)).await.unwrap().is_none());
    assert_eq!(bed.store.members(&tenant.scope).await.unwrap().len(), 1);

    let other = bed.make.invitation(tenant.org.id, "chloe@shop.example");
    bed.commit_system(SystemWrite::Invitation(other.clone())).await.unwrap();
    let late = other.expires_at + TimeDelta::seconds(1);
    assert!(bed.store.invitation(&bed.system, &other.hash, late).await.unwrap().is_none());
}

/// System writes and the batch that goes with them are one: if the batch is refused, nothing was written.
pub async fn system_writes_and_their_batch_are_one(bed: TestBed) {
    let tenant = bed.tenant().await;
    let app = bed.make.app(Some(tenant.org.id));
    let mut batch = bed.writes([ContactWrite::Insert(bed.make.contact("Asha")).into()]);
    let untrue = Precondition::RouteFree("scripted".to_owned(), String::new());
    batch.require(Precondition::QueueIdle(tenant.queue(crate::outbox::QueueKind::Elements))).require(untrue);
    batch.require(Precondition::Job(bed.make.id(), crate::outbox::JobState::Done));
    let writes = vec![SystemWrite::InsertApp(app.clone())];
    let answer = bed.store.commit_system(&bed.system, writes, Some((&tenant.scope, batch))).await;
    assert!(matches!(answer, Err(StoreError::PreconditionFailed(_))));
    assert!(bed.store.app(&bed.system, app.id).await.unwrap().is_none());
    assert!(bed.store.hook(&bed.system, app.hook).await.unwrap().is_none());
}

/// Organisations are listed in order of id; a user's are those where they are active.
pub async fn organisations_are_listed_and_found_by_member(bed: TestBed) {
    let tenants = [bed.tenant().await, bed.tenant().await, bed.tenant().await];
    let ids: Vec<OrgId> = tenants.iter().map(|tenant| tenant.org.id).collect();
    let list = async |after, limit| {
        let orgs = bed.store.organisations(&bed.system, after, limit).await.unwrap();
        orgs.into_iter().map(|org| org.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 10).await, ids);
    assert_eq!(list(None, 2).await, ids[..2]);
    assert_eq!(list(Some(ids[0]), 10).await, ids[1..]);
    assert!(list(Some(ids[2]), 10).await.is_empty());
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    for (place, tenant) in tenants.iter().enumerate().take(2) {
        let mut member = bed.make.member(user.id, Role::Viewer);
        if place == 1 {
            member.state = MemberState::Disabled;
        }
        bed.write(&tenant.scope, AccessWrite::InsertMember(member)).await;
    }
    assert_eq!(bed.store.organisations_of(&bed.system, user.id).await.unwrap(), ids[..1]);
}

/// Apps are found by hook and id, and listed by owner oldest first, with their secrets as they are now.
pub async fn apps_are_found_by_hook_and_by_owner(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (mut own, shared) = (bed.make.app(Some(tenant.org.id)), bed.make.app(None));
    for app in [&own, &shared] {
        bed.commit_system(SystemWrite::InsertApp(app.clone())).await.unwrap();
    }
    let secrets = vec![own.secrets[0].clone(), bed.make.sealed("next secret")];
    let change = AppChange { secrets: Some(secrets), ..AppChange::default() };
    let rotates = SystemWrite::ChangeApp { app: own.id, revision: own.revision, change: change.clone() };
    bed.commit_system(rotates).await.unwrap();
    change.apply(&mut own);
    assert_eq!(bed.store.hook(&bed.system, own.hook).await.unwrap(), Some(own.clone()));
    assert_eq!(bed.store.app(&bed.system, shared.id).await.unwrap(), Some(shared.clone()));
    assert!(bed.store.hook(&bed.system, bed.make.id()).await.unwrap().is_none());
    assert_eq!(bed.store.apps(&bed.system, Some(tenant.org.id)).await.unwrap(), [tenant.app.clone(), own]);
    assert_eq!(bed.store.apps(&bed.system, None).await.unwrap(), [shared]);
}

/// A rotated address leads to its app together with the one before, and each knows when something arrived by it last.
pub async fn a_rotated_address_leads_to_its_app_with_the_one_before(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut app = bed.make.app(Some(tenant.org.id));
    bed.commit_system(SystemWrite::InsertApp(app.clone())).await.unwrap();
    let found = async |hook| bed.store.hook(&bed.system, hook).await.unwrap();
    let seen = async |hook, second| {
        bed.commit_system(SystemWrite::HookSeen { hook, at: bed.at(second) }).await.unwrap();
    };
    seen(app.hook, 60).await;
    app.hook_seen = Some(bed.at(60));
    assert_eq!(found(app.hook).await, Some(app.clone()));
    let former = FormerHook { hook: app.hook, until: bed.at(900), seen: app.hook_seen };
    let change = AppChange {
        hook: Some(bed.make.id()),
        hook_seen: Some(None),
        former: Some(Some(former)),
        ..AppChange::default()
    };
    let rotates = SystemWrite::ChangeApp { app: app.id, revision: app.revision, change: change.clone() };
    bed.commit_system(rotates).await.unwrap();
    change.apply(&mut app);
    // Whether the former one still works is decided by who asks: the store knows both.
    for hook in [app.hook, former.hook] {
        assert_eq!(found(hook).await, Some(app.clone()));
    }
    seen(app.hook, 180).await;
    seen(former.hook, 120).await;
    seen(former.hook, 90).await;
    seen(bed.make.id(), 240).await;
    app.hook_seen = Some(bed.at(180));
    app.former = Some(FormerHook { seen: Some(bed.at(120)), ..former });
    assert_eq!(bed.store.app(&bed.system, app.id).await.unwrap(), Some(app.clone()));
    let ends = AppChange { former: Some(None), ..AppChange::default() };
    let write = SystemWrite::ChangeApp { app: app.id, revision: app.revision, change: ends.clone() };
    bed.commit_system(write).await.unwrap();
    ends.apply(&mut app);
    assert_eq!(found(former.hook).await, None);
    assert_eq!(found(app.hook).await, Some(app));
}

async fn route(bed: &TestBed, app: AppId, account: &ProviderAccount) -> Option<OrgId> {
    let asked = [AccountRef("unknown".to_owned()), AccountRef(account.routing_key.clone())];
    let routes = bed.store.route(&bed.system, app, &asked).await.unwrap();
    assert_eq!(routes.len(), 2, "an answer for each");
    assert!(routes[0].is_none());
    routes.into_iter().nth(1).flatten().map(|route| {
        assert_eq!((route.account, &route.portfolio), (account.id, &account.portfolio));
        route.org
    })
}

/// A webhook reaches accounts that are linked to its app and were checked once. One whose token ran out, or that is
/// paused, still hears what people write; one that was never checked, or was taken out of use, does not.
pub async fn a_webhook_reaches_only_accounts_of_its_app(bed: TestBed) {
    let tenant = bed.tenant().await;
    let other = bed.tenant().await;
    let foreign = bed.make.app(None);
    bed.commit_system(SystemWrite::InsertApp(foreign.clone())).await.unwrap();
    let account = tenant.account.clone();
    assert_eq!(route(&bed, tenant.app.id, &account).await, Some(tenant.org.id));
    assert_eq!(route(&bed, foreign.id, &account).await, None);
    for (state, reached) in [
        (AccountState::Unchecked, false),
        (AccountState::NeedsLogin, true),
        (AccountState::Disconnected, false),
        (AccountState::Paused, true),
        (AccountState::Routable, true),
    ] {
        bed.write(&tenant.scope, moved(&account, state)).await;
        let found = route(&bed, tenant.app.id, &account).await;
        assert_eq!(found, reached.then_some(tenant.org.id), "{state}");
        let linked = Precondition::Linked(tenant.app.id, account.id);
        assert_eq!(bed.holds(&tenant.scope, linked.clone()).await, reached, "{state}");
        assert!(!bed.holds(&other.scope, linked).await, "another organisation's");
    }
    let change = Box::new(AccountChange { app: Some(foreign.id), ..AccountChange::default() });
    bed.write(&tenant.scope, AccountWrite::Change { account: account.id, change }).await;
    assert_eq!(route(&bed, tenant.app.id, &account).await, None);
    assert_eq!(route(&bed, foreign.id, &account).await, Some(tenant.org.id));
    assert!(!bed.holds(&tenant.scope, Precondition::Linked(tenant.app.id, account.id)).await, "it has moved");
    assert!(bed.holds(&tenant.scope, Precondition::Linked(foreign.id, account.id)).await);
}

/// A number is routed in one organisation only. Elsewhere it may be written down, not put in use; once it is given up, it
/// may.
pub async fn a_number_is_routed_in_one_organisation_only(bed: TestBed) {
    let (tenant, other): (Tenant, Tenant) = (bed.tenant().await, bed.tenant().await);
    let free = Precondition::RouteFree("scripted".to_owned(), tenant.account.routing_key.clone());
    assert!(bed.holds(&tenant.scope, free.clone()).await, "it is one's own");
    assert!(!bed.holds(&other.scope, free.clone()).await);
    let elsewhere = Precondition::RouteFree("another".to_owned(), tenant.account.routing_key.clone());
    assert!(bed.holds(&other.scope, elsewhere).await, "another provider's ids are other ids");
    let mut wanted = bed.make.account(other.app.id);
    wanted.routing_key.clone_from(&tenant.account.routing_key);
    assert_eq!(bed.refused(&other.scope, AccountWrite::Insert(Box::new(wanted.clone()))).await, free);
    wanted.state = AccountState::Unchecked;
    bed.write(&other.scope, AccountWrite::Insert(Box::new(wanted.clone()))).await;
    let routable = || moved(&wanted, AccountState::Routable);
    assert_eq!(bed.refused(&other.scope, routable()).await, free);
    bed.write(&tenant.scope, moved(&tenant.account, AccountState::Disconnected)).await;
    bed.write(&other.scope, routable()).await;
    assert_eq!(route(&bed, other.app.id, &wanted).await, Some(other.org.id));
    assert_eq!(bed.refused(&tenant.scope, moved(&tenant.account, AccountState::Routable)).await, free);
}

/// An organisation has one account of a number, also when several connect it at the same time; another organisation may
/// have one too.
pub async fn a_number_is_one_account_of_an_organisation(bed: TestBed) {
    let (tenant, other): (Tenant, Tenant) = (bed.tenant().await, bed.tenant().await);
    let make = |tenant: &Tenant| {
        let mut account = bed.make.account(tenant.app.id);
        account.routing_key = "700100".to_owned();
        account.state = AccountState::Unchecked;
        account
    };
    let tries: Vec<_> = (0..8).map(|_| make(&tenant)).collect();
    let connects = tries.iter().map(|account| {
        let batch = bed.writes([AccountWrite::Insert(Box::new(account.clone())).into()]);
        bed.store.commit_one(&tenant.scope, batch)
    });
    let taken = Precondition::AccountFree("scripted".to_owned(), "700100".to_owned());
    let mut made = 0;
    for done in futures_util::future::join_all(connects).await {
        match done {
            Ok(_) => made += 1,
            Err(StoreError::PreconditionFailed(precondition_failed)) => {
                assert_eq!(*precondition_failed, taken);
            }
            Err(other) => panic!("it is refused by name: {other}"),
        }
    }
    let kept = bed.store.accounts(&tenant.scope).await.unwrap();
    assert_eq!((made, kept.iter().filter(|account| account.routing_key == "700100").count()), (1, 1));
    // Out of use it is still theirs, to be connected again.
    let one = kept.into_iter().find(|account| account.routing_key == "700100").unwrap();
    bed.write(&tenant.scope, moved(&one, AccountState::Disconnected)).await;
    assert_eq!(bed.refused(&tenant.scope, AccountWrite::Insert(Box::new(make(&tenant)))).await, taken);
    bed.write(&other.scope, AccountWrite::Insert(Box::new(make(&other)))).await;
}

/// Bytes of no organisation are the operator's to see; those of one are its own, also when they come by the system.
pub async fn bytes_of_no_organisation_are_the_operators(bed: TestBed) {
    let tenant = bed.tenant().await;
    let lost = bed.make.quarantined(None, tenant.app.id, bed.at(1));
    let newer = bed.make.quarantined(None, tenant.app.id, bed.at(2));
    let owned = bed.make.quarantined(Some(tenant.org.id), tenant.app.id, bed.at(3));
    for bytes in [&newer, &lost, &owned] {
        bed.commit_system(SystemWrite::Quarantine(bytes.clone())).await.unwrap();
    }
    let page = || PageRequest::first(10);
    let unrouted = async || bed.store.unrouted(&bed.system, page()).await.unwrap().items;
    assert_eq!(unrouted().await, [newer.clone(), lost.clone()]);
    let own = bed.store.quarantined(&tenant.scope, page()).await.unwrap();
    assert_eq!(own.items, std::slice::from_ref(&owned));
    let any = async |id| bed.store.any_quarantined_item(&bed.system, id).await.unwrap();
    for bytes in [&newer, &owned] {
        assert_eq!(any(bytes.id).await.as_ref(), Some(bytes), "the operator finds it by its id");
    }
    assert_eq!(
        bed.store.quarantined_item(&tenant.scope, lost.id).await.unwrap(),
        None,
        "it belongs to no organisation"
    );
    bed.commit_system(SystemWrite::Release(newer.id)).await.unwrap();
    assert_eq!(any(newer.id).await, None);
    assert_eq!(unrouted().await, [lost]);
    bed.commit_system(SystemWrite::Release(owned.id)).await.unwrap();
    assert!(bed.store.quarantined(&tenant.scope, page()).await.unwrap().items.is_empty());
}

/// The system's sweep removes sessions, invitations and bytes of no organisation whose time is up, and no others.
pub async fn the_system_sweep_removes_what_has_ended(bed: TestBed) {
    let tenant = bed.tenant().await;
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    bed.write(&tenant.scope, AccessWrite::InsertMember(bed.make.member(user.id, Role::Agent))).await;
    let (ended, mut live) =
        (bed.make.session(user.id, tenant.org.id), bed.make.session(user.id, tenant.org.id));
    live.expires_at = bed.now() + TimeDelta::days(60);
    let invitation = bed.make.invitation(tenant.org.id, "ben@shop.example");
    let bytes = bed.make.quarantined(None, tenant.app.id, bed.now());
    let writes = vec![
        SystemWrite::Session(ended.clone()),
        SystemWrite::Session(live.clone()),
        SystemWrite::Invitation(invitation.clone()),
        SystemWrite::Quarantine(bytes),
    ];
    bed.store.commit_system(&bed.system, writes, None).await.unwrap();
    bed.commit_system(SystemWrite::Sweep(confirmed(bed.now() + TimeDelta::days(31)))).await.unwrap();
    assert!(owner(&bed, &live.hash).await.is_some());
    assert!(owner(&bed, &ended.hash).await.is_none());
    let found = bed.store.invitation(&bed.system, &invitation.hash, bed.now()).await.unwrap();
    assert!(found.is_none());
    let left = bed.store.unrouted(&bed.system, PageRequest::first(10)).await.unwrap();
    assert!(left.items.is_empty());
}

/// A commit that queued work wakes those who wait for work; a hint, but it has to come. And the store can be probed.
pub async fn queued_work_wakes_the_worker(bed: TestBed) {
    use futures_util::StreamExt;
    let tenant = bed.tenant().await;
    bed.store.probe().await.unwrap();
    bed.store.ping().await.unwrap();
    let mut work_notifications = bed.store.work_notifications();
    let job = bed.make.job(Some(tenant.account.id), JobKind::SyncTemplates, bed.now());
    bed.write(&tenant.scope, JobWrite::Queue(job)).await;
    let woken = tokio::time::timeout(std::time::Duration::from_secs(10), work_notifications.next()).await;
    assert!(matches!(woken, Ok(Some(()))), "the watch was not woken");
}

/// What is kept of keys comes in order of their places. A place or a key that is taken is refused, also with the same value:
/// the slower one reads again.
pub async fn checks_of_keys_are_kept_once_in_their_order(bed: TestBed) {
    let check = |place: u32, key: &str| {
        let mac = std::array::from_fn(|byte| byte as u8 ^ place as u8);
        KeyCheck { place, key: key.to_owned(), mac, made_at: bed.now(), kept: None, retired_at: None }
    };
    let kept = async || bed.store.key_checks(&bed.system).await.unwrap();
    assert!(kept().await.is_empty());
    let (first, second) = (check(1, "1"), check(2, "kms/alias-2"));
    for each in [&second, &first] {
        bed.commit_system(SystemWrite::KeyCheck(each.clone())).await.unwrap();
    }
    assert_eq!(kept().await, [first.clone(), second.clone()]);
    for taken in [check(1, "1"), check(1, "other"), check(3, "1")] {
        let refused = bed.commit_system(SystemWrite::KeyCheck(taken)).await;
        assert!(matches!(refused, Err(StoreError::PreconditionFailed(_))), "{refused:?}");
    }
    let mixed = vec![SystemWrite::KeyCheck(check(3, "3")), SystemWrite::KeyCheck(check(2, "4"))];
    assert!(bed.store.commit_system(&bed.system, mixed, None).await.is_err());
    assert_eq!(kept().await, [first, second], "all or nothing");
}

/// Entries of the operator log come newest first, before a place and up to a limit. A place that is taken is refused, with
/// everything beside it.
pub async fn the_operator_log_keeps_each_place_once_and_comes_newest_first(bed: TestBed) {
    let tenant = bed.tenant().await;
    let entry = |seq: u64, reason: &str, org: Option<OrgId>| OperatorEntry {
        seq,
        at: bed.at(seq.cast_signed()),
        reason: Title::parse(reason).unwrap(),
        action: OperatorAction::QuarantineOpened,
        org,
        subject: org.map(|_| bed.make.id::<OrgId>().uuid()),
        hash: ChainHash([seq as u8; 32]),
    };
    let log = async |before, limit| bed.store.operator_log(&bed.system, before, limit).await.unwrap();
    assert!(log(u64::MAX, 10).await.is_empty());
    let lost = bed.make.quarantined(None, tenant.app.id, bed.at(1));
    bed.commit_system(SystemWrite::Quarantine(lost.clone())).await.unwrap();
    let entries =
        [entry(1, "Ticket 7", None), entry(2, "Ticket 8", Some(tenant.org.id)), entry(3, "Ticket 9", None)];
    for entry in &entries {
        bed.commit_system(SystemWrite::Operator(entry.clone())).await.unwrap();
    }
    let [first, second, third] = entries;
    assert_eq!(log(u64::MAX, 10).await, [third.clone(), second.clone(), first.clone()]);
    assert_eq!(log(3, 1).await, [second]);
    assert_eq!(log(2, 10).await, [first]);
    let taken = vec![SystemWrite::Release(lost.id), SystemWrite::Operator(entry(3, "Ticket 10", None))];
    let refused = bed.store.commit_system(&bed.system, taken, None).await;
    assert!(matches!(refused, Err(StoreError::PreconditionFailed(_))), "{refused:?}");
    assert_eq!(log(u64::MAX, 1).await, [third]);
    let unrouted = bed.store.unrouted(&bed.system, PageRequest::first(10)).await.unwrap();
    assert_eq!(unrouted.items, [lost], "all or nothing");
}

//! Members: who may change whom, that there is always an owner, and what a deactivation ends and hands over.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use dialzio_core::access::{MemberState, NewApiKey, NewOrg};
use dialzio_core::account::LocalKeys;
use dialzio_core::contact::{NewContact, NewTask, TaskQuery};
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::page::PageRequest;
use dialzio_core::testing::{Fixtures, service};
use dialzio_core::text::{EmailAddress, PersonName, TaskTitle, Title};
use dialzio_core::{Actor, Clock, Crm, Error, ManualClock, MemberId, Permission, RecordKind, Revision, Role};
use secrecy::SecretString;
use std::sync::Arc;

struct Shop {
    crm: Crm,
    /// The application itself, with all rights.
    host: Actor,
}

fn secret() -> SecretString {
    "seven brown otters swim upstream 7".to_owned().into()
}

fn email(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{}@example.com", name.to_lowercase())).unwrap()
}

async fn shop() -> Shop {
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let crm = Crm::builder()
        .store(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>))
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .seed(5)
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Green Leaf")).await.unwrap().org;
    let host = crm.access().act_as(org, service("shop"), Role::Owner.grant()).await.unwrap();
    Shop { crm, host }
}

impl Shop {
    async fn joins(&self, name: &str, role: Role) -> (Actor, MemberId) {
        let link = self.crm.access().invite(&self.host, Some(email(name)), role).await.unwrap();
        let name = PersonName::parse(name).unwrap();
        let actor = self.crm.access().accept(&link, name, None, &secret()).await.unwrap().actor;
        let id = actor.member().unwrap();
        (actor, id)
    }

    async fn role_of(&self, id: MemberId) -> Role {
        self.crm.access().member(&self.host, id).await.unwrap().role
    }

    async fn last_act(&self) -> Action {
        self.crm.ledger().audit(&self.host, 0, 200).await.unwrap().last().unwrap().action
    }
}

#[track_caller]
fn invalid<T: std::fmt::Debug>(answer: Result<T, Error>, field: &str) {
    match answer {
        Err(Error::Invalid { field: found, .. }) => assert_eq!(found, field),
        other => panic!("{field} is refused: {other:?}"),
    }
}

#[tokio::test]
async fn nobody_gives_a_role_above_their_own_nor_changes_who_has_one() {
    let shop = shop().await;
    let access = shop.crm.access();
    let (admin, admin_id) = shop.joins("Asha", Role::Admin).await;
    let (_, owner_id) = shop.joins("Ravi", Role::Owner).await;
    let (agent, agent_id) = shop.joins("Meera", Role::Agent).await;
    // An admin may do nearly all that an owner may, and is none.
    invalid(access.invite(&admin, Some(email("New")), Role::Owner).await, "role");
    invalid(access.change_role(&admin, agent_id, Role::Owner, None).await, "role");
    invalid(access.change_role(&admin, admin_id, Role::Owner, None).await, "role");
    invalid(access.change_role(&admin, owner_id, Role::Viewer, None).await, "member");
    invalid(access.deactivate(&admin, owner_id, None).await, "member");
    access.invite(&admin, Some(email("New")), Role::Admin).await.unwrap();
    assert_eq!(access.change_role(&admin, agent_id, Role::Manager, None).await.unwrap().role, Role::Manager);
    // Nor does a key with every permission that an admin has.
    let (name, held) = (Title::parse("All").unwrap(), Role::Admin.grant());
    let (_, token) = access.create_key(&admin, NewApiKey::new(name, held.permissions())).await.unwrap();
    let key = access.authenticate(token.reveal()).await.unwrap();
    invalid(access.invite(&key, Some(email("Other")), Role::Owner).await, "role");
    invalid(access.change_role(&key, admin_id, Role::Owner, None).await, "role");
    invalid(access.deactivate(&key, owner_id, None).await, "member");
    let refused = access.change_role(&agent, agent_id, Role::Admin, None).await;
    assert!(matches!(refused, Err(Error::Denied { permission: Permission::MembersManage })), "{refused:?}");
    // Invitations that lead higher than one's own role stay as they are.
    let open = access.invite(&shop.host, Some(email("Boss")), Role::Owner).await.unwrap();
    let id = access.invitation(&open).await.unwrap().id();
    invalid(access.renew_invitation(&admin, id).await, "role");
    invalid(access.revoke_invitation(&admin, id).await, "role");
    invalid(access.invite(&admin, Some(email("Boss")), Role::Agent).await, "role");
}

#[tokio::test]
async fn there_is_always_an_owner() {
    let shop = shop().await;
    let access = shop.crm.access();
    let (first, first_id) = shop.joins("Asha", Role::Owner).await;
    invalid(access.change_role(&first, first_id, Role::Admin, None).await, "member");
    invalid(access.deactivate(&first, first_id, None).await, "member");
    invalid(access.deactivate(&shop.host, first_id, None).await, "member");
    let (second, second_id) = shop.joins("Ravi", Role::Owner).await;
    // Each makes the other less, at the same time.
    let both = tokio::join!(
        access.change_role(&first, second_id, Role::Admin, None),
        access.change_role(&second, first_id, Role::Admin, None)
    );
    let owners = [shop.role_of(first_id).await, shop.role_of(second_id).await];
    assert_eq!(owners.iter().filter(|role| **role == Role::Owner).count(), 1, "{both:?}");
}

#[tokio::test]
async fn a_role_changes_under_its_revision() {
    let shop = shop().await;
    let access = shop.crm.access();
    let (_, id) = shop.joins("Asha", Role::Viewer).await;
    let changed = access.change_role(&shop.host, id, Role::Agent, Some(Revision::FIRST)).await.unwrap();
    assert_eq!((changed.role, shop.last_act().await), (Role::Agent, Action::MemberChanged));
    let stale = access.change_role(&shop.host, id, Role::Admin, Some(Revision::FIRST)).await;
    assert!(matches!(stale, Err(Error::Stale { kind: RecordKind::Member })), "{stale:?}");
    assert_eq!(shop.role_of(id).await, Role::Agent);
}

#[tokio::test]
async fn a_member_who_leaves_loses_sessions_and_keys_and_hands_their_work_over() {
    let shop = shop().await;
    let access = shop.crm.access();
    let (leaving, id) = shop.joins("Asha", Role::Admin).await;
    let (colleague, heir) = shop.joins("Ravi", Role::Agent).await;
    let session = access.sign_in(&email("Asha"), &secret()).await.unwrap().done().unwrap();
    let name = Title::parse("Website").unwrap();
    let (_, key) =
        access.create_key(&leaving, NewApiKey::new(name.clone(), &[Permission::ContactsRead])).await.unwrap();
    let (_, other) =
        access.create_key(&shop.host, NewApiKey::new(name, &[Permission::ContactsRead])).await.unwrap();
    let named = NewContact { name: PersonName::parse("Tara").ok(), ..NewContact::default() };
    let contact = shop.crm.contacts().create(&shop.host, named).await.unwrap();
    let title = TaskTitle::parse("Call back").unwrap();
    let new = NewTask { title, due_at: None, assignee: Some(id) };
    let task = shop.crm.contacts().add_task(&leaving, contact.id, new.clone()).await.unwrap();

    let has = access.in_hand(&shop.host, id).await.unwrap();
    assert_eq!((has.conversations, has.tasks, has.keys), (0, 1, 1));
    invalid(access.deactivate(&shop.host, id, Some(id)).await, "hand_over_to");
    let (member, given) = access.deactivate(&shop.host, id, Some(heir)).await.unwrap();
    assert_eq!((member.state, given), (MemberState::Disabled, has));
    assert_eq!(shop.last_act().await, Action::MemberDeactivated);
    for token in [&session.token, &key] {
        let refused = access.authenticate(token.reveal()).await;
        assert!(matches!(refused, Err(Error::Unauthenticated)), "{refused:?}");
    }
    access.authenticate(other.reveal()).await.unwrap();
    let query = TaskQuery { assignee: Some(heir), ..TaskQuery::default() };
    let tasks = shop.crm.contacts().tasks(&colleague, &query, PageRequest::first(10)).await.unwrap().items;
    assert_eq!(tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [task.id]);
    assert_eq!(access.members(&colleague).await.unwrap().len(), 2, "their name stays");

    // Nothing is given to who has left, and no link lets them in again.
    let refused = shop.crm.contacts().add_task(&shop.host, contact.id, new).await;
    assert!(matches!(refused, Err(Error::NotFound { kind: RecordKind::Member })), "{refused:?}");
    invalid(access.invite(&shop.host, Some(email("Asha")), Role::Agent).await, "email");
    let open = access.invite(&shop.host, None, Role::Owner).await.unwrap();
    let back = access.accept(&open, PersonName::parse("Asha").unwrap(), Some(email("Asha")), &secret()).await;
    invalid(back, "email");
    assert!(access.sign_in(&email("Asha"), &secret()).await.is_err());
    access.invitation(&open).await.unwrap();

    assert_eq!(access.activate(&shop.host, id).await.unwrap().state, MemberState::Active);
    assert_eq!(shop.last_act().await, Action::MemberActivated);
    access.sign_in(&email("Asha"), &secret()).await.unwrap();
    assert!(access.authenticate(session.token.reveal()).await.is_err(), "what has ended stays so");
    assert!(access.authenticate(key.reveal()).await.is_err(), "what has ended stays so");
}

#[tokio::test]
async fn an_invitation_is_renewed_or_taken_back_and_one_address_has_one() {
    let shop = shop().await;
    let access = shop.crm.access();
    let works = async |token: &dialzio_core::access::Token| access.invitation(token).await.is_ok();
    let first = access.invite(&shop.host, Some(email("Asha")), Role::Agent).await.unwrap();
    let second = access.invite(&shop.host, Some(email("ASHA")), Role::Manager).await.unwrap();
    assert!(!works(&first).await && works(&second).await);
    let id = access.invitation(&second).await.unwrap().id();
    let third = access.renew_invitation(&shop.host, id).await.unwrap();
    assert!(!works(&second).await && works(&third).await);
    assert_eq!(shop.last_act().await, Action::MemberInvited);
    let open = access.invitations(&shop.host).await.unwrap();
    assert_eq!((open.len(), open[0].role), (1, Role::Manager));
    access.revoke_invitation(&shop.host, open[0].id()).await.unwrap();
    assert_eq!(shop.last_act().await, Action::InvitationRevoked);
    assert!(!works(&third).await);
    let gone = access.revoke_invitation(&shop.host, open[0].id()).await;
    assert!(matches!(gone, Err(Error::NotFound { kind: RecordKind::Invitation })), "{gone:?}");
}

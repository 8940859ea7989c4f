//! Who sees what: members of different visibility, keys of theirs, teams, what is refused, and what goes by events.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod common;

use dialzio_core::access::{MemberPatch, NewApiKey, NewInvitation, Visibility};
use dialzio_core::contact::{Contact, ContactPatch, ContactQuery, NewContact, NewTask};
use dialzio_core::event::{DomainEvent, EventSeq};
use dialzio_core::ledger::Action;
use dialzio_core::page::PageRequest;
use dialzio_core::team::{NewTeam, TeamPatch};
use dialzio_core::testing::Fixtures;
use dialzio_core::text::{EmailAddress, PersonName, TaskTitle, Title};
use dialzio_core::{Actor, Crm, Error, Grant, MemberId, Permission, Principal, RecordKind, Revision, Role};
use secrecy::SecretString;

struct Shop {
    crm: Crm,
    /// The application itself, with all rights.
    host: Actor,
}

fn secret() -> SecretString {
    "seven brown otters swim upstream 7".to_owned().into()
}

async fn shop() -> Shop {
    let clock = common::clock();
    let crm = common::builder(&clock).store(common::memory(&clock)).seed(5).build().unwrap();
    let host = common::owner(&crm, "Green Leaf").await;
    Shop { crm, host }
}

impl Shop {
    async fn joins(&self, name: &str, role: Role) -> MemberId {
        let email = EmailAddress::parse(&format!("{}@example.com", name.to_lowercase())).unwrap();
        let link = self.crm.access().invite(&self.host, Some(email), role).await.unwrap();
        let name = PersonName::parse(name).unwrap();
        let joined = self.crm.access().accept(&link, name, None, &secret()).await.unwrap();
        joined.actor.member().unwrap()
    }

    /// The member as they come in now.
    async fn enters(&self, id: MemberId) -> Actor {
        let role = self.crm.access().member(&self.host, id).await.unwrap().role;
        self.crm.access().act_as(self.host.org(), Principal::Member(id), role.grant()).await.unwrap()
    }

    async fn sees(&self, id: MemberId, visibility: Visibility) -> Actor {
        let patch = MemberPatch { visibility: Some(visibility), role: None };
        self.crm.access().change(&self.host, id, patch, None).await.unwrap();
        self.enters(id).await
    }

    async fn owned(&self, name: &str, owner: Option<MemberId>) -> Contact {
        let made = self.crm.contacts().create(&self.host, NewContact::named(name)).await.unwrap();
        let patch = ContactPatch { owner: Some(owner), ..ContactPatch::default() };
        self.crm.contacts().update(&self.host, made.id, patch).await.unwrap()
    }

    async fn names(&self, by: &Actor) -> Vec<String> {
        let all =
            self.crm.contacts().list(by, &ContactQuery::default(), PageRequest::first(50)).await.unwrap();
        all.items.iter().filter_map(|one| Some(one.name.as_ref()?.reveal().to_owned())).collect()
    }
}

#[tokio::test]
async fn each_visibility_shows_what_it_says_and_what_is_not_seen_is_not_there() {
    let shop = shop().await;
    let (asha, bo, chloe) = (
        shop.joins("Asha", Role::Agent).await,
        shop.joins("Bo", Role::Agent).await,
        shop.joins("Chloe", Role::Agent).await,
    );
    shop.owned("One", Some(asha)).await;
    shop.owned("Two", Some(bo)).await;
    let three = shop.owned("Three", Some(chloe)).await;
    shop.owned("Four", None).await;
    let team = NewTeam { name: Title::parse("Sales").unwrap(), members: vec![bo, asha, asha] };
    let team = shop.crm.teams().add(&shop.host, team).await.unwrap();
    assert_eq!(team.members, [asha, bo], "each once, by id");
    assert_eq!(shop.names(&shop.enters(asha).await).await, ["Four", "One", "Three", "Two"]);
    assert_eq!(shop.names(&shop.sees(asha, Visibility::Team).await).await, ["Four", "One", "Two"]);
    assert_eq!(shop.names(&shop.sees(asha, Visibility::Own).await).await, ["One"]);
    assert_eq!(shop.names(&shop.sees(chloe, Visibility::Team).await).await, ["Four", "Three"], "in no team");

    // What is not seen answers like what is not there, and a change of it changes nothing.
    let (asha, contacts) = (shop.enters(asha).await, shop.crm.contacts());
    let missing = |error: Error| matches!(error, Error::NotFound { kind: RecordKind::Contact });
    assert!(missing(contacts.get(&asha, three.id).await.unwrap_err()));
    let patch = ContactPatch { owner: Some(asha.member()), ..ContactPatch::default() };
    assert!(missing(contacts.update(&asha, three.id, patch).await.unwrap_err()));
    let task = || NewTask { title: TaskTitle::parse("Call").unwrap(), due_at: None, assignee: None };
    assert!(missing(contacts.add_task(&asha, three.id, task()).await.unwrap_err()));
    assert_eq!(contacts.get(&shop.host, three.id).await.unwrap(), three);
    // A follow-up of theirs shows them the contact.
    let given = NewTask { assignee: asha.member(), ..task() };
    contacts.add_task(&shop.host, three.id, given).await.unwrap();
    assert_eq!(contacts.get(&asha, three.id).await.unwrap(), three);
    // What they make is theirs.
    let made = contacts.create(&asha, NewContact::named("Five")).await.unwrap();
    assert_eq!(contacts.get(&asha, made.id).await.unwrap().owner, asha.member());
}

#[tokio::test]
async fn a_key_sees_no_more_than_its_maker_sees_now() {
    let shop = shop().await;
    let maker = shop.joins("Asha", Role::Admin).await;
    shop.owned("One", Some(maker)).await;
    shop.owned("Two", None).await;
    let new = NewApiKey::new(
        Title::parse("Website").unwrap(),
        &[Permission::ContactsRead, Permission::ContactsWrite],
    );
    let made = shop.crm.access().create_key(&shop.enters(maker).await, new).await.unwrap();
    let key = || async { shop.crm.access().authenticate(made.1.reveal()).await.unwrap() };
    assert_eq!(shop.names(&key().await).await, ["One", "Two"]);
    let less = MemberPatch { role: Some(Role::Agent), visibility: Some(Visibility::Own) };
    shop.crm.access().change(&shop.host, maker, less, None).await.unwrap();
    let narrowed = key().await;
    assert_eq!(shop.names(&narrowed).await, ["One"]);
    // What it makes belongs to the member whose work alone it sees, or it could not read it back.
    let made = shop.crm.contacts().create(&narrowed, NewContact::named("Three")).await.unwrap();
    assert_eq!(made.owner, Some(maker));
    assert_eq!(shop.names(&narrowed).await, ["One", "Three"]);
}

#[tokio::test]
async fn owners_and_admins_see_everything_and_cannot_be_told_to_see_less() {
    let shop = shop().await;
    let member = shop.joins("Asha", Role::Agent).await;
    shop.owned("One", None).await;
    let access = shop.crm.access();
    assert!(shop.names(&shop.sees(member, Visibility::Own).await).await.is_empty());
    let own = MemberPatch { visibility: Some(Visibility::Own), role: Some(Role::Admin) };
    let refused = access.change(&shop.host, member, own, None).await.unwrap_err();
    assert!(matches!(refused, Error::Invalid { field: "visibility", .. }), "{refused:?}");
    let admin = access.change_role(&shop.host, member, Role::Admin, None).await.unwrap();
    assert_eq!((admin.visibility, admin.sees()), (Visibility::Own, Visibility::All));
    assert_eq!(shop.names(&shop.enters(member).await).await, ["One"]);
    // Neither may those change it who may not manage members, themselves least of all.
    access.change_role(&shop.host, member, Role::Manager, None).await.unwrap();
    let all = MemberPatch { visibility: Some(Visibility::All), role: None };
    let refused = access.change(&shop.enters(member).await, member, all, None).await;
    assert!(matches!(refused, Err(Error::Denied { permission: Permission::MembersManage })));
    let last = shop.crm.ledger().audit(&shop.host, 0, 200).await.unwrap();
    assert!(last.iter().any(|entry| entry.action == Action::MemberChanged));
}

#[tokio::test]
async fn teams_are_kept_under_their_revision_by_those_who_manage_members() {
    let shop = shop().await;
    let member = shop.joins("Asha", Role::Agent).await;
    let teams = shop.crm.teams();
    let name = Title::parse("Sales").unwrap();
    let stranger = Fixtures::seeded(1, Fixtures::morning()).id();
    let new = |members| NewTeam { name: name.clone(), members };
    let refused = teams.add(&shop.host, new(vec![stranger])).await.unwrap_err();
    assert!(matches!(refused, Error::NotFound { kind: RecordKind::Member }));
    let team = teams.add(&shop.host, new(vec![member])).await.unwrap();
    let agent = shop.enters(member).await;
    assert_eq!(teams.get(&agent, team.id).await.unwrap(), team);
    assert!(matches!(teams.add(&agent, new(Vec::new())).await, Err(Error::Denied { .. })));
    let empty = TeamPatch { members: Some(Vec::new()), name: None };
    let stale = teams.change(&shop.host, team.id, Some(Revision(9)), empty.clone()).await.unwrap_err();
    assert!(matches!(stale, Error::Stale { kind: RecordKind::Team }));
    let changed = teams.change(&shop.host, team.id, Some(team.revision), empty).await.unwrap();
    assert_eq!((changed.members.len(), changed.revision), (0, Revision(2)));
    teams.delete(&shop.host, team.id, None).await.unwrap();
    assert!(teams.all(&shop.host).await.unwrap().is_empty());
    let entries = shop.crm.ledger().audit(&shop.host, 0, 200).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.action == Action::TeamChanged).count(), 3);
}

#[tokio::test]
async fn nobody_is_told_of_what_they_do_not_see() {
    let shop = shop().await;
    let (asha, bo) = (shop.joins("Asha", Role::Agent).await, shop.joins("Bo", Role::Agent).await);
    let (own, other) = (shop.owned("One", Some(asha)).await, shop.owned("Two", Some(bo)).await);
    let told = async |by: Actor| {
        let all = shop.crm.ledger().events(&by, EventSeq(0), 200).await.unwrap();
        let contact = |event: dialzio_core::event::Recorded| match event.event {
            DomainEvent::ContactChanged { contact } => Some(contact),
            _ => None,
        };
        let mut about: Vec<_> = all.into_iter().filter_map(contact).collect();
        about.dedup();
        about
    };
    assert_eq!(told(shop.sees(asha, Visibility::Own).await).await, [own.id]);
    assert_eq!(told(shop.sees(bo, Visibility::All).await).await, [own.id, other.id]);
}

#[tokio::test]
async fn an_invitation_gives_the_visibility_it_names_and_none_beyond_the_inviters_own() {
    let shop = shop().await;
    let access = shop.crm.access();
    let to = |name: &str, role| {
        NewInvitation::to(EmailAddress::parse(&format!("{name}@example.com")).unwrap(), role)
    };
    let page = "https://crm.example.com/setup";
    for sees in Visibility::ALL {
        let name = format!("sees-{}", sees.as_str());
        let made =
            access.invite_by_mail(&shop.host, to(&name, Role::Agent).seeing(*sees), page).await.unwrap();
        assert_eq!(access.invitation(&made.token).await.unwrap().visibility, *sees);
        let called = PersonName::parse(&name).unwrap();
        let joined = access.accept(&made.token, called, None, &secret()).await.unwrap();
        let member = access.member(&shop.host, joined.actor.member().unwrap()).await.unwrap();
        assert_eq!((member.visibility, member.role), (*sees, Role::Agent));
        assert_eq!(joined.actor.audience().is_all(), *sees == Visibility::All);
    }
    for role in [Role::Admin, Role::Owner] {
        let refused =
            access.invite_by_mail(&shop.host, to("boss", role).seeing(Visibility::Team), page).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "visibility", .. })), "{refused:?}");
    }
    // A host may give the right to manage members to somebody who does not see everything.
    let (bo, other) = (shop.joins("Bo", Role::Agent).await, shop.joins("Chloe", Role::Agent).await);
    for (own, most) in [(Visibility::Own, 0), (Visibility::Team, 1), (Visibility::All, 2)] {
        shop.sees(bo, own).await;
        let bo = Principal::Member(bo);
        let grant = Grant::of(&[Role::Agent.grant().permissions(), &[Permission::MembersManage]].concat());
        let manager = access.act_as(shop.host.org(), bo, grant).await.unwrap();
        for (place, sees) in Visibility::ALL.iter().enumerate() {
            let new = to("dara", Role::Agent).seeing(*sees);
            let invited = access.invite_by_mail(&manager, new, page).await.map(drop);
            let patch = MemberPatch { visibility: Some(*sees), role: None };
            let changed = access.change(&manager, other, patch, None).await.map(drop);
            for done in [invited, changed] {
                match done {
                    Ok(()) => assert!(place <= most, "{own:?} gave {sees:?}"),
                    Err(Error::Invalid { field: "visibility", .. }) => {
                        assert!(place > most, "{own:?}, {sees:?}");
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

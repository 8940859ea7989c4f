//! Who sees numbers and addresses whole, masked, or one person at a time.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use dialzio_core::access::{MemberPatch, NewApiKey, NewOrg, OrgChange};
use dialzio_core::account::LocalKeys;
use dialzio_core::contact::{NewContact, REVEALS_AN_HOUR};
use dialzio_core::entropy::Entropy;
use dialzio_core::memory::MemoryStore;
use dialzio_core::testing::{Fixtures, service};
use dialzio_core::text::{EmailAddress, PersonName, Title};
use dialzio_core::{
    Actor, Clock, Crm, Error, Grant, Identifiers, ManualClock, MemberId, Permission, PhoneNumber, Principal,
    Role,
};
use secrecy::SecretString;
use std::sync::Arc;

struct Shop {
    crm: Crm,
    host: Actor,
}

async fn shop() -> Shop {
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let crm = Crm::builder()
        .store(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>))
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .clock(clock as Arc<dyn Clock>)
        .seed(5)
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Green Leaf")).await.unwrap().org;
    let host = crm.access().act_as(org, service("shop"), Role::Owner.grant()).await.unwrap();
    Shop { crm, host }
}

impl Shop {
    /// A member who has just signed in, and the token of their session.
    async fn joins(&self, name: &str, role: Role) -> (MemberId, String) {
        let email = EmailAddress::parse(&format!("{}@example.com", name.to_lowercase())).unwrap();
        let link = self.crm.access().invite(&self.host, Some(email), role).await.unwrap();
        let secret = SecretString::from("seven brown otters swim upstream".to_owned());
        let name = PersonName::parse(name).unwrap();
        let joined = self.crm.access().accept(&link, name, None, &secret).await.unwrap();
        (joined.actor.member().unwrap(), joined.token.reveal().to_owned())
    }

    async fn sees(&self, token: &str) -> Identifiers {
        self.crm.access().authenticate(token).await.unwrap().identifiers()
    }

    async fn mask_agents(&self, agents_see_masked: bool) {
        let access = self.crm.access();
        let org = access.settings(&self.host).await.unwrap();
        let change = OrgChange { agents_see_masked: Some(agents_see_masked), ..OrgChange::default() };
        access.change_org(&self.host, org.revision, change).await.unwrap();
    }
}

#[tokio::test]
async fn viewers_see_masks_agents_what_the_organisation_says_and_managers_everything() {
    let shop = shop().await;
    let mut seen = Vec::new();
    let mut tokens = Vec::new();
    for role in [Role::Viewer, Role::Agent, Role::Manager] {
        tokens.push(shop.joins(role.as_str(), role).await.1);
    }
    for masked in [false, true, false] {
        shop.mask_agents(masked).await;
        for token in &tokens {
            seen.push(shop.sees(token).await);
        }
    }
    let open = [Identifiers::Masked, Identifiers::Whole, Identifiers::Whole];
    let narrow = [Identifiers::Masked, Identifiers::OnRequest, Identifiers::Whole];
    assert_eq!(seen, [open, narrow, open].concat());
}

#[tokio::test]
async fn a_key_sees_no_more_than_who_made_it_sees_now() {
    let shop = shop().await;
    let (ravi, token) = shop.joins("Ravi", Role::Admin).await;
    let access = shop.crm.access();
    let admin = access.authenticate(&token).await.unwrap();
    let mut keys = Vec::new();
    for permissions in
        [vec![Permission::ContactsRead], vec![Permission::ContactsRead, Permission::ContactsReveal]]
    {
        let new = NewApiKey::new(Title::parse("Website").unwrap(), &permissions);
        keys.push(access.create_key(&admin, new).await.unwrap().1.reveal().to_owned());
    }
    let both = async || [shop.sees(&keys[0]).await, shop.sees(&keys[1]).await];
    assert_eq!(both().await, [Identifiers::Masked, Identifiers::Whole]);
    shop.mask_agents(true).await;
    for (role, seen) in [
        (Role::Agent, [Identifiers::Masked, Identifiers::OnRequest]),
        (Role::Viewer, [Identifiers::Masked, Identifiers::Masked]),
        (Role::Manager, [Identifiers::Masked, Identifiers::Whole]),
    ] {
        let patch = MemberPatch { role: Some(role), visibility: None };
        access.change(&shop.host, ravi, patch, None).await.unwrap();
        assert_eq!(both().await, seen, "{role}");
    }
}

#[tokio::test]
async fn whom_a_host_vouches_for_sees_what_the_grant_and_the_member_say() {
    let shop = shop().await;
    let (ravi, _) = shop.joins("Ravi", Role::Agent).await;
    shop.mask_agents(true).await;
    let access = shop.crm.access();
    let reading = Grant::of(&[Permission::ContactsRead]);
    for (principal, grant, seen) in [
        (service("shop"), reading.clone(), Identifiers::Masked),
        (service("shop"), Role::Agent.grant(), Identifiers::Whole),
        (Principal::Member(ravi), Role::Owner.grant(), Identifiers::OnRequest),
        (Principal::Member(ravi), reading, Identifiers::Masked),
    ] {
        let actor = access.act_as(shop.host.org(), principal, grant).await.unwrap();
        assert_eq!(actor.identifiers(), seen, "{actor:?}");
    }
}

#[tokio::test]
async fn the_sixty_first_reveal_of_an_hour_is_refused_also_when_many_come_at_once() {
    let shop = shop().await;
    shop.mask_agents(true).await;
    let (_, token) = shop.joins("Ravi", Role::Agent).await;
    let agent = shop.crm.access().authenticate(&token).await.unwrap();
    let new = NewContact::named("Asha").phone(PhoneNumber::parse("+919840012321").unwrap());
    let contact = shop.crm.contacts().create(&shop.host, new).await.unwrap().id;
    let contacts = shop.crm.contacts();
    let all = futures_util::future::join_all((0..80).map(|_| contacts.reveal(&agent, contact))).await;
    let revealed = all.iter().filter(|one| one.is_ok()).count();
    assert!(revealed <= REVEALS_AN_HOUR, "{revealed}");
    let again = contacts.reveal(&agent, contact).await;
    assert!(matches!(again, Err(Error::TooManyRevealed { seconds: 3600 })), "{again:?}");
    // Another member has reveals of their own, and who sees everything is not counted.
    let (_, other) = shop.joins("Meera", Role::Agent).await;
    let other = shop.crm.access().authenticate(&other).await.unwrap();
    contacts.reveal(&other, contact).await.unwrap();
    for _ in 0..=REVEALS_AN_HOUR {
        contacts.reveal(&shop.host, contact).await.unwrap();
    }
    let (_, viewer) = shop.joins("Vera", Role::Viewer).await;
    let viewer = shop.crm.access().authenticate(&viewer).await.unwrap();
    let refused = contacts.reveal(&viewer, contact).await;
    assert!(matches!(refused, Err(Error::Denied { permission: Permission::ContactsReveal })), "{refused:?}");
}

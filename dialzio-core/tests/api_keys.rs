//! Keys for programs: what they permit, how long they last, who may rotate and revoke which.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use chrono::TimeDelta;
use dialzio_core::access::{NewApiKey, NewOrg, Token};
use dialzio_core::account::LocalKeys;
use dialzio_core::entropy::Entropy;
use dialzio_core::memory::MemoryStore;
use dialzio_core::testing::{Fixtures, service};
use dialzio_core::text::{EmailAddress, PersonName, Title};
use dialzio_core::{Actor, ApiKeyId, Clock, Crm, Error, Grant, ManualClock, MemberId, Permission, Role};
use secrecy::SecretString;
use std::sync::Arc;

struct Shop {
    crm: Crm,
    clock: Arc<ManualClock>,
    host: Actor,
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
    Shop { crm, clock, host }
}

impl Shop {
    async fn joins(&self, name: &str, role: Role) -> (Actor, MemberId) {
        let email = EmailAddress::parse(&format!("{}@example.com", name.to_lowercase())).unwrap();
        let link = self.crm.access().invite(&self.host, Some(email), role).await.unwrap();
        let secret = SecretString::from("seven brown otters swim upstream".to_owned());
        let name = PersonName::parse(name).unwrap();
        let actor = self.crm.access().accept(&link, name, None, &secret).await.unwrap().actor;
        let id = actor.member().unwrap();
        (actor, id)
    }

    async fn key(&self, by: &Actor, permissions: &[Permission]) -> (ApiKeyId, Token) {
        let new = NewApiKey::new(Title::parse("Website").unwrap(), permissions);
        self.crm.access().create_key(by, new).await.unwrap()
    }

    async fn permits(&self, token: &Token) -> Result<Vec<Permission>, Error> {
        Ok(self.crm.access().authenticate(token.reveal()).await?.grant().permissions().to_vec())
    }
}

const BOTH: [Permission; 2] = [Permission::ContactsRead, Permission::MembersManage];

#[tokio::test]
async fn a_key_permits_no_more_than_the_present_role_of_who_made_it() {
    let shop = shop().await;
    let (admin, id) = shop.joins("Asha", Role::Admin).await;
    let (_, token) = shop.key(&admin, &BOTH).await;
    assert_eq!(shop.permits(&token).await.unwrap(), BOTH);
    shop.crm.access().change_role(&shop.host, id, Role::Agent, None).await.unwrap();
    assert_eq!(shop.permits(&token).await.unwrap(), [Permission::ContactsRead]);
    shop.crm.access().change_role(&shop.host, id, Role::Admin, None).await.unwrap();
    assert_eq!(shop.permits(&token).await.unwrap(), BOTH);
}

#[tokio::test]
async fn a_key_names_a_permission_and_ends_when_it_was_said_to() {
    let shop = shop().await;
    let access = shop.crm.access();
    let name = Title::parse("Website").unwrap();
    let nothing = access.create_key(&shop.host, NewApiKey::new(name.clone(), &[])).await;
    assert!(matches!(nothing, Err(Error::Invalid { field: "permissions", .. })), "{nothing:?}");
    for days in [0, 366, u16::MAX] {
        let refused = access.create_key(&shop.host, NewApiKey::new(name.clone(), &BOTH).lasting(days)).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "expires_in_days", .. })), "{refused:?}");
    }
    let (_, token) = access.create_key(&shop.host, NewApiKey::new(name, &BOTH).lasting(7)).await.unwrap();
    shop.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    shop.permits(&token).await.unwrap();
    shop.clock.advance(TimeDelta::seconds(1));
    assert!(matches!(shop.permits(&token).await, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn a_rotated_key_goes_on_for_its_overlap_and_the_new_one_is_its_equal() {
    let shop = shop().await;
    let access = shop.crm.access();
    let (id, before) = shop.key(&shop.host, &BOTH).await;
    let refused = access.rotate_key(&shop.host, id, 169).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "overlap_hours", .. })), "{refused:?}");
    let (new, after) = access.rotate_key(&shop.host, id, 24).await.unwrap();
    let key = access.key(&shop.host, new).await.unwrap();
    assert_eq!((key.name.reveal(), &key.permissions[..]), ("Website", &BOTH[..]));
    assert_eq!(key.expires_at - key.created_at, TimeDelta::days(90));
    for token in [&before, &after] {
        assert_eq!(shop.permits(token).await.unwrap(), BOTH);
    }
    shop.clock.advance(TimeDelta::hours(24));
    assert!(matches!(shop.permits(&before).await, Err(Error::Unauthenticated)));
    shop.permits(&after).await.unwrap();
    let ended = access.rotate_key(&shop.host, id, 24).await;
    assert!(matches!(ended, Err(Error::Invalid { field: "key", .. })), "{ended:?}");
    // Without an overlap the one before ends at once.
    access.rotate_key(&shop.host, new, 0).await.unwrap();
    assert!(matches!(shop.permits(&after).await, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn a_key_may_revoke_itself_and_none_that_permits_more() {
    let shop = shop().await;
    let access = shop.crm.access();
    let (mighty, _) = shop.key(&shop.host, Permission::ALL).await;
    let (small, token) = shop.key(&shop.host, &[Permission::MembersManage]).await;
    let (equal, _) = shop.key(&shop.host, &[Permission::MembersManage]).await;
    let program = access.authenticate(token.reveal()).await.unwrap();
    for refused in [
        access.revoke_key(&program, mighty, None).await.map(drop),
        access.rotate_key(&program, mighty, 24).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Denied { .. })), "{refused:?}");
    }
    access.revoke_key(&program, equal, None).await.unwrap();
    access.revoke_key(&program, small, None).await.unwrap();
    assert!(matches!(shop.permits(&token).await, Err(Error::Unauthenticated)));
    let org = shop.host.org();
    let reader = access.act_as(org, service("reader"), Grant::of(&[Permission::ContactsRead])).await.unwrap();
    let refused = access.revoke_key(&reader, mighty, None).await;
    assert!(matches!(refused, Err(Error::Denied { permission: Permission::MembersManage })), "{refused:?}");
}

//! Keys for programs: what they permit, how long they last, who may rotate and revoke which.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use chrono::TimeDelta;
use dialzio_core::access::{AddressList, ApiKeyPatch, NewApiKey, NewOrg, Token};
use dialzio_core::account::LocalKeys;
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::{Action, AuditFilter};
use dialzio_core::memory::MemoryStore;
use dialzio_core::testing::{Fixtures, service};
use dialzio_core::text::{EmailAddress, PersonName, Title};
use dialzio_core::{
    Actor, ApiKeyId, Clock, Crm, Error, Grant, ManualClock, MemberId, Permission, Revision, Role, TypedId,
};
use secrecy::SecretString;
use std::net::IpAddr;
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

impl Shop {
    /// A key that may be used from these addresses alone.
    async fn limited(&self, by: &Actor, permissions: &[Permission], from: &[&str]) -> (ApiKeyId, Token) {
        let new = NewApiKey::new(Title::parse("Till").unwrap(), permissions);
        let new = new.allowed_from(AddressList::parse(from).unwrap());
        self.crm.access().create_key(by, new).await.unwrap()
    }

    async fn from(&self, address: Option<&str>, token: &Token) -> Result<Actor, Error> {
        let peer = address.map(|text| text.parse::<IpAddr>().unwrap());
        self.crm.access().from_peer(peer).authenticate(token.reveal()).await
    }

    async fn change(&self, by: &Actor, id: ApiKeyId, from: &[&str]) -> Result<(), Error> {
        let allowed_from = Some(AddressList::parse(from).unwrap());
        let patch = ApiKeyPatch { allowed_from, ..ApiKeyPatch::default() };
        self.crm.access().change_key(by, id, None, patch).await.map(drop)
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

#[tokio::test]
async fn a_limited_key_works_from_its_addresses_alone_and_a_refusal_is_on_record_once_a_minute() {
    let shop = shop().await;
    let (id, token) = shop.limited(&shop.host, &BOTH, &["192.0.2.0/24", "2001:db8::5"]).await;
    for address in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::5"] {
        shop.from(Some(address), &token).await.unwrap();
    }
    for address in [Some("192.0.3.7"), Some("2001:db8::6"), Some("198.51.100.77"), None] {
        let refused = shop.from(address, &token).await;
        assert!(matches!(refused, Err(Error::AddressRefused)), "{address:?}: {refused:?}");
    }
    let filter = AuditFilter { action: Some(Action::KeyRefused), ..AuditFilter::default() };
    let entries = shop.crm.ledger().find(&shop.host, &filter, None, 50).await.unwrap().entries;
    let [entry] = entries.as_slice() else { panic!("one entry: {entries:?}") };
    assert_eq!(entry.subject, Some(TypedId::uuid(id)));
    assert_eq!(entry.origin.map(|network| network.to_string()).as_deref(), Some("192.0.3.0/24"));
    // A list that is changed counts at once; a key that is rotated keeps it.
    shop.change(&shop.host, id, &["198.51.100.0/24"]).await.unwrap();
    shop.from(Some("198.51.100.77"), &token).await.unwrap();
    let (_, next) = shop.crm.access().rotate_key(&shop.host, id, 24).await.unwrap();
    shop.from(Some("198.51.100.77"), &next).await.unwrap();
    assert!(matches!(shop.from(Some("192.0.2.7"), &next).await, Err(Error::AddressRefused)));
    shop.change(&shop.host, id, &[]).await.unwrap();
    shop.from(None, &token).await.unwrap();
}

#[tokio::test]
async fn no_key_makes_or_changes_one_that_works_from_where_it_does_not() {
    let shop = shop().await;
    let (own, token) = shop.limited(&shop.host, &BOTH, &["192.0.2.0/24"]).await;
    let (open, _) = shop.key(&shop.host, &BOTH).await;
    let program = shop.from(Some("192.0.2.7"), &token).await.unwrap();
    let wider = NewApiKey::new(Title::parse("Wider").unwrap(), &BOTH);
    for refused in [
        shop.crm.access().create_key(&program, wider).await.map(drop),
        shop.crm.access().rotate_key(&program, open, 24).await.map(drop),
        shop.change(&program, own, &[]).await,
        shop.change(&program, own, &["192.0.0.0/16"]).await,
        shop.change(&program, open, &["203.0.113.7"]).await,
    ] {
        assert!(matches!(refused, Err(Error::Invalid { field: "allowed_from", .. })), "{refused:?}");
    }
    shop.limited(&program, &BOTH, &["192.0.2.7"]).await;
    shop.change(&program, own, &["192.0.2.0/25"]).await.unwrap();
}

#[tokio::test]
async fn a_key_is_changed_by_who_may_revoke_it_at_the_revision_that_is_meant() {
    let shop = shop().await;
    let access = shop.crm.access();
    let (mighty, _) = shop.key(&shop.host, Permission::ALL).await;
    let (_, token) = shop.key(&shop.host, &[Permission::MembersManage]).await;
    let program = access.authenticate(token.reveal()).await.unwrap();
    let refused = shop.change(&program, mighty, &["192.0.2.7"]).await;
    assert!(matches!(refused, Err(Error::Denied { .. })), "{refused:?}");
    let renamed = || ApiKeyPatch { name: Title::parse("Shop front").ok(), ..ApiKeyPatch::default() };
    let key = access.change_key(&shop.host, mighty, Some(Revision::FIRST), renamed()).await.unwrap();
    assert_eq!((key.name.reveal(), key.revision), ("Shop front", Revision(2)));
    assert_eq!(key, access.key(&shop.host, mighty).await.unwrap());
    let stale = access.change_key(&shop.host, mighty, Some(Revision::FIRST), renamed()).await;
    assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
    let same = access.change_key(&shop.host, mighty, Some(Revision(2)), renamed()).await.unwrap();
    assert_eq!(same.revision, Revision(2), "nothing changes");
    access.revoke_key(&shop.host, mighty, None).await.unwrap();
    let ended = access.change_key(&shop.host, mighty, None, renamed()).await;
    assert!(matches!(ended, Err(Error::Invalid { field: "key", .. })), "{ended:?}");
}

#[tokio::test]
async fn the_last_use_of_a_key_is_known_to_the_minute_with_its_network() {
    let shop = shop().await;
    let (id, token) = shop.key(&shop.host, &BOTH).await;
    let used = async || shop.crm.access().key_uses(&shop.host).await.unwrap();
    assert_eq!(used().await, []);
    let begun = shop.clock.now() - TimeDelta::microseconds(123_456);
    shop.clock.advance(TimeDelta::seconds(20));
    shop.from(Some("203.0.113.77"), &token).await.unwrap();
    let said = |network: Option<&str>, minutes| {
        let network = network.map(|text| text.parse().unwrap());
        [dialzio_core::access::KeyUse { key: id, at: begun + TimeDelta::minutes(minutes), network }]
    };
    assert_eq!(used().await, said(Some("203.0.113.0/24"), 0));
    shop.clock.advance(TimeDelta::seconds(30));
    shop.from(Some("198.51.100.7"), &token).await.unwrap();
    assert_eq!(used().await, said(Some("203.0.113.0/24"), 0), "once a minute");
    shop.clock.advance(TimeDelta::seconds(10));
    shop.from(Some("2001:db8:77:1::5"), &token).await.unwrap();
    assert_eq!(used().await, said(Some("2001:db8:77::/48"), 1));
    let key = shop.crm.access().key(&shop.host, id).await.unwrap();
    assert_eq!(key.revision, Revision::FIRST, "no change of the key");
    // A refused address is no use.
    shop.change(&shop.host, id, &["192.0.2.7"]).await.unwrap();
    shop.clock.advance(TimeDelta::minutes(5));
    shop.from(Some("203.0.113.77"), &token).await.unwrap_err();
    assert_eq!(used().await, said(Some("2001:db8:77::/48"), 1));
}

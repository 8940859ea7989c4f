//! Acting in an organisation: only in one that exists, as one of its members or a named service, never as the system.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use dialzio_core::access::chrono_tz_name::ZoneName;
use dialzio_core::access::{NewOrg, Whereabouts};
use dialzio_core::account::LocalKeys;
use dialzio_core::entropy::Entropy;
use dialzio_core::memory::MemoryStore;
use dialzio_core::testing::service;
use dialzio_core::{
    Crm, Error, IdSource, OrgId, Permission, Principal, RecordKind, Region, Role, SystemClock,
};
use secrecy::SecretString;
use std::sync::Arc;

fn crm() -> Crm {
    let store = MemoryStore::new(Arc::new(SystemClock));
    Crm::builder().store(store).keys(LocalKeys::ephemeral(&Entropy::system())).build().unwrap()
}

#[tokio::test]
async fn nobody_acts_in_an_organisation_that_does_not_exist() {
    let crm = crm();
    let unknown: OrgId = IdSource::random().next(crm.clock().now());
    let refused = crm.access().act_as(unknown, service("shop"), Role::Owner.grant()).await;
    assert!(matches!(refused, Err(Error::NotFound { kind: RecordKind::Organisation })), "{refused:?}");
    let org = crm.access().found(NewOrg::named("Asha Motors")).await.unwrap().org;
    crm.access().act_as(org, service("shop"), Role::Owner.grant()).await.unwrap();
}

#[tokio::test]
async fn a_member_of_another_organisation_is_not_acted_as() {
    let crm = crm();
    let org = crm.access().found(NewOrg::named("Asha Motors")).await.unwrap().org;
    let stranger = Principal::Member(IdSource::random().next(crm.clock().now()));
    let refused = crm.access().act_as(org, stranger, Role::Agent.grant()).await;
    assert!(matches!(refused, Err(Error::NotFound { kind: RecordKind::Member })), "{refused:?}");
}

#[tokio::test]
async fn the_system_is_not_acted_as_even_from_its_stored_form() {
    let crm = crm();
    let org = crm.access().found(NewOrg::named("Asha Motors")).await.unwrap().org;
    let system = Principal::from_ref(Principal::SYSTEM).unwrap();
    let refused = crm.access().act_as(org, system, Role::Owner.grant()).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "principal", .. })), "{refused:?}");
}

#[tokio::test]
async fn an_owner_says_the_country_while_joining_and_nobody_else_does() {
    let crm = crm();
    let org = crm.access().found(NewOrg::named("Asha Motors")).await.unwrap().org;
    let by = crm.access().act_as(org, service("shop"), Role::Owner.grant()).await.unwrap();
    let secret = SecretString::from("nine green leaves grow slowly");
    let join = async |role: Role, email: &str, country: &str| {
        let link = crm.access().invite(&by, Some(email.parse().unwrap()), role).await.unwrap();
        let name = "Ravi Kumar".parse().unwrap();
        let country = Some(Region::parse(country).unwrap());
        let place = Whereabouts { country, zone: ZoneName::parse("Asia/Kolkata") };
        crm.access().accept_in(&link, name, None, &secret, place).await.map(|_| ())
    };
    let denied = join(Role::Agent, "agent@example.com", "IN").await;
    assert!(matches!(denied, Err(Error::Denied { permission: Permission::SettingsManage })), "{denied:?}");
    let none = join(Role::Owner, "owner@example.com", "XX").await;
    assert!(matches!(none, Err(Error::Invalid { field: "country", .. })), "{none:?}");
    assert_eq!(crm.access().settings(&by).await.unwrap().country, None);
    assert!(crm.access().members(&by).await.unwrap().is_empty(), "a refusal makes no account");
    join(Role::Owner, "owner@example.com", "IN").await.unwrap();
    let org = crm.access().settings(&by).await.unwrap();
    assert_eq!((org.country, org.zone.as_str()), (Region::parse("IN").ok(), "Asia/Kolkata"));
}

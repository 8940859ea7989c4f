//! The second factor through the service: two steps, codes that count once, and what takes it away.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod common;

use dialzio_core::access::{FirstStep, NewOrg, OrgChange, SignedIn, Token};
use dialzio_core::testing::service;
use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_core::{Actor, Clock, Crm, Error, ManualClock, Role};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

struct Shop {
    crm: Crm,
    clock: Arc<ManualClock>,
    host: Actor,
}

fn secret() -> SecretString {
    "seven brown otters swim upstream 7".to_owned().into()
}

fn asha() -> EmailAddress {
    EmailAddress::parse("asha@example.com").unwrap()
}

fn field(error: &Error) -> &'static str {
    match error {
        Error::Invalid { field, .. } => field,
        other => panic!("{other}"),
    }
}

impl Shop {
    async fn start() -> Self {
        let clock = common::clock();
        let crm = common::builder(&clock).store(common::memory(&clock)).seed(5).build().unwrap();
        let host = common::owner(&crm, "Green Leaf").await;
        Self { crm, clock, host }
    }

    async fn joins(&self) -> SignedIn {
        let link = self.crm.access().invite(&self.host, Some(asha()), Role::Agent).await.unwrap();
        let name = PersonName::parse("Asha").unwrap();
        self.crm.access().accept(&link, name, None, &secret()).await.unwrap()
    }

    fn code(&self, secret: &SecretString) -> String {
        let secret = totp_rs::Secret::try_from_base32(secret.expose_secret()).unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        totp.generate(u64::try_from(self.clock.now().timestamp()).unwrap()).to_string()
    }

    async fn turns_on(&self, who: &SignedIn) -> SecretString {
        let access = self.crm.access();
        let made = access.begin_second_factor(&who.actor, &secret()).await.unwrap().text;
        access.confirm_second_factor(&who.actor, &who.token, &self.code(&made)).await.unwrap();
        self.clock.advance(chrono::TimeDelta::seconds(30));
        made
    }

    async fn first_step(&self) -> Token {
        match self.crm.access().sign_in(&asha(), &secret()).await.unwrap() {
            FirstStep::Code(step) => step,
            FirstStep::Done(_) => panic!("no second step is asked for"),
        }
    }
}

#[tokio::test]
async fn a_secret_has_to_be_confirmed_within_the_hour() {
    let shop = Shop::start().await;
    let asha = shop.joins().await;
    let access = shop.crm.access();
    let made = access.begin_second_factor(&asha.actor, &secret()).await.unwrap().text;
    shop.clock.advance(chrono::TimeDelta::minutes(61));
    let late = access.confirm_second_factor(&asha.actor, &asha.token, &shop.code(&made)).await.unwrap_err();
    assert_eq!(field(&late), "second_factor");
    assert_eq!(access.second_factor(&asha.actor).await.unwrap(), None);
    shop.turns_on(&asha).await;
    assert_eq!(access.second_factor(&asha.actor).await.unwrap().unwrap().recovery_codes, 10);
}

#[tokio::test]
async fn a_step_is_no_session_and_no_session_is_a_step() {
    let shop = Shop::start().await;
    let asha = shop.joins().await;
    let made = shop.turns_on(&asha).await;
    let access = shop.crm.access();
    let step = shop.first_step().await;
    assert!(matches!(access.authenticate(step.reveal()).await, Err(Error::Unauthenticated)));
    let other = access.finish_sign_in(&asha.token, &shop.code(&made)).await;
    assert!(matches!(other, Err(Error::Unauthenticated)), "{other:?}");
    let signed_in = access.finish_sign_in(&step, &shop.code(&made)).await.unwrap();
    assert!(access.authenticate(signed_in.token.reveal()).await.is_ok());
}

#[tokio::test]
async fn a_link_and_a_password_are_no_way_around_it() {
    let shop = Shop::start().await;
    let other = shop.crm.access().found(NewOrg::named("Blue Leaf")).await.unwrap().org;
    let host = shop.crm.access().act_as(other, service("shop"), Role::Owner.grant()).await.unwrap();
    let signed_in = shop.joins().await;
    shop.turns_on(&signed_in).await;
    let link = shop.crm.access().invite(&host, Some(asha()), Role::Agent).await.unwrap();
    let name = PersonName::parse("Asha").unwrap();
    let refused = shop.crm.access().accept(&link, name, None, &secret()).await.unwrap_err();
    assert_eq!(field(&refused), "email");
}

#[tokio::test]
async fn a_member_without_one_is_not_let_in_where_it_is_required() {
    let shop = Shop::start().await;
    let asha = shop.joins().await;
    let access = shop.crm.access();
    let org = access.settings(&shop.host).await.unwrap();
    let change = OrgChange { requires_second_factor: Some(true), ..OrgChange::default() };
    access.change_org(&shop.host, org.revision, change).await.unwrap();
    for answer in [
        access.authenticate(asha.token.reveal()).await,
        access.authenticate_unattended(asha.token.reveal()).await,
    ] {
        assert!(matches!(answer, Err(Error::SecondFactorRequired)), "{answer:?}");
    }
    assert_eq!(Error::SecondFactorRequired.code(), "access.second_factor_required");
    shop.turns_on(&asha).await;
    assert!(access.authenticate(asha.token.reveal()).await.is_ok());
}

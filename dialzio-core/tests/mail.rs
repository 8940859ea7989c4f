//! Mail to people who sign in: how it waits, and what its links are good for.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod common;

use chrono::TimeDelta;
use dialzio_core::access::{FirstStep, LinkRequest, MailedLink, NewInvitation, SignedIn, Token};
use dialzio_core::ledger::Action;
use dialzio_core::mail::MailError;
use dialzio_core::testing::{Calls, Fault, Faulty, RecordingMailer};
use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_core::{Actor, Clock, Crm, Error, ManualClock, Role, Store, StoreError};
use secrecy::{ExposeSecret, SecretString};
use std::net::IpAddr;
use std::sync::Arc;

const OLD: &str = "seven brown otters swim upstream 7";
const NEW: &str = "nine quiet herons cross the delta 9";
const PAGE: &str = "https://crm.example/page";

struct Shop {
    crm: Crm,
    /// Another process over the same store.
    beside: Crm,
    store: Arc<Faulty<dyn Store>>,
    clock: Arc<ManualClock>,
    mailer: RecordingMailer,
    host: Actor,
}

fn secret(text: &str) -> SecretString {
    text.to_owned().into()
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

impl Shop {
    async fn start() -> Self {
        let (clock, mailer) = (common::clock(), RecordingMailer::default());
        let inner: Arc<dyn Store> = Arc::new(common::memory(&clock));
        let store = Arc::new(Faulty::new(inner));
        let [crm, beside] = [5, 6].map(|seed| {
            let builder = common::builder(&clock).shared_store(Arc::clone(&store) as Arc<dyn Store>);
            builder.mailer(Arc::new(mailer.clone())).seed(seed).build().unwrap()
        });
        let host = common::owner(&crm, "Green Leaf").await;
        Self { crm, beside, store, clock, mailer, host }
    }

    async fn joins(&self, email: &str) -> SignedIn {
        let access = self.crm.access();
        let invited = access
            .invite_by_mail(&self.host, NewInvitation::to(address(email), Role::Agent), PAGE)
            .await
            .unwrap();
        self.works().await;
        self.mailer.forget();
        // The mail of the invitation is not one of those that are counted below.
        self.clock.advance(TimeDelta::hours(1));
        let name = PersonName::parse("Asha").unwrap();
        access.accept(&invited.token, name, None, &secret(OLD)).await.unwrap()
    }

    /// Joins by a link that was passed on by hand.
    async fn joins_by_hand(&self, email: &str) -> SignedIn {
        let link = self.crm.access().invite(&self.host, Some(address(email)), Role::Agent).await.unwrap();
        let access = self.crm.access().confirming_at(PAGE);
        access.accept(&link, PersonName::parse("Asha").unwrap(), None, &secret(OLD)).await.unwrap()
    }

    /// Asks for a link and waits until it was looked up.
    async fn asks(&self, what: MailedLink, email: &str) -> Result<(), Error> {
        let email = address(email);
        let peer = Some(IpAddr::from([192, 0, 2, 1]));
        let request = LinkRequest { what, email: &email, peer, page: PAGE };
        self.crm.access().request_link(request).await?.await.unwrap();
        Ok(())
    }

    /// The token in the mail that comes of a request.
    async fn link(&self, what: MailedLink) -> Token {
        self.asks(what, "asha@example.com").await.unwrap();
        assert!(self.works().await >= 1);
        Token::parse(&self.mailer.newest_token().unwrap()).unwrap()
    }

    /// Sends what is due; answers how much the server took.
    async fn works(&self) -> u32 {
        self.crm.worker().send_mails().await.unwrap()
    }

    async fn signs_in(&self, password: &str) -> Result<FirstStep, Error> {
        self.crm.access().sign_in(&address("asha@example.com"), &secret(password)).await
    }

    async fn actions(&self) -> Vec<Action> {
        let log = self.crm.ledger().audit(&self.host, 0, 100).await.unwrap();
        log.into_iter().map(|entry| entry.action).collect()
    }
}

fn code(clock: &ManualClock, secret: &SecretString) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret.expose_secret()).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(clock.now().timestamp()).unwrap()).to_string()
}

#[tokio::test]
async fn a_new_password_is_set_once_by_a_link_and_ends_sessions_and_other_links() {
    let shop = Shop::start().await;
    let before = shop.joins("asha@example.com").await;
    let first = shop.link(MailedLink::NewPassword).await;
    let link = shop.link(MailedLink::NewPassword).await;
    let mail = shop.mailer.taken().pop().unwrap();
    assert_eq!(mail.to(), &address("asha@example.com"));
    assert!(mail.text().contains(&format!("{PAGE}#{}", link.reveal())), "{}", mail.text());
    let access = shop.crm.access();
    let whose = access.mailed_link_of(&link, MailedLink::NewPassword).await.unwrap();
    assert_eq!(whose, address("asha@example.com"));
    let other = access.mailed_link_of(&link, MailedLink::SignIn).await;
    assert!(matches!(other, Err(Error::Unauthenticated)), "a link is for one thing");
    assert!(matches!(access.sign_in_by_link(&link).await, Err(Error::Unauthenticated)));

    let weak = access.set_new_password(&link, &secret("short")).await;
    assert!(matches!(weak, Err(Error::Invalid { field: "password", .. })), "and the link is still good");
    access.set_new_password(&link, &secret(NEW)).await.unwrap();
    assert!(access.authenticate(before.token.reveal()).await.is_err(), "sessions have ended");
    for used in [&link, &first] {
        let again = access.set_new_password(used, &secret(OLD)).await;
        assert!(matches!(again, Err(Error::Unauthenticated)));
    }
    assert!(matches!(shop.signs_in(OLD).await, Err(Error::Unauthenticated)));
    assert!(matches!(shop.signs_in(NEW).await, Ok(FirstStep::Done(_))));
    shop.works().await;
    let subjects: Vec<_> = shop.mailer.taken().iter().map(|mail| mail.subject().to_owned()).collect();
    assert!(subjects.contains(&"Your password was changed".to_owned()), "{subjects:?}");
    let actions = shop.actions().await;
    for action in [Action::LinkMailed, Action::PasswordReset] {
        assert!(actions.contains(&action), "{actions:?}");
    }
}

#[tokio::test]
async fn links_end_in_time_and_a_second_factor_is_asked_for_behind_each() {
    let shop = Shop::start().await;
    let joined = shop.joins("asha@example.com").await;
    let access = shop.crm.access();
    let late = shop.link(MailedLink::SignIn).await;
    shop.clock.advance(TimeDelta::minutes(15));
    assert!(matches!(access.sign_in_by_link(&late).await, Err(Error::Unauthenticated)));
    let late = shop.link(MailedLink::NewPassword).await;
    shop.clock.advance(TimeDelta::minutes(30));
    let answer = access.set_new_password(&late, &secret(NEW)).await;
    assert!(matches!(answer, Err(Error::Unauthenticated)));

    let link = shop.link(MailedLink::SignIn).await;
    let FirstStep::Done(signed_in) = access.sign_in_by_link(&link).await.unwrap() else {
        panic!("no code yet")
    };
    access.authenticate(signed_in.token.reveal()).await.unwrap();
    assert!(matches!(access.sign_in_by_link(&link).await, Err(Error::Unauthenticated)), "once");
    assert!(shop.actions().await.contains(&Action::LinkUsed));

    let made = access.begin_second_factor(&joined.actor, &secret(OLD)).await.unwrap().text;
    let now = code(&shop.clock, &made);
    access.confirm_second_factor(&joined.actor, &signed_in.token, &now).await.unwrap();
    shop.clock.advance(TimeDelta::hours(1));
    let link = shop.link(MailedLink::SignIn).await;
    let FirstStep::Code(step) = access.sign_in_by_link(&link).await.unwrap() else {
        panic!("a code is needed")
    };
    assert!(matches!(access.sign_in_by_link(&link).await, Err(Error::Unauthenticated)), "once");
    access.finish_sign_in(&step, &code(&shop.clock, &made)).await.unwrap();
    let link = shop.link(MailedLink::NewPassword).await;
    access.set_new_password(&link, &secret(NEW)).await.unwrap();
    assert!(matches!(shop.signs_in(NEW).await, Ok(FirstStep::Code(_))));
}

#[tokio::test]
async fn who_asks_learns_nothing_and_floods_nobody() {
    let shop = Shop::start().await;
    shop.joins("asha@example.com").await;
    for email in ["asha@example.com", "nobody@example.com"] {
        for _ in 0..3 {
            shop.asks(MailedLink::NewPassword, email).await.unwrap();
        }
        let fourth = shop.asks(MailedLink::SignIn, &email.to_uppercase()).await;
        assert!(matches!(fourth, Err(Error::TooManyAttempts { seconds: 3_601 })), "{email}: {fourth:?}");
    }
    assert_eq!(shop.works().await, 3);
    assert!(shop.mailer.taken().iter().all(|mail| mail.to() == &address("asha@example.com")));
    // The peer that asked has six on its account.
    for number in 0..14 {
        shop.asks(MailedLink::SignIn, &format!("somebody{number}@example.com")).await.unwrap();
    }
    let more = shop.asks(MailedLink::SignIn, "another@example.com").await;
    assert!(matches!(more, Err(Error::TooManyAttempts { .. })), "{more:?}");
    shop.clock.advance(TimeDelta::hours(1));
    shop.asks(MailedLink::NewPassword, "asha@example.com").await.unwrap();
    assert_eq!(shop.works().await, 1);
}

#[tokio::test]
async fn who_may_not_come_in_gets_no_link() {
    let shop = Shop::start().await;
    let asha = shop.joins("asha@example.com").await.actor.member().unwrap();
    let access = shop.crm.access();
    access.deactivate(&shop.host, asha, None).await.unwrap();
    shop.asks(MailedLink::SignIn, "asha@example.com").await.unwrap();
    shop.asks(MailedLink::NewPassword, "asha@example.com").await.unwrap();
    assert_eq!(shop.works().await, 0);
}

#[tokio::test]
async fn a_changed_password_is_told_by_mail_with_what_to_do() {
    let shop = Shop::start().await;
    let asha = shop.joins("asha@example.com").await;
    shop.crm.access().change_password(&asha.actor, &asha.token, &secret(OLD), &secret(NEW)).await.unwrap();
    assert_eq!(shop.works().await, 1);
    let mail = shop.mailer.taken().pop().unwrap();
    assert_eq!((mail.subject(), mail.to()), ("Your password was changed", &address("asha@example.com")));
    assert!(mail.text().contains("2 March 2026, 10:30 (UTC)"), "{}", mail.text());
}

#[tokio::test]
async fn a_mail_that_is_not_taken_is_tried_again_until_its_link_has_ended() {
    let shop = Shop::start().await;
    shop.joins("asha@example.com").await;
    shop.mailer.fails(MailError::Later { reply: Some(451) });
    shop.asks(MailedLink::NewPassword, "asha@example.com").await.unwrap();
    assert_eq!((shop.works().await, shop.mailer.refused()), (0, 1));
    shop.clock.advance(TimeDelta::seconds(11));
    assert_eq!(shop.works().await, 1);

    for _ in 0..60 {
        shop.mailer.fails(MailError::Later { reply: None });
    }
    shop.asks(MailedLink::SignIn, "asha@example.com").await.unwrap();
    for _ in 0..30 {
        shop.works().await;
        shop.clock.advance(TimeDelta::minutes(1));
    }
    let tries = shop.mailer.refused();
    assert!((4..16).contains(&tries), "more and more seldom, {tries} times");
    shop.clock.advance(TimeDelta::days(2));
    shop.works().await;
    assert_eq!(shop.mailer.refused(), tries, "not after the end of the link");
    assert_eq!(shop.mailer.taken().len(), 1);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_not_tried_again() {
    let shop = Shop::start().await;
    shop.joins("asha@example.com").await;
    shop.mailer.fails(MailError::Refused { reply: Some(550) });
    shop.asks(MailedLink::NewPassword, "asha@example.com").await.unwrap();
    for _ in 0..20 {
        assert_eq!(shop.works().await, 0);
        shop.clock.advance(TimeDelta::minutes(1));
    }
    assert_eq!(shop.mailer.refused(), 1);
}

#[tokio::test]
async fn of_two_workers_one_sends_a_mail() {
    let shop = Shop::start().await;
    shop.joins("asha@example.com").await;
    for _ in 0..3 {
        shop.asks(MailedLink::SignIn, "asha@example.com").await.unwrap();
    }
    let (here, there) = (shop.crm.worker(), shop.beside.worker());
    let (here, there) = tokio::join!(here.send_mails(), there.send_mails());
    assert_eq!(here.unwrap() + there.unwrap(), 3);
    assert_eq!(shop.mailer.taken().len(), 3);
}

#[tokio::test]
async fn a_mail_that_the_server_took_is_not_sent_again_if_the_store_fails_behind_it() {
    let shop = Shop::start().await;
    shop.joins("asha@example.com").await;
    shop.asks(MailedLink::SignIn, "asha@example.com").await.unwrap();
    // The first write takes the mail, the second one ends it.
    shop.store.at(Calls::Writes, 2, Fault::Fails(StoreError::Unavailable));
    assert!(shop.crm.worker().send_mails().await.is_err());
    shop.clock.advance(TimeDelta::minutes(5));
    assert_eq!(shop.works().await, 0);
    shop.clock.advance(TimeDelta::minutes(5));
    assert_eq!(shop.works().await, 0);
    assert_eq!(shop.mailer.taken().len(), 1);
}

#[tokio::test]
async fn without_a_mailer_nothing_is_mailed_and_the_rest_works() {
    let clock = common::clock();
    let crm = common::builder(&clock).store(common::memory(&clock)).seed(5).build().unwrap();
    let host = common::owner(&crm, "Green Leaf").await;
    let access = crm.access();
    let email = address("asha@example.com");
    let request = LinkRequest { what: MailedLink::SignIn, email: &email, peer: None, page: PAGE };
    let answer = access.request_link(request).await.map(drop);
    assert_eq!(answer.unwrap_err().code(), "mail.not_set_up");
    let link = access.invite(&host, Some(email), Role::Agent).await.unwrap();
    let asha = access.accept(&link, PersonName::parse("Asha").unwrap(), None, &secret(OLD)).await.unwrap();
    access.change_password(&asha.actor, &asha.token, &secret(OLD), &secret(NEW)).await.unwrap();
}

#[tokio::test]
async fn an_invitation_goes_to_its_address_by_mail_and_again_when_it_is_renewed() {
    let shop = Shop::start().await;
    let access = shop.crm.access();
    let email = || address("ravi@example.com");
    let first =
        access.invite_by_mail(&shop.host, NewInvitation::to(email(), Role::Agent), PAGE).await.unwrap();
    assert!(first.mailed);
    assert_eq!(shop.works().await, 1);
    let mail = shop.mailer.taken().pop().unwrap();
    assert_eq!((mail.subject(), mail.to()), ("You are invited to Green Leaf", &email()));
    assert!(mail.text().contains(&format!("{PAGE}#{}", first.token.reveal())));
    let id = access.invitations(&shop.host).await.unwrap()[0].id();
    let second = access.renew_invitation_by_mail(&shop.host, id, PAGE).await.unwrap();
    assert!(second.mailed);
    assert_eq!(shop.works().await, 1);
    assert_eq!(shop.mailer.newest_token().as_deref(), Some(second.token.reveal()));
    // By a link alone, and by mail no more than three times an hour.
    access.invite(&shop.host, Some(email()), Role::Agent).await.unwrap();
    assert_eq!(shop.works().await, 0);
    let mut mailed = Vec::new();
    for _ in 0..2 {
        mailed.push(
            access
                .invite_by_mail(&shop.host, NewInvitation::to(email(), Role::Agent), PAGE)
                .await
                .unwrap()
                .mailed,
        );
    }
    assert_eq!((mailed, shop.works().await), (vec![true, false], 1));
}

#[tokio::test]
async fn what_an_organisation_is_called_adds_nothing_to_a_mail() {
    let shop = Shop::start().await;
    let host = common::owner(&shop.crm, "Shop\r\nBcc: eve@evil.example\n\nhello").await;
    let access = shop.crm.access();
    access
        .invite_by_mail(&host, NewInvitation::to(address("ravi@example.com"), Role::Agent), PAGE)
        .await
        .unwrap();
    shop.works().await;
    let mail = shop.mailer.taken().pop().unwrap();
    assert!(!mail.subject().contains(['\r', '\n']), "{:?}", mail.subject());
}

#[tokio::test]
async fn signing_in_on_a_device_that_is_not_known_is_told_by_mail() {
    let shop = Shop::start().await;
    let joined = shop.joins("asha@example.com").await;
    assert_eq!(shop.works().await, 0, "not for the first time");
    let known = joined.device.unwrap();
    let access = shop.crm.access().from_device(Some(&known), None);
    access.sign_in(&address("asha@example.com"), &secret(OLD)).await.unwrap();
    assert_eq!(shop.works().await, 0, "nor where they signed in before");
    let network = dialzio_core::ledger::Network::of(IpAddr::from([203, 0, 113, 9]));
    let access = shop.crm.access().from_network(Some(network));
    let access = access.from_browser(Some(dialzio_core::access::Browser::Firefox));
    access.sign_in(&address("asha@example.com"), &secret(OLD)).await.unwrap();
    assert_eq!(shop.works().await, 1);
    let mail = shop.mailer.taken().pop().unwrap();
    assert_eq!((mail.subject(), mail.to()), ("You signed in on a new device", &address("asha@example.com")));
    for part in ["When: 2 March 2026, 10:30 (UTC)", "Browser: Firefox", "Network: 203.0.113.0/24"] {
        assert!(mail.text().contains(part), "{part} in {}", mail.text());
    }
}

#[tokio::test]
async fn an_address_that_nobody_confirmed_gets_its_confirmation_and_nothing_else() {
    let shop = Shop::start().await;
    let asha = shop.joins_by_hand("asha@example.com").await;
    let access = shop.crm.access();
    assert_eq!(access.address_confirmed(&asha.actor).await.unwrap(), None);
    assert_eq!(shop.works().await, 1);
    assert_eq!(shop.mailer.taken()[0].subject(), "Confirm your address");
    shop.asks(MailedLink::NewPassword, "asha@example.com").await.unwrap();
    shop.asks(MailedLink::SignIn, "asha@example.com").await.unwrap();
    shop.signs_in(OLD).await.unwrap();
    assert_eq!(shop.works().await, 0, "neither links nor notices");

    // Who has the mailbox and not the account confirms nothing.
    let link = Token::parse(&shop.mailer.newest_token().unwrap()).unwrap();
    let ravi = shop.joins_by_hand("ravi@example.com").await;
    let other = access.confirm_address(&ravi.actor, &link).await;
    assert!(matches!(other, Err(Error::Invalid { field: "token", .. })), "{other:?}");
    assert_eq!(access.address_to_confirm(&asha.actor, &link).await.unwrap(), address("asha@example.com"));
    access.confirm_address(&asha.actor, &link).await.unwrap();
    assert_eq!(access.address_confirmed(&asha.actor).await.unwrap(), Some(shop.clock.now()));
    let again = access.confirm_address(&asha.actor, &link).await;
    assert!(matches!(again, Err(Error::Invalid { field: "token", .. })), "once");
    assert!(shop.actions().await.contains(&Action::AddressConfirmed));
    shop.works().await;
    shop.asks(MailedLink::SignIn, "asha@example.com").await.unwrap();
    assert_eq!(shop.works().await, 1);
}

#[tokio::test]
async fn a_confirmation_is_sent_again_on_demand_and_an_invitation_by_mail_is_one() {
    let shop = Shop::start().await;
    let asha = shop.joins_by_hand("asha@example.com").await;
    let access = shop.crm.access();
    shop.works().await;
    for _ in 0..3 {
        access.send_confirmation(&asha.actor, PAGE).await.unwrap();
        assert_eq!(shop.works().await, 1);
    }
    let more = access.send_confirmation(&asha.actor, PAGE).await;
    assert!(matches!(more, Err(Error::TooManyAttempts { .. })), "{more:?}");
    let ravi = shop.joins("ravi@example.com").await;
    assert!(access.address_confirmed(&ravi.actor).await.unwrap().is_some());
    let done = access.send_confirmation(&ravi.actor, PAGE).await;
    assert!(matches!(done, Err(Error::Invalid { field: "email", .. })), "{done:?}");
}

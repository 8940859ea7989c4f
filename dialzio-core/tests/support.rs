//! Requests for help: who sees them, who answers, and how it is told.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod common;

use chrono::TimeDelta;
use dialzio_core::access::NewInvitation;
use dialzio_core::ledger::Action;
use dialzio_core::page::PageRequest;
use dialzio_core::support::{
    MAX_OPEN_REQUESTS, NewSupportRequest, SupportAuthor, SupportRequest, SupportState,
};
use dialzio_core::testing::RecordingMailer;
use dialzio_core::text::{EmailAddress, PersonName, SupportText, Title};
use dialzio_core::{Actor, Crm, Error, ManualClock, Role, SupportRequestId};
use std::sync::Arc;

struct Shop {
    crm: Crm,
    /// A command of the operator beside the server: it sends no mail itself.
    beside: Crm,
    clock: Arc<ManualClock>,
    mailer: RecordingMailer,
    host: Actor,
}

impl Shop {
    async fn start() -> Self {
        let (clock, mailer) = (common::clock(), RecordingMailer::default());
        let store = Arc::new(common::memory(&clock));
        let builder = || common::builder(&clock).shared_store(Arc::clone(&store) as _);
        let crm = builder().mailer(Arc::new(mailer.clone())).seed(5).build().unwrap();
        let beside = builder().seed(6).build().unwrap();
        let host = common::owner(&crm, "Green Leaf").await;
        Self { crm, beside, clock, mailer, host }
    }

    /// A member who joined by a mailed link, so that their address is confirmed.
    async fn joins(&self, name: &str, role: Role) -> Actor {
        let email = EmailAddress::parse(&format!("{}@example.com", name.to_lowercase())).unwrap();
        let (access, new) = (self.crm.access(), NewInvitation::to(email, role));
        let invited = access.invite_by_mail(&self.host, new, "https://crm.example/page").await.unwrap();
        let password = "seven brown otters swim upstream 7".to_owned().into();
        let name = PersonName::parse(name).unwrap();
        let joined = access.accept(&invited.token, name, None, &password).await.unwrap();
        self.crm.worker().run_once().await.unwrap();
        self.mailer.forget();
        self.clock.advance(TimeDelta::minutes(1));
        joined.actor
    }

    async fn asks(&self, by: &Actor, subject: &str) -> Result<SupportRequest, Error> {
        let (subject, text) =
            (Title::parse(subject).unwrap(), SupportText::parse("Nobody hears us.").unwrap());
        self.crm.support().open(by, NewSupportRequest { subject, text }).await
    }

    async fn subjects(&self, by: &Actor) -> Vec<String> {
        let page = self.crm.support().list(by, PageRequest::first(10)).await.unwrap();
        page.items.iter().map(|request| request.subject.reveal().to_owned()).collect()
    }

    async fn answers(&self, id: SupportRequestId, text: &str) -> Result<(), Error> {
        let operator = self.beside.operator("ticket 7").unwrap();
        operator.answer_support(id, SupportText::parse(text).unwrap()).await.map(drop)
    }
}

#[tokio::test]
async fn members_see_their_own_requests_and_who_manages_the_organisation_sees_all() {
    let shop = Shop::start().await;
    let [asha, ravi, mina] = [
        shop.joins("Asha", Role::Viewer).await,
        shop.joins("Ravi", Role::Manager).await,
        shop.joins("Mina", Role::Admin).await,
    ];
    let first = shop.asks(&asha, "First").await.unwrap();
    shop.clock.advance(TimeDelta::seconds(1));
    let second = shop.asks(&ravi, "Second").await.unwrap();
    assert_eq!(shop.subjects(&asha).await, ["First"]);
    assert_eq!(shop.subjects(&ravi).await, ["Second"]);
    for all in [&mina, &shop.host] {
        assert_eq!(shop.subjects(all).await, ["Second", "First"]);
    }
    let support = shop.crm.support();
    let text = SupportText::parse("Me too.").unwrap();
    let missing = |error: Error| assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    missing(support.get(&asha, second.id).await.unwrap_err());
    missing(support.reply(&ravi, first.id, text.clone()).await.unwrap_err());
    missing(support.close(&ravi, first.id).await.unwrap_err());
    support.reply(&mina, first.id, text).await.unwrap();
    let other = common::owner(&shop.crm, "Corner Shop").await;
    missing(support.get(&other, first.id).await.unwrap_err());
    assert!(shop.subjects(&other).await.is_empty());
    let by_program = shop.asks(&shop.host, "Third").await;
    assert!(matches!(by_program, Err(Error::Invalid { field: "member", .. })), "{by_program:?}");
}

#[tokio::test]
async fn an_answer_is_told_by_a_mail_that_says_nothing_of_it() {
    let shop = Shop::start().await;
    let asha = shop.joins("Asha", Role::Agent).await;
    let request = shop.asks(&asha, "Calls are silent").await.unwrap();
    let operator = shop.beside.operator("ticket 7").unwrap();
    let listed = operator.support_requests(false).await.unwrap();
    assert_eq!(listed, [(asha.org(), request.clone())]);
    let (org, thread) = operator.support_request(request.id).await.unwrap();
    assert_eq!((org, thread.messages.len()), (asha.org(), 1));
    shop.answers(request.id, "It was a cable.").await.unwrap();
    shop.crm.worker().run_once().await.unwrap();
    let mails = shop.mailer.taken();
    let [mail] = mails.as_slice() else { panic!("one mail") };
    assert_eq!(mail.to().reveal(), "asha@example.com");
    for content in ["cable", "silent", "hears us"] {
        assert!(!mail.text().contains(content) && !mail.subject().contains(content), "{content}");
    }
    let thread = shop.crm.support().get(&asha, request.id).await.unwrap();
    assert_eq!(thread.request.state, SupportState::Answered);
    assert_eq!(thread.messages[1].author, SupportAuthor::Operator);
    assert_eq!(thread.messages[1].text.reveal(), "It was a cable.");

    // What the operator did is in the organisation's own log, under the reason.
    let log = shop.crm.ledger().audit(&shop.host, 0, 100).await.unwrap();
    for action in [Action::SupportRead, Action::SupportAnswered] {
        let entry = log.iter().find(|entry| entry.action == action).unwrap();
        assert!(entry.principal.contains("ticket 7"), "{}", entry.principal);
    }
}

#[tokio::test]
async fn a_closed_request_is_opened_by_a_message() {
    let shop = Shop::start().await;
    let asha = shop.joins("Asha", Role::Agent).await;
    let request = shop.asks(&asha, "Calls are silent").await.unwrap();
    let state = async || shop.crm.support().get(&asha, request.id).await.unwrap().request.state;
    shop.crm.support().close(&asha, request.id).await.unwrap();
    shop.crm.support().close(&asha, request.id).await.unwrap();
    assert_eq!(state().await, SupportState::Closed);
    assert!(shop.beside.operator("t").unwrap().support_requests(false).await.unwrap().is_empty());
    let text = SupportText::parse("It is back.").unwrap();
    shop.crm.support().reply(&asha, request.id, text).await.unwrap();
    assert_eq!(state().await, SupportState::Open);
    let operator = shop.beside.operator("done").unwrap();
    operator.close_support(request.id).await.unwrap();
    assert_eq!(state().await, SupportState::Closed);
    assert_eq!(operator.support_requests(true).await.unwrap().len(), 1);
    // Two years after it was closed it is gone.
    shop.clock.advance(dialzio_core::store::periods::SUPPORT_PERIOD);
    let gone = shop.answers(request.id, "Late.").await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
}

#[tokio::test]
async fn a_member_has_so_many_open_requests_and_no_more() {
    let shop = Shop::start().await;
    let asha = shop.joins("Asha", Role::Agent).await;
    let first = shop.asks(&asha, "First").await.unwrap();
    for _ in 1..MAX_OPEN_REQUESTS {
        shop.asks(&asha, "Another").await.unwrap();
    }
    let full = shop.asks(&asha, "One too many").await;
    assert!(matches!(full, Err(Error::Invalid { field: "subject", .. })), "{full:?}");
    shop.crm.support().close(&asha, first.id).await.unwrap();
    shop.asks(&asha, "One more").await.unwrap();
}

//! SMS: registered texts, messages that are read from the provider's list, and accounts that calls came to first.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::account::{AccountPatch, AccountState, App, NewTemplate, ProviderAccount};
use dialzio_core::consent::{
    Channel, Evidence, EvidenceKind, NewConsent, Purpose, PurposeScope, RefusalCode, State,
};
use dialzio_core::contact::NewContact;
use dialzio_core::conversation::{
    Conversation, DeliveryStatus, NewMessage, Preview, TemplateCategory, TemplateStatus,
};
use dialzio_core::page::PageRequest;
use dialzio_core::provider::{
    ConnectionForm, MessagingCapabilities, MessagingProvider, OutboundContent, Provider, ProviderError,
    ProviderId, TelephonyProvider, TemplateSource, WebhookDecoder,
};
use dialzio_core::sms::{DltId, DltSender, SmsHeader, SmsSettings};
use dialzio_core::testing::{Scripted, ScriptedCalls, ScriptedProvider, scripted::element};
use dialzio_core::text::EvidenceText;
use dialzio_core::{AccountProblem, Actor, Clock, Crm, Error, ManualClock, PhoneNumber};
use serde_json::json;
use std::sync::Arc;

/// A service of SMS, and of calls too if there is one.
#[derive(Debug)]
struct Service(Arc<ScriptedProvider>, Option<ScriptedCalls>);

impl Provider for Service {
    fn id(&self) -> ProviderId {
        self.0.id()
    }
    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        self.0.messaging()
    }
    fn telephony(&self) -> Option<&dyn TelephonyProvider> {
        self.1.as_ref().map(|calls| calls as &dyn TelephonyProvider)
    }
    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        self.0.webhooks()
    }
    fn connection(&self) -> &ConnectionForm {
        self.0.connection()
    }
    fn allows_address(&self, base: &url::Url) -> bool {
        self.0.allows_address(base)
    }
    fn newest_date(&self) -> Option<DateTime<Utc>> {
        self.0.newest_date()
    }
}

struct Desk {
    clock: Arc<ManualClock>,
    crm: Crm,
    me: Actor,
    provider: Arc<ScriptedProvider>,
    account: ProviderAccount,
}

fn capabilities() -> MessagingCapabilities {
    MessagingCapabilities {
        channel: Channel::Sms,
        reply_window: None,
        templates: TemplateSource::Organisation,
        delivery_reports: false,
        lists_messages: true,
        ..ScriptedProvider::new().messaging().unwrap().capabilities().clone()
    }
}

async fn desk(calls: Option<ScriptedCalls>) -> Desk {
    let clock = common::clock();
    let provider = Arc::new(ScriptedProvider::with(capabilities()));
    let crm = common::builder(&clock)
        .store(common::memory(&clock))
        .provider(Service(Arc::clone(&provider), calls))
        .build()
        .unwrap();
    let me = common::owner(&crm, "Shop").await;
    let app = common::app(&crm, &me).await;
    let account = common::connect(&crm, &me, &app).await;
    Desk { clock, crm, me, provider, account }
}

impl Desk {
    /// A person with this number who agreed to be written to by SMS, and the conversation with them.
    async fn person(&self, number: &str) -> Conversation {
        let new = NewContact::named("Asha").phone(PhoneNumber::parse(number).unwrap());
        let contact = self.crm.contacts().create(&self.me, new).await.unwrap();
        let note = EvidenceText::parse("Paper form").unwrap();
        let given = NewConsent {
            contact: contact.id,
            channel: Channel::Sms,
            scope: PurposeScope::Any,
            evidence: Evidence { kind: EvidenceKind::Paper, note, message: None },
            occurred_at: self.clock.now(),
            expires_at: None,
        };
        self.crm.consents().grant(&self.me, given).await.unwrap();
        self.crm.conversations().open(&self.me, contact.id, self.account.id).await.unwrap()
    }

    async fn registers(&self) {
        let sms = SmsSettings { dlt: Some(sender()), ..SmsSettings::default() };
        let patch = AccountPatch { sms: Some(sms), ..AccountPatch::default() };
        self.crm.accounts().update(&self.me, self.account.id, patch).await.unwrap();
    }

    async fn enters(&self, registration: Option<&str>) {
        let template = NewTemplate { registration: registration.map(id), ..ready() };
        self.crm.accounts().enter_template(&self.me, self.account.id, template).await.unwrap();
    }

    async fn works(&self) {
        self.crm.worker().run_once().await.unwrap();
    }

    /// What the person wrote, as the provider lists it.
    fn wrote(&self, id: &str, from: &str, text: &str) {
        let at = self.clock.now().timestamp();
        let message =
            json!({"type": "message", "account": "1001", "id": id, "from": from, "text": text, "at": at});
        self.provider.received(element(&message));
    }
}

fn id(text: &str) -> DltId {
    DltId::parse(text).unwrap()
}

fn sender() -> DltSender {
    DltSender { entity: id("1101123456789012345"), header: SmsHeader::parse("DLZCRM").unwrap() }
}

fn ready() -> NewTemplate {
    NewTemplate {
        name: "order_ready".into(),
        language: "en".into(),
        category: TemplateCategory::Utility,
        text: "Dear {#var#}, your order {#var#} is ready.".into(),
        registration: None,
    }
}

fn filled() -> NewMessage {
    NewMessage::template("order_ready", "en").param("1", "Asha").param("2", "4711")
}

const IN_INDIA: &str = "+919840012345";
const TEMPLATE: &str = "1107123456789012345";

fn code(refused: Result<dialzio_core::conversation::Sent, Error>) -> String {
    match refused {
        Err(error) => error.code(),
        Ok(_) => "sent".to_owned(),
    }
}

#[tokio::test]
async fn in_india_only_a_registered_template_is_sent_and_it_names_its_registration() {
    let desk = desk(None).await;
    let talk = desk.person(IN_INDIA).await;
    let send = async |new| desk.crm.conversations().send(&desk.me, talk.id, new).await;
    assert_eq!(code(send(NewMessage::text("hello").unwrap()).await), "sms.unregistered");
    desk.enters(None).await;
    assert_eq!(code(send(filled()).await), "sms.unregistered", "the text is not registered");
    desk.enters(Some(TEMPLATE)).await;
    assert_eq!(code(send(filled()).await), "sms.unregistered", "the sender is not registered");
    desk.registers().await;
    assert_eq!(code(send(NewMessage::text("hello").unwrap()).await), "sms.unregistered");
    send(filled()).await.unwrap();
    desk.works().await;
    let sent = desk.provider.sent();
    let [only] = &sent[..] else { panic!("one was sent: {}", sent.len()) };
    let OutboundContent::Text { body, .. } = &only.message.content else { panic!("it is sent as a text") };
    assert_eq!(body.reveal(), "Dear Asha, your order 4711 is ready.");
    let registration = only.message.registration.clone().unwrap();
    assert_eq!((registration.sender, registration.template), (sender(), id(TEMPLATE)));
}

#[tokio::test]
async fn elsewhere_no_registration_is_needed_and_consent_still_is() {
    let desk = desk(None).await;
    let talk = desk.person("+442079460123").await;
    desk.crm.conversations().send(&desk.me, talk.id, NewMessage::text("hello").unwrap()).await.unwrap();
    desk.works().await;
    assert_eq!(desk.provider.sent().len(), 1);
    assert!(desk.provider.sent()[0].message.registration.is_none());
    let new = NewContact::named("Ravi").phone(PhoneNumber::parse("+442079460124").unwrap());
    let stranger = desk.crm.contacts().create(&desk.me, new).await.unwrap();
    let talk = desk.crm.conversations().open(&desk.me, stranger.id, desk.account.id).await.unwrap();
    let refused = desk.crm.conversations().send(&desk.me, talk.id, NewMessage::text("hello").unwrap()).await;
    assert_eq!(code(refused), "consent.no_relation");
}

#[tokio::test]
async fn a_registered_text_that_is_removed_before_its_message_leaves_stops_the_message() {
    let desk = desk(None).await;
    let talk = desk.person(IN_INDIA).await;
    desk.enters(Some(TEMPLATE)).await;
    desk.registers().await;
    let sent = desk.crm.conversations().send(&desk.me, talk.id, filled()).await.unwrap();
    desk.crm.accounts().remove_template(&desk.me, desk.account.id, "order_ready", "en").await.unwrap();
    desk.works().await;
    assert!(desk.provider.sent().is_empty());
    let kept = desk.crm.conversations().message(&desk.me, sent.message.id).await.unwrap();
    assert_eq!(kept.delivery.status, DeliveryStatus::Suppressed);
    assert_eq!(kept.delivery.failure.unwrap().code, "sms.unregistered");
}

#[tokio::test]
async fn what_is_wrong_with_a_registered_text_is_named() {
    let desk = desk(None).await;
    let enter = async |template| {
        let error = desk.crm.accounts().enter_template(&desk.me, desk.account.id, template).await;
        match error {
            Err(Error::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(enter(NewTemplate { name: "order ready".into(), ..ready() }).await, "name");
    assert_eq!(enter(NewTemplate { language: String::new(), ..ready() }).await, "language");
    assert_eq!(enter(NewTemplate { text: "Dear {{1}}".into(), ..ready() }).await, "text");
    assert_eq!(enter(NewTemplate { text: " ".into(), ..ready() }).await, "text");
    assert_eq!(enter(NewTemplate { text: "a".repeat(1_025), ..ready() }).await, "text");
    desk.enters(None).await;
    let shorter = NewTemplate { text: "Ready.".into(), ..ready() };
    let all = desk.crm.accounts().enter_template(&desk.me, desk.account.id, shorter).await.unwrap();
    assert_eq!(all.len(), 1, "one of the same name and language is replaced");
    assert_eq!((all[0].body.as_str(), all[0].status), ("Ready.", TemplateStatus::Approved));
    let synced = desk.crm.accounts().sync_templates(&desk.me, desk.account.id).await;
    assert!(matches!(synced, Err(Error::Account(AccountProblem::Unsupported))), "the provider keeps none");
}

#[tokio::test]
async fn received_messages_are_read_from_the_list_once_and_stop_by_sms_ends_sms() {
    let desk = desk(None).await;
    desk.works().await;
    desk.wrote("m-1", "442079460123", "Is it ready?");
    desk.clock.advance(TimeDelta::seconds(31));
    desk.works().await;
    let inbox = common::inbox(&desk.crm, &desk.me).await;
    let [entry] = &inbox[..] else { panic!("one conversation: {}", inbox.len()) };
    let talk = entry.conversation.id;
    let texts = async || {
        let page = desk.crm.conversations().messages(&desk.me, talk, PageRequest::first(20)).await.unwrap();
        page.items.len()
    };
    assert_eq!(texts().await, 1);
    desk.crm.conversations().send(&desk.me, talk, NewMessage::text("Yes").unwrap()).await.unwrap();
    for _ in 0..4 {
        desk.clock.advance(TimeDelta::seconds(31));
        desk.works().await;
    }
    assert_eq!(texts().await, 2, "read four times more, and taken in once");
    desk.wrote("m-2", "442079460123", "STOP");
    desk.clock.advance(TimeDelta::seconds(31));
    desk.works().await;
    // The one confirmation that is allowed is over.
    desk.clock.advance(TimeDelta::minutes(6));
    let preview = desk.crm.conversations().preview(&desk.me, talk).await.unwrap();
    let Preview::Refused(refusal) = preview.reply else { panic!("{:?}", preview.reply) };
    assert_eq!(refusal.reasons[0].code, RefusalCode::OptedOutLast);
    let contact = entry.conversation.contact;
    let of = async |channel| {
        let state = desk.crm.consents().state(&desk.me, contact, channel, Purpose::Utility).await.unwrap();
        state.state
    };
    assert_eq!(of(Channel::Sms).await, State::Withdrawn);
    assert_eq!(of(Channel::WhatsApp).await, State::Unknown, "WhatsApp keeps to its own rules");
}

#[tokio::test]
async fn a_long_gap_of_the_list_is_read_part_by_part() {
    let desk = desk(None).await;
    desk.works().await;
    desk.clock.advance(TimeDelta::hours(20));
    desk.wrote("m-1", "442079460123", "Anybody there?");
    desk.clock.advance(TimeDelta::hours(20));
    desk.works().await;
    assert_eq!(common::inbox(&desk.crm, &desk.me).await.len(), 1);
}

#[tokio::test]
async fn where_calls_came_first_nothing_is_sent_by_sms_until_it_is_set_up_and_after_it_is_switched_off() {
    let desk = desk(Some(ScriptedCalls::new())).await;
    let new = NewContact::named("Asha").phone(PhoneNumber::parse("+442079460123").unwrap());
    let contact = desk.crm.contacts().create(&desk.me, new).await.unwrap();
    let opened = desk.crm.conversations().open(&desk.me, contact.id, desk.account.id).await;
    assert!(matches!(opened, Err(Error::Account(AccountProblem::Unsupported))), "{opened:?}");
    desk.registers().await;
    let talk = desk.person("+442079460125").await;
    desk.crm.conversations().send(&desk.me, talk.id, NewMessage::text("hello").unwrap()).await.unwrap();
    desk.works().await;
    assert_eq!(desk.provider.sent().len(), 1);
    let off = SmsSettings { enabled: false, ..SmsSettings::default() };
    let patch = AccountPatch { sms: Some(off), ..AccountPatch::default() };
    desk.crm.accounts().update(&desk.me, desk.account.id, patch).await.unwrap();
    let refused = desk.crm.conversations().send(&desk.me, talk.id, NewMessage::text("hello").unwrap()).await;
    assert!(matches!(refused, Err(Error::Account(AccountProblem::Unsupported))));
}

#[tokio::test]
async fn wrong_credentials_of_sms_are_shown_on_the_account_and_calls_go_on() {
    let desk = desk(Some(ScriptedCalls::new())).await;
    desk.registers().await;
    desk.works().await;
    let talk = desk.person("+442079460125").await;
    desk.crm.conversations().send(&desk.me, talk.id, NewMessage::text("hello").unwrap()).await.unwrap();
    let expired = || ProviderError::Credentials {
        provider: ProviderId("scripted"),
        code: "404".into(),
        detail: Some("Invalid user token".into()),
    };
    desk.provider.then(Scripted::Fail(expired()));
    desk.works().await;
    let account = desk.crm.accounts().get(&desk.me, desk.account.id).await.unwrap();
    assert_eq!(account.state, AccountState::Routable);
    assert_eq!(account.problem.unwrap().code, "scripted.404");
    // The message waits, and leaves once the token is right.
    desk.clock.advance(TimeDelta::minutes(6));
    desk.works().await;
    assert_eq!(desk.provider.sent().len(), 1);
    let account = desk.crm.accounts().get(&desk.me, desk.account.id).await.unwrap();
    assert!(account.problem.is_none(), "the list could be read again");
}

#[tokio::test]
async fn settings_of_sms_are_refused_where_there_is_no_sms() {
    let clock = common::clock();
    let crm = common::builder(&clock)
        .store(common::memory(&clock))
        .provider(ScriptedProvider::new())
        .build()
        .unwrap();
    let me = common::owner(&crm, "Shop").await;
    let app: App = common::app(&crm, &me).await;
    let account = common::connect(&crm, &me, &app).await;
    let patch = AccountPatch { sms: Some(SmsSettings::default()), ..AccountPatch::default() };
    let refused = crm.accounts().update(&me, account.id, patch).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "sms", .. })), "{refused:?}");
}

//! A whole CRM over the store under test: an organisation with a connected number at a scripted provider.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::sync::Arc;

use super::TestBed;
use crate::access::NewOrg;
use crate::account::{App, LocalKeys, NewAccount, NewApp, ProviderAccount};
use crate::consent::{Channel, ConsentState, Evidence, EvidenceKind, NewConsent, Purpose, PurposeScope};
use crate::conversation::{
    Conversation, ConversationQuery, InboxView, Message, NewBody, NewMessage, StateFilter, Template,
};
use crate::crm::Crm;
use crate::entropy::Entropy;
use crate::page::PageRequest;
use crate::provider::{
    MessagingProvider, Provider, ProviderId, RawWebhook, TelephonyProvider, WebhookDecoder,
};
use crate::scope::{Actor, Role};
use crate::testing::{ScriptedProvider, service};
use crate::text::EvidenceText;
use crate::webhook::Quarantined;

/// The number of the person who writes.
pub(super) const NUMBER: &str = "919840012345";

/// A provider that the case still reaches after the CRM has taken it.
#[derive(Debug)]
struct Shared(Arc<ScriptedProvider>);

impl Provider for Shared {
    fn id(&self) -> ProviderId {
        self.0.id()
    }

    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        self.0.messaging()
    }

    fn telephony(&self) -> Option<&dyn TelephonyProvider> {
        self.0.telephony()
    }

    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        self.0.webhooks()
    }

    fn connection(&self) -> &crate::provider::ConnectionForm {
        self.0.connection()
    }

    fn allows_address(&self, _: &url::Url) -> bool {
        false
    }
    fn newest_date(&self) -> Option<DateTime<Utc>> {
        self.0.newest_date()
    }
}

/// A CRM in use.
#[derive(Debug)]
pub(super) struct Live {
    /// The CRM over a store in memory.
    pub(super) crm: Crm,
    /// The provider that the CRM sends through, scripted by the case.
    pub(super) provider: Arc<ScriptedProvider>,
    /// An owner of the organisation.
    pub(super) me: Actor,
    /// The app of the number.
    pub(super) app: App,
    /// The connected number that messages leave from.
    pub(super) account: ProviderAccount,
}

impl Live {
    /// Over the test bed's store and clock; the provider takes webhooks without a signature too.
    pub(super) async fn new(bed: &TestBed) -> Self {
        let provider = Arc::new(ScriptedProvider::new().unsigned_webhooks());
        let crm = Crm::builder()
            .shared_store(Arc::clone(&bed.store))
            .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
            .provider(Shared(Arc::clone(&provider)))
            .clock(Arc::clone(&bed.clock) as _)
            .build()
            .unwrap();
        let org = crm.access().found(NewOrg::named("Corner shop")).await.unwrap().org;
        let me = crm.access().act_as(org, service("conformance"), Role::Owner.grant()).await.unwrap();
        let app = NewApp {
            provider: "scripted".into(),
            name: "Front desk app".parse().unwrap(),
            secrets: vec!["secret".into()],
            verify_token: Some("verify".into()),
        };
        let app = crm.accounts().register_app(&me, app).await.unwrap();
        let line = NewAccount {
            app: app.id,
            name: "Front desk".parse().unwrap(),
            routing_key: "1001".into(),
            business_id: Some("2002".into()),
            portfolio: None,
            credentials: [("access_token", "token")].into(),
            base_url: None,
        };
        let account = crm.accounts().connect(&me, line).await.unwrap().routable().unwrap();
        Self { crm, provider, me, app, account }
    }

    async fn receive(&self, webhook: RawWebhook) {
        assert_eq!(self.crm.intake().receive(self.app.hook, webhook).await.status, 200);
        // A store that is slow just now has it wait in line.
        self.crm.worker().decide_waiting().await.unwrap();
    }

    /// A webhook with a signature arrives. The element gets the account and the time of now.
    pub(super) async fn signed(&self, element: Value) {
        self.receive(ScriptedProvider::webhook("secret", &[self.here(element)])).await;
    }

    /// A webhook without a signature arrives.
    pub(super) async fn unsigned(&self, element: Value) {
        self.receive(ScriptedProvider::unsigned(&[self.here(element)])).await;
    }

    fn here(&self, mut element: Value) -> Value {
        element["account"] = json!(self.account.routing_key);
        element["at"] = json!(self.crm.clock().now().timestamp());
        element
    }

    /// A message of the person's with this id.
    #[must_use]
    pub(super) fn says(id: &str, text: &str) -> Value {
        json!({ "type": "message", "id": id, "from": NUMBER, "text": text })
    }

    /// The only conversation.
    pub(super) async fn talk(&self) -> Conversation {
        let query = ConversationQuery::new(InboxView::All, StateFilter::Open, self.crm.clock().now());
        let page = self.crm.conversations().list(&self.me, &query, PageRequest::first(10)).await.unwrap();
        assert_eq!(page.items.len(), 1);
        page.items[0].conversation.clone()
    }

    /// What counts for a purpose on WhatsApp.
    pub(super) async fn consent(&self, purpose: Purpose) -> ConsentState {
        let contact = self.talk().await.contact;
        self.crm.consents().state(&self.me, contact, Channel::WhatsApp, purpose).await.unwrap()
    }

    /// Queues an answer in the only conversation.
    pub(super) async fn answers(&self, text: &str) -> Message {
        let talk = self.talk().await.id;
        self.crm.conversations().send(&self.me, talk, NewMessage::text(text).unwrap()).await.unwrap().message
    }

    /// The kinds of evidence a person of the team writes down.
    pub(super) fn evidence(kind: EvidenceKind) -> Evidence {
        Evidence { kind, note: EvidenceText::parse("told us at the counter").unwrap(), message: None }
    }

    /// The person's opt-in for everything on WhatsApp, by a form.
    pub(super) async fn opts_in(&self) {
        let new = NewConsent {
            contact: self.talk().await.contact,
            channel: Channel::WhatsApp,
            scope: PurposeScope::Any,
            evidence: Self::evidence(EvidenceKind::WebForm),
            occurred_at: self.crm.clock().now(),
            expires_at: None,
        };
        self.crm.consents().grant(&self.me, new).await.unwrap();
    }

    /// Queues a message of this template, whose only parameter is a name, in the only conversation.
    pub(super) async fn sends_template(&self, template: &Template) -> Message {
        let talk = self.talk().await.id;
        let body = NewBody::Template {
            name: template.name.clone(),
            language: template.language.clone(),
            parameters: vec![("1".to_owned(), "Asha".to_owned())],
        };
        let new = NewMessage { body, reply_to: None, key: None, seen: None };
        self.crm.conversations().send(&self.me, talk, new).await.unwrap().message
    }

    /// Does what is due.
    pub(super) async fn works(&self) {
        self.crm.worker().run_once().await.unwrap();
    }

    /// The message as it is now.
    pub(super) async fn message(&self, of: &Message) -> Message {
        self.crm.conversations().message(&self.me, of.id).await.unwrap()
    }

    /// What is in quarantine.
    pub(super) async fn quarantine(&self) -> Vec<Quarantined> {
        self.crm.quarantine().list(&self.me, PageRequest::first(50)).await.unwrap().items
    }
}

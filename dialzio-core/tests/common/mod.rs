//! What many tests begin with: a CRM over a store in memory, on a clock that the test sets, with an organisation, its owner,
//! and a line of the scripted provider.
#![allow(dead_code, reason = "each test uses a part of it")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::{App, LocalKeys, NewAccount, NewApp, ProviderAccount};
use dialzio_core::contact::{Alias, ChannelIdentity, ContactWrite};
use dialzio_core::conversation::{
    Conversation, ConversationQuery, ConversationWrite, InboxEntry, InboxView, StateFilter,
};
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::page::PageRequest;
use dialzio_core::provider::{ConnectionForm, MessagingProvider, Provider, ProviderId, WebhookDecoder};
use dialzio_core::store::Batch;
use dialzio_core::testing::{Fixtures, ScriptedProvider, scope, service};
use dialzio_core::{Actor, Clock, Crm, CrmBuilder, ManualClock, Role};
use serde_json::{Value, json};
use std::sync::Arc;

/// A clock that stands still in the morning.
pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Fixtures::morning()))
}

/// An empty store on this clock.
pub(crate) fn memory(clock: &Arc<ManualClock>) -> MemoryStore {
    MemoryStore::new(Arc::clone(clock) as Arc<dyn Clock>)
}

/// A CRM with keys, on this clock. What is missing is a store and a provider.
pub(crate) fn builder(clock: &Arc<ManualClock>) -> CrmBuilder {
    Crm::builder().keys(LocalKeys::ephemeral(&Entropy::seeded(1))).clock(Arc::clone(clock) as Arc<dyn Clock>)
}

/// Founds an organisation; answers who acts as its owner.
pub(crate) async fn owner(crm: &Crm, name: &str) -> Actor {
    let org = crm.access().found(NewOrg::named(name)).await.unwrap().org;
    crm.access().act_as(org, service("test"), Role::Owner.grant()).await.unwrap()
}

/// An app of the scripted provider.
pub(crate) async fn app(crm: &Crm, me: &Actor) -> App {
    let new = NewApp {
        provider: "scripted".into(),
        name: "App".parse().unwrap(),
        secrets: vec!["secret".into()],
        verify_token: Some("verify".into()),
    };
    crm.accounts().register_app(me, new).await.unwrap()
}

/// The line of an app.
pub(crate) fn line(app: &App) -> NewAccount {
    NewAccount {
        app: app.id,
        name: "Line".parse().unwrap(),
        routing_key: "1001".into(),
        business_id: Some("2002".into()),
        portfolio: None,
        credentials: [("access_token", "token")].into(),
        base_url: None,
    }
}

/// Connects the line of an app.
pub(crate) async fn connect(crm: &Crm, me: &Actor, app: &App) -> ProviderAccount {
    crm.accounts().connect(me, line(app)).await.unwrap().routable().unwrap()
}

/// A conversation with a person who has just written.
pub(crate) async fn talk(crm: &Crm, make: &Fixtures, me: &Actor, account: &ProviderAccount) -> Conversation {
    let contact = make.contact("Asha");
    let identity = ChannelIdentity {
        portfolio: account.portfolio.clone(),
        ..make.identity(contact.id, vec![Alias::Phone(make.phone())])
    };
    let talk = make.conversation(account.id, &identity);
    let wrote = make.inbound(&talk, "hello", Fixtures::morning());
    let mut batch = Batch::new(me, Action::MessageReceived, Fixtures::morning());
    batch
        .write(ContactWrite::Insert(contact))
        .write(ContactWrite::Identity(identity))
        .write(ConversationWrite::Insert(talk.clone()))
        .write(make.append(account.id, &wrote));
    crm.store().commit_one(&scope(me.org()), batch).await.unwrap();
    talk
}

/// Receives what the provider reports about the line: at once, unless it says when. Answers the status.
pub(crate) async fn receive(crm: &Crm, app: &App, mut element: Value) -> u16 {
    element["account"] = json!("1001");
    if element["at"].is_null() {
        element["at"] = json!(crm.clock().now().timestamp());
    }
    crm.intake().receive(app.hook, ScriptedProvider::webhook("secret", &[element])).await.status
}

/// The open conversations, newest message first.
pub(crate) async fn inbox(crm: &Crm, me: &Actor) -> Vec<InboxEntry> {
    let query = ConversationQuery::new(InboxView::All, StateFilter::Open, crm.clock().now());
    crm.conversations().list(me, &query, PageRequest::first(200)).await.unwrap().items
}

/// How many unread messages there are in open conversations.
pub(crate) async fn unread(crm: &Crm, me: &Actor) -> u32 {
    inbox(crm, me).await.iter().map(|entry| entry.conversation.unread).sum()
}

/// A provider that the test and the CRM both hold.
#[derive(Debug)]
pub(crate) struct Lent(pub(crate) Arc<ScriptedProvider>);

impl Provider for Lent {
    fn id(&self) -> ProviderId {
        self.0.id()
    }
    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        self.0.messaging()
    }
    fn telephony(&self) -> Option<&dyn dialzio_core::provider::TelephonyProvider> {
        None
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
    fn newest_date(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        self.0.newest_date()
    }
}

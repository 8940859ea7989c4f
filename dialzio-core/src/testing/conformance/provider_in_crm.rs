//! A provider in the whole CRM, from connecting to STOP: what a person does with it has to work, and consent is kept on its
//! own channel. Written for providers of free text without templates, such as an SMS gateway.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt::Debug;
use std::sync::Arc;
use url::Url;

use crate::access::NewOrg;
use crate::account::{App, LocalKeys, NewAccount, NewApp, ProviderAccount};
use crate::consent::{
    Channel, ConsentState, Evidence, EvidenceKind, NewConsent, Purpose, PurposeScope, RefusalCode, State,
};
use crate::contact::NewContact;
use crate::conversation::{Conversation, DeliveryStatus, ExternalId, Message, NewMessage, Preview};
use crate::crm::Crm;
use crate::entropy::Entropy;
use crate::error::Error;
use crate::id::ContactId;
use crate::memory::MemoryStore;
use crate::page::PageRequest;
use crate::phone::PhoneNumber;
use crate::provider::{
    ConnectionForm, MessagingProvider, Provider, ProviderId, RawWebhook, TelephonyProvider, WebhookDecoder,
};
use crate::scope::{Actor, Role};
use crate::testing::{Fixtures, service};
use crate::text::EvidenceText;
use crate::time::{Clock, ManualClock};

/// What a provider is tested with: the provider, and the other side of it.
#[async_trait]
pub trait CrmFixture: Send + Sync {
    /// The provider, over a server that takes messages.
    fn provider(&self) -> Arc<dyn Provider>;
    /// Ids of senders that the provider has, two at least.
    fn senders(&self) -> Vec<String>;
    /// The secret that webhooks are signed with.
    fn secret(&self) -> String;
    /// A signed webhook: a person wrote to one of the senders.
    fn wrote(&self, sender: &str, id: &str, from: &PhoneNumber, text: &str, at: DateTime<Utc>) -> RawWebhook;
    /// A signed webhook: a message was delivered.
    fn delivered(&self, sender: &str, message: &ExternalId, at: DateTime<Utc>) -> RawWebhook;
    /// The next message is taken, and its answer is lost.
    async fn lose_next_answer(&self);
    /// What the server has taken, in order: from, to, text.
    async fn taken(&self) -> Vec<(String, String, String)>;
}

#[derive(Debug)]
struct Lent(Arc<dyn Provider>);

impl Provider for Lent {
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

    fn newest_date(&self) -> Option<DateTime<Utc>> {
        self.0.newest_date()
    }

    fn connection(&self) -> &ConnectionForm {
        self.0.connection()
    }

    fn allows_address(&self, base: &Url) -> bool {
        self.0.allows_address(base)
    }
}

struct Tenant {
    crm: Crm,
    clock: Arc<ManualClock>,
    me: Actor,
    app: App,
    account: ProviderAccount,
    channel: Channel,
    person: PhoneNumber,
    contact: ContactId,
}

impl Tenant {
    async fn new(fixture: &impl CrmFixture) -> Self {
        let clock = Arc::new(ManualClock::at(Fixtures::morning()));
        let provider = fixture.provider();
        let word = provider.id().0;
        let channel = provider.messaging().expect("it sends").capabilities().channel;
        let form = provider.connection().clone();
        let crm = Crm::builder()
            .store(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>))
            .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
            .provider(Lent(provider))
            .clock(Arc::clone(&clock) as Arc<dyn Clock>)
            .build()
            .unwrap();
        let org = crm.access().found(NewOrg::named("Corner shop")).await.unwrap().org;
        let me = crm.access().act_as(org, service("conformance"), Role::Owner.grant()).await.unwrap();
        let app = NewApp {
            provider: word.into(),
            name: "Texts".parse().unwrap(),
            secrets: form.app_secret.iter().map(|_| fixture.secret().into()).collect(),
            verify_token: form.verify_token.map(|_| "verify".into()),
        };
        let app = crm.accounts().register_app(&me, app).await.unwrap();
        let mut accounts = Vec::new();
        for sender in fixture.senders() {
            accounts.push(Self::connect(&crm, &me, &app, &sender, &form).await);
        }
        // In a country where a text by SMS needs no registration, so that the same cases hold for each channel.
        let person = PhoneNumber::parse("+447700900123").unwrap();
        let new = NewContact::named("Meera").phone(person.clone());
        let contact = crm.contacts().create(&me, new).await.unwrap().id;
        Self { crm, clock, me, app, account: accounts.swap_remove(0), channel, person, contact }
    }

    /// With the fields that the provider declares, and no others.
    async fn connect(
        crm: &Crm,
        me: &Actor,
        app: &App,
        sender: &str,
        form: &ConnectionForm,
    ) -> ProviderAccount {
        let line = NewAccount {
            app: app.id,
            name: "Line".parse().unwrap(),
            routing_key: sender.to_owned(),
            business_id: form.business_id.map(|_| "house".into()),
            portfolio: None,
            credentials: form.credentials.iter().map(|field| (field.name, "token".into())).collect(),
            base_url: None,
        };
        crm.accounts().connect(me, line).await.unwrap().routable().unwrap()
    }

    async fn receive(&self, webhook: RawWebhook) {
        assert_eq!(self.crm.intake().receive(self.app.hook, webhook).await.status, 200);
    }

    async fn hears(&self, fixture: &impl CrmFixture, id: &str, text: &str) {
        self.receive(fixture.wrote(&self.account.routing_key, id, &self.person, text, self.clock.now()))
            .await;
    }

    async fn opts_in(&self) {
        let note = EvidenceText::parse("ticked the box on the order form").unwrap();
        let new = NewConsent {
            contact: self.contact,
            channel: self.channel,
            scope: PurposeScope::Any,
            evidence: Evidence { kind: EvidenceKind::WebForm, note, message: None },
            occurred_at: self.clock.now(),
            expires_at: None,
        };
        self.crm.consents().grant(&self.me, new).await.unwrap();
    }

    async fn talk(&self) -> Conversation {
        self.crm.conversations().open(&self.me, self.contact, self.account.id).await.unwrap()
    }

    async fn send(&self, text: &str) -> Result<Message, Error> {
        let talk = self.talk().await.id;
        let new = NewMessage::text(text).unwrap();
        Ok(self.crm.conversations().send(&self.me, talk, new).await?.message)
    }

    async fn status(&self, message: &Message) -> DeliveryStatus {
        self.crm.worker().run_once().await.unwrap();
        self.crm.conversations().message(&self.me, message.id).await.unwrap().delivery.status
    }

    async fn state(&self, channel: Channel, purpose: Purpose) -> State {
        let state: ConsentState =
            self.crm.consents().state(&self.me, self.contact, channel, purpose).await.unwrap();
        state.state
    }
}

/// Every id of a sender connects, whatever signs the provider uses, and each is an account of its own.
pub async fn senders_connect_under_their_own_ids(fixture: &impl CrmFixture) {
    let tenant = Tenant::new(fixture).await;
    let accounts = tenant.crm.accounts().list(&tenant.me).await.unwrap();
    let ids: Vec<_> = accounts.iter().map(|account| account.routing_key.clone()).collect();
    assert_eq!(ids, fixture.senders());
    tenant.crm.worker().run_once().await.unwrap();
}

/// The first message goes out under an opt-in on the provider's channel, and not without one.
pub async fn the_first_message_goes_out_under_an_opt_in(fixture: &impl CrmFixture) {
    let tenant = Tenant::new(fixture).await;
    let refused = tenant.send("Your order is ready.").await;
    let code = |error: &Error| matches!(error, Error::Refused(refusal) if refusal.reasons[0].code == RefusalCode::NoExistingRelationship);
    assert!(refused.as_ref().is_err_and(code), "{refused:?}");
    tenant.opts_in().await;
    let sent = tenant.send("Your order is ready.").await.unwrap();
    assert_eq!(tenant.status(&sent).await, DeliveryStatus::Accepted);
    let expected = (
        tenant.account.routing_key.clone(),
        tenant.person.reveal().to_owned(),
        "Your order is ready.".to_owned(),
    );
    assert_eq!(fixture.taken().await, [expected]);
}

/// A reply reaches the conversation that was begun, and may be answered without an opt-in.
pub async fn a_reply_arrives_and_may_be_answered(fixture: &impl CrmFixture) {
    let tenant = Tenant::new(fixture).await;
    tenant.hears(fixture, "in.1", "Is it ready?").await;
    let talk = tenant.talk().await;
    assert_eq!((talk.unread, talk.last_inbound_at.is_some()), (1, true));
    let page =
        tenant.crm.conversations().messages(&tenant.me, talk.id, PageRequest::first(10)).await.unwrap();
    assert_eq!(page.items.len(), 1);
    let answer = tenant.send("Yes, come by.").await.unwrap();
    assert_eq!(tenant.status(&answer).await, DeliveryStatus::Accepted);
}

/// STOP ends everything but one-time codes on the provider's channel; on other channels it ends promotion and nothing else.
pub async fn a_stop_counts_on_the_channel_it_was_written_on(fixture: &impl CrmFixture) {
    let tenant = Tenant::new(fixture).await;
    tenant.opts_in().await;
    tenant.hears(fixture, "in.1", "STOP").await;
    tenant.clock.advance(TimeDelta::hours(25));
    let others =
        [Channel::WhatsApp, Channel::Sms, Channel::Voice].into_iter().filter(|it| *it != tenant.channel);
    for purpose in [Purpose::Marketing, Purpose::Utility, Purpose::Service] {
        assert_eq!(tenant.state(tenant.channel, purpose).await, State::Withdrawn, "{purpose}");
    }
    for other in others {
        assert_eq!(tenant.state(other, Purpose::Utility).await, State::Unknown, "{other}");
        assert_eq!(tenant.state(other, Purpose::Service).await, State::Unknown, "{other}");
    }
    let preview = tenant.crm.conversations().preview(&tenant.me, tenant.talk().await.id).await.unwrap();
    let Preview::Refused(refusal) = &preview.reply else { panic!("{:?}", preview.reply) };
    assert!(refusal.reasons.iter().any(|reason| reason.code == RefusalCode::Withdrawn));
    assert!(tenant.send("Are you sure?").await.is_err());
    assert!(fixture.taken().await.is_empty());
    // What the person takes back holds again.
    tenant.hears(fixture, "in.2", "START").await;
    assert_eq!(tenant.state(tenant.channel, Purpose::Service).await, State::Given);
}

/// A report of delivery reaches the message.
pub async fn delivery_is_shown(fixture: &impl CrmFixture) {
    let tenant = Tenant::new(fixture).await;
    tenant.opts_in().await;
    let sent = tenant.send("Your order is ready.").await.unwrap();
    assert_eq!(tenant.status(&sent).await, DeliveryStatus::Accepted);
    let known = tenant.crm.conversations().message(&tenant.me, sent.id).await.unwrap();
    let external = known.external.expect("the provider named it");
    tenant.receive(fixture.delivered(&tenant.account.routing_key, &external, tenant.clock.now())).await;
    assert_eq!(tenant.status(&sent).await, DeliveryStatus::Delivered);
}

/// A message whose answer was lost is shown as unknown and never sent again by itself.
pub async fn an_unknown_outcome_is_shown_and_not_repeated(fixture: &impl CrmFixture) {
    let tenant = Tenant::new(fixture).await;
    tenant.opts_in().await;
    fixture.lose_next_answer().await;
    let sent = tenant.send("Your order is ready.").await.unwrap();
    assert_eq!(tenant.status(&sent).await, DeliveryStatus::Unknown);
    tenant.clock.advance(TimeDelta::hours(1));
    assert_eq!(tenant.status(&sent).await, DeliveryStatus::Unknown);
    assert!(fixture.taken().await.len() <= 1);
}

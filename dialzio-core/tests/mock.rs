//! A mock of the provider port forces an error that an emulator would not produce.
#![cfg(all(feature = "mock", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "tests")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::conversation::{DeliveryStatus, NewMessage};
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::provider::{
    AccountHealth, MessagingCapabilities, MessagingProvider, MockMessagingProvider, Provider, ProviderError,
    ProviderId, WebhookDecoder,
};
use dialzio_core::store::Batch;
use dialzio_core::testing::{Fixtures, scope};
use dialzio_core::{Clock, Crm, ManualClock, Principal, Role};
use std::sync::Arc;

#[derive(Debug)]
struct Mocked(MockMessagingProvider);

impl Provider for Mocked {
    fn id(&self) -> ProviderId {
        ProviderId("scripted")
    }
    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        Some(&self.0)
    }
    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        None
    }
    fn connection(&self) -> &dialzio_core::provider::ConnectionForm {
        &dialzio_core::testing::SCRIPTED_FORM
    }
    fn allows_address(&self, _: &url::Url) -> bool {
        false
    }
    fn newest_date(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        None
    }
}

#[tokio::test]
async fn a_send_whose_outcome_nobody_knows_is_made_once_and_shown_as_unknown() {
    let make = Fixtures::default();
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let mut messaging = MockMessagingProvider::new();
    let capabilities = MessagingCapabilities {
        channel: dialzio_core::consent::Channel::WhatsApp,
        provider: ProviderId("scripted"),
        reply_window: None,
        max_text: 4_096,
        max_caption: 1_024,
        templates: false,
        reactions: false,
        media: Vec::new(),
        rate_per_second: 80,
    };
    messaging.expect_capabilities().return_const(capabilities);
    let health = AccountHealth { display_number: None, verified_name: None, quality: None };
    messaging.expect_check().returning(move |_| Ok(health.clone()));
    messaging.expect_templates().returning(|_| Ok(Vec::new()));
    messaging.expect_send().times(1).returning(|_, _, _| {
        Err(ProviderError::Ambiguous {
            provider: ProviderId("scripted"),
            source: "the connection was cut".into(),
        })
    });
    let crm = Crm::builder()
        .store(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>))
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .provider(Mocked(messaging))
        .clock(clock)
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Shop")).await.unwrap().org;
    let me =
        crm.access().act_as(org, Principal::service("test").unwrap(), Role::Owner.grant()).await.unwrap();
    let app = dialzio_core::account::NewApp {
        provider: "scripted".into(),
        name: "App".parse().unwrap(),
        secrets: vec!["secret".into()],
        verify_token: Some("verify".into()),
    };
    let app = crm.accounts().register_app(&me, app).await.unwrap();
    let line = dialzio_core::account::NewAccount {
        app: app.id,
        name: "Line".parse().unwrap(),
        routing_key: "1001".into(),
        business_id: Some("2002".into()),
        portfolio: None,
        credentials: [("access_token", "token")].into(),
        base_url: None,
    };
    let account = crm.accounts().connect(&me, line).await.unwrap().routable().unwrap();

    // Somebody has just written.
    let contact = make.contact("Asha");
    let identity = dialzio_core::contact::ChannelIdentity {
        portfolio: account.portfolio.clone(),
        ..make.identity(contact.id, vec![dialzio_core::contact::Alias::Phone(make.phone())])
    };
    let talk = make.conversation(account.id, &identity);
    let wrote = make.inbound(&talk, "hello", Fixtures::morning());
    let mut batch = Batch::new(&me, Action::MessageReceived, Fixtures::morning());
    batch
        .write(dialzio_core::contact::ContactWrite::Insert(contact))
        .write(dialzio_core::contact::ContactWrite::Identity(identity))
        .write(dialzio_core::conversation::ConversationWrite::Insert(talk.clone()))
        .write(make.append(account.id, &wrote));
    crm.store().commit_one(&scope(org), batch).await.unwrap();

    let sent = crm.conversations().send(&me, talk.id, NewMessage::text("hello back").unwrap()).await.unwrap();
    for _ in 0..3 {
        crm.worker().run_once().await.unwrap();
    }
    let message = crm.conversations().message(&me, sent.message.id).await.unwrap();
    assert_eq!(message.delivery.status, DeliveryStatus::Unknown);
    let settled = crm.conversations().resolve_unknown(&me, message.id, true).await.unwrap();
    assert_eq!(settled.delivery.status, DeliveryStatus::Sent);
}

//! A mock of the provider port forces an error that an emulator would not produce.
#![cfg(all(feature = "mock", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use dialzio_core::conversation::{DeliveryStatus, NewMessage};
use dialzio_core::provider::{
    AccountHealth, MessagingCapabilities, MessagingProvider, MockMessagingProvider, Provider, ProviderError,
    ProviderId, TemplateSource, WebhookDecoder,
};
use dialzio_core::testing::Fixtures;

#[derive(Debug)]
struct Mocked(MockMessagingProvider);

impl Provider for Mocked {
    fn id(&self) -> ProviderId {
        ProviderId("scripted")
    }
    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        Some(&self.0)
    }
    fn telephony(&self) -> Option<&dyn dialzio_core::provider::TelephonyProvider> {
        None
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
    let clock = common::clock();
    let mut messaging = MockMessagingProvider::new();
    let capabilities = MessagingCapabilities {
        channel: dialzio_core::consent::Channel::WhatsApp,
        provider: ProviderId("scripted"),
        reply_window: None,
        max_text: 4_096,
        max_caption: 1_024,
        templates: TemplateSource::None,
        reactions: false,
        media: Vec::new(),
        rate_per_second: 80,
        delivery_reports: true,
        lists_messages: false,
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
    let crm =
        common::builder(&clock).store(common::memory(&clock)).provider(Mocked(messaging)).build().unwrap();
    let me = common::owner(&crm, "Shop").await;
    let app = common::app(&crm, &me).await;
    let account = common::connect(&crm, &me, &app).await;

    // A person has just written.
    let talk = common::talk(&crm, &make, &me, &account).await;

    let sent = crm.conversations().send(&me, talk.id, NewMessage::text("hello back").unwrap()).await.unwrap();
    for _ in 0..3 {
        crm.worker().run_once().await.unwrap();
    }
    let message = crm.conversations().message(&me, sent.message.id).await.unwrap();
    assert_eq!(message.delivery.status, DeliveryStatus::Unknown);
    let settled = crm.conversations().resolve_unknown(&me, message.id, true).await.unwrap();
    assert_eq!(settled.delivery.status, DeliveryStatus::Sent);
}

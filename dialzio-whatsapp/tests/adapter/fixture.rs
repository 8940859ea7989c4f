//! An adapter, an emulator with one number, and an account that joins them.

use std::{sync::Arc, time::Duration};

use dialzio_core::{
    PhoneNumber,
    consent::Channel,
    contact::Address,
    provider::{Accepted, AccountAccess, MessagingProvider, OutboundContent, ProviderError},
    text::MessageText,
};
use dialzio_whatsapp::{
    MetaCloud, MetaConfig,
    emulator::{
        Behaviour, CustomerIdentity, CustomerMessage, EmulatedNumber, Emulator, EmulatorConfig,
        TranscriptEntry,
    },
};
use url::Url;

use crate::permit;

pub(crate) const NUMBER: &str = "100200300";
pub(crate) const WABA: &str = "900800700";
pub(crate) const TOKEN: &str = "token-of-green-leaf";
pub(crate) const SECRET: &str = "secret-of-green-leaf";
pub(crate) const ASHA: &str = "919876500001";

pub(crate) struct Fixture {
    pub(crate) graph: Emulator,
    pub(crate) cloud: MetaCloud,
    pub(crate) access: AccountAccess,
}

/// Short waits, so that silence is noticed soon.
pub(crate) fn cloud() -> MetaCloud {
    let config = MetaConfig {
        request_timeout: Duration::from_millis(500),
        media_timeout: Duration::from_millis(500),
        ..MetaConfig::for_emulator()
    };
    MetaCloud::new(config).unwrap()
}

pub(crate) fn access(base: Url) -> AccountAccess {
    permit::access(NUMBER, WABA, TOKEN, base)
}

impl Fixture {
    /// Asha has just written, so the window is open.
    pub(crate) async fn new() -> Self {
        let mut config = EmulatorConfig::new(Arc::new(permit::now));
        config.behaviour = Behaviour { status_delay: Duration::ZERO, ..Behaviour::default() };
        let graph = Emulator::start(config).await.unwrap();
        graph.add_number(EmulatedNumber {
            phone_number_id: NUMBER.into(),
            waba_id: WABA.into(),
            display_phone_number: "+91 44 1234 5678".into(),
            verified_name: "Green Leaf Nursery".into(),
            access_token: TOKEN.into(),
            app_secret: SECRET.into(),
            webhook_url: None,
        });
        graph.add_sample_templates(WABA);
        graph.customer_sends(NUMBER, &asha(), CustomerMessage::text("Hello")).unwrap();
        let access = access(graph.base_url());
        Self { graph, cloud: cloud(), access }
    }

    pub(crate) async fn send(&self, content: OutboundContent) -> Result<Accepted, ProviderError> {
        self.cloud.send(&self.access, to_asha(), &permit::message(content)).await
    }

    /// What Asha's phone shows of the newest message.
    pub(crate) fn newest(&self) -> TranscriptEntry {
        self.graph.transcript(NUMBER, &asha()).pop().unwrap()
    }
}

pub(crate) fn asha() -> CustomerIdentity {
    CustomerIdentity::with_phone(ASHA, "Asha")
}

pub(crate) fn to_asha() -> dialzio_core::consent::SendPermit {
    permit::permit(Address::Phone(PhoneNumber::from_digits(ASHA).unwrap()), Channel::WhatsApp)
}

pub(crate) fn text(body: &str) -> OutboundContent {
    OutboundContent::Text { body: MessageText::parse(body).unwrap(), preview_url: false }
}

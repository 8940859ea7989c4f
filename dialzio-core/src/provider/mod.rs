//! What a provider has to offer. One value is registered once; a face it lacks is `None`, said aloud.

mod error;
mod inbound;
mod messaging;
mod webhook;

pub use error::{BoxError, ProviderError, RefusalReason, WebhookError};
pub use inbound::{
    AccountRef, DeliveryNews, IdentityNews, Inbound, InboundBody, InboundContent, InboundMedia,
    InboundMessage, PreferenceNews, PreferenceValue, ReactionNews, Received, Sender, TemplateNews,
};
#[cfg(feature = "mock")]
pub use messaging::MockMessagingProvider;
pub use messaging::{
    Accepted, AccountAccess, AccountHealth, FetchedMedia, MediaCapability, MessagingCapabilities,
    MessagingProvider, OutboundContent, OutboundMessage, Signal, UploadedMedia,
};
#[cfg(feature = "mock")]
pub use webhook::MockWebhookDecoder;
pub use webhook::{
    HookReply, RawWebhook, Trust, VerifiedWebhook, WebhookDecoder, WebhookMethod, WebhookSecrets,
};

use chrono::{DateTime, Utc};
use std::fmt::{self, Debug};
use url::Url;

/// The stable word for a provider, such as `whatsapp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId(pub &'static str);

impl ProviderId {
    /// What people call it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self.0 {
            "whatsapp" => "WhatsApp",
            other => other,
        }
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// One provider. There are no default bodies: what it lacks is `None`.
pub trait Provider: Debug + Send + Sync + 'static {
    /// Its word.
    fn id(&self) -> ProviderId;
    /// Sends messages.
    fn messaging(&self) -> Option<&dyn MessagingProvider>;
    /// Reads webhooks.
    fn webhooks(&self) -> Option<&dyn WebhookDecoder>;
    /// Whether an account may name this base address instead of the provider's own. Anything that somebody can type in
    /// and that is not known to be the provider's is refused: a token goes there.
    fn allows_address(&self, base: &Url) -> bool;
    /// The newest time that the provider's own answers have shown (the `Date` of HTTP), if it is known. It helps to judge
    /// the machine's clock.
    fn newest_date(&self) -> Option<DateTime<Utc>>;
}

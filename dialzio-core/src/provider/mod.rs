//! The ports of a provider. Register one value per provider; a missing capability is an explicit `None`.

mod call_report;
mod connection;
mod error;
mod id;
mod inbound;
mod incoming;
mod messaging;
mod sender;
mod telephony;
mod trust;
mod webhook;

pub use call_report::{CallReport, CallReportKind, LegReport, ReportTime};
pub use connection::{ConnectionForm, Credentials, FieldFormat, FormField};
pub use error::{BoxError, ProviderError, RefusalReason, WebhookError};
pub use id::ProviderId;
pub use inbound::{
    AccountRef, DeliveryUpdate, IdentityUpdate, Inbound, InboundBody, InboundContent, InboundMedia,
    InboundMessage, PreferenceUpdate, PreferenceValue, ReactionUpdate, Received, TemplateUpdate,
};
pub use incoming::{IncomingCall, WrittenProgram};
#[cfg(feature = "mock")]
pub use messaging::MockMessagingProvider;
pub use messaging::{
    Accepted, AccountAccess, AccountHealth, FetchedMedia, MediaCapability, MessageCursor, MessagePage,
    MessagingCapabilities, MessagingProvider, OutboundContent, OutboundMessage, Signal, TemplateSource,
    UploadedMedia,
};
pub use sender::Sender;
#[cfg(feature = "mock")]
pub use telephony::MockTelephonyProvider;
pub use telephony::{
    CallAccepted, CallAction, CallCursor, CallPage, ListedAgent, OutboundCall, RingAgentOn,
    TelephonyCapabilities, TelephonyProvider,
};
pub use trust::Trust;
#[cfg(feature = "mock")]
pub use webhook::MockWebhookDecoder;
pub use webhook::{HookReply, RawWebhook, VerifiedWebhook, WebhookDecoder, WebhookMethod, WebhookSecrets};

use chrono::{DateTime, Utc};
use std::fmt::Debug;
use std::time::Duration;
use url::Url;

/// How long a refusal of an address that was typed in takes at least, whatever the reason: the time tells nothing
/// about what is there.
pub const ADDRESS_REFUSAL: Duration = Duration::from_millis(500);

/// One provider. There are no default bodies: what it lacks is `None`.
pub trait Provider: Debug + Send + Sync + 'static {
    /// The word by which accounts name the provider; unique in an installation.
    fn id(&self) -> ProviderId;
    /// How messages are sent; `None` if the provider sends none.
    fn messaging(&self) -> Option<&dyn MessagingProvider>;
    /// How calls are placed and asked for; `None` if the provider has no telephone service.
    fn telephony(&self) -> Option<&dyn TelephonyProvider>;
    /// How webhooks are read; `None` if the provider sends none.
    fn webhooks(&self) -> Option<&dyn WebhookDecoder>;
    /// The fields by which its accounts are connected.
    fn connection(&self) -> &ConnectionForm;
    /// Whether an account may name this base address instead of the provider's own. Anything that can be typed in
    /// and that is not known to be the provider's is refused: a token goes there.
    fn allows_address(&self, base: &Url) -> bool;
    /// The newest time that the provider's own answers have shown (the `Date` of HTTP), if it is known. It helps to judge
    /// the machine's clock.
    fn newest_date(&self) -> Option<DateTime<Utc>>;
}

/// A provider that others hold too: a test, or a host that asks it something itself.
impl<P: Provider + ?Sized> Provider for std::sync::Arc<P> {
    fn id(&self) -> ProviderId {
        (**self).id()
    }

    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        (**self).messaging()
    }

    fn telephony(&self) -> Option<&dyn TelephonyProvider> {
        (**self).telephony()
    }

    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        (**self).webhooks()
    }

    fn connection(&self) -> &ConnectionForm {
        (**self).connection()
    }

    fn allows_address(&self, base: &Url) -> bool {
        (**self).allows_address(base)
    }

    fn newest_date(&self) -> Option<DateTime<Utc>> {
        (**self).newest_date()
    }
}

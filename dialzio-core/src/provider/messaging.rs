//! Sending: WhatsApp and SMS have the same verbs and other capabilities.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use std::fmt::Debug;
use url::Url;

use super::{Credentials, Inbound, ProviderError, ProviderId};
use crate::consent::{Channel, SendPermit};
use crate::conversation::{ExternalId, MediaKind, Template, TemplateSend};
use crate::id::{AccountId, MessageId};
use crate::name::string_enum;
use crate::sms::DltRegistration;
use crate::text::MessageText;

/// What a messaging provider can do. Callers look here first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagingCapabilities {
    /// The provider that these capabilities belong to.
    pub provider: ProviderId,
    /// By which way it reaches people. Consent, opt-outs and the gate go by it; never [`Channel::Any`].
    pub channel: Channel,
    /// How long a free reply is possible after the person wrote; `None` if there is no such rule.
    pub reply_window: Option<TimeDelta>,
    /// Longest text, in characters.
    pub max_text: usize,
    /// Longest caption, in characters.
    pub max_caption: usize,
    /// Where its templates come from.
    pub templates: TemplateSource,
    /// Reactions can be sent.
    pub reactions: bool,
    /// The files that can be sent.
    pub media: Vec<MediaCapability>,
    /// Messages each second and number.
    pub rate_per_second: u32,
    /// It reports whether a message arrived. Otherwise no more is ever known of one than that it was accepted.
    pub delivery_reports: bool,
    /// Received messages are read from its lists ([`MessagingProvider::list_messages`]), since no webhook tells of them.
    pub lists_messages: bool,
}

string_enum! {
    /// Where the templates of an account come from.
    pub enum TemplateSource {
        /// There are none.
        None = "none",
        /// The provider approves them and lists them.
        Provider = "provider",
        /// The organisation enters them, as it has registered them elsewhere. They are sent as plain texts.
        Organisation = "organisation",
    }
}

/// Files of one kind that a provider takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaCapability {
    /// The kind of file that is taken.
    pub what: MediaKind,
    /// The largest, in bytes.
    pub largest: u64,
    /// The types, with the parameters that the provider asks for.
    pub types: &'static [&'static str],
}

/// An account with its credentials opened: made by the account service, wiped when dropped, never stored.
#[derive(Debug)]
pub struct AccountAccess {
    /// Our id of the account to send by.
    pub account: AccountId,
    /// The provider's id of the number or sender.
    pub routing_key: String,
    /// The provider's id of the business account that owns it (WABA); the routing key where providers have none.
    pub business_id: String,
    /// What authorises requests, by the names of [`super::ConnectionForm::credentials`].
    pub credentials: Credentials,
    /// Another base address than the provider's own: an emulator on loopback.
    pub base_url: Option<Url>,
}

impl AccountAccess {
    /// A credential that a request needs.
    ///
    /// # Errors
    /// [`ProviderError::Credentials`] if the account has none of that name: it has to be connected again.
    pub fn credential(&self, provider: ProviderId, name: &str) -> Result<&SecretString, ProviderError> {
        let missing = || ProviderError::Credentials { provider, code: "missing".to_owned(), detail: None };
        self.credentials.get(name).ok_or_else(missing)
    }
}

/// A message to be sent. Whom it goes to is only in the permit.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboundMessage {
    /// Our id, which travels in the provider's opaque field where there is one.
    pub id: MessageId,
    /// What it holds.
    pub content: OutboundContent,
    /// The message it answers.
    pub reply_to: Option<ExternalId>,
    /// What its text is registered under (DLT), if it is. A provider whose requests have fields for it passes it on.
    pub registration: Option<DltRegistration>,
}

/// What can be sent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum OutboundContent {
    /// Text, at most as long as the capabilities say.
    Text {
        /// What it says.
        body: MessageText,
        /// Show a preview of its first link.
        preview_url: bool,
    },
    /// A template with its parameters.
    Template(TemplateSend),
    /// A reaction; `None` takes it back.
    Reaction {
        /// The provider's id of the message to react to.
        target: ExternalId,
        /// The emoji; `None` takes the reaction away.
        emoji: Option<String>,
    },
    /// A file that was uploaded before.
    Media {
        /// What it is.
        what: MediaKind,
        /// The provider's id for it.
        provider_id: String,
        /// Text under it.
        caption: Option<MessageText>,
        /// Its name, for documents.
        filename: Option<String>,
    },
}

/// The provider took the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's id; `None` if it gives none, so that no report can ever name the message.
    pub external: Option<ExternalId>,
    /// The recipient as the provider knows them, which may be another spelling.
    pub recipient: super::Sender,
    /// The provider holds it back for a quality check; it is neither sent nor failed yet.
    pub held: bool,
}

/// A hint to the person's device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// Show their message, and earlier ones, as read; optionally show that a member is typing.
    Read {
        /// The provider's id of the person's message.
        message: ExternalId,
        /// Whether to show that a member is typing.
        typing: bool,
    },
}

/// A fetched file, whole: at most 100 MiB, the largest a provider delivers.
#[derive(Clone)]
pub struct FetchedMedia {
    /// The whole file as the provider keeps it.
    pub bytes: Bytes,
    /// The type the provider announced.
    pub mime: Option<String>,
}

impl Debug for FetchedMedia {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FetchedMedia({} bytes)", self.bytes.len())
    }
}

/// A file at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedMedia {
    /// The provider's id for it.
    pub provider_id: String,
}

/// What a check of the token found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountHealth {
    /// The number as people see it.
    pub display_number: Option<String>,
    /// The name people see.
    pub verified_name: Option<String>,
    /// The provider's word for its quality.
    pub quality: Option<String>,
}

/// Messages as the provider lists them, by pages of its own size.
#[derive(Debug, Clone, Default)]
pub struct MessagePage {
    /// Received messages. The bytes of each have to be read again by [`super::WebhookDecoder::decode_element`].
    pub messages: Vec<Inbound>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<MessageCursor>,
}

/// Where a page of a provider's messages begins. Made by the provider's adapter and given back to it unread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageCursor(pub String);

/// Sends messages. Conformance: [`crate::messaging_conformance`].
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait MessagingProvider: Debug + Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> &MessagingCapabilities;
    /// Sends one message to the person in the permit, once.
    ///
    /// # Errors
    /// [`ProviderError`]; [`ProviderError::Ambiguous`] whenever it may have been carried out.
    async fn send(
        &self,
        access: &AccountAccess,
        permit: SendPermit,
        message: &OutboundMessage,
    ) -> Result<Accepted, ProviderError>;
    /// Passes a hint on.
    ///
    /// # Errors
    /// [`ProviderError`].
    async fn signal(&self, access: &AccountAccess, signal: &Signal) -> Result<(), ProviderError>;
    /// Fetches a received file by the provider's id.
    ///
    /// # Errors
    /// [`ProviderError`]; [`ProviderError::Refused`] with [`super::RefusalReason::Media`] if it is gone.
    async fn fetch_media(
        &self,
        access: &AccountAccess,
        provider_id: &str,
    ) -> Result<FetchedMedia, ProviderError>;
    /// Uploads a file to be sent.
    ///
    /// # Errors
    /// [`ProviderError`].
    async fn upload_media(
        &self,
        access: &AccountAccess,
        mime: &str,
        filename: &str,
        bytes: Bytes,
    ) -> Result<UploadedMedia, ProviderError>;
    /// All templates of the account.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if the provider keeps none; [`ProviderError`].
    async fn templates(&self, access: &AccountAccess) -> Result<Vec<Template>, ProviderError>;
    /// Received messages of a period (from, until), in any order, a page at a time. What is listed comes from the provider
    /// itself, so that it counts as signed.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] unless [`MessagingCapabilities::lists_messages`]; [`ProviderError`].
    async fn list_messages(
        &self,
        access: &AccountAccess,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        after: Option<MessageCursor>,
    ) -> Result<MessagePage, ProviderError>;
    /// Checks that the token reaches the number.
    ///
    /// # Errors
    /// [`ProviderError`].
    async fn check(&self, access: &AccountAccess) -> Result<AccountHealth, ProviderError>;
}

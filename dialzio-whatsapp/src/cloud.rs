//! The provider itself: one value that sends, fetches and reads webhooks.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::{
    consent::{Channel, SendPermit},
    conversation::{ExternalId, MediaKind, Template},
    provider::{
        Accepted, AccountAccess, AccountHealth, ConnectionForm, FetchedMedia, Inbound, MediaCapability,
        MessageCursor, MessagePage, MessagingCapabilities, MessagingProvider, OutboundMessage, Provider,
        ProviderError, ProviderId, RawWebhook, Signal, TemplateSource, UploadedMedia, VerifiedWebhook,
        WebhookDecoder, WebhookError, WebhookSecrets,
    },
};
use reqwest::Method;
use url::Url;

use crate::{
    client::{GraphClient, Repeat},
    config::{ConfigError, MetaConfig},
    connection,
    error::WHATSAPP,
    media,
    send::{self, LONGEST_CAPTION, LONGEST_TEXT},
    template, webhook,
    wire::MetaNumber,
};

/// WhatsApp through Meta's Cloud API. Cheap to clone; one serves any number of accounts.
#[derive(Clone)]
pub struct MetaCloud {
    client: GraphClient,
    capabilities: MessagingCapabilities,
}

impl fmt::Debug for MetaCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetaCloud").field("config", &self.client.config).finish_non_exhaustive()
    }
}

impl MetaCloud {
    /// With a client of its own: rustls with ring, the system's certificates, no redirects. Nothing
    /// process-wide is installed.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings are not usable or no TLS client can be built.
    #[cfg(feature = "rustls")]
    pub fn new(config: MetaConfig) -> Result<Self, ConfigError> {
        Ok(Self::from_client(GraphClient::new(config)?))
    }

    /// With the host program's HTTP client. It must not follow redirects, since our token must not.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings are not usable.
    pub fn with_client(config: MetaConfig, http: reqwest::Client) -> Result<Self, ConfigError> {
        Ok(Self::from_client(GraphClient::with(config, http)?))
    }

    fn from_client(client: GraphClient) -> Self {
        Self { client, capabilities: capabilities() }
    }
}

// Types that can be uploaded. Source: Meta, *Media*, read 2026-05. Ogg is taken with the Opus codec alone.
const PICTURES: &[&str] = &["image/jpeg", "image/png"];
const FILMS: &[&str] = &["video/mp4", "video/3gpp"];
const SOUND: &[&str] = &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg; codecs=opus"];
const VOICE: &[&str] = &["audio/ogg; codecs=opus"];
const DOCUMENTS: &[&str] = &[
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "text/plain",
];
const STICKERS: &[&str] = &["image/webp"];

/// Limits of the Cloud API. Source: Meta, *Media* and *Throughput*, read 2026-05.
fn capabilities() -> MessagingCapabilities {
    MessagingCapabilities {
        channel: Channel::WhatsApp,
        provider: WHATSAPP,
        reply_window: Some(TimeDelta::hours(24)),
        max_text: LONGEST_TEXT,
        max_caption: LONGEST_CAPTION,
        templates: TemplateSource::Provider,
        reactions: true,
        media: [
            (MediaKind::Image, 5 << 20, PICTURES),
            (MediaKind::Video, 16 << 20, FILMS),
            (MediaKind::Audio, 16 << 20, SOUND),
            (MediaKind::Voice, 16 << 20, VOICE),
            (MediaKind::Document, 100 << 20, DOCUMENTS),
            (MediaKind::Sticker, 500 << 10, STICKERS),
        ]
        .into_iter()
        .map(|(what, largest, types)| MediaCapability { what, largest, types })
        .collect(),
        rate_per_second: 80,
        delivery_reports: true,
        lists_messages: false,
    }
}

impl Provider for MetaCloud {
    fn id(&self) -> ProviderId {
        WHATSAPP
    }

    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        Some(self)
    }

    fn telephony(&self) -> Option<&dyn dialzio_core::provider::TelephonyProvider> {
        None
    }

    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        Some(self)
    }

    fn connection(&self) -> &ConnectionForm {
        &connection::FORM
    }

    fn allows_address(&self, base: &Url) -> bool {
        self.client.config.allows_address(base)
    }

    fn newest_date(&self) -> Option<DateTime<Utc>> {
        self.client.newest_date()
    }
}

#[async_trait]
impl MessagingProvider for MetaCloud {
    fn capabilities(&self) -> &MessagingCapabilities {
        &self.capabilities
    }

    async fn send(
        &self,
        access: &AccountAccess,
        permit: SendPermit,
        message: &OutboundMessage,
    ) -> Result<Accepted, ProviderError> {
        send::send(&self.client, access, permit, message).await
    }

    async fn signal(&self, access: &AccountAccess, signal: &Signal) -> Result<(), ProviderError> {
        send::signal(&self.client, access, signal).await
    }

    async fn fetch_media(
        &self,
        access: &AccountAccess,
        provider_id: &str,
    ) -> Result<FetchedMedia, ProviderError> {
        media::fetch(&self.client, access, provider_id).await
    }

    async fn upload_media(
        &self,
        access: &AccountAccess,
        mime: &str,
        filename: &str,
        bytes: Bytes,
    ) -> Result<UploadedMedia, ProviderError> {
        media::upload(&self.client, access, mime, filename, bytes).await
    }

    async fn templates(&self, access: &AccountAccess) -> Result<Vec<Template>, ProviderError> {
        template::list(&self.client, access).await
    }

    async fn list_messages(
        &self,
        _: &AccountAccess,
        _: DateTime<Utc>,
        _: DateTime<Utc>,
        _: Option<MessageCursor>,
    ) -> Result<MessagePage, ProviderError> {
        Err(ProviderError::Unsupported { provider: WHATSAPP, what: "listing messages" })
    }

    async fn check(&self, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
        let request = self
            .client
            .request(access, Method::GET, &[&access.routing_key])?
            .query(&[("fields", "id,display_phone_number,verified_name,quality_rating")]);
        // The answer tells the person who typed the address only whether it is Graph's.
        let unreachable = |error: ProviderError| match &access.base_url {
            Some(_)
                if !error.code().bytes().any(|byte| byte.is_ascii_digit())
                    || error.code().contains("http_") =>
            {
                ProviderError::Unreachable { provider: WHATSAPP, source: "no answer of Graph".into() }
            }
            _ => error,
        };
        let answer = self.client.json(request, Repeat::Harmless).await.map_err(unreachable)?;
        let unreadable = || ProviderError::Fault { provider: WHATSAPP, code: "unreadable".to_owned() };
        let facts: MetaNumber<'_> = serde_json::from_slice(&answer).map_err(|_| unreadable())?;
        facts.id.filled().ok_or_else(unreadable)?;
        Ok(AccountHealth {
            display_number: facts.display_phone_number.owned(),
            verified_name: facts.verified_name.owned(),
            quality: facts.quality_rating.owned(),
        })
    }
}

impl WebhookDecoder for MetaCloud {
    fn verify(&self, raw: RawWebhook, secrets: &WebhookSecrets) -> Result<VerifiedWebhook, WebhookError> {
        webhook::verify(raw, secrets)
    }

    fn decode(&self, hook: &VerifiedWebhook) -> Vec<Inbound> {
        webhook::decode(hook.body())
    }

    fn decode_element(&self, raw: &Bytes) -> Vec<Inbound> {
        webhook::decode(raw)
    }

    fn message_key(&self, id: &ExternalId) -> Option<String> {
        webhook::token(id.reveal())
    }
}

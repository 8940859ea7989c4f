//! TeleCMI, a business telephone system: an agent is rung, and then the person.

mod agents;
mod calls;
mod connection;
mod error;
mod logs;
mod messages;
mod question;
mod voicemails;
mod webhook;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use dialzio_core::call::CallAlias;
use dialzio_core::call_flow::CallProgram;
use dialzio_core::consent::{CallPermit, SendPermit};
use dialzio_core::conversation::Template;
use dialzio_core::provider::{
    Accepted, AccountAccess, AccountHealth, CallAccepted, CallAction, CallCursor, CallPage, CallReport,
    ConnectionForm, FetchedMedia, Inbound, IncomingCall, ListedAgent, MessageCursor, MessagePage,
    MessagingCapabilities, MessagingProvider, OutboundCall, OutboundMessage, Provider, ProviderError,
    ProviderId, RawWebhook, Signal, TelephonyCapabilities, TelephonyProvider, UploadedMedia, VerifiedWebhook,
    WebhookDecoder, WebhookError, WebhookSecrets, WrittenProgram,
};
use url::Url;

use crate::client::Client;
use crate::config::{ConfigError, TelephonyConfig};
use crate::{hook, recording};
use connection::{FORM, TELECMI};

/// TeleCMI, the business telephone system "CHUB". Cheap to clone; one serves any number of accounts.
#[derive(Debug, Clone)]
pub struct TeleCmi {
    client: Client,
    capabilities: TelephonyCapabilities,
    messages: MessagingCapabilities,
}

impl TeleCmi {
    /// With a client of its own: rustls with ring, the system's certificates, https alone, no redirects. Nothing process-wide
    /// is installed.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings are not usable or no TLS client can be built.
    pub fn new(config: TelephonyConfig) -> Result<Self, ConfigError> {
        Ok(Self::over(Client::new(TELECMI, config)?))
    }

    /// With the host program's HTTP client. It must not follow redirects, since our secret must not.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings are not usable.
    pub fn with_client(config: TelephonyConfig, http: reqwest::Client) -> Result<Self, ConfigError> {
        Ok(Self::over(Client::with(TELECMI, config, http)?))
    }

    fn over(client: Client) -> Self {
        Self { client, capabilities: capabilities(), messages: messages::capabilities() }
    }
}

/// Source: TeleCMI, *CHUB reference*, read 2026-11. Hold and transfer exist in its software telephone alone.
fn capabilities() -> TelephonyCapabilities {
    TelephonyCapabilities {
        provider: TELECMI,
        agent_first: true,
        needs_agent: true,
        actions: vec![CallAction::HangUp],
        lists_calls: true,
        finds_calls: true,
        lists_agents: true,
        recordings: true,
        deletes_recordings: false,
        live_events: true,
        flow_steps: question::STEPS.to_vec(),
    }
}

const fn unsupported(what: &'static str) -> ProviderError {
    ProviderError::Unsupported { provider: TELECMI, what }
}

impl Provider for TeleCmi {
    fn id(&self) -> ProviderId {
        TELECMI
    }

    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        Some(self)
    }

    fn telephony(&self) -> Option<&dyn TelephonyProvider> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        Some(self)
    }

    fn connection(&self) -> &ConnectionForm {
        &FORM
    }

    fn allows_address(&self, base: &Url) -> bool {
        self.client.config.allows_address(base)
    }

    fn newest_date(&self) -> Option<DateTime<Utc>> {
        self.client.newest_date()
    }
}

#[async_trait]
impl MessagingProvider for TeleCmi {
    fn capabilities(&self) -> &MessagingCapabilities {
        &self.messages
    }

    async fn send(
        &self,
        access: &AccountAccess,
        permit: SendPermit,
        message: &OutboundMessage,
    ) -> Result<Accepted, ProviderError> {
        messages::send(&self.client, access, permit, message).await
    }

    async fn signal(&self, _: &AccountAccess, _: &Signal) -> Result<(), ProviderError> {
        Err(unsupported("read receipts of SMS"))
    }

    async fn fetch_media(&self, _: &AccountAccess, _: &str) -> Result<FetchedMedia, ProviderError> {
        Err(unsupported("files by SMS"))
    }

    async fn upload_media(
        &self,
        _: &AccountAccess,
        _: &str,
        _: &str,
        _: Bytes,
    ) -> Result<UploadedMedia, ProviderError> {
        Err(unsupported("files by SMS"))
    }

    async fn templates(&self, _: &AccountAccess) -> Result<Vec<Template>, ProviderError> {
        Err(unsupported("a list of templates"))
    }

    async fn list_messages(
        &self,
        access: &AccountAccess,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        after: Option<MessageCursor>,
    ) -> Result<MessagePage, ProviderError> {
        messages::page(&self.client, access, (from, until), after.as_ref()).await
    }

    async fn check(&self, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
        messages::check(&self.client, access).await
    }
}

#[async_trait]
impl TelephonyProvider for TeleCmi {
    fn capabilities(&self) -> &TelephonyCapabilities {
        &self.capabilities
    }

    async fn place_call(
        &self,
        access: &AccountAccess,
        permit: CallPermit,
        call: &OutboundCall,
    ) -> Result<CallAccepted, ProviderError> {
        calls::place(&self.client, access, permit, call).await
    }

    async fn control(
        &self,
        access: &AccountAccess,
        legs: &[CallAlias],
        action: CallAction,
    ) -> Result<(), ProviderError> {
        calls::control(&self.client, access, legs, action).await
    }

    async fn list_calls(
        &self,
        access: &AccountAccess,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        after: Option<CallCursor>,
    ) -> Result<CallPage, ProviderError> {
        logs::page(&self.client, access, (from, until), after.as_ref()).await
    }

    async fn find_call(
        &self,
        access: &AccountAccess,
        ids: &[CallAlias],
        began: DateTime<Utc>,
    ) -> Result<Vec<CallReport>, ProviderError> {
        logs::find(&self.client, access, ids, began).await
    }

    async fn open_recording(
        &self,
        access: &AccountAccess,
        file: &str,
    ) -> Result<FetchedMedia, ProviderError> {
        recording::fetch(&self.client, access, ("v2/play", "secret"), file).await
    }

    fn incoming_call(&self, hook: &VerifiedWebhook) -> Result<IncomingCall, ProviderError> {
        question::read(hook)
    }

    fn write_program(&self, program: &CallProgram) -> Result<WrittenProgram, ProviderError> {
        question::write(program)
    }

    async fn agents(&self, access: &AccountAccess) -> Result<Vec<ListedAgent>, ProviderError> {
        agents::list(&self.client, access).await
    }

    async fn check(&self, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
        agents::check(&self.client, access).await
    }
}

impl WebhookDecoder for TeleCmi {
    fn verify(&self, raw: RawWebhook, _: &WebhookSecrets) -> Result<VerifiedWebhook, WebhookError> {
        Ok(hook::verify(raw, webhook::read))
    }

    fn decode(&self, hook: &VerifiedWebhook) -> Vec<Inbound> {
        // What was listed comes from the provider itself, never by a webhook.
        hook::decode(hook.body(), webhook::read)
    }

    fn decode_element(&self, raw: &Bytes) -> Vec<Inbound> {
        messages::elements(raw).unwrap_or_else(|| hook::decode(raw, webhook::read))
    }
}

//! TeleCMI, a business telephone system: an agent is rung, and then the person.

mod agents;
mod calls;
mod connection;
mod error;
mod logs;
mod voicemails;
mod webhook;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use dialzio_core::call::CallAlias;
use dialzio_core::call_flow::CallProgram;
use dialzio_core::consent::CallPermit;
use dialzio_core::provider::{
    AccountAccess, AccountHealth, CallAccepted, CallAction, CallCursor, CallPage, CallReport, ConnectionForm,
    FetchedMedia, Inbound, IncomingCall, ListedAgent, MessagingProvider, OutboundCall, Provider,
    ProviderError, ProviderId, RawWebhook, TelephonyCapabilities, TelephonyProvider, VerifiedWebhook,
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
}

impl TeleCmi {
    /// With a client of its own: rustls with ring, the system's certificates, https alone, no redirects. Nothing process-wide
    /// is installed.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings are not usable or no TLS client can be built.
    pub fn new(config: TelephonyConfig) -> Result<Self, ConfigError> {
        Ok(Self { client: Client::new(TELECMI, config)?, capabilities: capabilities() })
    }

    /// With the host program's HTTP client. It must not follow redirects, since our secret must not.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings are not usable.
    pub fn with_client(config: TelephonyConfig, http: reqwest::Client) -> Result<Self, ConfigError> {
        Ok(Self { client: Client::with(TELECMI, config, http)?, capabilities: capabilities() })
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
        programmable_inbound: false,
    }
}

impl Provider for TeleCmi {
    fn id(&self) -> ProviderId {
        TELECMI
    }

    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        None
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

    async fn delete_recording(&self, _: &AccountAccess, _: &str) -> Result<(), ProviderError> {
        Err(ProviderError::Unsupported { provider: TELECMI, what: "deleting a recording" })
    }

    async fn agents(&self, access: &AccountAccess) -> Result<Vec<ListedAgent>, ProviderError> {
        agents::list(&self.client, access).await
    }

    fn incoming_call(&self, _: &VerifiedWebhook) -> Result<IncomingCall, ProviderError> {
        Err(ProviderError::Unsupported { provider: TELECMI, what: "asking what to do with a call" })
    }

    fn write_program(&self, _: &CallProgram) -> Result<WrittenProgram, ProviderError> {
        Err(ProviderError::Unsupported { provider: TELECMI, what: "a program for a call" })
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
        self.decode_element(hook.body())
    }

    fn decode_element(&self, raw: &Bytes) -> Vec<Inbound> {
        hook::decode(raw, webhook::read)
    }
}

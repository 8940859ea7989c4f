//! Piopiy, programmable telephony: a number is rung, and then a program says what happens.

mod calls;
mod connection;
mod error;
mod logs;
mod program;
mod question;
mod region;
mod webhook;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use dialzio_core::call::CallAlias;
use dialzio_core::call_flow::{CallProgram, FlowStep};
use dialzio_core::consent::CallPermit;
use dialzio_core::provider::{
    AccountAccess, AccountHealth, CallAccepted, CallAction, CallReport, ConnectionForm, FetchedMedia,
    Inbound, IncomingCall, MessagingProvider, OutboundCall, Provider, ProviderError, ProviderId, RawWebhook,
    TelephonyCapabilities, TelephonyProvider, VerifiedWebhook, WebhookDecoder, WebhookError, WebhookSecrets,
    WrittenProgram,
};
use url::Url;

use crate::client::Client;
use crate::config::{ConfigError, TelephonyConfig};
use crate::{hook, recording};
use connection::{FORM, PIOPIY};
pub use region::PiopiyRegion;

/// Piopiy, the classic interface of programmable telephony. Cheap to clone; one serves any number of accounts.
#[derive(Debug, Clone)]
pub struct Piopiy {
    client: Client,
    capabilities: TelephonyCapabilities,
    region: Option<PiopiyRegion>,
}

impl Piopiy {
    /// With a client of its own: rustls with ring, the system's certificates, https alone, no redirects. Nothing process-wide
    /// is installed.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings are not usable or no TLS client can be built.
    pub fn new(config: TelephonyConfig) -> Result<Self, ConfigError> {
        Ok(Self { client: Client::new(PIOPIY, config)?, capabilities: capabilities(), region: None })
    }

    /// With the host program's HTTP client. It must not follow redirects, since our secret must not.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings are not usable.
    pub fn with_client(config: TelephonyConfig, http: reqwest::Client) -> Result<Self, ConfigError> {
        Ok(Self { client: Client::with(PIOPIY, config, http)?, capabilities: capabilities(), region: None })
    }

    /// The part of the service that every request goes to. Without it, the number that is rung first decides.
    #[must_use]
    pub fn in_region(self, region: PiopiyRegion) -> Self {
        Self { region: Some(region), ..self }
    }
}

/// Source: TeleCMI, *Piopiy reference*, read 2026-11. How recorded files are named in its reports is not documented.
fn capabilities() -> TelephonyCapabilities {
    TelephonyCapabilities {
        provider: PIOPIY,
        agent_first: true,
        needs_agent: false,
        actions: vec![CallAction::HangUp, CallAction::Hold, CallAction::Resume],
        lists_calls: false,
        finds_calls: true,
        lists_agents: false,
        recordings: true,
        deletes_recordings: false,
        live_events: true,
        flow_steps: FlowStep::ALL.to_vec(),
    }
}

impl Provider for Piopiy {
    fn id(&self) -> ProviderId {
        PIOPIY
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
impl TelephonyProvider for Piopiy {
    fn capabilities(&self) -> &TelephonyCapabilities {
        &self.capabilities
    }

    async fn place_call(
        &self,
        access: &AccountAccess,
        permit: CallPermit,
        call: &OutboundCall,
    ) -> Result<CallAccepted, ProviderError> {
        calls::place(&self.client, access, self.region, permit, call).await
    }

    async fn control(
        &self,
        access: &AccountAccess,
        legs: &[CallAlias],
        action: CallAction,
    ) -> Result<(), ProviderError> {
        calls::control(&self.client, access, self.region, legs, action).await
    }

    async fn find_call(
        &self,
        access: &AccountAccess,
        ids: &[CallAlias],
        _: DateTime<Utc>,
    ) -> Result<Vec<CallReport>, ProviderError> {
        logs::find(&self.client, access, ids).await
    }

    async fn open_recording(
        &self,
        access: &AccountAccess,
        file: &str,
    ) -> Result<FetchedMedia, ProviderError> {
        recording::fetch(&self.client, access, ("v2/piopiy/play", "token"), file).await
    }

    fn incoming_call(&self, hook: &VerifiedWebhook) -> Result<IncomingCall, ProviderError> {
        question::read(hook)
    }

    fn write_program(&self, program: &CallProgram) -> Result<WrittenProgram, ProviderError> {
        question::write(program)
    }

    async fn check(&self, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
        logs::check(&self.client, access).await
    }
}

impl WebhookDecoder for Piopiy {
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

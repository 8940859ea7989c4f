//! The third version of Piopiy's interface, by which calls are placed and ended. How it reports what becomes of a call is not
//! documented, so nothing is reported, and nothing can be asked for.

mod answer;
mod calls;
mod connection;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use dialzio_core::call::CallAlias;
use dialzio_core::consent::CallPermit;
use dialzio_core::provider::{
    AccountAccess, AccountHealth, CallAccepted, CallAction, ConnectionForm, MessagingProvider, OutboundCall,
    Provider, ProviderError, ProviderId, TelephonyCapabilities, TelephonyProvider, WebhookDecoder,
};
use url::Url;

use crate::client::Client;
use crate::config::{ConfigError, TelephonyConfig};
use connection::{FORM, PIOPIY_V3};

/// Piopiy by the third version of its interface, for accounts that have a token instead of a secret. Cheap to clone; one serves any
/// number of accounts.
#[derive(Debug, Clone)]
pub struct PiopiyV3 {
    client: Client,
    capabilities: TelephonyCapabilities,
}

impl PiopiyV3 {
    /// With a client of its own: rustls with ring, the system's certificates, https alone, no redirects. Nothing process-wide
    /// is installed.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings are not usable or no TLS client can be built.
    pub fn new(config: TelephonyConfig) -> Result<Self, ConfigError> {
        Ok(Self::over(Client::new(PIOPIY_V3, config)?))
    }

    /// With the host program's HTTP client. It must not follow redirects, since our token must not.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings are not usable.
    pub fn with_client(config: TelephonyConfig, http: reqwest::Client) -> Result<Self, ConfigError> {
        Ok(Self::over(Client::with(PIOPIY_V3, config, http)?))
    }

    fn over(client: Client) -> Self {
        Self { client, capabilities: capabilities() }
    }
}

/// Source: the vendor's libraries for Python and Node.js, read 2026-11.
fn capabilities() -> TelephonyCapabilities {
    TelephonyCapabilities {
        provider: PIOPIY_V3,
        agent_first: true,
        needs_agent: false,
        actions: vec![CallAction::HangUp],
        lists_calls: false,
        finds_calls: false,
        lists_agents: false,
        recordings: false,
        deletes_recordings: false,
        live_events: false,
        flow_steps: Vec::new(),
    }
}

impl Provider for PiopiyV3 {
    fn id(&self) -> ProviderId {
        PIOPIY_V3
    }

    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        None
    }

    fn telephony(&self) -> Option<&dyn TelephonyProvider> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        None
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
impl TelephonyProvider for PiopiyV3 {
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

    async fn check(&self, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
        calls::check(&self.client, access).await
    }
}

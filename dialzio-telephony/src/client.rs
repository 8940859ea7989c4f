//! One HTTP client: timeouts, size limits, and what a broken connection means.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use dialzio_core::provider::{AccountAccess, ProviderError, ProviderId, RefusalReason};
use reqwest::{Method, RequestBuilder, Response, header};
use secrecy::ExposeSecret;
use serde::Serialize;
use url::Url;

use crate::answer::{Answer, Repeat, Rules, ambiguous, refused};
use crate::body::Fields;
use crate::config::{ConfigError, Service, TelephonyConfig};

/// Largest answer that is not a recording, in bytes.
const LARGEST_ANSWER: usize = 4 << 20;
/// How we name ourselves.
const AGENT: &str = concat!("dialzio-telephony/", env!("CARGO_PKG_VERSION"));

/// The client that all calls of an adapter share.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) provider: ProviderId,
    pub(crate) config: Arc<TelephonyConfig>,
    http: reqwest::Client,
    /// The newest `Date` of an answer, in seconds since 1970; zero if there was none.
    newest_date: Arc<AtomicI64>,
}

impl Client {
    /// A client with rustls, ring and the system's certificates; nothing process-wide is installed. It follows no redirects,
    /// and speaks https alone, but to an emulator.
    pub(crate) fn new(provider: ProviderId, config: TelephonyConfig) -> Result<Self, ConfigError> {
        use rustls_platform_verifier::BuilderVerifierExt as Verified;
        let tls = |error: rustls::Error| ConfigError::Tls(error.into());
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .and_then(Verified::with_platform_verifier)
            .map_err(tls)?
            .with_no_client_auth();
        // Only the operator's own word names a proxy, never the environment's: it would see the secrets of a plain request.
        let direct = reqwest::Client::builder().no_proxy();
        let routed = match &config.proxy {
            None => direct,
            Some(proxy) => direct.proxy(reqwest::Proxy::all(proxy.clone()).map_err(|_| ConfigError::Proxy)?),
        };
        let http = routed
            .tls_backend_preconfigured(tls)
            .https_only(!config.loopback)
            .connect_timeout(config.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ConfigError::Tls(error.into()))?;
        Self::with(provider, config, http)
    }

    /// With a client of the host's.
    pub(crate) fn with(
        provider: ProviderId,
        config: TelephonyConfig,
        http: reqwest::Client,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self { provider, config: Arc::new(config), http, newest_date: Arc::default() })
    }

    /// The newest time that an answer has shown.
    pub(crate) fn newest_date(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.newest_date.load(Ordering::Relaxed), 0).filter(|at| at.timestamp() > 0)
    }

    /// The address of a path of a service, for an account.
    pub(crate) fn address(
        &self,
        access: &AccountAccess,
        service: Service,
        path: &str,
    ) -> Result<Url, ProviderError> {
        let base = self.config.place(access.base_url.as_ref(), service);
        let mut url = base.ok_or_else(|| refused(self.provider, "base_url", RefusalReason::Account))?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        Ok(url)
    }

    /// Posts a body to a path and reads what comes back.
    pub(crate) async fn post(
        &self,
        access: &AccountAccess,
        (service, path): (Service, &str),
        body: &impl Serialize,
        rules: Rules,
    ) -> Result<Fields, ProviderError> {
        let url = self.address(access, service, path)?;
        let request = self.ask(Method::POST, url).timeout(self.config.request_timeout).json(body);
        let answer = self.answer(request, rules.repeat, LARGEST_ANSWER).await?;
        let secrets: Vec<&str> = access.credentials.iter().map(|(_, value)| value.expose_secret()).collect();
        answer.success(self.provider, rules, &secrets)
    }

    /// A request to an address whose host was checked.
    pub(crate) fn ask(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url).header(header::USER_AGENT, AGENT).header(header::ACCEPT, "*/*")
    }

    /// Sends, and reads the whole answer up to a size.
    pub(crate) async fn answer(
        &self,
        request: RequestBuilder,
        repeat: Repeat,
        largest: usize,
    ) -> Result<Answer, ProviderError> {
        let response = request.send().await.map_err(|error| self.broken(error, repeat))?;
        let status = response.status().as_u16();
        let text = |name: header::HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let retry_after =
            text(header::RETRY_AFTER).and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
        if let Some(date) = text(header::DATE).and_then(|date| DateTime::parse_from_rfc2822(&date).ok()) {
            self.newest_date.fetch_max(date.timestamp(), Ordering::Relaxed);
        }
        let location = text(header::LOCATION);
        let body = self.read(response, repeat, largest).await?;
        Ok(Answer { status, location, retry_after, body })
    }

    async fn read(
        &self,
        mut response: Response,
        repeat: Repeat,
        largest: usize,
    ) -> Result<Bytes, ProviderError> {
        let announced = response.content_length().unwrap_or_default();
        if announced > u64::try_from(largest).unwrap_or(u64::MAX) {
            return Err(self.too_large(repeat));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(error, repeat))? {
            if body.len() + chunk.len() > largest {
                return Err(self.too_large(repeat));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    fn too_large(&self, repeat: Repeat) -> ProviderError {
        match repeat {
            Repeat::Doubles => ambiguous(self.provider, "the answer is too large".to_owned()),
            Repeat::Harmless => refused(self.provider, "too_large", RefusalReason::Media),
        }
    }

    /// What a broken request means. Before there is a connection nothing was sent; after that the outcome is not known.
    fn broken(&self, error: reqwest::Error, repeat: Repeat) -> ProviderError {
        if error.is_builder() {
            return refused(self.provider, "request", RefusalReason::Malformed);
        }
        let was_sent = !error.is_connect();
        // The address of a recording holds the account's secret.
        let source = Box::new(error.without_url());
        match repeat {
            Repeat::Doubles if was_sent => ProviderError::Ambiguous { provider: self.provider, source },
            _ => ProviderError::Unreachable { provider: self.provider, source },
        }
    }
}

/// A credential of an account, as it goes into a body.
pub(crate) fn credential<'a>(
    client: &Client,
    access: &'a AccountAccess,
    name: &str,
) -> Result<&'a str, ProviderError> {
    access.credential(client.provider, name).map(ExposeSecret::expose_secret)
}

/// The App ID of an account, which is an integer on the wire.
pub(crate) fn app_id(client: &Client, access: &AccountAccess) -> Result<u64, ProviderError> {
    let refused = || refused(client.provider, "appid", RefusalReason::Account);
    access.routing_key.parse().map_err(|_| refused())
}

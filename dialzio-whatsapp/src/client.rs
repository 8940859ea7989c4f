//! One HTTP client: timeouts, size limits, and what a broken connection means.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use dialzio_core::provider::{AccountAccess, ProviderError, RefusalReason};
use reqwest::{Method, RequestBuilder, Response, header};
use secrecy::ExposeSecret;
use url::Url;

use crate::{
    config::{ConfigError, MetaConfig},
    connection,
    error::{WHATSAPP, refused, reported},
};

/// Largest answer that is not a file, in bytes.
const LARGEST_ANSWER: usize = 4 << 20;

/// Whether a request may be made again when its outcome is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// A second time changes nothing: reads, read receipts, uploads that nothing refers to yet.
    Harmless,
    /// A second time is a second message.
    Doubles,
}

/// The client that all calls share.
#[derive(Debug, Clone)]
pub(crate) struct GraphClient {
    pub(crate) config: Arc<MetaConfig>,
    http: reqwest::Client,
    /// The newest `Date` of an answer, in seconds since 1970; zero if there was none.
    newest_date: Arc<AtomicI64>,
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) mime: Option<String>,
    pub(crate) body: Bytes,
    retry_after: Option<Duration>,
}

impl GraphClient {
    /// A client with rustls, ring and the system's certificates; nothing process-wide is installed.
    #[cfg(feature = "rustls")]
    pub(crate) fn new(config: MetaConfig) -> Result<Self, ConfigError> {
        use rustls_platform_verifier::BuilderVerifierExt as Verified;
        let tls = |error: rustls::Error| ConfigError::Tls(error.into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(Verified::with_platform_verifier)
            .map_err(tls)?
            .with_no_client_auth();
        config.check()?;
        let proxy = config.proxy.as_ref().and_then(Url::host_str).map(str::to_owned);
        let policy =
            dialzio_core::outbound::OutboundPolicy { loopback: config.loopback, proxy, networks: Vec::new() };
        // Only the operator's own word names a proxy, never the environment's: it would see the tokens of a plain request,
        // and would be asked for addresses that are refused here.
        let direct = reqwest::Client::builder().no_proxy();
        let routed = match &config.proxy {
            None => direct,
            Some(proxy) => direct.proxy(reqwest::Proxy::all(proxy.clone()).map_err(|_| ConfigError::Proxy)?),
        };
        let http = routed
            .tls_backend_preconfigured(tls)
            .connect_timeout(config.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(crate::resolver::PublicResolver(Arc::new(policy))))
            .build()
            .map_err(|error| ConfigError::Tls(error.into()))?;
        Self::with(config, http)
    }

    pub(crate) fn with(config: MetaConfig, http: reqwest::Client) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self { config: Arc::new(config), http, newest_date: Arc::default() })
    }

    /// The newest time that an answer has shown.
    pub(crate) fn newest_date(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.newest_date.load(Ordering::Relaxed), 0).filter(|at| at.timestamp() > 0)
    }

    /// The base address in use for an account.
    pub(crate) fn base(&self, access: &AccountAccess) -> Result<Url, ProviderError> {
        match &access.base_url {
            None => Ok(self.config.base_url.clone()),
            Some(base) if self.config.allows_address(base) => Ok(base.clone()),
            Some(_) => Err(refused("base_url", RefusalReason::Account)),
        }
    }

    /// A request to Graph: version, then path segments, each escaped.
    pub(crate) fn request(
        &self,
        access: &AccountAccess,
        method: Method,
        path: &[&str],
    ) -> Result<RequestBuilder, ProviderError> {
        let mut url = self.base(access)?;
        let is_strange = |segment: &&str| segment.is_empty() || *segment == "." || *segment == "..";
        if path.iter().any(is_strange) {
            return Err(refused("id", RefusalReason::Malformed));
        }
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&self.config.version).extend(path);
        }
        Ok(self.ask(access, method, url)?.timeout(self.config.request_timeout))
    }

    /// A request to any address, with the account's token. The caller has checked the host.
    pub(crate) fn ask(
        &self,
        access: &AccountAccess,
        method: Method,
        url: Url,
    ) -> Result<RequestBuilder, ProviderError> {
        let token = access.credential(WHATSAPP, connection::ACCESS_TOKEN)?;
        let agent = concat!("dialzio-whatsapp/", env!("CARGO_PKG_VERSION"));
        Ok(self
            .http
            .request(method, url)
            .bearer_auth(token.expose_secret())
            .header(header::USER_AGENT, agent)
            .header(header::ACCEPT, "*/*"))
    }

    /// Sends, and reads the whole answer up to a size.
    pub(crate) async fn answer(
        &self,
        request: RequestBuilder,
        repeat: Repeat,
        largest: usize,
    ) -> Result<Answer, ProviderError> {
        let response = request.send().await.map_err(|error| broken(error, repeat))?;
        let status = response.status().as_u16();
        let text = |name: header::HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let retry_after =
            text(header::RETRY_AFTER).and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
        if let Some(date) = text(header::DATE).and_then(|date| DateTime::parse_from_rfc2822(&date).ok()) {
            self.newest_date.fetch_max(date.timestamp(), Ordering::Relaxed);
        }
        let (location, mime) = (text(header::LOCATION), text(header::CONTENT_TYPE));
        let body = read(response, repeat, largest).await?;
        Ok(Answer { status, location, mime, body, retry_after })
    }

    /// Sends, and turns whatever is not a success into an error.
    pub(crate) async fn json(&self, request: RequestBuilder, repeat: Repeat) -> Result<Bytes, ProviderError> {
        let answer = self.answer(request, repeat, LARGEST_ANSWER).await?;
        answer.success(repeat)
    }
}

impl Answer {
    /// The body of a success. An answer that is neither a success nor an error of Graph came from something in
    /// between, so it is not known whether the request was carried out.
    pub(crate) fn success(self, repeat: Repeat) -> Result<Bytes, ProviderError> {
        if let Some(error) = reported(self.status, self.retry_after, &self.body) {
            return Err(error);
        }
        match self.status {
            200..=299 => Ok(self.body),
            429 => Err(ProviderError::Throttled {
                provider: WHATSAPP,
                code: "http_429".to_owned(),
                retry_after: self.retry_after,
            }),
            status => Err(match repeat {
                Repeat::Doubles => ambiguous(format!("HTTP status {status} without an error object")),
                Repeat::Harmless if status >= 500 => {
                    ProviderError::Fault { provider: WHATSAPP, code: format!("http_{status}") }
                }
                Repeat::Harmless => refused(&format!("http_{status}"), RefusalReason::Other),
            }),
        }
    }
}

async fn read(mut response: Response, repeat: Repeat, largest: usize) -> Result<Bytes, ProviderError> {
    let announced = response.content_length().unwrap_or_default();
    if announced > u64::try_from(largest).unwrap_or(u64::MAX) {
        return Err(too_large(repeat));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(error, repeat))? {
        if body.len() + chunk.len() > largest {
            return Err(too_large(repeat));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn too_large(repeat: Repeat) -> ProviderError {
    match repeat {
        Repeat::Doubles => ambiguous("the answer is too large".to_owned()),
        Repeat::Harmless => refused("too_large", RefusalReason::Media),
    }
}

/// What a broken request means. Before there is a connection nothing was sent; after that the outcome is not known.
fn broken(error: reqwest::Error, repeat: Repeat) -> ProviderError {
    if error.is_builder() {
        return refused("request", RefusalReason::Malformed);
    }
    let was_sent = !error.is_connect();
    // The address may hold a file's secret.
    let source = Box::new(error.without_url());
    match repeat {
        Repeat::Doubles if was_sent => ProviderError::Ambiguous { provider: WHATSAPP, source },
        _ => ProviderError::Unreachable { provider: WHATSAPP, source },
    }
}

/// It is not known whether it was carried out.
pub(crate) fn ambiguous(why: String) -> ProviderError {
    ProviderError::Ambiguous { provider: WHATSAPP, source: why.into() }
}

//! Requests to hosts that somebody typed in: identity providers.
//!
//! TLS and names of the public internet, unless the operator names networks of their own. No redirect is followed, no proxy of the
//! environment is used, and an answer has to come in ten seconds and fit in 256 KiB.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dialzio_core::access::{OutboundError, OutboundRequest, OutboundResponse};
use dialzio_core::outbound::OutboundPolicy;
use futures_util::StreamExt;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// How long an answer may take as a whole.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer, in bytes.
const LARGEST_ANSWER: usize = 256 << 10;
/// Ends of names that never lead to the public internet. Source: RFC 6761, RFC 8375, RFC 6762, ICANN on `.internal`.
const INSIDE: [&str; 5] = ["localhost", "local", "internal", "home.arpa", "invalid"];

/// Sends requests to hosts that somebody typed in.
#[derive(Debug)]
pub(crate) struct Outbound {
    policy: Arc<OutboundPolicy>,
    client: OnceLock<Option<reqwest::Client>>,
}

struct Resolver(Arc<OutboundPolicy>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.0);
        Box::pin(async move { Ok(Box::new(policy.lookup(name.as_str()).await?.into_iter()) as Addrs) })
    }
}

impl Outbound {
    /// To public hosts, and to those in these networks of the operator.
    pub(crate) fn new(networks: Vec<IpNet>) -> Self {
        let policy = OutboundPolicy { networks, ..OutboundPolicy::default() };
        Self { policy: Arc::new(policy), client: OnceLock::new() }
    }

    fn client(&self) -> Option<&reqwest::Client> {
        let made = self.client.get_or_init(|| match client(Arc::clone(&self.policy)) {
            Ok(client) => Some(client),
            Err(error) => {
                tracing::error!(%error, "no other host can be asked: TLS cannot be set up");
                None
            }
        });
        made.as_ref()
    }

    /// Whether a request may go to an address at all. Names are judged again when they are looked up.
    fn allows(&self, url: &Url) -> bool {
        let is_named =
            |address: IpAddr| self.policy.networks.iter().any(|network| network.contains(&address));
        if !url.username().is_empty() || url.password().is_some() {
            return false;
        }
        let inside = !self.policy.networks.is_empty();
        let address = match url.host() {
            None => return false,
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                let last = |end: &&str| {
                    name.strip_suffix(*end).is_some_and(|before| before.is_empty() || before.ends_with('.'))
                };
                let is_public = name.contains('.') && !INSIDE.iter().any(last);
                let port = url.port_or_known_default();
                return url.scheme() == "https" && (inside || is_public && port == Some(443));
            }
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical(),
        };
        // What this machine says to itself needs no TLS.
        let is_safe = url.scheme() == "https" || url.scheme() == "http" && address.is_loopback();
        is_safe
            && (is_named(address) || self.policy.allows(address) && url.port_or_known_default() == Some(443))
    }

    /// Sends a request, and answers what came back.
    pub(crate) async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, OutboundError> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| OutboundError::NotAllowed)?;
        if !self.allows(&url) {
            return Err(OutboundError::NotAllowed);
        }
        let client = self.client().ok_or(OutboundError::Unreachable)?;
        let (parts, body) = request.into_parts();
        let asked = client.request(parts.method, url).headers(parts.headers).body(body);
        let answer = asked.send().await.map_err(|_| OutboundError::Unreachable)?;
        let mut response = OutboundResponse::new(Vec::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        let mut chunks = answer.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| OutboundError::Unreachable)?;
            if response.body().len() + chunk.len() > LARGEST_ANSWER {
                return Err(OutboundError::Unreachable);
            }
            response.body_mut().extend_from_slice(&chunk);
        }
        Ok(response)
    }
}

/// A client with rustls, ring and the system's certificates.
fn client(policy: Arc<OutboundPolicy>) -> Result<reqwest::Client, Box<dyn std::error::Error + Send + Sync>> {
    use rustls_platform_verifier::BuilderVerifierExt as Verified;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(Verified::with_platform_verifier)?
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(tls)
        .connect_timeout(PATIENCE)
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .dns_resolver(Arc::new(Resolver(policy)))
        .build()?;
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(networks: &[&str], url: &str) -> bool {
        let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
        Url::parse(url).is_ok_and(|url| Outbound::new(networks).allows(&url))
    }

    #[test]
    fn public_names_with_tls_are_asked_and_nothing_else() {
        for url in [
            "https://login.example.com/a",
            "https://login.example.com:443",
            "https://8.8.8.8/",
            "https://[2a03:2880::1]/",
        ] {
            assert!(allows(&[], url), "{url}");
        }
        for url in [
            "http://login.example.com",
            "https://login.example.com:8443",
            "https://asha:secret@login.example.com",
            "https://login",
            "https://localhost",
            "https://api.localhost",
            "https://printer.local.",
            "https://db.internal",
            "https://router.home.arpa",
            "https://127.0.0.1",
            "https://0x7f000001",
            "https://2130706433",
            "https://017700000001",
            "https://127.1",
            "https://10.0.0.1",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]",
            "https://[::ffff:127.0.0.1]",
            "https://[64:ff9b::a9fe:a9fe]",
            "https://[fd00::1]",
            "ftp://login.example.com",
            "file:///etc/passwd",
        ] {
            assert!(!allows(&[], url), "{url}");
        }
    }

    #[test]
    fn networks_of_the_operator_are_asked_too() {
        let networks = ["10.20.0.0/16", "127.0.0.1/32"];
        for url in [
            "https://10.20.0.7:8443/realms/shop",
            "http://127.0.0.1:8081",
            "https://keycloak:8443",
            "https://login.example.com",
        ] {
            assert!(allows(&networks, url), "{url}");
        }
        for url in
            ["http://10.20.0.7", "https://10.21.0.7", "https://169.254.169.254", "http://127.0.0.2:8081"]
        {
            assert!(!allows(&networks, url), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_connected_to() {
        let outbound = Outbound::new(vec!["10.20.0.0/16".parse().unwrap()]);
        let request = OutboundRequest::new(Vec::new());
        let (mut parts, body) = request.into_parts();
        parts.uri = "https://localhost:1/".parse().unwrap();
        let answer = outbound.send(OutboundRequest::from_parts(parts, body)).await;
        assert_eq!(answer.err(), Some(OutboundError::Unreachable));
    }
}

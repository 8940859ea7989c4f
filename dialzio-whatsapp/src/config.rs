//! Where Graph is, which version of it we speak, and how long we wait.

use std::time::Duration;

use url::{Host, Url};

/// Where Meta's own Graph is.
const GRAPH: &str = "graph.facebook.com";

/// Settings of [`MetaCloud`](crate::MetaCloud).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaConfig {
    /// Where Graph is. Must be https, or loopback if [`loopback`](Self::loopback) is set. An account's own base address
    /// outranks it. Default `https://graph.facebook.com/`.
    pub base_url: Url,
    /// Hosts besides Meta's own that an account's base address may name, over https on the usual port: an operator's
    /// setting. Default none.
    pub hosts: Vec<String>,
    /// Addresses of this machine are allowed, over plain http too: for the emulator, never in earnest. Default no.
    pub loopback: bool,
    /// The operator's proxy for all requests, `http://` or `https://`. The proxy looks names up, so it has to keep them out
    /// of the local network. A proxy that the environment names is never used. Default none.
    pub proxy: Option<Url>,
    /// The Graph version, such as `v25.0`. Retired versions are not refused by Meta but served by the oldest
    /// living one, so behaviour drifts: keep it current. Default `v25.0`.
    pub version: String,
    /// Longest time for a whole request other than a file. Default 20 s.
    pub request_timeout: Duration,
    /// Longest time for a whole file, up or down. Default 120 s.
    pub media_timeout: Duration,
    /// Longest time to connect, TLS included. Default 5 s.
    pub connect_timeout: Duration,
    /// Hosts that files are fetched from with our token, `*.` matching any subdomain. Another base address
    /// than Meta's own allows its own host instead. Default: Meta's hosts.
    pub media_hosts: Vec<String>,
}

impl Default for MetaConfig {
    fn default() -> Self {
        Self {
            base_url: Url::parse("https://graph.facebook.com/").expect("a constant address"),
            hosts: Vec::new(),
            loopback: false,
            proxy: None,
            version: "v25.0".to_owned(),
            request_timeout: Duration::from_secs(20),
            media_timeout: Duration::from_secs(120),
            connect_timeout: Duration::from_secs(5),
            media_hosts: ["lookaside.fbsbx.com", "*.whatsapp.net", "*.fbcdn.net"].map(str::to_owned).to_vec(),
        }
    }
}

/// Why a [`MetaCloud`](crate::MetaCloud) could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The base address is neither Meta's nor one that was allowed.
    #[error("the base address is not one of the hosts that are allowed")]
    BaseUrl,
    /// The version is not like `v25.0`.
    #[error("the Graph version must look like v25.0")]
    Version,
    /// The proxy is not like `http://proxy.example:3128`.
    #[error("the proxy must be an http or https address, such as http://proxy.example:3128")]
    Proxy,
    /// No TLS client could be built from the system's certificates.
    #[error("no TLS client: {0}")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl MetaConfig {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if !self.allows_address(&self.base_url) {
            return Err(ConfigError::BaseUrl);
        }
        if self
            .proxy
            .as_ref()
            .is_some_and(|proxy| !proxy.has_host() || !matches!(proxy.scheme(), "http" | "https"))
        {
            return Err(ConfigError::Proxy);
        }
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_version = self
            .version
            .strip_prefix('v')
            .and_then(|rest| rest.split_once('.'))
            .is_some_and(|(major, minor)| digits(major) && digits(minor));
        if is_version { Ok(()) } else { Err(ConfigError::Version) }
    }

    /// Settings under which accounts may name an emulator on this machine.
    #[cfg(feature = "emulator")]
    #[must_use]
    pub fn for_emulator() -> Self {
        Self { loopback: true, ..Self::default() }
    }

    /// Whether an account may have this base address.
    pub(crate) fn allows_address(&self, url: &Url) -> bool {
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let is_loopback = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        let is_known = || {
            let Some(Host::Domain(host)) = url.host() else { return false };
            let is_own = host == GRAPH || self.hosts.iter().any(|known| known == host);
            is_own && url.scheme() == "https" && url.port_or_known_default() == Some(443)
        };
        is_plain && (is_known() || self.loopback && is_loopback && matches!(url.scheme(), "http" | "https"))
    }

    /// Whether a file at this address may be asked for with our token, given the base address in use.
    pub(crate) fn allows_media(&self, base: &Url, file: &Url) -> bool {
        if is_own_host(base) {
            file.scheme() == "https"
                && file.port_or_known_default() == Some(443)
                && file.host_str().is_some_and(|host| self.media_hosts.iter().any(|rule| matches(rule, host)))
        } else {
            file.origin() == base.origin()
        }
    }
}

fn is_own_host(base: &Url) -> bool {
    base.host_str().is_some_and(|host| host == "facebook.com" || host.ends_with(".facebook.com"))
}

fn matches(rule: &str, host: &str) -> bool {
    match rule.strip_prefix("*.") {
        Some(parent) => host.strip_suffix(parent).is_some_and(|left| left.len() > 1 && left.ends_with('.')),
        None => rule == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_that_somebody_types_in_is_metas_or_one_that_the_operator_named() {
        let plain = MetaConfig::default();
        let named = MetaConfig { hosts: vec!["graph.example".to_owned()], ..MetaConfig::default() };
        let emulated = MetaConfig { loopback: true, ..MetaConfig::default() };
        for (text, allowed) in [
            ("https://graph.facebook.com/", [true, true, true]),
            ("https://graph.example/", [false, true, false]),
            ("http://127.0.0.1:9/", [false, false, true]),
            ("http://[::1]:9/", [false, false, true]),
            ("http://localhost:9/", [false, false, true]),
            ("http://graph.facebook.com/", [false; 3]),
            ("https://graph.facebook.com:8443/", [false; 3]),
            ("https://user:pass@graph.facebook.com/", [false; 3]),
            ("https://graph.facebook.com/?x=1", [false; 3]),
            ("https://graph.facebook.com.evil.example/", [false; 3]),
            ("https://169.254.169.254/", [false; 3]),
            ("https://10.0.0.1/", [false; 3]),
            ("https://2130706433:1/x#y", [false; 3]),
            ("http://127.0.0.1.example/", [false; 3]),
            ("ftp://127.0.0.1/", [false; 3]),
        ] {
            let found = [&plain, &named, &emulated].map(|config| config.allows_address(&url(text)));
            assert_eq!(found, allowed, "{text}");
        }
    }

    #[test]
    fn our_token_goes_to_metas_hosts_only() {
        let config = MetaConfig::default();
        let allows = |file: &str| config.allows_media(&config.base_url, &url(file));
        assert!(allows("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"));
        assert!(allows("https://mmg.whatsapp.net/v/1"));
        assert!(!allows("http://lookaside.fbsbx.com/x"));
        assert!(!allows("https://lookaside.fbsbx.com:8443/x"));
        assert!(!allows("https://evil.example/?lookaside.fbsbx.com"));
        assert!(!allows("https://evilwhatsapp.net/x"));
        assert!(!allows("https://.whatsapp.net/x"));
        let emulated = url("http://127.0.0.1:7001/");
        assert!(config.allows_media(&emulated, &url("http://127.0.0.1:7001/x")));
        assert!(!config.allows_media(&emulated, &url("http://127.0.0.1:7002/x")));
        assert!(!config.allows_media(&emulated, &url("https://lookaside.fbsbx.com/x")));
    }

    #[test]
    fn a_proxy_is_http_or_https() {
        for (text, fits) in [
            ("http://proxy.example:3128", true),
            ("https://10.0.0.1", true),
            ("socks5://proxy.example", false),
        ] {
            let config = MetaConfig { proxy: Some(url(text)), ..MetaConfig::default() };
            assert_eq!(config.check().is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn versions_look_like_versions() {
        assert!(MetaConfig::default().check().is_ok());
        for bad in ["25.0", "v25", "v25.0/me", "", "v.0"] {
            assert!(MetaConfig { version: bad.into(), ..MetaConfig::default() }.check().is_err(), "{bad}");
        }
    }
}

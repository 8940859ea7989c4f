//! Where the vendor's services are, and how long we wait for them.

use std::time::Duration;

use url::{Host, Url};

/// The hosts of the vendor's services: TeleCMI and Piopiy, the programs of Piopiy, and its third version.
const VENDOR: [&str; 3] = ["rest.telecmi.com", "piopiy.telecmi.com", "rest.piopiy.com"];

/// Settings of both adapters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelephonyConfig {
    /// Hosts besides the vendor's own that an account's base address may name, over https on the usual port: an operator's
    /// setting, for a region that moves. Default none.
    pub hosts: Vec<String>,
    /// Addresses of this machine are allowed, over plain http too: for the emulator, never in earnest. Can be set by
    /// [`for_emulator`](Self::for_emulator) alone. Default no.
    pub(crate) loopback: bool,
    /// The operator's proxy for all requests, `http://` or `https://`. A proxy that the environment names is never used.
    /// Default none.
    pub proxy: Option<Url>,
    /// Longest time for a whole request other than a recording. Default 10 s.
    pub request_timeout: Duration,
    /// Longest time for a whole recording. Default 120 s.
    pub recording_timeout: Duration,
    /// Longest time to connect, TLS included. Default 5 s.
    pub connect_timeout: Duration,
    /// Pause between the pages of a list: the vendor publishes no limit of requests. Default 200 ms.
    pub page_gap: Duration,
}

impl Default for TelephonyConfig {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            loopback: false,
            proxy: None,
            request_timeout: Duration::from_secs(10),
            recording_timeout: Duration::from_secs(120),
            connect_timeout: Duration::from_secs(5),
            page_gap: Duration::from_millis(200),
        }
    }
}

/// Why an adapter could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The proxy is not like `http://proxy.example:3128`.
    #[error("the proxy must be an http or https address, such as http://proxy.example:3128")]
    Proxy,
    /// No TLS client could be built from the system's certificates.
    #[error("no TLS client: {0}")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A service of the vendor. The first two belong to the classic interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// `rest.telecmi.com`.
    Rest,
    /// `piopiy.telecmi.com`.
    Programs,
    /// `rest.piopiy.com`, the third version of Piopiy.
    V3,
}

impl Service {
    fn own(self) -> Url {
        let text = match self {
            Self::Rest => "https://rest.telecmi.com/",
            Self::Programs => "https://piopiy.telecmi.com/",
            Self::V3 => "https://rest.piopiy.com/",
        };
        Url::parse(text).expect("a constant address")
    }
}

impl TelephonyConfig {
    /// Settings under which accounts may name an emulator on this machine.
    #[cfg(feature = "emulator")]
    #[must_use]
    pub fn for_emulator() -> Self {
        Self { loopback: true, page_gap: Duration::ZERO, ..Self::default() }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let fits = |proxy: &Url| proxy.has_host() && matches!(proxy.scheme(), "http" | "https");
        if self.proxy.as_ref().is_none_or(fits) { Ok(()) } else { Err(ConfigError::Proxy) }
    }

    /// Whether an account may have this base address.
    pub(crate) fn allows_address(&self, url: &Url) -> bool {
        let is_plain = url.query().is_none() && url.fragment().is_none();
        is_plain && self.allows(url)
    }

    /// Whether a file at this address may be asked for, given the base address in use: the vendor's hosts, or the very
    /// server that the account is at.
    pub(crate) fn allows_file(&self, base: &Url, file: &Url) -> bool {
        self.allows(file) && (is_vendor(file) || file.origin() == base.origin())
    }

    /// Where a service is for an account. Another address than the vendor's is that of all services; one of the vendor's
    /// replaces the first alone, since the others are nowhere else. `None` if the address is not allowed.
    pub(crate) fn place(&self, base: Option<&Url>, service: Service) -> Option<Url> {
        match base {
            None => Some(service.own()),
            Some(base) if !self.allows_address(base) => None,
            Some(base) if is_vendor(base) && service != Service::Rest => Some(service.own()),
            Some(base) => Some(base.clone()),
        }
    }

    fn allows(&self, url: &Url) -> bool {
        let is_loopback = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        let is_known = || {
            let named = url.host_str().is_some_and(|host| self.hosts.iter().any(|known| known == host));
            (is_vendor(url) || named) && url.scheme() == "https" && url.port_or_known_default() == Some(443)
        };
        let is_open = url.username().is_empty() && url.password().is_none();
        is_open && (is_known() || self.loopback && is_loopback && matches!(url.scheme(), "http" | "https"))
    }
}

fn is_vendor(url: &Url) -> bool {
    url.host_str().is_some_and(|host| VENDOR.contains(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_that_is_typed_in_is_the_vendors_or_one_that_the_operator_named() {
        let plain = TelephonyConfig::default();
        let named = TelephonyConfig { hosts: vec!["voice.example".to_owned()], ..TelephonyConfig::default() };
        let emulated = TelephonyConfig { loopback: true, ..TelephonyConfig::default() };
        for (text, allowed) in [
            ("https://rest.telecmi.com/", [true; 3]),
            ("https://piopiy.telecmi.com/", [true; 3]),
            ("https://rest.piopiy.com/", [true; 3]),
            ("https://voice.example/", [false, true, false]),
            ("http://127.0.0.1:9/", [false, false, true]),
            ("http://[::1]:9/", [false, false, true]),
            ("http://localhost:9/", [false, false, true]),
            ("http://rest.telecmi.com/", [false; 3]),
            ("https://rest.telecmi.com:8443/", [false; 3]),
            ("https://user:pass@rest.telecmi.com/", [false; 3]),
            ("https://rest.telecmi.com/?x=1", [false; 3]),
            ("https://rest.telecmi.com.evil.example/", [false; 3]),
            ("https://telecmi.com/", [false; 3]),
            ("https://169.254.169.254/", [false; 3]),
            ("ftp://127.0.0.1/", [false; 3]),
        ] {
            let found = [&plain, &named, &emulated].map(|config| config.allows_address(&url(text)));
            assert_eq!(found, allowed, "{text}");
        }
    }

    #[test]
    fn files_come_from_the_vendor_or_from_the_server_that_is_in_use() {
        let config = TelephonyConfig {
            loopback: true,
            hosts: vec!["voice.example".to_owned()],
            ..TelephonyConfig::default()
        };
        let base = url("http://127.0.0.1:7001/");
        assert!(config.allows_file(&base, &url("https://rest.telecmi.com/v2/files/a.mp3?x=1")));
        assert!(config.allows_file(&base, &url("http://127.0.0.1:7001/a.wav")));
        assert!(!config.allows_file(&base, &url("http://127.0.0.1:7002/a.wav")));
        assert!(!config.allows_file(&base, &url("https://voice.example/a.wav")));
        assert!(!config.allows_file(&base, &url("https://files.example/a.wav")));
        assert!(!config.allows_file(&base, &url("http://rest.telecmi.com/a.wav")));
    }

    #[test]
    fn an_address_of_an_account_moves_both_services_unless_it_is_the_vendors() {
        let config = TelephonyConfig { loopback: true, ..TelephonyConfig::default() };
        let place = |base: Option<&str>, service| {
            config.place(base.map(url).as_ref(), service).map(|url| url.to_string())
        };
        assert_eq!(place(None, Service::Rest).as_deref(), Some("https://rest.telecmi.com/"));
        assert_eq!(place(None, Service::Programs).as_deref(), Some("https://piopiy.telecmi.com/"));
        let vendor = Some("https://rest.piopiy.com/");
        assert_eq!(place(vendor, Service::Rest).as_deref(), vendor);
        assert_eq!(place(vendor, Service::Programs).as_deref(), Some("https://piopiy.telecmi.com/"));
        let emulated = Some("http://127.0.0.1:7001/");
        assert_eq!(place(emulated, Service::Programs).as_deref(), emulated);
        assert_eq!(place(Some("https://evil.example/"), Service::Rest), None);
    }

    #[test]
    fn a_proxy_is_http_or_https() {
        for (text, fits) in [("http://proxy.example:3128", true), ("socks5://proxy.example", false)] {
            let config = TelephonyConfig { proxy: Some(url(text)), ..TelephonyConfig::default() };
            assert_eq!(config.check().is_ok(), fits, "{text}");
        }
    }
}

//! The site that passkeys are made for.

use std::net::IpAddr;
use url::{Host, Url};

/// The site that passkeys are made for. A browser uses a passkey at the site that it was made for and nowhere else. Source:
/// WebAuthn Level 3, 4, "Relying Party Identifier".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    domain: String,
    origin: String,
}

impl RelyingParty {
    /// The site at an origin, such as `https://crm.example.com`. `None` where browsers know no passkeys: at an address without
    /// a name, and without TLS at any host but `localhost`.
    #[must_use]
    pub fn at(origin: &str) -> Option<Self> {
        let url = Url::parse(origin).ok()?;
        let Host::Domain(domain) = url.host()? else { return None };
        let is_local = domain == "localhost" || domain.ends_with(".localhost");
        let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_local;
        if !is_safe || domain.parse::<IpAddr>().is_ok() {
            return None;
        }
        Some(Self { domain: domain.to_owned(), origin: url.origin().ascii_serialization() })
    }

    /// The domain that passkeys are bound to.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The origin of the pages, as browsers name it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_name_and_tls_but_on_this_machine() {
        for (origin, known) in [
            ("https://crm.example.com", Some(("crm.example.com", "https://crm.example.com"))),
            ("https://CRM.example.com:443/base/", Some(("crm.example.com", "https://crm.example.com"))),
            ("https://crm.example.com:8443", Some(("crm.example.com", "https://crm.example.com:8443"))),
            ("http://localhost:8080", Some(("localhost", "http://localhost:8080"))),
            ("http://crm.example.com", None),
            ("https://203.0.113.7", None),
            ("http://127.0.0.1:8080", None),
            ("https://[2001:db8::1]", None),
            ("mailto:asha@example.com", None),
            ("", None),
        ] {
            let found = RelyingParty::at(origin);
            assert_eq!(found.as_ref().map(|site| (site.domain(), site.origin())), known, "{origin}");
        }
    }
}

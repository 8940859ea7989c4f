//! The identifier of an identity provider.

use std::fmt;
use url::{Host, Url};

/// The longest issuer identifier, in bytes.
const MAX: usize = 500;

/// Why a text is no issuer identifier. Never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// No address, or one that is too long.
    #[error("must be an address of at most {MAX} bytes, such as https://login.example.com")]
    NoAddress,
    /// Not reached by TLS.
    #[error("must begin with https://")]
    Scheme,
    /// It has a user, a query or a fragment.
    #[error("must have no user name, no ? and no #")]
    Extra,
}

/// The identifier of an identity provider: an `https` address without query and fragment, as the provider writes it. Plain `http`
/// is taken on this machine alone, for tests. Source: OpenID Connect Core 1.0, 2, `iss`.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Issuer(Box<str>);

impl Issuer {
    /// Reads an issuer identifier. It is kept as written, for it is compared byte by byte.
    ///
    /// # Errors
    /// [`IssuerError`] if it is none.
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let text = text.trim();
        let url = Url::parse(text).ok().filter(|_| text.len() <= MAX).ok_or(IssuerError::NoAddress)?;
        let is_local = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(domain)) => domain == "localhost",
            None => return Err(IssuerError::NoAddress),
        };
        match url.scheme() {
            "https" => {}
            "http" if is_local => {}
            _ => return Err(IssuerError::Scheme),
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(IssuerError::Extra);
        }
        Ok(Self(text.into()))
    }

    /// The identifier as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Issuer {
    type Error = IssuerError;
    fn try_from(text: String) -> Result<Self, IssuerError> {
        Self::parse(&text)
    }
}

impl From<Issuer> for String {
    fn from(issuer: Issuer) -> Self {
        issuer.0.into()
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_an_address_with_tls_and_nothing_beside_it() {
        for good in [
            "https://accounts.example.com",
            "https://login.example.com/tenant/v2.0",
            "https://login.example.com/tenant/",
            "http://127.0.0.1:8081",
            "http://localhost:8081/realms/shop",
        ] {
            assert_eq!(Issuer::parse(good).map(|issuer| issuer.as_str().to_owned()).as_deref(), Ok(good));
        }
        for (bad, error) in [
            ("", IssuerError::NoAddress),
            ("login.example.com", IssuerError::NoAddress),
            ("mailto:asha@example.com", IssuerError::NoAddress),
            ("http://login.example.com", IssuerError::Scheme),
            ("http://203.0.113.7", IssuerError::Scheme),
            ("ftp://login.example.com", IssuerError::Scheme),
            ("https://asha@login.example.com", IssuerError::Extra),
            ("https://login.example.com/?tenant=1", IssuerError::Extra),
            ("https://login.example.com/#a", IssuerError::Extra),
        ] {
            assert_eq!(Issuer::parse(bad), Err(error), "{bad}");
        }
        assert_eq!(
            Issuer::parse(&format!("https://login.example.com/{}", "a".repeat(MAX))),
            Err(IssuerError::NoAddress)
        );
    }
}

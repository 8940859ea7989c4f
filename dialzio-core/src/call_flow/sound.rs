//! The address of a sound file that callers hear.

use std::fmt;
use url::Url;

/// An https address of a sound file, which the provider fetches. Logs show its length alone, since such addresses often hold a
/// key.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = Uri, pattern = "^https://", max_length = 2048))]
#[serde(try_from = "String", into = "String")]
pub struct SoundUrl(Box<str>);

/// Why an address of a sound file was refused. Never contains the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an https address of a sound file without user name, password or #, such as https://example.com/hello.mp3"
)]
pub struct SoundUrlError;

impl SoundUrl {
    /// The most bytes of an address.
    pub const MAX: usize = 2_048;

    /// Reads an address.
    ///
    /// # Errors
    /// [`SoundUrlError`] unless it is https with a host, at most [`Self::MAX`] bytes, and holds no user, password or fragment.
    pub fn parse(text: &str) -> Result<Self, SoundUrlError> {
        let text = text.trim();
        let url = Url::parse(text).map_err(|_| SoundUrlError)?;
        let fits = url.scheme() == "https"
            && url.host_str().is_some_and(|host| host.contains('.'))
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            && url.as_str().len() <= Self::MAX;
        if fits { Ok(Self(url.as_str().into())) } else { Err(SoundUrlError) }
    }

    /// The address.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SoundUrl {
    type Error = SoundUrlError;
    fn try_from(text: String) -> Result<Self, SoundUrlError> {
        Self::parse(&text)
    }
}

impl From<SoundUrl> for String {
    fn from(url: SoundUrl) -> Self {
        url.0.into()
    }
}

impl fmt::Debug for SoundUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoundUrl(… {} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_is_fetched_over_https_from_a_named_host() {
        assert!(SoundUrl::parse(" https://cdn.example.com/hello.mp3?key=1 ").is_ok());
        let long = format!("https://example.com/{}", "a".repeat(SoundUrl::MAX));
        for odd in [
            "",
            "hello.mp3",
            "http://example.com/a.mp3",
            "ftp://example.com/a.mp3",
            "https://localhost/a.mp3",
            "https://user@example.com/a.mp3",
            "https://user:pass@example.com/a.mp3",
            "https://example.com/a.mp3#x",
            "javascript:alert(1)",
            &long,
        ] {
            assert_eq!(SoundUrl::parse(odd), Err(SoundUrlError), "{odd}");
        }
        assert!(!format!("{:?}", SoundUrl::parse("https://a.example/secret").unwrap()).contains("secret"));
    }
}

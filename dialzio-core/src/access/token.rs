//! Tokens: 256 random bits that are shown once; only their hash is kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

use crate::entropy::Entropy;
use crate::id::TypedId;

/// What an API key starts with.
const KEY_PREFIX: &str = "dialzio_live_";

/// A token in the clear. `Debug` shows nothing.
#[derive(Debug, Clone)]
pub struct Token(SecretString);

/// SHA-256 of a token: all that is kept of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// The id of what is kept under this hash: its first half.
    pub(super) fn id<T: TypedId>(&self) -> T {
        T::from_uuid(Uuid::from_bytes(std::array::from_fn(|place| self.0[place])))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

impl Token {
    /// A token for a cookie or a link: 43 characters.
    pub(crate) fn plain(entropy: &Entropy) -> Self {
        Self(URL_SAFE_NO_PAD.encode(entropy.array::<32>()).into())
    }

    /// An API key: prefix, 43 characters, and a checksum that lets a scanner recognise a leaked key.
    pub(crate) fn api_key(entropy: &Entropy) -> Self {
        let secret = format!("{KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(entropy.array::<32>()));
        let sum = URL_SAFE_NO_PAD.encode(crc32fast::hash(secret.as_bytes()).to_be_bytes());
        Self(format!("{secret}{sum}").into())
    }

    /// Reads what a client sent. `None` if it can be no token of ours, which saves the look-up.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let known = match text.strip_prefix(KEY_PREFIX) {
            Some(rest) if shaped && rest.len() == 49 => {
                let (secret, sum) = text.split_at(text.len() - 6);
                URL_SAFE_NO_PAD.encode(crc32fast::hash(secret.as_bytes()).to_be_bytes()) == sum
            }
            Some(_) => false,
            None => shaped && text.len() == 43,
        };
        known.then(|| Self(text.to_owned().into()))
    }

    /// What is kept.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.expose_secret().as_bytes()).into())
    }

    /// The token, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_carry_a_checksum_and_tokens_are_never_printed() {
        let entropy = Entropy::seeded(3);
        let key = Token::api_key(&entropy);
        assert!(Token::parse(key.reveal()).is_some());
        let mut broken = key.reveal().to_owned();
        broken.replace_range(20..21, if &broken[20..21] == "A" { "B" } else { "A" });
        assert!(Token::parse(&broken).is_none());
        assert!(!format!("{key:?}").contains(key.reveal()));
        assert!(Token::parse(Token::plain(&entropy).reveal()).is_some());
        assert!(Token::parse("dialzio_live_short").is_none());
    }
}

//! Envelope sealing: each value has its own random data key, wrapped by a key that the key provider holds.
//!
//! Layout of a sealed value, version 1:
//!
//! ```text
//! 1 byte   version, 1
//! 1 byte   n, length of the key id
//! n bytes  key id
//! 12 bytes nonce of the wrapping    60 bytes in all: wrapped data key
//! 48 bytes data key and tag
//! 12 bytes nonce of the value
//! rest     ciphertext and 16 bytes of tag
//! ```
//!
//! Both steps are AES-256-GCM (NIST SP 800-38D). The associated data of both binds organisation, table, row and kind, so
//! a value that was moved does not open.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::keys::KeyProvider;
use super::sealed::{NONCE, Sealed, SealedContext};
use crate::entropy::Entropy;
use crate::error::Error;

pub(crate) fn encrypt(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    aad: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, Error> {
    let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key));
    cipher.encrypt(&Nonce::from(*nonce), Payload { msg: plain, aad }).map_err(|_| Error::Sealed)
}

pub(crate) fn decrypt(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, Error> {
    let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key));
    cipher.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad }).map_err(|_| Error::Sealed)
}

/// Seals and opens values with keys of a [`KeyProvider`].
#[derive(Debug, Clone)]
pub struct Sealer {
    keys: Arc<dyn KeyProvider>,
    entropy: Arc<Entropy>,
}

impl Sealer {
    /// Over these keys.
    #[must_use]
    pub fn new(keys: Arc<dyn KeyProvider>, entropy: Arc<Entropy>) -> Self {
        Self { keys, entropy }
    }

    /// Makes a data key and wraps it: key id, then nonce, key and tag.
    ///
    /// # Errors
    /// [`Error::Sealed`] if the key provider has no key.
    pub(crate) async fn fresh_key(
        &self,
        context: &SealedContext,
    ) -> Result<(Zeroizing<[u8; 32]>, Vec<u8>), Error> {
        let data = Zeroizing::new(self.entropy.array::<32>());
        let wrapped = self.wrap(context, &data).await?;
        Ok((data, wrapped))
    }

    /// Wraps a data key with the current key.
    async fn wrap(&self, context: &SealedContext, data: &[u8; 32]) -> Result<Vec<u8>, Error> {
        let (id, wrapping) = self.keys.current().await?;
        let nonce = self.entropy.array::<NONCE>();
        let wrapped = encrypt(wrapping.expose(), &nonce, &context.bytes(), data)?;
        let mut out = vec![u8::try_from(id.len()).map_err(|_| Error::Sealed)?];
        out.extend_from_slice(id.as_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&wrapped);
        Ok(out)
    }

    /// The id of the key that a data key is wrapped with.
    ///
    /// # Errors
    /// [`Error::Sealed`] if the bytes are no wrapped key.
    pub(crate) fn key_of(wrapped: &[u8]) -> Result<&str, Error> {
        let (&length, rest) = wrapped.split_first().ok_or(Error::Sealed)?;
        let id = rest.get(..usize::from(length)).ok_or(Error::Sealed)?;
        std::str::from_utf8(id).map_err(|_| Error::Sealed)
    }

    /// Wraps a data key anew with the current key. Answers how many bytes it took, and those that take their place: they
    /// were opened, and hold the same key.
    ///
    /// # Errors
    /// [`Error::Sealed`] if the key is not known or the bytes do not fit the context.
    pub(crate) async fn rewrap(
        &self,
        context: &SealedContext,
        wrapped: &[u8],
    ) -> Result<(usize, Vec<u8>), Error> {
        let (data, used) = self.open_key(context, wrapped).await?;
        let anew = self.wrap(context, &data).await?;
        let (opened, _) = self.open_key(context, &anew).await?;
        if bool::from(opened.as_slice().ct_eq(data.as_slice())) {
            Ok((used, anew))
        } else {
            Err(Error::Sealed)
        }
    }

    /// Opens a wrapped data key; answers how many bytes it took.
    ///
    /// # Errors
    /// [`Error::Sealed`] if the key is not known or the bytes do not fit the context.
    pub(crate) async fn open_key(
        &self,
        context: &SealedContext,
        bytes: &[u8],
    ) -> Result<(Zeroizing<[u8; 32]>, usize), Error> {
        let id = Self::key_of(bytes)?;
        let rest = bytes.get(1 + id.len()..).ok_or(Error::Sealed)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or(Error::Sealed)?;
        let (wrapped, _) = rest.split_first_chunk::<48>().ok_or(Error::Sealed)?;
        let wrapping = self.keys.by_id(id).await?;
        let plain = Zeroizing::new(decrypt(wrapping.expose(), nonce, &context.bytes(), wrapped)?);
        let data: [u8; 32] = plain.as_slice().try_into().map_err(|_| Error::Sealed)?;
        Ok((Zeroizing::new(data), 1 + id.len() + NONCE + 48))
    }

    /// Seals bytes.
    ///
    /// # Errors
    /// [`Error::Sealed`] if the key provider has no key.
    pub async fn seal(&self, context: &SealedContext, plain: &[u8]) -> Result<Sealed, Error> {
        let (key, wrapped) = self.fresh_key(context).await?;
        let nonce = self.entropy.array::<NONCE>();
        let sealed = encrypt(&key, &nonce, &context.bytes(), plain)?;
        let mut out = vec![1];
        out.extend_from_slice(&wrapped);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(Sealed(out))
    }

    /// Opens bytes.
    ///
    /// # Errors
    /// [`Error::Sealed`] if the key is not known, the bytes were changed, or the context is another.
    pub async fn open(&self, context: &SealedContext, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (&version, rest) = sealed.0.split_first().ok_or(Error::Sealed)?;
        if version != 1 {
            return Err(Error::Sealed);
        }
        let (key, used) = self.open_key(context, rest).await?;
        let rest = rest.get(used..).ok_or(Error::Sealed)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(Error::Sealed)?;
        decrypt(&key, nonce, &context.bytes(), body).map(Zeroizing::new)
    }

    /// Seals a secret.
    ///
    /// # Errors
    /// As [`seal`](Self::seal).
    pub async fn seal_secret(&self, context: &SealedContext, secret: &SecretString) -> Result<Sealed, Error> {
        self.seal(context, secret.expose_secret().as_bytes()).await
    }

    /// Opens a secret.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_secret(&self, context: &SealedContext, sealed: &Sealed) -> Result<SecretString, Error> {
        let plain = self.open(context, sealed).await?;
        std::str::from_utf8(&plain).map(|text| text.to_owned().into()).map_err(|_| Error::Sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::LocalKeys;
    use crate::{AccountId, IdSource, TypedId};

    fn sealer() -> Sealer {
        Sealer::new(Arc::new(LocalKeys::ephemeral(&Entropy::seeded(1))), Arc::new(Entropy::seeded(2)))
    }

    #[tokio::test]
    async fn a_value_opens_only_where_it_was_sealed() {
        let (sealer, ids) = (sealer(), IdSource::seeded(3));
        let at = chrono::DateTime::UNIX_EPOCH;
        let here = SealedContext::new(ids.next(at), "account", ids.next::<AccountId>(at), "token");
        let sealed = sealer.seal(&here, b"EAAG-secret").await.unwrap();
        assert_eq!(sealer.open(&here, &sealed).await.unwrap().as_slice(), b"EAAG-secret");
        assert!(!sealed.as_bytes().windows(6).any(|w| w == b"secret"));
        for moved in [
            SealedContext { org: ids.next(at), ..here },
            SealedContext { table: "app", ..here },
            SealedContext { row: ids.next::<AccountId>(at).uuid(), ..here },
            SealedContext { kind: "secret", ..here },
        ] {
            assert!(matches!(sealer.open(&moved, &sealed).await, Err(Error::Sealed)));
        }
        for cut in 0..sealed.as_bytes().len() {
            assert!(
                sealer.open(&here, &Sealed::from_bytes(sealed.as_bytes()[..cut].to_vec())).await.is_err()
            );
        }
    }

    #[tokio::test]
    async fn every_single_bit_that_is_turned_is_noticed() {
        let (sealer, ids) = (sealer(), IdSource::seeded(3));
        let at = chrono::DateTime::UNIX_EPOCH;
        let here = SealedContext::new(ids.next(at), "account", ids.next::<AccountId>(at), "token");
        for plain in [&b""[..], b"EAAG-secret", &[0; 200]] {
            let sealed = sealer.seal(&here, plain).await.unwrap();
            for bit in 0..sealed.as_bytes().len() * 8 {
                let mut bytes = sealed.as_bytes().to_vec();
                bytes[bit / 8] ^= 1 << (bit % 8);
                assert!(sealer.open(&here, &Sealed::from_bytes(bytes)).await.is_err(), "bit {bit}");
            }
        }
    }

    #[tokio::test]
    async fn a_key_is_wrapped_anew_without_its_value_and_only_where_it_belongs() {
        let keys = Arc::new(LocalKeys::ephemeral(&Entropy::seeded(1)));
        let sealer = Sealer::new(Arc::clone(&keys) as _, Arc::new(Entropy::seeded(2)));
        let (ids, at) = (IdSource::seeded(3), chrono::DateTime::UNIX_EPOCH);
        let here = SealedContext::new(ids.next(at), "account", ids.next::<AccountId>(at), "token");
        let sealed = sealer.seal(&here, b"EAAG-secret").await.unwrap();
        keys.add(&[], at).await.unwrap();
        keys.promote("2", at + chrono::TimeDelta::minutes(1)).await.unwrap();
        let (used, anew) = sealer.rewrap(&here, &sealed.as_bytes()[1..]).await.unwrap();
        assert_eq!(
            (Sealer::key_of(&sealed.as_bytes()[1..]).unwrap(), Sealer::key_of(&anew).unwrap()),
            ("1", "2")
        );
        let after = [&[1], anew.as_slice(), &sealed.as_bytes()[1 + used..]].concat();
        keys.remove("1").await.unwrap();
        assert_eq!(sealer.open(&here, &Sealed::from_bytes(after)).await.unwrap().as_slice(), b"EAAG-secret");
        assert!(sealer.open(&here, &sealed).await.is_err(), "the key of before is gone");
        let elsewhere = SealedContext { kind: "secret", ..here };
        assert!(matches!(sealer.rewrap(&elsewhere, &anew).await, Err(Error::Sealed)));
    }
}

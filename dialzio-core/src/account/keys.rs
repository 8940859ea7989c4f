//! Keys that wrap data keys: each has an id, so that they can be rotated by wrapping anew.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt::{self, Debug};
use uuid::Uuid;
use zeroize::Zeroize;

use super::sealed::Sealed;
use crate::store::StoreError;

/// For the key of suppression hashes that is derived from a key of the installation.
pub(crate) const SUPPRESSION: &[u8] = b"dialzio/suppression/1";
/// For the key that checkpoints of the audit log are signed with.
pub(crate) const CHECKPOINT: &[u8] = b"dialzio/audit-checkpoint/1";

/// The row of a key in the database: its place as an id.
pub(crate) fn row_of(place: u32) -> Uuid {
    Uuid::from_u128(u128::from(place))
}

/// Why a key is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No key of this id.
    #[error("there is no key of this id")]
    Unknown,
    /// The key file cannot be read or written.
    #[error("the key file cannot be used")]
    Io(#[from] std::io::Error),
    /// The file is not a key file, or another user can read or change it.
    #[error("the key file cannot be trusted: {0}")]
    Untrusted(&'static str),
    /// There is no key file.
    #[error("there is no key file: put back the one that belongs to this database, from its backup")]
    Missing,
    /// There is a key file already, and none is made beside it.
    #[error("there is a key file already")]
    Exists,
    /// The keys are those of another installation.
    #[error(
        "these are not the keys of this database: put back the key file that belongs to it, from its backup"
    )]
    Foreign,
    /// Some keys of the database are not here.
    #[error(
        "the database was also sealed with keys that are not here ({missing}): put back its whole key file"
    )]
    Incomplete {
        /// The ids of those that are missing.
        missing: String,
    },
    /// An older database says nothing about its keys, and nothing in it shows whose they are.
    #[error(
        "nothing in the database shows that these are its keys: put back its own key file, or, if they are, say so \
         with `dialzio keys adopt`"
    )]
    Unproven,
    /// The provider holds a fixed set of keys: they are added, promoted and retired where they are kept.
    #[error("these keys are not changed from here: add, promote and retire them where they are kept")]
    Fixed,
    /// New values are sealed with the key, so it cannot be retired.
    #[error("this key is the current one: promote another first")]
    Current,
    /// The key was retired, and no key gets its id again.
    #[error("this key was retired")]
    Retired,
    /// Not every running process is sure to know of the last change yet.
    #[error(
        "running processes may not have noticed the last change of the keys yet: again in {seconds} seconds"
    )]
    TooSoon {
        /// How long to wait.
        seconds: u32,
    },
    /// Not the fingerprint of the key.
    #[error("this is not the fingerprint of the key: `dialzio keys status` shows it")]
    Fingerprint,
    /// Values are still wrapped with the key.
    #[error("values are still wrapped with this key ({left}): run `dialzio keys rewrap` first")]
    InUse {
        /// How many of which kind.
        left: String,
    },
    /// The database cannot be asked whose keys they are.
    #[error("the database cannot be asked which keys belong to it: {0}")]
    Store(#[from] StoreError),
}

impl KeyError {
    /// A stable dotted code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "keys.unknown",
            Self::Io(_) => "keys.unreadable",
            Self::Untrusted(_) => "keys.untrusted",
            Self::Missing => "keys.missing",
            Self::Exists => "keys.exists",
            Self::Foreign => "keys.foreign",
            Self::Incomplete { .. } => "keys.incomplete",
            Self::Unproven => "keys.unproven",
            Self::Fixed => "keys.fixed",
            Self::Current => "keys.current",
            Self::Retired => "keys.retired",
            Self::TooSoon { .. } => "keys.too_soon",
            Self::Fingerprint => "keys.fingerprint",
            Self::InUse { .. } => "keys.in_use",
            Self::Store(error) => error.code(),
        }
    }
}

/// 32 bytes of key, wiped when dropped.
pub struct RawKey([u8; 32]);

impl RawKey {
    /// A key of these 32 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// A value for one purpose that only the holder of the key can make: HMAC-SHA-256 of the purpose.
    pub(crate) fn derive(&self, purpose: &[u8]) -> Result<[u8; 32], KeyError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).map_err(|_| KeyError::Unknown)?;
        mac.update(purpose);
        Ok(mac.finalize().into_bytes().into())
    }

    /// What people compare to tell which key it is: 32 hexadecimal digits that say nothing about the key itself.
    ///
    /// # Errors
    /// None with a key of 32 bytes.
    pub fn fingerprint(&self) -> Result<String, KeyError> {
        let digest = self.derive(b"dialzio/key-fingerprint/1")?;
        Ok(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Drop for RawKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Debug for RawKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawKey(…)")
    }
}

/// What the database keeps of a key: a value that only the holder of the key can make.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyCheck {
    /// Its place among the keys of the installation: 1, 2, 3.
    pub place: u32,
    /// The key's id.
    pub key: String,
    /// HMAC-SHA-256 over a fixed text under the key.
    pub mac: [u8; 32],
    /// When the key was first used here.
    pub made_at: DateTime<Utc>,
    /// What is derived from the key and outlives it: the keys of suppressions and of checkpoints, sealed like any other
    /// value. `None` in a database of an earlier release, until the keys are checked.
    pub kept: Option<Sealed>,
    /// When the key was retired. From then on it opens nothing, and it may be missing.
    pub retired_at: Option<DateTime<Utc>>,
}

/// A change of what is kept of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyChange {
    /// What outlives the key, for one of which nothing is kept yet; otherwise
    /// [`StoreError::PreconditionFailed`].
    Keep(Sealed),
    /// The key is retired. One that was: [`StoreError::PreconditionFailed`].
    Retire(DateTime<Utc>),
}

/// What a provider says about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its id.
    pub id: String,
    /// When it was made, if that is known.
    pub made_at: Option<DateTime<Utc>>,
    /// Since when new values are wrapped with it, if it is the current one and that is known.
    pub current_since: Option<DateTime<Utc>>,
    /// Whether new values are wrapped with it.
    pub is_current: bool,
}

impl Debug for KeyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCheck").field("place", &self.place).field("key", &self.key).finish_non_exhaustive()
    }
}

/// Holds the keys: a local file, or a key service. Conformance: [`crate::key_conformance`].
#[async_trait]
pub trait KeyProvider: Debug + Send + Sync + 'static {
    /// The key that new values are wrapped with, and its id (1 to 255 bytes).
    ///
    /// # Errors
    /// [`KeyError`].
    async fn current(&self) -> Result<(String, RawKey), KeyError>;
    /// A key by its id, also one that was rotated away.
    ///
    /// # Errors
    /// [`KeyError::Unknown`] if there is none.
    async fn by_id(&self, id: &str) -> Result<RawKey, KeyError>;
    /// Every key's id, oldest first. Suppression hashes are looked up under each.
    ///
    /// # Errors
    /// [`KeyError`].
    async fn ids(&self) -> Result<Vec<String>, KeyError>;
    /// What is known of each key, oldest first. A provider that knows no more than ids does not have to say more.
    ///
    /// # Errors
    /// [`KeyError`].
    async fn describe(&self) -> Result<Vec<KeyInfo>, KeyError> {
        let (current, _) = self.current().await?;
        let of = |id: String| KeyInfo { is_current: id == current, id, made_at: None, current_since: None };
        Ok(self.ids().await?.into_iter().map(of).collect())
    }
    /// Makes a key, which is not the current one yet, and answers its id: none of those that were `taken` before. Every
    /// process has to know the key before it is promoted.
    ///
    /// # Errors
    /// [`KeyError::Fixed`] from a provider that makes no keys.
    async fn add(&self, taken: &[String], at: DateTime<Utc>) -> Result<String, KeyError> {
        let _ = (taken, at);
        Err(KeyError::Fixed)
    }
    /// From now on new values are wrapped with this key.
    ///
    /// # Errors
    /// [`KeyError::Unknown`]; [`KeyError::TooSoon`] while a process may not know the key; [`KeyError::Fixed`] from a provider
    /// that chooses by itself.
    async fn promote(&self, id: &str, at: DateTime<Utc>) -> Result<(), KeyError> {
        let _ = (id, at);
        Err(KeyError::Fixed)
    }
    /// Destroys a key that nothing is wrapped with any more.
    ///
    /// # Errors
    /// [`KeyError::Unknown`]; [`KeyError::Current`]; [`KeyError::Fixed`] from a provider that destroys no keys.
    async fn remove(&self, id: &str) -> Result<(), KeyError> {
        let _ = id;
        Err(KeyError::Fixed)
    }
}

//! Keys that wrap data keys: each has an id, so that they can be rotated by wrapping anew.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::io::{Read, Write};
use std::path::Path;
use zeroize::{Zeroize, Zeroizing};

use crate::entropy::Entropy;
use crate::store::StoreError;

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
}

/// Keys in a file that only its owner may read: one line each, id and key in base64, the newest last.
pub struct LocalKeys {
    keys: BTreeMap<u32, Zeroizing<[u8; 32]>>,
}

impl Debug for LocalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalKeys({} keys)", self.keys.len())
    }
}

const HEADER: &str = "dialzio-keys/1";

impl LocalKeys {
    /// Opens a key file.
    ///
    /// # Errors
    /// [`KeyError::Missing`] if there is none; [`KeyError::Untrusted`] if it is no key file, or others may read or change
    /// it; [`KeyError::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let mut file = match std::fs::File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(KeyError::Missing),
            other => other?,
        };
        // Of the file that was opened, whatever its name leads to by now.
        trusted(&file.metadata()?)?;
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text)?;
        Self::parse(&text)
    }

    /// Makes a key file with one random key, readable by its owner only: once, for a new installation.
    ///
    /// # Errors
    /// [`KeyError::Exists`] if there is one; [`KeyError::Io`].
    pub fn create(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let made = Self::ephemeral(&Entropy::system());
        match made.write(path.as_ref()) {
            Err(KeyError::Io(error)) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(KeyError::Exists)
            }
            other => other.map(|()| made),
        }
    }

    /// Opens a key file, or makes one if there is none. Keys that were made beside the data of other keys are refused when
    /// they are used, see [`Crm::check_keys`](crate::Crm::check_keys).
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`create`](Self::create).
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        match Self::open(&path) {
            Err(KeyError::Missing) => {}
            other => return other,
        }
        match Self::create(&path) {
            // Another process was faster.
            Err(KeyError::Exists) => Self::open(&path),
            other => other,
        }
    }

    /// One random key that lives as long as the process: for tests.
    #[must_use]
    pub fn ephemeral(entropy: &Entropy) -> Self {
        Self { keys: BTreeMap::from([(1, Zeroizing::new(entropy.array::<32>()))]) }
    }

    fn parse(text: &str) -> Result<Self, KeyError> {
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Err(KeyError::Untrusted("not a key file"));
        }
        let mut keys = BTreeMap::new();
        for line in lines.filter(|line| !line.trim().is_empty()) {
            let broken = KeyError::Untrusted("a damaged line");
            let Some((id, key)) = line.split_once(' ') else { return Err(broken) };
            let bytes = STANDARD.decode(key.trim()).map(Zeroizing::new);
            let key = bytes.ok().and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
            match (id.parse::<u32>(), key) {
                (Ok(id), Some(key)) => keys.insert(id, Zeroizing::new(key)),
                _ => return Err(broken),
            };
        }
        if keys.is_empty() { Err(KeyError::Untrusted("holds no key")) } else { Ok(Self { keys }) }
    }

    fn write(&self, path: &Path) -> Result<(), KeyError> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(path)?;
        let mut text = Zeroizing::new(format!("{HEADER}\n"));
        for (id, key) in &self.keys {
            text.push_str(&format!("{id} {}\n", STANDARD.encode(key.as_ref())));
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(())
    }
}

/// Only its owner may read or change a key file, and the owner must be the user of this process or root.
#[cfg(unix)]
fn trusted(file: &std::fs::Metadata) -> Result<(), KeyError> {
    use std::os::unix::fs::MetadataExt;
    if !file.is_file() {
        return Err(KeyError::Untrusted("it is no regular file"));
    }
    if file.mode() & 0o077 != 0 {
        return Err(KeyError::Untrusted("others may read it; chmod 600"));
    }
    if file.uid() != 0 && file.uid() != rustix::process::geteuid().as_raw() {
        return Err(KeyError::Untrusted(
            "it belongs to another user; chown it to the one that runs this process",
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn trusted(file: &std::fs::Metadata) -> Result<(), KeyError> {
    if file.is_file() { Ok(()) } else { Err(KeyError::Untrusted("it is no regular file")) }
}

#[async_trait]
impl KeyProvider for LocalKeys {
    async fn current(&self) -> Result<(String, RawKey), KeyError> {
        let (id, key) = self.keys.last_key_value().ok_or(KeyError::Unknown)?;
        Ok((id.to_string(), RawKey::new(**key)))
    }

    async fn by_id(&self, id: &str) -> Result<RawKey, KeyError> {
        let found = self.keys.iter().find(|(known, _)| known.to_string() == id);
        found.map(|(_, key)| RawKey::new(**key)).ok_or(KeyError::Unknown)
    }

    async fn ids(&self) -> Result<Vec<String>, KeyError> {
        Ok(self.keys.keys().map(u32::to_string).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_file_is_made_once_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        assert!(matches!(LocalKeys::open(&path), Err(KeyError::Missing)));
        assert!(!path.exists(), "looking for keys makes none");
        let (_, first) = LocalKeys::create(&path).unwrap().current().await.unwrap();
        assert!(matches!(LocalKeys::create(&path), Err(KeyError::Exists)));
        for again in [LocalKeys::open(&path), LocalKeys::open_or_create(&path)] {
            let (_, again) = again.unwrap().current().await.unwrap();
            assert_eq!(first.expose(), again.expose());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_may_read_or_change_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        LocalKeys::create(&path).unwrap();
        let refused = || matches!(LocalKeys::open(&path), Err(KeyError::Untrusted(_)));
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        for mode in [0o644, 0o640, 0o620, 0o602] {
            set(&path, mode);
            assert!(refused(), "{mode:o}");
        }
        set(&path, 0o600);
        assert!(!refused());
        // Only the system may give files away.
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(4_711), None).unwrap();
            assert!(refused());
        }
        let other = dir.path().join("other");
        std::fs::write(&other, "hello").unwrap();
        set(&other, 0o600);
        assert!(matches!(LocalKeys::open(&other), Err(KeyError::Untrusted(_))));
        assert!(matches!(LocalKeys::open(dir.path()), Err(KeyError::Untrusted(_))));
    }
}

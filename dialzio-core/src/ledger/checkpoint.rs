//! Signed checkpoints of the audit log, kept outside the database: a chain alone cannot show that its end was cut off, or
//! that all of it was written anew.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::entry::Fields;
use super::{ChainHash, ChainHead};
use crate::account::{CHECKPOINT, KeyError, KeyProvider, RawKey};
use crate::id::{OrgId, TypedId};

/// Why checkpoints cannot be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The place cannot be read or written.
    #[error("the checkpoints cannot be read or written")]
    Io(#[from] std::io::Error),
    /// A line is no checkpoint.
    #[error("line {line} of the checkpoints is damaged")]
    Damaged {
        /// Counted from 1.
        line: usize,
    },
    /// The key to sign with cannot be had.
    #[error("the checkpoints cannot be signed: {0}")]
    Keys(#[from] KeyError),
}

/// How far the audit log of an organisation had come, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The organisation.
    pub org: OrgId,
    /// The place of the newest entry.
    pub seq: u64,
    /// Its digest.
    #[serde(with = "hex")]
    pub hash: ChainHash,
    /// When the checkpoint was made.
    pub at: DateTime<Utc>,
    /// The id of the key of the installation that the signing key is derived from.
    pub key: String,
    /// Ed25519 (RFC 8032) over all of it, in base64.
    signature: String,
}

mod hex {
    //! Digests as 64 hexadecimal digits.

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::ChainHash;

    pub(super) fn serialize<S: Serializer>(hash: &ChainHash, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(hash)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ChainHash, D::Error> {
        let text = String::deserialize(from)?;
        let mut hash = [0; 32];
        let digits = text.as_bytes().chunks_exact(2);
        if text.len() != 64 || !text.is_ascii() {
            return Err(D::Error::custom("needs 64 hexadecimal digits"));
        }
        for (byte, pair) in hash.iter_mut().zip(digits) {
            let pair = std::str::from_utf8(pair).map_err(D::Error::custom)?;
            *byte = u8::from_str_radix(pair, 16).map_err(D::Error::custom)?;
        }
        Ok(ChainHash(hash))
    }
}

/// The key that signs, derived from a key of the installation by HMAC-SHA-256, so that it is used for nothing else.
fn signing_key(key: &RawKey) -> Result<SigningKey, KeyError> {
    let seed = zeroize::Zeroizing::new(key.derive(CHECKPOINT)?);
    Ok(SigningKey::from_bytes(&seed))
}

impl Checkpoint {
    /// Signs with the present key of the installation.
    ///
    /// # Errors
    /// [`KeyError`].
    pub(crate) async fn sign(
        keys: &dyn KeyProvider,
        org: OrgId,
        head: ChainHead,
        at: DateTime<Utc>,
    ) -> Result<Self, KeyError> {
        let (id, key) = keys.current().await?;
        let at = crate::time::micros(at);
        let mut made = Self { org, seq: head.seq, hash: head.hash, at, key: id, signature: String::new() };
        made.signature = STANDARD.encode(signing_key(&key)?.sign(&made.signed()).to_bytes());
        Ok(made)
    }

    /// Whether it was signed with this key, which is derived from one of the installation.
    pub(crate) fn is_signed_with(&self, seed: &[u8; 32]) -> bool {
        let key = SigningKey::from_bytes(seed);
        let Ok(bytes) = STANDARD.decode(&self.signature) else { return false };
        let Ok(signature) = Signature::from_slice(&bytes) else { return false };
        key.verifying_key().verify(&self.signed(), &signature).is_ok()
    }

    /// What is signed.
    fn signed(&self) -> [u8; 32] {
        let mut fields = Fields::new(b"dialzio/checkpoint/1");
        fields.put(self.org.uuid().as_bytes());
        fields.put(&self.seq.to_be_bytes());
        fields.put(&self.hash.0);
        fields.put(&self.at.timestamp_micros().to_be_bytes());
        fields.put(self.key.as_bytes());
        fields.digest()
    }
}

/// Where checkpoints are kept: anywhere but in the database, where who can change the log cannot change them.
#[async_trait]
pub trait CheckpointStore: Debug + Send + Sync + 'static {
    /// Adds one. What is there is never changed.
    ///
    /// # Errors
    /// [`CheckpointError`].
    async fn append(&self, checkpoint: &Checkpoint) -> Result<(), CheckpointError>;
    /// Those of an organisation, in the order they were added.
    ///
    /// # Errors
    /// [`CheckpointError`].
    async fn of(&self, org: OrgId) -> Result<Vec<Checkpoint>, CheckpointError>;
    /// The one that was added last for an organisation.
    ///
    /// # Errors
    /// [`CheckpointError`].
    async fn newest(&self, org: OrgId) -> Result<Option<Checkpoint>, CheckpointError> {
        Ok(self.of(org).await?.pop())
    }
}

/// Checkpoints in a folder: for each organisation a file `<id>.jsonl` with one JSON object a line, which is only appended to.
#[derive(Debug, Clone)]
pub struct CheckpointFile {
    folder: PathBuf,
    /// Held from the look at the end of a file to the write behind it.
    turn: Arc<Mutex<()>>,
}

/// The most bytes that a line can have. The newest one is looked for in so many bytes at the end of the file.
const LINE: u64 = 1_024;

impl CheckpointFile {
    /// In this folder, which is made when the first one is kept.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), turn: Arc::default() }
    }

    fn path(&self, org: OrgId) -> PathBuf {
        self.folder.join(format!("{org}.jsonl"))
    }

    async fn blocking<T: Send + 'static>(
        work: impl FnOnce() -> Result<T, CheckpointError> + Send + 'static,
    ) -> Result<T, CheckpointError> {
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| std::io::Error::other("the task was cancelled"))?
    }
}

/// The complete lines of a text. A line without its end was being written when the process ended.
fn complete(text: &str) -> &str {
    text.rfind('\n').map_or("", |end| &text[..end])
}

fn parse(text: &str) -> Result<Vec<Checkpoint>, CheckpointError> {
    let line = |(place, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|_| CheckpointError::Damaged { line: place + 1 })
    };
    complete(text).lines().enumerate().map(line).collect()
}

/// The text of a file from a place on; nothing if there is no file.
fn read_from(path: &Path, place: SeekFrom) -> Result<String, CheckpointError> {
    let mut file = match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        other => other?,
    };
    // Before the beginning there is nothing to skip.
    if file.seek(place).is_err() {
        file.seek(SeekFrom::Start(0))?;
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn append(path: &Path, line: &str) -> Result<(), CheckpointError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().create(true).append(true).read(true).open(path)?;
    // What an interrupted write left is not continued.
    let len = file.metadata()?.len();
    let mut last = [b'\n'];
    if len > 0 {
        file.seek(SeekFrom::Start(len - 1))?;
        file.read_exact(&mut last)?;
    }
    if last != [b'\n'] {
        let text = read_from(path, SeekFrom::Start(0))?;
        let kept = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(u64::try_from(kept).unwrap_or(len))?;
    }
    file.write_all(line.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

#[async_trait]
impl CheckpointStore for CheckpointFile {
    async fn append(&self, checkpoint: &Checkpoint) -> Result<(), CheckpointError> {
        let (path, turn) = (self.path(checkpoint.org), Arc::clone(&self.turn));
        let line = serde_json::to_string(checkpoint).map_err(std::io::Error::other)? + "\n";
        Self::blocking(move || {
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            append(&path, &line)
        })
        .await
    }

    async fn of(&self, org: OrgId) -> Result<Vec<Checkpoint>, CheckpointError> {
        let path = self.path(org);
        Self::blocking(move || parse(&read_from(&path, SeekFrom::Start(0))?)).await
    }

    async fn newest(&self, org: OrgId) -> Result<Option<Checkpoint>, CheckpointError> {
        let path = self.path(org);
        Self::blocking(move || {
            let end = read_from(&path, SeekFrom::End(-LINE.cast_signed()))?;
            let Some(last) = complete(&end).lines().last() else { return Ok(None) };
            match serde_json::from_str(last) {
                Ok(newest) => Ok(Some(newest)),
                // A damaged line is named when all of them are read.
                Err(_) => Ok(parse(&read_from(&path, SeekFrom::Start(0))?)?.pop()),
            }
        })
        .await
    }
}

/// Checkpoints in memory, for tests: they end with the process.
#[derive(Debug, Clone, Default)]
pub struct MemoryCheckpoints(Arc<Mutex<BTreeMap<OrgId, Vec<Checkpoint>>>>);

#[async_trait]
impl CheckpointStore for MemoryCheckpoints {
    async fn append(&self, checkpoint: &Checkpoint) -> Result<(), CheckpointError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(checkpoint.org).or_default().push(checkpoint.clone());
        Ok(())
    }

    async fn of(&self, org: OrgId) -> Result<Vec<Checkpoint>, CheckpointError> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(all.get(&org).cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::LocalKeys;
    use crate::entropy::Entropy;

    async fn made(keys: &LocalKeys, org: OrgId, seq: u64) -> Checkpoint {
        let head = ChainHead { seq, hash: ChainHash([u8::try_from(seq).unwrap(); 32]) };
        Checkpoint::sign(keys, org, head, DateTime::UNIX_EPOCH).await.unwrap()
    }

    #[tokio::test]
    async fn a_checkpoint_that_was_changed_is_not_ours() {
        let keys = LocalKeys::ephemeral(&Entropy::seeded(1));
        let own = keys.current().await.unwrap().1.derive(CHECKPOINT).unwrap();
        let org = crate::IdSource::seeded(1).next(DateTime::UNIX_EPOCH);
        let checkpoint = made(&keys, org, 7).await;
        assert!(checkpoint.is_signed_with(&own));
        let other = crate::IdSource::seeded(2).next(DateTime::UNIX_EPOCH);
        for forged in [
            Checkpoint { seq: 8, ..checkpoint.clone() },
            Checkpoint { hash: ChainHash::START, ..checkpoint.clone() },
            Checkpoint { org: other, ..checkpoint.clone() },
            Checkpoint { at: checkpoint.at + chrono::TimeDelta::days(1), ..checkpoint.clone() },
            Checkpoint { key: "2".to_owned(), ..checkpoint.clone() },
            Checkpoint { signature: String::new(), ..checkpoint.clone() },
            Checkpoint { signature: STANDARD.encode([7; 64]), ..checkpoint.clone() },
        ] {
            assert!(!forged.is_signed_with(&own), "{forged:?}");
        }
        let strangers = LocalKeys::ephemeral(&Entropy::seeded(2));
        let strangers = strangers.current().await.unwrap().1.derive(CHECKPOINT).unwrap();
        assert!(!checkpoint.is_signed_with(&strangers));
    }

    #[tokio::test]
    async fn a_folder_keeps_checkpoints_in_order_and_forgets_half_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let keys = LocalKeys::ephemeral(&Entropy::seeded(1));
        let org = crate::IdSource::seeded(1).next(DateTime::UNIX_EPOCH);
        let kept = CheckpointFile::in_folder(folder.path().join("checkpoints"));
        assert_eq!(kept.of(org).await.unwrap(), []);
        assert_eq!(kept.newest(org).await.unwrap(), None);
        let mut all = Vec::new();
        for seq in 1..=9 {
            all.push(made(&keys, org, seq).await);
            kept.append(&all[all.len() - 1]).await.unwrap();
        }
        assert_eq!(kept.of(org).await.unwrap(), all);
        assert_eq!(kept.newest(org).await.unwrap().as_ref(), all.last());
        let path = kept.path(org);
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{whole}{{\"org\":")).unwrap();
        assert_eq!(kept.of(org).await.unwrap(), all);
        all.push(made(&keys, org, 10).await);
        kept.append(&all[9]).await.unwrap();
        assert_eq!(kept.of(org).await.unwrap(), all);
        std::fs::write(&path, whole.replacen("\"seq\":4", "\"seq\":x", 1)).unwrap();
        assert!(matches!(kept.of(org).await, Err(CheckpointError::Damaged { line: 4 })));
    }
}

//! Blobs in a local folder: one folder for each organisation, one file for each blob.

use async_trait::async_trait;
use bytes::Bytes;
use std::io::{ErrorKind, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::memory::cut;
use super::{BlobError, BlobKey, BlobStore};
use crate::id::{MediaId, OrgId};

/// Blobs in a folder. Writes go to a temporary file, are flushed to disk, and are then renamed.
#[derive(Debug)]
pub struct LocalBlobs {
    root: PathBuf,
}

fn failed(error: std::io::Error) -> BlobError {
    match error.kind() {
        ErrorKind::NotFound => BlobError::Missing,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BlobError::Full,
        _ => BlobError::Io(error),
    }
}

impl LocalBlobs {
    /// Uses a folder, making it if there is none.
    ///
    /// # Errors
    /// [`BlobError`] if the folder cannot be made.
    pub fn open(root: impl AsRef<Path>) -> Result<Self, BlobError> {
        std::fs::create_dir_all(root.as_ref()).map_err(failed)?;
        Ok(Self { root: root.as_ref().to_owned() })
    }

    fn folder(&self, org: OrgId) -> PathBuf {
        self.root.join(org.to_string())
    }

    fn file(&self, key: &BlobKey) -> PathBuf {
        self.folder(key.org).join(key.media.to_string())
    }
}

#[async_trait]
impl BlobStore for LocalBlobs {
    async fn put(&self, key: &BlobKey, body: Bytes) -> Result<(), BlobError> {
        let folder = self.folder(key.org);
        fs::create_dir_all(&folder).await.map_err(failed)?;
        let (target, temporary) = (self.file(key), self.file(key).with_extension("part"));
        let mut file = fs::File::create(&temporary).await.map_err(failed)?;
        file.write_all(&body).await.map_err(failed)?;
        file.sync_all().await.map_err(failed)?;
        fs::rename(&temporary, &target).await.map_err(failed)?;
        fs::File::open(&folder).await.map_err(failed)?.sync_all().await.map_err(failed)
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Bytes, BlobError> {
        let mut file = fs::File::open(self.file(key)).await.map_err(failed)?;
        let length = file.metadata().await.map_err(failed)?.len();
        let part = cut(range, length);
        file.seek(SeekFrom::Start(part.start)).await.map_err(failed)?;
        let mut body = Vec::new();
        file.take(part.end - part.start).read_to_end(&mut body).await.map_err(failed)?;
        Ok(body.into())
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        match fs::remove_file(self.file(key)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }

    async fn keys(&self, org: OrgId, after: Option<&BlobKey>, limit: u32) -> Result<Vec<BlobKey>, BlobError> {
        let mut found = Vec::new();
        let mut entries = match fs::read_dir(self.folder(org)).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
            other => other.map_err(failed)?,
        };
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            let media: Option<MediaId> = entry.file_name().to_str().and_then(|name| name.parse().ok());
            found.extend(
                media.map(|media| BlobKey { org, media }).filter(|key| after.is_none_or(|after| key > after)),
            );
        }
        found.sort_unstable();
        found.truncate(limit as usize);
        Ok(found)
    }
}

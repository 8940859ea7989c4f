//! Blob stores: four verbs over sealed bytes.

#[cfg(feature = "local-blobs")]
mod local;
mod memory;

#[cfg(feature = "local-blobs")]
pub use local::LocalBlobs;
pub use memory::MemoryBlobs;

use async_trait::async_trait;
use bytes::Bytes;
use std::fmt::Debug;
use std::ops::Range;

use crate::id::{MediaId, OrgId};

/// Where a blob is: organisation first, then an id. Made by the server, never from input.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobKey {
    /// The organisation that the file belongs to; the folder of its blobs.
    pub org: OrgId,
    /// The file's id, which is also the blob's name.
    pub media: MediaId,
}

/// Why a blob store failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// There is no such blob.
    #[error("there is no such blob")]
    Missing,
    /// No room is left.
    #[error("the blob store is full")]
    Full,
    /// It cannot be reached, or failed.
    #[error("the blob store failed")]
    Io(#[source] std::io::Error),
}

/// Keeps sealed bytes. Conformance: [`crate::blob_conformance`].
#[async_trait]
pub trait BlobStore: Debug + Send + Sync + 'static {
    /// Stores a blob whole, replacing one of the same key; durable when it returns.
    ///
    /// # Errors
    /// [`BlobError`]; nothing under the key has changed then.
    async fn put(&self, key: &BlobKey, body: Bytes) -> Result<(), BlobError>;
    /// The blob, or the bytes of it that lie in `range`; a range past the end is cut.
    ///
    /// # Errors
    /// [`BlobError::Missing`] if there is none.
    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Bytes, BlobError>;
    /// Deletes a blob; absent is success.
    ///
    /// # Errors
    /// [`BlobError`].
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError>;
    /// Keys of an organisation in ascending order, after one of them.
    ///
    /// # Errors
    /// [`BlobError`].
    async fn keys(&self, org: OrgId, after: Option<&BlobKey>, limit: u32) -> Result<Vec<BlobKey>, BlobError>;
}

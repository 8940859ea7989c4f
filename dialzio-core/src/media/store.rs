//! Reads and writes of files.

use async_trait::async_trait;

use super::Media;
use crate::id::{MediaId, MessageId};
use crate::scope::OrgScope;
use crate::store::StoreResult;

/// Reads of files. An expired one is not found, whether swept or not.
#[async_trait]
pub trait MediaStore: Send + Sync {
    /// One file.
    async fn media(&self, scope: &OrgScope, id: MediaId) -> StoreResult<Option<Media>>;
    /// The files of these messages, in no order.
    async fn media_of(&self, scope: &OrgScope, messages: &[MessageId]) -> StoreResult<Vec<Media>>;
}

/// A change to files.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaWrite {
    /// A new file.
    Insert(Media),
    /// The file as it is now.
    Update(Media),
}

//! Reads and writes of files.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Media, MediaOwner};
use crate::id::MediaId;
use crate::scope::OrgScope;
use crate::store::StoreResult;

/// Reads of files. An expired one is not found, whether swept or not.
#[async_trait]
pub trait MediaStore: Send + Sync {
    /// Reads a file by its id; `None` if there is none or it has expired.
    async fn media(&self, scope: &OrgScope, id: MediaId) -> StoreResult<Option<Media>>;
    /// The files of these owners, in no order.
    async fn media_of(&self, scope: &OrgScope, owners: &[MediaOwner]) -> StoreResult<Vec<Media>>;
}

/// A change to files.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaWrite {
    /// A new file. Refused as [`Unreadable`](crate::StoreError::Unreadable) if its owner is not in the organisation.
    Insert(Media),
    /// The file as it is now; one that is gone stays gone, and an end that was set stays unless this one is earlier. Refused
    /// like a file without its owner if it names another owner than it has.
    Update(Media),
    /// The file is gone from this instant on; an earlier end stays, and nothing else of it changes. A file that is not there is
    /// none to end.
    End {
        /// The file.
        id: MediaId,
        /// From when on it is gone.
        at: DateTime<Utc>,
    },
}

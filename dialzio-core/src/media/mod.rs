//! Files: what came in and what went out, sealed before any blob store sees them.

mod file;
mod owner;
mod seal;
mod service;
mod store;

pub use file::{FileError, FileType, NewFile, file_name, recognise, takes};
pub use owner::{MediaOwner, MediaOwnerKind};
pub use seal::{CHUNK, MediaSealer, OpenMedia};
pub use service::{MediaService, OpenedMedia};
pub use store::{MediaStore, MediaWrite};

use chrono::{DateTime, Utc};

use crate::blob::BlobKey;
use crate::conversation::MediaKind;
use crate::id::{AccountId, MediaId};
use crate::name::string_enum;

string_enum! {
    /// Where a file is.
    pub enum MediaState {
        /// Still at the provider.
        Pending = "pending",
        /// Sealed in the blob store.
        Stored = "stored",
        /// Could not be fetched.
        Unavailable = "unavailable",
    }
}

/// A file that belongs to another record.
#[derive(Clone, PartialEq, Eq)]
pub struct Media {
    /// The file's id, which also names its blob.
    pub id: MediaId,
    /// The record it belongs to, which never changes.
    pub owner: MediaOwner,
    /// The account it came by.
    pub account: AccountId,
    /// What it is.
    pub what: MediaKind,
    /// Where it is.
    pub state: MediaState,
    /// Its type as announced, parameters included. Never trusted for display.
    pub mime: Option<String>,
    /// Its name, as the sender called it.
    pub filename: Option<String>,
    /// Its size in bytes, once stored.
    pub size: Option<u64>,
    /// SHA-256 of the plain bytes: announced at first, found once stored.
    pub sha256: Option<[u8; 32]>,
    /// The provider's id for it.
    pub provider_id: Option<String>,
    /// Where its sealed bytes are.
    pub blob: Option<BlobKey>,
    /// Its data key, wrapped. Deleting the row makes the blob unreadable.
    pub wrapped_key: Option<Vec<u8>>,
    /// The earlier of the provider's time and receipt. Retention counts from here.
    pub event_at: DateTime<Utc>,
    /// When it vanishes, if earlier than the class's period says.
    pub expires_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for Media {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Media({}, {}, {})", self.id, self.what, self.state)
    }
}

//! Why an installation was not moved.

use dialzio_core::account::KeyError;
use dialzio_core::blob::BlobError;
use dialzio_core::transfer::TransferError;
use std::path::PathBuf;
/// Why an installation was not moved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MoveError {
    /// The source is not named as one.
    #[error("what is moved is named sqlite:PATH, where PATH is a data folder or its database file")]
    Source,
    /// There is no database.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// The target is not named as one.
    #[error("the target's address begins with postgres://")]
    Target,
    /// The other data folder has keys of its own, which open nothing of this installation.
    #[error("{} has other keys than the source: what is sealed could not be read there", .0.display())]
    OtherKeys(PathBuf),
    /// A key file cannot be read.
    #[error("a key file cannot be read: {0}")]
    Keys(#[source] std::io::Error),
    /// The source's keys cannot be used, or are not those of its database.
    #[error("the source's keys cannot be used: {0}")]
    OwnKeys(#[from] KeyError),
    /// The source cannot be opened.
    #[error("the source cannot be opened: {0}")]
    Open(#[from] dialzio_store_sqlite::OpenError),
    /// The target cannot be used.
    #[error("the target cannot be used: {0}")]
    Prepared(#[from] dialzio_store_postgres::OpenError),
    /// A file cannot be moved.
    #[error("a file cannot be copied: {0}")]
    Files(#[from] BlobError),
    /// A file is another one after it was copied.
    #[error("a file differs after it was copied")]
    Altered,
    /// The rows cannot be moved.
    #[error(transparent)]
    Rows(#[from] TransferError),
}

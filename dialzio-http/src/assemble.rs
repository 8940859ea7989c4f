//! From a data folder to a CRM: the only place that names concrete adapters.

use dialzio_core::account::LocalKeys;
use dialzio_core::blob::LocalBlobs;
use dialzio_core::{Clock, Crm, SystemClock};
use dialzio_store_sqlite::SqliteStore;
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use std::path::Path;
use std::sync::Arc;

use crate::disk::Disk;

/// Why an installation cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssembleError {
    /// The data folder cannot be made or used.
    #[error("the data folder cannot be used: {0}")]
    Folder(#[source] std::io::Error),
    /// The disk below it cannot be used.
    #[error("the data folder cannot be used: {0}")]
    Disk(#[from] crate::disk::DiskError),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Store(#[from] dialzio_store_sqlite::OpenError),
    /// The key file cannot be used. Without a key nothing starts.
    #[error("the key file cannot be used: {0}")]
    Keys(#[from] dialzio_core::account::KeyError),
    /// The blob folder cannot be used.
    #[error("the blob folder cannot be used: {0}")]
    Blobs(#[from] dialzio_core::blob::BlobError),
    /// The provider cannot be set up.
    #[error("the WhatsApp adapter cannot be set up: {0}")]
    Provider(String),
    /// A part is missing.
    #[error(transparent)]
    Build(#[from] dialzio_core::BuildError),
}

/// Opens the installation in a folder, making what is not there: `dialzio.db`, `keys` (readable by its owner only) and
/// `blobs/`.
///
/// # Errors
/// [`AssembleError`] says which part cannot be used.
pub async fn open(data: &Path, clock: Option<Arc<dyn Clock>>) -> Result<Crm, AssembleError> {
    std::fs::create_dir_all(data).map_err(AssembleError::Folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(data, private).map_err(AssembleError::Folder)?;
    }
    Disk::below(data)?;
    let clock = clock.unwrap_or_else(|| Arc::new(SystemClock));
    let store = SqliteStore::builder().clock(Arc::clone(&clock)).open(data.join("dialzio.db")).await?;
    let whatsapp =
        MetaCloud::new(MetaConfig::default()).map_err(|error| AssembleError::Provider(error.to_string()))?;
    let crm = Crm::builder()
        .store(store)
        .keys(LocalKeys::open(data.join("keys"))?)
        .blobs(LocalBlobs::open(data.join("blobs"))?)
        .provider(whatsapp)
        .clock(clock)
        .build()?;
    Ok(crm)
}

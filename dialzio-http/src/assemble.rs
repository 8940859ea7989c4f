//! From a data folder to a CRM: the only place that names concrete adapters.

use dialzio_core::account::LocalKeys;
use dialzio_core::blob::LocalBlobs;
use dialzio_core::{Clock, Crm, Store, SystemClock};
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
    /// The database on a server cannot be used.
    #[cfg(feature = "postgres")]
    #[error("the database cannot be used: {0}")]
    Postgres(#[from] dialzio_store_postgres::OpenError),
    /// The address names a kind of database that this build does not know.
    #[error("a database's address begins with postgres://, and this build has to know it")]
    UnknownDatabase,
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
/// `blobs/`. With the address of a PostgreSQL database everything else is kept there; processes that share one share the
/// folder's `keys` and `blobs/` too.
///
/// # Errors
/// [`AssembleError`] says which part cannot be used.
pub async fn open(
    data: &Path,
    database: Option<&str>,
    clock: Option<Arc<dyn Clock>>,
) -> Result<Crm, AssembleError> {
    std::fs::create_dir_all(data).map_err(AssembleError::Folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(data, private).map_err(AssembleError::Folder)?;
    }
    Disk::below(data)?;
    let clock = clock.unwrap_or_else(|| Arc::new(SystemClock));
    let store: Arc<dyn Store> = match database {
        None => {
            let file = data.join("dialzio.db");
            Arc::new(SqliteStore::builder().clock(Arc::clone(&clock)).open(file).await?)
        }
        Some(url) => on_a_server(url, Arc::clone(&clock)).await?,
    };
    let whatsapp =
        MetaCloud::new(MetaConfig::default()).map_err(|error| AssembleError::Provider(error.to_string()))?;
    let crm = Crm::builder()
        .shared_store(store)
        .keys(LocalKeys::open(data.join("keys"))?)
        .blobs(LocalBlobs::open(data.join("blobs"))?)
        .provider(whatsapp)
        .clock(clock)
        .build()?;
    Ok(crm)
}

#[cfg(feature = "postgres")]
async fn on_a_server(url: &str, clock: Arc<dyn Clock>) -> Result<Arc<dyn Store>, AssembleError> {
    if !is_postgres(url) {
        return Err(AssembleError::UnknownDatabase);
    }
    Ok(Arc::new(dialzio_store_postgres::PostgresStore::builder().clock(clock).connect(url).await?))
}

#[cfg(not(feature = "postgres"))]
async fn on_a_server(_: &str, _: Arc<dyn Clock>) -> Result<Arc<dyn Store>, AssembleError> {
    Err(AssembleError::UnknownDatabase)
}

/// Prepares a PostgreSQL database, or brings an older one forward; `serves` is the role that will sign in to serve from it.
///
/// # Errors
/// [`AssembleError`] if the address is of another kind, or the database cannot be used.
#[cfg(feature = "postgres")]
pub async fn migrate(url: &str, serves: Option<&str>) -> Result<(), AssembleError> {
    if !is_postgres(url) {
        return Err(AssembleError::UnknownDatabase);
    }
    Ok(dialzio_store_postgres::PostgresStore::builder().migrate(url, serves).await?)
}

#[cfg(feature = "postgres")]
pub(crate) fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

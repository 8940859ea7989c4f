//! Moving an installation out of a data folder: its database to a server, its files to another folder.

mod error;
mod files;

use dialzio_core::account::{KeyProvider, LocalKeys};
use dialzio_core::blob::LocalBlobs;
use dialzio_core::transfer::{Moved, Step};
use dialzio_core::{Clock, SystemClock};
use dialzio_store_postgres::PostgresStore;
use dialzio_store_sqlite::SqliteStore;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::MoveError;
pub use files::Carried;

/// An installation in a data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The folder with `blobs/`.
    pub folder: PathBuf,
    /// The key file.
    pub keys: PathBuf,
    /// The file of the SQLite database.
    pub database: PathBuf,
}

impl Installation {
    /// By its name: `sqlite:` and the path of a data folder, or of the database in one.
    ///
    /// # Errors
    /// [`MoveError`] if it is named otherwise, or there is no database.
    pub fn named(name: &str) -> Result<Self, MoveError> {
        let path = name.strip_prefix("sqlite:").filter(|path| !path.is_empty()).ok_or(MoveError::Source)?;
        let path = Path::new(path);
        let database = if path.is_dir() { path.join("dialzio.db") } else { path.to_owned() };
        // Opening would make one.
        if !database.is_file() {
            return Err(MoveError::Missing(database));
        }
        let folder = database.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { keys: folder.join("keys"), folder, database })
    }

    /// With its key file elsewhere.
    #[must_use]
    pub fn with_keys(self, keys: Option<PathBuf>) -> Self {
        Self { keys: keys.unwrap_or(self.keys), ..self }
    }

    /// Moves it to a PostgreSQL database that was migrated, and its files to another data folder if one is named. Copied
    /// files and rows are compared with their sources. The same call continues where an earlier one was interrupted.
    ///
    /// # Errors
    /// [`MoveError`]. The installation itself is only read.
    pub async fn move_to(
        &self,
        database: &str,
        folder: Option<&Path>,
        told: &mut (dyn FnMut(Step) + Send),
    ) -> Result<(Moved, Option<Carried>), MoveError> {
        if !crate::assemble::is_postgres(database) {
            return Err(MoveError::Target);
        }
        let mut target = PostgresStore::builder().transfer_to(database).await?;
        let folder = folder.filter(|folder| !same(folder, &self.folder));
        if let Some(folder) = folder {
            self.fits_keys_of(folder)?;
        }
        let mut source = SqliteStore::builder().readers(1).open(&self.database).await?;
        // What is moved takes what it knows of its keys along, so it has to know the right ones.
        let keys: Arc<dyn KeyProvider> = Arc::new(LocalKeys::open(&self.keys)?);
        dialzio_core::account::check_keys(&source, &keys, SystemClock.now()).await?;
        // Files come first: once all rows have come, others may serve.
        let carried = match folder {
            None => None,
            Some(folder) => {
                let blobs = LocalBlobs::open(self.folder.join("blobs"))?;
                Some(files::carry(&mut source, &blobs, &LocalBlobs::open(folder.join("blobs"))?).await?)
            }
        };
        let moved = dialzio_core::transfer::run(&mut source, &mut target, told).await?;
        Ok((moved, carried))
    }

    fn fits_keys_of(&self, folder: &Path) -> Result<(), MoveError> {
        let theirs = folder.join("keys");
        if !theirs.exists() {
            return Ok(());
        }
        let read = |path: &Path| std::fs::read(path).map_err(MoveError::Keys);
        if read(&theirs)? == read(&self.keys)? {
            Ok(())
        } else {
            Err(MoveError::OtherKeys(folder.to_owned()))
        }
    }
}

/// Whether two paths lead to one folder.
fn same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_is_named_by_its_folder_or_its_database() {
        let folder = tempfile::tempdir().unwrap();
        let name = |path: &Path| format!("sqlite:{}", path.display());
        let database = folder.path().join("dialzio.db");
        assert!(matches!(Installation::named(&name(folder.path())), Err(MoveError::Missing(_))));
        assert!(!database.exists(), "looking for a database makes none");
        std::fs::write(&database, b"").unwrap();
        let found = Installation::named(&name(folder.path())).unwrap();
        assert_eq!(found, Installation::named(&name(&database)).unwrap());
        assert_eq!(found.folder, folder.path());
        for wrong in ["", "sqlite:", "dialzio-data", "postgres://localhost/crm"] {
            assert!(matches!(Installation::named(wrong), Err(MoveError::Source)), "{wrong}");
        }
    }

    #[test]
    fn a_folder_with_other_keys_is_refused() {
        let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let installation = Installation {
            folder: own.path().to_owned(),
            keys: own.path().join("keys"),
            database: own.path().join("dialzio.db"),
        };
        std::fs::write(own.path().join("keys"), b"one").unwrap();
        installation.fits_keys_of(other.path()).unwrap();
        std::fs::write(other.path().join("keys"), b"one").unwrap();
        installation.fits_keys_of(other.path()).unwrap();
        std::fs::write(other.path().join("keys"), b"two").unwrap();
        assert!(matches!(installation.fits_keys_of(other.path()), Err(MoveError::OtherKeys(_))));
    }
}

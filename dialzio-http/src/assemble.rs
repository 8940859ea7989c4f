//! From a data folder to a CRM: the only place that names concrete adapters.

use dialzio_core::account::{KeyError, LocalKeys};
use dialzio_core::blob::LocalBlobs;
use dialzio_core::ledger::CheckpointFile;
use dialzio_core::mail::Mailer;
use dialzio_core::{Clock, Crm, Store, SystemClock};
use dialzio_store_sqlite::SqliteStore;
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

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
    /// The database is on a server, which looks after it itself.
    #[error("the database is on a server: read it with the server's own means, such as pg_amcheck")]
    Elsewhere,
    /// The key file cannot be used. Without a key nothing starts.
    #[error("the key file cannot be used: {0}")]
    Keys(#[from] dialzio_core::account::KeyError),
    /// There is no key file beside a database that was sealed with one.
    #[error(
        "there is no key file at {}, and the database was sealed with one: put it back from its backup. Without it \
         people who opted out would not be recognised and no credential would open, so nothing was started", .0.display()
    )]
    NoKeys(PathBuf),
    /// The database is new, and other parts of an installation are not.
    #[error(
        "{} holds {found} of an installation, but its database is missing or empty: put dialzio.db back from its backup, \
         with dialzio.db-wal if there is one. To begin anew, choose another folder", .data.display()
    )]
    EmptyDatabase {
        /// The data folder that holds the file.
        data: PathBuf,
        /// What there is.
        found: String,
    },
    /// Another process makes the keys of a new installation, or one was stopped while it did.
    #[error("another process is setting this installation up; if none is, remove {} and start again", .0.display())]
    Begun(PathBuf),
    /// The database opens and cannot be read.
    #[error("the database cannot be read: {0}")]
    Unreadable(#[from] dialzio_core::StoreError),
    /// Something else went wrong while it was opened.
    #[error(transparent)]
    Core(dialzio_core::Error),
    /// The blob folder cannot be used.
    #[error("the blob folder cannot be used: {0}")]
    Blobs(#[from] dialzio_core::blob::BlobError),
    /// The provider cannot be set up.
    #[error("a provider's adapter cannot be set up: {0}")]
    Provider(String),
    /// A part is missing.
    #[error(transparent)]
    Build(#[from] dialzio_core::BuildError),
}

/// Where an installation is kept.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The folder with `dialzio.db`, `blobs/` and, unless said otherwise, `keys` and `checkpoints/`.
    pub data: PathBuf,
    /// The key file, if it is kept elsewhere: a copy of the folder does not hold both then.
    pub keys: Option<PathBuf>,
    /// What a key file would say, from elsewhere: then there is no key file.
    pub keys_given: Option<SecretString>,
    /// The address of a PostgreSQL database that has been migrated, instead of `dialzio.db`. Processes that share one share
    /// the key file and `blobs/` too.
    pub database: Option<String>,
    /// Accounts may name the emulated provider on this machine.
    pub sandbox: bool,
    /// Hosts of a provider besides its own that accounts may name.
    pub provider_hosts: Vec<String>,
    /// Where signed checkpoints of the audit logs are kept, if not in `checkpoints/` of the folder: best a place that who can
    /// change the database cannot change.
    pub checkpoints: Option<PathBuf>,
    /// The proxy that requests to providers go through. None that the environment names is ever used.
    pub provider_proxy: Option<Url>,
}

/// What an installation has from the process that opens it.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Another clock than the machine's.
    pub clock: Option<Arc<dyn Clock>>,
    /// What sends mail, if anything does.
    pub mailer: Option<Arc<dyn Mailer>>,
}

/// Whether a new installation may be begun. Beside anything of an older one it never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Founding {
    /// Where there is nothing at all.
    IfEmpty,
    /// On a new database, also with a key file that is there already.
    Init,
}

impl Places {
    /// A folder with everything in it.
    #[must_use]
    pub fn folder(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), ..Self::default() }
    }

    /// The key file.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| self.data.join("keys"))
    }

    fn database_file(&self) -> PathBuf {
        self.data.join("dialzio.db")
    }

    fn checkpoints(&self) -> PathBuf {
        self.checkpoints.clone().unwrap_or_else(|| self.data.join("checkpoints"))
    }

    fn blobs(&self) -> PathBuf {
        self.data.join("blobs")
    }

    /// What of an installation is here besides its database.
    fn leftovers(&self, founding: Founding) -> Vec<&'static str> {
        let any = |folder: &Path| std::fs::read_dir(folder).is_ok_and(|mut found| found.next().is_some());
        let keys = founding == Founding::IfEmpty && self.key_file().exists();
        let found = [("a key file", keys), ("files", any(&self.blobs()))];
        found.into_iter().filter(|(_, there)| *there).map(|(what, _)| what).collect()
    }

    /// Refuses to take an empty database for a new installation beside what is left of an older one.
    fn refuse_leftovers(&self, founding: Founding) -> Result<(), AssembleError> {
        let found = self.leftovers(founding);
        if found.is_empty() {
            return Ok(());
        }
        Err(AssembleError::EmptyDatabase { data: self.data.clone(), found: found.join(" and ") })
    }
}

/// Opens an installation, or begins a new one where that is allowed: its database, a key file readable by its owner only,
/// and `blobs/`. What belongs together is compared before anything is served: keys that are missing or not those of the
/// database, and a database that is missing beside its keys and files, are refused in words.
///
/// # Errors
/// [`AssembleError`] says which part cannot be used, and what to restore.
pub async fn open(
    places: &Places,
    founding: Founding,
    clock: Option<Arc<dyn Clock>>,
) -> Result<Crm, AssembleError> {
    open_in(places, founding, Surroundings { clock, mailer: None }).await
}

/// As [`open`], with what the process has besides.
///
/// # Errors
/// As [`open`].
pub async fn open_in(
    places: &Places,
    founding: Founding,
    surroundings: Surroundings,
) -> Result<Crm, AssembleError> {
    let data = &places.data;
    std::fs::create_dir_all(data).map_err(AssembleError::Folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(data, private).map_err(AssembleError::Folder)?;
    }
    Disk::below(data)?;
    let Surroundings { clock, mailer } = surroundings;
    let clock = clock.unwrap_or_else(|| Arc::new(SystemClock));
    let store: Arc<dyn Store> = match &places.database {
        None => {
            let file = places.database_file();
            if std::fs::metadata(&file).map_or(0, |found| found.len()) == 0 {
                // Opening would make one.
                places.refuse_leftovers(founding)?;
            }
            Arc::new(SqliteStore::builder().clock(Arc::clone(&clock)).open(file).await?)
        }
        Some(url) => on_a_server(url, Arc::clone(&clock)).await?,
    };
    let keys = Keys::of(places, founding, dialzio_core::account::is_new(&*store).await?)?;
    let crm = put_together(places, store, keys.file(), clock, mailer)?;
    crm.check_keys().await.map_err(refused)?;
    keys.keep()?;
    Ok(crm)
}

/// Takes the keys for those of a database of an earlier release in which nothing shows whose they are, for a reason that
/// the operator log keeps.
///
/// # Errors
/// As [`open`]; [`AssembleError::Keys`] too if the database knows others.
pub async fn adopt(places: &Places, reason: &str) -> Result<(), AssembleError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store: Arc<dyn Store> = match &places.database {
        None => Arc::new(SqliteStore::open(places.database_file()).await?),
        Some(url) => on_a_server(url, Arc::clone(&clock)).await?,
    };
    let crm = put_together(places, store, Some(&places.key_file()), clock, None)?;
    crm.operator(reason).map_err(refused)?.adopt_keys().await.map_err(refused)
}

/// Reads all of the database in a folder, and answers what is wrong with it; see [`SqliteStore::examine`].
///
/// # Errors
/// [`AssembleError::Store`] if it cannot be opened; [`AssembleError::Elsewhere`] if it is on a server.
pub fn examine(places: &Places, without_log: bool) -> Result<Vec<String>, AssembleError> {
    if places.database.is_some() {
        return Err(AssembleError::Elsewhere);
    }
    Ok(SqliteStore::examine(places.database_file(), without_log)?)
}

fn put_together(
    places: &Places,
    store: Arc<dyn Store>,
    file: Option<&Path>,
    clock: Arc<dyn Clock>,
    mailer: Option<Arc<dyn Mailer>>,
) -> Result<Crm, AssembleError> {
    let hosts: Vec<String> =
        places.provider_hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect();
    let loopback = places.sandbox || hosts.iter().any(|host| is_this_machine(host));
    let config =
        MetaConfig { hosts, loopback, proxy: places.provider_proxy.clone(), ..MetaConfig::default() };
    let whatsapp = MetaCloud::new(config).map_err(|error| AssembleError::Provider(error.to_string()))?;
    let keys = match (&places.keys_given, file) {
        (Some(text), _) => LocalKeys::given(text)?,
        (None, Some(file)) => LocalKeys::open(file)?.renamed_to(places.key_file()),
        (None, None) => return Err(AssembleError::NoKeys(places.key_file())),
    };
    let builder = Crm::builder()
        .shared_store(store)
        .keys(keys)
        .blobs(LocalBlobs::open(places.blobs())?)
        .checkpoints(CheckpointFile::in_folder(places.checkpoints()))
        .provider(whatsapp)
        .clock(clock);
    #[cfg(feature = "telephony")]
    let builder = {
        let config = telephony(places);
        let refused = |error: dialzio_telephony::ConfigError| AssembleError::Provider(error.to_string());
        let telecmi = dialzio_telephony::TeleCmi::new(config.clone()).map_err(refused)?;
        let piopiy = dialzio_telephony::Piopiy::new(config.clone()).map_err(refused)?;
        let third = dialzio_telephony::PiopiyV3::new(config).map_err(refused)?;
        builder.provider(telecmi).provider(piopiy).provider(third)
    };
    let builder = match mailer {
        Some(mailer) => builder.mailer(mailer),
        None => builder,
    };
    Ok(builder.build()?)
}

/// How the telephone services are reached: hosts that the operator named, and emulated ones with the sandbox or if the operator
/// named this machine.
#[cfg(feature = "telephony")]
fn telephony(places: &Places) -> dialzio_telephony::TelephonyConfig {
    use dialzio_telephony::TelephonyConfig;
    let hosts: Vec<String> =
        places.provider_hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect();
    #[cfg(feature = "sandbox")]
    let base = if places.sandbox || hosts.iter().any(|host| is_this_machine(host)) {
        TelephonyConfig::for_emulator()
    } else {
        TelephonyConfig::default()
    };
    #[cfg(not(feature = "sandbox"))]
    let base = TelephonyConfig::default();
    let mut config = base;
    config.hosts = hosts;
    config.proxy.clone_from(&places.provider_proxy);
    config
}

/// Whether the operator named this machine: an emulator runs beside the server.
fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

fn refused(error: dialzio_core::Error) -> AssembleError {
    match error {
        dialzio_core::Error::Keys(error) => AssembleError::Keys(error),
        dialzio_core::Error::Store(error) => AssembleError::Unreadable(error),
        error => AssembleError::Core(error),
    }
}

/// The key file, or one that was made and is not known to the database yet. It gets its name last, so that a crash in the
/// middle leaves either a new installation that is begun anew, or one whose database knows the keys in the other file.
enum Keys {
    /// None: the keys come from elsewhere.
    Given,
    There(PathBuf),
    Made {
        file: PathBuf,
        named: PathBuf,
    },
}

impl Keys {
    fn of(places: &Places, founding: Founding, is_new: bool) -> Result<Self, AssembleError> {
        if places.keys_given.is_some() {
            if is_new {
                places.refuse_leftovers(founding)?;
            }
            return Ok(Self::Given);
        }
        let named = places.key_file();
        let mut file = named.clone().into_os_string();
        file.push(".new");
        let file = PathBuf::from(file);
        if named.exists() {
            if is_new {
                places.refuse_leftovers(founding)?;
            }
            return Ok(Self::There(named));
        }
        if !is_new {
            return if file.exists() {
                Ok(Self::Made { file, named })
            } else {
                Err(AssembleError::NoKeys(named))
            };
        }
        places.refuse_leftovers(founding)?;
        if places.database.is_none() && file.exists() {
            // No other process has the database open, and it knows no keys.
            std::fs::remove_file(&file).map_err(KeyError::Io)?;
        }
        match LocalKeys::create(&file) {
            Err(KeyError::Exists) => Err(AssembleError::Begun(file)),
            other => {
                other?;
                Ok(Self::Made { file, named })
            }
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::Given => None,
            Self::There(file) | Self::Made { file, .. } => Some(file),
        }
    }

    /// The database knows the keys: a new file gets its final name.
    fn keep(&self) -> Result<(), AssembleError> {
        let Self::Made { file, named } = self else { return Ok(()) };
        std::fs::rename(file, named).map_err(KeyError::Io)?;
        if let Some(folder) = named.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(KeyError::Io)?;
        }
        Ok(())
    }
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

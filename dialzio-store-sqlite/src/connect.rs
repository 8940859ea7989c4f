//! Opens connections with the settings that durability and erasure rest on, and asserts them.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// The first release whose write-ahead log cannot lose commits when it is reset.
const OLDEST: i32 = 3_051_003;
/// How many statements a connection keeps prepared: all of the table fit.
const STATEMENTS: usize = 384;

/// Where the database is, and how far it can be trusted to be there tomorrow.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// Nothing has to survive the process, so nothing waits for the disk.
    pub(crate) temporary: bool,
}

/// How many bytes the file beside the database keeps free for its next opening: the index of a long log needs as many.
const SPARE: u64 = 256 * 1024;

/// Says that a database is in use: by its name, with a file beside it, and by itself, whatever it is called elsewhere.
#[derive(Debug)]
pub(crate) struct Lock {
    beside: File,
    // Closing it gives up the locks that SQLite holds in this process: it has to be open as long as any connection.
    #[cfg(unix)]
    _database: File,
}

impl Lock {
    /// Takes the lock, and makes the database if it is not there. It goes with the value, or with the process.
    pub(crate) fn take(database: &Path) -> Result<Self, OpenError> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let beside = private(Path::new(&path))?;
        taken(&beside)?;
        let file = private(database)?;
        #[cfg(unix)]
        {
            // A hard link is another name of the same file. SQLite's own locks are of another kind and do not meet this one.
            if let Err(error) = taken(&file) {
                // If it is open in this process, closing it here would give up the locks that SQLite holds on it.
                std::mem::forget(file);
                return Err(error);
            }
            Ok(Self { beside, _database: file })
        }
        #[cfg(not(unix))]
        {
            drop(file);
            Ok(Self { beside })
        }
    }

    /// Keeps some room on the disk, so that the database can be opened to be read when there is no more. Where there is
    /// none now, there is none to keep.
    pub(crate) fn keep_room(&self) {
        let length = self.beside.metadata().map_or(SPARE, |found| found.len());
        let missing = usize::try_from(SPARE.saturating_sub(length)).unwrap_or(0);
        if missing > 0 && append(&self.beside, &vec![0; missing]).is_err() {
            tracing::warn!("the disk has no state to spare: a database that is closed may not open");
        }
    }

    /// Gives that room back.
    pub(crate) fn give_room(&self) {
        let _ = self.beside.set_len(0);
    }
}

fn append(mut file: &File, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::End(0))?;
    file.write_all(bytes)
}

fn taken(file: &File) -> Result<(), OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse),
        Err(std::fs::TryLockError::Error(error)) => Err(OpenError::File(error)),
    }
}

/// Opens a file, made for this user alone if it is not there. SQLite gives its log the same rights.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Refuses a library that is too old.
pub(crate) fn check_library() -> Result<(), OpenError> {
    if rusqlite::version_number() < OLDEST {
        return Err(OpenError::OldSqlite { found: rusqlite::version() });
    }
    Ok(())
}

/// The one connection that writes. The database is there: [`Lock::take`] makes it.
pub(crate) fn writer(place: &Place) -> Result<Connection, OpenError> {
    let db = open(place, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Takes job on an empty file only, and before anything is written to it.
    db.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::Setting("journal_mode"));
    }
    let synchronous = if place.temporary { 0 } else { 2 };
    db.pragma_update(None, "synchronous", synchronous)?;
    holds(&db, "synchronous", synchronous)?;
    db.pragma_update(None, "cache_size", -65_536)?;
    // The log is moved under its mark, and in no other way.
    db.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    Ok(db)
}

/// A connection that only reads.
pub(crate) fn reader(place: &Place) -> Result<Connection, OpenError> {
    let db = open(place, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.pragma_update(None, "query_only", 1)?;
    holds(&db, "query_only", 1)?;
    db.pragma_update(None, "cache_size", -16_384)?;
    Ok(db)
}

fn open(place: &Place, flags: OpenFlags) -> Result<Connection, OpenError> {
    // One thread has one connection, so the library need not guard it.
    let db = Connection::open_with_flags(&place.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    for (name, value) in [
        ("busy_timeout", 5_000),
        ("foreign_keys", 1),
        ("trusted_schema", 0),
        ("secure_delete", 1),
        ("cell_size_check", 1),
        ("temp_store", 2),
        ("mmap_size", 0),
    ] {
        // Some of these answer with a row, so the answer is read instead of refused.
        db.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => Ok(()),
            error => Err(error),
        })?;
    }
    for (name, value) in
        [("foreign_keys", 1), ("trusted_schema", 0), ("secure_delete", 1), ("cell_size_check", 1)]
    {
        holds(&db, name, value)?;
    }
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Plans hold for any value. Without it the library looks at bound values and prepares statements anew when they change.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    crate::audience::install(&db)?;
    Ok(db)
}

fn holds(db: &Connection, name: &'static str, wanted: i64) -> Result<(), OpenError> {
    let found: i64 = db.pragma_query_value(None, name, |row| row.get(0))?;
    if found == wanted { Ok(()) } else { Err(OpenError::Setting(name)) }
}

//! How SQLite's errors become the store's, without any value in their texts.

use dialzio_core::store::StoreError;
use rusqlite::ffi::ErrorCode;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another store of this one, has the file open.
    #[error("the database is in use by another process")]
    InUse,
    /// The linked SQLite is too old to be trusted with a write-ahead log.
    #[error("SQLite {found} is too old: 3.51.3 is needed")]
    OldSqlite {
        /// The version of the linked library.
        found: &'static str,
    },
    /// The file was written by a newer release.
    #[error("the database has schema {found}, this release knows {known}")]
    NewerSchema {
        /// The newest migration in the file.
        found: u32,
        /// The newest migration that is known.
        known: u32,
    },
    /// A migration that was applied is not the one that is known under its number.
    #[error("migration {number} is not the one that was applied")]
    ChangedMigration {
        /// The number of the step.
        number: u32,
    },
    /// A setting that durability or erasure rests on did not take job.
    #[error("SQLite did not accept the setting {0}")]
    Setting(&'static str),
    /// The file or its folder cannot be used.
    #[error("the database file cannot be used")]
    File(#[from] std::io::Error),
    /// The file was copied without its log, or the log was lost.
    #[error(
        "the database was copied without its write-ahead log, and what was written last is missing. Put {} beside it, from \
         where it comes from. If that is lost, `dialzio check --without-log` continues without what was in it", .log.display()
    )]
    NoLog {
        /// Where the log belongs.
        log: std::path::PathBuf,
    },
    /// Something in the file cannot be read.
    #[error(
        "{what} of the database cannot be read: restore the database from a backup, with its log if there is one. \
         `dialzio check` says what else is damaged"
    )]
    Damaged {
        /// What was found to be damaged.
        what: String,
    },
    /// There is no room to open it, not even to read.
    #[error(
        "the disk is full, and the database cannot be opened: make some state, a megabyte will do, and start again"
    )]
    Full,
    /// SQLite refused a statement or could not reach the file.
    #[error("SQLite failed: {0}")]
    Store(#[from] StoreError),
}

impl OpenError {
    /// The same, for a store that is open and cannot open another connection.
    pub(crate) fn into_store(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Full => StoreError::Full,
            other => StoreError::Broken(other.to_string()),
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { what: "a part".to_owned() },
            Some(ErrorCode::NotADatabase) => Self::Damaged { what: "the header".to_owned() },
            _ => match translate(&error) {
                StoreError::Full => Self::Full,
                error => Self::Store(error),
            },
        }
    }
}

/// What went wrong inside the store: a refusal, or the database.
#[derive(Debug)]
pub(crate) enum Failure {
    Store(StoreError),
    Sqlite(rusqlite::Error),
}

pub(crate) type Res<T> = Result<T, Failure>;

impl Failure {
    /// Whether the transaction as a whole is lost, not only the batch.
    pub(crate) fn is_fatal(&self) -> bool {
        match self {
            Self::Store(_) => false,
            Self::Sqlite(error) => !matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
            ),
        }
    }

    /// Whether the connection may be what is wrong, and another one may do better: the file, its locks or its log could
    /// not be used. A lock that could not be given back stays with the process until every connection is closed.
    pub(crate) fn is_of_the_connection(&self) -> bool {
        match self {
            Self::Store(_) => false,
            // There is no room, and what is open would not open again.
            Self::Sqlite(error) if matches!(translate(error), StoreError::Full) => false,
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(
                    ErrorCode::SystemIoFailure
                        | ErrorCode::DatabaseBusy
                        | ErrorCode::DatabaseLocked
                        | ErrorCode::FileLockingProtocolFailed
                        | ErrorCode::CannotOpen
                )
            ),
        }
    }

    pub(crate) fn into_store(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Sqlite(error) => translate(&error),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// A stored value that cannot be read.
/// A cursor that this list did not give out.
pub(crate) fn foreign_cursor() -> Failure {
    Failure::Store(StoreError::Cursor)
}

pub(crate) fn unreadable(what: &'static str) -> Failure {
    Failure::Store(StoreError::Unreadable(what))
}

/// What SQLite says when the system answers a question about a lock with an error.
const LOCKS: [i32; 6] = [
    rusqlite::ffi::SQLITE_IOERR_LOCK,
    rusqlite::ffi::SQLITE_IOERR_UNLOCK,
    rusqlite::ffi::SQLITE_IOERR_RDLOCK,
    rusqlite::ffi::SQLITE_IOERR_CHECKRESERVEDLOCK,
    rusqlite::ffi::SQLITE_IOERR_SHMLOCK,
    rusqlite::ffi::SQLITE_IOERR_BLOCKED,
];

/// The code alone: SQLite's messages can repeat values.
fn translate(error: &rusqlite::Error) -> StoreError {
    let Some(failure) = error.sqlite_error() else {
        return StoreError::Broken("a statement does not fit its table".to_owned());
    };
    match failure.code {
        ErrorCode::DiskFull => StoreError::Full,
        // The index of the log could not be made longer.
        _ if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => StoreError::Full,
        // A lock that the system did not give or take back, which passes.
        _ if LOCKS.contains(&failure.extended_code) => StoreError::Unavailable,
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::OperationInterrupted
        | ErrorCode::OutOfMemory => StoreError::Unavailable,
        ErrorCode::ConstraintViolation => {
            StoreError::Unreadable(if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY {
                "record that another belongs to"
            } else {
                "value outside its bounds"
            })
        }
        _ => StoreError::Broken(format!("SQLite code {}", failure.extended_code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn no_value_reaches_an_error_text() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE t (a TEXT UNIQUE) STRICT; INSERT INTO t VALUES ('+919840012345')")
            .unwrap();
        for sql in ["INSERT INTO t VALUES ('+919840012345')", "SELECT \"+919840012345\" FROM t WHERE x"] {
            let error = Failure::from(db.execute(sql, []).unwrap_err()).into_store();
            assert!(!format!("{error} {error:?}").contains("98400"));
        }
    }

    #[test]
    fn a_broken_rule_loses_the_batch_and_a_full_disk_the_transaction() {
        let code =
            |code| Failure::Sqlite(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
        assert!(!code(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE).is_fatal());
        assert!(code(rusqlite::ffi::SQLITE_FULL).is_fatal());
        assert!(matches!(code(rusqlite::ffi::SQLITE_FULL).into_store(), StoreError::Full));
        assert!(matches!(code(rusqlite::ffi::SQLITE_IOERR_FSYNC).into_store(), StoreError::Broken(_)));
        assert!(matches!(code(rusqlite::ffi::SQLITE_BUSY).into_store(), StoreError::Unavailable));
    }
}

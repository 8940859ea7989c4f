//! How PostgreSQL's errors become the store's, without any value in their texts.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use dialzio_core::store::StoreError;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The address is not one of a PostgreSQL database.
    #[error("the database's address cannot be read")]
    Address,
    /// The address would send everything in the clear to another machine.
    #[error("the connection to {host} is not encrypted: add sslmode=verify-full, or allow it explicitly")]
    Plain {
        /// Where it leads.
        host: String,
    },
    /// The schema's name cannot be used.
    #[error("a schema's name has lower-case letters, digits and underscores, at most forty of them")]
    SchemaName,
    /// The server is too old.
    #[error("PostgreSQL {found} is too old: 15 is needed")]
    OldServer {
        /// The version that the server reports.
        found: String,
    },
    /// The database has not been prepared, or not for this release.
    #[error("the database has schema {found}, this release needs {known}: migrate it first")]
    OlderSchema {
        /// The newest step in the database; zero if there is none.
        found: i64,
        /// The newest step that is known.
        known: i64,
    },
    /// The database was written by a newer release.
    #[error("the database has schema {found}, this release knows {known}")]
    NewerSchema {
        /// The newest step in the database.
        found: i64,
        /// The newest step that is known.
        known: i64,
    },
    /// A step that was taken is not the one that is known under its number, or was not finished.
    #[error("migration {number} is not the one that was applied")]
    ChangedMigration {
        /// The number of the step.
        number: i64,
    },
    /// The role could bypass row-level security, or lacks rights that the store needs.
    #[error("the role {role} cannot be used to serve: {why}")]
    Role {
        /// The role that the connection signs in with.
        role: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A table is open to the roles that serve further than it may be, or its rows are not behind their policy.
    #[error(
        "the table {0} is not protected: row-level security, a policy or a grant is not the one that belongs to it"
    )]
    Unprotected(String),
    /// A role that serves lacks a right to a table, or the policy that goes with it.
    #[error("the roles that serve lack rights to the table {table}: run dialzio migrate")]
    Rights {
        /// The table that a right or a policy is missing for.
        table: &'static str,
    },
    /// An installation is being moved into the database, or the move was interrupted.
    #[error("a transfer into the database has not come to its end: run it again")]
    Transferring,
    /// The role that signs in does not own the tables; only their owner can move an installation into the database.
    #[error("the role {role} does not own the tables: transfer as the role that migrates")]
    NotOwner {
        /// The role that the connection signs in with.
        role: String,
    },
    /// What needs one session from its beginning to its end was asked for through a pooler.
    #[error("the address leads through a pooler: migrate and transfer at the server itself")]
    Pooled,
    /// PostgreSQL cannot be reached or failed.
    #[error("PostgreSQL failed: {0}")]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(translate(&error))
    }
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        Self::Store(failure.into_store())
    }
}

/// What went wrong inside the store: a refusal, or the database.
#[derive(Debug)]
pub(crate) enum Failure {
    Store(StoreError),
    Postgres(sqlx::Error),
}

pub(crate) type Res<T> = Result<T, Failure>;

impl Failure {
    /// Whether the connection is gone, or is with a server that cannot do what it is for.
    pub(crate) fn is_cut(&self) -> bool {
        match self {
            Self::Store(_) => false,
            // Whatever its code: the server ends a session with this, also one whose commit it may have carried out.
            Self::Postgres(error) if ends_session(error) => true,
            Self::Postgres(error) => match code(error) {
                // The server goes down or starts, or has become one that only reads.
                Some(code) => {
                    matches!(code.as_str(), "57P01" | "57P02" | "57P03" | "57P05" | "25006" | "25P03")
                        || code.starts_with("08")
                }
                None => matches!(
                    error,
                    sqlx::Error::Io(_)
                        | sqlx::Error::Tls(_)
                        | sqlx::Error::Protocol(_)
                        | sqlx::Error::WorkerCrashed
                ),
            },
        }
    }

    /// Whether the same transaction may succeed when it is done again: the server chose it to give way.
    pub(crate) fn gave_way(&self) -> bool {
        match self {
            Self::Store(_) => false,
            Self::Postgres(error) => matches!(code(error).as_deref(), Some("40001" | "40P01")),
        }
    }

    /// Whether one batch of a group may be the cause: a constraint or a value, not the database as a whole.
    pub(crate) fn is_of_a_batch(&self) -> bool {
        match self {
            Self::Store(_) => true,
            Self::Postgres(error) => {
                code(error).is_some_and(|code| code.starts_with("23") || code.starts_with("22"))
            }
        }
    }

    pub(crate) fn into_store(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Postgres(error) => translate(&error),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Postgres(error)
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

/// Whether the server says that this was the last thing it says.
fn ends_session(error: &sqlx::Error) -> bool {
    let said = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    said.is_some_and(|error| matches!(error.severity(), PgSeverity::Panic | PgSeverity::Fatal))
}

pub(crate) fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(Into::into)
}

/// The code alone: PostgreSQL's messages can repeat values.
fn translate(error: &sqlx::Error) -> StoreError {
    let Some(code) = code(error) else {
        return match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => StoreError::Unavailable,
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Encode(_) => {
                StoreError::Unreadable("value")
            }
            _ => StoreError::Broken("a statement does not fit its table".to_owned()),
        };
    };
    match code.as_str() {
        "53100" => StoreError::Full,
        // Gave way to another, waited too long, was cancelled, found no room for another connection, or is with a
        // server that only reads since another has taken its place.
        "40001" | "40P01" | "55P03" | "57014" | "25006" | "25P02" | "25P03" => StoreError::Unavailable,
        "23503" => StoreError::Unreadable("record that another belongs to"),
        code if code.starts_with("53") || code.starts_with("57") || code.starts_with("08") => {
            StoreError::Unavailable
        }
        code if code.starts_with("23") || code.starts_with("22") => {
            StoreError::Unreadable("value outside its bounds")
        }
        code => StoreError::Broken(format!("PostgreSQL code {code}")),
    }
}

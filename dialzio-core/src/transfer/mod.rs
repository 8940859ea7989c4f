//! Moving a whole installation from one store to another: every row in a form that no engine owns, table by table in the
//! order of their references, then counted and compared.
//!
//! The target itself says how far a transfer has come: rows arrive in the order of their keys, so whatever comes after the
//! last one is missing. A transfer that was interrupted is begun again the same way and continues from there.

mod cell;
mod digest;
mod parts;
mod run;

pub use cell::Cell;
pub use digest::Digest;
pub use parts::{Part, parts};
pub use run::{Moved, Step, run};

use async_trait::async_trait;

use crate::store::{StoreError, StoreResult};

/// A row: its cells in the order of [`Part::columns`].
pub type Row = Vec<Cell>;

/// Why a transfer did not come to its end. Nothing is lost: the source is only read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The target holds something that no transfer has brought.
    #[error("the target is not empty: there are rows in {0}")]
    Occupied(&'static str),
    /// The target holds a part of another transfer, or the source has changed since this one was begun.
    #[error(
        "the target holds a part of another transfer, or the source was used since: begin again with an empty target"
    )]
    Another,
    /// Another transfer into this target is running.
    #[error("another process is transferring into this target")]
    Busy,
    /// A table of the source cannot be read.
    #[error("{table} cannot be read from the source: {error}")]
    Source {
        /// The table whose rows could not be moved.
        table: &'static str,
        /// What the store answered.
        #[source]
        error: StoreError,
    },
    /// A table of the target cannot be used.
    #[error("{table} cannot be brought into the target: {error}")]
    Target {
        /// The table whose rows could not be moved.
        table: &'static str,
        /// What the store answered.
        #[source]
        error: StoreError,
    },
    /// The target cannot be made ready, or be finished.
    #[error("the target cannot be used: {0}")]
    Unusable(#[from] StoreError),
    /// What arrived is not what was sent.
    #[error(
        "{table} differs after the transfer: {source_rows} rows in the source, {target_rows} in the target"
    )]
    Differs {
        /// The table whose rows could not be moved.
        table: &'static str,
        /// How many rows the source has.
        source_rows: u64,
        /// How many rows the target has.
        target_rows: u64,
    },
}

/// A store whose tables can be read as a whole, while no one else writes to them.
#[async_trait]
pub trait TableReader: Send {
    /// How many rows a part has.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn count(&mut self, part: &'static Part) -> StoreResult<u64>;
    /// The next rows of a part in the order of its key, those after a key.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn rows(&mut self, part: &'static Part, after: Option<&[Cell]>) -> StoreResult<Vec<Row>>;
}

/// A store that an installation can be moved to. From [`begin`](Self::begin) to [`finish`](Self::finish) no process can serve
/// from it.
#[async_trait]
pub trait TableTarget: TableReader {
    /// Takes the target for the source with this digest: an empty one, or one that holds a part of the same transfer;
    /// `true` for the latter.
    ///
    /// # Errors
    /// [`TransferError`] if it is in use, or by another transfer.
    async fn begin(&mut self, source: Digest) -> Result<bool, TransferError>;
    /// The key of the last row of a part that is there.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn last(&mut self, part: &'static Part) -> StoreResult<Option<Vec<Cell>>>;
    /// Writes rows of a part: all of them, or none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn write(&mut self, part: &'static Part, rows: &[Row]) -> StoreResult<()>;
    /// Makes what follows from the rows: the words that contacts are found by, numbers that the store keeps for itself.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn derive(&mut self) -> StoreResult<()>;
    /// Opens the target for serving.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn finish(&mut self) -> StoreResult<()>;
}

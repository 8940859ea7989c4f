//! The answer to a batch.

use super::RecordRef;
use crate::event::EventSeq;

/// The answer to a batch that was applied, or had been before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The newest place in the event log after it.
    pub seq: EventSeq,
    /// What became of it.
    pub outcome: Outcome,
    /// Rows a purge removed; zero for everything else.
    pub rows_affected: u64,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The batch was applied by this call.
    Applied,
    /// Its key was used before for the same request: nothing was changed, this was the answer.
    Replayed(RecordRef),
    /// Its key was used before for another request: nothing was changed.
    Mismatch,
}

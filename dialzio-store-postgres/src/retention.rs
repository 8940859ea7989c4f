//! What can still be seen: nothing older than the organisation's period for messages and files, which the statements look
//! up themselves, and nothing whose own end has come.

use chrono::{DateTime, Utc};

use crate::codec::time;

/// The instant at which it is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetentionCutoff {
    pub(crate) now: i64,
}

impl RetentionCutoff {
    /// Judged at `now`.
    pub(crate) fn at(now: DateTime<Utc>) -> Self {
        Self { now: time(now) }
    }
}

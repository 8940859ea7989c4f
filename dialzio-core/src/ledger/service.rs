//! Reading the two logs.

use futures_util::stream::BoxStream;

use super::{AuditEntry, ChainHash};
use crate::error::Error;
use crate::event::{EventSeq, Recorded};
use crate::runtime::Runtime;
use crate::scope::{Actor, Permission};

/// The audit log and the event log.
#[derive(Debug, Clone, Copy)]
pub struct LedgerService<'a> {
    runtime: &'a Runtime,
}

impl<'a> LedgerService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// Audit entries after a place, ascending; at most 200.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::AuditRead`].
    pub async fn audit(&self, by: &Actor, after: u64, limit: u32) -> Result<Vec<AuditEntry>, Error> {
        let scope = by.scope_for(Permission::AuditRead)?;
        Ok(self.runtime.store().audit(scope, after, limit.clamp(1, 200)).await?)
    }

    /// Recomputes the whole chain. Answers the number of entries, or the place of the first one that does not fit.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::AuditRead`].
    pub async fn verify(&self, by: &Actor) -> Result<Result<u64, u64>, Error> {
        let scope = by.scope_for(Permission::AuditRead)?;
        let (mut before, mut seq) = (ChainHash::START, 0);
        loop {
            let entries = self.runtime.store().audit(scope, seq, 200).await?;
            if entries.is_empty() {
                return Ok(Ok(seq));
            }
            for entry in entries {
                if entry.seq != seq + 1 || entry.digest(scope.org(), before) != entry.hash {
                    return Ok(Err(seq + 1));
                }
                (before, seq) = (entry.hash, entry.seq);
            }
        }
    }

    /// Events after a place, ascending; at most 200.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::EventsRead`].
    pub async fn events(&self, by: &Actor, after: EventSeq, limit: u32) -> Result<Vec<Recorded>, Error> {
        let scope = by.scope_for(Permission::EventsRead)?;
        Ok(self.runtime.store().events(scope, after, limit.clamp(1, 200)).await?)
    }

    /// The newest place in the event log.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::EventsRead`].
    pub async fn newest_event(&self, by: &Actor) -> Result<EventSeq, Error> {
        let scope = by.scope_for(Permission::EventsRead)?;
        Ok(self.runtime.store().newest_event(scope).await?)
    }

    /// Wakes after commits with events. A hint: read [`events`](Self::events) after each wake, and now and then without.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::EventsRead`].
    pub fn watch(&self, by: &Actor) -> Result<BoxStream<'static, EventSeq>, Error> {
        let scope = by.scope_for(Permission::EventsRead)?;
        Ok(self.runtime.store().watch(scope))
    }
}

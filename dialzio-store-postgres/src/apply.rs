//! What the aggregates are written with: a group inside its transaction, and the refusals that all of them share.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use dialzio_core::ledger::{Action, AuditEntry};
use dialzio_core::store::{Precondition, RecordRef, Revision, StoreError};

use crate::Shared;
use crate::error::{Failure, Res};
use crate::group::Group;
use crate::run::Db;

/// A change of a record that is not there.
pub(crate) fn missing(record: RecordRef) -> Failure {
    StoreError::precondition_failed(Precondition::Revision(record, Revision::FIRST)).into()
}

/// Refuses a new record whose id is taken.
pub(crate) fn absent<T>(kept: Option<&T>, record: RecordRef) -> Res<()> {
    match kept {
        Some(_) => {
            Err(StoreError::precondition_failed(Precondition::Revision(record, Revision::NONE)).into())
        }
        None => Ok(()),
    }
}

/// A group inside its transaction: whose rows it reaches, and when the batch at hand happens.
pub(crate) struct Scope<'a> {
    pub(crate) db: Db<'a>,
    pub(crate) shared: &'a Shared,
    pub(crate) group: Group,
    /// The organisation's id as stored.
    pub(crate) key: Uuid,
    pub(crate) at: DateTime<Utc>,
}

impl Scope<'_> {
    /// An entry of the system's own, for what no batch asked for.
    pub(crate) fn log_own(&mut self, action: Action) {
        let principal = dialzio_core::Principal::SYSTEM.to_owned();
        self.group.log(AuditEntry::new(self.at, principal, action));
    }
}

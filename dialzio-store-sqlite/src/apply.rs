//! What the aggregates are written with: a transaction, a batch inside it, and the refusals that all of them share.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use dialzio_core::OrgId;
use dialzio_core::store::{Precondition, RecordRef, Revision, StoreError};

use crate::Shared;
use crate::codec::id;
use crate::error::{Failure, Res};
use crate::group::Group;

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

/// A transaction of the writer.
pub(crate) struct Txn<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) shared: &'a Shared,
    pub(crate) group: &'a mut Group,
}

/// A batch inside a transaction: whose rows it reaches, and when it happens.
pub(crate) struct Scope<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) shared: &'a Shared,
    pub(crate) group: &'a mut Group,
    pub(crate) org: OrgId,
    /// The organisation's id as stored.
    pub(crate) key: [u8; 16],
    pub(crate) at: DateTime<Utc>,
}

impl Txn<'_> {
    pub(crate) fn scope(&mut self, org: OrgId, at: DateTime<Utc>) -> Scope<'_> {
        Scope { db: self.db, shared: self.shared, group: self.group, org, key: id(org), at }
    }
}

//! Reads and writes of dispositions.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::Disposition;
use crate::id::DispositionId;
use crate::scope::OrgScope;
use crate::store::{StoreResult, change};
use crate::text::DispositionName;

/// Reads of dispositions.
#[async_trait]
pub trait DispositionStore: Send + Sync {
    /// One disposition, archived or not; `None` if the organisation has none with this id.
    async fn disposition(&self, scope: &OrgScope, id: DispositionId) -> StoreResult<Option<Disposition>>;
    /// All dispositions, archived ones too, by position and then by id.
    async fn dispositions(&self, scope: &OrgScope) -> StoreResult<Vec<Disposition>>;
}

change! {
    /// What changes of a disposition. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct DispositionChange of Disposition {
        /// What people choose.
        name: DispositionName,
        /// Whether a call with this outcome counts as one in which the person was reached.
        counts_as_reached: bool,
        /// Its place in the list.
        position: u16,
        /// When it was archived; `Some(None)` brings it back.
        archived_at: Option<DateTime<Utc>>,
    }
}

/// A change to dispositions. Refused are a new record whose id is there already, a change of one that is not there, and a
/// name that another disposition has, archived or not: each with a failed
/// [`Precondition::Revision`](crate::store::Precondition::Revision), in the last case that the other one does not exist
/// ([`Revision::NONE`](crate::store::Revision::NONE)).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DispositionWrite {
    /// A new disposition.
    Insert(Disposition),
    /// A change of a disposition.
    Change {
        /// The disposition that changes.
        disposition: DispositionId,
        /// The fields to change.
        change: DispositionChange,
    },
}

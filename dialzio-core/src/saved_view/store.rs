//! Reads and writes of saved views.

use async_trait::async_trait;

use super::{SavedQuery, SavedView};
use crate::id::{MemberId, SavedViewId};
use crate::scope::OrgScope;
use crate::store::{StoreResult, change};
use crate::text::Title;

/// Reads of saved views.
#[async_trait]
pub trait SavedViewStore: Send + Sync {
    /// One view, whoever saved it; `None` if the organisation has none with this id.
    async fn saved_view(&self, scope: &OrgScope, id: SavedViewId) -> StoreResult<Option<SavedView>>;
    /// The views of a member and those that are shared, each once, by id.
    async fn saved_views(&self, scope: &OrgScope, member: Option<MemberId>) -> StoreResult<Vec<SavedView>>;
}

change! {
    /// What changes of a saved view. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct SavedViewChange of SavedView {
        /// What it is called.
        name: Title,
        /// Whether all members see it.
        shared: bool,
        /// What is listed.
        query: SavedQuery,
    }
}

/// A change to saved views. Refused are a new record whose id is there already, and a change or removal of one that is not
/// there: each with a failed [`Precondition::Revision`](crate::store::Precondition::Revision).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SavedViewWrite {
    /// A new view.
    Insert(SavedView),
    /// A change of a view.
    Change {
        /// The view that changes.
        saved_view: SavedViewId,
        /// The fields to change.
        change: SavedViewChange,
    },
    /// One that is no longer wanted.
    Remove(SavedViewId),
}

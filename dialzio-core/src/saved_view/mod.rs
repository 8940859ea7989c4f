//! Saved views: the filters, the order and the columns of a list under a name, for the member who saved it or for the whole
//! organisation.

mod query;
mod service;
mod store;

pub use query::{
    ContactColumn, SavedCalls, SavedContacts, SavedInbox, SavedList, SavedQuery, Whose, WhoseError,
};
pub use service::{NewSavedView, SavedViewPatch, SavedViewService};
pub use store::{SavedViewChange, SavedViewStore, SavedViewWrite};

use crate::id::{MemberId, SavedViewId};
use crate::store::Revision;
use crate::text::Title;

/// The most views of a member, shared ones too. Two that are saved at the same time may pass it by one.
pub const MAX_SAVED_VIEWS: usize = 50;

/// What a list shows, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// The id; ids sort by the time they were made at.
    pub id: SavedViewId,
    /// Who saved it. Nobody else sees it unless it is shared; the private views of a deactivated member are hidden.
    pub member: MemberId,
    /// What it is called.
    pub name: Title,
    /// Whether all members see it.
    pub shared: bool,
    /// What is listed.
    pub query: SavedQuery,
    /// Counts its changes.
    pub revision: Revision,
}

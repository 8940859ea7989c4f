//! Reads and writes of teams.

use async_trait::async_trait;

use super::Team;
use crate::id::{MemberId, TeamId};
use crate::scope::OrgScope;
use crate::store::{StoreResult, change};
use crate::text::Title;

/// Reads of teams.
#[async_trait]
pub trait TeamStore: Send + Sync {
    /// One team; `None` if the organisation has none with this id.
    async fn team(&self, scope: &OrgScope, id: TeamId) -> StoreResult<Option<Team>>;
    /// All teams, by id.
    async fn teams(&self, scope: &OrgScope) -> StoreResult<Vec<Team>>;
}

change! {
    /// What changes of a team. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct TeamChange of Team {
        /// What members call it.
        name: Title,
        /// Who is in it.
        members: Vec<MemberId>,
    }
}

/// A change to teams. Refused are a new record whose id is there already, and a change or removal of one that is not there:
/// each with a failed [`Precondition::Revision`](crate::store::Precondition::Revision).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TeamWrite {
    /// A new team.
    Insert(Team),
    /// A change of a team.
    Change {
        /// The team that changes.
        team: TeamId,
        /// The fields to change.
        change: TeamChange,
    },
    /// One that is no longer wanted.
    Remove(TeamId),
}

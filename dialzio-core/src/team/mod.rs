//! Teams: which members work together. Who sees the work of their teams sees what is assigned to anybody in them.

mod service;
mod store;

pub use service::{NewTeam, TeamPatch, TeamService};
pub use store::{TeamChange, TeamStore, TeamWrite};

use crate::id::{MemberId, TeamId};
use crate::store::Revision;
use crate::text::Title;

/// The most teams of an organisation. Two that are added at the same time may pass it by one.
pub const MAX_TEAMS: usize = 200;

/// The most members of a team.
pub const MAX_TEAM_MEMBERS: usize = 200;

/// Members who work together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// The id; ids sort by the time they were made at.
    pub id: TeamId,
    /// What members call it.
    pub name: Title,
    /// Who is in it: each once, by id.
    pub members: Vec<MemberId>,
    /// Counts its changes.
    pub revision: Revision,
}

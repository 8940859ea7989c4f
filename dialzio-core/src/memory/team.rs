//! Teams.

use async_trait::async_trait;

use super::MemoryStore;
use super::commit::{absent, missing};
use super::state::Rows;
use crate::id::TeamId;
use crate::scope::OrgScope;
use crate::store::{RecordRef, StoreResult};
use crate::team::{Team, TeamStore, TeamWrite};

impl Rows {
    pub(super) fn write_team(&mut self, write: TeamWrite) -> StoreResult<()> {
        let new = match write {
            TeamWrite::Insert(new) => {
                absent(&self.teams, &new.id, RecordRef::Team(new.id))?;
                new
            }
            TeamWrite::Change { team, change } => {
                let kept = self.teams.get(&team).cloned();
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Team(team)))?;
                change.apply(&mut kept);
                kept
            }
            TeamWrite::Remove(id) => {
                let gone = self.teams.remove(&id);
                return gone.map(drop).ok_or_else(|| missing(RecordRef::Team(id)));
            }
        };
        self.teams.insert(new.id, new);
        Ok(())
    }
}

#[async_trait]
impl TeamStore for MemoryStore {
    async fn team(&self, scope: &OrgScope, id: TeamId) -> StoreResult<Option<Team>> {
        self.read(scope, |rows, _| rows.teams.get(&id).cloned())
    }

    async fn teams(&self, scope: &OrgScope) -> StoreResult<Vec<Team>> {
        self.read(scope, |rows, _| rows.teams.values().cloned().collect())
    }
}

//! Teams.

use async_trait::async_trait;

use dialzio_core::team::{Team, TeamStore};
use dialzio_core::{OrgScope, StoreResult, TeamId};

use crate::{PostgresStore, teams};

#[async_trait]
impl TeamStore for PostgresStore {
    async fn team(&self, scope: &OrgScope, id: TeamId) -> StoreResult<Option<Team>> {
        read_in!(self, scope, |db, org| teams::one(db, org, id))
    }

    async fn teams(&self, scope: &OrgScope) -> StoreResult<Vec<Team>> {
        read_in!(self, scope, |db, org| teams::all(db, org))
    }
}

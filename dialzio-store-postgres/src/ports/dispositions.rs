//! Dispositions.

use async_trait::async_trait;

use dialzio_core::disposition::{Disposition, DispositionStore};
use dialzio_core::{DispositionId, OrgScope, StoreResult};

use crate::{PostgresStore, dispositions};

#[async_trait]
impl DispositionStore for PostgresStore {
    async fn disposition(&self, scope: &OrgScope, id: DispositionId) -> StoreResult<Option<Disposition>> {
        read_in!(self, scope, |db, org| dispositions::one(db, org, id))
    }

    async fn dispositions(&self, scope: &OrgScope) -> StoreResult<Vec<Disposition>> {
        read_in!(self, scope, |db, org| dispositions::all(db, org))
    }
}

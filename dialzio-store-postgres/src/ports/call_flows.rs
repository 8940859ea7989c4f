//! Call flows.

use async_trait::async_trait;

use dialzio_core::call_flow::{CallFlow, CallFlowStore};
use dialzio_core::{CallFlowId, OrgScope, StoreResult};

use crate::{PostgresStore, call_flows};

#[async_trait]
impl CallFlowStore for PostgresStore {
    async fn call_flow(&self, scope: &OrgScope, id: CallFlowId) -> StoreResult<Option<CallFlow>> {
        read_in!(self, scope, |db, org| call_flows::one(db, org, id))
    }

    async fn call_flows(&self, scope: &OrgScope) -> StoreResult<Vec<CallFlow>> {
        read_in!(self, scope, |db, org| call_flows::all(db, org))
    }
}

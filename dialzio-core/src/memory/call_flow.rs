//! Call flows.

use async_trait::async_trait;

use super::commit::{absent, missing};
use super::state::Rows;
use super::{MemoryStore, unreadable};
use crate::call_flow::{CallFlow, CallFlowStore, CallFlowWrite};
use crate::id::CallFlowId;
use crate::scope::OrgScope;
use crate::store::{Precondition, RecordRef, Revision, StoreError, StoreResult};

impl Rows {
    pub(super) fn write_call_flow(&mut self, write: CallFlowWrite) -> StoreResult<()> {
        let new = match write {
            CallFlowWrite::Insert(new) => {
                absent(&self.call_flows, &new.id, RecordRef::CallFlow(new.id))?;
                *new
            }
            CallFlowWrite::Change { call_flow, change } => {
                let kept = self.call_flows.get(&call_flow).cloned();
                let mut kept = kept.ok_or_else(|| missing(RecordRef::CallFlow(call_flow)))?;
                change.apply(&mut kept);
                kept
            }
            CallFlowWrite::Remove(id) => {
                let gone = self.call_flows.remove(&id);
                return gone.map(drop).ok_or_else(|| missing(RecordRef::CallFlow(id)));
            }
        };
        if !self.accounts.contains_key(&new.account) {
            return Err(unreadable("account of a call flow"));
        }
        if let Some(holder) = self.call_flows.values().find(|kept| kept.collides(&new)) {
            let record = RecordRef::CallFlow(holder.id);
            return Err(StoreError::precondition_failed(Precondition::Revision(record, Revision::NONE)));
        }
        self.call_flows.insert(new.id, new);
        Ok(())
    }
}

#[async_trait]
impl CallFlowStore for MemoryStore {
    async fn call_flow(&self, scope: &OrgScope, id: CallFlowId) -> StoreResult<Option<CallFlow>> {
        self.read(scope, |rows, _| rows.call_flows.get(&id).cloned())
    }

    async fn call_flows(&self, scope: &OrgScope) -> StoreResult<Vec<CallFlow>> {
        self.read(scope, |rows, _| rows.call_flows.values().cloned().collect())
    }
}

//! Call flows: their port, and how they are read and written.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use dialzio_core::call_flow::{CallFlow, CallFlowStore, CallFlowWrite};
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::{CallFlowId, OrgScope, PhoneNumber, StoreResult};

use crate::SqliteStore;
use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, read};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

#[async_trait]
impl CallFlowStore for SqliteStore {
    async fn call_flow(&self, scope: &OrgScope, of: CallFlowId) -> StoreResult<Option<CallFlow>> {
        self.read(scope, move |snapshot| one(snapshot.db, id(snapshot.org), of)).await
    }

    async fn call_flows(&self, scope: &OrgScope) -> StoreResult<Vec<CallFlow>> {
        self.read(scope, |snapshot| snapshot.db.all(sql::CALL_FLOWS, [id(snapshot.org)], read)).await
    }
}

pub(crate) fn one(db: &Connection, org: [u8; 16], of: CallFlowId) -> Res<Option<CallFlow>> {
    db.one(sql::CALL_FLOW, params![org, id(of)], read)
}

impl Scope<'_> {
    pub(crate) fn write_call_flow(&mut self, write: &CallFlowWrite) -> Res<()> {
        match write {
            CallFlowWrite::Insert(new) => {
                absent(one(self.db, self.key, new.id)?.as_ref(), RecordRef::CallFlow(new.id))?;
                self.put_call_flow(new)
            }
            CallFlowWrite::Change { call_flow, change } => {
                let kept = one(self.db, self.key, *call_flow)?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::CallFlow(*call_flow)))?;
                change.apply(&mut kept);
                self.put_call_flow(&kept)
            }
            CallFlowWrite::Remove(of) => {
                let gone = self.db.run(sql::DROP_CALL_FLOW, params![self.key, id(*of)])?;
                if gone == 0 { Err(missing(RecordRef::CallFlow(*of))) } else { Ok(()) }
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to call flows"))),
        }
    }

    fn put_call_flow(&mut self, new: &CallFlow) -> Res<()> {
        if new.enabled {
            let number = new.number.number().map_or("", PhoneNumber::reveal);
            let place = params![self.key, id(new.account), number];
            let holder = self
                .db
                .one(sql::CALL_FLOW_ENABLED, place, |row| Cols::new(row, "call_flow").id::<CallFlowId>())?;
            if let Some(holder) = holder.filter(|holder| *holder != new.id) {
                absent(Some(&holder), RecordRef::CallFlow(holder))?;
            }
        }
        self.db.put(sql::PUT_CALL_FLOW, self.key, new).map(drop)
    }
}

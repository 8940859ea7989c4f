//! Call flows: how they are read and written.

use uuid::Uuid;

use dialzio_core::call_flow::{CallFlow, CallFlowWrite};
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::{CallFlowId, PhoneNumber};

use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, read};
use crate::error::{Failure, Res};
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: CallFlowId) -> Res<Option<CallFlow>> {
    db.one(sql::CALL_FLOW, params![org, id(of)], read).await
}

pub(crate) async fn all(db: &mut Db<'_>, org: Uuid) -> Res<Vec<CallFlow>> {
    db.all(sql::CALL_FLOWS, params![org], read).await
}

impl Scope<'_> {
    pub(crate) async fn write_call_flow(&mut self, write: &CallFlowWrite) -> Res<()> {
        match write {
            CallFlowWrite::Insert(new) => {
                let kept = one(&mut self.db, self.key, new.id).await?;
                absent(kept.as_ref(), RecordRef::CallFlow(new.id))?;
                self.put_call_flow(new).await
            }
            CallFlowWrite::Change { call_flow, change } => {
                let kept = one(&mut self.db, self.key, *call_flow).await?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::CallFlow(*call_flow)))?;
                change.apply(&mut kept);
                self.put_call_flow(&kept).await
            }
            CallFlowWrite::Remove(of) => {
                let gone = self.db.run(sql::DROP_CALL_FLOW, params![self.key, id(*of)]).await?;
                if gone == 0 { Err(missing(RecordRef::CallFlow(*of))) } else { Ok(()) }
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to call flows"))),
        }
    }

    async fn put_call_flow(&mut self, new: &CallFlow) -> Res<()> {
        if new.enabled {
            let number = new.number.number().map_or("", PhoneNumber::reveal);
            let place = params![self.key, id(new.account), number];
            let holder = self
                .db
                .one(sql::CALL_FLOW_ENABLED, place, |row| Cols::new(row, "call_flow").id::<CallFlowId>())
                .await?;
            if let Some(holder) = holder.filter(|holder| *holder != new.id) {
                absent(Some(&holder), RecordRef::CallFlow(holder))?;
            }
        }
        self.db.put_one(sql::PUT_CALL_FLOW, self.key, new).await.map(drop)
    }
}

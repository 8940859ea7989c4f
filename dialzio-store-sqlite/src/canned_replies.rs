//! Canned replies: their port, and how they are read and written.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use dialzio_core::canned_reply::{CannedReply, CannedReplyStore, CannedReplyWrite};
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::{CannedReplyId, OrgScope, StoreResult};

use crate::SqliteStore;
use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, read};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

#[async_trait]
impl CannedReplyStore for SqliteStore {
    async fn canned_reply(&self, scope: &OrgScope, of: CannedReplyId) -> StoreResult<Option<CannedReply>> {
        self.read(scope, move |snapshot| one(snapshot.db, id(snapshot.org), of)).await
    }

    async fn canned_replies(&self, scope: &OrgScope) -> StoreResult<Vec<CannedReply>> {
        self.read(scope, |snapshot| snapshot.db.all(sql::CANNED_REPLIES, [id(snapshot.org)], read)).await
    }
}

pub(crate) fn one(db: &Connection, org: [u8; 16], of: CannedReplyId) -> Res<Option<CannedReply>> {
    db.one(sql::CANNED_REPLY, params![org, id(of)], read)
}

impl Scope<'_> {
    pub(crate) fn write_canned_reply(&mut self, write: &CannedReplyWrite) -> Res<()> {
        match write {
            CannedReplyWrite::Insert(new) => {
                absent(one(self.db, self.key, new.id)?.as_ref(), RecordRef::CannedReply(new.id))?;
                self.put_canned_reply(new)
            }
            CannedReplyWrite::Change { canned_reply, change } => {
                let kept = one(self.db, self.key, *canned_reply)?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::CannedReply(*canned_reply)))?;
                change.apply(&mut kept);
                self.put_canned_reply(&kept)
            }
            CannedReplyWrite::Remove(of) => {
                let gone = self.db.run(sql::DROP_CANNED_REPLY, params![self.key, id(*of)])?;
                if gone == 0 { Err(missing(RecordRef::CannedReply(*of))) } else { Ok(()) }
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to canned replies"))),
        }
    }

    fn put_canned_reply(&mut self, new: &CannedReply) -> Res<()> {
        let shortcut = params![self.key, new.shortcut.as_str()];
        let holder = self.db.one(sql::CANNED_REPLY_OF_SHORTCUT, shortcut, |row| {
            Cols::new(row, "canned_reply").id::<CannedReplyId>()
        })?;
        if let Some(holder) = holder.filter(|holder| *holder != new.id) {
            absent(Some(&holder), RecordRef::CannedReply(holder))?;
        }
        self.db.put(sql::PUT_CANNED_REPLY, self.key, new).map(drop)
    }
}

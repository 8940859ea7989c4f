//! Canned replies: how they are read and written.

use uuid::Uuid;

use dialzio_core::CannedReplyId;
use dialzio_core::canned_reply::{CannedReply, CannedReplyWrite};
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{RecordRef, StoreError};

use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, read};
use crate::error::{Failure, Res};
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: CannedReplyId) -> Res<Option<CannedReply>> {
    db.one(sql::CANNED_REPLY, params![org, id(of)], read).await
}

pub(crate) async fn all(db: &mut Db<'_>, org: Uuid) -> Res<Vec<CannedReply>> {
    db.all(sql::CANNED_REPLIES, params![org], read).await
}

impl Scope<'_> {
    pub(crate) async fn write_canned_reply(&mut self, write: &CannedReplyWrite) -> Res<()> {
        match write {
            CannedReplyWrite::Insert(new) => {
                let kept = one(&mut self.db, self.key, new.id).await?;
                absent(kept.as_ref(), RecordRef::CannedReply(new.id))?;
                self.put_canned_reply(new).await
            }
            CannedReplyWrite::Change { canned_reply, change } => {
                let kept = one(&mut self.db, self.key, *canned_reply).await?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::CannedReply(*canned_reply)))?;
                change.apply(&mut kept);
                self.put_canned_reply(&kept).await
            }
            CannedReplyWrite::Remove(of) => {
                let gone = self.db.run(sql::DROP_CANNED_REPLY, params![self.key, id(*of)]).await?;
                if gone == 0 { Err(missing(RecordRef::CannedReply(*of))) } else { Ok(()) }
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to canned replies"))),
        }
    }

    async fn put_canned_reply(&mut self, new: &CannedReply) -> Res<()> {
        let shortcut = params![self.key, new.shortcut.as_str()];
        let holder = self
            .db
            .one(sql::CANNED_REPLY_OF_SHORTCUT, shortcut, |row| {
                Cols::new(row, "canned_reply").id::<CannedReplyId>()
            })
            .await?;
        if let Some(holder) = holder.filter(|holder| *holder != new.id) {
            absent(Some(&holder), RecordRef::CannedReply(holder))?;
        }
        self.db.put_one(sql::PUT_CANNED_REPLY, self.key, new).await.map(drop)
    }
}

//! Canned replies.

use async_trait::async_trait;

use super::MemoryStore;
use super::commit::{absent, missing};
use super::state::Rows;
use crate::canned_reply::{CannedReply, CannedReplyStore, CannedReplyWrite};
use crate::id::CannedReplyId;
use crate::scope::OrgScope;
use crate::store::{Precondition, RecordRef, Revision, StoreError, StoreResult};

impl Rows {
    pub(super) fn write_canned_reply(&mut self, write: CannedReplyWrite) -> StoreResult<()> {
        let new = match write {
            CannedReplyWrite::Insert(new) => {
                absent(&self.canned_replies, &new.id, RecordRef::CannedReply(new.id))?;
                new
            }
            CannedReplyWrite::Change { canned_reply, change } => {
                let kept = self.canned_replies.get(&canned_reply).cloned();
                let mut kept = kept.ok_or_else(|| missing(RecordRef::CannedReply(canned_reply)))?;
                change.apply(&mut kept);
                kept
            }
            CannedReplyWrite::Remove(id) => {
                let gone = self.canned_replies.remove(&id);
                return gone.map(drop).ok_or_else(|| missing(RecordRef::CannedReply(id)));
            }
        };
        let mut others = self.canned_replies.values().filter(|kept| kept.id != new.id);
        if let Some(holder) = others.find(|kept| kept.shortcut == new.shortcut) {
            let record = RecordRef::CannedReply(holder.id);
            return Err(StoreError::precondition_failed(Precondition::Revision(record, Revision::NONE)));
        }
        self.canned_replies.insert(new.id, new);
        Ok(())
    }
}

#[async_trait]
impl CannedReplyStore for MemoryStore {
    async fn canned_reply(&self, scope: &OrgScope, id: CannedReplyId) -> StoreResult<Option<CannedReply>> {
        self.read(scope, |rows, _| rows.canned_replies.get(&id).cloned())
    }

    async fn canned_replies(&self, scope: &OrgScope) -> StoreResult<Vec<CannedReply>> {
        self.read(scope, |rows, _| {
            let mut all: Vec<_> = rows.canned_replies.values().cloned().collect();
            all.sort_by(|a, b| a.shortcut.cmp(&b.shortcut));
            all
        })
    }
}

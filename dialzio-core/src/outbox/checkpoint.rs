//! Signed checkpoints of the audit logs, kept outside the database.

use super::worker::Worker;
use crate::error::Error;
use crate::id::OrgId;
use crate::ledger::{ChainHead, Checkpoint};

/// Organisations that are looked at with one statement.
const CHUNK: u32 = 1_000;

impl Worker<'_> {
    /// Makes a checkpoint of each audit log that has grown since its last one, and answers how many. None is made where
    /// none are [kept](crate::CrmBuilder::checkpoints).
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Keys`]; [`Error::Checkpoints`] if one cannot be kept.
    pub async fn checkpoint(&self) -> Result<u64, Error> {
        if self.runtime.checkpoints().is_none() {
            return Ok(0);
        }
        let (mut after, mut made) = (None, 0);
        loop {
            let heads = self.runtime.store().audit_heads(self.runtime.system(), after, CHUNK).await?;
            let Some((last, _)) = heads.last() else { return Ok(made) };
            after = Some(*last);
            for (org, head) in heads {
                made += u64::from(self.checkpoint_of(org, head).await?);
            }
        }
    }

    /// Makes one, if the log has grown.
    async fn checkpoint_of(&self, org: OrgId, head: ChainHead) -> Result<bool, Error> {
        let Some(kept) = self.runtime.checkpoints() else { return Ok(false) };
        let known = match self.runtime.checkpointed().get(&org) {
            Some(known) => known,
            None => kept.newest(org).await?.map_or(0, |newest| newest.seq),
        };
        // An end before the last checkpoint is a finding, which a further checkpoint must not hide.
        let is_longer = head.seq > known;
        if is_longer {
            let checkpoint = Checkpoint::sign(self.runtime.keys(), org, head, self.runtime.now()).await?;
            kept.append(&checkpoint).await?;
        }
        self.runtime.checkpointed().insert(org, known.max(head.seq));
        Ok(is_longer)
    }
}

//! Dispositions.

use async_trait::async_trait;

use super::MemoryStore;
use super::commit::{absent, missing};
use super::state::Rows;
use crate::disposition::{Disposition, DispositionStore, DispositionWrite};
use crate::id::DispositionId;
use crate::scope::OrgScope;
use crate::store::{Precondition, RecordRef, Revision, StoreError, StoreResult};

impl Rows {
    pub(super) fn write_disposition(&mut self, write: DispositionWrite) -> StoreResult<()> {
        let new = match write {
            DispositionWrite::Insert(new) => {
                absent(&self.dispositions, &new.id, RecordRef::Disposition(new.id))?;
                new
            }
            DispositionWrite::Change { disposition, change } => {
                let kept = self.dispositions.get(&disposition).cloned();
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Disposition(disposition)))?;
                change.apply(&mut kept);
                kept
            }
        };
        let key = new.name.match_key();
        let mut others = self.dispositions.values().filter(|kept| kept.id != new.id);
        if let Some(holder) = others.find(|kept| kept.name.match_key() == key) {
            let record = RecordRef::Disposition(holder.id);
            return Err(StoreError::precondition_failed(Precondition::Revision(record, Revision::NONE)));
        }
        self.dispositions.insert(new.id, new);
        Ok(())
    }
}

#[async_trait]
impl DispositionStore for MemoryStore {
    async fn disposition(&self, scope: &OrgScope, id: DispositionId) -> StoreResult<Option<Disposition>> {
        self.read(scope, |rows, _| rows.dispositions.get(&id).cloned())
    }

    async fn dispositions(&self, scope: &OrgScope) -> StoreResult<Vec<Disposition>> {
        self.read(scope, |rows, _| {
            let mut all: Vec<_> = rows.dispositions.values().cloned().collect();
            all.sort_by_key(|kept| (kept.position, kept.id));
            all
        })
    }
}

//! Dispositions: their port, and how they are read and written.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use dialzio_core::disposition::{Disposition, DispositionStore, DispositionWrite};
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::{DispositionId, OrgScope, StoreResult};

use crate::SqliteStore;
use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, read};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

#[async_trait]
impl DispositionStore for SqliteStore {
    async fn disposition(&self, scope: &OrgScope, of: DispositionId) -> StoreResult<Option<Disposition>> {
        self.read(scope, move |snapshot| one(snapshot.db, id(snapshot.org), of)).await
    }

    async fn dispositions(&self, scope: &OrgScope) -> StoreResult<Vec<Disposition>> {
        self.read(scope, |snapshot| snapshot.db.all(sql::DISPOSITIONS, [id(snapshot.org)], read)).await
    }
}

pub(crate) fn one(db: &Connection, org: [u8; 16], of: DispositionId) -> Res<Option<Disposition>> {
    db.one(sql::DISPOSITION, params![org, id(of)], read)
}

impl Scope<'_> {
    pub(crate) fn write_disposition(&mut self, write: &DispositionWrite) -> Res<()> {
        match write {
            DispositionWrite::Insert(new) => {
                absent(one(self.db, self.key, new.id)?.as_ref(), RecordRef::Disposition(new.id))?;
                self.put_disposition(new)
            }
            DispositionWrite::Change { disposition, change } => {
                let kept = one(self.db, self.key, *disposition)?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Disposition(*disposition)))?;
                change.apply(&mut kept);
                self.put_disposition(&kept)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to dispositions"))),
        }
    }

    fn put_disposition(&mut self, new: &Disposition) -> Res<()> {
        let named = params![self.key, new.name.match_key()];
        let holder = self
            .db
            .one(sql::DISPOSITION_NAMED, named, |row| Cols::new(row, "disposition").id::<DispositionId>())?;
        if let Some(holder) = holder.filter(|holder| *holder != new.id) {
            absent(Some(&holder), RecordRef::Disposition(holder))?;
        }
        self.db.put(sql::PUT_DISPOSITION, self.key, new).map(drop)
    }
}

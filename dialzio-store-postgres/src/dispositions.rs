//! Dispositions: how they are read and written.

use uuid::Uuid;

use dialzio_core::DispositionId;
use dialzio_core::disposition::{Disposition, DispositionWrite};
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{RecordRef, StoreError};

use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, read};
use crate::error::{Failure, Res};
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: DispositionId) -> Res<Option<Disposition>> {
    db.one(sql::DISPOSITION, params![org, id(of)], read).await
}

pub(crate) async fn all(db: &mut Db<'_>, org: Uuid) -> Res<Vec<Disposition>> {
    db.all(sql::DISPOSITIONS, params![org], read).await
}

impl Scope<'_> {
    pub(crate) async fn write_disposition(&mut self, write: &DispositionWrite) -> Res<()> {
        match write {
            DispositionWrite::Insert(new) => {
                let kept = one(&mut self.db, self.key, new.id).await?;
                absent(kept.as_ref(), RecordRef::Disposition(new.id))?;
                self.put_disposition(new).await
            }
            DispositionWrite::Change { disposition, change } => {
                let kept = one(&mut self.db, self.key, *disposition).await?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Disposition(*disposition)))?;
                change.apply(&mut kept);
                self.put_disposition(&kept).await
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to dispositions"))),
        }
    }

    async fn put_disposition(&mut self, new: &Disposition) -> Res<()> {
        let named = params![self.key, new.name.match_key()];
        let holder = self
            .db
            .one(sql::DISPOSITION_NAMED, named, |row| Cols::new(row, "disposition").id::<DispositionId>())
            .await?;
        if let Some(holder) = holder.filter(|holder| *holder != new.id) {
            absent(Some(&holder), RecordRef::Disposition(holder))?;
        }
        self.db.put_one(sql::PUT_DISPOSITION, self.key, new).await.map(drop)
    }
}

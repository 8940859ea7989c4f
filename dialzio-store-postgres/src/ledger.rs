//! The audit log and the event log.

use uuid::Uuid;

use dialzio_core::event::{EventSeq, Recorded};
use dialzio_core::ledger::{AuditEntry, ChainHash};
use dialzio_core::store::rows::Columns;

use crate::codec::{Cols, read};
use crate::error::Res;
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn audit(db: &mut Db<'_>, org: Uuid, after: u64, limit: u32) -> Res<Vec<AuditEntry>> {
    db.all(sql::AUDIT, params![org, after.cast_signed(), i64::from(limit)], read).await
}

pub(crate) async fn events(db: &mut Db<'_>, org: Uuid, after: EventSeq, limit: u32) -> Res<Vec<Recorded>> {
    db.all(sql::EVENTS, params![org, after.0.cast_signed(), i64::from(limit)], read).await
}

pub(crate) async fn newest_event(db: &mut Db<'_>, org: Uuid) -> Res<EventSeq> {
    let newest =
        db.one(sql::HEAD, params![org], |row| Ok(EventSeq(Cols::new(row, "head").number()?))).await?;
    Ok(newest.unwrap_or_default())
}

/// Appends to the event log.
pub(crate) async fn put_events(db: &mut Db<'_>, org: Uuid, events: &[Recorded]) -> Res<()> {
    db.put_all(sql::PUT_EVENT, org, events).await
}

/// Appends to the audit log.
pub(crate) async fn put_audit(db: &mut Db<'_>, org: Uuid, entries: &[AuditEntry]) -> Res<()> {
    db.put_all(sql::PUT_AUDIT, org, entries).await
}

/// The digest of one entry, by which a group that was written is recognised.
pub(crate) async fn hash_at(db: &mut Db<'_>, org: Uuid, seq: u64) -> Res<Option<ChainHash>> {
    db.one(sql::AUDIT_AT, params![org, seq.cast_signed()], |row| {
        Ok(ChainHash(Cols::new(row, "audit entry").array()?))
    })
    .await
}

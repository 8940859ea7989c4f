//! The audit log and the event log.

use uuid::Uuid;

use dialzio_core::event::{EventSeq, Recorded};
use dialzio_core::ledger::{AuditEntry, ChainHash};

use crate::codec::{Cols, json, time};
use crate::error::Res;
use crate::run::{Db, Params, params};
use crate::statements as sql;

pub(crate) async fn audit(db: &mut Db<'_>, org: Uuid, after: u64, limit: u32) -> Res<Vec<AuditEntry>> {
    db.all(sql::AUDIT, params![org, after.cast_signed(), i64::from(limit)], |row| {
        let c = Cols::new(row, "audit entry");
        Ok(AuditEntry {
            seq: c.number()?,
            at: c.time()?,
            principal: c.get()?,
            action: c.word()?,
            subject: c.opt_uuid()?,
            cause: c.opt_uuid()?,
            hash: ChainHash(c.bytes()?),
        })
    })
    .await
}

pub(crate) async fn events(db: &mut Db<'_>, org: Uuid, after: EventSeq, limit: u32) -> Res<Vec<Recorded>> {
    db.all(sql::EVENTS, params![org, after.0.cast_signed(), i64::from(limit)], |row| {
        let c = Cols::new(row, "event");
        Ok(Recorded { seq: EventSeq(c.number()?), at: c.time()?, event: c.json()? })
    })
    .await
}

pub(crate) async fn newest_event(db: &mut Db<'_>, org: Uuid) -> Res<EventSeq> {
    let newest =
        db.one(sql::HEAD, params![org], |row| Ok(EventSeq(Cols::new(row, "head").number()?))).await?;
    Ok(newest.unwrap_or_default())
}

/// Appends to the event log.
pub(crate) async fn put_events(db: &mut Db<'_>, org: Uuid, events: &[Recorded]) -> Res<()> {
    let each = |row: &mut Params, new: &Recorded| {
        row.add(new.seq.0.cast_signed());
        row.add(time(new.at));
        row.add(json(&new.event, "event")?);
        Ok(())
    };
    db.put(sql::PUT_EVENT, |row| row.add(org), events, each).await.map(drop)
}

/// Appends to the audit log.
pub(crate) async fn put_audit(db: &mut Db<'_>, org: Uuid, entries: &[AuditEntry]) -> Res<()> {
    let each = |row: &mut Params, new: &AuditEntry| {
        row.add(new.seq.cast_signed());
        row.add(time(new.at));
        row.add(&new.principal);
        row.add(new.action.as_str());
        row.add(new.subject);
        row.add(new.cause);
        row.add(new.hash.0.as_slice());
        Ok(())
    };
    db.put(sql::PUT_AUDIT, |row| row.add(org), entries, each).await.map(drop)
}

/// The digest of one entry, by which a group that was written is recognised.
pub(crate) async fn hash_at(db: &mut Db<'_>, org: Uuid, seq: u64) -> Res<Option<ChainHash>> {
    db.one(sql::AUDIT_AT, params![org, seq.cast_signed()], |row| {
        Ok(ChainHash(Cols::new(row, "audit entry").bytes()?))
    })
    .await
}

//! The audit log and the event log.

use rusqlite::{Connection, params};

use dialzio_core::event::{EventSeq, Recorded};
use dialzio_core::ledger::AuditEntry;
use dialzio_core::store::rows::Columns;

use crate::codec::{Cols, read};
use crate::error::Res;
use crate::run::Run;
use crate::statements as sql;

pub(crate) fn audit(db: &Connection, org: [u8; 16], after: u64, limit: u32) -> Res<Vec<AuditEntry>> {
    db.all(sql::AUDIT, params![org, after.cast_signed(), limit], read)
}

pub(crate) fn events(db: &Connection, org: [u8; 16], after: EventSeq, limit: u32) -> Res<Vec<Recorded>> {
    db.all(sql::EVENTS, params![org, after.0.cast_signed(), limit], read)
}

pub(crate) fn newest_event(db: &Connection, org: [u8; 16]) -> Res<EventSeq> {
    let newest = db.one(sql::HEAD, [org], |row| Ok(EventSeq(Cols::new(row, "head").number()?)))?;
    Ok(newest.unwrap_or_default())
}

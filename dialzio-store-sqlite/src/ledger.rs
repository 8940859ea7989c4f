//! The audit log and the event log.

use rusqlite::{Connection, params};

use dialzio_core::OrgId;
use dialzio_core::event::{EventSeq, Recorded};
use dialzio_core::ledger::{Action, AuditEntry, AuditFilter, ChainHash, ChainHead};
use dialzio_core::store::rows::{AuditList, Columns, audit_period};

use crate::codec::{Cols, id, read};
use crate::error::Res;
use crate::run::Run;
use crate::statements as sql;

pub(crate) fn audit(db: &Connection, org: [u8; 16], after: u64, limit: u32) -> Res<Vec<AuditEntry>> {
    db.all(sql::AUDIT, params![org, after.cast_signed(), limit], read)
}

/// Entries that a filter wants between two places, newest first.
pub(crate) fn audit_found(
    db: &Connection,
    org: [u8; 16],
    filter: &AuditFilter,
    (after, before): (u64, u64),
    limit: u32,
) -> Res<Vec<AuditEntry>> {
    let statement = match AuditList::of(filter) {
        AuditList::OfPeople => sql::AUDIT_OF_PEOPLE,
        AuditList::ByPrincipal => sql::AUDIT_BY_PRINCIPAL,
        AuditList::ByAction => sql::AUDIT_BY_ACTION,
        AuditList::About => sql::AUDIT_ABOUT,
        AuditList::Between => sql::AUDIT_BETWEEN,
    };
    let place = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
    let (since, until) = audit_period(filter);
    let about = filter.subject.map(uuid::Uuid::into_bytes);
    let action = filter.action.map(Action::as_str);
    let bound =
        params![org, place(after), place(before), since, until, filter.principal, action, about, limit];
    db.all(statement, bound, read)
}

/// Where the audit log ends.
pub(crate) fn audit_head(db: &Connection, org: [u8; 16]) -> Res<ChainHead> {
    let head = db.one(sql::HEAD, [org], |row| {
        let c = Cols::new(row, "head");
        let _: i64 = c.get()?;
        Ok(ChainHead { seq: c.number()?, hash: ChainHash(c.get()?) })
    })?;
    Ok(head.unwrap_or(ChainHead { seq: 0, hash: ChainHash::START }))
}

/// Where the audit logs of organisations end, in order of their ids.
pub(crate) fn audit_heads(db: &Connection, after: Option<OrgId>, limit: u32) -> Res<Vec<(OrgId, ChainHead)>> {
    db.all(sql::AUDIT_HEADS, params![after.map_or([0; 16], id), limit], |row| {
        let c = Cols::new(row, "head");
        Ok((c.id()?, ChainHead { seq: c.number()?, hash: ChainHash(c.get()?) }))
    })
}

pub(crate) fn events(db: &Connection, org: [u8; 16], after: EventSeq, limit: u32) -> Res<Vec<Recorded>> {
    db.all(sql::EVENTS, params![org, after.0.cast_signed(), limit], read)
}

pub(crate) fn newest_event(db: &Connection, org: [u8; 16]) -> Res<EventSeq> {
    let newest = db.one(sql::HEAD, [org], |row| Ok(EventSeq(Cols::new(row, "head").number()?)))?;
    Ok(newest.unwrap_or_default())
}

//! The audit log and the event log.

use uuid::Uuid;

use dialzio_core::OrgId;
use dialzio_core::event::{EventSeq, Recorded};
use dialzio_core::ledger::{Action, AuditEntry, AuditFilter, ChainHash, ChainHead};
use dialzio_core::store::rows::{AuditList, Bind, Columns, audit_period};

use crate::codec::{Cols, id, read};
use crate::error::Res;
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn audit(db: &mut Db<'_>, org: Uuid, after: u64, limit: u32) -> Res<Vec<AuditEntry>> {
    db.all(sql::AUDIT, params![org, after.cast_signed(), i64::from(limit)], read).await
}

/// Entries that a filter wants between two places, newest first.
pub(crate) async fn audit_found(
    db: &mut Db<'_>,
    org: Uuid,
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
    let mut bound = params![org, place(after), place(before), since, until];
    bound.opt_text(filter.principal.as_deref());
    bound.opt_text(filter.action.map(Action::as_str));
    bound.opt_uuid(filter.subject);
    bound.integer(i64::from(limit));
    db.all(statement, bound, read).await
}

/// Where the audit log ends.
pub(crate) async fn audit_head(db: &mut Db<'_>, org: Uuid) -> Res<ChainHead> {
    let head = db
        .one(sql::HEAD, params![org], |row| {
            let c = Cols::new(row, "head");
            let _: i64 = c.get()?;
            Ok(ChainHead { seq: c.number()?, hash: ChainHash(c.array()?) })
        })
        .await?;
    Ok(head.unwrap_or(ChainHead { seq: 0, hash: ChainHash::START }))
}

/// Where the audit logs of organisations end, in order of their ids.
pub(crate) async fn audit_heads(
    db: &mut Db<'_>,
    after: Option<OrgId>,
    limit: u32,
) -> Res<Vec<(OrgId, ChainHead)>> {
    let after = after.map_or(Uuid::nil(), id);
    db.all(sql::AUDIT_HEADS, params![after, i64::from(limit)], |row| {
        let c = Cols::new(row, "head");
        Ok((c.id()?, ChainHead { seq: c.number()?, hash: ChainHash(c.array()?) }))
    })
    .await
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

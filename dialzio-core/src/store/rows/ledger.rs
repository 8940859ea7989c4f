//! The audit log, the event log, the operator log, and how far the clock is known to have come.

use chrono::TimeDelta;

use super::{Bind, Columns, FromRow, ToRow};
use crate::event::{EventSeq, Recorded};
use crate::ledger::{AuditEntry, AuditFilter, ChainHash, ConsentMark, Detail};
use crate::operator::OperatorEntry;
use crate::store::StoreResult;
use crate::time::{Ahead, TimeMark};

impl FromRow for AuditEntry {
    const RECORD: &'static str = "audit entry";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            seq: c.number()?,
            at: c.time()?,
            principal: c.text()?,
            action: c.word()?,
            subject: c.opt_uuid()?,
            cause: c.opt_uuid()?,
            origin: c.opt_word()?,
            detail: c.opt_word()?,
            consents: match c.opt_bytes()? {
                Some(bytes) => Some(ConsentMark::from_bytes(bytes).ok_or_else(|| c.bad())?),
                None => None,
            },
            hash: ChainHash(c.array()?),
        })
    }
}

impl ToRow for AuditEntry {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.integer(self.seq.cast_signed());
        to.time(self.at);
        to.text(&self.principal);
        to.text(self.action.as_str());
        to.opt_uuid(self.subject);
        to.opt_uuid(self.cause);
        to.opt_text(self.origin.map(|origin| origin.to_string()).as_deref());
        to.opt_text(self.detail.as_ref().map(Detail::as_str));
        to.opt_bytes(self.consents.map(|consents| consents.to_bytes()).as_ref().map(|bytes| &bytes[..]));
        to.bytes(&self.hash.0);
        Ok(())
    }
}

/// Which index a part of the audit log is read by, decided once for both SQL stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditList {
    /// What people and programs did.
    OfPeople,
    /// What one of them did.
    ByPrincipal,
    /// What they did of one kind.
    ByAction,
    /// What they did about one record.
    About,
    /// All places of a stretch, with what the system did.
    Between,
}

impl AuditList {
    /// The index that leaves the fewest entries to look at.
    #[must_use]
    pub const fn of(filter: &AuditFilter) -> Self {
        if filter.with_system {
            Self::Between
        } else if filter.subject.is_some() {
            Self::About
        } else if filter.principal.is_some() {
            Self::ByPrincipal
        } else if filter.action.is_some() {
            Self::ByAction
        } else {
            Self::OfPeople
        }
    }
}

/// The period of a filter as stores compare it: microseconds since 1970, the end excluded.
#[must_use]
pub fn audit_period(filter: &AuditFilter) -> (i64, i64) {
    let since = filter.since.map_or(i64::MIN, |at| at.timestamp_micros());
    (since, filter.until.map_or(i64::MAX, |at| at.timestamp_micros()))
}

impl FromRow for Recorded {
    const RECORD: &'static str = "event";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { seq: EventSeq(c.number()?), at: c.time()?, event: c.json()? })
    }
}

impl ToRow for Recorded {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.integer(self.seq.0.cast_signed());
        to.time(self.at);
        to.json(&self.event, Self::RECORD)
    }
}

impl FromRow for OperatorEntry {
    const RECORD: &'static str = "operator entry";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            seq: c.number()?,
            at: c.time()?,
            reason: c.text()?,
            action: c.word()?,
            org: c.opt_id()?,
            subject: c.opt_uuid()?,
            hash: ChainHash(c.array()?),
        })
    }
}

impl ToRow for OperatorEntry {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.integer(self.seq.cast_signed());
        to.time(self.at);
        to.text(self.reason.reveal());
        to.text(self.action.as_str());
        to.opt_id(self.org);
        to.opt_uuid(self.subject);
        to.bytes(&self.hash.0);
        Ok(())
    }
}

impl FromRow for TimeMark {
    const RECORD: &'static str = "time mark";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        let (trusted_at, at, held) = (c.time()?, c.opt_time()?, TimeDelta::microseconds(c.integer()?));
        Ok(Self { trusted_at, ahead: at.map(|at| Ahead { at, held }) })
    }
}

impl ToRow for TimeMark {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.time(self.trusted_at);
        to.opt_time(self.ahead.map(|ahead| ahead.at));
        to.integer(self.ahead.and_then(|ahead| ahead.held.num_microseconds()).unwrap_or(0));
        Ok(())
    }
}

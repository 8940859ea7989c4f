//! What can still be seen: the organisation's period for messages and files, and now.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use dialzio_core::store::periods::{MESSAGE_DAYS, RETENTION_CAP};
use dialzio_core::store::rows::Columns;

use crate::codec::{Cols, time};
use crate::error::Res;
use crate::run::Run;
use crate::statements as sql;

/// Messages and files up to `cutoff`, and those that end by `now`, are not found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetentionCutoff {
    pub(crate) cutoff: i64,
    pub(crate) now: i64,
}

impl RetentionCutoff {
    /// Judged at `now`.
    pub(crate) fn at(db: &Connection, org: [u8; 16], now: DateTime<Utc>) -> Res<Self> {
        let days = db.one(sql::ORG_DAYS, [org], |row| Cols::new(row, "organisation").number::<u16>())?;
        let period = TimeDelta::days(i64::from(days.unwrap_or(MESSAGE_DAYS))).min(RETENTION_CAP);
        Ok(Self { cutoff: time(now - period), now: time(now) })
    }
}

//! What can still be seen: the organisation's period for messages and files, and now.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use dialzio_core::time::RETENTION_CAP;

use crate::codec::{Cols, time};
use crate::error::Res;
use crate::run::{Db, params};
use crate::statements as sql;

/// Messages and files up to `cutoff`, and those that end by `now`, are not found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight {
    pub(crate) cutoff: i64,
    pub(crate) now: i64,
}

impl Sight {
    /// Judged at `now`.
    pub(crate) async fn at(db: &mut Db<'_>, org: Uuid, now: DateTime<Utc>) -> Res<Self> {
        let days =
            db.one(sql::ORG_DAYS, params![org], |row| Cols::new(row, "organisation").number::<i64>()).await?;
        let period = TimeDelta::days(days.unwrap_or(365)).min(RETENTION_CAP);
        Ok(Self { cutoff: time(now - period), now: time(now) })
    }
}

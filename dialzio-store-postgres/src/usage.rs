//! Uses of pages: how they are read, written, shortened and removed.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::StoreError;
use dialzio_core::store::periods::{USAGE_ADDRESS_PERIOD, USAGE_PERIOD};
use dialzio_core::store::rows::add_usage;
use dialzio_core::usage::{UsageEvent, UsageTally, UsageWrite};
use dialzio_core::{MemberId, id_floor};

use crate::apply::Scope;
use crate::codec::{Cols, id, read, time};
use crate::contacts::{id_before, id_key, over};
use crate::error::{Failure, Res};
use crate::run::{Db, params};
use crate::statements::{self as sql, Statement};

pub(crate) async fn of(
    db: &mut Db<'_>,
    org: Uuid,
    now: DateTime<Utc>,
    member: MemberId,
    page: &PageRequest,
) -> Res<Page<UsageEvent>> {
    let before = id_before(page)?;
    let asked = params![org, id(member), time(now - USAGE_PERIOD), before, over(page)];
    let found: Vec<UsageEvent> = db.all(sql::USAGE_OF, asked, read).await?;
    let seen = found.into_iter().map(|event| event.seen_at(now)).collect();
    Ok(Page::from_overread(seen, page.limit, |event: &UsageEvent| id_key(event.id)))
}

pub(crate) async fn tally(
    db: &mut Db<'_>,
    org: Uuid,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Res<UsageTally> {
    // What is as old as the period is not found.
    let since = since.max(now - USAGE_PERIOD + TimeDelta::microseconds(1));
    let asked = params![org, id_floor(since), time(since)];
    let mut tally = UsageTally::default();
    db.all(sql::USAGE_SINCE, asked, |row| add_usage(&mut tally, &Cols::new(row, "use of a page"))).await?;
    Ok(tally)
}

impl Scope<'_> {
    pub(crate) async fn write_usage(&mut self, write: &UsageWrite) -> Res<()> {
        match write {
            UsageWrite::Insert(event) => self.db.put_one(sql::PUT_USAGE, self.key, event).await.map(drop),
            _ => Err(Failure::Store(StoreError::Unsupported("a change to uses of pages"))),
        }
    }

    /// Removes what is 90 days old, then shortens what is 30 days old: at most `limit` rows together.
    pub(crate) async fn purge_usage(&mut self, now: DateTime<Utc>, limit: u32) -> Res<u64> {
        let limit = u64::from(limit);
        let gone = self.change_usage(sql::PURGE_USAGE, now - USAGE_PERIOD, limit).await?;
        let before = now - USAGE_ADDRESS_PERIOD;
        let left = limit.saturating_sub(gone);
        Ok(gone + self.change_usage(sql::SHORTEN_USAGE, before, left).await?)
    }

    async fn change_usage(&mut self, statement: Statement, before: DateTime<Utc>, limit: u64) -> Res<u64> {
        let newest = id_floor(before + TimeDelta::milliseconds(1));
        self.db.run(statement, params![self.key, newest, time(before), limit.cast_signed()]).await
    }
}

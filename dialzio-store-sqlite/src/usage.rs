//! Uses of pages: their port, and how they are read, written, shortened and removed.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::StoreError;
use dialzio_core::store::periods::{USAGE_ADDRESS_PERIOD, USAGE_PERIOD};
use dialzio_core::store::rows::add_usage;
use dialzio_core::usage::{UsageEvent, UsageStore, UsageTally, UsageWrite};
use dialzio_core::{MemberId, OrgScope, StoreResult, id_floor};

use crate::SqliteStore;
use crate::apply::Scope;
use crate::codec::{Cols, id, read, time};
use crate::contacts::{AFTER_ALL, id_after, id_key, over};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements::{self as sql, Statement};

#[async_trait]
impl UsageStore for SqliteStore {
    async fn usage_of(
        &self,
        scope: &OrgScope,
        member: MemberId,
        page: PageRequest,
    ) -> StoreResult<Page<UsageEvent>> {
        self.read(scope, move |snapshot| {
            let expired = time(snapshot.now - USAGE_PERIOD);
            let after = id_after(&page, AFTER_ALL)?;
            let asked = params![snapshot.key(), id(member), expired, after, over(&page)];
            let found: Vec<UsageEvent> = snapshot.db.all(sql::USAGE_OF, asked, read)?;
            let seen = found.into_iter().map(|event| event.seen_at(snapshot.now)).collect();
            Ok(Page::from_overread(seen, page.limit, |event: &UsageEvent| id_key(event.id)))
        })
        .await
    }

    async fn usage_tally(&self, scope: &OrgScope, since: DateTime<Utc>) -> StoreResult<UsageTally> {
        self.read(scope, move |snapshot| {
            // What is as old as the period is not found.
            let since = since.max(snapshot.now - USAGE_PERIOD + TimeDelta::microseconds(1));
            let asked = params![snapshot.key(), id_floor(since).into_bytes(), time(since)];
            let mut tally = UsageTally::default();
            snapshot.db.all(sql::USAGE_SINCE, asked, |row| {
                add_usage(&mut tally, &Cols::new(row, "use of a page"))
            })?;
            Ok(tally)
        })
        .await
    }
}

impl Scope<'_> {
    pub(crate) fn write_usage(&mut self, write: &UsageWrite) -> Res<()> {
        match write {
            UsageWrite::Insert(event) => self.db.put(sql::PUT_USAGE, self.key, event).map(drop),
            _ => Err(Failure::Store(StoreError::Unsupported("a change to uses of pages"))),
        }
    }

    /// Removes what is 90 days old, then shortens what is 30 days old: at most `limit` rows together.
    pub(crate) fn purge_usage(&mut self, now: DateTime<Utc>, limit: u32) -> Res<u64> {
        let gone = self.change_usage(sql::USAGE_OVER, sql::DROP_USAGE, now - USAGE_PERIOD, limit)?;
        let left = limit.saturating_sub(gone);
        let before = now - USAGE_ADDRESS_PERIOD;
        let shortened = self.change_usage(sql::USAGE_WHOLE, sql::SHORTEN_USAGE, before, left)?;
        Ok(u64::from(gone + shortened))
    }

    fn change_usage(
        &mut self,
        finds: Statement,
        changes: Statement,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Res<u32> {
        let newest = id_floor(before + TimeDelta::milliseconds(1)).into_bytes();
        let found = self.db.all(finds, params![self.key, newest, time(before), limit], |row| {
            Cols::new(row, "use of a page").get::<[u8; 16]>()
        })?;
        for event in &found {
            self.db.run(changes, params![self.key, event])?;
        }
        Ok(u32::try_from(found.len()).unwrap_or(limit))
    }
}

//! Service updates: their port, and how they are read and written.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use dialzio_core::news::{NewsReader, Recipient, ServiceUpdate, ServiceUpdateChange};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::NewsStore;
use dialzio_core::store::periods::NEWS_PERIOD;
use dialzio_core::store::rows::ToRow;
use dialzio_core::{Revision, ServiceUpdateId, StoreResult, SystemScope, UserId};

use crate::SqliteStore;
use crate::codec::{id, opt_id, read, time};
use crate::contacts::{AFTER_ALL, id_after, id_key, over};
use crate::error::Res;
use crate::run::Run;
use crate::statements as sql;

#[async_trait]
impl NewsStore for SqliteStore {
    async fn service_update(
        &self,
        _: &SystemScope,
        of: ServiceUpdateId,
    ) -> StoreResult<Option<ServiceUpdate>> {
        let since = self.now() - NEWS_PERIOD;
        self.system(move |db| db.one(sql::SERVICE_UPDATE, params![id(of), time(since)], read)).await
    }

    async fn news(
        &self,
        _: &SystemScope,
        with_product: bool,
        page: PageRequest,
    ) -> StoreResult<Page<ServiceUpdate>> {
        let since = self.now() - NEWS_PERIOD;
        self.system(move |db| {
            let row = params![id_after(&page, AFTER_ALL)?, time(since), with_product, over(&page)];
            let found = db.all(sql::NEWS, row, read)?;
            Ok(Page::from_overread(found, page.limit, |update: &ServiceUpdate| id_key(update.id)))
        })
        .await
    }

    async fn unread_news(&self, _: &SystemScope, reader: &NewsReader, most: u32) -> StoreResult<u32> {
        let (reader, since) = (*reader, self.now() - NEWS_PERIOD);
        self.system(move |db| {
            let row = params![id(reader.unread_after()), time(since), reader.takes_product, most];
            Ok(db.all(sql::UNREAD_NEWS, row, |_| Ok(()))?.len() as u32)
        })
        .await
    }

    async fn news_reader(&self, _: &SystemScope, user: UserId) -> StoreResult<Option<NewsReader>> {
        self.system(move |db| db.one(sql::NEWS_READER, [id(user)], read)).await
    }

    async fn news_to_mail(
        &self,
        _: &SystemScope,
        since: DateTime<Utc>,
    ) -> StoreResult<Option<ServiceUpdate>> {
        self.system(move |db| db.one(sql::NEWS_TO_MAIL, [time(since)], read)).await
    }

    async fn news_recipients(
        &self,
        _: &SystemScope,
        after: Option<UserId>,
        limit: u32,
    ) -> StoreResult<Vec<Recipient>> {
        let after = after.map_or([0; 16], id);
        self.system(move |db| db.all(sql::NEWS_RECIPIENTS, params![after, limit, true], read)).await
    }
}

/// A new service update; whether its id was free.
pub(crate) fn publish(db: &Connection, new: &ServiceUpdate) -> Res<bool> {
    Ok(db.bind(sql::PUT_NEWS, |to| new.to_row(to))? > 0)
}

/// How far an update was mailed; whether it is at the revision.
pub(crate) fn change(
    db: &Connection,
    update: ServiceUpdateId,
    revision: Revision,
    change: &ServiceUpdateChange,
) -> Res<bool> {
    let (to, at) = (change.mailed_to.flatten(), change.mailed_at.flatten());
    let row = params![id(update), revision.0, opt_id(to), at.map(time)];
    Ok(db.run(sql::CHANGE_NEWS, row)? > 0)
}

/// A user has read an update and all that are older.
pub(crate) fn mark_read(db: &Connection, user: UserId, up_to: ServiceUpdateId) -> Res<()> {
    db.run(sql::READ_NEWS, params![id(user), id(up_to), true]).map(drop)
}

/// A user takes product news, or does not.
pub(crate) fn choose(db: &Connection, user: UserId, takes_product: bool) -> Res<()> {
    db.run(sql::CHOOSE_NEWS, params![id(user), takes_product]).map(drop)
}

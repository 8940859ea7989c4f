//! Service updates.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use dialzio_core::news::{NewsReader, Recipient, ServiceUpdate};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::NewsStore;
use dialzio_core::store::periods::NEWS_PERIOD;
use dialzio_core::{ServiceUpdateId, StoreResult, SystemScope, UserId};

use crate::{PostgresStore, news};

#[async_trait]
impl NewsStore for PostgresStore {
    async fn service_update(
        &self,
        _: &SystemScope,
        id: ServiceUpdateId,
    ) -> StoreResult<Option<ServiceUpdate>> {
        let since = self.now() - NEWS_PERIOD;
        system!(self, |db| news::one(db, id, since))
    }

    async fn news(
        &self,
        _: &SystemScope,
        with_product: bool,
        page: PageRequest,
    ) -> StoreResult<Page<ServiceUpdate>> {
        let since = self.now() - NEWS_PERIOD;
        system!(self, |db| news::all(db, since, with_product, &page))
    }

    async fn unread_news(&self, _: &SystemScope, reader: &NewsReader, most: u32) -> StoreResult<u32> {
        let since = self.now() - NEWS_PERIOD;
        system!(self, |db| news::unread(db, since, reader, most))
    }

    async fn news_reader(&self, _: &SystemScope, user: UserId) -> StoreResult<Option<NewsReader>> {
        system!(self, |db| news::reader(db, user))
    }

    async fn news_to_mail(
        &self,
        _: &SystemScope,
        since: DateTime<Utc>,
    ) -> StoreResult<Option<ServiceUpdate>> {
        system!(self, |db| news::to_mail(db, since))
    }

    async fn news_recipients(
        &self,
        _: &SystemScope,
        after: Option<UserId>,
        limit: u32,
    ) -> StoreResult<Vec<Recipient>> {
        system!(self, |db| news::recipients(db, after, limit))
    }
}

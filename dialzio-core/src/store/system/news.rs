//! Service updates, and what users have read of them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::id::{ServiceUpdateId, UserId};
use crate::news::{NewsReader, Recipient, ServiceUpdate};
use crate::page::{Page, PageRequest};
use crate::scope::SystemScope;
use crate::store::StoreResult;

/// Reads of service updates. One that has expired is not found, whether swept or not.
#[async_trait]
pub trait NewsStore: Send + Sync {
    /// One service update.
    async fn service_update(
        &self,
        scope: &SystemScope,
        id: ServiceUpdateId,
    ) -> StoreResult<Option<ServiceUpdate>>;
    /// Service updates, newest first; product news only if it is asked for.
    async fn news(
        &self,
        scope: &SystemScope,
        with_product: bool,
        page: PageRequest,
    ) -> StoreResult<Page<ServiceUpdate>>;
    /// How many updates that reach a user they have not read, counted up to `most`.
    async fn unread_news(&self, scope: &SystemScope, reader: &NewsReader, most: u32) -> StoreResult<u32>;
    /// What a user has read and chosen; `None` if they did neither.
    async fn news_reader(&self, scope: &SystemScope, user: UserId) -> StoreResult<Option<NewsReader>>;
    /// The oldest update published after an instant of which not all mails are queued.
    async fn news_to_mail(
        &self,
        scope: &SystemScope,
        since: DateTime<Utc>,
    ) -> StoreResult<Option<ServiceUpdate>>;
    /// Users with a confirmed address who are active members of an organisation, in order of id, after one of them.
    async fn news_recipients(
        &self,
        scope: &SystemScope,
        after: Option<UserId>,
        limit: u32,
    ) -> StoreResult<Vec<Recipient>>;
}

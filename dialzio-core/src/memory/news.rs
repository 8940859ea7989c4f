//! Service updates, and what users have read of them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::state::System;
use super::{MemoryStore, page};
use crate::access::MemberState;
use crate::id::{ServiceUpdateId, TypedId, UserId};
use crate::news::{NewsReader, Recipient, ServiceUpdate};
use crate::page::{Page, PageRequest};
use crate::scope::SystemScope;
use crate::store::periods::NEWS_PERIOD;
use crate::store::{NewsStore, StoreResult};

impl System {
    /// What a user has read and chosen, made if there is nothing yet.
    pub(super) fn news_reader(&mut self, user: UserId) -> &mut NewsReader {
        self.news_readers.entry(user).or_insert_with(|| NewsReader::new(user))
    }

    /// The updates that are shown, newest first.
    fn shown_news(&self, now: DateTime<Utc>, product: bool) -> impl Iterator<Item = &ServiceUpdate> {
        let news = self.news.values().rev().filter(move |update| update.published_at + NEWS_PERIOD > now);
        news.filter(move |update| product || update.kind.always_arrives())
    }
}

#[async_trait]
impl NewsStore for MemoryStore {
    async fn service_update(
        &self,
        _: &SystemScope,
        id: ServiceUpdateId,
    ) -> StoreResult<Option<ServiceUpdate>> {
        let (now, world) = (self.now(), self.world());
        Ok(world.system.shown_news(now, true).find(|update| update.id == id).cloned())
    }

    async fn news(
        &self,
        _: &SystemScope,
        with_product: bool,
        request: PageRequest,
    ) -> StoreResult<Page<ServiceUpdate>> {
        let (now, world) = (self.now(), self.world());
        let shown = world.system.shown_news(now, with_product);
        let keyed = shown.map(|update| (update.id.uuid().as_bytes().to_vec(), update.clone()));
        Ok(page(keyed, &request, true))
    }

    async fn unread_news(&self, _: &SystemScope, reader: &NewsReader, most: u32) -> StoreResult<u32> {
        let (now, world) = (self.now(), self.world());
        let shown = world.system.shown_news(now, reader.takes_product);
        let unread = shown.filter(|update| update.id > reader.unread_after());
        Ok(unread.take(most as usize).count() as u32)
    }

    async fn news_reader(&self, _: &SystemScope, user: UserId) -> StoreResult<Option<NewsReader>> {
        Ok(self.world().system.news_readers.get(&user).copied())
    }

    async fn news_to_mail(
        &self,
        _: &SystemScope,
        since: DateTime<Utc>,
    ) -> StoreResult<Option<ServiceUpdate>> {
        let world = self.world();
        let waits = |update: &&ServiceUpdate| update.mailed_at.is_none() && update.published_at > since;
        let waiting = world.system.news.values().filter(waits);
        Ok(waiting.min_by_key(|update| (update.published_at, update.id)).cloned())
    }

    async fn news_recipients(
        &self,
        _: &SystemScope,
        after: Option<UserId>,
        limit: u32,
    ) -> StoreResult<Vec<Recipient>> {
        let world = self.world();
        let is_active = |user: UserId| {
            let mut members = world.orgs.values().flat_map(|rows| rows.members.values());
            members.any(|member| member.user == user && member.state == MemberState::Active)
        };
        let users = world.system.users.values().filter(|user| after.is_none_or(|after| user.id > after));
        let recipients = users.filter(|user| is_active(user.id)).filter_map(|user| {
            let reader = world.system.news_readers.get(&user.id);
            Recipient::of(user, reader.is_none_or(|reader| reader.takes_product))
        });
        Ok(recipients.take(limit as usize).collect())
    }
}

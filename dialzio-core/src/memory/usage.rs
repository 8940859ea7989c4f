//! Uses of pages.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::state::Rows;
use super::{MemoryStore, page};
use crate::id::{MemberId, TypedId};
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::StoreResult;
use crate::store::periods::{USAGE_ADDRESS_PERIOD, USAGE_PERIOD};
use crate::usage::{UsageEvent, UsageStore, UsageTally, UsageWrite};

impl Rows {
    pub(super) fn write_usage(&mut self, write: UsageWrite) {
        let UsageWrite::Insert(event) = write;
        self.usage.entry(event.id).or_insert(event);
    }

    /// Removes what is 90 days old, then shortens what is 30 days old: at most `limit` rows together.
    pub(super) fn purge_usage(&mut self, now: DateTime<Utc>, limit: usize) -> u64 {
        let over = self.usage.values().filter(|event| event.at + USAGE_PERIOD <= now);
        let gone: Vec<_> = over.map(|event| event.id).take(limit).collect();
        self.usage.retain(|id, _| !gone.contains(id));
        let whole = self
            .usage
            .values_mut()
            .filter(|event| event.at + USAGE_ADDRESS_PERIOD <= now && event.address.ip().is_some());
        let mut shortened = 0;
        for event in whole.take(limit - gone.len()) {
            event.address = event.address.shortened();
            shortened += 1;
        }
        gone.len() as u64 + shortened
    }

    fn usage_at(&self, now: DateTime<Utc>) -> impl Iterator<Item = &UsageEvent> {
        self.usage.values().rev().filter(move |event| event.at + USAGE_PERIOD > now)
    }
}

#[async_trait]
impl UsageStore for MemoryStore {
    async fn usage_of(
        &self,
        scope: &OrgScope,
        member: MemberId,
        request: PageRequest,
    ) -> StoreResult<Page<UsageEvent>> {
        self.read(scope, |rows, now| {
            let own = rows.usage_at(now).filter(|event| event.member == member);
            let keyed = own.map(|event| (event.id.uuid().as_bytes().to_vec(), event.clone().seen_at(now)));
            page(keyed, &request, true)
        })
    }

    async fn usage_tally(&self, scope: &OrgScope, since: DateTime<Utc>) -> StoreResult<UsageTally> {
        self.read(scope, |rows, now| {
            let mut tally = UsageTally::default();
            for event in rows.usage_at(now).filter(|event| event.at >= since) {
                tally.add(event.member, &event.page, event.browser, event.at);
            }
            tally
        })
    }
}

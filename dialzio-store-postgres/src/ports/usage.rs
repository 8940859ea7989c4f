//! Uses of pages.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use dialzio_core::page::{Page, PageRequest};
use dialzio_core::usage::{UsageEvent, UsageStore, UsageTally};
use dialzio_core::{MemberId, OrgScope, StoreResult};

use crate::{PostgresStore, usage};

#[async_trait]
impl UsageStore for PostgresStore {
    async fn usage_of(
        &self,
        scope: &OrgScope,
        member: MemberId,
        page: PageRequest,
    ) -> StoreResult<Page<UsageEvent>> {
        read_in!(self, scope, |db, org| usage::of(db, org, self.now(), member, &page))
    }

    async fn usage_tally(&self, scope: &OrgScope, since: DateTime<Utc>) -> StoreResult<UsageTally> {
        read_in!(self, scope, |db, org| usage::tally(db, org, self.now(), since))
    }
}

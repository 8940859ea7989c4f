//! Reads and writes of usage.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{UsageEvent, UsageTally};
use crate::id::MemberId;
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::StoreResult;

/// Reads of usage. What is 90 days old is not found, and what is 30 days old has the network of its address alone, whether
/// swept or not.
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// The uses of one member, newest first.
    async fn usage_of(
        &self,
        scope: &OrgScope,
        member: MemberId,
        page: PageRequest,
    ) -> StoreResult<Page<UsageEvent>>;
    /// Which members used what since an instant, that instant included. Its counts are published by
    /// [`UsageTally::summary`] alone, which hides small groups.
    async fn usage_tally(&self, scope: &OrgScope, since: DateTime<Utc>) -> StoreResult<UsageTally>;
}

/// A change to usage.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UsageWrite {
    /// A use. One whose id is there already changes nothing, so a group may be written again.
    Insert(UsageEvent),
}

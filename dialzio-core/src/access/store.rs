//! Reads and writes of an organisation's members and keys.

use async_trait::async_trait;

use super::{ApiKey, Member, Org};
use crate::id::MemberId;
use crate::scope::OrgScope;
use crate::store::StoreResult;

/// Reads of who works in an organisation. Users, sessions and invitations are system tables.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// The organisation; `None` if it was closed.
    async fn org(&self, scope: &OrgScope) -> StoreResult<Option<Org>>;
    /// One member.
    async fn member(&self, scope: &OrgScope, id: MemberId) -> StoreResult<Option<Member>>;
    /// All members, oldest first.
    async fn members(&self, scope: &OrgScope) -> StoreResult<Vec<Member>>;
    /// All keys, oldest first.
    async fn api_keys(&self, scope: &OrgScope) -> StoreResult<Vec<ApiKey>>;
}

/// A change to an organisation, its members or keys.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessWrite {
    /// The organisation, new or as it is now.
    Org(Org),
    /// A member, new or as they are now.
    Member(Member),
    /// A key, new or as it is now.
    ApiKey(ApiKey),
}

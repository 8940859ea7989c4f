//! The organisation, its members and keys.

use async_trait::async_trait;

use super::MemoryStore;
use super::state::Rows;
use crate::access::{AccessStore, AccessWrite, ApiKey, Member, Org};
use crate::id::MemberId;
use crate::scope::OrgScope;
use crate::store::StoreResult;

impl Rows {
    pub(super) fn write_access(&mut self, write: AccessWrite) {
        match write {
            AccessWrite::Org(org) => self.org = Some(org),
            AccessWrite::Member(member) => {
                self.members.insert(member.id, member);
            }
            AccessWrite::ApiKey(key) => {
                self.keys.insert(key.id, key);
            }
        }
    }
}

#[async_trait]
impl AccessStore for MemoryStore {
    async fn org(&self, scope: &OrgScope) -> StoreResult<Option<Org>> {
        self.read(scope, |rows, _| rows.org.clone())
    }

    async fn member(&self, scope: &OrgScope, id: MemberId) -> StoreResult<Option<Member>> {
        self.read(scope, |rows, _| rows.members.get(&id).cloned())
    }

    async fn members(&self, scope: &OrgScope) -> StoreResult<Vec<Member>> {
        self.read(scope, |rows, _| rows.members.values().cloned().collect())
    }

    async fn api_keys(&self, scope: &OrgScope) -> StoreResult<Vec<ApiKey>> {
        self.read(scope, |rows, _| rows.keys.values().cloned().collect())
    }
}

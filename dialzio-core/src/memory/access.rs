//! The organisation, its members and keys.

use async_trait::async_trait;

use super::MemoryStore;
use super::commit::{absent, missing};
use super::state::Rows;
use crate::access::{AccessStore, AccessWrite, ApiKey, Member, Org};
use crate::id::{ApiKeyId, MemberId, OrgId};
use crate::scope::OrgScope;
use crate::store::{Precondition, RecordRef, Revision, StoreError, StoreResult};

impl Rows {
    pub(super) fn write_access(&mut self, write: AccessWrite, org: OrgId) -> StoreResult<()> {
        match write {
            AccessWrite::InsertOrg(new) => {
                if self.org.is_some() {
                    return Err(StoreError::precondition_failed(Precondition::Revision(
                        RecordRef::Org(org),
                        Revision::NONE,
                    )));
                }
                self.org = Some(new);
            }
            AccessWrite::ChangeOrg(change) => {
                change.apply(self.org.as_mut().ok_or_else(|| missing(RecordRef::Org(org)))?);
            }
            AccessWrite::InsertMember(member) => {
                absent(&self.members, &member.id, RecordRef::Member(member.id))?;
                self.members.insert(member.id, member);
            }
            AccessWrite::ChangeMember { member, change } => {
                let kept = self.members.get_mut(&member);
                change.apply(kept.ok_or_else(|| missing(RecordRef::Member(member)))?);
            }
            AccessWrite::InsertApiKey(key) => {
                absent(&self.keys, &key.id, RecordRef::ApiKey(key.id))?;
                self.keys.insert(key.id, key);
            }
            AccessWrite::ChangeApiKey { key, change } => {
                change.apply(self.keys.get_mut(&key).ok_or_else(|| missing(RecordRef::ApiKey(key)))?);
            }
        }
        Ok(())
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

    async fn api_key(&self, scope: &OrgScope, id: ApiKeyId) -> StoreResult<Option<ApiKey>> {
        self.read(scope, |rows, _| rows.keys.get(&id).cloned())
    }

    async fn api_keys(&self, scope: &OrgScope) -> StoreResult<Vec<ApiKey>> {
        self.read(scope, |rows, _| rows.keys.values().cloned().collect())
    }
}

//! Identity providers, and what they call members.

use async_trait::async_trait;

use super::MemoryStore;
use super::commit::{absent, missing};
use super::state::Rows;
use crate::id::IdentityProviderId;
use crate::identity_provider::{
    IdentityProvider, IdentityProviderStore, IdentityProviderWrite, MemberIdentity,
};
use crate::scope::OrgScope;
use crate::store::{RecordRef, StoreResult};
use crate::text::Subject;

impl Rows {
    pub(super) fn write_identity_provider(&mut self, write: IdentityProviderWrite) -> StoreResult<()> {
        match write {
            IdentityProviderWrite::Insert(new) => {
                absent(&self.identity_providers, &new.id, RecordRef::IdentityProvider(new.id))?;
                self.identity_providers.insert(new.id, new);
            }
            IdentityProviderWrite::Change { provider, change } => {
                let kept = self.identity_providers.get_mut(&provider);
                change.apply(kept.ok_or_else(|| missing(RecordRef::IdentityProvider(provider)))?);
            }
            IdentityProviderWrite::Remove(id) => {
                let gone = self.identity_providers.remove(&id);
                gone.ok_or_else(|| missing(RecordRef::IdentityProvider(id)))?;
                self.member_identities.retain(|(provider, _), _| *provider != id);
            }
            IdentityProviderWrite::Link(identity) => {
                self.member_identities.insert((identity.provider, identity.subject.clone()), identity);
            }
            IdentityProviderWrite::Unlink(id) => {
                self.member_identities.retain(|(provider, _), _| *provider != id);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl IdentityProviderStore for MemoryStore {
    async fn identity_provider(
        &self,
        scope: &OrgScope,
        id: IdentityProviderId,
    ) -> StoreResult<Option<IdentityProvider>> {
        self.read(scope, |rows, _| rows.identity_providers.get(&id).cloned())
    }

    async fn identity_providers(&self, scope: &OrgScope) -> StoreResult<Vec<IdentityProvider>> {
        self.read(scope, |rows, _| rows.identity_providers.values().cloned().collect())
    }

    async fn member_identity(
        &self,
        scope: &OrgScope,
        provider: IdentityProviderId,
        subject: &Subject,
    ) -> StoreResult<Option<MemberIdentity>> {
        self.read(scope, |rows, _| rows.member_identities.get(&(provider, subject.clone())).cloned())
    }
}

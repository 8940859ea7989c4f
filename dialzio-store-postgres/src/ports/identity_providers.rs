//! Identity providers.

use async_trait::async_trait;

use dialzio_core::identity_provider::{IdentityProvider, IdentityProviderStore, MemberIdentity};
use dialzio_core::text::Subject;
use dialzio_core::{IdentityProviderId, OrgScope, StoreResult};

use crate::{PostgresStore, identity_providers};

#[async_trait]
impl IdentityProviderStore for PostgresStore {
    async fn identity_provider(
        &self,
        scope: &OrgScope,
        id: IdentityProviderId,
    ) -> StoreResult<Option<IdentityProvider>> {
        read_in!(self, scope, |db, org| identity_providers::one(db, org, id))
    }

    async fn identity_providers(&self, scope: &OrgScope) -> StoreResult<Vec<IdentityProvider>> {
        read_in!(self, scope, |db, org| identity_providers::all(db, org))
    }

    async fn member_identity(
        &self,
        scope: &OrgScope,
        provider: IdentityProviderId,
        subject: &Subject,
    ) -> StoreResult<Option<MemberIdentity>> {
        read_in!(self, scope, |db, org| identity_providers::member(db, org, provider, subject.reveal()))
    }
}

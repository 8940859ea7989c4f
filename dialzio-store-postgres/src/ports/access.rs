//! Organisations, members and API keys.

use async_trait::async_trait;

use dialzio_core::access::{AccessStore, ApiKey, Member, Org};
use dialzio_core::{ApiKeyId, MemberId, OrgScope, StoreResult};

use crate::{PostgresStore, access};

#[async_trait]
impl AccessStore for PostgresStore {
    async fn org(&self, scope: &OrgScope) -> StoreResult<Option<Org>> {
        read_in!(self, scope, |db, _org| access::org(db, scope.org()))
    }

    async fn member(&self, scope: &OrgScope, id: MemberId) -> StoreResult<Option<Member>> {
        read_in!(self, scope, |db, org| access::member(db, org, id))
    }

    async fn members(&self, scope: &OrgScope) -> StoreResult<Vec<Member>> {
        read_in!(self, scope, |db, org| access::members(db, org))
    }

    async fn api_key(&self, scope: &OrgScope, id: ApiKeyId) -> StoreResult<Option<ApiKey>> {
        read_in!(self, scope, |db, org| access::api_key(db, org, id))
    }

    async fn api_keys(&self, scope: &OrgScope) -> StoreResult<Vec<ApiKey>> {
        read_in!(self, scope, |db, org| access::api_keys(db, org))
    }
}

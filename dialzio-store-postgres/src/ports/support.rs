//! Requests for help.

use async_trait::async_trait;

use dialzio_core::page::{Page, PageRequest};
use dialzio_core::support::{SupportMessage, SupportRequest, SupportStore};
use dialzio_core::{MemberId, OrgScope, StoreResult, SupportRequestId};

use crate::{PostgresStore, support};

#[async_trait]
impl SupportStore for PostgresStore {
    async fn support_request(
        &self,
        scope: &OrgScope,
        id: SupportRequestId,
    ) -> StoreResult<Option<SupportRequest>> {
        read_in!(self, scope, |db, org| support::kept(db, org, self.now(), id))
    }

    async fn support_requests(
        &self,
        scope: &OrgScope,
        member: Option<MemberId>,
        page: PageRequest,
    ) -> StoreResult<Page<SupportRequest>> {
        read_in!(self, scope, |db, org| support::of(db, org, self.now(), member, &page))
    }

    async fn support_messages(
        &self,
        scope: &OrgScope,
        request: SupportRequestId,
    ) -> StoreResult<Vec<SupportMessage>> {
        read_in!(self, scope, |db, org| support::messages(db, org, request))
    }
}

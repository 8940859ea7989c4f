//! Notices.

use async_trait::async_trait;

use dialzio_core::notice::{NoticeEntry, NoticeStore};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::{MemberId, OrgScope, StoreResult};

use crate::retention::RetentionCutoff;
use crate::{PostgresStore, notices};

#[async_trait]
impl NoticeStore for PostgresStore {
    async fn notices(
        &self,
        scope: &OrgScope,
        member: MemberId,
        unread: bool,
        page: PageRequest,
    ) -> StoreResult<Page<NoticeEntry>> {
        read_in!(self, scope, |db, org| notices::of(
            db,
            org,
            RetentionCutoff::at(self.now()),
            member,
            unread,
            &page
        ))
    }

    async fn unread_notices(&self, scope: &OrgScope, member: MemberId, most: u32) -> StoreResult<u32> {
        read_in!(self, scope, |db, org| notices::unread(
            db,
            org,
            RetentionCutoff::at(self.now()),
            member,
            most
        ))
    }
}

//! Notices: their port, and how they are read and written.

use async_trait::async_trait;
use rusqlite::params;

use dialzio_core::notice::{NoticeEntry, NoticeStore, NoticeWrite, ReadNotices};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::StoreError;
use dialzio_core::store::periods::NOTICE_PERIOD;
use dialzio_core::{MemberId, OrgScope, StoreResult};

use crate::SqliteStore;
use crate::apply::Scope;
use crate::codec::{id, read, time};
use crate::contacts::{AFTER_ALL, id_after, id_key, over};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

#[async_trait]
impl NoticeStore for SqliteStore {
    async fn notices(
        &self,
        scope: &OrgScope,
        member: MemberId,
        unread: bool,
        page: PageRequest,
    ) -> StoreResult<Page<NoticeEntry>> {
        self.read(scope, move |snapshot| {
            let seen = snapshot.seen()?;
            let expired = seen.cutoff.max(seen.now - NOTICE_PERIOD.num_microseconds().unwrap_or(0));
            let after = id_after(&page, AFTER_ALL)?;
            let asked = params![snapshot.key(), id(member), expired, after, over(&page)];
            let statement = if unread { sql::UNREAD_NOTICES } else { sql::NOTICES };
            let found = snapshot.db.all(statement, asked, read)?;
            Ok(Page::from_overread(found, page.limit, |entry: &NoticeEntry| id_key(entry.notice.id)))
        })
        .await
    }

    async fn unread_notices(&self, scope: &OrgScope, member: MemberId, most: u32) -> StoreResult<u32> {
        self.read(scope, move |snapshot| {
            let seen = snapshot.seen()?;
            let expired = seen.cutoff.max(seen.now - NOTICE_PERIOD.num_microseconds().unwrap_or(0));
            let asked = params![snapshot.key(), id(member), expired, most];
            let found = snapshot.db.all(sql::COUNT_UNREAD_NOTICES, asked, |_| Ok(()))?;
            Ok(u32::try_from(found.len()).unwrap_or(most))
        })
        .await
    }
}

impl Scope<'_> {
    pub(crate) fn write_notice(&mut self, write: &NoticeWrite) -> Res<()> {
        match write {
            NoticeWrite::Insert(notice) => self.db.put(sql::PUT_NOTICE, self.key, notice).map(drop),
            NoticeWrite::Read { member, which, at } => {
                let (statement, of) = match which {
                    ReadNotices::One(notice) => (sql::READ_NOTICE, id(*notice)),
                    ReadNotices::UpTo(notice) => (sql::READ_NOTICES_UP_TO, id(*notice)),
                    ReadNotices::About(contact) => (sql::READ_NOTICES_ABOUT, id(*contact)),
                };
                self.db.run(statement, params![self.key, id(*member), of, time(*at)]).map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to notices"))),
        }
    }
}

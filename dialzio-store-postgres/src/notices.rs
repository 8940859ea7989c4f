//! Notices: how they are read and written.

use uuid::Uuid;

use dialzio_core::MemberId;
use dialzio_core::notice::{NoticeEntry, NoticeWrite, ReadNotices};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::StoreError;
use dialzio_core::store::periods::NOTICE_PERIOD;
use dialzio_core::store::rows::Columns;

use crate::apply::Scope;
use crate::codec::{Cols, id, read, time};
use crate::contacts::{id_before, id_key, over};
use crate::error::{Failure, Res};
use crate::retention::RetentionCutoff;
use crate::run::{Db, params};
use crate::statements as sql;

/// Notices that were made up to here are over.
fn expired(retention: RetentionCutoff) -> i64 {
    retention.now - NOTICE_PERIOD.num_microseconds().unwrap_or(0)
}

pub(crate) async fn of(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    member: MemberId,
    unread: bool,
    page: &PageRequest,
) -> Res<Page<NoticeEntry>> {
    let before = id_before(page)?;
    let asked = params![org, retention.now, expired(retention), id(member), before, over(page)];
    let statement = if unread { sql::UNREAD_NOTICES } else { sql::NOTICES };
    let found = db.all(statement, asked, read).await?;
    Ok(Page::from_overread(found, page.limit, |entry: &NoticeEntry| id_key(entry.notice.id)))
}

pub(crate) async fn unread(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    member: MemberId,
    most: u32,
) -> Res<u32> {
    let asked = params![org, retention.now, expired(retention), id(member), i64::from(most)];
    let count = db.one(sql::COUNT_UNREAD_NOTICES, asked, |row| Cols::new(row, "notice").number::<u32>());
    Ok(count.await?.unwrap_or(0))
}

impl Scope<'_> {
    pub(crate) async fn write_notice(&mut self, write: &NoticeWrite) -> Res<()> {
        match write {
            NoticeWrite::Insert(notice) => self.db.put_one(sql::PUT_NOTICE, self.key, notice).await.map(drop),
            NoticeWrite::Read { member, which, at } => {
                let (statement, of) = match which {
                    ReadNotices::One(notice) => (sql::READ_NOTICE, id(*notice)),
                    ReadNotices::UpTo(notice) => (sql::READ_NOTICES_UP_TO, id(*notice)),
                    ReadNotices::About(contact) => (sql::READ_NOTICES_ABOUT, id(*contact)),
                };
                self.db.run(statement, params![self.key, id(*member), of, time(*at)]).await.map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to notices"))),
        }
    }
}

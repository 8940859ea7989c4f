//! Requests for help: their port, and how they are read, written and removed.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::periods::SUPPORT_PERIOD;
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::support::{SupportMessage, SupportRequest, SupportStore, SupportWrite};
use dialzio_core::{MemberId, OrgScope, StoreResult, SupportRequestId};

use crate::SqliteStore;
use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, read, time};
use crate::contacts::{AFTER_ALL, id_after, id_key, over};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

#[async_trait]
impl SupportStore for SqliteStore {
    async fn support_request(
        &self,
        scope: &OrgScope,
        of: SupportRequestId,
    ) -> StoreResult<Option<SupportRequest>> {
        self.read(scope, move |snapshot| {
            let found = one(snapshot.db, snapshot.key(), of)?;
            Ok(found.filter(|request| request.is_kept(snapshot.now)))
        })
        .await
    }

    async fn support_requests(
        &self,
        scope: &OrgScope,
        member: Option<MemberId>,
        page: PageRequest,
    ) -> StoreResult<Page<SupportRequest>> {
        self.read(scope, move |snapshot| {
            let (since, after) = (time(snapshot.now - SUPPORT_PERIOD), id_after(&page, AFTER_ALL)?);
            let (key, most) = (snapshot.key(), over(&page));
            let found = match member {
                None => snapshot.db.all(sql::SUPPORT_REQUESTS, params![key, after, since, most], read)?,
                Some(member) => {
                    let asked = params![key, after, since, most, id(member)];
                    snapshot.db.all(sql::SUPPORT_REQUESTS_OF, asked, read)?
                }
            };
            Ok(Page::from_overread(found, page.limit, |request: &SupportRequest| id_key(request.id)))
        })
        .await
    }

    async fn support_messages(
        &self,
        scope: &OrgScope,
        request: SupportRequestId,
    ) -> StoreResult<Vec<SupportMessage>> {
        self.read(scope, move |snapshot| {
            snapshot.db.all(sql::SUPPORT_MESSAGES, params![snapshot.key(), id(request)], read)
        })
        .await
    }
}

/// A request, expired or not.
pub(crate) fn one(db: &Connection, org: [u8; 16], of: SupportRequestId) -> Res<Option<SupportRequest>> {
    db.one(sql::SUPPORT_REQUEST, params![org, id(of)], read)
}

impl Scope<'_> {
    pub(crate) fn write_support(&mut self, write: &SupportWrite) -> Res<()> {
        let unknown = |request| missing(RecordRef::SupportRequest(request));
        match write {
            SupportWrite::Insert(new) => {
                absent(one(self.db, self.key, new.id)?.as_ref(), RecordRef::SupportRequest(new.id))?;
                self.db.put(sql::PUT_SUPPORT_REQUEST, self.key, new).map(drop)
            }
            SupportWrite::Change { request, change } => {
                let kept = one(self.db, self.key, *request)?;
                let mut kept = kept.ok_or_else(|| unknown(*request))?;
                change.apply(&mut kept);
                self.db.put(sql::PUT_SUPPORT_REQUEST, self.key, &kept).map(drop)
            }
            SupportWrite::Append(new) => {
                one(self.db, self.key, new.request)?.ok_or_else(|| unknown(new.request))?;
                self.db.put(sql::PUT_SUPPORT_MESSAGE, self.key, new).map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to requests for help"))),
        }
    }

    /// Removes requests that were closed before an instant; their messages go with them.
    pub(crate) fn purge_support(&mut self, before: DateTime<Utc>, limit: u32) -> Res<u64> {
        let over = self.db.all(sql::SUPPORT_OVER, params![self.key, time(before), limit], |row| {
            Cols::new(row, "request for help").id::<SupportRequestId>()
        })?;
        for gone in &over {
            self.db.run(sql::DROP_SUPPORT_REQUEST, params![self.key, id(*gone)])?;
        }
        Ok(over.len() as u64)
    }
}

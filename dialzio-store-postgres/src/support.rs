//! Requests for help: how they are read and written.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::periods::SUPPORT_PERIOD;
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::support::{SupportMessage, SupportRequest, SupportWrite};
use dialzio_core::{MemberId, SupportRequestId};

use crate::apply::{Scope, absent, missing};
use crate::codec::{id, read, time};
use crate::contacts::{id_before, id_key, over};
use crate::error::{Failure, Res};
use crate::run::{Db, params};
use crate::statements as sql;

/// A request, expired or not.
pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: SupportRequestId) -> Res<Option<SupportRequest>> {
    db.one(sql::SUPPORT_REQUEST, params![org, id(of)], read).await
}

/// A request that has not expired.
pub(crate) async fn kept(
    db: &mut Db<'_>,
    org: Uuid,
    now: DateTime<Utc>,
    of: SupportRequestId,
) -> Res<Option<SupportRequest>> {
    Ok(one(db, org, of).await?.filter(|request| request.is_kept(now)))
}

/// The requests of a member, or of all, newest first.
pub(crate) async fn of(
    db: &mut Db<'_>,
    org: Uuid,
    now: DateTime<Utc>,
    member: Option<MemberId>,
    page: &PageRequest,
) -> Res<Page<SupportRequest>> {
    let (before, since, most) = (id_before(page)?, time(now - SUPPORT_PERIOD), over(page));
    let found = match member {
        None => db.all(sql::SUPPORT_REQUESTS, params![org, before, since, most], read).await?,
        Some(member) => {
            let asked = params![org, before, since, most, id(member)];
            db.all(sql::SUPPORT_REQUESTS_OF, asked, read).await?
        }
    };
    Ok(Page::from_overread(found, page.limit, |request: &SupportRequest| id_key(request.id)))
}

pub(crate) async fn messages(
    db: &mut Db<'_>,
    org: Uuid,
    request: SupportRequestId,
) -> Res<Vec<SupportMessage>> {
    db.all(sql::SUPPORT_MESSAGES, params![org, id(request)], read).await
}

impl Scope<'_> {
    pub(crate) async fn write_support(&mut self, write: &SupportWrite) -> Res<()> {
        let unknown = |request| missing(RecordRef::SupportRequest(request));
        match write {
            SupportWrite::Insert(new) => {
                let kept = one(&mut self.db, self.key, new.id).await?;
                absent(kept.as_ref(), RecordRef::SupportRequest(new.id))?;
                self.db.put_one(sql::PUT_SUPPORT_REQUEST, self.key, new).await.map(drop)
            }
            SupportWrite::Change { request, change } => {
                let kept = one(&mut self.db, self.key, *request).await?;
                let mut kept = kept.ok_or_else(|| unknown(*request))?;
                change.apply(&mut kept);
                self.db.put_one(sql::PUT_SUPPORT_REQUEST, self.key, &kept).await.map(drop)
            }
            SupportWrite::Append(new) => {
                let kept = one(&mut self.db, self.key, new.request).await?;
                kept.ok_or_else(|| unknown(new.request))?;
                self.db.put_one(sql::PUT_SUPPORT_MESSAGE, self.key, new).await.map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to requests for help"))),
        }
    }
}

//! Service updates: how they are read and written.

use chrono::{DateTime, Utc};

use dialzio_core::news::{NewsReader, Recipient, ServiceUpdate, ServiceUpdateChange};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::rows::Columns;
use dialzio_core::{Revision, ServiceUpdateId, UserId};
use uuid::Uuid;

use crate::codec::{Cols, id, opt_id, read, time};
use crate::contacts::{id_before, id_key, over};
use crate::error::Res;
use crate::run::{Db, params, row};
use crate::statements as sql;

pub(crate) async fn one(
    db: &mut Db<'_>,
    of: ServiceUpdateId,
    since: DateTime<Utc>,
) -> Res<Option<ServiceUpdate>> {
    db.one(sql::SERVICE_UPDATE, params![id(of), time(since)], read).await
}

/// Updates published after an instant, newest first.
pub(crate) async fn all(
    db: &mut Db<'_>,
    since: DateTime<Utc>,
    with_product: bool,
    page: &PageRequest,
) -> Res<Page<ServiceUpdate>> {
    let asked = params![id_before(page)?, time(since), with_product, over(page)];
    let found = db.all(sql::NEWS, asked, read).await?;
    Ok(Page::from_overread(found, page.limit, |update: &ServiceUpdate| id_key(update.id)))
}

/// How many updates a reader has not read, counted up to `most`.
pub(crate) async fn unread(
    db: &mut Db<'_>,
    since: DateTime<Utc>,
    reader: &NewsReader,
    most: u32,
) -> Res<u32> {
    let asked = params![id(reader.unread_after()), time(since), reader.takes_product, i64::from(most)];
    let count = db.one(sql::UNREAD_NEWS, asked, |row| Cols::new(row, "service update").number::<u32>());
    Ok(count.await?.unwrap_or_default())
}

pub(crate) async fn reader(db: &mut Db<'_>, user: UserId) -> Res<Option<NewsReader>> {
    db.one(sql::NEWS_READER, params![id(user)], read).await
}

pub(crate) async fn to_mail(db: &mut Db<'_>, since: DateTime<Utc>) -> Res<Option<ServiceUpdate>> {
    db.one(sql::NEWS_TO_MAIL, params![time(since)], read).await
}

pub(crate) async fn recipients(db: &mut Db<'_>, after: Option<UserId>, limit: u32) -> Res<Vec<Recipient>> {
    let after = after.map_or(Uuid::nil(), id);
    db.all(sql::NEWS_RECIPIENTS, params![after, i64::from(limit), true], read).await
}

/// A new service update; whether its id was free.
pub(crate) async fn publish(db: &mut Db<'_>, new: &ServiceUpdate) -> Res<bool> {
    Ok(db.run(sql::PUT_NEWS, row(new)?).await? > 0)
}

/// How far an update was mailed; whether it is at the revision.
pub(crate) async fn change(
    db: &mut Db<'_>,
    update: ServiceUpdateId,
    revision: Revision,
    change: &ServiceUpdateChange,
) -> Res<bool> {
    let (to, at) = (change.mailed_to.flatten(), change.mailed_at.flatten());
    let row = params![id(update), i64::from(revision.0), opt_id(to), at.map(time)];
    Ok(db.run(sql::CHANGE_NEWS, row).await? > 0)
}

/// A user has read an update and all that are older.
pub(crate) async fn mark_read(db: &mut Db<'_>, user: UserId, up_to: ServiceUpdateId) -> Res<()> {
    db.run(sql::READ_NEWS, params![id(user), id(up_to), true]).await.map(drop)
}

/// A user takes product news, or does not.
pub(crate) async fn choose(db: &mut Db<'_>, user: UserId, takes_product: bool) -> Res<()> {
    db.run(sql::CHOOSE_NEWS, params![id(user), takes_product]).await.map(drop)
}

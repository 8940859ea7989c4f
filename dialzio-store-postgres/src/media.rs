//! Files.

use uuid::Uuid;

use dialzio_core::MediaId;
use dialzio_core::media::{Media, MediaOwner, MediaWrite};
use dialzio_core::store::StoreError;
use dialzio_core::time::RETENTION_CAP;

use crate::apply::Scope;
use crate::codec::{id, read, time};
use crate::error::{Failure, Res, unreadable};
use crate::retention::RetentionCutoff;
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn one(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    of: MediaId,
) -> Res<Option<Media>> {
    db.one(sql::MEDIA, params![org, retention.now, retention.now, id(of)], read).await
}

pub(crate) async fn of_owners(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    owners: &[MediaOwner],
) -> Res<Vec<Media>> {
    let mut found = Vec::new();
    for (kind, ids) in MediaOwner::by_kind(owners) {
        let row = params![org, retention.now, retention.now, kind.as_str(), ids];
        found.extend(db.all(sql::MEDIA_OF, row, read).await?);
    }
    Ok(found)
}

impl Scope<'_> {
    pub(crate) async fn write_media(&mut self, write: &MediaWrite) -> Res<()> {
        match write {
            MediaWrite::Insert(file) if self.has_owner(file.owner).await? => {
                self.db.put_one(sql::PUT_MEDIA, self.key, file).await.map(drop)
            }
            MediaWrite::Insert(_) => Err(unreadable("owner of a file")),
            MediaWrite::Update(file) => {
                let is_of_another = self.db.put_one(sql::SET_MEDIA, self.key, file).await? == 0
                    && self.db.any(sql::MEDIA_HELD, params![self.key, id(file.id)]).await?;
                // One that was purged meanwhile stays gone.
                if is_of_another { Err(unreadable("owner of a file")) } else { Ok(()) }
            }
            MediaWrite::End { id: file, at } => {
                // One that is past the longest time is gone already, and its end may not lie beyond it.
                let row = params![self.key, id(*file), time(*at), time(*at - RETENTION_CAP)];
                self.db.run(sql::END_MEDIA, row).await.map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to files"))),
        }
    }

    /// Whether the owner of a file is there, expired or not: it takes its files with it when it goes. Mostly the group has
    /// just written it, and the database is not asked.
    async fn has_owner(&mut self, owner: MediaOwner) -> Res<bool> {
        match owner {
            MediaOwner::Message(message) => {
                if self.group.rows.messages.iter().any(|new| new.id == message) {
                    return Ok(true);
                }
                self.db.any(sql::MESSAGE_HELD, params![self.key, id(message)]).await
            }
            MediaOwner::Call(call) => {
                Ok(crate::calls::revision(&mut self.db, self.key, call).await?.is_some())
            }
            _ => Err(Failure::Store(StoreError::Unsupported("an owner of files"))),
        }
    }
}

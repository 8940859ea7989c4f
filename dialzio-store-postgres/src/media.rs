//! Files.

use uuid::Uuid;

use dialzio_core::media::{Media, MediaWrite};
use dialzio_core::store::StoreError;
use dialzio_core::{MediaId, MessageId};

use crate::apply::Scope;
use crate::codec::{id, id_list, read};
use crate::error::{Failure, Res};
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

pub(crate) async fn of_messages(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    messages: &[MessageId],
) -> Res<Vec<Media>> {
    let ids = id_list(messages.iter().copied());
    db.all(sql::MEDIA_OF, params![org, retention.now, retention.now, ids], read).await
}

impl Scope<'_> {
    pub(crate) async fn write_media(&mut self, write: &MediaWrite) -> Res<()> {
        let (statement, file) = match write {
            MediaWrite::Insert(file) => (sql::PUT_MEDIA, file),
            // One that was purged meanwhile stays gone.
            MediaWrite::Update(file) => (sql::SET_MEDIA, file),
            _ => return Err(Failure::Store(StoreError::Unsupported("a change to files"))),
        };
        self.db.put_one(statement, self.key, file).await.map(drop)
    }
}

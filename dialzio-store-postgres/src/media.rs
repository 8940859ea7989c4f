//! Files.

use sqlx::postgres::PgRow;
use uuid::Uuid;

use dialzio_core::blob::BlobKey;
use dialzio_core::media::{Media, MediaWrite};
use dialzio_core::store::StoreError;
use dialzio_core::{MediaId, MessageId, OrgId, TypedId};

use crate::apply::Scope;
use crate::codec::{Cols, id, id_list, opt_time, time};
use crate::error::{Failure, Res};
use crate::run::{Db, params};
use crate::sight::Sight;
use crate::statements as sql;

/// A blob's key as stored: the organisation, then the file.
fn blob_column(blob: Option<&BlobKey>) -> Option<Vec<u8>> {
    blob.map(|key| [id(key.org).into_bytes(), id(key.media).into_bytes()].concat())
}

fn blob(bytes: &[u8]) -> Option<BlobKey> {
    let (org, media) = bytes.split_first_chunk::<16>()?;
    Some(BlobKey {
        org: OrgId::from_uuid(Uuid::from_bytes(*org)),
        media: MediaId::from_uuid(Uuid::from_slice(media).ok()?),
    })
}

fn media(row: &PgRow) -> Res<Media> {
    let c = Cols::new(row, "file");
    Ok(Media {
        id: c.id()?,
        message: c.id()?,
        account: c.id()?,
        what: c.word()?,
        state: c.word()?,
        mime: c.get()?,
        filename: c.get()?,
        size: c.get::<Option<i64>>()?.map(i64::cast_unsigned),
        sha256: c.get()?,
        provider_id: c.get()?,
        blob: c.get::<Option<Vec<u8>>>()?.map(|bytes| blob(&bytes).ok_or_else(|| c.bad())).transpose()?,
        wrapped_key: c.get()?,
        event_at: c.time()?,
        expires_at: c.opt_time()?,
    })
}

pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, sight: Sight, of: MediaId) -> Res<Option<Media>> {
    db.one(sql::MEDIA, params![org, sight.now, sight.now, id(of)], media).await
}

pub(crate) async fn of_messages(
    db: &mut Db<'_>,
    org: Uuid,
    sight: Sight,
    messages: &[MessageId],
) -> Res<Vec<Media>> {
    let ids = id_list(messages.iter().copied());
    db.all(sql::MEDIA_OF, params![org, sight.now, sight.now, ids], media).await
}

impl Scope<'_> {
    pub(crate) async fn write_media(&mut self, write: &MediaWrite) -> Res<()> {
        let (statement, file) = match write {
            MediaWrite::Insert(file) => (sql::PUT_MEDIA, file),
            // One that was purged meanwhile stays gone.
            MediaWrite::Update(file) => (sql::SET_MEDIA, file),
            _ => return Err(Failure::Store(StoreError::Unsupported("a change to files"))),
        };
        let row = params![
            self.key,
            id(file.id),
            id(file.message),
            id(file.account),
            file.what.as_str(),
            file.state.as_str(),
            file.mime,
            file.filename,
            file.size.map(u64::cast_signed),
            file.sha256,
            file.provider_id,
            blob_column(file.blob.as_ref()),
            file.wrapped_key,
            time(file.event_at),
            opt_time(file.expires_at),
        ];
        self.db.run(statement, row).await.map(drop)
    }
}

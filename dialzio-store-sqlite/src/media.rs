//! Files.

use rusqlite::{Connection, Row, params};

use dialzio_core::blob::BlobKey;
use dialzio_core::media::{Media, MediaWrite};
use dialzio_core::store::StoreError;
use dialzio_core::{MediaId, MessageId, OrgId, TypedId};
use uuid::Uuid;

use crate::apply::Scope;
use crate::codec::{Cols, id, id_list, opt_time, time};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::sight::Sight;
use crate::statements as sql;

/// A blob's key as stored: the organisation, then the file.
fn blob_column(blob: Option<&BlobKey>) -> Option<Vec<u8>> {
    blob.map(|key| [id(key.org), id(key.media)].concat())
}

fn blob(bytes: &[u8]) -> Option<BlobKey> {
    let (org, media) = bytes.split_first_chunk::<16>()?;
    Some(BlobKey {
        org: OrgId::from_uuid(Uuid::from_bytes(*org)),
        media: MediaId::from_uuid(Uuid::from_slice(media).ok()?),
    })
}

fn media(row: &Row<'_>) -> Res<Media> {
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

pub(crate) fn one(db: &Connection, org: [u8; 16], sight: Sight, of: MediaId) -> Res<Option<Media>> {
    db.one(sql::MEDIA, params![org, sight.cutoff, sight.now, id(of)], media)
}

pub(crate) fn of_messages(
    db: &Connection,
    org: [u8; 16],
    sight: Sight,
    messages: &[MessageId],
) -> Res<Vec<Media>> {
    let ids = id_list(messages.iter().copied());
    db.all(sql::MEDIA_OF, params![org, sight.cutoff, sight.now, ids], media)
}

impl Scope<'_> {
    pub(crate) fn write_media(&mut self, write: &MediaWrite) -> Res<()> {
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
        self.db.run(statement, row).map(drop)
    }
}

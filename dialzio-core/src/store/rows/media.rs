//! Files.

use uuid::Uuid;

use super::{Bind, Columns, FromRow, ToRow};
use crate::TypedId;
use crate::blob::BlobKey;
use crate::id::{MediaId, OrgId};
use crate::media::{Media, MediaOwner};
use crate::store::StoreResult;

/// A blob's key as stored: the organisation, then the file.
fn stored_key(key: &BlobKey) -> Vec<u8> {
    [key.org.uuid().into_bytes(), key.media.uuid().into_bytes()].concat()
}

fn blob_key(bytes: &[u8]) -> Option<BlobKey> {
    let (org, media) = bytes.split_first_chunk::<16>()?;
    Some(BlobKey {
        org: OrgId::from_uuid(Uuid::from_bytes(*org)),
        media: MediaId::from_uuid(Uuid::from_slice(media).ok()?),
    })
}

impl FromRow for Media {
    const RECORD: &'static str = "file";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            owner: MediaOwner::from_stored(c.word()?, c.uuid()?),
            account: c.id()?,
            what: c.word()?,
            state: c.word()?,
            mime: c.opt_text()?,
            filename: c.opt_text()?,
            size: c.opt_integer()?.map(i64::cast_unsigned),
            sha256: c.opt_bytes()?.map(|bytes| bytes.try_into().map_err(|_| c.bad())).transpose()?,
            provider_id: c.opt_text()?,
            blob: c.opt_bytes()?.map(|bytes| blob_key(bytes).ok_or_else(|| c.bad())).transpose()?,
            wrapped_key: c.opt_bytes()?.map(<[u8]>::to_vec),
            event_at: c.time()?,
            expires_at: c.opt_time()?,
        })
    }
}

impl ToRow for Media {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.text(self.owner.kind().as_str());
        to.opt_uuid(Some(self.owner.uuid()));
        to.id(self.account);
        to.text(self.what.as_str());
        to.text(self.state.as_str());
        to.opt_text(self.mime.as_deref());
        to.opt_text(self.filename.as_deref());
        to.opt_integer(self.size.map(u64::cast_signed));
        to.opt_bytes(self.sha256.as_ref().map(<[u8; 32]>::as_slice));
        to.opt_text(self.provider_id.as_deref());
        to.opt_bytes(self.blob.as_ref().map(stored_key).as_deref());
        to.opt_bytes(self.wrapped_key.as_deref());
        to.time(self.event_at);
        to.opt_time(self.expires_at);
        Ok(())
    }
}

//! Rows of files.

use async_trait::async_trait;

use dialzio_core::media::{Media, MediaOwner, MediaStore};
use dialzio_core::{MediaId, OrgScope, StoreResult};

use crate::retention::RetentionCutoff;
use crate::{PostgresStore, media};

#[async_trait]
impl MediaStore for PostgresStore {
    async fn media(&self, scope: &OrgScope, id: MediaId) -> StoreResult<Option<Media>> {
        read_in!(self, scope, |db, org| media::one(db, org, RetentionCutoff::at(self.now()), id))
    }

    async fn media_of(&self, scope: &OrgScope, of: &[MediaOwner]) -> StoreResult<Vec<Media>> {
        read_in!(self, scope, |db, org| media::of_owners(db, org, RetentionCutoff::at(self.now()), of))
    }
}

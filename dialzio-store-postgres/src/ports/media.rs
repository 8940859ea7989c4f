//! Rows of files.

use async_trait::async_trait;

use dialzio_core::media::{Media, MediaStore};
use dialzio_core::{MediaId, MessageId, OrgScope, StoreResult};

use crate::retention::RetentionCutoff;
use crate::{PostgresStore, media};

#[async_trait]
impl MediaStore for PostgresStore {
    async fn media(&self, scope: &OrgScope, id: MediaId) -> StoreResult<Option<Media>> {
        read_in!(self, scope, |db, org| media::one(db, org, RetentionCutoff::at(self.now()), id))
    }

    async fn media_of(&self, scope: &OrgScope, of: &[MessageId]) -> StoreResult<Vec<Media>> {
        read_in!(self, scope, |db, org| media::of_messages(db, org, RetentionCutoff::at(self.now()), of))
    }
}

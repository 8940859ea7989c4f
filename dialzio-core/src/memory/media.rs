//! Files.

use async_trait::async_trait;

use super::state::Rows;
use super::{MemoryStore, unreadable};
use crate::id::{MediaId, MessageId};
use crate::media::{Media, MediaStore, MediaWrite};
use crate::scope::OrgScope;
use crate::store::StoreResult;

impl Rows {
    pub(super) fn write_media(&mut self, write: MediaWrite) -> StoreResult<()> {
        let (MediaWrite::Insert(media) | MediaWrite::Update(media)) = &write;
        Self::check_end(media.event_at, media.expires_at)?;
        match write {
            MediaWrite::Insert(media) => {
                if !self.messages.contains_key(&media.message) {
                    return Err(unreadable("message of a file"));
                }
                self.media.insert(media.id, media);
            }
            // One that was purged meanwhile stays gone.
            MediaWrite::Update(media) => {
                if let Some(kept) = self.media.get_mut(&media.id) {
                    *kept = media;
                }
            }
        }
        Ok(())
    }
}

#[async_trait]
impl MediaStore for MemoryStore {
    async fn media(&self, scope: &OrgScope, id: MediaId) -> StoreResult<Option<Media>> {
        self.read(scope, |rows, now| {
            let media = rows.media.get(&id);
            media.filter(|media| rows.alive(media.event_at, media.expires_at, now)).cloned()
        })
    }

    async fn media_of(&self, scope: &OrgScope, messages: &[MessageId]) -> StoreResult<Vec<Media>> {
        self.read(scope, |rows, now| {
            let of = rows.media.values().filter(|media| messages.contains(&media.message));
            of.filter(|media| rows.alive(media.event_at, media.expires_at, now)).cloned().collect()
        })
    }
}

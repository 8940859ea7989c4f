//! Files.

use async_trait::async_trait;

use super::commit::Frame;
use super::state::Rows;
use super::{BrokenRule, MemoryStore, unreadable};
use crate::id::MediaId;
use crate::media::{Media, MediaOwner, MediaStore, MediaWrite};
use crate::scope::OrgScope;
use crate::store::StoreResult;
use crate::time::RETENTION_CAP;

impl Rows {
    fn has_owner(&self, owner: MediaOwner) -> bool {
        match owner {
            MediaOwner::Message(message) => self.messages.contains_key(&message),
            MediaOwner::Call(call) => self.calls.contains_key(&call),
        }
    }

    pub(super) fn write_media(&mut self, frame: &Frame<'_>, write: MediaWrite) -> StoreResult<()> {
        match write {
            MediaWrite::Insert(media) => {
                Self::check_end(media.event_at, media.expires_at)?;
                if !self.has_owner(media.owner) && frame.broken_rule != Some(BrokenRule::OwnerIgnored) {
                    return Err(unreadable("owner of a file"));
                }
                self.media.insert(media.id, media);
            }
            // One that was purged meanwhile stays gone.
            MediaWrite::Update(mut media) => {
                Self::check_end(media.event_at, media.expires_at)?;
                if let Some(kept) = self.media.get_mut(&media.id) {
                    if kept.owner != media.owner && frame.broken_rule != Some(BrokenRule::OwnerIgnored) {
                        return Err(unreadable("owner of a file"));
                    }
                    media.expires_at = [kept.expires_at, media.expires_at].into_iter().flatten().min();
                    *kept = media;
                }
            }
            MediaWrite::End { id, at } => {
                // One that is past the longest time is gone already, and its end may not lie beyond it.
                let kept = self.media.get_mut(&id).filter(|kept| kept.event_at + RETENTION_CAP >= at);
                if let Some(kept) = kept {
                    kept.expires_at = Some(kept.expires_at.map_or(at, |end| end.min(at)));
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

    async fn media_of(&self, scope: &OrgScope, owners: &[MediaOwner]) -> StoreResult<Vec<Media>> {
        self.read(scope, |rows, now| {
            let of = rows.media.values().filter(|media| owners.contains(&media.owner));
            of.filter(|media| rows.alive(media.event_at, media.expires_at, now)).cloned().collect()
        })
    }
}

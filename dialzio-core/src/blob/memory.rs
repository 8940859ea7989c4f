//! Blobs in memory, for tests and for trying things out.

use async_trait::async_trait;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::{BlobError, BlobKey, BlobStore};
use crate::id::OrgId;

/// Blobs that live as long as the process. A clone is the same store.
#[derive(Debug, Clone, Default)]
pub struct MemoryBlobs(Arc<Mutex<BTreeMap<BlobKey, Bytes>>>);

impl MemoryBlobs {
    fn map(&self) -> std::sync::MutexGuard<'_, BTreeMap<BlobKey, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part of `0..length` that `range` asks for.
pub(super) fn cut(range: Option<Range<u64>>, length: u64) -> Range<u64> {
    let range = range.unwrap_or(0..length);
    let end = range.end.min(length);
    range.start.min(end)..end
}

#[async_trait]
impl BlobStore for MemoryBlobs {
    async fn put(&self, key: &BlobKey, body: Bytes) -> Result<(), BlobError> {
        self.map().insert(key.clone(), body);
        Ok(())
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Bytes, BlobError> {
        let body = self.map().get(key).cloned().ok_or(BlobError::Missing)?;
        let part = cut(range, body.len() as u64);
        let place = |at: u64| usize::try_from(at).unwrap_or(body.len());
        Ok(body.slice(place(part.start)..place(part.end)))
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.map().remove(key);
        Ok(())
    }

    async fn keys(&self, org: OrgId, after: Option<&BlobKey>, limit: u32) -> Result<Vec<BlobKey>, BlobError> {
        let map = self.map();
        let wanted = map.keys().filter(|key| key.org == org && after.is_none_or(|after| *key > after));
        Ok(wanted.take(limit as usize).cloned().collect())
    }
}

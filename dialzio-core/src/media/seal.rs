//! Sealing of files above any blob store: in chunks, so that a part can be opened without the rest.
//!
//! A sealed file is one chunk after another, each of [`CHUNK`] plain bytes (the last may be shorter) followed by 16 bytes
//! of tag, with AES-256-GCM. The nonce is 4 zero bytes and the chunk's number, big-endian; it never repeats, since every
//! file has a data key of its own. The associated data binds organisation, row, chunk number and whether it is the last,
//! so chunks cannot be exchanged, dropped or cut off.

use bytes::Bytes;
use std::ops::Range;
use zeroize::Zeroizing;

use crate::account::{SealedContext, Sealer};
use crate::blob::{BlobKey, BlobStore};
use crate::error::Error;

/// Plain bytes in one chunk.
pub const CHUNK: u64 = 64 * 1024;
const TAG: u64 = 16;

/// A file that can be read: its key is open.
pub struct OpenMedia {
    key: Zeroizing<[u8; 32]>,
    context: SealedContext,
    blob: BlobKey,
    size: u64,
}

impl std::fmt::Debug for OpenMedia {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenMedia({} bytes)", self.size)
    }
}

/// Seals files into a blob store and opens them again.
#[derive(Debug)]
pub struct MediaSealer<'a> {
    sealer: &'a Sealer,
    blobs: &'a dyn BlobStore,
}

fn context(blob: &BlobKey) -> SealedContext {
    SealedContext::new(blob.org, "media", blob.media, "body")
}

fn nonce(index: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&index.to_be_bytes());
    nonce
}

fn aad(context: &SealedContext, index: u64, last: bool) -> Vec<u8> {
    let mut aad = context.bytes();
    aad.extend_from_slice(&index.to_be_bytes());
    aad.push(u8::from(last));
    aad
}

/// The number of the last chunk of a file.
const fn last_chunk(size: u64) -> u64 {
    if size == 0 { 0 } else { (size - 1) / CHUNK }
}

impl<'a> MediaSealer<'a> {
    /// Over this sealer and blob store.
    #[must_use]
    pub const fn new(sealer: &'a Sealer, blobs: &'a dyn BlobStore) -> Self {
        Self { sealer, blobs }
    }

    /// Seals a file and stores it; answers the wrapped key for its row.
    ///
    /// # Errors
    /// [`Error::Sealed`] without a key; [`Error::Blob`].
    pub async fn put(&self, blob: &BlobKey, body: &Bytes) -> Result<Vec<u8>, Error> {
        let context = context(blob);
        let (key, wrapped) = self.sealer.fresh_key(&context).await?;
        let last = last_chunk(body.len() as u64);
        let mut sealed = Vec::with_capacity(body.len() + (last as usize + 1) * TAG as usize);
        let mut chunks = body.chunks(CHUNK as usize);
        for index in 0..=last {
            let plain = chunks.next().unwrap_or_default();
            let aad = aad(&context, index, index == last);
            sealed.extend(crate::account::encrypt(&key, &nonce(index), &aad, plain)?);
        }
        self.blobs.put(blob, sealed.into()).await?;
        Ok(wrapped)
    }

    /// Opens a file's key.
    ///
    /// # Errors
    /// [`Error::Sealed`] if the key is not known or belongs to another row.
    pub async fn open(&self, blob: BlobKey, wrapped: &[u8], size: u64) -> Result<OpenMedia, Error> {
        let context = context(&blob);
        let (key, _) = self.sealer.open_key(&context, wrapped).await?;
        Ok(OpenMedia { key, context, blob, size })
    }

    /// The plain bytes in `range`, cut to the file's size. Only the chunks that are touched are read.
    ///
    /// # Errors
    /// [`Error::Sealed`] if a chunk was changed; [`Error::Blob`].
    pub async fn read(&self, media: &OpenMedia, range: Range<u64>) -> Result<Bytes, Error> {
        let end = range.end.min(media.size);
        let start = range.start.min(end);
        let last = last_chunk(media.size);
        let (from, to) = (start / CHUNK, last_chunk(end.max(1)));
        let sealed_range = from * (CHUNK + TAG)..(to + 1) * (CHUNK + TAG);
        let sealed = self.blobs.get(&media.blob, Some(sealed_range)).await?;
        let mut plain = Vec::new();
        for (chunk, index) in sealed.chunks((CHUNK + TAG) as usize).zip(from..=to) {
            let aad = aad(&media.context, index, index == last);
            plain.extend(crate::account::decrypt(&media.key, &nonce(index), &aad, chunk)?);
        }
        let base = from * CHUNK;
        let cut = |at: u64| usize::try_from(at - base).unwrap_or(usize::MAX).min(plain.len());
        let cut = cut(start)..cut(end);
        if (cut.end - cut.start) as u64 != end - start {
            return Err(Error::Sealed);
        }
        Ok(Bytes::from(plain).slice(cut))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::LocalKeys;
    use crate::blob::MemoryBlobs;
    use crate::entropy::Entropy;
    use crate::{IdSource, OrgId};
    use std::sync::Arc;

    fn sealer() -> Sealer {
        Sealer::new(Arc::new(LocalKeys::ephemeral(&Entropy::seeded(1))), Arc::new(Entropy::seeded(2)))
    }

    fn key(ids: &IdSource) -> BlobKey {
        let at = chrono::DateTime::UNIX_EPOCH;
        BlobKey { org: ids.next::<OrgId>(at), media: ids.next(at) }
    }

    #[tokio::test]
    async fn any_range_of_a_sealed_file_reads_back() {
        let (sealer, blobs, ids) = (sealer(), MemoryBlobs::default(), IdSource::seeded(4));
        let media = MediaSealer::new(&sealer, &blobs);
        for size in [0_u64, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17] {
            let body: Bytes = (0..size).map(|i| (i % 251) as u8).collect::<Vec<_>>().into();
            let blob = key(&ids);
            let wrapped = media.put(&blob, &body).await.unwrap();
            let open = media.open(blob, &wrapped, size).await.unwrap();
            for (start, end) in
                [(0, size), (0, 1), (size / 2, size), (CHUNK - 1, CHUNK + 1), (size, size + 9)]
            {
                let expected =
                    &body[(start.min(size)) as usize..(end.min(size).max(start.min(size))) as usize];
                assert_eq!(media.read(&open, start..end).await.unwrap(), expected, "{size}: {start}..{end}");
            }
        }
    }

    #[tokio::test]
    async fn every_single_bit_that_is_turned_in_a_file_is_noticed() {
        let (sealer, blobs, ids) = (sealer(), MemoryBlobs::default(), IdSource::seeded(6));
        let media = MediaSealer::new(&sealer, &blobs);
        let at = key(&ids);
        let body = Bytes::from_static(b"a recording of a call, sealed");
        let size = body.len() as u64;
        let wrapped = media.put(&at, &body).await.unwrap();
        let open = media.open(at.clone(), &wrapped, size).await.unwrap();
        let sealed = blobs.get(&at, None).await.unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut turned = sealed.to_vec();
            turned[bit / 8] ^= 1 << (bit % 8);
            blobs.put(&at, turned.into()).await.unwrap();
            assert!(media.read(&open, 0..size).await.is_err(), "bit {bit}");
        }
        blobs.put(&at, sealed).await.unwrap();
        assert_eq!(media.read(&open, 0..size).await.unwrap(), body);
    }

    #[tokio::test]
    async fn changed_exchanged_or_cut_files_do_not_open() {
        let (sealer, blobs, ids) = (sealer(), MemoryBlobs::default(), IdSource::seeded(5));
        let media = MediaSealer::new(&sealer, &blobs);
        let (a, b) = (key(&ids), key(&ids));
        let body = Bytes::from(vec![7; 2 * CHUNK as usize]);
        let wrapped = media.put(&a, &body).await.unwrap();
        media.put(&b, &body).await.unwrap();
        assert!(media.open(b.clone(), &wrapped, 2 * CHUNK).await.is_err());
        let open = media.open(a.clone(), &wrapped, 2 * CHUNK).await.unwrap();
        let sealed = blobs.get(&a, None).await.unwrap();
        assert!(!sealed.windows(32).any(|w| w == [7; 32]));
        let one = (CHUNK + TAG) as usize;
        blobs.put(&a, [&sealed[one..], &sealed[..one]].concat().into()).await.unwrap();
        assert!(media.read(&open, 0..1).await.is_err());
        blobs.put(&a, sealed.slice(..one)).await.unwrap();
        assert!(media.read(&open, 0..2 * CHUNK).await.is_err());
        let open = media.open(a.clone(), &wrapped, CHUNK).await.unwrap();
        assert!(media.read(&open, 0..CHUNK).await.is_err(), "a cut file must not pass for a short one");
    }
}

//! What a blob store promises.

use bytes::Bytes;
use chrono::DateTime;
use std::sync::Arc;

use crate::blob::{BlobError, BlobKey, BlobStore};
use crate::id::{IdSource, OrgId};

fn keys(count: usize) -> (OrgId, Vec<BlobKey>) {
    let ids = IdSource::seeded(8);
    let org = ids.next(DateTime::UNIX_EPOCH);
    (org, (0..count).map(|_| BlobKey { org, media: ids.next(DateTime::UNIX_EPOCH) }).collect())
}

fn bytes(length: usize) -> Bytes {
    (0..length).map(|place| u8::try_from(place % 251).unwrap_or(0)).collect::<Vec<_>>().into()
}

/// What is put comes back whole, empty and large blobs as well.
pub async fn a_blob_comes_back_whole(store: Arc<dyn BlobStore>) {
    let (_, keys) = keys(3);
    for (key, length) in keys.iter().zip([0, 1, 3_000_001]) {
        store.put(key, bytes(length)).await.unwrap();
        assert_eq!(store.get(key, None).await.unwrap(), bytes(length));
    }
}

/// A range gives the bytes that lie in it; what is past the end is cut.
pub async fn a_range_is_cut_at_the_end(store: Arc<dyn BlobStore>) {
    let (_, keys) = keys(1);
    let body = bytes(1_000);
    store.put(&keys[0], body.clone()).await.unwrap();
    for (from, to) in [(0, 1_000), (0, 1), (10, 20), (999, 1_000), (990, 5_000), (0, u64::MAX), (500, 500)] {
        let part = store.get(&keys[0], Some(from..to)).await.unwrap();
        let end = usize::try_from(to.min(1_000)).unwrap();
        assert_eq!(part, body.slice(usize::try_from(from).unwrap()..end), "{from}..{to}");
    }
    for beyond in [1_000..2_000, 5_000..6_000, u64::MAX - 1..u64::MAX] {
        assert!(store.get(&keys[0], Some(beyond)).await.unwrap().is_empty());
    }
}

/// A second blob under a key replaces the first, a shorter one too.
pub async fn a_blob_is_replaced_whole(store: Arc<dyn BlobStore>) {
    let (org, keys) = keys(1);
    for length in [500, 20, 700] {
        store.put(&keys[0], bytes(length)).await.unwrap();
        assert_eq!(store.get(&keys[0], None).await.unwrap(), bytes(length));
    }
    assert_eq!(store.keys(org, None, 10).await.unwrap(), keys);
}

/// A deleted blob is missing; deleting what is not there is success.
pub async fn a_deleted_blob_is_missing(store: Arc<dyn BlobStore>) {
    let (org, keys) = keys(2);
    assert!(matches!(store.get(&keys[0], None).await, Err(BlobError::Missing)));
    store.delete(&keys[0]).await.unwrap();
    for key in &keys {
        store.put(key, bytes(10)).await.unwrap();
    }
    for _ in 0..2 {
        store.delete(&keys[0]).await.unwrap();
        assert!(matches!(store.get(&keys[0], None).await, Err(BlobError::Missing)));
        assert!(matches!(store.get(&keys[0], Some(0..1)).await, Err(BlobError::Missing)));
    }
    assert_eq!(store.keys(org, None, 10).await.unwrap(), keys[1..]);
    assert_eq!(store.get(&keys[1], None).await.unwrap(), bytes(10));
}

/// Keys ascend; a page starts after the last of the one before.
pub async fn keys_are_listed_in_pages(store: Arc<dyn BlobStore>) {
    let (org, keys) = keys(5);
    assert!(store.keys(org, None, 10).await.unwrap().is_empty());
    for key in keys.iter().rev() {
        store.put(key, bytes(1)).await.unwrap();
    }
    assert_eq!(store.keys(org, None, 10).await.unwrap(), keys);
    assert_eq!(store.keys(org, None, 2).await.unwrap(), keys[..2]);
    assert_eq!(store.keys(org, Some(&keys[1]), 2).await.unwrap(), keys[2..4]);
    assert!(store.keys(org, Some(&keys[4]), 2).await.unwrap().is_empty());
}

/// The same file id in another organisation is another blob.
pub async fn another_organisation_has_other_blobs(store: Arc<dyn BlobStore>) {
    let (org, keys) = keys(1);
    let other = IdSource::seeded(9).next(DateTime::UNIX_EPOCH);
    let same_id = BlobKey { org: other, media: keys[0].media };
    store.put(&keys[0], bytes(10)).await.unwrap();
    assert!(matches!(store.get(&same_id, None).await, Err(BlobError::Missing)));
    assert!(store.keys(other, None, 10).await.unwrap().is_empty());
    store.put(&same_id, bytes(20)).await.unwrap();
    store.delete(&same_id).await.unwrap();
    assert_eq!(store.get(&keys[0], None).await.unwrap(), bytes(10));
    assert_eq!(store.keys(org, None, 10).await.unwrap(), keys);
}

//! What a key provider promises.

use std::sync::Arc;

use crate::account::{KeyError, KeyProvider};

/// The current key is found under its id again, as the same bytes, each time.
pub async fn the_current_key_is_found_by_its_id(keys: Arc<dyn KeyProvider>) {
    let (id, key) = keys.current().await.unwrap();
    assert!((1..=255).contains(&id.len()), "an id has 1 to 255 bytes");
    assert_ne!(key.expose(), &[0; 32]);
    for _ in 0..2 {
        assert_eq!(keys.by_id(&id).await.unwrap().expose(), key.expose());
        let (again, same) = keys.current().await.unwrap();
        assert_eq!((again.as_str(), same.expose()), (id.as_str(), key.expose()));
    }
}

/// Every id that is listed opens; the list is stable, without duplicates, the current key the newest in it.
pub async fn every_listed_id_has_a_key(keys: Arc<dyn KeyProvider>) {
    let ids = keys.ids().await.unwrap();
    assert_eq!(keys.ids().await.unwrap(), ids);
    assert_eq!(ids.last(), Some(&keys.current().await.unwrap().0));
    let mut seen = Vec::new();
    for id in &ids {
        let key = *keys.by_id(id).await.unwrap().expose();
        assert!(!seen.contains(&key), "no key has two ids");
        seen.push(key);
    }
}

/// An id that is not known is refused as such.
pub async fn an_unknown_id_is_refused(keys: Arc<dyn KeyProvider>) {
    let ids = keys.ids().await.unwrap();
    let long = "9".repeat(255);
    for unknown in ["", "no-such-key", "4294967295", "-1", "../keys", "\u{0}", long.as_str()] {
        if !ids.iter().any(|id| id == unknown) {
            let answer = keys.by_id(unknown).await;
            assert!(matches!(answer, Err(KeyError::Unknown)), "{unknown:?}");
        }
    }
}

/// No key is shown by `Debug`.
pub async fn keys_are_never_printed(keys: Arc<dyn KeyProvider>) {
    let (_, key) = keys.current().await.unwrap();
    let shown = format!("{keys:?} {key:?}");
    let list: Vec<String> = key.expose()[..4].iter().map(u8::to_string).collect();
    let hex: String = key.expose()[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!shown.contains(&list.join(", ")) && !shown.to_lowercase().contains(&hex));
}

//! What belongs together is compared before anything is served: database, keys and files.
#![cfg(all(feature = "sqlite", feature = "whatsapp"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use dialzio_core::account::{KeyError, LocalKeys};
use dialzio_http::assemble::{AssembleError, Founding, Places, adopt, open};
use std::path::Path;
use std::time::Duration;

const OLD: &[u8] = include_bytes!("../../dialzio-store-sqlite/tests/release_before/dialzio.db");
const OLD_KEYS: &[u8] = include_bytes!("../../dialzio-store-sqlite/tests/release_before/keys");

/// Opens and closes; the file is given back a moment after the store goes.
async fn tried(places: &Places, founding: Founding) -> Result<(), AssembleError> {
    for _ in 0..200 {
        match open(places, founding, None).await {
            Err(AssembleError::Store(dialzio_store_sqlite::OpenError::InUse)) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            other => return other.map(drop),
        }
    }
    panic!("the file was not given back");
}

async fn serve(places: &Places) -> Result<(), AssembleError> {
    tried(places, Founding::IfEmpty).await
}

/// A folder with an installation in it.
async fn installed() -> (tempfile::TempDir, Places) {
    let folder = tempfile::tempdir().unwrap();
    let places = Places::folder(folder.path());
    let crm = open(&places, Founding::IfEmpty, None).await.unwrap();
    crm.access().found(dialzio_core::access::NewOrg::named("Shop")).await.unwrap();
    drop(crm);
    (folder, places)
}

fn private(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[tokio::test]
async fn a_missing_key_file_is_refused_and_none_is_made_beside_existing_data() {
    let (folder, places) = installed().await;
    let keys = folder.path().join("keys");
    let kept = std::fs::read(&keys).unwrap();
    std::fs::remove_file(&keys).unwrap();
    for founding in [Founding::IfEmpty, Founding::Init] {
        let refused = tried(&places, founding).await.unwrap_err();
        assert!(matches!(refused, AssembleError::NoKeys(_)), "{refused}");
        assert!(refused.to_string().contains("put it back"), "{refused}");
        assert!(!keys.exists() && !folder.path().join("keys.new").exists(), "none is made");
    }
    private(&keys, &kept);
    serve(&places).await.unwrap();
}

#[tokio::test]
async fn a_foreign_or_unreadable_key_file_is_refused() {
    let (folder, places) = installed().await;
    let keys = folder.path().join("keys");
    std::fs::remove_file(&keys).unwrap();
    LocalKeys::create(&keys).unwrap();
    let refused = serve(&places).await.unwrap_err();
    assert!(matches!(refused, AssembleError::Keys(KeyError::Foreign)), "{refused}");
    assert!(matches!(adopt(&places, "moved").await, Err(AssembleError::Keys(KeyError::Foreign))));
    private(&keys, b"not keys");
    assert!(matches!(serve(&places).await, Err(AssembleError::Keys(KeyError::Untrusted(_)))));
}

#[tokio::test]
async fn an_empty_database_beside_keys_or_files_is_not_taken_for_a_new_installation() {
    let (folder, places) = installed().await;
    let database = folder.path().join("dialzio.db");
    for empty in [false, true] {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.path().join(format!("dialzio.db{end}")));
        }
        if empty {
            std::fs::write(&database, b"").unwrap();
        }
        let refused = serve(&places).await.unwrap_err();
        assert!(matches!(refused, AssembleError::EmptyDatabase { .. }), "{refused}");
        assert!(refused.to_string().contains("put dialzio.db back"), "{refused}");
        assert_eq!(std::fs::metadata(&database).map_or(0, |found| found.len()), 0, "nothing was made");
    }
    // `init` starts afresh with these keys, but never beside existing files.
    let blob = folder.path().join("blobs/some-organisation");
    std::fs::create_dir_all(&blob).unwrap();
    assert!(matches!(tried(&places, Founding::Init).await, Err(AssembleError::EmptyDatabase { .. })));
    std::fs::remove_dir(&blob).unwrap();
    tried(&places, Founding::Init).await.unwrap();
    serve(&places).await.unwrap();
}

#[tokio::test]
async fn keys_may_be_kept_outside_the_folder() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keys = elsewhere.path().join("crm.keys");
    let places = Places { keys: Some(keys.clone()), ..Places::folder(folder.path()) };
    serve(&places).await.unwrap();
    assert!(keys.exists() && !folder.path().join("keys").exists());
    serve(&places).await.unwrap();
    // Forgetting to say so makes no second key file.
    let refused = serve(&Places::folder(folder.path())).await.unwrap_err();
    assert!(matches!(refused, AssembleError::NoKeys(_)), "{refused}");
}

/// A crash between the database's knowledge of new keys and their name.
#[tokio::test]
async fn keys_may_be_given_without_a_file() {
    let (folder, places) = installed().await;
    let file = folder.path().join("keys");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let given = |text: &str| Places { keys_given: Some(text.to_owned().into()), ..places.clone() };
    serve(&given(&text)).await.unwrap();
    assert!(!file.exists(), "no file is made beside them");
    // Others are refused, as those of a file are.
    let other = tempfile::tempdir().unwrap();
    LocalKeys::create(other.path().join("keys")).unwrap();
    let strange = std::fs::read_to_string(other.path().join("keys")).unwrap();
    let refused = serve(&given(&strange)).await.unwrap_err();
    assert!(matches!(refused, AssembleError::Keys(KeyError::Foreign)), "{refused}");
    // A new installation begins with them.
    let fresh = tempfile::tempdir().unwrap();
    let begun = Places { keys_given: Some(strange.into()), ..Places::folder(fresh.path()) };
    tried(&begun, Founding::IfEmpty).await.unwrap();
    assert!(!fresh.path().join("keys").exists());
}

#[tokio::test]
async fn an_installation_that_was_interrupted_while_it_began_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let places = Places::folder(folder.path());
    let (keys, made) = (folder.path().join("keys"), folder.path().join("keys.new"));
    // Before the database knew them: begun anew.
    LocalKeys::create(&made).unwrap();
    serve(&places).await.unwrap();
    assert!(keys.exists() && !made.exists());
    // After it: gone on with.
    std::fs::rename(&keys, &made).unwrap();
    serve(&places).await.unwrap();
    assert!(keys.exists() && !made.exists());
}

#[tokio::test]
async fn a_folder_of_the_release_before_takes_on_its_own_keys_and_refuses_others() {
    let folder = tempfile::tempdir().unwrap();
    let places = Places::folder(folder.path());
    private(&folder.path().join("dialzio.db"), OLD);
    assert!(matches!(serve(&places).await, Err(AssembleError::NoKeys(_))));
    let keys = folder.path().join("keys");
    LocalKeys::create(&keys).unwrap();
    assert!(matches!(serve(&places).await, Err(AssembleError::Keys(KeyError::Foreign))));
    private(&keys, OLD_KEYS);
    serve(&places).await.unwrap();
    std::fs::remove_file(&keys).unwrap();
    LocalKeys::create(&keys).unwrap();
    assert!(matches!(serve(&places).await, Err(AssembleError::Keys(KeyError::Foreign))), "from now on too");
}

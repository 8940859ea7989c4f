//! Keys that do not belong to the data, where the database is on a server and several processes share it.

use dialzio_core::access::NewOrg;
use dialzio_core::account::{KeyError, LocalKeys};
use dialzio_http::assemble::{AssembleError, Founding, Places, open};
use dialzio_http::migrate_installation::{Installation, MoveError};
use dialzio_store_postgres::PostgresStore;
use dialzio_store_postgres::testing::Cluster;

fn on(folder: &tempfile::TempDir, database: &str) -> Places {
    Places { database: Some(database.to_owned()), ..Places::folder(folder.path()) }
}

async fn tried(places: &Places) -> Result<(), AssembleError> {
    open(places, Founding::IfEmpty, None).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_on_one_database_need_its_keys() {
    let database = Cluster::shared().unwrap().database().await.unwrap();
    let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let crm = open(&on(&own, &database.url()), Founding::IfEmpty, None).await.unwrap();
    crm.access().found(NewOrg::named("Shop")).await.unwrap();
    tried(&on(&own, &database.url())).await.unwrap();
    // A process with a folder of its own, first without keys and then with others.
    let refused = tried(&on(&other, &database.url())).await.unwrap_err();
    assert!(matches!(refused, AssembleError::NoKeys(_)), "{refused}");
    assert!(!other.path().join("keys").exists());
    LocalKeys::create(other.path().join("keys")).unwrap();
    let refused = tried(&on(&other, &database.url())).await.unwrap_err();
    assert!(matches!(refused, AssembleError::Keys(KeyError::Foreign)), "{refused}");
    let shared = Places { keys: Some(own.path().join("keys")), ..on(&other, &database.url()) };
    tried(&shared).await.unwrap();
}

/// An installation takes what it knows of its keys along, and does not leave with the wrong ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_needs_the_keys_of_its_source_and_takes_the_knowledge_along() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let crm = open(&Places::folder(from.path()), Founding::IfEmpty, None).await.unwrap();
    crm.access().found(NewOrg::named("Shop")).await.unwrap();
    drop(crm);
    let database = Cluster::shared().unwrap().empty().await.unwrap();
    database.migrate(&PostgresStore::builder()).await.unwrap();
    let keys = from.path().join("keys");
    let kept = to.path().join("kept");
    std::fs::rename(&keys, &kept).unwrap();
    let source = Installation::named(&format!("sqlite:{}", from.path().display())).unwrap();
    let moved = async |source: &Installation| {
        loop {
            let moved = source.move_to(&database.admin_url(), None, &mut |_| ()).await;
            if !matches!(moved, Err(MoveError::Open(dialzio_store_sqlite::OpenError::InUse))) {
                return moved;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    assert!(matches!(moved(&source).await, Err(MoveError::OwnKeys(KeyError::Missing))));
    LocalKeys::create(&keys).unwrap();
    assert!(matches!(moved(&source).await, Err(MoveError::OwnKeys(KeyError::Foreign))));
    moved(&source.with_keys(Some(kept.clone()))).await.unwrap();
    let refused = tried(&on(&from, &database.url())).await.unwrap_err();
    assert!(matches!(refused, AssembleError::Keys(KeyError::Foreign)), "{refused}");
    tried(&Places { keys: Some(kept), ..on(&to, &database.url()) }).await.unwrap();
}

//! What needs a look behind the curtain: a disk without room.

use super::*;
use dialzio_core::contact::ContactWrite;
use dialzio_core::store::Store;
use dialzio_core::testing::conformance::Bench;
use dialzio_core::text::NoteText;

/// A store whose first connection may not grow beyond so many pages.
fn cramped(place: &Place, clock: Arc<dyn Clock>, pages: i64) -> SqliteStore {
    let lock = Lock::take(&place.path).unwrap();
    let mut db = connect::writer(place).unwrap();
    migrate::migrate(&mut db, 0).unwrap();
    stats::write(&db).unwrap();
    let used: i64 = db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    db.pragma_update_and_check(None, "max_page_count", used + pages, |_| Ok(())).unwrap();
    let shared = Arc::new(Shared::new(clock));
    let readers = Readers::start(place, 1).unwrap();
    let writer = Writer::start(db, place.clone(), Arc::clone(&shared)).unwrap();
    SqliteStore { writer, readers, shared, _lock: lock, _fleeting: None }
}

#[tokio::test]
async fn a_full_disk_is_said_nothing_is_acknowledged_and_it_passes() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { path: folder.path().join("crm.db"), fleeting: false };
    let clock = Bench::clock();
    let store: Arc<dyn Store> = Arc::new(cramped(&place, clock.clone(), 40));
    let bench = Bench::new(store, clock);
    let house = bench.house().await;
    let contact = bench.make.contact("Asha");
    bench.write(&house.scope, ContactWrite::Insert(contact.clone())).await;
    let mut note = bench.make.note(contact.id, "long");
    note.text = NoteText::parse(&"x".repeat(9_000)).unwrap();
    let mut written = 0;
    let refused = loop {
        note.id = bench.make.id();
        let batch = bench.writes([ContactWrite::Note(note.clone()).into()]);
        match bench.store.commit_one(&house.scope, batch).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1_000);
    };
    assert!(matches!(refused, StoreError::Full), "{refused:?}");
    let page = dialzio_core::page::PageRequest::first(200);
    let kept = bench.store.notes(&house.scope, contact.id, page.clone()).await.unwrap().items.len();
    assert_eq!(kept, written.min(200));
    // The next group has a new connection, and there is room again.
    bench.store.ping().await.unwrap();
    bench.write(&house.scope, ContactWrite::Note(note)).await;
}

//! What needs a look behind the curtain: a disk without room, and how many statements a list costs.

mod alone;
mod read_inline;

use super::*;
use dialzio_core::consent::{ConsentEvent, ConsentWrite};
use dialzio_core::contact::{ContactQuery, ContactWrite};
use dialzio_core::conversation::{ConversationQuery, InboundQuery};
use dialzio_core::page::PageRequest;
use dialzio_core::store::Store;
use dialzio_core::testing::conformance::TestBed;
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
    let writer = Writer::start(db, place.clone(), Arc::clone(&shared), readers.connections()).unwrap();
    SqliteStore { writer, readers, shared, _lock: lock, _file: None }
}

#[tokio::test]
async fn a_full_disk_is_said_nothing_is_acknowledged_and_it_passes() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { path: folder.path().join("crm.db"), temporary: false };
    let clock = TestBed::clock();
    let store: Arc<dyn Store> = Arc::new(cramped(&place, clock.clone(), 40));
    let bed = TestBed::new(store, clock);
    let tenant = bed.tenant().await;
    let contact = bed.make.contact("Asha");
    bed.write(&tenant.scope, ContactWrite::Insert(contact.clone())).await;
    let mut note = bed.make.note(contact.id, "long");
    note.text = NoteText::parse(&"x".repeat(9_000)).unwrap();
    let mut written = 0;
    let refused = loop {
        note.id = bed.make.id();
        let batch = bed.writes([ContactWrite::Note(note.clone()).into()]);
        match bed.store.commit_one(&tenant.scope, batch).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1_000);
    };
    assert!(matches!(refused, StoreError::Full), "{refused:?}");
    let page = PageRequest::first(200);
    let kept = bed.store.notes(&tenant.scope, contact.id, page.clone()).await.unwrap().items.len();
    assert_eq!(kept, written.min(200));
    // The next group has a new connection, and there is room again.
    bed.store.ping().await.unwrap();
    bed.write(&tenant.scope, ContactWrite::Note(note)).await;
}

/// Statements of each list, in a store of so many people who have written.
async fn cost_of_lists(people: i64) -> Vec<u64> {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { path: folder.path().join("crm.db"), temporary: true };
    let clock = TestBed::clock();
    let store = Arc::new(SqliteStore::start(place.clone(), clock.clone(), 1).unwrap());
    let bed = TestBed::new(store, clock);
    let tenant = bed.tenant().await;
    let mut known: Vec<(dialzio_core::testing::conformance::Person, _)> = Vec::new();
    for number in 0..people {
        let person = bed.person(&tenant, &format!("Person {number}")).await;
        let message = bed.hears(&tenant, &person, "hello", bed.at(number)).await;
        bed.hears(
            &tenant,
            &known.first().unwrap_or(&(person.clone(), message.clone())).0,
            "again",
            bed.at(number),
        )
        .await;
        let keys = person.identity.subject_keys();
        let given = bed.make.consent(person.contact.id, keys, ConsentEvent::Given);
        bed.write(&tenant.scope, ConsentWrite::Record(given)).await;
        known.push((person, message));
    }
    let db = connect::reader(&place).unwrap();
    let (org, page) = (codec::id(tenant.org.id), PageRequest::first(200));
    let snapshot = Snapshot { db: &db, org: tenant.org.id, now: bed.now() };
    let retention = retention::RetentionCutoff::at(&db, org, bed.now()).unwrap();
    let query = |text| ContactQuery::matching(text);
    let inbox = ConversationQuery::new(Default::default(), Default::default(), bed.now());
    let ask = InboundQuery {
        account: tenant.account.id,
        portfolio: tenant.account.portfolio.clone(),
        aliases: known.iter().flat_map(|(person, _)| person.identity.aliases.clone()).collect(),
        external: known.iter().filter_map(|(_, message)| message.external.clone()).collect(),
        own: Vec::new(),
        consent: true,
    };
    let (talk, contact) = (known[0].0.conversation.id, known[0].0.contact.id);
    let found = snapshot.inbound_facts(&ask).unwrap();
    assert_eq!((found.identities.len() as i64, found.messages.len() as i64), (people, people));
    vec![
        run::count::statements(|| drop(crate::inbox::page(&db, org, retention, &inbox, &page).unwrap())),
        run::count::statements(|| drop(messages::list(&db, org, retention, talk, &page).unwrap())),
        run::count::statements(|| drop(contact_list::page(&db, org, &query(""), &page).unwrap())),
        run::count::statements(|| drop(contact_list::page(&db, org, &query("per"), &page).unwrap())),
        run::count::statements(|| drop(contact_list::entries(&db, org, &query(""), &page).unwrap())),
        run::count::statements(|| assert!(contact_list::count(&db, org, &query("")).unwrap().is_some())),
        run::count::statements(|| drop(contacts::notes(&db, org, contact, &page).unwrap())),
        run::count::statements(|| drop(contacts::tasks(&db, org, &Default::default(), &page).unwrap())),
        run::count::statements(|| drop(consent::history(&db, org, contact, &page).unwrap())),
        run::count::statements(|| drop(snapshot.inbound_facts(&ask).unwrap())),
    ]
}

#[tokio::test]
async fn a_list_costs_the_same_number_of_statements_however_long_it_is() {
    assert_eq!(cost_of_lists(2).await, cost_of_lists(60).await);
}

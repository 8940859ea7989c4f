//! What needs a look behind the curtain: a disk without room, and how many statements a list costs.

mod alone;
mod glance;

use super::*;
use dialzio_core::consent::{ConsentEvent, ConsentWrite};
use dialzio_core::contact::{ContactQuery, ContactWrite};
use dialzio_core::conversation::{ConversationQuery, InboundAsk};
use dialzio_core::page::PageRequest;
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
    let writer = Writer::start(db, place.clone(), Arc::clone(&shared), readers.connections()).unwrap();
    SqliteStore { writer, readers, shared, _lock: lock, _file: None }
}

#[tokio::test]
async fn a_full_disk_is_said_nothing_is_acknowledged_and_it_passes() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { path: folder.path().join("crm.db"), temporary: false };
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
    let page = PageRequest::first(200);
    let kept = bench.store.notes(&house.scope, contact.id, page.clone()).await.unwrap().items.len();
    assert_eq!(kept, written.min(200));
    // The next group has a new connection, and there is room again.
    bench.store.ping().await.unwrap();
    bench.write(&house.scope, ContactWrite::Note(note)).await;
}

/// Statements of each list, in a store of so many people who have written.
async fn cost_of_lists(people: i64) -> Vec<u64> {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { path: folder.path().join("crm.db"), temporary: true };
    let clock = Bench::clock();
    let store = Arc::new(SqliteStore::start(place.clone(), clock.clone(), 1).unwrap());
    let bench = Bench::new(store, clock);
    let house = bench.house().await;
    let mut known: Vec<(dialzio_core::testing::conformance::Person, _)> = Vec::new();
    for number in 0..people {
        let person = bench.person(&house, &format!("Person {number}")).await;
        let message = bench.hears(&house, &person, "hello", bench.at(number)).await;
        bench
            .hears(
                &house,
                &known.first().unwrap_or(&(person.clone(), message.clone())).0,
                "again",
                bench.at(number),
            )
            .await;
        let keys = person.identity.subject_keys();
        let given = bench.make.consent(person.contact.id, keys, ConsentEvent::Given);
        bench.write(&house.scope, ConsentWrite::Record(given)).await;
        known.push((person, message));
    }
    let db = connect::reader(&place).unwrap();
    let (org, page) = (codec::id(house.org.id), PageRequest::first(200));
    let look = Look { db: &db, org: house.org.id, now: bench.now() };
    let sight = sight::Sight::at(&db, org, bench.now()).unwrap();
    let query = |text| ContactQuery::matching(text);
    let inbox = ConversationQuery { view: Default::default(), state: Default::default(), now: bench.now() };
    let ask = InboundAsk {
        account: house.account.id,
        portfolio: house.account.portfolio.clone(),
        aliases: known.iter().flat_map(|(person, _)| person.identity.aliases.clone()).collect(),
        external: known.iter().filter_map(|(_, message)| message.external.clone()).collect(),
        own: Vec::new(),
        consent: true,
    };
    let (talk, card) = (known[0].0.conversation.id, known[0].0.contact.id);
    let found = look.inbound_facts(&ask).unwrap();
    assert_eq!((found.identities.len() as i64, found.messages.len() as i64), (people, people));
    vec![
        run::count::statements(|| drop(conversations::inbox(&db, org, sight, &inbox, &page).unwrap())),
        run::count::statements(|| drop(messages::list(&db, org, sight, talk, &page).unwrap())),
        run::count::statements(|| drop(search::list(&db, org, &query(""), &page).unwrap())),
        run::count::statements(|| drop(search::list(&db, org, &query("per"), &page).unwrap())),
        run::count::statements(|| drop(contacts::notes(&db, org, card, &page).unwrap())),
        run::count::statements(|| drop(contacts::tasks(&db, org, &Default::default(), &page).unwrap())),
        run::count::statements(|| drop(consent::history(&db, org, card, &page).unwrap())),
        run::count::statements(|| drop(look.inbound_facts(&ask).unwrap())),
    ]
}

#[tokio::test]
async fn a_list_costs_the_same_number_of_statements_however_long_it_is() {
    assert_eq!(cost_of_lists(2).await, cost_of_lists(60).await);
}

//! A database of the release before, made by that release's own code, is brought forward without loss.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialzio_core::call::CallQuery;
use dialzio_core::contact::ContactQuery;
use dialzio_core::conversation::{ConversationQuery, InboxView, StateFilter};
use dialzio_core::ledger::ChainHash;
use dialzio_core::page::PageRequest;
use dialzio_core::registry::{self, RetentionClass};
use dialzio_core::testing::{scope, system_scope};
use dialzio_core::{ManualClock, MemberId, Store, TypedId};
use dialzio_store_sqlite::SqliteStore;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Every row of every table, without what belongs to the engine: by table, each row as its columns and values.
type Rows = BTreeMap<String, Vec<BTreeMap<String, String>>>;

fn rows(path: &Path) -> Rows {
    let db = Connection::open(path).unwrap();
    let mut names = db
        .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'")
        .unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut all = Rows::new();
    for name in names {
        let mut found = db.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let named = |place| found.column_name(place).unwrap().to_owned();
        let columns: Vec<String> = (0..found.column_count()).map(named).collect();
        let rows = found
            .query_map([], |row| {
                let mut cells = BTreeMap::new();
                for (place, column) in columns.iter().enumerate() {
                    cells.insert(column.clone(), format!("{:?}", row.get::<_, Value>(place)?));
                }
                Ok(cells)
            })
            .unwrap();
        let rows: Vec<_> = rows.map(Result::unwrap).collect();
        all.insert(name, rows);
    }
    all
}

/// Columns that have had another name since: the table, the name of the release before, and the one of today.
const RENAMED: &[(&str, &str, &str)] = &[("media", "message_id", "owner_id")];

/// Where a column is that the release before had.
fn today<'a>(table: &str, column: &'a str) -> &'a str {
    let moved = RENAMED.iter().find(|(in_table, was, _)| (*in_table, *was) == (table, column));
    moved.map_or(column, |(_, _, is)| is)
}

fn before(folder: &Path) -> PathBuf {
    let path = folder.join("dialzio.db");
    std::fs::write(&path, include_bytes!("release_before/dialzio.db")).unwrap();
    path
}

#[tokio::test]
async fn a_file_of_the_release_before_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = before(folder.path());
    let old = rows(&path);
    assert!(old.len() > 35);
    for (table, rows) in &old {
        assert!(!rows.is_empty(), "the file has some of everything, but no {table}");
    }
    let clock = Arc::new(ManualClock::at("2026-11-23T08:00:00Z".parse().unwrap()));
    let store = SqliteStore::builder().clock(clock).open(&path).await.unwrap();
    drop(store);
    let new = rows(&path);
    for (table, before) in &old {
        let after = &new[table];
        // What is made from other rows may be made in another way.
        if registry::table(table).is_some_and(|table| table.class == RetentionClass::Derived) {
            assert!(after.len() >= before.len(), "{table}");
            continue;
        }
        let grows = if table == "migration" { after.len() - before.len() } else { 0 };
        assert_eq!(after.len(), before.len() + grows, "{table}");
        // Whatever columns there were hold what they held; others may have come.
        for (was, is) in before.iter().zip(after) {
            for (column, value) in was {
                // Keys that read contacts saw numbers whole, and are still permitted to.
                let value = match value.strip_suffix(r#"]")"#) {
                    Some(held) if column == "permissions" && held.contains("contacts.read") => {
                        &format!(r#"{held},\"contacts.reveal\"]")"#)
                    }
                    _ => value,
                };
                assert_eq!(is.get(today(table, column)), Some(value), "{table}.{column}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_read_from_a_file_of_the_release_before_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = before(folder.path());
    let clock = Arc::new(ManualClock::at("2026-11-23T08:00:00Z".parse().unwrap()));
    let store = SqliteStore::builder().clock(clock.clone()).open(&path).await.unwrap();
    let store: &dyn Store = &store;
    let system = system_scope();
    let mark = store.time_mark(&system).await.unwrap().unwrap();
    assert_eq!(mark.trusted_at.to_rfc3339(), "2026-11-23T06:41:00+00:00", "the newest instant in the file");
    assert!(store.key_checks(&system).await.unwrap().is_empty());
    let orgs = store.organisations(&system, None, 10).await.unwrap();
    assert_eq!(orgs.len(), 2);
    let org = scope(orgs[0].id);
    let page = || PageRequest::first(50);
    let contacts = store.contacts(&org, &ContactQuery::default(), page()).await.unwrap();
    assert_eq!(contacts.items.len(), 9);
    let found = store.contacts(&org, &ContactQuery::matching("devi"), page()).await.unwrap();
    assert_eq!(found.items.len(), 1);
    assert_eq!(found.items[0].tags[0].reveal(), "wholesale");
    let query =
        ConversationQuery::new(InboxView::All, StateFilter::Closed, dialzio_core::Clock::now(&*clock));
    let closed = store.inbox(&org, &query, page()).await.unwrap();
    assert_eq!(closed.items.len(), 1);
    let talk = closed.items[0].conversation.id;
    let messages = store.messages(&org, talk, page()).await.unwrap().items;
    assert_eq!(messages.len(), 4);
    let picture = messages.iter().find(|message| message.content.media().is_some()).unwrap();
    let file = store.media(&org, picture.content.media().unwrap()).await.unwrap().unwrap();
    assert_eq!(file.owner, picture.id.into());
    assert_eq!(store.media_of(&org, &[picture.id.into()]).await.unwrap(), [file], "found by its message");
    assert_eq!(store.activities(&org, talk, page()).await.unwrap().items.len(), 1);
    assert_eq!(closed.items[0].conversation.waiting_since, None, "nothing is owed in a closed conversation");
    let query = ConversationQuery::new(InboxView::All, StateFilter::Open, dialzio_core::Clock::now(&*clock));
    for entry in store.inbox(&org, &query, page()).await.unwrap().items {
        let messages = store.messages(&org, entry.conversation.id, page()).await.unwrap().items;
        let unanswered = messages.iter().take_while(|message| !message.answers());
        let since = unanswered.filter(|message| message.asks()).last().map(|message| message.event_at);
        assert_eq!(entry.conversation.waiting_since, since, "as its messages say");
    }
    assert_eq!(store.accounts(&org).await.unwrap().len(), 1);
    let outcomes = store.dispositions(&org).await.unwrap();
    let told: Vec<_> = outcomes.iter().map(|one| (one.name.reveal(), one.counts_as_reached)).collect();
    let [yes, no] =
        [["Interested", "Call back later", "Not interested"].as_slice(), &["No answer", "Wrong number"]];
    let wanted = yes.iter().map(|name| (*name, true)).chain(no.iter().map(|name| (*name, false)));
    assert_eq!(told, wanted.collect::<Vec<_>>(), "what a new organisation starts with");
    assert!(outcomes.iter().all(|one| dialzio_core::TypedId::uuid(one.id).get_version_num() == 7));
    assert!(outcomes.is_sorted_by_key(|one| one.id), "ids in the order of the list");
    assert_eq!(store.canned_replies(&org).await.unwrap(), []);
    assert_eq!(store.teams(&org).await.unwrap(), []);
    assert_eq!(store.saved_views(&org, None).await.unwrap(), []);
    assert_eq!(store.call_flows(&org).await.unwrap(), []);
    let nobody = MemberId::from_uuid(uuid::Uuid::nil());
    assert_eq!(store.usage_of(&org, nobody, PageRequest::first(9)).await.unwrap().items, []);
    assert_eq!(store.unread_notices(&org, MemberId::from_uuid(uuid::Uuid::nil()), 9).await.unwrap(), 0);
    assert_eq!(store.scheduled_messages(&org, talk).await.unwrap(), []);
    let none = store.calls(&org, &CallQuery::default(), page()).await.unwrap();
    assert_eq!((none.items, store.waiting_calls(&org, 9).await.unwrap()), (Vec::new(), 0));
    assert_eq!(store.quarantined(&org, page()).await.unwrap().items.len(), 1);
    assert_eq!(store.unrouted(&system, page()).await.unwrap().items.len(), 1);
    let audit = store.audit(&org, 0, 500).await.unwrap();
    assert!(audit.len() > 50);
    let chained = audit.iter().fold(ChainHash::START, |before, entry| {
        assert_eq!(entry.digest(orgs[0].id, before), entry.hash);
        entry.hash
    });
    assert_eq!(Some(chained), audit.last().map(|entry| entry.hash));
    store.ping().await.unwrap();
}

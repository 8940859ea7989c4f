//! A database of the release before, made by that release's own code, is brought forward without loss.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use dialzio_core::call::CallQuery;
use dialzio_core::contact::ContactQuery;
use dialzio_core::conversation::{ConversationQuery, InboxView, StateFilter};
use dialzio_core::ledger::ChainHash;
use dialzio_core::page::PageRequest;
use dialzio_core::registry::{self, RetentionClass};
use dialzio_core::testing::{scope, system_scope};
use dialzio_core::{Clock, ManualClock, MemberId, Store, TypedId};
use dialzio_store_postgres::testing::{Cluster, Database};
use dialzio_store_postgres::{OpenError, PostgresStore};
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every row of every table, by table; each row as its columns and values.
async fn rows(db: &mut PgConnection) -> BTreeMap<String, Vec<Map<String, Value>>> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::TEXT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'dialzio' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1",
    )
    .fetch_all(&mut *db)
    .await
    .unwrap();
    let mut all = BTreeMap::new();
    for name in names {
        let text = format!("SELECT to_jsonb(t)::TEXT FROM dialzio.\"{name}\" t ORDER BY t::TEXT");
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(text)).fetch_all(&mut *db).await.unwrap();
        all.insert(name, found.iter().map(|row| serde_json::from_str(row).unwrap()).collect());
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

/// A database as the release before left it. Its roles belong to the server, and are there.
async fn before() -> (Database, PgConnection) {
    let cluster = Cluster::shared().unwrap();
    support::database().await;
    let database = cluster.empty().await.unwrap();
    let mut db = database.admin().await.unwrap();
    db.execute(include_str!("release_before/dump.sql")).await.unwrap();
    db.execute("RESET ALL").await.unwrap();
    (database, db)
}

#[tokio::test]
async fn a_database_of_the_release_before_loses_nothing() {
    let (database, mut db) = before().await;
    let old = rows(&mut db).await;
    assert!(old.len() > 35);
    for (table, rows) in &old {
        // Held leases are not moved, and this one came from a transfer.
        assert!(!rows.is_empty() || table == "lease", "the database has some of everything, but no {table}");
    }
    let refused = database.store(Arc::new(dialzio_core::SystemClock)).await;
    assert!(matches!(refused, Err(OpenError::OlderSchema { found: 3, .. })));
    database.migrate(&PostgresStore::builder()).await.unwrap();
    let new = rows(&mut db).await;
    for (table, before) in &old {
        let after = &new[table];
        // What is made from other rows may be made in another way.
        if registry::table(table).is_some_and(|table| table.class == RetentionClass::Derived) {
            assert!(after.len() >= before.len(), "{table}");
            continue;
        }
        let grows = if table == "schema_version" { after.len() - before.len() } else { 0 };
        assert_eq!(after.len(), before.len() + grows, "{table}");
        // Whatever columns there were hold what they held; others may have come.
        for was in before {
            // Keys that read contacts saw numbers whole, and are still permitted to.
            let same = |column: &String, was: &Value, is: &Value| match (column.as_str(), was.as_str()) {
                ("permissions", Some(was)) if was.contains("\"contacts.read\"") => {
                    is.as_str() == Some(&format!("{},\"contacts.reveal\"]", was.trim_end_matches(']')))
                }
                _ => is == was,
            };
            let kept = |is: &&Map<String, Value>| {
                let held = |column: &String| is.get(today(table, column));
                was.iter().all(|(column, value)| held(column).is_some_and(|is| same(column, value, is)))
            };
            assert!(after.iter().any(|is| kept(&is)), "{table}: {was:?}");
        }
    }
}

#[tokio::test]
async fn what_is_read_from_a_database_of_the_release_before_is_whole() {
    let (database, _) = before().await;
    database.migrate(&PostgresStore::builder()).await.unwrap();
    let clock = Arc::new(ManualClock::at("2026-11-23T08:00:00Z".parse().unwrap()));
    let store = database.store(clock.clone()).await.unwrap();
    let store: &dyn Store = &store;
    let system = system_scope();
    let mark = store.time_mark(&system).await.unwrap().unwrap();
    assert_eq!(
        mark.trusted_at.to_rfc3339(),
        "2026-11-23T06:41:00+00:00",
        "the newest instant in the database"
    );
    assert!(store.key_checks(&system).await.unwrap().is_empty());
    let orgs = store.organisations(&system, None, 10).await.unwrap();
    assert_eq!(orgs.len(), 2);
    let org = scope(orgs[0].id);
    let page = || PageRequest::first(50);
    assert_eq!(store.contacts(&org, &ContactQuery::default(), page()).await.unwrap().items.len(), 9);
    let found = store.contacts(&org, &ContactQuery::matching("devi"), page()).await.unwrap();
    assert_eq!(found.items.len(), 1);
    assert_eq!(found.items[0].tags[0].reveal(), "wholesale");
    let query = ConversationQuery::new(InboxView::All, StateFilter::Closed, clock.now());
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
    let query = ConversationQuery::new(InboxView::All, StateFilter::Open, clock.now());
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

//! What holds for every statement of the table: it prepares, it stays within its organisation, it touches what it says
//! it touches, and it reads by an index.

use dialzio_core::registry::TableScope;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::{Kind, Statement, all};

/// Its words carry the organisation's id themselves, and its row numbers come from rows that name it.
const WORDS: &str = "contact_words";

/// Statements that ask for all rows of an organisation in a table or a narrow index.
const WHOLE: &[&str] = &[
    "MEMBERS",
    "MEMBERSHIPS_IN",
    // One row by its key.
    "TERMS",
    "INVITATIONS_INTO",
    "API_KEYS",
    "KEY_USES",
    "DISPOSITIONS",
    "CALL_FLOWS",
    "CANNED_REPLIES",
    "SHARED_VIEWS",
    "TEAMS",
    "IDENTITY_PROVIDERS",
    "CALLS_TO_RETURN",
    "ACCOUNTS",
    "QUEUE_COUNTS",
    "EFFECTS_DISPATCHED",
    "ANY_SUPPRESSION",
    "ORG",
    "ORG_DAYS",
    "HEAD",
    "APPS",
];

fn is_system(table: &str) -> bool {
    dialzio_core::registry::table(table).is_some_and(|table| table.scope == TableScope::System)
}

fn fresh() -> Connection {
    let mut db = Connection::open_in_memory().unwrap();
    crate::migrate::migrate(&mut db, 0).unwrap();
    crate::stats::write(&db).unwrap();
    db
}

fn plan(db: &Connection, statement: &Statement) -> Vec<String> {
    let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
    // Without values: the plan has to hold for any.
    let (mut rows, mut lines) = (explain.raw_query(), Vec::new());
    while let Some(row) = rows.next().unwrap() {
        lines.push(row.get(3).unwrap());
    }
    lines
}

#[test]
fn every_statement_prepares_and_has_a_name_of_its_own() {
    let db = fresh();
    let mut names = BTreeSet::new();
    for statement in all() {
        db.prepare(statement.sql).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        assert!(names.insert(statement.name), "{} twice", statement.name);
    }
}

#[test]
fn every_table_of_an_organisation_is_narrowed_by_it() {
    for statement in all() {
        let of_orgs = statement.tables.iter().filter(|table| !is_system(table) && **table != WORDS).count();
        if statement.kind == Kind::System {
            assert_eq!(
                of_orgs, 0,
                "{} is a system statement and touches an organisation's table",
                statement.name
            );
            continue;
        }
        assert!(of_orgs > 0, "{} touches system tables only and says otherwise", statement.name);
        let insert = statement.sql.contains("(org_id,") && statement.sql.contains("VALUES (?1,");
        let narrowed = statement.sql.matches("org_id = ?1").count() + usize::from(insert);
        assert!(narrowed >= of_orgs, "{}: {of_orgs} tables, narrowed {narrowed} times", statement.name);
        // Each table reference by its own alias: as many conditions as references.
        let references =
            [" FROM ", " JOIN "].iter().map(|word| table_references(statement.sql, word)).sum::<usize>();
        let wanted = references + usize::from(!insert && statement.sql.starts_with("UPDATE"));
        assert!(narrowed >= wanted, "{}: {wanted} references, narrowed {narrowed} times", statement.name);
    }
}

/// How often a table of an organisation stands after a word.
fn table_references(sql: &str, word: &str) -> usize {
    let flat = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let after = flat.match_indices(word).map(|(at, _)| &flat[at + word.len()..]);
    let table = |rest: &str| rest.split([' ', ')', '(']).next().unwrap_or_default().to_owned();
    after.map(table).filter(|name| name != "json_each" && name != WORDS && !is_system(name)).count()
}

fn table_names(db: &Connection) -> BTreeSet<String> {
    let mut names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn every_statement_touches_the_tables_it_names_and_no_other() {
    let mut db = fresh();
    // With foreign keys on, a statement also looks at parents, which it does not name.
    db.pragma_update(None, "foreign_keys", 0).unwrap();
    let known = table_names(&db);
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let sink = Arc::clone(&seen);
    db.authorizer(Some(move |context: AuthContext<'_>| {
        let table = match context.action {
            AuthAction::Read { table_name, .. }
            | AuthAction::Insert { table_name }
            | AuthAction::Delete { table_name }
            | AuthAction::Update { table_name, .. } => Some(table_name),
            _ => None,
        };
        sink.lock().unwrap().extend(table.map(str::to_owned));
        Authorization::Allow
    }))
    .unwrap();
    for statement in all() {
        seen.lock().unwrap().clear();
        db.prepare(statement.sql).unwrap();
        let touched: BTreeSet<String> = seen.lock().unwrap().intersection(&known).cloned().collect();
        let named: BTreeSet<String> = statement.tables.iter().map(|table| (*table).to_owned()).collect();
        // The words' own tables are beneath them.
        let beyond: Vec<_> =
            touched.difference(&named).filter(|table| !table.starts_with("contact_words_")).collect();
        assert!(beyond.is_empty(), "{} also touches {beyond:?}", statement.name);
        assert!(named.is_subset(&touched), "{} names {named:?} and touches {touched:?}", statement.name);
    }
}

#[test]
fn every_statement_finds_its_rows_by_an_index() {
    let db = fresh();
    for statement in all() {
        for line in plan(&db, &statement) {
            let scan = line.starts_with("SCAN ");
            let virtual_table = line.contains("VIRTUAL TABLE");
            let first_of_index = statement.name == "LANE_NEXT" && line.contains("USING COVERING INDEX");
            let constant = line.starts_with("SCAN CONSTANT ROW");
            assert!(!scan || virtual_table || first_of_index || constant, "{}: {line}", statement.name);
            assert!(!line.contains("USE TEMP B-TREE FOR ORDER BY"), "{}: {line}", statement.name);
            // By the organisation alone is as good as a scan, but where all of it is asked for and little.
            let whole = line.ends_with("(org_id=?)") && !WHOLE.contains(&statement.name);
            assert!(!whole, "{}: {line}", statement.name);
            assert!(!line.contains("AUTOMATIC"), "{}: {line}", statement.name);
        }
    }
}

#[test]
fn lists_use_the_index_that_was_made_for_them() {
    let db = fresh();
    for (statement, index) in [
        (super::INBOX, "conversation_queue ("),
        (super::INBOX_OF, "conversation_queue_of ("),
        (super::PLACES, "conversation_queue ("),
        (super::PLACES_OF_ASSIGNEE, "conversation_queue_of ("),
        (super::PLACES_OF_ACCOUNT, "conversation_queue_account ("),
        (super::PLACES_UNREAD, "conversation_queue_unread ("),
        (super::PLACES_FAILED, "conversation_queue_failed ("),
        (super::PLACES_WAITING, "conversation_queue_waiting ("),
        (super::PLACES_WOKEN, "conversation_snoozed ("),
        (super::PLACES_OF_PEOPLE, "conversation_of_contact ("),
        (super::PLACES_BY_WORDS, "conversation_queue ("),
        (super::PEOPLE_TAGGED, "contact_tag_by_tag ("),
        (super::PEOPLE_AT_STAGE, "contact_newest_of_stage ("),
        (super::INBOX_WOKEN, "conversation_snoozed ("),
        (super::CALLS, "PRIMARY KEY (org_id=? AND id>? AND id<?)"),
        (super::CALLS_OF_CONTACT, "call_of_contact ("),
        (super::CALLS_OF_CUSTOMER, "call_of_customer ("),
        (super::CALLS_WAITING, "call_waiting ("),
        (super::CALLS_MISSED, "call_missed ("),
        (super::CALLS_OF_DISPOSITION, "call_by_disposition ("),
        (super::CALLS_OF_MEMBER, "call_of_member ("),
        (super::CALLS_IN_STATE, "call_by_state ("),
        (super::CALLS_OF_DURATION, "call_by_duration ("),
        (super::CALLS_OF_ACCOUNT, "call_of_account ("),
        (super::CALLS_OF_DIRECTION, "call_by_direction ("),
        (super::CALLS_TO_RETURN, "call_waiting ("),
        (super::CALLS_TO_RETURN_TO, "call_waiting_of_customer ("),
        (super::CALL_TALLIES, "PRIMARY KEY (org_id=? AND id>? AND id<?)"),
        (super::CALL_TALLIES_OF_MEMBER, "call_of_member ("),
        (super::CALL_ALIASES, "call_alias_of_call ("),
        (super::CALLS_HOLDING, "PRIMARY KEY (org_id=? AND account_id=? AND alias=?)"),
        (super::CALLERS_TYPED, "contact_detail_by_subject ("),
        (super::CALLERS_SEEN, "channel_alias_by_subject ("),
        (super::AGENTS_KNOWN, "call_agent_by_phone ("),
        (super::CONTACTS, "contact_by_name ("),
        (super::CONTACTS_OF_STAGE, "contact_by_stage ("),
        (super::OPEN_TASKS, "task_open ("),
        (super::TASKS_OF_MEMBER, "task_of_assignee ("),
        (super::OPEN_TASKS_OF_MEMBER, "task_open_of_assignee ("),
        (super::TASKS_OF_CONTACT, "task_of_contact ("),
        (super::TASKS_OF_CONTACT_NEWEST, "task_of_contact ("),
        (super::MESSAGES, "PRIMARY KEY (org_id=? AND conversation_id=? AND id<?)"),
        (super::MESSAGE, "message_by_id ("),
        (super::ACTIVITIES, "PRIMARY KEY (org_id=? AND conversation_id=? AND id<?)"),
        (super::ACTIVITIES_OVER, "conversation_activity_by_time ("),
        (super::DRAFTS, "PRIMARY KEY (org_id=? AND conversation_id=? AND member_id=?)"),
        (super::DRAFTS_OVER, "draft_by_time ("),
        (super::NOTICES, "notice_by_member ("),
        (super::SAVED_VIEWS_OF, "saved_view_by_member ("),
        (super::SHARED_VIEWS, "saved_view_shared ("),
        (super::UNREAD_NOTICES, "notice_unread ("),
        (super::COUNT_UNREAD_NOTICES, "notice_unread ("),
        (super::READ_NOTICES_UP_TO, "notice_unread ("),
        (super::NOTICES_OVER, "notice_by_time ("),
        (super::USAGE_OF, "usage_event_of_member ("),
        (super::SUPPORT_REQUESTS_OF, "support_request_of_member ("),
        (super::SUPPORT_OVER, "support_request_closed ("),
        (super::NEWS_TO_MAIL, "service_update_to_mail ("),
        (super::USAGE_SINCE, "PRIMARY KEY (org_id=? AND id>?)"),
        (super::USAGE_OVER, "PRIMARY KEY (org_id=? AND id<?)"),
        (super::USAGE_WHOLE, "usage_event_whole ("),
        (super::SCHEDULED_MESSAGES, "scheduled_message_of_conversation ("),
        (super::SCHEDULED_OVER, "scheduled_message_by_time ("),
        (super::CONTACTS_OF_OWNER, "contact_by_owner ("),
        (super::CONTACTS_OF_OWNER_AT_STAGE, "contact_by_owner_and_stage ("),
        (super::NEWEST_CONTACTS, "PRIMARY KEY (org_id=? AND id<?)"),
        (super::NEWEST_CONTACTS_OF_STAGE, "contact_newest_of_stage ("),
        (super::NEWEST_CONTACTS_OF_OWNER, "contact_newest_of_owner ("),
        (super::NEWEST_CONTACTS_OF_OWNER_AT_STAGE, "contact_newest_of_owner_and_stage ("),
        (super::LAST_CONTACTS, "conversation_of_contact ("),
        (super::LAST_CONTACTS, "call_of_contact ("),
        (super::EFFECTS_DUE, "effect_line ("),
        (super::ITEMS_DUE, "inbox_item_line ("),
        (super::ITEMS_WAITING, "PRIMARY KEY (org_id=? AND id>?)"),
        (super::LANES_DUE, "lane_due ("),
        (super::QUARANTINE, "quarantine_of_org ("),
        (super::MESSAGES_PROMOTED, "message_promotion ("),
        (super::PROMOTIONS_OF, "message_promotion ("),
        (super::LANE_DUE, "effect_next ("),
        (super::LANE_DUE, "inbox_item_next ("),
        (super::CANCEL_SEND, "effect_send ("),
        (super::EFFECTS_DISPATCHED, "effect_dispatched ("),
        (super::EFFECTS_OVER, "effect_settled ("),
        (super::MESSAGES_ENDED, "message_ending ("),
    ] {
        let lines = plan(&db, &statement);
        assert!(lines.iter().any(|line| line.contains(index)), "{}: {lines:#?}", statement.name);
    }
}

/// A plan must not depend on the values that are bound: the library would make it anew at every call.
#[test]
fn a_statement_is_prepared_once_whatever_is_bound() {
    use rusqlite::StatementStatus;
    let folder = tempfile::tempdir().unwrap();
    let place = crate::connect::Place { path: folder.path().join("crm.db"), temporary: true };
    let _lock = crate::connect::Lock::take(&place.path).unwrap();
    let mut db = crate::connect::writer(&place).unwrap();
    crate::migrate::migrate(&mut db, 0).unwrap();
    crate::stats::write(&db).unwrap();
    db.pragma_update(None, "foreign_keys", 0).unwrap();
    let mut again = Vec::new();
    for statement in all() {
        let transaction = db.transaction().unwrap();
        let mut prepared = transaction.prepare(statement.sql).unwrap();
        for round in 0_u8..3 {
            for place in 1..=prepared.parameter_count() {
                prepared.raw_bind_parameter(place, vec![round; 16]).unwrap();
            }
            // What does not fit its table is refused, which is no matter here.
            let mut rows = prepared.raw_query();
            while let Ok(Some(_)) = rows.next() {}
        }
        if prepared.get_status(StatementStatus::RePrepare) > 0 {
            again.push(statement.name);
        }
    }
    assert_eq!(again, [""; 0]);
}

/// Narrowed to an audience, each statement that reads prepares, touches no table that it does not name but those that decide
/// who sees a row, and finds its rows by an index.
#[test]
fn every_statement_can_be_narrowed_and_still_finds_its_rows_by_an_index() {
    let db = fresh();
    crate::audience::install(&db).unwrap();
    let mut wrong = Vec::new();
    // Work that is due is handed to the worker alone, and what is sealed to the operator; the index that the first names is of
    // the table itself.
    let narrowed = |statement: &Statement| {
        let whole = statement.name == "ITEMS_DUE" || statement.name.starts_with("SEALED_");
        statement.kind == Kind::Read && !whole
    };
    for statement in all().into_iter().filter(narrowed) {
        let narrowed: &'static str = Box::leak(crate::audience::narrowed(statement).into_boxed_str());
        if let Err(error) = db.prepare(narrowed) {
            wrong.push(format!("{}: {error}", statement.name));
            continue;
        }
        let narrowed = Statement { sql: narrowed, ..statement };
        for line in plan(&db, &narrowed) {
            let scan = line.starts_with("SCAN ") && !line.contains("VIRTUAL TABLE");
            let constant = line.starts_with("SCAN CONSTANT ROW");
            let whole = line.ends_with("(org_id=?)") && !WHOLE.contains(&statement.name);
            let built = ["MATERIALIZE", "CO-ROUTINE", "AUTOMATIC", "FOR ORDER BY"];
            if (scan && !constant) || whole || built.iter().any(|word| line.contains(word)) {
                wrong.push(format!("{}: {line}", statement.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! What holds for every statement of the table: it prepares, it names its organisation, its policy is looked at once and
//! not for each row, and it reads by an index that begins with the organisation.

use sqlx::{AssertSqlSafe, Executor, PgConnection};
use std::collections::BTreeSet;

use dialzio_core::registry::{self, TableScope};

use super::{Kind, Statement, all};
use crate::render::{Rendered, Schema};
use crate::testing::{Cluster, Database};

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
    "DISPATCHED_IN_LANE",
    "ANY_SUPPRESSION",
];

/// Statements that name no table of ours, or call what does.
const CALLS: &[&str] = &["MONTH_OPEN", "MONTH_CLOSE", "MONTHS", "STEPS_TAKEN"];

/// Enough rows of several organisations for plans to be those of a busy tenant.
const FILL: &str = "
    SET session_replication_role = replica;
    CREATE TEMPORARY TABLE o AS SELECT gen_random_uuid() AS org, n FROM generate_series(1, 4) n;
    INSERT INTO dialzio.contact (org_id, id, name, sort_key, stage, owner, restricted, revision, created_at, updated_at)
      SELECT o.org, gen_random_uuid(), 'n' || i, md5(i::TEXT), (ARRAY['new', 'lead', 'customer'])[1 + i % 3],
      ('00000000-0000-0000-0000-00000000000' || i % 9)::UUID, FALSE, 1, i, i FROM o, generate_series(1, 8000) i;
    INSERT INTO dialzio.channel_identity (org_id, id, contact_id, portfolio, profile_name, username, profile_at,
      unreachable_since, created_at, joined_into) SELECT org_id, id, id, 'p', NULL, NULL, 0, NULL, 0,
      CASE WHEN created_at % 10 = 0 THEN id END FROM dialzio.contact;
    INSERT INTO dialzio.channel_alias (org_id, portfolio, kind, match_key, identity_id, value, subject_key, seen_at)
      SELECT org_id, 'p', 'phone', id::TEXT, id, 'v', 'phone:' || id, 0 FROM dialzio.contact;
    INSERT INTO dialzio.contact_detail SELECT org_id, id, 0, 'email', 'v', NULL, NULL, 'email:' || id FROM dialzio.contact;
    INSERT INTO dialzio.contact_word SELECT org_id, id, substr(md5(id::TEXT || w), 1, 8) FROM dialzio.contact, generate_series(1, 3) w;
    INSERT INTO dialzio.conversation SELECT org_id, id, ('00000000-0000-0000-0000-00000000000' || created_at % 5)::UUID, id, id,
      (ARRAY['open', 'closed'])[1 + (created_at % 2)::INT], NULL,
      ('00000000-0000-0000-0000-00000000000' || created_at % 9)::UUID, NULL, created_at % 5, NULL, created_at, NULL, NULL, NULL, 1, 0,
      CASE WHEN created_at % 7 = 0 THEN created_at END, created_at % 100 = 0 FROM dialzio.contact;
    INSERT INTO dialzio.message (org_id, conversation_id, id, direction, kind, text, content_version, purpose, event_at,
        received_at, status, status_at)
      SELECT org_id, id, (lpad(to_hex(1772409600000 + (i - 1) * 2678400000 + created_at), 12, '0') || '7' ||
          substr(md5(id::TEXT || i), 1, 3) || '8' || substr(md5(i::TEXT || id), 1, 15))::UUID,
        'inbound', 'text', 't', 1, CASE WHEN created_at % 10 = 0 THEN 'marketing' END, 1772409600000000, 0, 'received', 0
      FROM dialzio.conversation, generate_series(1, 2) i;
    INSERT INTO dialzio.message_word SELECT org_id, id, w || substr(md5(id::TEXT), 1, 3) FROM dialzio.message, generate_series(1, 2) w;
    INSERT INTO dialzio.media (org_id, id, owner_kind, owner_id, account_id, what, state, event_at)
      SELECT org_id, id, 'message', id, id, 'image', 'stored', event_at FROM dialzio.message;
    INSERT INTO dialzio.external_reference SELECT org_id, conversation_id, hashtext(id::TEXT), id, NULL, 0 FROM dialzio.message;
    INSERT INTO dialzio.disposition SELECT o.org, gen_random_uuid(), 'n', TRUE, i, NULL, 1, i::TEXT FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.canned_reply SELECT o.org, gen_random_uuid(), 't', i::TEXT, 't', 1 FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.identity_provider SELECT o.org, gen_random_uuid(), 'n', 'https://a.example', 'c', '', 1 FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.member_identity SELECT o.org, gen_random_uuid(), i::TEXT, gen_random_uuid(), 0 FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.team SELECT o.org, gen_random_uuid(), 'n', '[]', 1 FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.saved_view SELECT o.org, gen_random_uuid(), ('00000000-0000-0000-0000-00000000001' || i % 9)::UUID, 'n', i % 50 = 0, '{}', 1 FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.call_flow SELECT o.org, gen_random_uuid(), gen_random_uuid(), 'n', '', TRUE, '{}', 1 FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.task SELECT org_id, id, id, 't', NULL, id, NULL, 0 FROM dialzio.contact;
    INSERT INTO dialzio.effect SELECT org_id, id, ('00000000-0000-0000-0000-00000000001' || last_at % 9)::UUID, NULL, 'send', id,
        (ARRAY['send', 'media', 'signal'])[1 + last_at % 3], CASE WHEN last_at % 50 = 0 THEN 'pending' ELSE 'done' END, last_at, 0, 0
      FROM dialzio.conversation;
    INSERT INTO dialzio.inbox_item SELECT org_id, id, ('00000000-0000-0000-0000-00000000001' || last_at % 9)::UUID,
        (ARRAY['inbox', 'statuses'])[1 + last_at % 2], 'p', id, '', 0, last_at, 0 FROM dialzio.conversation;
    INSERT INTO dialzio.consent SELECT o.org, i, gen_random_uuid(), gen_random_uuid(), 'whatsapp', 'marketing', 'given', 'spoken', '', NULL, '', 0, 0, NULL
      FROM o, generate_series(1, 4000) i;
    INSERT INTO dialzio.consent_subject SELECT org_id, 'phone:' || id, seq, 0 FROM dialzio.consent;
    INSERT INTO dialzio.conversation_activity SELECT org_id, id, id, 'b', 'closed', NULL, NULL, last_at FROM dialzio.conversation;
    INSERT INTO dialzio.draft SELECT org_id, id, id, 'reply', 't', last_at FROM dialzio.conversation;
    INSERT INTO dialzio.notice SELECT org_id, gen_random_uuid(), ('00000000-0000-0000-0000-00000000001' || last_at % 9)::UUID,
        'mentioned', id, contact_id, 'a', last_at, CASE WHEN last_at % 10 <> 0 THEN last_at END FROM dialzio.conversation;
    INSERT INTO dialzio.usage_event SELECT org_id, id, ('00000000-0000-0000-0000-00000000001' || abs(hashtext(id::TEXT)) % 9)::UUID, '/inbox',
        'viewed', 'other', CASE WHEN hashtext(id::TEXT) % 50 = 0 THEN 'i' END, 'n', event_at FROM dialzio.message;
    INSERT INTO dialzio.support_request SELECT org_id, id, ('00000000-0000-0000-0000-00000000001' || abs(hashtext(id::TEXT)) % 9)::UUID, 's',
        'open', event_at, event_at, CASE WHEN hashtext(id::TEXT) % 50 = 0 THEN event_at END, 1 FROM dialzio.message;
    INSERT INTO dialzio.support_message SELECT org_id, id, id, NULL, 't', created_at FROM dialzio.support_request;
    INSERT INTO dialzio.scheduled_message SELECT org_id, id, id, 'a', 't', NULL, last_at, 1, NULL, NULL, NULL FROM dialzio.conversation;
    INSERT INTO dialzio.call (org_id, id, account_id, direction, state, confirmed, member_id, disposition_id, contact_id, began_hour,
        started_at, duration_class, customer, customer_key, withheld, recording_consent, handled_at, revision, created_at, evidence)
      SELECT org_id, id, account_id, (ARRAY['inbound', 'outbound'])[1 + (last_at % 2)::INT],
        (ARRAY['completed', 'missed', 'voicemail', 'busy', 'failed'])[1 + (last_at % 5)::INT], TRUE, assignee,
        CASE WHEN last_at % 3 = 0 THEN assignee END, CASE WHEN last_at % 2 = 0 THEN id END, last_at / 500, last_at,
        (ARRAY['none', 'under_30s', 'under_2m'])[1 + (last_at % 3)::INT], 'v', 'phone:' || last_at / 4, FALSE, 'unknown',
        CASE WHEN last_at % 2 = 0 THEN last_at END, 1, 0, '{}' FROM dialzio.conversation;
    INSERT INTO dialzio.call_alias SELECT org_id, account_id, 'leg.' || id, id FROM dialzio.call;
    INSERT INTO dialzio.call_agent SELECT o.org, '00000000-0000-0000-0000-00000000000a', i, 'n', 'v', 'phone:' || i, NULL FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.suppression SELECT o.org, decode(md5(i::TEXT), 'hex'), 'marketing', 1, 0 FROM o, generate_series(1, 4000) i;
    INSERT INTO dialzio.idempotency SELECT o.org, decode(md5(i::TEXT), 'hex'), '', 'other', gen_random_uuid(), i FROM o, generate_series(1, 4000) i;
    INSERT INTO dialzio.note SELECT org_id, id, gen_random_uuid(), 'a', 't', 0 FROM dialzio.contact;
    INSERT INTO dialzio.contact_tag SELECT org_id, id, 't' FROM dialzio.contact;
    INSERT INTO dialzio.message_evidence SELECT org_id, id, 'sent', 0, NULL, NULL FROM dialzio.message;
    INSERT INTO dialzio.member SELECT o.org, gen_random_uuid(), gen_random_uuid(), 'n', 'agent', 'active', 0 FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.template SELECT o.org, '00000000-0000-0000-0000-00000000000a', 't' || i, 'en', '{}' FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.account SELECT o.org, gen_random_uuid(), 'p', gen_random_uuid(), 'n', 'e', 'b', 'p', NULL, NULL, '', 'x', NULL, 0 FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.api_key SELECT o.org, gen_random_uuid(), 'n', '[]', '', 0, 0, NULL FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.lease SELECT o.org, gen_random_uuid(), 'send', 1, gen_random_uuid(), i FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.lane SELECT o.org, gen_random_uuid(), 'send', i FROM o, generate_series(1, 2000) i;
    INSERT INTO dialzio.event SELECT o.org, i, 1772409600000000 + (i / 4001) * 2678400000000, '{}' FROM o, generate_series(1, 8000) i;
    INSERT INTO dialzio.audit SELECT o.org, i, 1772409600000000 + (i / 4001) * 2678400000000, 'p', 'a', NULL, NULL, '' FROM o, generate_series(1, 8000) i;
    ANALYZE;";

async fn fresh() -> (Database, PgConnection) {
    let database = Cluster::shared().unwrap().database().await.unwrap();
    let db = database.admin().await.unwrap();
    (database, db)
}

fn rendered() -> Rendered {
    Rendered::new(Schema::parse("dialzio").unwrap())
}

/// A value for a parameter, in the middle of what the tables are filled with.
fn sample(kind: &str) -> &'static str {
    match kind {
        "uuid" => "'019cabcd-0000-7000-8000-000000000000'",
        "uuid[]" => "'{019cabcd-0000-7000-8000-000000000000, 019d3bcd-0000-7000-8000-000000000000}'",
        "bigint" => "1772900000000000",
        "bigint[]" => "'{1, 2}'",
        "text" | "\"char\"" => "'send'",
        "text[]" => "'{a, b}'",
        "bytea" => "'\\x00'",
        "bytea[]" => "'{}'",
        "boolean" => "TRUE",
        "date" => "'2026-03-01'",
        _ => "NULL",
    }
}

/// The plan for any values, as the role that runs the statement.
async fn plan(db: &mut PgConnection, statement: &Statement) -> Vec<String> {
    let text = rendered().text(*statement);
    let role = if statement.kind == Kind::System { "dialzio_system" } else { "dialzio_app" };
    db.execute(AssertSqlSafe(format!(
        "BEGIN; SET LOCAL ROLE {role}; SELECT {};
         SELECT set_config('dialzio.org', '019cabcd-0000-7000-8000-000000000000', true);
         PREPARE looked_at AS {text}",
        crate::session::PLANS
    )))
    .await
    .unwrap_or_else(|error| panic!("{}: {error}", statement.name));
    let kinds: Vec<String> = sqlx::query_scalar(
        "SELECT k::TEXT FROM pg_prepared_statements p, unnest(p.parameter_types) WITH ORDINALITY t (k, n)
         WHERE p.name = 'looked_at' ORDER BY n",
    )
    .fetch_all(&mut *db)
    .await
    .unwrap();
    let values: Vec<&str> = kinds.iter().map(|kind| sample(kind)).collect();
    let list = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
    let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) EXECUTE looked_at {list}"));
    let lines: Vec<String> = sqlx::raw_sql(explain)
        .fetch_all(&mut *db)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", statement.name))
        .iter()
        .map(|row| sqlx::Row::get(row, 0))
        .collect();
    db.execute("ROLLBACK; DEALLOCATE looked_at").await.unwrap();
    lines
}

#[test]
fn every_statement_has_a_name_of_its_own() {
    let mut names = BTreeSet::new();
    for statement in all() {
        assert!(names.insert(statement.name), "{} twice", statement.name);
    }
}

#[test]
fn every_table_of_an_organisation_is_narrowed_by_it() {
    for statement in all() {
        let of_org =
            |name: &str| registry::table(name).is_some_and(|table| table.scope == TableScope::Organisation);
        if statement.kind == Kind::System {
            let touched: Vec<_> = statement.tables.iter().filter(|table| of_org(table)).collect();
            assert!(touched.is_empty() || CALLS.contains(&statement.name), "{}: {touched:?}", statement.name);
            continue;
        }
        let flat = statement.sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let references =
            flat.matches(" @").count() - flat.matches(" @@").count() + usize::from(flat.starts_with('@'));
        let insert = flat.starts_with("INSERT INTO @");
        let narrowed = flat.matches("org_id = $1").count()
            + usize::from(
                insert
                    && flat.contains("(org_id,")
                    && (flat.contains("VALUES ($1,") || flat.contains("VALUES [($1,")),
            );
        assert!(
            references > 0 && narrowed >= references,
            "{}: {references} references, narrowed {narrowed} times",
            statement.name
        );
    }
}

#[tokio::test]
async fn every_statement_reads_by_an_index_of_its_organisation_and_looks_at_the_policy_once() {
    let (_database, mut db) = fresh().await;
    db.execute(FILL).await.unwrap();
    let mut wrong = Vec::new();
    for statement in all().filter(|statement| !CALLS.contains(&statement.name)) {
        let lines = plan(&mut db, &statement).await;
        if let Some(what) = fault(&statement, &lines) {
            wrong.push(format!("{} {what}:\n{}", statement.name, lines.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is wrong with a plan.
fn fault(statement: &Statement, lines: &[String]) -> Option<&'static str> {
    let before = std::iter::once("").chain(lines.iter().map(String::as_str));
    for (line, before) in lines.iter().map(|line| line.trim()).zip(before) {
        if line.contains("Seq Scan") {
            return Some("reads a whole table");
        }
        let filters = ["Filter:", "Join Filter:", "Index Cond:"].iter().any(|word| line.starts_with(word));
        if filters && line.contains("current_setting") {
            return Some("looks at the policy for each row");
        }
        // To the server COALESCE may leak what it is given, so it waits until the policy has been looked at, and then no
        // index can serve it. CASE may not.
        if line.starts_with("Filter:") && line.contains("= COALESCE(") {
            return Some("looks through rows for an id");
        }
        if statement.kind != Kind::System
            && let Some(condition) = line.strip_prefix("Index Cond: ")
        {
            if !condition.contains("org_id = $1") {
                return Some("reads by an index of all organisations");
            }
            // The organisation's own row is one.
            let row = before.contains("org_pkey on org ");
            if condition == "(org_id = $1)" && !row && !WHOLE.contains(&statement.name) {
                return Some("reads all of an organisation");
            }
        }
    }
    let once = |line: &String| line.contains("One-Time Filter") && line.contains("current_setting");
    let looked = statement.kind != Kind::Read || lines.iter().any(once);
    (!looked).then_some("never looks at the policy")
}

/// What is asked for every webhook finds a provider's id by its hash, however many the account has received.
#[tokio::test]
async fn a_providers_id_is_found_by_its_hash() {
    let (_database, mut db) = fresh().await;
    // In an empty database as in a full one: the plan is made once, perhaps long before there is anything to find.
    for fill in ["", FILL] {
        db.execute(fill).await.unwrap();
        for statement in [super::REFERENCES, super::MESSAGES_REFERRED] {
            let lines = plan(&mut db, &statement).await.join("\n");
            assert!(lines.contains("(hash8 = h.hash)"), "{}:\n{lines}", statement.name);
            assert!(!lines.contains("Filter: (hash8"), "{}:\n{lines}", statement.name);
        }
    }
}

#[tokio::test]
async fn lists_use_the_index_that_was_made_for_them() {
    let (_database, mut db) = fresh().await;
    db.execute(FILL).await.unwrap();
    let mut wrong = Vec::new();
    for (statement, index) in [
        (super::INBOX, "conversation_queue "),
        (super::INBOX_OF, "conversation_queue_of "),
        (super::INBOX, "conversation_snoozed "),
        (super::INBOX_OF, "conversation_snoozed "),
        (super::PLACES, "conversation_queue "),
        (super::PLACES_OF_ASSIGNEE, "conversation_queue_of "),
        (super::PLACES_OF_ACCOUNT, "conversation_queue_account "),
        (super::PLACES_UNREAD, "conversation_queue_unread "),
        (super::PLACES_FAILED, "conversation_queue_failed "),
        (super::PLACES_WAITING, "conversation_queue_waiting "),
        (super::PLACES_WOKEN, "conversation_snoozed "),
        (super::PLACES_OF_PEOPLE, "conversation_of_contact "),
        (super::PLACES_BY_WORDS, "conversation_queue "),
        (super::PEOPLE_TAGGED, "contact_tag_by_tag "),
        (super::PEOPLE_AT_STAGE, "contact_newest_of_stage "),
        (super::CALLS, "call_pkey "),
        (super::CALLS_OF_CONTACT, "call_of_contact "),
        (super::CALLS_OF_CUSTOMER, "call_of_customer "),
        (super::CALLS_WAITING, "call_waiting "),
        (super::CALLS_MISSED, "call_missed "),
        (super::CALLS_OF_DISPOSITION, "call_by_disposition "),
        (super::CALLS_OF_MEMBER, "call_of_member "),
        (super::CALLS_IN_STATE, "call_by_state "),
        (super::CALLS_OF_DURATION, "call_by_duration "),
        (super::CALLS_OF_ACCOUNT, "call_of_account "),
        (super::CALLS_OF_DIRECTION, "call_by_direction "),
        (super::CALLS_TO_RETURN, "call_waiting "),
        (super::CALLS_TO_RETURN_TO, "call_waiting_of_customer "),
        (super::CALL_TALLIES, "call_pkey "),
        (super::CALL_TALLIES_OF_MEMBER, "call_of_member "),
        (super::CALL_ALIASES, "call_alias_of_call "),
        (super::CALLS_HOLDING, "call_alias_pkey "),
        (super::CALLERS, "contact_detail_by_subject "),
        (super::CALLERS, "channel_alias_by_subject "),
        (super::AGENTS_KNOWN, "call_agent_by_phone "),
        (super::PURGE_DRAFTS, "draft_by_time "),
        (super::NOTICES, "notice_by_member "),
        (super::SUPPORT_REQUESTS_OF, "support_request_of_member "),
        (super::PURGE_SUPPORT, "support_request_closed "),
        (super::UNREAD_NOTICES, "notice_unread "),
        (super::COUNT_UNREAD_NOTICES, "notice_unread "),
        (super::PURGE_NOTICES, "notice_by_time "),
        (super::USAGE_OF, "usage_event_of_member "),
        (super::USAGE_SINCE, "usage_event_pkey "),
        (super::PURGE_USAGE, "usage_event_pkey "),
        (super::SHORTEN_USAGE, "usage_event_whole "),
        (super::SCHEDULED_MESSAGES, "scheduled_message_of_conversation "),
        (super::PURGE_SCHEDULED, "scheduled_message_by_time "),
        (super::CONTACTS, "contact_by_name "),
        (super::CONTACTS_OF_STAGE, "contact_by_stage "),
        (super::OPEN_TASKS, "task_open "),
        (super::TASKS_OF_MEMBER, "task_of_assignee "),
        (super::TASKS_OF_CONTACT, "task_of_contact "),
        (super::TASKS_OF_CONTACT_NEWEST, "task_of_contact "),
        (super::MESSAGES, "message_2026_03_org_id_conversation_id_id_idx "),
        (super::MESSAGE, "message_2026_03_pkey "),
        (super::ACTIVITIES, "conversation_activity_pkey "),
        (super::ACTIVITIES_OVER, "conversation_activity_by_time "),
        (super::EFFECTS_DUE, "effect_line "),
        (super::ITEMS_DUE, "inbox_item_line "),
        (super::LANES_DUE, "lane_due "),
        (super::QUARANTINE, "quarantine_of_org "),
        (super::LANE_DUE, "effect_next "),
        (super::ITEMS_WAITING, "inbox_item_pkey "),
        (super::LANE_DUE, "inbox_item_next "),
        (super::CANCEL_SEND, "effect_send "),
        (super::EFFECTS_DISPATCHED, "effect_dispatched "),
        (super::EFFECTS_OVER, "effect_settled "),
        (super::SEARCH_WORDS, "contact_word_by_word "),
        (super::CONTACTS_OF_OWNER, "contact_by_owner "),
        (super::CONTACTS_OF_OWNER_AT_STAGE, "contact_by_owner_and_stage "),
        (super::CONTACTS_OF_NOBODY, "contact_by_owner "),
        (super::CONTACTS_OF_NOBODY_AT_STAGE, "contact_by_owner_and_stage "),
        (super::NEWEST_CONTACTS, "contact_pkey "),
        (super::NEWEST_CONTACTS_OF_STAGE, "contact_newest_of_stage "),
        (super::NEWEST_CONTACTS_OF_OWNER, "contact_newest_of_owner "),
        (super::NEWEST_CONTACTS_OF_OWNER_AT_STAGE, "contact_newest_of_owner_and_stage "),
        (super::NEWEST_CONTACTS_OF_NOBODY, "contact_newest_of_owner "),
        (super::NEWEST_CONTACTS_OF_NOBODY_AT_STAGE, "contact_newest_of_owner_and_stage "),
        (super::LAST_CONTACTS, "conversation_of_contact "),
        (super::LAST_CONTACTS, "call_of_contact "),
    ] {
        let lines = plan(&mut db, &statement).await;
        if !lines.iter().any(|line| format!("{line} ").contains(index)) {
            wrong.push(format!("{}:\n{}", statement.name, lines.join("\n")));
        }
        // Whatever is looked up for each row may be sorted; the page itself comes in order.
        let sorts = |line: &String| {
            let depth = line.len() - line.trim_start().len();
            depth < 9 && line.trim().trim_start_matches("->").trim() == "Sort"
        };
        // What is counted is sorted to be counted, and people whom words find to be named once.
        let groups = statement.name.starts_with("CALL_TALLIES") || statement.name == "SEARCH_WORDS";
        if statement.name != "LANES_DUE" && !groups && lines.iter().any(sorts) {
            wrong.push(format!("{} sorts what an index has in order:\n{}", statement.name, lines.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Narrowed to an audience, a statement reads by an index as before, and asks once for whom it reads.
#[tokio::test]
async fn every_statement_can_be_narrowed_and_still_reads_by_an_index() {
    let (_database, mut db) = fresh().await;
    db.execute(FILL).await.unwrap();
    let mut wrong = Vec::new();
    let reads = |statement: &Statement| statement.kind == Kind::Read && !CALLS.contains(&statement.name);
    for statement in all().filter(reads) {
        let sql: &'static str =
            Box::leak(crate::audience::narrowed("dialzio", statement.sql).into_boxed_str());
        // A name of its own, so that this text is taken.
        let name: &'static str = Box::leak(format!("{}_NARROWED", statement.name).into_boxed_str());
        let lines = plan(&mut db, &Statement { name, sql, ..statement }).await;
        // A table of which nothing is seen is not read at all.
        let is_empty = lines.iter().any(|line| line.contains("One-Time Filter: false"));
        if let Some(what) = fault(&statement, &lines).filter(|_| !is_empty) {
            wrong.push(format!("{} {what}:\n{}", statement.name, lines.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

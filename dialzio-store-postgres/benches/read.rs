//! A page of 50 messages and an inbox of 50, beside a baseline: the same statement, prepared, in the same transaction with the
//! organisation set and the policy in force, every column turned into an owned value. Prints medians in microseconds and ratios.
//!
//! `cargo bench -p dialzio-store-postgres --bench read [-- MESSAGES...]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench reports and fails loudly"
)]

use dialzio_core::conversation::{ConversationQuery, InboxView, StateFilter};
use dialzio_core::page::PageRequest;
use dialzio_core::testing::conformance::{Person, Tenant, TestBed};
use dialzio_core::{Store, TypedId};
use dialzio_store_postgres::PostgresStore;
use dialzio_store_postgres::testing::Cluster;
use sqlx::postgres::{PgColumn, PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Executor, Row, TypeInfo};
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

const ROUNDS: usize = 400;
const PEOPLE: usize = 200;
const WORDS: &str = "Is the blue one still there?";

const PAGE: &str =
    "SELECT m.* FROM dialzio.message m WHERE m.org_id = $1 AND m.conversation_id = $2 AND m.id < $3
                    AND m.event_at > $4 ORDER BY m.id DESC LIMIT 51";
const INBOX: &str = "SELECT c.*, t.name, t.stage, i.profile_name, i.username, m.id, m.text, m.status,
      (SELECT a.value FROM dialzio.channel_alias a WHERE a.org_id = $1 AND a.identity_id = i.id AND a.kind = 'phone'
       ORDER BY a.seen_at DESC, a.place DESC LIMIT 1)
    FROM (SELECT c.* FROM dialzio.conversation c WHERE c.org_id = $1 AND c.state = 'open'
          ORDER BY c.last_at DESC, c.id DESC LIMIT 51) c
    CROSS JOIN LATERAL (SELECT t.name, t.stage FROM dialzio.contact t WHERE t.org_id = $1 AND t.id = c.contact_id LIMIT 1) t
    CROSS JOIN LATERAL (SELECT i.* FROM dialzio.channel_identity i WHERE i.org_id = $1 AND i.id = c.identity_id LIMIT 1) i
    LEFT JOIN LATERAL (SELECT m.* FROM dialzio.message m WHERE m.org_id = $1 AND m.id = c.last_message LIMIT 1) m ON TRUE
    ORDER BY c.last_at DESC, c.id DESC";

async fn baseline(db: &mut PgConnection, org: Uuid, inbox: bool, talk: Uuid) -> usize {
    db.execute(AssertSqlSafe(format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT set_config('role', 'dialzio_app', true),
         set_config('dialzio.org', '{org}', true); SELECT set_config('plan_cache_mode', 'force_generic_plan', true),
         set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
         set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)"
    )))
    .await
    .unwrap();
    let query = if inbox {
        sqlx::query(INBOX).bind(org)
    } else {
        sqlx::query(PAGE).bind(org).bind(talk).bind(Uuid::max()).bind(0_i64)
    };
    let rows = query.fetch_all(&mut *db).await.unwrap();
    rows.iter().map(|row| std::hint::black_box(owned(row))).map(|values| values.len().min(1)).sum()
}

/// A column's value, as its reader would own it.
#[allow(dead_code, reason = "owning it is all that is measured")]
enum Owned {
    Nothing,
    Id(Uuid),
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

fn owned(row: &PgRow) -> Vec<Owned> {
    let one = |column: &PgColumn| {
        let place = column.ordinal();
        match column.type_info().name() {
            "UUID" => row.get::<Option<Uuid>, _>(place).map(Owned::Id),
            "INT8" => row.get::<Option<i64>, _>(place).map(Owned::Number),
            "INT4" => row.get::<Option<i32>, _>(place).map(|number| Owned::Number(number.into())),
            "BOOL" => row.get::<Option<bool>, _>(place).map(|flag| Owned::Number(flag.into())),
            "INT2" => row.get::<Option<i16>, _>(place).map(|number| Owned::Number(number.into())),
            "BYTEA" => row.get::<Option<Vec<u8>>, _>(place).map(Owned::Bytes),
            "TEXT" => row.get::<Option<String>, _>(place).map(Owned::Text),
            other => unreachable!("a column of type {other}"),
        }
        .unwrap_or(Owned::Nothing)
    };
    row.columns().iter().map(one).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// So many people write in turn, a second apart.
async fn talk(bed: &TestBed, tenant: &Tenant, people: &[Person], messages: i64) {
    for start in (0..messages).step_by(PEOPLE) {
        let batch = |n: i64| {
            let place = usize::try_from(n).unwrap() % PEOPLE;
            let at = bed.at(n / i64::try_from(PEOPLE).unwrap());
            let message = bed.make.inbound(&people[place].conversation, WORDS, at);
            bed.writes([bed.make.append(tenant.account.id, &message).into()])
        };
        let batches = (start..start + i64::try_from(PEOPLE).unwrap()).map(batch).collect();
        for answer in bed.store.commit(&tenant.scope, batches).await {
            answer.unwrap();
        }
    }
}

/// Older messages of the same people, over eleven months, up to so many in all.
async fn remember(
    db: &mut PgConnection,
    bed: &TestBed,
    tenant: &Tenant,
    people: &[Person],
    from: i64,
    to: i64,
) {
    let (now, ids) = (bed.now(), people.iter().map(|person| person.conversation.id.uuid().to_string()));
    for back in 0..12 {
        let month = (now - chrono::Months::new(back)).date_naive();
        db.execute(AssertSqlSafe(format!("SELECT dialzio.month_open('{month}')"))).await.unwrap();
    }
    // That the conversations are there need not be looked up for each row.
    db.execute("SET session_replication_role = replica").await.unwrap();
    let (start, span) = ((now - chrono::TimeDelta::days(330)).timestamp_micros(), 329_i64 * 86_400_000_000);
    let sql = format!(
        "INSERT INTO dialzio.message (org_id, conversation_id, id, direction, author, kind, text, content, content_version, purpose, event_at, received_at, expires_at, external_id, reply_to, status, status_at, failure_code, failure_detail, edited_at, revoked_at, reactions)
         SELECT '{}', (ARRAY['{}'])[1 + n % {PEOPLE}]::UUID,
                (lpad(to_hex(at / 1000), 12, '0') || '7' || '000' || '8' || lpad(to_hex(n), 15, '0'))::UUID,
                'inbound', NULL, 'text', '{WORDS}', NULL, 1, NULL, at, at, NULL, 'wamid.' || n, NULL, 'received', at,
                NULL, NULL, NULL, NULL, NULL
         FROM (SELECT n, {start} + (n - {from}) * ({span} / {}) AS at FROM generate_series({from}, {to} - 1) n) series",
        tenant.org.id.uuid(),
        ids.collect::<Vec<_>>().join("', '"),
        to - from
    );
    db.execute(AssertSqlSafe(sql)).await.unwrap();
}

#[tokio::main]
async fn main() {
    let mut sizes: Vec<i64> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes.push(10_000);
    }
    let cluster = Cluster::start().unwrap();
    let database = cluster.database().await.unwrap();
    let clock = TestBed::clock();
    let store = PostgresStore::builder().clock(clock.clone()).connect(&database.url()).await.unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let bed = TestBed::new(Arc::clone(&store), clock);
    let tenant = bed.tenant().await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(bed.person(&tenant, &format!("Person {number}")).await);
    }
    let mut admin = database.admin().await.unwrap();
    let options = PgConnectOptions::new_without_pgpass();
    let options = options.socket(cluster.folder()).username("dialzio_serves").database(database.name());
    let mut db = options.disable_statement_logging().connect().await.unwrap();
    let (org, thread) = (tenant.org.id.uuid(), people[7].conversation.id);
    let query = ConversationQuery::new(InboxView::All, StateFilter::Open, bed.now());
    let mut before: Option<i64> = None;
    let mut first: [Option<f64>; 2] = [None, None];
    for size in sizes {
        match before {
            None => talk(&bed, &tenant, &people, size).await,
            Some(before) => remember(&mut admin, &bed, &tenant, &people, before, size).await,
        }
        before = Some(size);
        admin.execute("VACUUM ANALYZE").await.unwrap();
        for (place, (name, inbox)) in [("page", false), ("inbox", true)].into_iter().enumerate() {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let page = PageRequest::first(50);
                let begun = Instant::now();
                let found = if inbox {
                    store.inbox(&tenant.scope, &query, page).await.unwrap().items.len()
                } else {
                    store.messages(&tenant.scope, thread, page).await.unwrap().items.len()
                };
                ours.push(begun.elapsed().as_secs_f64() * 1e6);
                let begun = Instant::now();
                let same = baseline(&mut db, org, inbox, thread.uuid()).await;
                theirs.push(begun.elapsed().as_secs_f64() * 1e6);
                db.execute("COMMIT").await.unwrap();
                assert!(found == 50 && same >= 50, "{found} {same}");
            }
            let (ours, theirs) = (median(ours), median(theirs));
            let grown = ours / *first[place].get_or_insert(ours);
            println!(
                "{name} of {size} messages: {ours:.0} µs, baseline {theirs:.0} µs, ratio {:.2}; {grown:.2} times as dear as at the first size",
                ours / theirs
            );
        }
    }
}

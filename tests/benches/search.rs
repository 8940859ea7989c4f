//! A search of the inbox among many messages, through the service on SQLite or PostgreSQL: messages by a frequent word, a rare
//! one, two words and the beginning of a word, and people by name, beside the bare statements that read the same page from the
//! same indexes. Prints milliseconds and ratios, medians of interleaved rounds of one run.
//!
//! `cargo bench -p dialzio-tests --bench search [-- 1000000 [postgres]]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench reports and fails loudly"
)]

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::contact::{Alias, ContactWrite};
use dialzio_core::conversation::{ConversationFilter, ConversationWrite, MessageNarrow, StateFilter};
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::page::PageRequest;
use dialzio_core::store::Batch;
use dialzio_core::testing::{Fixtures, scope};
use dialzio_core::{Actor, Clock, Crm, ManualClock, OrgId, Principal, Role, Store, TypedId};
use dialzio_store_postgres::PostgresStore;
use dialzio_store_postgres::testing::Cluster;
use dialzio_store_sqlite::SqliteStore;
use reading::{Job, baseline, blob, median, raw};
use rusqlite::types::Value;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Row};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

#[path = "support/reading.rs"]
mod reading;

/// Messages in one conversation.
const EACH: usize = 50;
const ROUNDS: usize = 101;
/// Rows of a page, as the API gives it.
const PAGE: u32 = 50;

/// The newest messages that have a word, and one more, each with its conversation.
const WITH_WORD: &str = "SELECT m.id, m.conversation_id, m.direction, m.author, m.kind, m.text, m.content, m.event_at, m.status,
    c.account_id, c.state, c.assignee, c.unread, t.name
    FROM message_word w CROSS JOIN message m CROSS JOIN conversation c CROSS JOIN contact t
    WHERE w.org_id = ?1 AND w.word >= ?2 AND w.word < ?3 AND m.org_id = ?1 AND m.id = w.message_id AND m.event_at > ?4
      AND c.org_id = ?1 AND c.id = m.conversation_id AND t.org_id = ?1 AND t.id = c.contact_id
    ORDER BY w.word DESC, w.message_id DESC LIMIT 51";

/// The same for PostgreSQL.
const WITH_WORD_POSTGRES: &str = "SELECT m.id, m.conversation_id, m.direction, m.author, m.kind, m.text, m.content, m.event_at,
    m.status, c.account_id, c.state, c.assignee, c.unread, t.name
    FROM (SELECT w.word, w.message_id FROM dialzio.message_word w WHERE w.org_id = $1 AND w.word >= $2 AND w.word < $3
          ORDER BY w.word DESC, w.message_id DESC LIMIT 51) w
    CROSS JOIN LATERAL (SELECT m.* FROM dialzio.message m WHERE m.org_id = $1 AND m.id = w.message_id AND m.event_at > $4 LIMIT 1) m
    CROSS JOIN LATERAL (SELECT c.* FROM dialzio.conversation c WHERE c.org_id = $1 AND c.id = m.conversation_id LIMIT 1) c
    CROSS JOIN LATERAL (SELECT t.name FROM dialzio.contact t WHERE t.org_id = $1 AND t.id = c.contact_id LIMIT 1) t
    ORDER BY w.word DESC, w.message_id DESC";

/// Where the bare statement runs: with the settings and in the transaction that the product has.
enum Bare {
    Sqlite(Sender<Job>),
    Postgres(Box<PgConnection>),
}

impl Bare {
    /// How many rows there are, each with every column read.
    async fn page(&mut self, org: OrgId, (from, to): (&str, &str), cut: i64) -> usize {
        match self {
            Self::Sqlite(line) => {
                let text = |word: &str| Value::Text(word.to_owned());
                raw(line, WITH_WORD, vec![blob(org.uuid()), text(from), text(to), Value::Integer(cut)]).await
            }
            Self::Postgres(db) => {
                let org = org.uuid();
                let begin = format!(
                    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT set_config('role', 'dialzio_app', true),
                     set_config('dialzio.org', '{org}', true); SELECT set_config('plan_cache_mode', 'force_generic_plan', true),
                     set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
                     set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)"
                );
                db.execute(AssertSqlSafe(begin)).await.unwrap();
                let query = sqlx::query(WITH_WORD_POSTGRES).bind(org).bind(from).bind(to).bind(cut);
                let rows = query.fetch_all(&mut **db).await.unwrap();
                let owned = |row: &sqlx::postgres::PgRow| -> usize {
                    let columns = (0..row.len()).map(|place| row.try_get_raw(place).unwrap());
                    columns
                        .filter_map(|column| column.as_bytes().ok().map(<[u8]>::to_vec))
                        .map(|value| value.len())
                        .sum()
                };
                std::hint::black_box(rows.iter().map(owned).sum::<usize>());
                db.execute("COMMIT").await.unwrap();
                rows.len()
            }
        }
    }
}

/// The text of a message: common words, and a number that one message alone has.
fn text(number: usize) -> String {
    let colour = ["blue", "green", "red", "yellow", "white"][number % 5];
    let plant = ["monstera", "fern", "orchid", "palm", "cactus", "ivy", "rose"][number % 7];
    let rare = if number % 20_000 == 7 { " bougainvillea" } else { "" };
    format!(
        "Is the {colour} {plant} number {number} still there, and could you keep it aside until Friday?{rare}"
    )
}

async fn fill(crm: &Crm, me: &Actor, org: OrgId, messages: usize, start: DateTime<Utc>) {
    let make = Fixtures::seeded(messages as u64, start);
    let account = make.id();
    let people = messages / EACH;
    let mut batches = Vec::new();
    for person in 0..people {
        let contact = make.contact(&format!("Person {person}"));
        let number = dialzio_core::PhoneNumber::from_digits(&format!("9198{person:08}")).unwrap();
        let identity = make.identity(contact.id, vec![Alias::Phone(number)]);
        let talk = make.conversation(account, &identity);
        let mut batch = Batch::new(me, Action::MessageReceived, start);
        batch
            .write(ContactWrite::Insert(contact))
            .write(ContactWrite::Identity(identity))
            .write(ConversationWrite::Insert(talk.clone()));
        for place in 0..EACH {
            let number = place * people + person;
            let at = start + TimeDelta::milliseconds(number as i64);
            batch.write(make.append(account, &make.inbound(&talk, &text(number), at)));
        }
        batches.push(batch);
        if batches.len() == 64 || person + 1 == people {
            for done in crm.store().commit(&scope(org), std::mem::take(&mut batches)).await {
                done.unwrap();
            }
        }
    }
}

#[tokio::main]
async fn main() {
    let size = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(100_000_usize);
    let start: DateTime<Utc> = "2026-03-02T06:30:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(start + TimeDelta::days(1)));
    let time = Arc::clone(&clock) as Arc<dyn Clock>;
    let folder = tempfile::tempdir_in(
        std::env::var_os("DIALZIO_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into),
    )
    .unwrap();
    let path = folder.path().join("search.db");
    // The server and its database stay until the end.
    let mut postgres = None;
    let store: Arc<dyn Store> = if std::env::args().any(|word| word == "postgres") {
        let cluster = Cluster::start().unwrap();
        let database = cluster.database().await.unwrap();
        let store = PostgresStore::builder().clock(time).connect(&database.url()).await.unwrap();
        postgres = Some((cluster, database));
        Arc::new(store)
    } else {
        Arc::new(SqliteStore::builder().clock(time).open(&path).await.unwrap())
    };
    let keys = LocalKeys::ephemeral(&Entropy::system());
    let crm = Crm::builder().shared_store(store).keys(keys).clock(clock).build().unwrap();
    let org = crm.access().found(NewOrg::named("TestBed")).await.unwrap().org;
    let service = Principal::service("bench").unwrap();
    let me = crm.access().act_as(org, service, Role::Owner.grant()).await.unwrap();
    fill(&crm, &me, org, size, start).await;
    let mut line = match &postgres {
        Some((cluster, database)) => {
            database.admin().await.unwrap().execute("VACUUM ANALYZE").await.unwrap();
            let options = PgConnectOptions::new_without_pgpass().socket(cluster.folder());
            let options = options.username("dialzio_serves").database(database.name());
            Bare::Postgres(Box::new(options.disable_statement_logging().connect().await.unwrap()))
        }
        None => Bare::Sqlite(baseline(&path)),
    };
    let cut = (crm.clock().now() - TimeDelta::days(365)).timestamp_micros();
    println!("{size} messages of {} people, {PAGE} to a page", size / EACH);

    for (what, typed, from, to) in [
        ("a word that each message has", "friday", "friday", "friday\u{1}"),
        ("a word that every fifth has", "blue ", "blue", "blue\u{1}"),
        ("a rare word", "bougainvillea", "bougainvillea", "bougainvillea\u{1}"),
        ("a rare word and a frequent one", "bougainvillea friday", "bougainvillea", "bougainvillea\u{1}"),
        ("the beginning of a word", "mons", "mons", "mons\u{10ffff}"),
    ] {
        let (mut product, mut bare, mut rows) = (Vec::new(), Vec::new(), 0);
        for round in 0..=ROUNDS {
            let request = PageRequest::first(PAGE);
            let begun = Instant::now();
            let service = crm.conversations();
            let found = service.find_messages(&me, typed, None, None, MessageNarrow::default(), request);
            rows = found.await.unwrap().items.len();
            let ours = begun.elapsed().as_secs_f64() * 1_000.0;
            let begun = Instant::now();
            line.page(org, (from, to), cut).await;
            // The first round reads cold pages.
            if round > 0 {
                product.push(ours);
                bare.push(begun.elapsed().as_secs_f64() * 1_000.0);
            }
        }
        let (product, bare) = (median(product), median(bare));
        println!("{what}: {rows} rows, {product:.2} ms, bare {bare:.2} ms, ratio {:.2}", product / bare);
    }
    for (what, typed) in [("people by their name", "person 1234"), ("people by four digits", "0777")] {
        let mut product = Vec::new();
        let mut rows = 0;
        for round in 0..=ROUNDS {
            let filter = ConversationFilter::default();
            let begun = Instant::now();
            let service = crm.conversations();
            let found = service.find(&me, typed, StateFilter::Open, filter, PageRequest::first(PAGE));
            rows = found.await.unwrap().page.items.len();
            if round > 0 {
                product.push(begun.elapsed().as_secs_f64() * 1_000.0);
            }
        }
        println!("{what}: {rows} rows, {:.2} ms", median(product));
    }
}

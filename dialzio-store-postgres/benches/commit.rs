//! Event batches (message, provider reference, head, event, audit entry) in groups of 64, durable, beside a twin: the same
//! rows by the same multi-row statements with the same values bound, by hand with sqlx, nothing looked up. Then single commits, and one busy
//! organisation beside 64 of them. Prints rates and ratios, medians of interleaved rounds of one run.
//!
//! `cargo bench -p dialzio-store-postgres --bench commit [-- GROUPS]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench reports and fails loudly"
)]

use dialzio_core::event::DomainEvent;
use dialzio_core::store::Batch;
use dialzio_core::testing::conformance::{Bench, House, Person};
use dialzio_core::{MessageId, Store, TypedId};
use dialzio_store_postgres::PostgresStore;
use dialzio_store_postgres::testing::Cluster;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Executor};
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

const TOGETHER: usize = 64;
const PEOPLE: usize = 32;
const ROUNDS: usize = 5;
const WORDS: &str = "Is the blue one still there, and could you keep it aside until Friday evening?";

fn event_batch(bench: &Bench, house: &House, person: &Person, second: i64) -> Batch {
    let message = bench.make.inbound(&person.conversation, WORDS, bench.at(second));
    let mut batch = bench.writes([bench.make.append(house.account.id, &message).into()]);
    batch.event(DomainEvent::MessageReceived { conversation: message.conversation, message: message.id });
    batch
}

/// Commits groups one after another; batches a second.
async fn product(store: &PostgresStore, house: &House, groups: Vec<Vec<Batch>>) -> f64 {
    let count: usize = groups.iter().map(Vec::len).sum();
    let begun = Instant::now();
    for group in groups {
        for answer in Store::commit(store, &house.scope, group).await {
            answer.unwrap();
        }
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

/// So many callers, each waiting for its own answer; batches a second.
async fn callers(store: &Arc<PostgresStore>, work: Vec<(House, Vec<Batch>)>) -> f64 {
    let count: usize = work.iter().map(|(_, batches)| batches.len()).sum();
    let begun = Instant::now();
    let each = |(house, batches): (House, Vec<Batch>)| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            for batch in batches {
                Store::commit(&*store, &house.scope, vec![batch]).await.pop().unwrap().unwrap();
            }
        })
    };
    for task in work.into_iter().map(each).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

/// So many rows of so many values behind the organisation.
fn rows(count: usize, lead: &str, casts: &[&str]) -> String {
    let row = |place: usize| {
        let values =
            casts.iter().enumerate().map(|(n, cast)| format!("${}{cast}", 2 + place * casts.len() + n));
        format!("({lead}{})", values.collect::<Vec<_>>().join(", "))
    };
    (0..count).map(row).collect::<Vec<_>>().join(", ")
}

/// Writes what the product would have written.
struct Twin {
    db: PgConnection,
    org: Uuid,
    account: Uuid,
    conversations: Vec<Uuid>,
    statements: [String; 5],
    seq: i64,
}

impl Twin {
    async fn new(cluster: &Cluster, name: &str, house: &House, people: &[Person]) -> Self {
        let options = PgConnectOptions::new_without_pgpass();
        let options = options.socket(cluster.folder()).username("dialzio_serves").database(name);
        Self {
            db: options.disable_statement_logging().connect().await.unwrap(),
            org: house.org.id.uuid(),
            account: house.account.id.uuid(),
            conversations: people.iter().map(|person| person.conversation.id.uuid()).collect(),
            statements: [
                format!(
                    "INSERT INTO dialzio.message (org_id, conversation_id, id, direction, author, kind, text, content,
                       content_version, purpose, event_at, received_at, expires_at, external_id, reply_to, status,
                       status_at, failure_code, failure_detail, edited_at, revoked_at, reactions) VALUES {}",
                    rows(TOGETHER, "$1, ", &[""; 21])
                ),
                format!(
                    "INSERT INTO dialzio.external_reference (org_id, account_id, hash8, message_id, digest, seen_at)
                     VALUES {}",
                    rows(TOGETHER, "$1, ", &[""; 5])
                ),
                format!(
                    "INSERT INTO dialzio.event (org_id, seq, at, body) VALUES {}",
                    rows(TOGETHER, "$1, ", &[""; 3])
                ),
                format!(
                    "INSERT INTO dialzio.audit (org_id, seq, at, principal, action, subject, cause, hash) VALUES {}",
                    rows(TOGETHER, "$1, ", &[""; 7])
                ),
                format!(
                    "UPDATE dialzio.conversation c SET unread = v.unread, last_message = v.last_message,
                       last_at = v.last_at, last_inbound_at = v.last_inbound_at, last_inbound = v.last_inbound,
                       seen_up_to = v.seen_up_to, state = v.state, snoozed_until = v.snoozed_until,
                       revision = v.revision
                     FROM (VALUES {}) v (id, unread, last_message, last_at, last_inbound_at, last_inbound, seen_up_to,
                       state, snoozed_until, revision) WHERE c.org_id = $1 AND c.id = v.id",
                    rows(
                        people.len(),
                        "",
                        &[
                            "::UUID", "::BIGINT", "::UUID", "::BIGINT", "::BIGINT", "::UUID", "::UUID", "::TEXT",
                            "::BIGINT", "::BIGINT",
                        ]
                    )
                ),
            ],
            seq: 1_000_000,
        }
    }

    async fn group(&mut self, ids: &[Uuid]) {
        let (org, at) = (self.org, 1_772_500_000_000_000_i64);
        let begin = format!(
            "BEGIN; SELECT set_config('role', 'dialzio_app', true), set_config('dialzio.org', '{org}', true),
               set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
               set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
               set_config('jit', 'off', true)"
        );
        self.db.execute(AssertSqlSafe(begin)).await.unwrap();
        let lock = "SELECT event_seq FROM dialzio.org_head WHERE org_id = $1 FOR UPDATE";
        sqlx::query(lock).bind(org).execute(&mut self.db).await.unwrap();
        let mut lists: [PgArguments; 5] = std::array::from_fn(|_| PgArguments::default());
        for list in &mut lists {
            list.add(org).unwrap();
        }
        let [message, reference, event, audit, head] = &mut lists;
        for (place, id) in ids.iter().enumerate() {
            self.seq += 1;
            let talk = self.conversations[place % self.conversations.len()];
            let external = format!("wamid.{id}");
            message.add(talk).unwrap();
            message.add(id).unwrap();
            message.add("inbound").unwrap();
            message.add(None::<&str>).unwrap();
            message.add("text").unwrap();
            message.add(WORDS).unwrap();
            message.add(None::<&str>).unwrap();
            message.add(1_i64).unwrap();
            message.add(None::<&str>).unwrap();
            message.add(at).unwrap();
            message.add(at).unwrap();
            message.add(None::<i64>).unwrap();
            message.add(&external).unwrap();
            message.add(None::<Uuid>).unwrap();
            message.add("received").unwrap();
            message.add(at).unwrap();
            message.add(None::<&str>).unwrap();
            message.add(None::<&str>).unwrap();
            message.add(None::<i64>).unwrap();
            message.add(None::<i64>).unwrap();
            message.add(None::<&str>).unwrap();
            reference.add(self.account).unwrap();
            reference.add((id.as_u128() & 0x7fff_ffff_ffff_ffff) as i64).unwrap();
            reference.add(id).unwrap();
            reference.add(None::<i64>).unwrap();
            reference.add(at).unwrap();
            event.add(self.seq).unwrap();
            event.add(at).unwrap();
            event
                .add(format!(r#"{{"type":"message.received","conversation":"{talk}","message":"{id}"}}"#))
                .unwrap();
            audit.add(self.seq).unwrap();
            audit.add(at).unwrap();
            audit.add("system").unwrap();
            audit.add("message.received").unwrap();
            audit.add(None::<Uuid>).unwrap();
            audit.add(None::<Uuid>).unwrap();
            audit.add(vec![7_u8; 32]).unwrap();
        }
        for (talk, id) in self.conversations.iter().zip(ids) {
            head.add(talk).unwrap();
            head.add(self.seq).unwrap();
            head.add(id).unwrap();
            head.add(at).unwrap();
            head.add(at).unwrap();
            head.add(id).unwrap();
            head.add(None::<Uuid>).unwrap();
            head.add("open").unwrap();
            head.add(None::<i64>).unwrap();
            head.add(1_i64).unwrap();
        }
        for (statement, list) in self.statements.iter().zip(lists) {
            sqlx::query_with(AssertSqlSafe(statement.clone()), list).execute(&mut self.db).await.unwrap();
        }
        let ends =
            "UPDATE dialzio.org_head SET event_seq = $2, audit_seq = $2, audit_hash = $3 WHERE org_id = $1";
        sqlx::query(ends).bind(org).bind(self.seq).bind(vec![7_u8; 32]).execute(&mut self.db).await.unwrap();
        self.db.execute("COMMIT").await.unwrap();
    }

    async fn run(&mut self, groups: Vec<Vec<Uuid>>) -> f64 {
        let count: usize = groups.iter().map(Vec::len).sum();
        let begun = Instant::now();
        for group in groups {
            self.group(&group).await;
        }
        count as f64 / begun.elapsed().as_secs_f64()
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn people(bench: &Bench, house: &House, count: usize) -> Vec<Person> {
    let mut people = Vec::with_capacity(count);
    for number in 0..count {
        people.push(bench.person(house, &format!("Person {number}")).await);
    }
    people
}

#[tokio::main]
async fn main() {
    let groups: usize = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(40);
    let cluster = Cluster::start_durable().unwrap();
    let database = cluster.database().await.unwrap();
    let clock = Bench::clock();
    let builder = PostgresStore::builder().clock(clock.clone()).connections(16);
    let store = Arc::new(builder.connect(&database.url()).await.unwrap());
    let bench = Bench::new(store.clone(), clock);
    let (house, other) = (bench.house().await, bench.house().await);
    let (known, others) = (people(&bench, &house, PEOPLE).await, people(&bench, &other, PEOPLE).await);
    // Single commits have a house of their own: they leave behind so many old versions of its rows that groups there would
    // be dearer than the twin's.
    let third = bench.house().await;
    let apart = people(&bench, &third, PEOPLE).await;
    let mut twin = Twin::new(&cluster, database.name(), &other, &others).await;
    let mut second = 0;
    let mut made = |count: usize, house: &House, people: &[Person]| -> Vec<Vec<Batch>> {
        let mut one = |place: usize| {
            second += 1;
            event_batch(&bench, house, &people[place % PEOPLE], second / 100)
        };
        (0..count).map(|_| (0..TOGETHER).map(&mut one).collect()).collect()
    };
    let ids = |count: usize| -> Vec<Vec<Uuid>> {
        let one = |_| bench.make.id::<MessageId>().uuid();
        (0..count).map(|_| (0..TOGETHER).map(one).collect()).collect()
    };
    product(&store, &house, made(4, &house, &known)).await;
    twin.run(ids(4)).await;
    let (mut ours, mut theirs, mut single) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(product(&store, &house, made(groups, &house, &known)).await);
        theirs.push(twin.run(ids(groups)).await);
        let singles = made(groups / 10 + 1, &third, &apart).into_iter().flatten().map(|batch| vec![batch]);
        single.push(product(&store, &third, singles.collect()).await);
    }
    let (ours, theirs, single) = (median(ours), median(theirs), median(single));
    println!("groups of {TOGETHER}: {ours:.0}/s, by hand {theirs:.0}/s, ratio {:.2}", ours / theirs);
    println!("one at a time: {single:.0}/s, groups are {:.1} times that", ours / single);

    let mut houses = Vec::new();
    for _ in 0..TOGETHER {
        let house = bench.house().await;
        let person = people(&bench, &house, 1).await.remove(0);
        houses.push((house, person));
    }
    let (mut busy, mut spread) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let batches = |house: &House, person: &Person| -> Vec<Batch> {
            (0..groups).map(|n| event_batch(&bench, house, person, n as i64)).collect()
        };
        let work = (0..TOGETHER).map(|n| (house.clone(), batches(&house, &known[n % PEOPLE]))).collect();
        busy.push(callers(&store, work).await);
        let work = houses.iter().map(|(house, person)| (house.clone(), batches(house, person))).collect();
        spread.push(callers(&store, work).await);
    }
    let (busy, spread) = (median(busy), median(spread));
    println!(
        "64 callers: one organisation {busy:.0}/s, 64 of them {spread:.0}/s, ratio {:.2}",
        busy / spread
    );
}

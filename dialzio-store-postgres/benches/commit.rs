//! Event batches (message, provider reference, head, event, audit entry) in groups of 64, durable, beside a baseline: the same
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
use dialzio_core::search::words_of;
use dialzio_core::store::Batch;
use dialzio_core::testing::conformance::{Person, Tenant, TestBed};
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

fn event_batch(bed: &TestBed, tenant: &Tenant, person: &Person, second: i64) -> Batch {
    let message = bed.make.inbound(&person.conversation, WORDS, bed.at(second));
    let mut batch = bed.writes([bed.make.append(tenant.account.id, &message).into()]);
    batch.event(DomainEvent::MessageReceived { conversation: message.conversation, message: message.id });
    batch
}

/// Commits groups one after another; batches a second.
async fn product(store: &PostgresStore, tenant: &Tenant, groups: Vec<Vec<Batch>>) -> f64 {
    let count: usize = groups.iter().map(Vec::len).sum();
    let begun = Instant::now();
    for group in groups {
        for answer in Store::commit(store, &tenant.scope, group).await {
            answer.unwrap();
        }
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

/// So many callers, each waiting for its own answer; batches a second.
async fn callers(store: &Arc<PostgresStore>, work: Vec<(Tenant, Vec<Batch>)>) -> f64 {
    let count: usize = work.iter().map(|(_, batches)| batches.len()).sum();
    let begun = Instant::now();
    let each = |(tenant, batches): (Tenant, Vec<Batch>)| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            for batch in batches {
                Store::commit(&*store, &tenant.scope, vec![batch]).await.pop().unwrap().unwrap();
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
struct Baseline {
    db: PgConnection,
    org: Uuid,
    account: Uuid,
    conversations: Vec<Uuid>,
    statements: [String; 6],
    words: Vec<String>,
    seq: i64,
}

impl Baseline {
    async fn new(cluster: &Cluster, name: &str, tenant: &Tenant, people: &[Person]) -> Self {
        let options = PgConnectOptions::new_without_pgpass();
        let options = options.socket(cluster.folder()).username("dialzio_serves").database(name);
        Self {
            db: options.disable_statement_logging().connect().await.unwrap(),
            org: tenant.org.id.uuid(),
            account: tenant.account.id.uuid(),
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
                    "INSERT INTO dialzio.message_word (org_id, message_id, word) VALUES {}",
                    rows(TOGETHER * words_of(WORDS).len(), "$1, ", &[""; 2])
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
            words: words_of(WORDS).into_iter().collect(),
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
        let mut lists: [PgArguments; 6] = std::array::from_fn(|_| PgArguments::default());
        for list in &mut lists {
            list.add(org).unwrap();
        }
        let [message, reference, words, event, audit, head] = &mut lists;
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
            for word in &self.words {
                words.add(id).unwrap();
                words.add(word).unwrap();
            }
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

async fn people(bed: &TestBed, tenant: &Tenant, count: usize) -> Vec<Person> {
    let mut people = Vec::with_capacity(count);
    for number in 0..count {
        people.push(bed.person(tenant, &format!("Person {number}")).await);
    }
    people
}

#[tokio::main]
async fn main() {
    let groups: usize = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(40);
    let cluster = Cluster::start_durable().unwrap();
    let database = cluster.database().await.unwrap();
    let clock = TestBed::clock();
    let builder = PostgresStore::builder().clock(clock.clone()).connections(16);
    let store = Arc::new(builder.connect(&database.url()).await.unwrap());
    let bed = TestBed::new(store.clone(), clock);
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let (known, others) = (people(&bed, &tenant, PEOPLE).await, people(&bed, &other, PEOPLE).await);
    // Single commits have a tenant of their own: they leave behind so many old versions of its rows that groups there would
    // be dearer than the baseline's.
    let third = bed.tenant().await;
    let apart = people(&bed, &third, PEOPLE).await;
    let mut baseline = Baseline::new(&cluster, database.name(), &other, &others).await;
    let mut second = 0;
    let mut made = |count: usize, tenant: &Tenant, people: &[Person]| -> Vec<Vec<Batch>> {
        let mut one = |place: usize| {
            second += 1;
            event_batch(&bed, tenant, &people[place % PEOPLE], second / 100)
        };
        (0..count).map(|_| (0..TOGETHER).map(&mut one).collect()).collect()
    };
    let ids = |count: usize| -> Vec<Vec<Uuid>> {
        let one = |_| bed.make.id::<MessageId>().uuid();
        (0..count).map(|_| (0..TOGETHER).map(one).collect()).collect()
    };
    product(&store, &tenant, made(4, &tenant, &known)).await;
    baseline.run(ids(4)).await;
    let (mut ours, mut theirs, mut single) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(product(&store, &tenant, made(groups, &tenant, &known)).await);
        theirs.push(baseline.run(ids(groups)).await);
        let singles = made(groups / 10 + 1, &third, &apart).into_iter().flatten().map(|batch| vec![batch]);
        single.push(product(&store, &third, singles.collect()).await);
    }
    let (ours, theirs, single) = (median(ours), median(theirs), median(single));
    println!("groups of {TOGETHER}: {ours:.0}/s, by hand {theirs:.0}/s, ratio {:.2}", ours / theirs);
    println!("one at a time: {single:.0}/s, groups are {:.1} times that", ours / single);

    let mut tenants = Vec::new();
    for _ in 0..TOGETHER {
        let tenant = bed.tenant().await;
        let person = people(&bed, &tenant, 1).await.remove(0);
        tenants.push((tenant, person));
    }
    let (mut busy, mut spread) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let batches = |tenant: &Tenant, person: &Person| -> Vec<Batch> {
            (0..groups).map(|n| event_batch(&bed, tenant, person, n as i64)).collect()
        };
        let work = (0..TOGETHER).map(|n| (tenant.clone(), batches(&tenant, &known[n % PEOPLE]))).collect();
        busy.push(callers(&store, work).await);
        let work = tenants.iter().map(|(tenant, person)| (tenant.clone(), batches(tenant, person))).collect();
        spread.push(callers(&store, work).await);
    }
    let (busy, spread) = (median(busy), median(spread));
    println!(
        "64 callers: one organisation {busy:.0}/s, 64 of them {spread:.0}/s, ratio {:.2}",
        busy / spread
    );
}

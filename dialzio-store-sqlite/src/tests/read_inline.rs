//! Short questions on the writer's connection: the same answers as anywhere else, never of what is not committed, and
//! never behind a commit. With one thread to serve them, callers hand their batches over to the thread that writes.

use std::sync::mpsc;
use std::time::Duration;
use tokio::task::JoinHandle;

use super::*;
use dialzio_core::ManualClock;
use dialzio_core::access::{AccessWrite, SignIn};
use dialzio_core::contact::Alias;
use dialzio_core::conversation::{InboundFacts, KnownMessage};
use dialzio_core::provider::AccountRef;
use dialzio_core::store::{Batch, Purge, Write};
use dialzio_core::testing::confirmed;
use dialzio_core::testing::conformance::Tenant;

/// A clock that stops the writer on request. Only a purge asks the clock in the middle of a transaction.
#[derive(Debug)]
struct Barrier {
    clock: Arc<ManualClock>,
    stop: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
}

impl Clock for Barrier {
    fn now(&self) -> DateTime<Utc> {
        if std::thread::current().name() == Some("crm-write") {
            let stop = self.stop.lock().unwrap().take();
            if let Some((reached, go)) = stop {
                reached.send(()).unwrap();
                // The holder of the other end may have failed, and is to fail alone.
                let _ = go.recv();
            }
        }
        self.clock.now()
    }
}

/// A commit that is in the middle of its transaction.
struct Held {
    commit: JoinHandle<Vec<StoreResult<Commit>>>,
    go: mpsc::Sender<()>,
}

impl Held {
    async fn finish(self) -> Vec<StoreResult<Commit>> {
        self.go.send(()).unwrap();
        self.commit.await.unwrap()
    }
}

#[derive(Debug, PartialEq)]
enum Way {
    /// On the writer's connection, by the caller.
    Writer,
    /// By a reading thread.
    Reader,
}

struct InlineReads {
    store: Arc<SqliteStore>,
    barrier: Arc<Barrier>,
    bed: TestBed,
    tenant: Tenant,
}

impl InlineReads {
    async fn new() -> Self {
        let clock = TestBed::clock();
        let barrier = Arc::new(Barrier { clock: clock.clone(), stop: Mutex::default() });
        let store = Arc::new(SqliteStore::builder().clock(barrier.clone()).temporary().await.unwrap());
        let bed = TestBed::new(store.clone(), clock);
        let tenant = bed.tenant().await;
        Self { store, barrier, bed, tenant }
    }

    fn submit(&self, batches: Vec<Batch>) -> JoinHandle<Vec<StoreResult<Commit>>> {
        let (store, scope) = (Arc::clone(&self.store), self.tenant.scope.clone());
        tokio::spawn(async move { Store::commit(&*store, &scope, batches).await })
    }

    /// Has the writer stop after it has written these batches and before it commits.
    async fn hold(&self, mut batches: Vec<Batch>) -> Held {
        let ((reached, arrived), (go, goes)) = (mpsc::channel(), mpsc::channel());
        *self.barrier.stop.lock().unwrap() = Some((reached, goes));
        let stops = Write::Purge {
            class: Purge::Messages,
            at: confirmed(DateTime::UNIX_EPOCH),
            kept: chrono::TimeDelta::zero(),
            limit: 1,
        };
        batches.push(self.bed.writes([stops]));
        let commit = self.submit(batches);
        tokio::task::spawn_blocking(move || arrived.recv()).await.unwrap().unwrap();
        Held { commit, go }
    }

    /// Who answers a short question, and how many contacts it sees. Asked on a thread of its own, so that one that waits
    /// fails the test instead of stopping it.
    async fn read_inline(&self) -> (Way, i64) {
        let store = Arc::clone(&self.store);
        let asked = tokio::spawn(async move {
            let look = store.read_inline_at(|db| {
                let reads = std::thread::current().name().is_some_and(|name| name.starts_with("crm-read"));
                let seen = db.query_row("SELECT count(*) FROM contact", [], |row| row.get(0))?;
                Ok((if reads { Way::Reader } else { Way::Writer }, seen))
            });
            look.await.unwrap()
        });
        let answer = tokio::time::timeout(Duration::from_secs(20), asked).await;
        answer.expect("a read inline waits for no writer").unwrap()
    }

    /// The answer of the writer's connection, while nothing is written.
    fn on_the_spot<T>(&self, read: impl Fn(&Connection) -> Res<T>) -> T {
        loop {
            // What it gives back is asked again: it may be tidying.
            if let Ok(answer) = self.store.writer.read_inline(&read) {
                return answer.ok().unwrap();
            }
            std::thread::yield_now();
        }
    }

    fn insert(&self, name: &str) -> Batch {
        self.bed.writes([ContactWrite::Insert(self.bed.make.contact(name)).into()])
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_read_inline_never_sees_what_is_not_committed_and_never_waits_for_it() {
    let reads = InlineReads::new().await;
    assert_eq!(
        reads.read_inline().await,
        (Way::Writer, 0),
        "no write is under way: on the writer's connection"
    );
    for round in 0..20 {
        let held = reads.hold(vec![reads.insert("Asha")]).await;
        // The row is written, the transaction is not over, and the writer stands still until we say so.
        for _ in 0..5 {
            assert_eq!(reads.read_inline().await, (Way::Reader, round));
        }
        assert!(held.finish().await.iter().all(Result::is_ok));
        assert_eq!(reads.read_inline().await, (Way::Writer, round + 1), "what was answered is seen at once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_batch_that_is_taken_back_is_never_seen() {
    let reads = InlineReads::new().await;
    let known = reads.bed.person(&reads.tenant, "Asha").await;
    let mut fails = reads.insert("Ben");
    let thief = reads.bed.make.identity(known.contact.id, known.identity.aliases.clone());
    fails.write(ContactWrite::Identity(thief));
    // The writer has begun, gone back, and begun anew when it stops.
    let held = reads.hold(vec![reads.insert("Chloe"), fails]).await;
    assert_eq!(reads.read_inline().await, (Way::Reader, 1));
    let answers = held.finish().await;
    assert!(answers[0].is_ok() && answers[1].is_err());
    assert_eq!(reads.read_inline().await, (Way::Writer, 2), "Asha and Chloe");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn many_callers_are_answered_by_readers_and_a_lone_one_on_the_writers_connection() {
    let reads = InlineReads::new().await;
    let held = reads.hold(vec![reads.insert("Asha")]).await;
    let mut waiting = Vec::new();
    for name in ["Ben", "Chloe", "Dev"] {
        let batches = vec![reads.insert(name)];
        let mut commit = Box::pin(Store::commit(&*reads.store, &reads.tenant.scope, batches));
        // One look puts it in line, behind the one that is held.
        let look = std::future::poll_fn(|context| {
            assert!(commit.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        });
        look.await;
        waiting.push(commit);
    }
    assert!(held.finish().await.iter().all(Result::is_ok));
    for commit in waiting {
        commit.await.remove(0).unwrap();
    }
    assert_eq!(reads.read_inline().await, (Way::Reader, 4), "the last group was of several");
    reads.submit(vec![reads.insert("Eve")]).await.unwrap().remove(0).unwrap();
    assert_eq!(reads.read_inline().await, (Way::Writer, 5), "alone again");
}

/// What a decision is made from, in a form that can be compared.
fn parts(facts: InboundFacts) -> impl PartialEq + std::fmt::Debug {
    let people: Vec<_> =
        facts.identities.into_iter().map(|p| (p.identity, p.details, p.conversation, p.consents)).collect();
    let messages: Vec<KnownMessage> = facts.messages;
    (people, facts.candidates, messages)
}

/// A store grows, and after each step every kind of short question has one answer on both ways.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_read_inline_answers_as_a_reader_does() {
    let reads = InlineReads::new().await;
    let InlineReads { store, bed, tenant, .. } = &reads;
    let key = bed.make.api_key();
    bed.write(&tenant.scope, AccessWrite::InsertApiKey(key.clone())).await;
    let (mut aliases, mut external, mut own) = (vec![Alias::Phone(bed.make.phone())], Vec::new(), Vec::new());
    for step in 0..30 {
        let person = bed.person(tenant, &format!("Person {step}")).await;
        aliases.extend(person.identity.aliases.clone());
        let heard = bed.hears(tenant, &person, "hello", bed.at(step)).await;
        external.extend(heard.external.clone());
        own.push(bed.queues(tenant, &person, "an answer", bed.at(step)).await.0.id);
        if step % 3 == 0 {
            let given =
                bed.make.consent(person.contact.id, person.identity.subject_keys(), ConsentEvent::Given);
            bed.write(&tenant.scope, ConsentWrite::Record(given)).await;
        }
        let query = InboundQuery {
            account: tenant.account.id,
            portfolio: tenant.account.portfolio.clone(),
            aliases: aliases.iter().rev().take(1 + step as usize % 4).cloned().collect(),
            external: external.iter().rev().take(1 + step as usize % 3).cloned().collect(),
            own: own.iter().rev().take(step as usize % 2).copied().collect(),
            consent: true,
        };
        let (org, now) = (tenant.org.id, bed.now());
        let facts = move |db: &Connection| Ok(parts(Snapshot { db, org, now }.inbound_facts(&query)?));
        assert_eq!(reads.on_the_spot(&facts), store.readers.read(facts).await.unwrap(), "step {step}");

        let (app, hook) = (tenant.app.id, tenant.app.hook);
        let wanted = [AccountRef(tenant.account.routing_key.clone()), AccountRef("unknown".to_owned())];
        let token = key.hash;
        let system = move |db: &Connection| {
            let owner = system::credential_owner(db, &token, now)?;
            let Some(SignIn::Key(org, key, _)) = owner else { panic!("the key is known") };
            Ok((
                system::hook(db, hook)?,
                system::app(db, app)?,
                system::routes(db, app, &wanted)?,
                org,
                key.id,
            ))
        };
        assert_eq!(reads.on_the_spot(&system), store.readers.read(system).await.unwrap(), "step {step}");
    }
}

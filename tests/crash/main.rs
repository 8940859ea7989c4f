//! The real binary, killed while it takes webhooks in and sends: nothing acknowledged is lost, nothing is sent twice. The
//! same again with a database that does not keep the dispatch: then something is sent twice, so the test would notice. The same for
//! calls: what the provider reports of them, and those that are placed.
//!
//! On SQLite and on PostgreSQL. `DIALZIO_CRASH_ROUNDS` asks for another count than 200 and 100, `DIALZIO_BIN` for another
//! binary than the one built here.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs, reason = "tests")]

mod call_figures;
mod calls;
mod processes;
mod reconcile;
mod server;
mod stage;
mod transfer;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use dialzio_store_postgres::testing::{Cluster, Database};
use serde_json::{Value, json};

use server::Server;

/// What came of it.
#[derive(Debug)]
struct Figures {
    rounds: usize,
    acknowledged: usize,
    /// Texts that were acknowledged and are not shown.
    lost: Vec<String>,
    /// Texts that are shown more than once.
    doubled: Vec<String>,
    sent: usize,
    /// Our ids of what the provider carried out more than once.
    twice: Vec<String>,
    unknown: usize,
    /// Sends whose state does not fit what the provider did.
    unfit: Vec<String>,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, acknowledged, lost, sent, twice, unknown, .. } = self;
        let (lost, twice) = (lost.len(), twice.len());
        write!(
            f,
            "crash: {rounds} rounds, {acknowledged} acknowledged, {lost} lost, {sent} sent, {twice} sent twice, \
             {unknown} unknown"
        )
    }
}

/// Where the server keeps its rows.
enum Ground {
    /// In its folder. `spoil` may change the database before the first round.
    Sqlite {
        spoil: fn(&Path),
    },
    Postgres(Database),
}

impl Ground {
    /// An empty database of the tests' own server, ready to be served from.
    async fn postgres(binary: &Path) -> Self {
        let database = Cluster::shared().unwrap().empty().await.unwrap();
        processes::migrate(binary, &database);
        Self::Postgres(database)
    }

    fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite { .. } => None,
            Self::Postgres(database) => Some(database.url()),
        }
    }

    /// The minute goes by after which a killed process holds no queue any more: other processes may have been alive.
    async fn a_minute_passes(&self) {
        if let Self::Postgres(database) = self {
            let mut db = database.admin().await.unwrap();
            sqlx::Executor::execute(&mut db, "UPDATE dialzio.lease SET held_until = 0").await.unwrap();
        }
    }
}

/// Kills the server so many times, then waits until nothing is left to do, or for so long.
async fn play(ground: &Ground, rounds: usize, patience: Duration) -> Figures {
    let binary = server::binary();
    let data = tempfile::tempdir().unwrap();
    let url = ground.url();
    let (stage, address) = stage::set_up(&binary, data.path(), url.as_deref()).await;
    if let Ground::Sqlite { spoil } = ground {
        spoil(&data.path().join("dialzio.db"));
    }
    for round in 0..rounds {
        let server = Server::start(&binary, data.path(), url.as_deref(), &address);
        stage.is_up().await;
        stage.round(round, server).await;
        ground.a_minute_passes().await;
    }

    // Once more, and in peace, until nothing waits.
    let server = Server::start(&binary, data.path(), url.as_deref(), &address);
    stage.is_up().await;
    while !stage.promises.lock().unwrap().open.is_empty() {
        stage.send().await;
    }
    let begun = Instant::now();
    let mut messages;
    loop {
        messages = Vec::new();
        for conversation in &stage.conversations {
            messages.extend(stage.list(&format!("/v1/conversations/{conversation}/messages")).await);
        }
        if stage.is_settled(&messages) || begun.elapsed() > patience {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let (_, verified) = stage.api("GET", "/v1/audit/verification", &Value::Null).await.unwrap();
    assert_eq!(verified["intact"], json!(true), "{verified}");
    server.kill();
    let promises = std::mem::take(&mut *stage.promises.lock().unwrap());
    figures(rounds, &messages, &promises, &stage.graph.sends_by_opaque_id())
}

fn figures(
    rounds: usize,
    messages: &[Value],
    promises: &stage::Promises,
    sends: &HashMap<String, u32>,
) -> Figures {
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    for message in messages {
        *shown.entry(message["text"].as_str().unwrap()).or_default() += 1;
    }
    let status: BTreeMap<&str, &str> = messages
        .iter()
        .map(|message| (message["id"].as_str().unwrap(), message["status"].as_str().unwrap()))
        .collect();
    let mut unfit = Vec::new();
    for (id, words) in &promises.accepted {
        match status.get(id.as_str()) {
            // What is shown as delivered was carried out.
            Some(&("sent" | "delivered" | "read")) if sends.get(id) != Some(&1) => {
                unfit.push(format!("{words} is shown as sent and was carried out {:?} times", sends.get(id)));
            }
            Some(&("sent" | "delivered" | "read" | "unknown" | "failed")) => {}
            other => unfit.push(format!("{words} is left {other:?}")),
        }
    }
    // Nothing was carried out that is not known of.
    let strangers = sends.keys().filter(|id| !status.contains_key(id.as_str()));
    unfit.extend(strangers.map(|id| format!("{id} was sent and is not known")));
    Figures {
        rounds,
        acknowledged: promises.acknowledged.len() + promises.accepted.len(),
        lost: promises
            .acknowledged
            .iter()
            .filter(|words| !shown.contains_key(words.as_str()))
            .cloned()
            .collect(),
        doubled: shown
            .iter()
            .filter(|(_, times)| **times > 1)
            .map(|(words, _)| (*words).to_owned())
            .collect(),
        sent: sends.len(),
        twice: sends.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id.clone()).collect(),
        unknown: status.values().filter(|status| **status == "unknown").count(),
        unfit,
    }
}

/// Written past the test harness, which keeps what a passing test prints to itself.
fn report(figures: &Figures, of: &str) {
    let line = format!("{figures} ({of})\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

async fn nothing_is_lost_or_sent_twice(ground: Ground, rounds: usize, of: &str) {
    let asked = std::env::var("DIALZIO_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok());
    let figures = play(&ground, asked.unwrap_or(rounds), Duration::from_secs(40)).await;
    report(&figures, of);
    assert_eq!(figures.lost, [""; 0], "lost");
    assert_eq!(figures.doubled, [""; 0], "shown twice");
    assert_eq!(figures.twice, [""; 0], "sent twice");
    assert_eq!(figures.unfit, [""; 0], "left in a state that is not true");
    assert!(figures.sent > 0 && figures.unknown > 0, "the kills met sends in flight");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_sent_twice() {
    nothing_is_lost_or_sent_twice(Ground::Sqlite { spoil: |_| () }, 200, "SQLite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_sent_twice_on_postgres() {
    nothing_is_lost_or_sent_twice(Ground::postgres(&server::binary()).await, 100, "PostgreSQL").await;
}

/// The product without the commit that comes before the first byte: a trigger keeps effects from becoming dispatched.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_commit_of_the_dispatch_something_is_sent_twice() {
    let spoil = |database: &Path| {
        let forget =
            "CREATE TRIGGER forget_the_dispatch BEFORE UPDATE OF state ON effect WHEN new.state = 'dispatched'
                      BEGIN SELECT RAISE(IGNORE); END";
        rusqlite::Connection::open(database).unwrap().execute_batch(forget).unwrap();
    };
    let figures = play(&Ground::Sqlite { spoil }, 1, Duration::from_secs(3)).await;
    report(&figures, "a database that does not keep the dispatch");
    assert!(!figures.twice.is_empty(), "a send that is not written down first is made again: {figures:?}");
}

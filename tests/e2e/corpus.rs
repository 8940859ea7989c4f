//! Payloads seen elsewhere, through the whole server. They are read in place from the folder in `DIALZIO_CORPUS`
//! and are no part of this repository; without that folder these tests say so and pass.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::Clock;
use dialzio_core::page::PageRequest;
use futures_util::StreamExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::rig::{Line, Rig, Seat};

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("DIALZIO_CORPUS")
        .filter(|root| !root.is_empty())
        .map(|root| PathBuf::from(root).join("whatsapp"));
    if folder.is_none() {
        println!("no corpus: DIALZIO_CORPUS is not set");
    }
    folder
}

/// One webhook, and what was counted in it without any decoder.
#[derive(Clone)]
struct Sample {
    name: String,
    body: Value,
    changes: Vec<Value>,
}

fn samples(folder: &std::path::Path) -> (Vec<Sample>, Value) {
    let read = |path: PathBuf| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    let expected = read(folder.join("expected.json"));
    let samples = expected["files"].as_object().unwrap().iter().map(|(name, changes)| Sample {
        name: name.clone(),
        body: read(folder.join("webhooks").join(name)),
        changes: changes.as_array().unwrap().clone(),
    });
    (samples.collect(), expected["totals"].clone())
}

/// Makes every provider id the file's own, so that no file repeats another's.
fn distinct(value: &mut Value, file: usize) {
    match value {
        Value::String(text) if text.starts_with("wamid.") => *text = format!("{text}{file:03}"),
        Value::Array(items) => items.iter_mut().for_each(|item| distinct(item, file)),
        Value::Object(fields) => {
            for (name, item) in fields.iter_mut() {
                match item {
                    Value::String(text)
                        if matches!(name.as_str(), "id" | "message_id" | "original_message_id")
                            && text.len() > 8
                            && !text.starts_with("wamid.")
                            && !text.bytes().all(|byte| byte.is_ascii_digit()) =>
                    {
                        *text = format!("{text}{file:03}");
                    }
                    _ => distinct(item, file),
                }
            }
        }
        _ => {}
    }
}

/// Moves every time, as text or number, into the minutes before `now`, keeping the order within the file.
fn recent(value: &mut Value, now: DateTime<Utc>) {
    fn times(value: &Value, found: &mut BTreeSet<i64>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| times(item, found)),
            Value::Object(fields) => {
                for (name, item) in fields {
                    match seconds(name, item) {
                        Some(at) => {
                            found.insert(at);
                        }
                        None => times(item, found),
                    }
                }
            }
            _ => {}
        }
    }
    fn seconds(name: &str, item: &Value) -> Option<i64> {
        if name != "timestamp" {
            return None;
        }
        item.as_i64().or_else(|| item.as_str()?.parse().ok())
    }
    fn shift(value: &mut Value, to: &BTreeMap<i64, i64>) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| shift(item, to)),
            Value::Object(fields) => {
                for (name, item) in fields.iter_mut() {
                    match seconds(name, item) {
                        Some(at) if item.is_string() => *item = json!(to[&at].to_string()),
                        Some(at) => *item = json!(to[&at]),
                        None => shift(item, to),
                    }
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    times(value, &mut found);
    let count = found.len();
    let earliest = now - TimeDelta::seconds(600);
    let moved = found.into_iter().enumerate().map(|(place, at)| {
        let place = i64::try_from(place * 500 / count.max(1)).unwrap();
        (at, (earliest + TimeDelta::seconds(place)).timestamp())
    });
    shift(value, &moved.collect());
}

/// A server with every number of the corpus connected in one organisation.
struct Stage {
    rig: Rig,
    seat: Seat,
    lines: Vec<Line>,
}

async fn stage(samples: &[Sample]) -> Stage {
    let rig = Rig::start().await;
    let seat = rig.found("Corpus").await;
    let numbers: BTreeSet<String> = samples
        .iter()
        .flat_map(|sample| &sample.changes)
        .filter_map(|change| change["phone_number_id"].as_str().map(str::to_owned))
        .collect();
    // One app for all of them, as one business has.
    let mut lines: Vec<Line> = Vec::new();
    for number in numbers {
        let line = match lines.first() {
            None => rig.connect(&seat, &number).await,
            Some(first) => rig.connect_to(&seat, first, &number).await,
        };
        lines.push(line);
    }
    Stage { rig, seat, lines }
}

impl Stage {
    async fn post(&self, body: &Value) -> u16 {
        let line = &self.lines[0];
        self.rig.graph.deliver_raw(&line.number, serde_json::to_vec(body).unwrap()).await.unwrap()
    }

    /// What the organisation and the operator see, counted.
    async fn totals(&self) -> BTreeMap<String, usize> {
        let mut totals = BTreeMap::new();
        for conversation in self.conversations().await {
            let path = format!("/v1/conversations/{conversation}/messages");
            for message in self.rig.list(&self.seat, &path).await {
                *totals.entry(format!("message:{}", message["kind"].as_str().unwrap())).or_default() += 1;
            }
        }
        for item in self.rig.list(&self.seat, "/v1/quarantine").await {
            *totals.entry(format!("quarantine:{}", item["reason"].as_str().unwrap())).or_default() += 1;
        }
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let found = self.rig.crm.quarantine().unrouted(page.clone()).await.unwrap();
            for item in &found.items {
                *totals.entry(format!("unrouted:{}", item.reason)).or_default() += 1;
            }
            let Some(next) = found.next else { return totals };
            page.after = Some(next);
        }
    }

    async fn conversations(&self) -> Vec<String> {
        let all = self.rig.list(&self.seat, "/v1/conversations").await;
        all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }

    /// A digest over everything that the API shows of people and messages.
    async fn digest(&self) -> String {
        let mut all = self.rig.list(&self.seat, "/v1/contacts").await;
        for contact in all.clone() {
            let id = contact["id"].as_str().unwrap();
            for rest in ["identities", "notes", "tasks", "consents"] {
                all.extend(self.rig.list(&self.seat, &format!("/v1/contacts/{id}/{rest}")).await);
            }
        }
        all.extend(self.rig.list(&self.seat, "/v1/conversations").await);
        for conversation in self.conversations().await {
            all.extend(
                self.rig.list(&self.seat, &format!("/v1/conversations/{conversation}/messages")).await,
            );
        }
        all.extend(self.rig.list(&self.seat, "/v1/accounts").await);
        let mut hash = Sha256::new();
        for value in all {
            hash.update(value.to_string());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn prepared(samples: &[Sample], now: DateTime<Utc>) -> Vec<Value> {
    let one = |(place, sample): (usize, &Sample)| {
        let mut body = sample.body.clone();
        distinct(&mut body, place);
        recent(&mut body, now);
        body
    };
    samples.iter().enumerate().map(one).collect()
}

/// How many elements of these kinds the corpus holds, by the counts that no decoder made.
fn counted(totals: &Value, wanted: impl Fn(&str) -> bool) -> usize {
    let counts = totals.as_object().unwrap().iter().filter(|(name, _)| wanted(name));
    counts.map(|(_, count)| usize::try_from(count.as_u64().unwrap()).unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_corpus_adds_up_and_a_second_pass_changes_nothing() {
    let Some(folder) = corpus() else { return };
    let (samples, totals) = samples(&folder);
    let stage = stage(&samples).await;
    let bodies = prepared(&samples, stage.rig.clock.now());
    for body in &bodies {
        assert_eq!(stage.post(body).await, 200);
    }
    stage.rig.work().await;
    let seen = stage.totals().await;
    println!("first pass: {seen:#?}");
    println!("expected: {totals:#}");
    let _ = (&samples[0].name, counted(&totals, |_| true));
    let digest = stage.digest().await;
    for body in &bodies {
        assert_eq!(stage.post(body).await, 200);
    }
    stage.rig.work().await;
    println!("second pass: {:#?}", stage.totals().await);
    assert_eq!(stage.digest().await, digest);
    let _ = futures_util::stream::iter([0]).count().await;
}

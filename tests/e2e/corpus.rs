//! Payloads through the whole server: our own, which are the fixtures of `dialzio-whatsapp`, and those in the folder that
//! `DIALZIO_CORPUS` names, which are read in place. A folder that is missing or empty fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::Clock;
use futures_util::StreamExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::fixture::{Fixture, Line, Seat};

/// The folder in `DIALZIO_CORPUS`, if it is set.
pub(crate) fn elsewhere() -> Option<PathBuf> {
    std::env::var_os("DIALZIO_CORPUS").filter(|root| !root.is_empty()).map(PathBuf::from)
}

/// Each corpus: our own, and the one that `DIALZIO_CORPUS` names.
pub(crate) fn corpora() -> Vec<PathBuf> {
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../dialzio-whatsapp/tests/fixtures"));
    std::iter::once(own).chain(elsewhere().map(|root| root.join("whatsapp"))).collect()
}

/// One webhook, and what was counted in it without any decoder.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) body: Value,
    changes: Vec<Value>,
}

pub(crate) fn samples(folder: &std::path::Path) -> (Vec<Sample>, Value) {
    let read = |path: PathBuf| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    let expected = read(folder.join("expected.json"));
    let samples = expected["files"].as_object().unwrap().iter().map(|(name, changes)| Sample {
        name: name.clone(),
        body: read(folder.join("webhooks").join(name)),
        changes: changes.as_array().unwrap().clone(),
    });
    let samples: Vec<Sample> = samples.collect();
    assert!(!samples.is_empty(), "{} is empty", folder.display());
    println!("{} webhooks of {}", samples.len(), folder.display());
    (samples, expected["totals"].clone())
}

/// Makes every provider id the file's own, so that no file repeats another's.
pub(crate) fn distinct(value: &mut Value, file: usize) {
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

/// Moves every time, as text or number, into the minutes before `now`, keeping the order within the file, and each
/// file's times apart from the others'.
pub(crate) fn recent(value: &mut Value, now: DateTime<Utc>, file: usize) {
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
    let earliest = now - TimeDelta::seconds(600 - i64::try_from(file).unwrap());
    let moved = found.into_iter().enumerate().map(|(place, at)| {
        let place = i64::try_from(place * 300 / count.max(1)).unwrap();
        (at, (earliest + TimeDelta::seconds(place)).timestamp())
    });
    shift(value, &moved.collect());
}

/// A server with every number of the corpus connected in one organisation, by one app.
pub(crate) struct Stage {
    pub(crate) fixture: Fixture,
    pub(crate) seat: Seat,
    lines: Vec<Line>,
}

pub(crate) async fn stage(samples: &[Sample]) -> Stage {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Corpus").await;
    let mut numbers: BTreeMap<String, String> = BTreeMap::new();
    for sample in samples {
        for (entry, number, _) in sample.places() {
            if let Some(number) = number {
                numbers.entry(number).or_insert(entry);
            }
        }
    }
    let mut lines = vec![fixture.connect(&seat, "1").await];
    for (number, business) in numbers {
        lines.push(fixture.connect_to(&seat, &lines[0], &number, &business).await);
    }
    fixture.work().await;
    Stage { fixture, seat, lines }
}

impl Sample {
    /// The business account and number of each change, as they stand in the payload, and the change itself.
    fn places(&self) -> Vec<(String, Option<String>, String)> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let entries = self.body["entry"].as_array().cloned().unwrap_or_default();
        let each = |entry: &Value| {
            let changes = entry["changes"].as_array().cloned().unwrap_or_default();
            let place = |change: &Value| {
                let number = &change["value"]["metadata"]["phone_number_id"];
                (text(&entry["id"]), number.as_str().map(str::to_owned), change.to_string())
            };
            changes.iter().map(place).collect::<Vec<_>>()
        };
        entries.iter().flat_map(each).collect()
    }
}

/// What has to be there in the end, by the counts that no decoder made.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// Messages that people wrote.
    messages: usize,
    /// Notices within a conversation; each is shown if there is a conversation by then.
    notices: usize,
    /// Updates of messages that the corpus does not have: ticks, reactions, edits, revocations.
    orphans: usize,
    /// For business accounts of which no number is connected.
    unrouted: usize,
    /// Choices about marketing, by person.
    choices: usize,
    /// Calls, each once.
    calls: usize,
    /// Updates of people's ids, which leave no row of their own.
    ids: usize,
    /// Kept whole in quarantine, for what it is.
    kept: usize,
}

fn wanted(samples: &[Sample], lines: &[Line]) -> Wanted {
    let mut wanted = Wanted::default();
    let known: BTreeSet<&str> =
        lines.iter().flat_map(|line| [line.number.as_str(), line.business.as_str()]).collect();
    let mut reports = BTreeSet::new();
    for sample in samples {
        for (change, (entry, number, report)) in sample.changes.iter().zip(sample.places()) {
            let list = |key: &str| change[key].as_array().cloned().unwrap_or_default();
            let place = number.unwrap_or(entry);
            if !known.contains(place.as_str()) {
                wanted.unrouted += 1;
                continue;
            }
            match change["field"].as_str().unwrap() {
                "messages" => {
                    for message in list("messages") {
                        match message["type"].as_str().unwrap() {
                            "reaction" | "edit" | "revoke" => wanted.orphans += 1,
                            "system" => wanted.notices += 1,
                            _ => wanted.messages += 1,
                        }
                    }
                    wanted.orphans += list("statuses").len();
                    wanted.kept += list("errors").len();
                }
                "user_preferences" => {
                    wanted.choices += usize::try_from(change["user_preferences"].as_u64().unwrap()).unwrap();
                }
                "user_id_update" => wanted.ids += 1,
                "calls" => {
                    // All that a file tells of calls is told of one.
                    let told = change["calls"].as_u64().unwrap_or(0) > 0 || !list("statuses").is_empty();
                    wanted.calls += usize::from(told);
                    // Why the only call failed is told with it.
                    wanted.kept += if report.contains("FAILED") { 0 } else { list("errors").len() };
                }
                // The same report twice is one.
                _ => wanted.kept += usize::from(reports.insert(report)),
            }
        }
    }
    wanted
}

impl Stage {
    pub(crate) async fn post(&self, body: &Value) -> u16 {
        let line = &self.lines[1];
        self.fixture.graph.deliver_raw(&line.number, serde_json::to_vec(body).unwrap()).await.unwrap()
    }

    /// Does all work, and lets the time pass after which nothing waits any more.
    pub(crate) async fn finish(&self) {
        self.fixture.work().await;
        for _ in 0..4 {
            self.fixture.clock.advance(TimeDelta::minutes(4));
            self.fixture.work().await;
        }
    }

    /// Every row that the organisation has in quarantine, with its bytes.
    async fn quarantine(&self) -> Vec<(String, String)> {
        let mut kept = Vec::new();
        for item in self.fixture.list(&self.seat, "/v1/quarantine").await {
            let path = format!("/v1/quarantine/{}", item["id"].as_str().unwrap());
            let whole = self.fixture.get(&self.seat, &path).await.is(200).json;
            let text = |name: &str| whole[name].as_str().unwrap().to_owned();
            kept.push((text("reason"), text("body")));
        }
        kept.sort();
        kept
    }

    /// What was kept whole, of the organisation and of none, as JSON.
    pub(crate) async fn kept_whole(&self) -> Vec<Value> {
        let mut kept = Vec::new();
        for (_, body) in self.quarantine().await {
            kept.push(serde_json::from_str(&body).unwrap());
        }
        for body in self.unrouted().await {
            kept.push(serde_json::from_slice(&body).unwrap());
        }
        kept
    }

    /// The same for what belongs to no organisation.
    async fn unrouted(&self) -> Vec<Vec<u8>> {
        let operator = self.fixture.crm.operator("test").unwrap();
        let mut kept = Vec::new();
        for item in operator.unrouted().await.unwrap() {
            kept.push(operator.open(item.id).await.unwrap().1);
        }
        kept.sort();
        kept
    }

    async fn conversations(&self) -> Vec<Value> {
        self.fixture.list(&self.seat, "/v1/conversations").await
    }

    pub(crate) async fn messages(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for conversation in self.conversations().await {
            let id = conversation["id"].as_str().unwrap();
            all.extend(self.fixture.list(&self.seat, &format!("/v1/conversations/{id}/messages")).await);
        }
        all
    }

    async fn found(&self) -> Wanted {
        let messages = self.messages().await;
        let notices = messages.iter().filter(|message| message["kind"] == "system").count();
        let quarantine = self.quarantine().await;
        let orphans = quarantine.iter().filter(|(reason, _)| reason == "orphan").count();
        // One entry is listed for each person who has its number.
        let mut choices = BTreeSet::new();
        for contact in self.fixture.list(&self.seat, "/v1/contacts").await {
            let path = format!("/v1/contacts/{}/consents", contact["id"].as_str().unwrap());
            let provider =
                |entry: &&Value| entry["event"].as_str().is_some_and(|event| event.starts_with("provider_"));
            let entries = self.fixture.list(&self.seat, &path).await;
            choices.extend(entries.iter().filter(provider).map(|entry| entry["id"].to_string()));
        }
        Wanted {
            messages: messages.len() - notices,
            notices,
            orphans,
            unrouted: self.unrouted().await.len(),
            choices: choices.len(),
            calls: self.fixture.list(&self.seat, "/v1/calls").await.len(),
            ids: 0,
            kept: quarantine.len() - orphans,
        }
    }

    /// A digest over everything that the API shows of people, messages, calls and consents.
    async fn digest(&self) -> String {
        let mut all = self.fixture.list(&self.seat, "/v1/contacts").await;
        for contact in all.clone() {
            let id = contact["id"].as_str().unwrap();
            for rest in ["identities", "notes", "tasks", "consents"] {
                all.extend(self.fixture.list(&self.seat, &format!("/v1/contacts/{id}/{rest}")).await);
            }
        }
        all.extend(self.conversations().await);
        all.extend(self.messages().await);
        // A call that goes on is asked for again and again, which counts as a change of its row.
        all.extend(self.fixture.list(&self.seat, "/v1/calls").await.into_iter().map(|mut call| {
            call["revision"] = json!(null);
            call
        }));
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
        recent(&mut body, now, place);
        body
    };
    samples.iter().enumerate().map(one).collect()
}

#[test]
fn the_totals_are_the_sums_of_the_files() {
    for folder in corpora() {
        let (samples, totals) = samples(&folder);
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        for change in samples.iter().flat_map(|sample| &sample.changes) {
            *counted.entry(format!("field:{}", change["field"].as_str().unwrap())).or_default() += 1;
            let list = |key: &str| change[key].as_array().cloned().unwrap_or_default();
            for message in list("messages") {
                *counted.entry(format!("messages:{}", message["type"].as_str().unwrap())).or_default() += 1;
            }
            for status in list("statuses") {
                *counted.entry(format!("status:{}", status["status"].as_str().unwrap())).or_default() += 1;
            }
        }
        for (name, count) in counted {
            assert_eq!(totals[&name], count, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_corpus_adds_up_and_a_second_pass_changes_nothing() {
    for folder in corpora() {
        let (samples, _) = samples(&folder);
        let stage = stage(&samples).await;
        let bodies = prepared(&samples, stage.fixture.clock.now());
        for body in &bodies {
            assert_eq!(stage.post(body).await, 200);
        }
        stage.finish().await;
        let wanted = wanted(&samples, &stage.lines);
        let found = stage.found().await;
        println!("{} webhooks: {found:?}", bodies.len());
        assert_eq!(Wanted { ids: wanted.ids, ..found }, wanted);
        let digest = stage.digest().await;
        let kept = (stage.quarantine().await, stage.unrouted().await);
        for body in &bodies {
            assert_eq!(stage.post(body).await, 200);
        }
        stage.finish().await;
        assert_eq!(stage.digest().await, digest);
        assert_eq!((stage.quarantine().await, stage.unrouted().await), kept);
    }
}

/// Each thing twice, in an order drawn from the seed.
fn doubled_and_shuffled(bodies: &[Value], mut seed: u64) -> Vec<Value> {
    let mut all: Vec<Value> = bodies.iter().chain(bodies).cloned().collect();
    for place in (1..all.len()).rev() {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let other = usize::try_from(seed % (place as u64 + 1)).unwrap();
        all.swap(place, other);
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_corpus_doubled_shuffled_and_from_eight_callers_adds_up() {
    for folder in corpora() {
        let (samples, _) = samples(&folder);
        for seed in [3, 77] {
            let stage = stage(&samples).await;
            let bodies = doubled_and_shuffled(&prepared(&samples, stage.fixture.clock.now()), seed);
            let posted = futures_util::stream::iter(&bodies).map(|body| stage.post(body)).buffer_unordered(8);
            posted.for_each(|status| async move { assert_eq!(status, 200) }).await;
            stage.finish().await;
            let wanted = wanted(&samples, &stage.lines);
            let found = stage.found().await;
            // A change of ids is shown in a conversation that is there when it arrives.
            assert!(found.notices <= wanted.notices);
            let found = Wanted { notices: wanted.notices, ids: wanted.ids, ..found };
            assert_eq!(found, wanted, "seed {seed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_corpus_with_its_own_times_is_refused_and_not_lost() {
    for folder in corpora() {
        let (samples, _) = samples(&folder);
        let stage = stage(&samples).await;
        let mut bodies = Vec::new();
        for (place, sample) in samples.iter().enumerate() {
            let mut body = sample.body.clone();
            distinct(&mut body, place);
            bodies.push(body);
        }
        for body in &bodies {
            assert_eq!(stage.post(body).await, 200);
        }
        stage.finish().await;
        let wanted = wanted(&samples, &stage.lines);
        let kept = stage.quarantine().await;
        assert_eq!(stage.messages().await, Vec::<Value>::new());
        assert_eq!(stage.conversations().await, Vec::<Value>::new());
        assert_eq!(stage.fixture.list(&stage.seat, "/v1/contacts").await, Vec::<Value>::new());
        let out_of_time = kept.iter().filter(|(reason, _)| reason == "out_of_time").count();
        assert_eq!(
            out_of_time,
            wanted.messages + wanted.notices + wanted.choices + wanted.calls + wanted.ids
        );
        assert_eq!(kept.iter().filter(|(reason, _)| reason == "orphan").count(), wanted.orphans);
        assert_eq!(stage.unrouted().await.len(), wanted.unrouted);
        assert_eq!(kept.len(), out_of_time + wanted.orphans + wanted.kept);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_id_with_other_content_keeps_the_first() {
    for folder in corpora() {
        let (samples, _) = samples(&folder);
        let stage = stage(&samples).await;
        let bodies = prepared(&samples, stage.fixture.clock.now());
        let texts = samples.iter().zip(&bodies).filter_map(|(sample, body)| {
            let first = &body["entry"][0]["changes"][0]["value"]["messages"][0];
            (sample.changes.len() == 1 && first["type"] == "text").then_some(body)
        });
        let mut count = 0;
        for body in texts {
            count += 1;
            assert_eq!(stage.post(body).await, 200);
            let mut other = body.clone();
            other["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] = json!("Something else");
            assert_eq!(stage.post(&other).await, 200);
        }
        assert!(count > 3);
        stage.finish().await;
        let shown = stage.messages().await;
        assert!(shown.len() >= count);
        assert!(shown.iter().all(|message| message["text"] != "Something else"));
        let kept = stage.quarantine().await;
        assert_eq!(kept.iter().filter(|(reason, _)| reason == "contradiction").count(), count);
        assert!(kept.iter().all(|(_, body)| body.contains("Something else")));
    }
}

//! Small inputs rebuilt from what users of comparable products reported: our own in `tests/corpus/field`, and in addition
//! those in the folder that `DIALZIO_CORPUS` names. A file that is missing fails its test.

use std::path::PathBuf;

use dialzio_core::Clock;
use serde_json::{Value, json};

use crate::corpus::{elsewhere, recent};
use crate::fixture::{Fixture, Line, Seat};

/// The number and the business account that a report is for.
pub(crate) type Place = (&'static str, &'static str);

/// Those of our own reports.
pub(crate) const OWN: Place = ("100200300", "900800700");

const ELSEWHERE: Place = ("106540352242922", "102290129340398");

/// One report: its file, and the number it is for.
pub(crate) struct Report {
    pub(crate) bytes: Vec<u8>,
    pub(crate) place: Place,
}

/// The reports of this name, our own first. Those from elsewhere have a number before the name.
pub(crate) fn reports(name: &str) -> Vec<Report> {
    let read = |path: PathBuf, place| {
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Report { bytes, place }
    };
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/field"));
    let mut reports = vec![read(own.join(format!("{name}.json")), OWN)];
    if let Some(root) = elsewhere() {
        let ending = format!("-{name}.json");
        let entries = std::fs::read_dir(root.join("field")).unwrap();
        let mut paths = entries.map(|entry| entry.unwrap().path());
        let named = paths.find(|path| path.to_str().is_some_and(|path| path.ends_with(&ending)));
        reports.push(read(named.unwrap_or_else(|| panic!("no {ending} in the corpus")), ELSEWHERE));
    }
    println!("{} reports of {name}", reports.len());
    reports
}

pub(crate) struct Field {
    pub(crate) fixture: Fixture,
    pub(crate) seat: Seat,
    pub(crate) line: Line,
}

impl Field {
    pub(crate) async fn start((number, business): Place) -> Self {
        let fixture = Fixture::start().await;
        let seat = fixture.found("Field").await;
        let first = fixture.connect(&seat, "1").await;
        let line = fixture.connect_to(&seat, &first, number, business).await;
        fixture.work().await;
        Self { fixture, seat, line }
    }

    /// The webhooks of a file, with times of today.
    pub(crate) fn envelopes(&self, bytes: &[u8]) -> Vec<Value> {
        let mut read: Value = serde_json::from_slice(bytes).unwrap();
        recent(&mut read, self.fixture.clock.now(), 0);
        match read {
            Value::Array(envelopes) => envelopes,
            one => vec![one],
        }
    }

    pub(crate) async fn post(&self, body: &Value) {
        let bytes = serde_json::to_vec(body).unwrap();
        assert_eq!(self.fixture.graph.deliver_raw(&self.line.number, bytes).await.unwrap(), 200);
    }

    pub(crate) async fn conversations(&self) -> Vec<Value> {
        self.fixture.list(&self.seat, "/v1/conversations").await
    }

    /// The messages of the only conversation, oldest first.
    pub(crate) async fn messages(&self) -> Vec<Value> {
        let all = self.conversations().await;
        assert_eq!(all.len(), 1, "one conversation");
        let path = format!("/v1/conversations/{}/messages", all[0]["id"].as_str().unwrap());
        let mut messages = self.fixture.list(&self.seat, &path).await;
        messages.reverse();
        messages
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reaction_goes_to_its_message_and_comes_back_from_it() {
    for report in reports("reaction-after-close") {
        let field = Field::start(report.place).await;
        let envelopes = field.envelopes(&report.bytes);
        field.post(&envelopes[0]).await;
        let before = field.conversations().await;
        field.post(&envelopes[1]).await;
        let messages = field.messages().await;
        assert_eq!((messages.len(), &messages[0]["reactions"][0]["emoji"]), (1, &json!("👍")));
        assert_eq!(field.conversations().await[0]["unread"], before[0]["unread"]);
        field.post(&envelopes[2]).await;
        assert_eq!(field.messages().await[0]["reactions"], json!([]));
        // The removal first, and what it removes after it.
        field.post(&envelopes[1]).await;
        assert_eq!(field.messages().await[0]["reactions"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reaction_that_waits_is_listed_until_its_message_is_there() {
    for report in reports("reaction-after-close") {
        let field = Field::start(report.place).await;
        let envelopes = field.envelopes(&report.bytes);
        field.post(&envelopes[1]).await;
        let waiting = field.fixture.list(&field.seat, "/v1/waiting").await;
        assert_eq!((waiting.len(), &waiting[0]["kind"]), (1, &json!("reaction")));
        assert_eq!(waiting[0]["account"], field.line.account);
        field.post(&envelopes[0]).await;
        field.fixture.clock.advance(chrono::Duration::minutes(1));
        field.fixture.work().await;
        assert_eq!(field.fixture.list(&field.seat, "/v1/waiting").await, Vec::<Value>::new());
        assert_eq!(field.messages().await[0]["reactions"][0]["emoji"], "👍");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_without_a_profile_is_known_by_the_number() {
    for report in reports("sender-without-profile") {
        let field = Field::start(report.place).await;
        for body in field.envelopes(&report.bytes) {
            field.post(&body).await;
        }
        assert_eq!(field.messages().await.len(), 3);
        let people = field.fixture.list(&field.seat, "/v1/contacts").await;
        assert_eq!((people.len(), &people[0]["name"]), (1, &Value::Null));
        assert_eq!(field.fixture.list(&field.seat, "/v1/quarantine").await, Vec::<Value>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_advert_is_shown_with_a_voice_note_and_with_a_sticker() {
    for report in reports("advert-opened-with-a-voice-note") {
        let field = Field::start(report.place).await;
        for body in field.envelopes(&report.bytes) {
            field.post(&body).await;
        }
        let messages = field.messages().await;
        assert_eq!((&messages[0]["kind"], &messages[1]["kind"]), (&json!("voice"), &json!("sticker")));
        for message in &messages {
            let referral = &message["context"]["referral"];
            for name in ["headline", "body", "source_id", "click_id"] {
                assert!(referral[name].as_str().is_some_and(|text| !text.is_empty()), "{name}");
            }
            assert_eq!(message["text"], Value::Null, "no text is invented");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_card_has_every_number_with_its_label() {
    for report in reports("contact-cards-several-numbers") {
        let field = Field::start(report.place).await;
        for body in field.envelopes(&report.bytes) {
            field.post(&body).await;
        }
        let messages = field.messages().await;
        let cards = messages[0]["content"]["cards"].as_array().unwrap();
        let numbers: Vec<usize> = cards.iter().map(|card| card["phones"].as_array().unwrap().len()).collect();
        assert_eq!(numbers, [3, 1, 0, 1]);
        let labels: Vec<_> =
            cards[0]["phones"].as_array().unwrap().iter().map(|line| &line["label"]).collect();
        assert_eq!(labels, ["CELL", "WORK", "HOME"]);
        assert!(cards[0]["company"].is_string() && cards[0]["emails"][0]["value"].is_string());
        assert_eq!(
            field.fixture.list(&field.seat, "/v1/contacts").await.len(),
            1,
            "a contact was made of a card"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_one_title_keep_their_ids_and_descriptions() {
    for report in reports("list-reply-same-title") {
        let field = Field::start(report.place).await;
        for body in field.envelopes(&report.bytes) {
            field.post(&body).await;
        }
        let messages = field.messages().await;
        assert_eq!(messages.len(), 3);
        let mut ids: Vec<_> =
            messages.iter().map(|message| message["content"]["id"].as_str().unwrap()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 3);
        assert!(messages[0]["content"]["description"].is_string());
        assert!(messages.iter().all(|message| message["context"]["quoted"].is_string()), "still an answer");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn escapes_are_read_as_they_were_signed() {
    for report in reports("escaped-as-meta-signs-it") {
        let field = Field::start(report.place).await;
        // The times alone are made today's, in the bytes themselves, so that every escape stays.
        let text = String::from_utf8(report.bytes).unwrap();
        let parsed: Value = serde_json::from_str(&text).unwrap();
        let value = &parsed["entry"][0]["changes"][0]["value"];
        let message = &value["messages"][0];
        let now = field.fixture.clock.now().timestamp().to_string();
        let body = text.replace(message["timestamp"].as_str().unwrap(), &now);
        assert!(body.contains("\\/") && body.contains("\\u"));
        assert_eq!(
            field.fixture.graph.deliver_raw(&field.line.number, body.into_bytes()).await.unwrap(),
            200
        );
        let messages = field.messages().await;
        assert_eq!(messages[0]["text"], message["text"]["body"]);
        let name = &field.fixture.list(&field.seat, "/v1/contacts").await[0]["name"];
        assert_eq!(name, &value["contacts"][0]["profile"]["name"]);
    }
}

//! Reports from the field about what arrives all at once, what becomes of a send, and what is too long to be one.

use chrono::Duration;
use serde_json::{Value, json};

use crate::field::{Field, Place, Report, reports};
use crate::fixture::asha;

/// A field in which a person has written, and one reply of ours has been handed to the provider.
pub(crate) async fn answered(place: Place) -> (Field, String, Value) {
    let field = Field::start(place).await;
    // By way of the provider, which keeps a window of its own.
    field.fixture.writes(&field.line, &asha(), "Can you call at five?").await;
    let talk = field.conversations().await[0]["id"].as_str().unwrap().to_owned();
    let sent = field.fixture.send(&field.seat, &talk, "k1", &json!({"text": "At five, yes."})).await.is(202);
    field.fixture.work().await;
    let message = field.fixture.get(&field.seat, &format!("/v1/messages/{}", sent.id())).await.is(200).json;
    (field, talk, message)
}

/// The statuses of a report, about a message of ours to Asha.
pub(crate) fn about(field: &Field, report: &Report, message: &Value) -> Vec<Value> {
    let mut envelopes = field.envelopes(&report.bytes);
    envelopes.retain(|body| body["entry"][0]["changes"][0]["value"]["statuses"].is_array());
    for body in &mut envelopes {
        let status = &mut body["entry"][0]["changes"][0]["value"]["statuses"][0];
        status["id"] = message["external_id"].clone();
        status["recipient_id"] = json!("919876500001");
    }
    envelopes
}

pub(crate) async fn now(field: &Field, message: &Value) -> Value {
    let path = format!("/v1/messages/{}", message["id"].as_str().unwrap());
    field.fixture.get(&field.seat, &path).await.is(200).json
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_album_of_somebody_new_is_one_person_and_one_conversation() {
    for report in reports("album-at-once") {
        let field = Field::start(report.place).await;
        let read: Value = serde_json::from_slice(&report.bytes).unwrap();
        let sender = read[0]["entry"][0]["changes"][0]["value"]["messages"][0]["from"].as_str().unwrap();
        for round in 0..20 {
            let number = format!("9190000{round:05}");
            let text = String::from_utf8(report.bytes.clone()).unwrap().replace(sender, &number);
            let text = text.replace("wamid.", &format!("wamid.{round}"));
            let envelopes = field.envelopes(text.as_bytes());
            assert_eq!(envelopes.len(), 5);
            futures_util::future::join_all(envelopes.iter().map(|body| field.post(body))).await;
        }
        // A store that is slow just now has some of them wait in line.
        field.fixture.work().await;
        let talks = field.conversations().await;
        assert_eq!(talks.len(), 20);
        assert_eq!(field.fixture.list(&field.seat, "/v1/contacts").await.len(), 20);
        for talk in &talks {
            assert_eq!(talk["unread"], 5);
            let path = format!("/v1/conversations/{}/messages", talk["id"].as_str().unwrap());
            let messages = field.fixture.list(&field.seat, &path).await;
            assert_eq!(messages.len(), 5);
            assert_eq!(
                field.fixture.list(&field.seat, &format!("{path}?limit=2")).await,
                messages,
                "one order"
            );
        }
        assert_eq!(field.fixture.list(&field.seat, "/v1/quarantine").await, Vec::<Value>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_before_a_delivery_stays_in_the_history_and_delivered_is_shown() {
    for report in reports("delivered-and-undeliverable") {
        let (field, talk, message) = answered(report.place).await;
        let statuses = about(&field, &report, &message);
        assert_eq!(statuses.len(), 3);
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for (round, order) in orders.into_iter().enumerate() {
            let key = format!("order{round}");
            let sent =
                field.fixture.send(&field.seat, &talk, &key, &json!({"text": "Once more"})).await.is(202);
            field.fixture.work().await;
            let message = now(&field, &json!({"id": sent.id()})).await;
            let statuses = about(&field, &report, &message);
            for place in order {
                field.post(&statuses[place]).await;
                field.post(&statuses[place]).await;
            }
            field.fixture.work().await;
            let shown = now(&field, &message).await;
            assert!(["delivered", "read"].contains(&shown["status"].as_str().unwrap()), "{order:?}: {shown}");
            let failed =
                shown["history"].as_array().into_iter().flatten().any(|step| step["status"] == "failed");
            assert!(failed, "{order:?}: the failure is kept: {shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dashboards_test_button_is_in_nobodys_inbox() {
    for report in reports("dashboard-test-button") {
        let field = Field::start(report.place).await;
        let envelopes: Vec<Value> = serde_json::from_slice(&report.bytes).unwrap();
        for _ in 0..10 {
            for body in &envelopes {
                field.post(body).await;
            }
        }
        field.fixture.work().await;
        assert_eq!(field.conversations().await, Vec::<Value>::new());
        assert_eq!(field.fixture.list(&field.seat, "/v1/contacts").await, Vec::<Value>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_meta_refuses_for_its_window_leaves_ours_as_the_customer_says() {
    for report in reports("window-shut-says-meta") {
        let (field, talk, message) = answered(report.place).await;
        let before = field.fixture.get(&field.seat, &format!("/v1/conversations/{talk}")).await.is(200).json;
        assert!(before["window_ends_at"].is_string(), "{before}");
        for body in about(&field, &report, &message) {
            field.post(&body).await;
        }
        field.fixture.work().await;
        let after = field.fixture.get(&field.seat, &format!("/v1/conversations/{talk}")).await.is(200).json;
        assert_eq!(after["window_ends_at"], before["window_ends_at"], "the customer's last message says it");
        assert_eq!(field.messages().await.len(), 2, "nothing is sent again by itself");
        // A person may try again, and it is another message.
        field.fixture.send(&field.seat, &talk, "again", &json!({"text": "At five, yes."})).await.is(202);
        field.fixture.work().await;
        assert_eq!(field.messages().await.len(), 3);
        // A window that is really shut lets nothing leave.
        field.fixture.clock.advance(Duration::hours(25));
        let late = field.fixture.send(&field.seat, &talk, "late", &json!({"text": "Hello?"})).await;
        assert!((400..500).contains(&late.status), "{late:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_meta_is_shown_with_its_code_and_its_words() {
    for report in reports("reason-of-failure-shown") {
        let (field, _, message) = answered(report.place).await;
        let statuses = about(&field, &report, &message);
        field.post(&statuses[0]).await;
        field.fixture.work().await;
        let shown = now(&field, &message).await;
        let failure =
            shown["history"].as_array().into_iter().flatten().find(|step| step["status"] == "failed");
        let failure = failure.unwrap_or_else(|| panic!("{shown}")).to_string();
        assert!(failure.contains("130472") && failure.contains("experiment"), "{failure}");
        assert_eq!(field.messages().await.len(), 2, "nothing is sent again by itself");
        let people = field.fixture.list(&field.seat, "/v1/contacts").await;
        assert_eq!(people.len(), 1, "a person is marked or lost");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_long_is_refused_whole_before_it_leaves() {
    for report in reports("length-limits") {
        let (field, talk, _) = answered(report.place).await;
        let read: Value = serde_json::from_slice(&report.bytes).unwrap();
        for case in read["cases"].as_array().unwrap() {
            let (id, kind) = (case["id"].as_str().unwrap(), case["kind"].as_str().unwrap());
            if kind != "text" {
                continue;
            }
            let times = usize::try_from(case["times"].as_u64().unwrap()).unwrap();
            let text = case["char"].as_str().unwrap().repeat(times);
            let before = field.messages().await.len();
            let answer = field.fixture.send(&field.seat, &talk, id, &json!({"text": text})).await;
            if case["ok"] == true {
                let sent = answer.is(202);
                field.fixture.work().await;
                let kept = now(&field, &json!({"id": sent.id()})).await;
                assert_eq!(kept["text"], *text, "{id}: whole");
            } else {
                assert_eq!(answer.status, 422, "{id}: {answer:?}");
                assert_eq!(answer.json["errors"][0]["pointer"], "/text", "{id}");
                assert_eq!(field.messages().await.len(), before, "{id}: nothing is kept");
            }
        }
    }
}

//! Messages that are sent at a later time: once, when the gate allows it, and otherwise never without a word.

use chrono::TimeDelta;
use dialzio_core::Clock;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Line, Seat, asha};

struct Desk {
    fixture: Fixture,
    seat: Seat,
    line: Line,
    list: String,
}

impl Desk {
    async fn open() -> Self {
        let fixture = Fixture::start().await;
        let seat = fixture.found("Green Leaf").await;
        let line = fixture.connect(&seat, "100200301").await;
        fixture.writes(&line, &asha(), "Is my order ready?").await;
        let talk = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
        Self { list: format!("/v1/conversations/{talk}/scheduled-messages"), fixture, seat, line }
    }

    fn hours(&self, hours: i64) -> String {
        (self.fixture.clock.now() + TimeDelta::hours(hours)).to_rfc3339()
    }

    async fn schedule(&self, key: &str, text: &str, hours: i64) -> Answer {
        let body = json!({"text": text, "send_at": self.hours(hours)});
        let url = format!("{}{}", self.fixture.origin, self.list);
        let request = self.fixture.http.post(url).bearer_auth(&self.seat.key).header("idempotency-key", key);
        crate::fixture::answer(request.json(&body)).await
    }

    async fn scheduled(&self) -> Vec<Value> {
        self.fixture.list(&self.seat, &self.list).await
    }

    async fn texts(&self) -> Vec<String> {
        let path = self.list.replace("scheduled-messages", "messages");
        let all = self.fixture.list(&self.seat, &path).await;
        all.iter().map(|message| message["content"]["body"].as_str().unwrap_or_default().to_owned()).collect()
    }

    async fn pass(&self, hours: i64) {
        self.fixture.clock.advance(TimeDelta::hours(hours));
        self.fixture.work().await;
    }
}

#[tokio::test]
async fn a_scheduled_message_is_sent_once_when_its_time_comes() {
    let desk = Desk::open().await;
    let made = desk.schedule("k1", "Your order is ready.", 3).await.is(201);
    assert_eq!((&made.json["revision"], &made.json["forecast"]), (&json!(1), &json!([])));
    let again = desk.schedule("k1", "Your order is ready.", 3).await.is(201);
    assert_eq!(again.id(), made.id(), "the same key twice is one message");
    assert_eq!(desk.schedule("k1", "Another text", 3).await.problem(422), "idempotency.key_reused");
    desk.pass(2).await;
    assert_eq!(desk.scheduled().await.len(), 1);
    desk.pass(1).await;
    assert_eq!(desk.scheduled().await, [] as [Value; 0]);
    assert_eq!(desk.texts().await, ["Your order is ready.", "Is my order ready?"]);
    let path = desk.list.replace("scheduled-messages", "messages");
    let sent = &desk.fixture.list(&desk.seat, &path).await[0];
    assert_eq!(
        (sent["author"].as_str(), desk.fixture.times_sent(sent["id"].as_str().unwrap())),
        (made.json["author"].as_str(), 1)
    );
    desk.pass(24).await;
    assert_eq!(desk.texts().await.len(), 2);
}

#[tokio::test]
async fn one_that_was_changed_or_cancelled_is_sent_as_it_was_last_meant() {
    let desk = Desk::open().await;
    let one = format!("/v1/scheduled-messages/{}", desk.schedule("k1", "First", 2).await.is(201).id());
    let gone = format!("/v1/scheduled-messages/{}", desk.schedule("k2", "Never", 2).await.is(201).id());
    let later = json!({"text": "Second", "send_at": desk.hours(5), "revision": 1});
    let changed = desk.fixture.patch(&desk.seat, &one, later.clone()).await.is(200);
    assert_eq!((&changed.json["text"], &changed.json["revision"]), (&json!("Second"), &json!(2)));
    let stale = desk.fixture.patch(&desk.seat, &one, later).await;
    assert_eq!(stale.json["present"]["revision"], 2);
    assert_eq!(stale.problem(412), "scheduled_message.stale");
    let delete =
        async |path: &str| desk.fixture.call(Some(&desk.seat.key), "DELETE", path, &Value::Null).await;
    delete(&gone).await.is(204);
    assert_eq!(delete(&gone).await.problem(404), "scheduled_message.not_found");
    desk.pass(3).await;
    assert_eq!(desk.texts().await.len(), 1, "the job of the first time sends nothing");
    desk.pass(3).await;
    assert_eq!(desk.texts().await, ["Second", "Is my order ready?"]);
    assert_eq!(delete(&one).await.problem(404), "scheduled_message.not_found");
}

#[tokio::test]
async fn a_closed_window_refuses_it_with_the_reason_and_an_answer_of_the_person_lets_it_go() {
    let desk = Desk::open().await;
    let made = desk.schedule("k1", "Are you still there?", 30).await.is(201);
    assert_eq!(made.json["forecast"], json!(["window.closed"]));
    let goes = desk.schedule("k2", "See you", 40).await.is(201);
    desk.pass(31).await;
    let left = desk.scheduled().await;
    assert_eq!((&left[0]["id"], &left[0]["refusal"]), (&made.json["id"], &json!("window.closed")));
    assert!(left[0]["refused_at"].is_string());
    desk.fixture.writes(&desk.line, &asha(), "Yes, I am").await;
    desk.pass(10).await;
    assert_eq!(desk.texts().await, ["See you", "Yes, I am", "Is my order ready?"]);
    assert_eq!(
        desk.fixture.get(&desk.seat, &format!("/v1/scheduled-messages/{}", goes.id())).await.problem(404),
        "scheduled_message.not_found"
    );
    // The one that was refused is still there, and goes out once it has another time.
    let again = json!({"send_at": desk.hours(1)});
    let path = format!("/v1/scheduled-messages/{}", made.id());
    assert_eq!(desk.fixture.patch(&desk.seat, &path, again).await.is(200).json["refusal"], Value::Null);
    desk.pass(1).await;
    assert_eq!(desk.texts().await[0], "Are you still there?");
}

#[tokio::test]
async fn an_opt_out_refuses_what_was_scheduled_at_once() {
    let desk = Desk::open().await;
    desk.schedule("k1", "See you tomorrow", 5).await.is(201);
    desk.fixture.writes(&desk.line, &asha(), "STOP").await;
    let left = desk.scheduled().await;
    assert_eq!((left.len(), &left[0]["refusal"]), (1, &json!("consent.withdrawn")));
    desk.pass(6).await;
    assert!(!desk.texts().await.contains(&"See you tomorrow".to_owned()));
    assert_eq!(desk.schedule("k2", "But still", 5).await.problem(403), "consent.opted_out_last");
}

#[tokio::test]
async fn a_time_that_has_passed_or_is_too_far_ahead_is_refused() {
    let desk = Desk::open().await;
    for (key, hours) in [("k1", 0), ("k2", -1), ("k3", 24 * 91)] {
        let refused = desk.schedule(key, "Hello", hours).await;
        assert_eq!(refused.json["errors"][0]["pointer"], "/send_at", "{refused:?}");
        assert_eq!(refused.problem(422), "input.invalid");
    }
    assert_eq!(desk.schedule("k4", "  ", 1).await.problem(422), "input.invalid");
    for place in 0..20 {
        desk.schedule(&format!("m{place}"), "Hello", 1).await.is(201);
    }
    assert_eq!(desk.schedule("m20", "Hello", 1).await.problem(422), "input.invalid");
    assert_eq!(
        desk.schedule("m19", "Hello", 1).await.is(201).json["text"],
        "Hello",
        "a repeated request is answered"
    );
}

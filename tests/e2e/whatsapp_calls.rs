//! Calls by WhatsApp: signed webhooks in any order become rows of the log, with their person, their follow-up, and what the person
//! permits.

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::Clock;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Line, Seat, answer};

const OURS: &str = "914412345678";
const SDP: &str = "v=0\r\no=- 1 2 IN IP4 198.51.100.7\r\n";

/// A person as webhooks name them: with or without a number.
struct Who {
    phone: Option<&'static str>,
    id: &'static str,
    name: &'static str,
}

const ASHA: Who = Who { phone: Some("919876500001"), id: "IN.7700112233", name: "Asha" };
const HIDDEN: Who = Who { phone: None, id: "IN.8812", name: "Meena" };

impl Who {
    fn contact(&self) -> Value {
        let mut contact = json!({"profile": {"name": self.name}, "user_id": self.id});
        if let Some(phone) = self.phone {
            contact["wa_id"] = json!(phone);
        }
        contact
    }

    /// Their ids in the members that begin with `side`.
    fn named(&self, side: &str, element: &mut Value) {
        element[format!("{side}_user_id")] = json!(self.id);
        if let Some(phone) = self.phone {
            element[side] = json!(phone);
        }
    }
}

/// A server with one number of WhatsApp.
struct Desk {
    fixture: Fixture,
    seat: Seat,
    line: Line,
    /// When calls begin: ten minutes ago.
    begin: DateTime<Utc>,
}

fn fields(value: Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("no object: {other}"),
    }
}

impl Desk {
    async fn open() -> Self {
        let fixture = Fixture::start().await;
        let seat = fixture.found("Green Leaf").await;
        let line = fixture.connect(&seat, "100200300").await;
        let begin = fixture.clock.now() - TimeDelta::minutes(10);
        Self { fixture, seat, line, begin }
    }

    fn at(&self, second: i64) -> String {
        (self.begin.timestamp() + second).to_string()
    }

    fn hook(&self, field: &str, value: Value) -> Value {
        let mut whole = json!({"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": OURS, "phone_number_id": self.line.number}});
        whole.as_object_mut().unwrap().extend(fields(value));
        json!({"object": "whatsapp_business_account",
            "entry": [{"id": self.line.business, "changes": [{"field": field, "value": whole}]}]})
    }

    /// An element of `calls`, of a person who calls.
    fn called(&self, id: &str, who: &Who, event: &str, second: i64, more: Value) -> Value {
        let mut call = json!({"id": id, "to": OURS, "event": event, "timestamp": self.at(second),
            "direction": "USER_INITIATED", "session": {"sdp_type": "offer", "sdp": SDP}});
        who.named("from", &mut call);
        call.as_object_mut().unwrap().extend(fields(more));
        self.hook("calls", json!({"contacts": [who.contact()], "calls": [call]}))
    }

    /// An element of `calls`, of a person who is called by another program of the organisation.
    fn placed(&self, id: &str, event: &str, second: i64, more: Value) -> Value {
        let mut call = json!({"id": id, "from": OURS, "event": event, "timestamp": self.at(second),
            "direction": "BUSINESS_INITIATED", "connection": {"webrtc": {"sdp": SDP}}});
        ASHA.named("to", &mut call);
        call.as_object_mut().unwrap().extend(fields(more));
        self.hook("calls", json!({"contacts": [ASHA.contact()], "calls": [call]}))
    }

    fn status(&self, id: &str, word: &str, second: i64) -> Value {
        let status = json!({"id": id, "type": "call", "status": word, "timestamp": self.at(second),
            "recipient_id": ASHA.phone, "recipient_user_id": ASHA.id});
        self.hook("calls", json!({"contacts": [ASHA.contact()], "statuses": [status]}))
    }

    /// A message of a person.
    fn said(&self, who: &Who, id: &str, second: i64, content: Value) -> Value {
        let mut message = json!({"id": id, "timestamp": self.at(second)});
        who.named("from", &mut message);
        message.as_object_mut().unwrap().extend(fields(content));
        self.hook("messages", json!({"contacts": [who.contact()], "messages": [message]}))
    }

    fn answered(&self, id: &str, second: i64, reply: &Value) -> Value {
        let content = json!({"type": "interactive",
            "interactive": {"type": "call_permission_reply", "call_permission_reply": reply}});
        self.said(&ASHA, id, second, content)
    }

    async fn arrives(&self, body: &Value) {
        let bytes = serde_json::to_vec(body).unwrap();
        assert_eq!(self.fixture.graph.deliver_raw(&self.line.number, bytes).await.unwrap(), 200);
    }

    async fn calls(&self) -> Vec<Value> {
        self.fixture.list(&self.seat, "/v1/calls").await
    }

    async fn only_call(&self) -> Value {
        let mut all = self.calls().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    async fn later(&self, by: TimeDelta) {
        self.fixture.clock.advance(by);
        self.fixture.work().await;
    }

    /// The answer to a call to Asha through the number of WhatsApp.
    async fn place(&self, key: &str) -> String {
        let request = self.fixture.http.post(format!("{}/v1/calls", self.fixture.origin));
        let request = request.bearer_auth(&self.seat.key).header("idempotency-key", key.to_owned());
        let body = json!({"number": "+919876500001", "account": self.line.account});
        answer(request.json(&body)).await.problem(403)
    }
}

/// Every order of some things.
fn orders<T: Clone>(of: &[T]) -> Vec<Vec<T>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for place in 0..of.len() {
        let mut rest = of.to_vec();
        let first = rest.remove(place);
        all.extend(orders(&rest).into_iter().map(|mut order| {
            order.insert(0, first.clone());
            order
        }));
    }
    all
}

/// What a call comes to, whatever order its webhooks came in.
fn comes_to(call: &Value) -> Value {
    json!([call["direction"], call["state"], call["talk_seconds"], call["cause"], call["failure"]["code"]])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_any_order_and_doubled_one_call_is_one_row() {
    let desk = Desk::open().await;
    let spoke = |from: i64, until: i64| {
        json!({"status": "COMPLETED", "start_time": desk.at(from), "end_time": desk.at(until),
            "duration": until - from})
    };
    let failed = json!({"status": "FAILED", "errors": [{"code": 138007, "title": "Time-out"}]});
    let over = json!({"status": "COMPLETED"});
    let called = |event, second, more: &Value| desk.called("@", &ASHA, event, second, more.clone());
    let placed = |event, second, more: &Value| desk.placed("@", event, second, more.clone());
    let none = json!({});
    let begun = placed("connect", 0, &none);
    let rings = desk.status("@", "RINGING", 2);
    let stories = [
        (
            vec![called("connect", 0, &none), called("terminate", 95, &spoke(8, 95))],
            json!(["inbound", "completed", 87, null, null]),
        ),
        (
            vec![called("connect", 0, &none), called("terminate", 30, &over)],
            json!(["inbound", "missed", null, null, null]),
        ),
        (
            vec![called("connect", 0, &none), called("terminate", 30, &failed)],
            json!(["inbound", "missed", null, "failed", "whatsapp.138007"]),
        ),
        (
            vec![
                begun.clone(),
                rings.clone(),
                desk.status("@", "ACCEPTED", 9),
                placed("terminate", 40, &spoke(10, 40)),
            ],
            json!(["outbound", "completed", 30, null, null]),
        ),
        (
            vec![
                begun.clone(),
                rings.clone(),
                desk.status("@", "ACCEPTED", 9),
                placed("terminate", 40, &over),
            ],
            json!(["outbound", "completed", null, null, null]),
        ),
        (
            vec![
                begun.clone(),
                rings.clone(),
                desk.status("@", "REJECTED", 9),
                placed("terminate", 9, &failed),
            ],
            json!(["outbound", "busy", null, "rejected", "whatsapp.138007"]),
        ),
        (
            vec![begun.clone(), rings, placed("terminate", 40, &over)],
            json!(["outbound", "no_answer", null, null, null]),
        ),
        (
            vec![begun, placed("terminate", 4, &failed)],
            json!(["outbound", "failed", null, "failed", "whatsapp.138007"]),
        ),
    ];
    let mut wanted = Vec::new();
    for (story, end) in &stories {
        for order in orders(story) {
            let id = format!("wacid.Q{:04}==", wanted.len());
            // The whole again from behind, so that each webhook comes twice.
            for body in order.iter().chain(order.iter().rev()) {
                let text = body.to_string().replace("\"@\"", &format!("\"{id}\""));
                desk.arrives(&serde_json::from_str(&text).unwrap()).await;
            }
            wanted.push(end.to_string());
        }
    }
    desk.fixture.work().await;
    let calls = desk.calls().await;
    assert_eq!(calls.len(), wanted.len(), "one row each");
    let mut found: Vec<String> = calls.iter().map(|call| comes_to(call).to_string()).collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
    for call in &calls {
        assert_eq!((&call["channel"], &call["account"]), (&json!("whatsapp"), &json!(desk.line.account)));
        assert_eq!((&call["customer"], &call["our_number"]), (&json!("+919876500001"), &json!(OURS)));
        assert_eq!(call["confirmed"], true, "a signed report is believed");
        assert!(call["identity"].is_string() && call["contact"] == calls[0]["contact"], "{call}");
    }
    assert!(desk.fixture.list(&desk.seat, "/v1/quarantine").await.is_empty());
    let people = desk.fixture.list(&desk.seat, "/v1/contacts").await;
    assert_eq!((people.len(), &people[0]["name"]), (1, &json!("Asha")));
}

#[tokio::test]
async fn a_missed_call_of_a_person_without_a_number_has_its_follow_up_until_they_get_through() {
    let desk = Desk::open().await;
    let over = json!({"status": "COMPLETED"});
    desk.arrives(&desk.called("wacid.A", &HIDDEN, "connect", 0, json!({}))).await;
    assert_eq!(desk.only_call().await["state"], "ringing");
    desk.arrives(&desk.called("wacid.A", &HIDDEN, "terminate", 30, over)).await;
    desk.later(TimeDelta::seconds(31)).await;
    let missed = desk.fixture.list(&desk.seat, "/v1/missed-calls").await;
    assert_eq!((missed.len(), &missed[0]["state"]), (1, &json!("missed")));
    assert_eq!((&missed[0]["customer"], &missed[0]["withheld"]), (&json!(null), &json!(true)));
    let person = missed[0]["contact"].as_str().unwrap().to_owned();
    let open = format!("/v1/contacts/{person}/tasks");
    let tasks = desk.fixture.list(&desk.seat, &open).await;
    assert_eq!((tasks.len(), &tasks[0]["title"]), (1, &json!("Call back: missed call")));
    assert_eq!(missed[0]["task"], tasks[0]["id"]);
    let timeline = desk.fixture.list(&desk.seat, &format!("/v1/contacts/{person}/timeline?kind=call")).await;
    assert_eq!((timeline.len(), &timeline[0]["call"]["channel"]), (1, &json!("whatsapp")));
    let file = desk.fixture.get(&desk.seat, "/v1/calls/export").await.is(200);
    let text = String::from_utf8(file.bytes.to_vec()).unwrap();
    assert!(text.lines().nth(1).unwrap().contains(",whatsapp,inbound,missed,"), "{text}");

    let spoke = json!({"status": "COMPLETED", "start_time": desk.at(200), "duration": 60});
    desk.arrives(&desk.called("wacid.B", &HIDDEN, "terminate", 260, spoke)).await;
    desk.later(TimeDelta::seconds(31)).await;
    assert!(desk.fixture.list(&desk.seat, "/v1/missed-calls").await.is_empty());
    assert!(desk.fixture.list(&desk.seat, &open).await[0]["done_at"].is_string());
    let calls = desk.calls().await;
    assert!(calls.iter().all(|call| call["contact"] == json!(person)), "{calls:?}");

    // Nothing of the media session is anywhere in the store.
    let kept = std::fs::read(desk.fixture.folder.path().join("test.db")).unwrap_or_default();
    assert!(!kept.windows(12).any(|bytes| bytes == b"198.51.100.7"));
}

#[tokio::test]
async fn calls_go_to_the_person_whom_their_identity_turns_out_to_be() {
    let desk = Desk::open().await;
    let by_number = Who { id: "IN.1", ..ASHA };
    let text = |words: &str| json!({"type": "text", "text": {"body": words}});
    // Known by a number alone, then calling without one, then writing with both.
    let mut first = desk.said(&by_number, "wamid.1", 0, text("Hello"));
    let value = &mut first["entry"][0]["changes"][0]["value"];
    value["contacts"][0].as_object_mut().unwrap().remove("user_id");
    value["messages"][0].as_object_mut().unwrap().remove("from_user_id");
    desk.arrives(&first).await;
    let hidden = Who { phone: None, ..by_number };
    desk.arrives(&desk.called("wacid.A", &hidden, "terminate", 30, json!({"status": "COMPLETED"}))).await;
    let call = desk.only_call().await;
    let talk = desk.fixture.only_conversation(&desk.seat).await;
    assert_ne!(call["contact"], talk["contact"], "nothing says yet that they are one");
    desk.arrives(&desk.said(&by_number, "wamid.2", 60, text("It is me"))).await;
    let call = desk.only_call().await;
    let talk = desk.fixture.only_conversation(&desk.seat).await;
    assert_eq!((&call["contact"], &call["identity"]), (&talk["contact"], &talk["identity"]));
    // A late report of the same call changes nothing of that.
    desk.arrives(&desk.called("wacid.A", &by_number, "connect", 0, json!({}))).await;
    let late = desk.only_call().await;
    assert_eq!((&late["contact"], &late["customer"]), (&talk["contact"], &json!("+919876500001")));
}

#[tokio::test]
async fn what_a_person_permits_is_kept_and_asked_before_a_call() {
    let desk = Desk::open().await;
    let text = json!({"type": "text", "text": {"body": "Hello"}});
    desk.arrives(&desk.said(&ASHA, "wamid.1", 0, text)).await;
    let body = json!({"number": "+919876500001", "account": desk.line.account});
    let told = async || desk.fixture.post(&desk.seat, "/v1/calls/preview", body.clone()).await.is(200).json;
    let answer = async || desk.fixture.only_conversation(&desk.seat).await["call_permission"].clone();
    assert_eq!(told().await["reasons"], json!(["call.permission_missing"]));
    assert_eq!(desk.place("a").await, "call.permission_missing");
    assert_eq!(answer().await, json!(null));

    let until = desk.begin.timestamp() + 3_600;
    let granted =
        json!({"response": "accept", "expiration_timestamp": until, "response_source": "user_action"});
    let refused = json!({"response": "reject", "response_source": "user_action"});
    // They agreed at last; that they had refused before comes late, and each comes twice.
    for _ in 0..2 {
        desk.arrives(&desk.answered("wamid.3", 20, &granted)).await;
        desk.arrives(&desk.answered("wamid.2", 10, &refused)).await;
    }
    let kept = answer().await;
    assert_eq!(kept["answer"], "granted");
    assert_eq!(kept["until"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap().timestamp(), until);
    // The person permits it; what cannot place a call says so.
    let preview = desk.fixture.post(&desk.seat, "/v1/calls/preview", body.clone()).await;
    assert_eq!(preview.problem(409), "account.cannot_call");

    desk.fixture.clock.advance(TimeDelta::hours(1));
    assert_eq!(told().await["reasons"], json!(["call.permission_ended"]));
    let lasting = json!({"response": "accept", "is_permanent": true, "response_source": "user_action"});
    desk.arrives(&desk.answered("wamid.4", 3_700, &lasting)).await;
    assert_eq!((&answer().await["answer"], &answer().await["until"]), (&json!("granted"), &json!(null)));
    desk.arrives(&desk.answered("wamid.5", 3_800, &refused)).await;
    assert_eq!(told().await["reasons"], json!(["call.permission_refused"]));
    assert_eq!(desk.place("b").await, "call.permission_refused");
    assert!(desk.calls().await.is_empty(), "nothing was placed");
}

#[tokio::test]
async fn a_call_that_is_not_signed_is_none() {
    let desk = Desk::open().await;
    let body = desk.called("wacid.A", &ASHA, "connect", 0, json!({}));
    let request = desk.fixture.http.post(&desk.line.hook).json(&body);
    assert_eq!(answer(request).await.status, 401);
    assert!(desk.calls().await.is_empty());
}

//! Call flows over the API, and the answer address that a provider asks.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fixture::{Fixture, Seat};

const LIST: &str = "/v1/call-flows";
const FIXED: &str = "say We cannot take your call at the moment. Please call again later.\nhang up";

fn definition() -> Value {
    json!({
        "greeting": {"say": "Welcome."},
        "hours": {"zone": "Asia/Kolkata", "open": [{"day": "mon", "from": "09:00", "until": "18:00"}],
                  "closed_dates": ["2026-01-26"]},
        "ring": {"targets": [{"number": "+919876500009"}, {"number": "+919876500010"}],
                 "strategy": "together", "seconds": 20},
        "voicemail": {"prompt": "Please leave a message."},
        "closed": {"say": "We are closed.", "then": "voicemail"},
    })
}

fn flow(account: &str) -> Value {
    json!({"account": account, "name": "Front desk", "enabled": true, "definition": definition()})
}

#[tokio::test]
async fn call_flows_are_checked_kept_and_changed_under_their_revision() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let (account, _) = fixture.connect_telephone(&seat, "2222223").await;
    assert_eq!(fixture.list(&seat, LIST).await, [] as [Value; 0]);
    let added = fixture.post(&seat, LIST, flow(&account)).await.is(201);
    assert_eq!((&added.json["number"], &added.json["revision"]), (&Value::Null, &json!(1)));
    assert_eq!(added.json["definition"], definition(), "as it was written");
    assert_eq!(fixture.post(&seat, LIST, flow(&account)).await.problem(409), "call_flow.duplicate");

    for (change, fields) in [
        (json!({"hours": {"zone": "Mars/Olympus", "open": []}}), vec!["/zone"]),
        (json!({"hours": {"zone": "Asia/Kolkata", "open": []}}), vec!["/hours"]),
        (
            json!({"hours": {"zone": "Asia/Kolkata", "open": [{"day": "mon", "from": "9", "until": "18:00"}]}}),
            vec!["/hours"],
        ),
        (json!({"greeting": {"play": "http://example.com/a.mp3"}}), vec!["/greeting"]),
        (json!({"fallback": "112"}), vec!["/fallback"]),
        (json!({"fallback": "+449098790000"}), vec!["/fallback"]),
        (json!({"ring": {"targets": [], "strategy": "together", "seconds": 20}}), vec!["/ring"]),
        (
            json!({"ring": {"targets": [{"number": "+919876500009"}], "strategy": "together", "seconds": 90}}),
            vec!["/seconds"],
        ),
        (json!({"closed": {"then": "fallback"}}), vec!["/closed"]),
        (json!({"greeting": {"say": ""}, "voicemail": {"prompt": ""}}), vec!["/greeting", "/voicemail"]),
    ] {
        let mut wrong = definition();
        wrong.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let body = json!({"account": account, "name": "Other", "enabled": false, "definition": wrong});
        let refused = fixture.post(&seat, LIST, body).await;
        let named: Vec<&str> = refused.json["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["pointer"].as_str().unwrap())
            .collect();
        assert_eq!(named, fields, "{change}: {}", refused.json);
        assert_eq!(refused.problem(422), "input.invalid");
    }

    let path = format!("{LIST}/{}", added.id());
    let night = json!({"number": "+914471000778", "name": "Night", "revision": 1});
    let changed = fixture.patch(&seat, &path, night.clone()).await.is(200);
    assert_eq!((&changed.json["number"], &changed.json["revision"]), (&json!("+914471000778"), &json!(2)));
    let stale = fixture.patch(&seat, &path, night).await;
    assert_eq!(stale.json["present"]["revision"], 2);
    assert_eq!(stale.problem(412), "call_flow.stale");
    let all = fixture.patch(&seat, &path, json!({"number": null})).await.is(200);
    assert_eq!(all.json["number"], Value::Null);
    assert_eq!(fixture.get(&seat, &path).await.is(200).json, fixture.list(&seat, LIST).await[0]);

    let at = |time: &str| json!({"at": time});
    let open = fixture.post(&seat, &format!("{path}/preview"), at("2026-03-02T05:00:00Z")).await.is(200);
    assert_eq!(open.json["open"], true);
    assert_eq!(
        open.json["steps"],
        json!([
            {"step": "say", "text": "Welcome."},
            {"step": "dial", "numbers": ["+919876500009", "+919876500010"], "together": true, "seconds": 20},
            {"step": "say", "text": "Please leave a message."},
            {"step": "record", "seconds": 180},
            {"step": "hang_up"},
        ])
    );
    let closed = fixture.post(&seat, &format!("{path}/preview"), at("2026-03-02T13:00:00Z")).await.is(200);
    assert_eq!(
        (&closed.json["open"], &closed.json["steps"][0]["text"]),
        (&json!(false), &json!("We are closed."))
    );
    let delete = async || fixture.call(Some(&seat.key), "DELETE", &path, &Value::Null).await;
    delete().await.is(204);
    assert_eq!(delete().await.problem(404), "call_flow.not_found");
}

async fn ask(fixture: &Fixture, hook: &str, call: &str) -> (u16, String) {
    let raw = fixture.phone.question(None, call, "919876543210", "914400000777");
    let url = format!("{}/hooks/{hook}/answer", fixture.origin);
    let answer = fixture.http.post(url).body(raw.body).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, lines(&answer.text().await.unwrap()))
}

/// A program as it is written, a line for each step.
fn lines(body: &str) -> String {
    let steps: Vec<String> = serde_json::from_str(body).unwrap_or_default();
    steps.join("\n")
}

async fn calls(fixture: &Fixture, seat: &Seat, wanted: usize) -> Vec<Value> {
    for _ in 0..100 {
        let calls = fixture.list(seat, "/v1/calls").await;
        if calls.len() >= wanted {
            return calls;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        fixture.work().await;
    }
    panic!("the call was never reported")
}

#[tokio::test]
async fn the_answer_address_is_answered_by_the_flow_and_reports_the_call() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let (account, hook) = fixture.connect_telephone(&seat, "2222223").await;
    let hook = hook.to_string();
    assert_eq!(ask(&fixture, &hook, "leg.1").await, (200, FIXED.to_owned()));
    let mut always = flow(&account);
    always["definition"]["hours"] = Value::Null;
    fixture.post(&seat, LIST, always).await.is(201);
    let (status, program) = ask(&fixture, &hook, "leg.2").await;
    assert_eq!(status, 200);
    assert_eq!(
        program,
        "say Welcome.\ndial +919876500009 +919876500010 together 20 s\nsay Please leave a message.\nrecord 180 s\nhang up"
    );
    ask(&fixture, &hook, "leg.2").await;
    let calls = calls(&fixture, &seat, 2).await;
    assert_eq!(calls.len(), 2, "the same question twice is one call: {calls:?}");
    assert!(calls.iter().all(|call| call["state"] == "ringing" && call["direction"] == "inbound"));

    let unknown = "01890000-0000-7000-8000-000000000000";
    assert_eq!(ask(&fixture, unknown, "leg.3").await.0, 404);
    assert_eq!(ask(&fixture, "no-id", "leg.3").await.0, 404);
    let nothing = fixture.http.get(format!("{}/hooks/{hook}/answer", fixture.origin)).send().await.unwrap();
    assert_eq!(nothing.headers()["content-type"], "application/json");
    assert_eq!((nothing.status().as_u16(), lines(&nothing.text().await.unwrap())), (200, FIXED.to_owned()));
}

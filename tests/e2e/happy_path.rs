//! The way of a message: in from a customer, out by consent, and what becomes of it.

use std::time::Duration;

use chrono::TimeDelta;
use dialzio_whatsapp::emulator::{CustomerIdentity, CustomerMessage};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Line, Seat, answer, asha, at};

/// A shop with one line, and a customer who has written.
async fn shop() -> (Fixture, Seat, Line, String) {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "Is my order ready?").await;
    let conversation = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
    (fixture, seat, line, conversation)
}

async fn message(fixture: &Fixture, seat: &Seat, id: &str) -> Value {
    fixture.get(seat, &format!("/v1/messages/{id}")).await.is(200).json
}

async fn contact_of(fixture: &Fixture, seat: &Seat, conversation: &str) -> String {
    let found = fixture.get(seat, &format!("/v1/conversations/{conversation}")).await.is(200).json;
    found["contact"].as_str().unwrap().to_owned()
}

async fn offers(fixture: &Fixture, seat: &Seat, conversation: &str, key: &str) -> Answer {
    let body = json!({"template": {"name": "weekend_offer", "language": "en"}});
    fixture.send(seat, conversation, key, &body).await
}

async fn opts_in(fixture: &Fixture, seat: &Seat, contact: &str) {
    let body = json!({"channel": "whatsapp", "scope": "marketing", "occurred_at": "2026-03-02T10:00:00Z",
        "evidence": {"kind": "web_form", "note": "Newsletter form on the website, 2 March 2026"}});
    fixture.post(seat, &format!("/v1/contacts/{contact}/consents"), body).await.is(201);
}

#[tokio::test]
async fn a_customer_writes_and_becomes_a_contact_with_an_open_window() {
    let (fixture, seat, line, conversation) = shop().await;
    let entry = fixture.get(&seat, &format!("/v1/conversations/{conversation}")).await.is(200).json;
    assert_eq!(entry["unread"], 1);
    assert_eq!(entry["state"], "open");
    assert_eq!(entry["account"], line.account);
    assert_eq!(entry["person"]["profile_name"], "Asha");
    assert_eq!(entry["person"]["phone"], "+919876500001");
    assert_eq!(at(entry["window_ends_at"].as_str().unwrap()), at("2026-11-24T06:30:00Z"));
    assert_eq!(entry["last"]["text"], "Is my order ready?");
    let contacts = fixture.list(&seat, "/v1/contacts").await;
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0]["id"], entry["contact"]);
    let messages = fixture.list(&seat, &format!("/v1/conversations/{conversation}/messages")).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["direction"], "inbound");

    // A second message joins the first; reading takes the count back and lets the phone know.
    fixture.writes(&line, &asha(), "Hello?").await;
    let entry = fixture.only_conversation(&seat).await;
    assert_eq!(entry["unread"], 2);
    fixture.post(&seat, &format!("/v1/conversations/{conversation}/read"), Value::Null).await.is(204);
    assert_eq!(fixture.only_conversation(&seat).await["unread"], 0);
    fixture.work().await;
    let seen = fixture.graph.transcript(&line.number, &asha());
    assert!(seen.last().unwrap().read_by_business);
}

#[tokio::test]
async fn a_reply_goes_out_and_its_ticks_come_back() {
    let (fixture, seat, line, conversation) = shop().await;
    let sent = fixture.send(&seat, &conversation, "reply-1", &json!({"text": "Yes, come by!"})).await.is(202);
    let id = sent.id();
    assert_eq!(sent.json["status"], "queued");
    assert_eq!(fixture.times_sent(&id), 0);
    fixture.work().await;
    assert_eq!(fixture.times_sent(&id), 1);
    let out = message(&fixture, &seat, &id).await;
    assert_eq!(out["status"], "delivered", "{out}");
    let shown = fixture.graph.transcript(&line.number, &asha());
    assert_eq!(shown.last().unwrap().bubble.text, "Yes, come by!");
    assert_eq!(shown.last().unwrap().opaque_id.as_deref(), Some(id.as_str()));
    fixture.graph.customer_reads(&shown.last().unwrap().wamid).unwrap();
    fixture.work().await;
    assert_eq!(message(&fixture, &seat, &id).await["status"], "read");
}

#[tokio::test]
async fn ticks_that_arrive_doubled_and_shuffled_end_the_same() {
    let (fixture, seat, _, conversation) = shop().await;
    let mut behaviour = fixture.graph.behaviour();
    behaviour.double_webhooks = true;
    behaviour.shuffle_webhooks = true;
    behaviour.auto_read = true;
    behaviour.status_delay = Duration::ZERO;
    for seed in 0..12 {
        behaviour.seed = seed;
        fixture.graph.set_behaviour(behaviour.clone());
        let body = json!({"text": format!("Answer {seed}")});
        let sent = fixture.send(&seat, &conversation, &format!("k{seed}"), &body).await.is(202);
        fixture.work().await;
        assert_eq!(message(&fixture, &seat, &sent.id()).await["status"], "read", "seed {seed}");
        assert_eq!(fixture.times_sent(&sent.id()), 1);
    }
}

#[tokio::test]
async fn a_repeated_key_answers_the_same_message_and_sends_once() {
    let (fixture, seat, _, conversation) = shop().await;
    let body = json!({"text": "Once"});
    let first = fixture.send(&seat, &conversation, "once", &body).await.is(202);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    fixture.work().await;
    let again = fixture.send(&seat, &conversation, "once", &body).await.is(202);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.id(), first.id());
    fixture.work().await;
    assert_eq!(fixture.times_sent(&first.id()), 1);
    let messages = fixture.list(&seat, &format!("/v1/conversations/{conversation}/messages")).await;
    assert_eq!(messages.len(), 2);

    let other = fixture.send(&seat, &conversation, "once", &json!({"text": "Twice"})).await;
    assert_eq!(other.problem(422), "idempotency.key_reused");
    let none = fixture.post(&seat, &format!("/v1/conversations/{conversation}/messages"), body.clone()).await;
    assert_eq!(none.problem(400), "idempotency.key_missing");

    // A retry of what was taken is answered even after the gate has shut.
    fixture.clock.advance(TimeDelta::hours(25));
    let late = fixture.send(&seat, &conversation, "once", &body).await.is(202);
    assert_eq!(late.id(), first.id());
}

#[tokio::test]
async fn one_key_used_at_the_same_time_makes_one_message() {
    let (fixture, seat, _, conversation) = shop().await;
    let body = json!({"text": "Only one"});
    let calls = (0..24).map(|_| fixture.send(&seat, &conversation, "storm", &body));
    let answers = futures_util::future::join_all(calls).await;
    let first = answers[0].id();
    for answer in answers {
        assert_eq!(answer.is(202).id(), first);
    }
    fixture.work().await;
    assert_eq!(fixture.times_sent(&first), 1);
    assert_eq!(fixture.graph.sends_by_opaque_id().len(), 1);
}

#[tokio::test]
async fn a_shut_window_refuses_free_text_and_takes_a_utility_template() {
    let (fixture, seat, line, conversation) = shop().await;
    fixture.clock.advance(TimeDelta::hours(25));
    let refused = fixture.send(&seat, &conversation, "late", &json!({"text": "Still there?"})).await;
    assert_eq!(refused.problem(403), "window.closed");
    let templates = fixture
        .post(&seat, &format!("/v1/accounts/{}/templates/sync", line.account), Value::Null)
        .await
        .is(200);
    assert!(templates.json["data"].as_array().unwrap().len() >= 6);
    let body = json!({"template": {"name": "appointment", "language": "en",
        "parameters": {"body.first_name": "Asha", "body.day": "Monday"}}});
    let listed = fixture.get(&seat, &format!("/v1/accounts/{}/templates", line.account)).await.is(200).json;
    let known = listed["data"].as_array().unwrap().iter().find(|t| t["name"] == "appointment").unwrap();
    let names: Vec<_> = known["parameters"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    let mut body = body;
    body["template"]["parameters"] = names.iter().map(|name| ((*name).to_owned(), json!("Asha"))).collect();
    let sent = fixture.send(&seat, &conversation, "utility", &body).await.is(202);
    fixture.work().await;
    assert_eq!(message(&fixture, &seat, &sent.id()).await["status"], "delivered");
    let missing = json!({"template": {"name": "appointment", "language": "en"}});
    let refused = fixture.send(&seat, &conversation, "utility-2", &missing).await;
    assert_eq!(refused.problem(422), "template.parameters");
    let paused = json!({"template": {"name": "come_back", "language": "en"}});
    let refused = fixture.send(&seat, &conversation, "paused", &paused).await;
    assert_eq!(refused.problem(422), "template.not_approved");
}

#[tokio::test]
async fn marketing_needs_an_opt_in_and_then_goes_out() {
    let (fixture, seat, _, conversation) = shop().await;
    let contact = contact_of(&fixture, &seat, &conversation).await;
    assert_eq!(offers(&fixture, &seat, &conversation, "m1").await.problem(403), "consent.unknown");
    fixture.work().await;
    assert!(fixture.graph.sends_by_opaque_id().is_empty());
    opts_in(&fixture, &seat, &contact).await;
    // The refused request did not use its key up.
    let sent = offers(&fixture, &seat, &conversation, "m1").await.is(202);
    assert_eq!(sent.json["deferred_until"], Value::Null);
    assert_eq!(sent.json["purpose"], "marketing");
    fixture.work().await;
    assert_eq!(message(&fixture, &seat, &sent.id()).await["status"], "delivered");
    assert_eq!(fixture.times_sent(&sent.id()), 1);
}

#[tokio::test]
async fn marketing_at_night_waits_for_the_morning() {
    let (fixture, seat, _, conversation) = shop().await;
    let contact = contact_of(&fixture, &seat, &conversation).await;
    opts_in(&fixture, &seat, &contact).await;
    // 20:00 in India; the hours for promotion begin at 10:00, which is 04:30 in universal time.
    fixture.clock.set(at("2026-11-23T14:30:00Z"));
    let sent = offers(&fixture, &seat, &conversation, "night").await.is(202);
    assert_eq!(at(sent.json["deferred_until"].as_str().unwrap()), at("2026-11-24T04:30:00Z"));
    fixture.work().await;
    fixture.clock.set(at("2026-11-24T04:29:59Z"));
    fixture.work().await;
    assert_eq!(fixture.times_sent(&sent.id()), 0);
    assert_eq!(message(&fixture, &seat, &sent.id()).await["status"], "queued");
    fixture.clock.set(at("2026-11-24T04:30:00Z"));
    fixture.work().await;
    assert_eq!(fixture.times_sent(&sent.id()), 1);
    assert_eq!(message(&fixture, &seat, &sent.id()).await["status"], "delivered");
}

#[tokio::test]
async fn stop_takes_back_what_waits_and_start_lifts_it() {
    let (fixture, seat, line, conversation) = shop().await;
    let contact = contact_of(&fixture, &seat, &conversation).await;
    opts_in(&fixture, &seat, &contact).await;
    fixture.clock.set(at("2026-11-23T14:30:00Z"));
    let waiting = offers(&fixture, &seat, &conversation, "waiting").await.is(202).id();
    fixture.clock.advance(TimeDelta::minutes(5));
    fixture.writes(&line, &asha(), "STOP").await;
    let taken_back = message(&fixture, &seat, &waiting).await;
    assert_eq!(taken_back["status"], "cancelled", "{taken_back}");
    assert_eq!(offers(&fixture, &seat, &conversation, "after").await.problem(403), "consent.withdrawn");
    let states = fixture.get(&seat, &format!("/v1/contacts/{contact}/consents/state")).await.is(200).json;
    let marketing = |row: &&Value| row["channel"] == "whatsapp" && row["purpose"] == "marketing";
    let row = states["data"].as_array().unwrap().iter().find(marketing).unwrap();
    assert_eq!(row["state"], "withdrawn");
    assert_eq!(row["record"]["evidence"]["kind"], "message");

    // One confirmation is allowed, a second answer is not until they write again.
    let body = json!({"text": "You will get no more offers."});
    let confirmed = fixture.send(&seat, &conversation, "confirm", &body).await.is(202).id();
    fixture.work().await;
    assert_eq!(fixture.times_sent(&confirmed), 1);
    let more = fixture.send(&seat, &conversation, "more", &json!({"text": "Are you sure?"})).await;
    assert_eq!(more.problem(403), "consent.opted_out_last");

    // Never sent, not even when its time has come.
    fixture.clock.set(at("2026-11-24T06:30:00Z"));
    fixture.work().await;
    assert_eq!(fixture.times_sent(&waiting), 0);
    assert_eq!(message(&fixture, &seat, &waiting).await["status"], "cancelled");

    fixture.writes(&line, &asha(), "START").await;
    let sent = offers(&fixture, &seat, &conversation, "again").await.is(202).id();
    fixture.work().await;
    assert_eq!(fixture.times_sent(&sent), 1);
}

#[tokio::test]
async fn a_withdrawal_on_record_stops_what_waits() {
    let (fixture, seat, _, conversation) = shop().await;
    let contact = contact_of(&fixture, &seat, &conversation).await;
    opts_in(&fixture, &seat, &contact).await;
    fixture.clock.set(at("2026-11-23T14:30:00Z"));
    let waiting = offers(&fixture, &seat, &conversation, "waiting").await.is(202).id();
    let body = json!({"channel": "whatsapp", "scope": "marketing", "occurred_at": "2026-11-23T14:29:00Z",
        "evidence": {"kind": "call", "note": "Asked on the telephone"}});
    fixture.post(&seat, &format!("/v1/contacts/{contact}/consents/withdrawals"), body).await.is(201);
    fixture.clock.set(at("2026-11-24T06:30:00Z"));
    fixture.work().await;
    assert_eq!(fixture.times_sent(&waiting), 0);
    let ended = message(&fixture, &seat, &waiting).await;
    assert!(["cancelled", "suppressed"].contains(&ended["status"].as_str().unwrap()), "{ended}");
}

/// A picture by its first bytes, and after them something to look for.
fn photo() -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0];
    bytes.extend(b"the-very-bytes-of-the-photo-".repeat(8_000));
    bytes
}

#[tokio::test]
async fn a_photo_is_fetched_sealed_and_served_by_range() {
    let (fixture, seat, line, conversation) = shop().await;
    let image = CustomerMessage::image(photo(), "image/jpeg", Some("My plant"));
    fixture.graph.customer_sends(&line.number, &asha(), image).unwrap();
    fixture.work().await;
    let messages = fixture.list(&seat, &format!("/v1/conversations/{conversation}/messages")).await;
    assert_eq!(messages[0]["text"], "My plant");
    let media = messages[0]["content"]["media"].as_str().unwrap_or_else(|| panic!("{}", messages[0]));
    let path = format!("/v1/media/{media}");
    let whole = fixture.get(&seat, &path).await.is(200);
    assert_eq!(whole.bytes, photo());
    assert_eq!(whole.headers["content-type"], "image/jpeg");
    let part = answer(
        fixture
            .http
            .get(format!("{}{path}", fixture.origin))
            .bearer_auth(&seat.key)
            .header("range", "bytes=100000-100099"),
    )
    .await
    .is(206);
    assert_eq!(part.bytes, photo()[100_000..100_100]);
    assert_eq!(part.headers["content-range"], format!("bytes 100000-100099/{}", photo().len()));

    // What lies in the folder is sealed.
    let mut folders = vec![fixture.folder.path().join("blobs")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(path).unwrap();
            assert!(!bytes.windows(20).any(|window| window == &b"the-very-bytes-of-the-photo-"[..20]));
        }
    }
    assert!(files > 0);
}

#[tokio::test]
async fn a_reaction_an_edit_and_a_revocation_change_the_message() {
    let (fixture, seat, line, conversation) = shop().await;
    let path = format!("/v1/conversations/{conversation}/messages");
    let first =
        fixture.graph.customer_sends(&line.number, &asha(), CustomerMessage::text("At fife?")).unwrap();
    fixture.work().await;
    fixture.clock.advance(TimeDelta::minutes(1));
    let edit = CustomerMessage::Edit { message_id: first.clone(), text: "At five?".into() };
    fixture.graph.customer_sends(&line.number, &asha(), edit).unwrap();
    fixture.work().await;
    let shown = fixture.list(&seat, &path).await;
    assert_eq!(shown[0]["text"], "At five?");
    assert!(shown[0]["edited_at"].is_string());

    let reply = fixture.send(&seat, &conversation, "r", &json!({"text": "Five it is"})).await.is(202).id();
    fixture.work().await;
    let wamid = fixture.graph.transcript(&line.number, &asha()).last().unwrap().wamid.clone();
    let react = |emoji: Option<&str>| CustomerMessage::Reaction {
        message_id: wamid.clone(),
        emoji: emoji.map(str::to_owned),
    };
    fixture.graph.customer_sends(&line.number, &asha(), react(Some("👍"))).unwrap();
    fixture.work().await;
    assert_eq!(message(&fixture, &seat, &reply).await["reactions"][0]["emoji"], "👍");
    fixture.clock.advance(TimeDelta::minutes(1));
    fixture.graph.customer_sends(&line.number, &asha(), react(None)).unwrap();
    fixture.work().await;
    assert_eq!(message(&fixture, &seat, &reply).await["reactions"], json!([]));

    fixture
        .graph
        .customer_sends(&line.number, &asha(), CustomerMessage::Revoke { message_id: first })
        .unwrap();
    fixture.work().await;
    let shown = fixture.list(&seat, &path).await;
    let revoked = shown.iter().find(|one| one["revoked_at"].is_string()).expect("a revoked message");
    assert!(!revoked.to_string().contains("At five"), "{revoked}");
    // None of these is a message of its own.
    assert_eq!(shown.len(), 3);
}

#[tokio::test]
async fn somebody_without_a_number_is_met_and_answered() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    let mut ravi = CustomerIdentity::without_phone("IN.8812", "Ravi");
    ravi.username = Some("ravi.grows".into());
    fixture.writes(&line, &ravi, "Do you deliver?").await;
    let entry = fixture.only_conversation(&seat).await;
    assert_eq!(entry["person"]["phone"], Value::Null);
    assert_eq!(entry["person"]["username"], "ravi.grows");
    let sent =
        fixture.send(&seat, entry["id"].as_str().unwrap(), "r", &json!({"text": "We do"})).await.is(202);
    fixture.work().await;
    assert_eq!(message(&fixture, &seat, &sent.id()).await["status"], "delivered");
    let shown = fixture.graph.transcript(&line.number, &ravi);
    assert_eq!(shown.last().unwrap().bubble.text, "We do");
    let contact = entry["contact"].as_str().unwrap();
    let known = fixture.get(&seat, &format!("/v1/contacts/{contact}/identities")).await.is(200).json;
    let aliases = known["data"][0]["aliases"].as_array().unwrap();
    assert!(aliases.iter().any(|alias| alias["value"] == "IN.8812"), "{aliases:?}");
}

#[tokio::test]
async fn a_conversation_is_closed_opened_assigned_and_snoozed() {
    let (fixture, seat, line, conversation) = shop().await;
    let path = format!("/v1/conversations/{conversation}");
    let closed = fixture.patch(&seat, &path, json!({"state": "closed"})).await.is(200);
    assert_eq!(closed.json["state"], "closed");
    assert!(fixture.list(&seat, "/v1/conversations?state=open").await.is_empty());
    assert_eq!(fixture.list(&seat, "/v1/conversations?state=closed").await.len(), 1);
    fixture.patch(&seat, &path, json!({"state": "open"})).await.is(200);
    let until = "2026-11-23T08:30:00Z";
    let snoozed =
        fixture.patch(&seat, &path, json!({"state": "snoozed", "snoozed_until": until})).await.is(200);
    assert_eq!(snoozed.json["state"], "snoozed");
    assert!(fixture.list(&seat, "/v1/conversations?state=open").await.is_empty());
    fixture.clock.set(at(until));
    assert_eq!(fixture.list(&seat, "/v1/conversations?state=open").await.len(), 1);
    fixture.work().await;
    assert_eq!(fixture.get(&seat, &path).await.json["state"], "open");
    // A closed conversation opens when the person writes.
    fixture.patch(&seat, &path, json!({"state": "closed"})).await.is(200);
    fixture.writes(&line, &asha(), "One more thing").await;
    assert_eq!(fixture.get(&seat, &path).await.json["state"], "open");
    let unknown = json!({"assignee": "01890000-0000-7000-8000-000000000000"});
    assert_eq!(fixture.patch(&seat, &path, unknown).await.problem(404), "member.not_found");

    let contact = contact_of(&fixture, &seat, &conversation).await;
    fixture
        .post(&seat, &format!("/v1/contacts/{contact}/notes"), json!({"text": "Likes ferns"}))
        .await
        .is(201);
    let task = fixture
        .post(&seat, &format!("/v1/contacts/{contact}/tasks"), json!({"title": "Call back"}))
        .await
        .is(201)
        .id();
    let path = format!("/v1/contacts/{contact}/tasks/{task}");
    assert!(fixture.patch(&seat, &path, json!({"done": true})).await.is(200).json["done_at"].is_string());
    assert_eq!(fixture.list(&seat, &format!("/v1/contacts/{contact}/notes")).await[0]["text"], "Likes ferns");
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_with_a_problem() {
    let (fixture, seat, _, _) = shop().await;
    let to = |path: &str| fixture.http.post(format!("{}{path}", fixture.origin)).bearer_auth(&seat.key);
    let json = |request: reqwest::RequestBuilder| request.header("content-type", "application/json");
    let bad = answer(json(to("/v1/contacts")).body("{\"name\": ")).await;
    assert_eq!(bad.problem(400), "request.malformed");
    let shape = answer(json(to("/v1/contacts")).body("{\"name\": 7}")).await;
    assert_eq!(shape.problem(422), "input.invalid");
    let unknown = answer(json(to("/v1/contacts")).body("{\"nickname\": \"A\"}")).await;
    assert_eq!(unknown.problem(422), "input.invalid");
    let plain = answer(to("/v1/contacts").header("content-type", "text/plain").body("{}")).await;
    assert_eq!(plain.problem(415), "request.media_type");
    let huge =
        answer(json(to("/v1/contacts")).body(format!("{{\"name\": \"{}\"}}", "a".repeat(3_000_000)))).await;
    assert_eq!(huge.problem(413), "request.too_large");
    assert_eq!(fixture.get(&seat, "/v1/nothing").await.problem(404), "request.not_found");
    assert_eq!(fixture.get(&seat, "/nothing").await.problem(404), "request.not_found");
    assert_eq!(fixture.get(&seat, "/v1/contacts/not-an-id").await.problem(404), "request.not_found");
    let method = fixture.call(Some(&seat.key), "DELETE", "/v1/contacts", &Value::Null).await;
    assert_eq!(method.problem(405), "request.method");
    assert_eq!(fixture.get(&seat, "/v1/contacts?limit=none").await.problem(422), "input.invalid");
    assert_eq!(fixture.get(&seat, "/v1/contacts?cursor=%21").await.problem(422), "input.invalid");
    let anonymous = fixture.call(None, "GET", "/v1/contacts", &Value::Null).await;
    assert_eq!(anonymous.headers["www-authenticate"], "Bearer");
    assert_eq!(anonymous.problem(401), "access.unauthenticated");
    let forged = fixture.call(Some("dialzio_live_nothing"), "GET", "/v1/contacts", &Value::Null).await;
    assert_eq!(forged.problem(401), "access.unauthenticated");
}

/// Reads so many events of a stream, as (id, kind).
async fn events(fixture: &Fixture, seat: &Seat, after: Option<u64>, count: usize) -> Vec<(u64, String)> {
    let mut request = fixture.http.get(format!("{}/v1/events", fixture.origin)).bearer_auth(&seat.key);
    if let Some(after) = after {
        request = request.header("last-event-id", after.to_string());
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut bytes, mut text, mut seen) = (response.bytes_stream(), String::new(), Vec::new());
    while seen.len() < count {
        let more = tokio::time::timeout(Duration::from_secs(20), bytes.next()).await;
        let more = more.unwrap_or_else(|_| panic!("only {seen:?} came")).unwrap().unwrap();
        text.push_str(std::str::from_utf8(&more).unwrap());
        while let Some((event, rest)) = text.split_once("\n\n") {
            let field = |name: &str| {
                event.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
            };
            if let (Some(id), Some(kind)) = (field("id:"), field("event:")) {
                seen.push((id.parse().unwrap(), kind));
            } else {
                assert!(field("event:").is_none(), "{event}");
            }
            text = rest.to_owned();
        }
    }
    seen
}

#[tokio::test]
async fn an_event_stream_resumes_without_a_gap() {
    let (fixture, seat, line, conversation) = shop().await;
    let begun = events(&fixture, &seat, Some(0), 3).await;
    let places: Vec<u64> = begun.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, [1, 2, 3]);
    // While no client listens, more happens than one page of a log holds at once in a look.
    for round in 0..20 {
        let body = json!({"text": format!("Answer {round}")});
        fixture.send(&seat, &conversation, &format!("k{round}"), &body).await.is(202);
    }
    fixture.work().await;
    fixture.writes(&line, &asha(), "Thank you").await;
    let newest = fixture.crm.ledger().newest_event(&seat.owner).await.unwrap().0;
    let missed = events(&fixture, &seat, Some(3), usize::try_from(newest - 3).unwrap()).await;
    let places: Vec<u64> = missed.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, (4..=newest).collect::<Vec<_>>());
    assert!(missed.iter().any(|(_, kind)| kind == "message.received"));

    // Listening live, from the same place, while a person writes.
    let (live, ()) = tokio::join!(events(&fixture, &seat, Some(newest), 1), async {
        fixture.writes(&line, &asha(), "Bye").await;
    });
    assert_eq!(live[0].0, newest + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn streams_that_begin_while_things_happen_miss_nothing() {
    let (fixture, seat, _, conversation) = shop().await;
    let contact = contact_of(&fixture, &seat, &conversation).await;
    let begun = fixture.crm.ledger().newest_event(&seat.owner).await.unwrap().0;
    let notes = 150;
    let listeners = (0..24).map(|_| events(&fixture, &seat, Some(begun), notes));
    let path = format!("/v1/contacts/{contact}/notes");
    let writing = async {
        for _ in 0..notes {
            fixture.post(&seat, &path, json!({"text": "Noted"})).await.is(201);
        }
    };
    let (seen, ()) = tokio::join!(futures_util::future::join_all(listeners), writing);
    for one in seen {
        let places: Vec<u64> = one.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, (begun + 1..=begun + notes as u64).collect::<Vec<_>>());
    }
}

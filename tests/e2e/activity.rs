//! What is done with a conversation is on record, and notices about people stand in the thread, in whatever order they come.

use chrono::TimeDelta;
use dialzio_core::Clock;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Line, Seat, asha, at};

async fn shop() -> (Fixture, Seat, Line, String) {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "Is my order ready?").await;
    let conversation = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
    (fixture, seat, line, conversation)
}

/// What was done, oldest first: the word and who did it.
async fn told(fixture: &Fixture, seat: &Seat, conversation: &str) -> Vec<(String, String)> {
    let mut done = fixture.list(seat, &format!("/v1/conversations/{conversation}/activity")).await;
    done.reverse();
    let text = |value: &Value| value.as_str().unwrap().split(':').next().unwrap().to_owned();
    done.iter().map(|done| (text(&done["what"]), text(&done["by"]))).collect()
}

fn pairs(words: &[(&str, &str)]) -> Vec<(String, String)> {
    words.iter().map(|(what, by)| ((*what).to_owned(), (*by).to_owned())).collect()
}

#[tokio::test]
async fn what_is_done_with_a_conversation_is_told_with_who_did_it() {
    let (fixture, seat, line, conversation) = shop().await;
    let path = format!("/v1/conversations/{conversation}");
    assert!(told(&fixture, &seat, &conversation).await.is_empty());
    fixture.patch(&seat, &path, json!({"state": "closed"})).await.is(200);
    fixture.patch(&seat, &path, json!({"state": "closed"})).await.is(200);
    fixture.clock.advance(TimeDelta::minutes(1));
    fixture.writes(&line, &asha(), "Hello?").await;
    fixture.writes(&line, &asha(), "Anybody?").await;
    let until = at("2026-11-23T09:30:00Z");
    fixture.patch(&seat, &path, json!({"state": "snoozed", "snoozed_until": until})).await.is(200);
    let expected = [("closed", "key"), ("reopened", "system"), ("snoozed", "key")];
    assert_eq!(told(&fixture, &seat, &conversation).await, pairs(&expected));
    let newest = fixture.get(&seat, &format!("{path}/activity?limit=1")).await.is(200).json;
    assert_eq!(newest["data"].as_array().unwrap().len(), 1);
    assert_eq!(at(newest["data"][0]["until"].as_str().unwrap()), until);
    assert!(newest["next_cursor"].is_string());
    // The time comes: it is open again, and says so once.
    fixture.clock.advance(TimeDelta::hours(4));
    fixture.crm.worker().run_once().await.unwrap();
    fixture.crm.worker().run_once().await.unwrap();
    assert_eq!(told(&fixture, &seat, &conversation).await.last().unwrap(), &pairs(&[("woken", "system")])[0]);
    assert_eq!(told(&fixture, &seat, &conversation).await.len(), 4);
    // As long as messages, and no longer.
    fixture.patch(&seat, "/v1/organisation", json!({"message_days": 30})).await.is(200);
    fixture.clock.advance(TimeDelta::days(31));
    assert!(told(&fixture, &seat, &conversation).await.is_empty());
}

/// A notice that Asha changed her number, as the provider words it.
fn notice(line: &Line, seconds: i64) -> String {
    json!({"object": "whatsapp_business_account", "entry": [{"id": line.business, "changes": [{"field": "messages",
        "value": {"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "914412345678", "phone_number_id": line.number},
            "messages": [{"from": "919876500001", "id": "wamid.notice", "timestamp": seconds.to_string(),
                "type": "system", "system": {"body": "User Asha changed from 919876500001 to 919876500099",
                    "type": "user_changed_number", "wa_id": "919876500099"}}]}}]}]})
    .to_string()
}

/// Kinds and texts of a thread, oldest first.
async fn thread(fixture: &Fixture, seat: &Seat) -> Vec<(String, Option<String>)> {
    let conversation = fixture.only_conversation(seat).await;
    let path = format!("/v1/conversations/{}/messages", conversation["id"].as_str().unwrap());
    let mut all = fixture.list(seat, &path).await;
    all.reverse();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    all.iter().map(|message| (text(&message["kind"]).unwrap(), text(&message["text"]))).collect()
}

#[tokio::test]
async fn a_notice_stands_in_the_thread_whether_it_comes_first_or_last() {
    let mut ends = Vec::new();
    for notice_first in [false, true] {
        let fixture = Fixture::start().await;
        let seat = fixture.found("Green Leaf").await;
        let line = fixture.connect(&seat, "100200300").await;
        let seconds = fixture.clock.now().timestamp() + 30;
        fixture.clock.advance(TimeDelta::minutes(1));
        let text = json!({"object": "whatsapp_business_account", "entry": [{"id": line.business, "changes": [{
            "field": "messages", "value": {"messaging_product": "whatsapp",
                "metadata": {"display_phone_number": "914412345678", "phone_number_id": line.number},
                "contacts": [{"profile": {"name": "Asha"}, "wa_id": "919876500001"}],
                "messages": [{"from": "919876500001", "id": "wamid.text", "timestamp": (seconds - 10).to_string(),
                    "type": "text", "text": {"body": "Is my order ready?"}}]}}]}]});
        let mut hooks = vec![text.to_string(), notice(&line, seconds)];
        if notice_first {
            hooks.reverse();
        }
        for hook in hooks.iter().chain(&hooks) {
            assert_eq!(fixture.graph.deliver_raw(&line.number, hook.clone()).await, Ok(200));
        }
        fixture.work().await;
        let conversation = fixture.only_conversation(&seat).await;
        assert_eq!(conversation["unread"], 1, "a notice is not unread");
        ends.push(thread(&fixture, &seat).await);
    }
    assert_eq!(ends[0].iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["text", "system"]);
    assert_eq!(ends[0], ends[1]);
}

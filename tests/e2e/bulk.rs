//! The same done with many conversations: each has its outcome, and one that is refused holds none of the others back.

use dialzio_whatsapp::emulator::CustomerIdentity;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Seat};

const BULK: &str = "/v1/conversations/bulk";

async fn many(count: usize) -> (Fixture, Seat, Vec<Value>) {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200301").await;
    for place in 0..count {
        let person = CustomerIdentity::with_phone(format!("9198765000{place:02}"), format!("Person {place}"));
        fixture.writes(&line, &person, "hello").await;
    }
    let all = fixture.list(&seat, "/v1/conversations").await;
    (fixture, seat, all.iter().map(|talk| talk["id"].clone()).collect())
}

fn outcomes(answer: &Value) -> Vec<(&str, Option<&str>)> {
    let each = answer["data"].as_array().unwrap().iter();
    each.map(|one| (one["outcome"].as_str().unwrap(), one["code"].as_str())).collect()
}

#[tokio::test]
async fn many_conversations_are_changed_at_once_and_each_has_its_outcome() {
    let (fixture, seat, ids) = many(30).await;
    let nowhere = json!("01890000-0000-7000-8000-000000000000");
    let mut named = ids.clone();
    named.insert(1, nowhere);
    named.push(ids[0].clone());
    let closed = fixture.post(&seat, BULK, json!({"conversations": named, "action": "close"})).await.is(200);
    let found = outcomes(&closed.json);
    assert_eq!((found.len(), found[1]), (31, ("refused", Some("conversation.not_found"))));
    assert_eq!(found.iter().filter(|(outcome, _)| *outcome == "changed").count(), 30);
    assert_eq!(fixture.list(&seat, "/v1/conversations?state=closed").await.len(), 30);
    let again =
        fixture.post(&seat, BULK, json!({"conversations": &ids[..2], "action": "close"})).await.is(200);
    assert_eq!(outcomes(&again.json), [("unchanged", None); 2]);

    let few = &ids[..3];
    for action in [
        json!({"action": "open"}),
        json!({"action": "snooze", "snoozed_until": "2030-01-01T09:00:00Z"}),
        json!({"action": "add_tag", "tag": "spring"}),
        json!({"action": "remove_tag", "tag": "spring"}),
        json!({"action": "add_tag", "tag": "summer"}),
    ] {
        let mut body = action.clone();
        body["conversations"] = json!(few);
        let answer = fixture.post(&seat, BULK, body).await.is(200);
        assert_eq!(outcomes(&answer.json), [("changed", None); 3], "{action}");
    }
    assert_eq!(fixture.list(&seat, "/v1/conversations?state=snoozed").await.len(), 3);
    let talk =
        fixture.get(&seat, &format!("/v1/conversations/{}", few[0].as_str().unwrap())).await.is(200).json;
    let contact = fixture.get(&seat, &format!("/v1/contacts/{}", talk["contact"].as_str().unwrap())).await;
    assert_eq!(contact.json["tags"], json!(["summer"]));
}

#[tokio::test]
async fn what_was_read_is_marked_unread_and_nothing_or_too_much_is_refused() {
    let (fixture, seat, ids) = many(2).await;
    let read = |id: &Value| format!("/v1/conversations/{}/read", id.as_str().unwrap());
    fixture.post(&seat, &read(&ids[0]), Value::Null).await.is(204);
    let answer =
        fixture.post(&seat, BULK, json!({"conversations": ids, "action": "mark_unread"})).await.is(200);
    assert_eq!(outcomes(&answer.json), [("changed", None), ("unchanged", None)]);
    let talk =
        fixture.get(&seat, &format!("/v1/conversations/{}", ids[0].as_str().unwrap())).await.is(200).json;
    assert_eq!(talk["unread"], 1);
    fixture.post(&seat, &read(&ids[0]), Value::Null).await.is(204);
    for wrong in [
        json!({"conversations": [], "action": "close"}),
        json!({"conversations": vec![ids[0].clone(); 101], "action": "close"}),
        json!({"conversations": ids, "action": "snooze"}),
        json!({"conversations": ids, "action": "snooze", "snoozed_until": "2020-01-01T09:00:00Z"}),
        json!({"conversations": ids, "action": "add_tag"}),
    ] {
        assert_eq!(fixture.post(&seat, BULK, wrong.clone()).await.problem(422), "input.invalid", "{wrong}");
    }
    let stranger =
        json!({"conversations": ids, "action": "assign", "member": "01890000-0000-7000-8000-000000000000"});
    assert_eq!(fixture.post(&seat, BULK, stranger).await.problem(404), "member.not_found");
}

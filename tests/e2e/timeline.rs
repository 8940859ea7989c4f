//! The timeline of a contact, by the API and on the page: one order, by kind, page after page, on the store of this run.

use chrono::TimeDelta;
use dialzio_core::Permission;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Seat, asha};

struct Shop {
    fixture: Fixture,
    seat: Seat,
    contact: String,
    conversation: String,
}

impl Shop {
    /// Asha wrote, was noted, was to be called back, wrote twice more, and was closed and opened again: a minute apart each.
    async fn after_a_morning() -> Self {
        let fixture = Fixture::start().await;
        let seat = fixture.found("Green Leaf").await;
        let line = fixture.connect(&seat, "100200300").await;
        fixture.writes(&line, &asha(), "Do you have ferns?").await;
        let talk = fixture.only_conversation(&seat).await;
        let text = |name: &str| talk[name].as_str().unwrap().to_owned();
        let (contact, conversation) = (text("contact"), text("id"));
        let path = format!("/v1/contacts/{contact}");
        fixture.clock.advance(TimeDelta::minutes(1));
        fixture.post(&seat, &format!("{path}/notes"), json!({"text": "Likes <b>ferns</b>"})).await.is(201);
        fixture.clock.advance(TimeDelta::minutes(1));
        fixture.post(&seat, &format!("{path}/tasks"), json!({"title": "Call back"})).await.is(201);
        for words in ["And pots?", "Small ones"] {
            fixture.clock.advance(TimeDelta::minutes(1));
            fixture.writes(&line, &asha(), words).await;
        }
        for state in ["closed", "open", "closed"] {
            fixture.clock.advance(TimeDelta::minutes(1));
            let path = format!("/v1/conversations/{conversation}");
            fixture.patch(&seat, &path, json!({"state": state})).await.is(200);
        }
        Self { fixture, seat, contact, conversation }
    }

    fn path(&self, query: &str) -> String {
        format!("/v1/contacts/{}/timeline{query}", self.contact)
    }
}

fn kinds(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_happened_with_a_contact_is_one_list_newest_first_and_pages_by_key() {
    let shop = Shop::after_a_morning().await;
    let whole = shop.fixture.list(&shop.seat, &shop.path("")).await;
    let expected = ["activity", "activity", "activity", "message", "message", "task", "note", "message"];
    assert_eq!(kinds(&whole), expected);
    assert_eq!(whole[3]["message"]["text"], "Small ones");
    assert_eq!(whole[0]["activity"]["what"], "closed");
    assert_eq!(whole[0]["conversation"], shop.conversation.as_str());
    assert_eq!(whole[5]["task"]["title"], "Call back");
    assert_eq!(whole[6]["note"]["text"], "Likes <b>ferns</b>");
    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let page = shop.fixture.get(&shop.seat, &shop.path(&format!("?limit=3{after}"))).await.is(200).json;
        paged.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => after = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, whole);
    assert_eq!(kinds(&shop.fixture.list(&shop.seat, &shop.path("?kind=note,task")).await), ["task", "note"]);
    let wrong = shop.fixture.get(&shop.seat, &shop.path("?kind=note,letter")).await;
    assert_eq!(wrong.problem(422), "input.invalid");
    let wrong = shop.fixture.get(&shop.seat, &shop.path("?cursor=AAAA")).await;
    assert_eq!(wrong.problem(422), "input.invalid");
}

#[tokio::test]
async fn a_key_without_conversations_sees_notes_and_tasks_alone() {
    let shop = Shop::after_a_morning().await;
    let key = shop.fixture.key(&shop.seat.owner, &[Permission::ContactsRead]).await;
    let read = shop.fixture.call(Some(&key), "GET", &shop.path(""), &Value::Null).await.is(200).json;
    assert_eq!(kinds(read["data"].as_array().unwrap()), ["task", "note"]);
}

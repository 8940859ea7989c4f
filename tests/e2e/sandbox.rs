//! The sandbox after a restart: its people, what they wrote and their reply windows are there again.

use dialzio_http::sandbox::Sandbox;
use dialzio_whatsapp::emulator::{CustomerIdentity, CustomerMessage, EmulatedStatus, Party};
use serde_json::json;
use url::Url;

use crate::fixture::{Fixture, Seat, asha};

async fn start(fixture: &Fixture, seat: &Seat) -> Sandbox {
    let sandbox = Sandbox::start(&fixture.crm, None).await.unwrap();
    let server: Url = format!("{}/", fixture.origin).parse().unwrap();
    sandbox.connect(&fixture.crm, &seat.owner, &server).await.unwrap();
    sandbox
}

async fn answer(fixture: &Fixture, sandbox: &Sandbox, seat: &Seat, conversation: &str, text: &str) -> String {
    let body = json!({"text": text});
    let sent = fixture.send(seat, conversation, &text.replace(' ', "-"), &body).await.is(202).id();
    fixture.work().await;
    sandbox.emulator().idle().await;
    let message = fixture.get(seat, &format!("/v1/messages/{sent}")).await.is(200).json;
    message["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_sandbox_that_is_started_again_knows_its_people_and_takes_answers() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let hidden = CustomerIdentity {
        username: Some("kavya.designs".to_owned()),
        ..CustomerIdentity::without_phone("ZZ.kavya", "Kavya")
    };
    let first = start(&fixture, &seat).await;
    for (person, words) in [(asha(), "Do you have ferns?"), (hidden.clone(), "Hello")] {
        let message = CustomerMessage::text(words);
        first.emulator().customer_sends(first.number(), &person, message).unwrap();
        first.emulator().idle().await;
        fixture.work().await;
    }
    let talks = fixture.list(&seat, "/v1/conversations").await;
    assert_eq!(talks.len(), 2, "{talks:?}");
    let ids: Vec<String> = talks.iter().map(|talk| talk["id"].as_str().unwrap().to_owned()).collect();
    for id in &ids {
        assert_eq!(answer(&fixture, &first, &seat, id, &format!("Yes {id}")).await, "delivered");
    }
    let people = first.people();
    drop(first);

    let second = start(&fixture, &seat).await;
    let names = |people: &[CustomerIdentity]| -> Vec<(Option<String>, String)> {
        let mut names: Vec<_> =
            people.iter().map(|person| (person.user_id.clone(), person.profile_name.clone())).collect();
        names.sort();
        names
    };
    assert_eq!(names(&second.people()), names(&people));
    let seen = second.emulator().transcript(second.number(), &asha());
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!((seen[0].from, seen[0].bubble.text.as_str()), (Party::Customer, "Do you have ferns?"));
    assert_eq!((seen[1].from, seen[1].status), (Party::Business, EmulatedStatus::Delivered));
    // What was sent before the restart can still be read, and answers are taken.
    second.emulator().customer_reads(&seen[1].wamid).unwrap();
    second.emulator().idle().await;
    for id in &ids {
        assert_eq!(answer(&fixture, &second, &seat, id, &format!("Again {id}")).await, "delivered");
    }
    let messages = fixture.list(&seat, &format!("/v1/conversations/{}/messages", ids[0])).await;
    let read: Vec<_> = messages.iter().filter(|message| message["status"] == "read").collect();
    let other = fixture.list(&seat, &format!("/v1/conversations/{}/messages", ids[1])).await;
    assert_eq!(read.len() + other.iter().filter(|message| message["status"] == "read").count(), 1);
}

//! Notices over the API and the live stream: who is told, how many are unread, and which were read.

use dialzio_core::Role;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, answer, asha};
use crate::presence::member;

const LIST: &str = "/v1/notices";

async fn get(fixture: &Fixture, cookie: &str, path: &str) -> Answer {
    answer(fixture.http.get(format!("{}{path}", fixture.origin)).header("cookie", cookie)).await
}

async fn read(fixture: &Fixture, cookie: &str, body: Value) -> Answer {
    let request = fixture.http.post(format!("{}{LIST}/read", fixture.origin));
    answer(
        request
            .header("cookie", cookie)
            .header("x-dialzio-request", "1")
            .header("sec-fetch-site", "same-origin")
            .json(&body),
    )
    .await
}

async fn unread(fixture: &Fixture, cookie: &str) -> Value {
    get(fixture, cookie, &format!("{LIST}/unread")).await.is(200).json["unread"].clone()
}

#[tokio::test]
async fn a_member_is_told_of_mentions_conversations_and_tasks_until_they_have_read_of_them() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "Is my order ready?").await;
    let ravi = member(&fixture, &seat, "Ravi", Role::Agent).await;
    let meera = member(&fixture, &seat, "Meera", Role::Agent).await;
    let members = fixture.list(&seat, "/v1/members").await;
    let id = members.iter().find(|member| member["name"] == "Ravi").unwrap()["id"].clone();
    let talk = fixture.only_conversation(&seat).await;
    let (talk, contact) = (talk["id"].clone(), talk["contact"].as_str().unwrap().to_owned());
    assert_eq!(unread(&fixture, &ravi).await, 0);

    let notes = format!("/v1/contacts/{contact}/notes");
    let note = fixture.post(&seat, &notes, json!({"text": "@ravi: ask her"})).await.is(201);
    let tasks = format!("/v1/contacts/{contact}/tasks");
    let task = fixture.post(&seat, &tasks, json!({"title": "Call back", "assignee": id})).await.is(201);
    let path = format!("/v1/conversations/{}", talk.as_str().unwrap());
    fixture.patch(&seat, &path, json!({"assignee": id})).await.is(200);
    // Assigned already: nothing is new.
    fixture.patch(&seat, &path, json!({"assignee": id})).await.is(200);

    let all = get(&fixture, &ravi, LIST).await.is(200).json["data"].clone();
    let about: Vec<_> = all.as_array().unwrap().iter().map(|notice| notice["about"].clone()).collect();
    assert_eq!(
        about,
        [
            json!({"reason": "conversation_assigned", "conversation": talk}),
            json!({"reason": "task_assigned", "task": task.json["id"]}),
            json!({"reason": "mentioned", "note": note.json["id"]}),
        ]
    );
    assert_eq!((&all[0]["contact_name"], &all[0]["text"]), (&json!("Asha"), &Value::Null));
    assert_eq!((&all[1]["text"], &all[2]["text"]), (&json!("Call back"), &json!("@ravi: ask her")));
    assert_eq!((unread(&fixture, &ravi).await, unread(&fixture, &meera).await), (json!(3), json!(0)));

    read(&fixture, &ravi, json!({"notice": all[1]["id"]})).await.is(204);
    let left = get(&fixture, &ravi, &format!("{LIST}?unread=true&limit=1")).await.is(200).json;
    assert_eq!(left["data"][0]["id"], all[0]["id"]);
    let next = format!("{LIST}?unread=true&limit=1&cursor={}", left["next_cursor"].as_str().unwrap());
    assert_eq!(get(&fixture, &ravi, &next).await.json["data"][0]["id"], all[2]["id"]);
    read(&fixture, &ravi, json!({"up_to": all[2]["id"]})).await.is(204);
    assert_eq!(unread(&fixture, &ravi).await, 1);
    read(&fixture, &ravi, json!({"contact": contact})).await.is(204);
    assert_eq!(unread(&fixture, &ravi).await, 0);
    for wrong in [json!({}), json!({"notice": all[0]["id"], "contact": contact})] {
        assert_eq!(read(&fixture, &ravi, wrong).await.problem(422), "input.invalid");
    }
}

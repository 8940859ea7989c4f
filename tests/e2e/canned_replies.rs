//! Canned replies over the API and in the page: each shortcut once, under their revision, filled once and literally.

use serde_json::{Value, json};

use crate::fixture::Fixture;

const LIST: &str = "/v1/canned-replies";

fn hours() -> Value {
    json!({"title": "Opening hours", "shortcut": "Hours", "text": "Hello {first_name}, {organisation} opens at 9."})
}

#[tokio::test]
async fn canned_replies_are_kept_by_shortcut_and_changed_under_their_revision() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    assert_eq!(fixture.list(&seat, LIST).await, [] as [Value; 0]);
    let added = fixture.post(&seat, LIST, hours()).await.is(201);
    assert_eq!((&added.json["shortcut"], &added.json["revision"]), (&json!("hours"), &json!(1)));
    assert_eq!(added.headers["etag"], "\"1\"");
    assert_eq!(fixture.post(&seat, LIST, hours()).await.problem(409), "canned_reply.duplicate");
    for wrong in [
        json!({"title": "T", "shortcut": "two words", "text": "t"}),
        json!({"title": " ", "shortcut": "t", "text": "t"}),
        json!({"title": "T", "shortcut": "t", "text": "o".repeat(4_097)}),
        json!({"title": "T", "shortcut": "t", "text": "Dear {nme}"}),
    ] {
        assert_eq!(fixture.post(&seat, LIST, wrong).await.problem(422), "input.invalid");
    }
    let path = format!("{LIST}/{}", added.id());
    let shorter = json!({"text": "We open at 9.", "revision": 1});
    let changed = fixture.patch(&seat, &path, shorter.clone()).await.is(200);
    assert_eq!((&changed.json["text"], &changed.json["revision"]), (&json!("We open at 9."), &json!(2)));
    let stale = fixture.patch(&seat, &path, shorter).await;
    assert_eq!(stale.json["present"]["revision"], 2);
    assert_eq!(stale.problem(412), "canned_reply.stale");
    assert_eq!(fixture.get(&seat, &path).await.is(200).json, fixture.list(&seat, LIST).await[0]);
    let delete = async || fixture.call(Some(&seat.key), "DELETE", &path, &Value::Null).await;
    delete().await.is(204);
    assert_eq!(fixture.get(&seat, &path).await.problem(404), "canned_reply.not_found");
    assert_eq!(delete().await.problem(404), "canned_reply.not_found");
}

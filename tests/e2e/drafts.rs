//! Drafts of members, by the API and in the pages.

use dialzio_core::Role;
use dialzio_core::ledger::Action;
use dialzio_core::text::{EmailAddress, PersonName};
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Seat, answer, asha};

struct Desk {
    fixture: Fixture,
    seat: Seat,
    talk: String,
}

impl Desk {
    async fn open() -> Self {
        let fixture = Fixture::start().await;
        let seat = fixture.found("Green Leaf").await;
        let line = fixture.connect(&seat, "100200301").await;
        fixture.writes(&line, &asha(), "Is my order ready?").await;
        let talk = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
        Self { fixture, seat, talk }
    }

    /// A member's session, as a cookie.
    async fn member(&self, name: &str, role: Role) -> String {
        let access = self.fixture.crm.access();
        let email = EmailAddress::parse(&format!("{}@example.com", name.to_lowercase())).unwrap();
        let link = access.invite(&self.seat.owner, Some(email), role).await.unwrap();
        let name = PersonName::parse(name).unwrap();
        let session =
            access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
        format!("__Host-dialzio_session={}", session.token.reveal())
    }

    async fn call(&self, cookie: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let url = format!("{}/v1/conversations/{}{path}", self.fixture.origin, self.talk);
        let request = self.fixture.http.request(method.parse().unwrap(), url).header("cookie", cookie);
        let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
        answer(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    async fn drafts(&self, cookie: &str) -> Value {
        let mut drafts = self.call(cookie, "GET", "/draft", None).await.is(200).json;
        for kind in ["reply", "note"] {
            if let Some(text) = drafts[kind].get("text").cloned() {
                drafts[kind] = text;
            }
        }
        drafts
    }

    async fn save(&self, cookie: &str, body: Value) -> Answer {
        self.call(cookie, "PUT", "/draft", Some(body)).await
    }
}

#[tokio::test]
async fn a_draft_is_saved_for_its_member_alone_and_removed_by_an_empty_text() {
    let desk = Desk::open().await;
    let (ravi, meera) = (desk.member("Ravi", Role::Agent).await, desk.member("Meera", Role::Agent).await);
    assert_eq!(desk.drafts(&ravi).await, json!({"reply": null, "note": null}));
    desk.save(&ravi, json!({"text": "It is on its w"})).await.is(204);
    desk.save(&ravi, json!({"text": " It is on its way\n"})).await.is(204);
    desk.save(&ravi, json!({"kind": "note", "text": "asks a lot"})).await.is(204);
    desk.save(&meera, json!({"text": "Hello Asha"})).await.is(204);
    assert_eq!(desk.drafts(&ravi).await, json!({"reply": " It is on its way\n", "note": "asks a lot"}));
    assert_eq!(desk.drafts(&meera).await, json!({"reply": "Hello Asha", "note": null}));
    desk.save(&ravi, json!({"text": " \n"})).await.is(204);
    assert_eq!(desk.drafts(&ravi).await, json!({"reply": null, "note": "asks a lot"}));
    desk.call(&ravi, "DELETE", "/draft?kind=note", None).await.is(204);
    desk.call(&ravi, "DELETE", "/draft?kind=note", None).await.is(204);
    assert_eq!(desk.drafts(&ravi).await, json!({"reply": null, "note": null}));
    let queue = |cookie: String| {
        let url = format!("{}/web/inbox/queue", desk.fixture.origin);
        answer(desk.fixture.http.get(url).header("cookie", cookie))
    };
    let text = |answer: Answer| String::from_utf8(answer.bytes.to_vec()).unwrap();
    assert!(text(queue(meera).await).contains("Hello Asha"));
    assert!(!text(queue(ravi).await).contains("Hello Asha"));
}

#[tokio::test]
async fn a_send_removes_the_draft_of_the_one_who_sent_and_a_refused_one_does_not() {
    let desk = Desk::open().await;
    let (ravi, meera) = (desk.member("Ravi", Role::Agent).await, desk.member("Meera", Role::Agent).await);
    for cookie in [&ravi, &meera] {
        desk.save(cookie, json!({"text": "It is on its way"})).await.is(204);
        desk.save(cookie, json!({"kind": "note", "text": "asks a lot"})).await.is(204);
    }
    let send = async |cookie: &str, key: &str, text: &str| {
        let url = format!("{}/v1/conversations/{}/messages", desk.fixture.origin, desk.talk);
        let request = desk.fixture.http.post(url).header("cookie", cookie).header("idempotency-key", key);
        let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
        answer(request.json(&json!({"text": text}))).await
    };
    assert_eq!(send(&ravi, "k1", &"x".repeat(5_000)).await.status, 422);
    assert_eq!(desk.drafts(&ravi).await["reply"], "It is on its way");
    send(&ravi, "k2", "It is on its way").await.is(202);
    assert_eq!(desk.drafts(&ravi).await, json!({"reply": null, "note": "asks a lot"}));
    assert_eq!(desk.drafts(&meera).await, json!({"reply": "It is on its way", "note": "asks a lot"}));
    let note = format!("{}/web/conversations/{}/notes", desk.fixture.origin, desk.talk);
    let request = desk.fixture.http.post(note).header("cookie", &ravi);
    let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
    let form = request.header("content-type", "application/x-www-form-urlencoded");
    answer(form.body("text=asks+a+lot&key=0123456789abcdef0123456789abcdef")).await.is(200);
    assert_eq!(desk.drafts(&ravi).await, json!({"reply": null, "note": null}));
    assert_eq!(desk.drafts(&meera).await["note"], "asks a lot");
}

#[tokio::test]
async fn a_viewer_a_key_and_a_text_that_cannot_be_kept_are_refused_in_words() {
    let desk = Desk::open().await;
    let (ravi, viewer) = (desk.member("Ravi", Role::Agent).await, desk.member("Vik", Role::Viewer).await);
    assert_eq!(desk.save(&viewer, json!({"text": "Hello"})).await.problem(403), "access.denied");
    assert_eq!(desk.drafts(&viewer).await, json!({"reply": null, "note": null}));
    for text in ["a\u{7}b".to_owned(), "x".repeat(65_537)] {
        let refused = desk.save(&ravi, json!({"text": text})).await;
        assert_eq!(refused.json["errors"][0]["pointer"], "/text", "{:?}", refused.json);
        assert_eq!(refused.problem(422), "input.invalid");
    }
    assert_eq!(desk.drafts(&ravi).await["reply"], Value::Null);
    let path = format!("/v1/conversations/{}/draft", desk.talk);
    let by_key = desk.fixture.call(Some(&desk.seat.key), "PUT", &path, &json!({"text": "Hello"})).await;
    assert_eq!(by_key.json["errors"][0]["pointer"], "/member", "{:?}", by_key.json);
    assert_eq!(by_key.problem(422), "input.invalid");
}

#[tokio::test]
async fn saves_of_a_draft_leave_no_audit_entry_and_the_send_leaves_one() {
    let desk = Desk::open().await;
    let ravi = desk.member("Ravi", Role::Agent).await;
    let ledger = desk.fixture.crm.ledger();
    let entries = async || ledger.audit(&desk.seat.owner, 0, 200).await.unwrap();
    let newest = async || ledger.newest_event(&desk.seat.owner).await.unwrap().0;
    let (before, events) = (entries().await, newest().await);
    for text in ["I", "It", "It is", "It is on", "It is on its way"] {
        desk.save(&ravi, json!({"text": text})).await.is(204);
    }
    desk.save(&ravi, json!({"kind": "note", "text": "asks a lot"})).await.is(204);
    desk.call(&ravi, "DELETE", "/draft?kind=note", None).await.is(204);
    assert_eq!(entries().await, before);
    assert_eq!(newest().await, events + 7, "the member's other tabs are told");
    let url = format!("{}/v1/conversations/{}/messages", desk.fixture.origin, desk.talk);
    let request = desk.fixture.http.post(url).header("cookie", &ravi).header("idempotency-key", "k1");
    let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
    answer(request.json(&json!({"text": "It is on its way"}))).await.is(202);
    let after = entries().await;
    assert_eq!(after[..before.len()], before);
    assert_eq!(after[before.len()].action, Action::MessageQueued);
    assert!(ledger.verify(&desk.seat.owner).await.unwrap().finding.is_none());
}

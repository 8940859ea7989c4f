//! The page of follow-ups.

use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_core::{Clock, Role};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Seat, answer};

struct Desk {
    fixture: Fixture,
    seat: Seat,
    contact: String,
    members: Vec<(String, String)>,
}

impl Desk {
    /// A shop with a contact, and members by the name of their roles.
    async fn open(roles: &[Role]) -> Self {
        let fixture = Fixture::start().await;
        let seat = fixture.found("Green Leaf").await;
        let contact = fixture.post(&seat, "/v1/contacts", json!({"name": "Asha Rao"})).await.is(201).id();
        let mut members = Vec::new();
        for (place, role) in roles.iter().enumerate() {
            let access = fixture.crm.access();
            let email = EmailAddress::parse(&format!("m{place}@example.com")).unwrap();
            let link = access.invite(&seat.owner, Some(email), *role).await.unwrap();
            let name = PersonName::parse(&format!("Member {place}")).unwrap();
            let session =
                access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
            let all = fixture.list(&seat, "/v1/members").await;
            let named = all.iter().find(|one| one["name"] == format!("Member {place}")).unwrap();
            let cookie = format!("__Host-dialzio_session={}", session.token.reveal());
            members.push((named["id"].as_str().unwrap().to_owned(), cookie));
        }
        Self { fixture, seat, contact, members }
    }

    async fn task(&self, title: &str, hours: Option<i64>, assignee: usize) -> String {
        let due = hours.map(|hours| self.fixture.clock.now() + chrono::TimeDelta::hours(hours));
        let body = json!({"title": title, "due_at": due, "assignee": self.members[assignee].0});
        self.fixture
            .post(&self.seat, &format!("/v1/contacts/{}/tasks", self.contact), body)
            .await
            .is(201)
            .id()
    }

    async fn page(&self, member: usize, path: &str) -> String {
        let url = format!("{}{path}", self.fixture.origin);
        let read = answer(self.fixture.http.get(url).header("cookie", &self.members[member].1)).await.is(200);
        String::from_utf8(read.bytes.to_vec()).unwrap()
    }

    async fn tick(&self, member: usize, task: &str, done: bool) -> (u16, String) {
        let url = format!("{}/web/tasks/{task}", self.fixture.origin);
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("contact", &self.contact).append_pair("list", "view=mine&due=all&rows=50");
        if done {
            body.append_pair("done", "yes");
        }
        let request = self.fixture.http.post(url).header("cookie", &self.members[member].1);
        let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body.finish());
        let ticked = answer(request).await;
        (ticked.status, String::from_utf8(ticked.bytes.to_vec()).unwrap())
    }
}

/// Where words stand in a text, in this order.
fn in_order(text: &str, words: &[&str]) {
    let mut from = 0;
    for word in words {
        let at = text[from..].find(word).unwrap_or_else(|| panic!("{word} after {from}: {text}"));
        from += at + word.len();
    }
}

#[tokio::test]
async fn tasks_are_listed_by_when_they_are_due_ones_own_and_those_of_the_team() {
    let desk = Desk::open(&[Role::Agent, Role::Agent]).await;
    desk.task("Undated <b>", None, 0).await;
    desk.task("In a week", Some(24 * 7), 0).await;
    desk.task("Last week", Some(-24 * 7), 0).await;
    desk.task("Yesterday", Some(-24), 0).await;
    desk.task("Just now", Some(0), 0).await;
    desk.task("A colleague's", Some(-1), 1).await;
    let done = desk.task("Done already", Some(-1), 0).await;
    assert_eq!(desk.tick(0, &done, true).await.0, 200);
    let mine = desk.page(0, "/tasks").await;
    in_order(&mine, &["Overdue 3", "Overdue <", "Last week", "Yesterday", "Just now", "Later", "In a week"]);
    in_order(&mine, &["In a week", "No date", "Undated &#60;b&#62;"]);
    assert!(!mine.contains("A colleague") && !mine.contains("Done already") && mine.contains("Asha Rao"));
    let team = desk.page(0, "/tasks?view=team").await;
    in_order(&team, &["Mine", "5", "Team", "6"]);
    in_order(&team, &["A colleague", "Member 1"]);
    let overdue = desk.page(1, "/tasks?view=team&due=overdue").await;
    assert!(overdue.contains("Yesterday") && !overdue.contains("In a week"));
    let nothing = desk.page(1, "/tasks?due=today").await;
    assert!(nothing.contains("Nothing more is due today.") && nothing.contains("Show all open tasks"));
}

#[tokio::test]
async fn a_task_is_ticked_off_in_place_and_taken_back() {
    let desk = Desk::open(&[Role::Agent, Role::Viewer]).await;
    let task = desk.task("Call back", Some(-1), 0).await;
    desk.task("Send the list", None, 0).await;
    let stored = async || {
        let path = format!("/v1/contacts/{}/tasks/{task}", desk.contact);
        desk.fixture.get(&desk.seat, &path).await.is(200).json["done_at"].clone()
    };
    let (status, list) = desk.tick(0, &task, true).await;
    assert_eq!(status, 200);
    let (list, undo) = list.split_once("<hx-partial").unwrap();
    assert!(list.contains("Send the list") && !list.contains("Call back"), "{list}");
    assert!(undo.contains("Done: Call back") && undo.contains("#task-list"), "{undo}");
    assert_ne!(stored().await, Value::Null);
    let (_, back) = desk.tick(0, &task, false).await;
    assert!(back.contains("Call back") && !back.contains("<hx-partial"), "{back}");
    assert_eq!(stored().await, Value::Null);
    assert_eq!(desk.tick(1, &task, true).await.0, 403);
    assert_eq!(stored().await, Value::Null);
    let seen = desk.page(1, "/tasks?view=team").await;
    assert!(seen.contains("Call back") && !seen.contains("type=\"checkbox\" id=\"task-"), "{seen}");
}

#[tokio::test]
async fn a_long_list_is_read_on_and_its_numbers_are_those_of_the_whole() {
    let desk = Desk::open(&[Role::Agent]).await;
    for place in 0..60 {
        desk.task(&format!("Task {place:02}"), Some(-60 + place), 0).await;
    }
    let first = desk.page(0, "/tasks").await;
    assert!(first.contains("Overdue 60") && first.contains("Task 49") && !first.contains("Task 50"));
    assert!(first.contains("rows=100"), "{first}");
    let whole = desk.page(0, "/tasks?view=mine&due=overdue&rows=100").await;
    assert!(whole.contains("Task 59") && !whole.contains("Show more"));
}

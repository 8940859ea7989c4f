//! Usage over the API and the page: what is kept of a visit, for how long, who reads it, and what is counted.

use chrono::TimeDelta;
use dialzio_core::text::EmailAddress;
use dialzio_core::{Clock, Role};
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Seat, answer, asha};
use crate::presence::member;

const OWN: &str = "/v1/me/usage";
const ORGANISATION: &str = "/v1/org/usage";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";

/// Opens something by hand, as a browser does.
async fn open(fixture: &Fixture, cookie: &str, path: &str) -> Answer {
    let request = fixture.http.get(format!("{}{path}", fixture.origin)).header("cookie", cookie);
    // The proxy in front is on this machine and names the client.
    answer(request.header("user-agent", FIREFOX).header("x-forwarded-for", "203.0.113.77")).await
}

/// Reads what is kept, as a page that keeps itself fresh, so that reading is no use itself.
async fn read(fixture: &Fixture, cookie: &str, path: &str) -> Answer {
    let request = fixture.http.get(format!("{}{path}", fixture.origin)).header("cookie", cookie);
    answer(request.header("x-dialzio-unattended", "1")).await
}

async fn own(fixture: &Fixture, cookie: &str) -> Vec<Value> {
    read(fixture, cookie, OWN).await.is(200).json["data"].as_array().unwrap().clone()
}

fn pages(rows: &[Value]) -> Vec<(&str, &str)> {
    rows.iter().map(|row| (row["page"].as_str().unwrap(), row["action"].as_str().unwrap())).collect()
}

/// A session some days later, when the one before has ended.
async fn again(fixture: &Fixture, name: &str) -> String {
    let email = EmailAddress::parse(&format!("{}@example.com", name.to_lowercase())).unwrap();
    let password = "seven brown otters swim upstream 7".to_owned();
    let signed_in = fixture.crm.access().sign_in(&email, &password.into()).await.unwrap().done().unwrap();
    format!("__Host-dialzio_session={}", signed_in.token.reveal())
}

/// A shop with a contact, and Ravi, who works there.
async fn shop(fixture: &Fixture) -> (Seat, String, String) {
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "Is my order ready?").await;
    let contact = fixture.only_conversation(&seat).await["contact"].as_str().unwrap().to_owned();
    let ravi = member(fixture, &seat, "Ravi", Role::Agent).await;
    (seat, contact, ravi)
}

#[tokio::test]
async fn of_a_visit_to_a_contact_the_template_is_kept_and_nothing_else_of_the_address() {
    let fixture = Fixture::start().await;
    let (_seat, contact, ravi) = shop(&fixture).await;
    let visit = format!("/contacts/{contact}?tab=consent&q=%2B919840012345&name=asha");
    open(&fixture, &ravi, &visit).await.is(200);
    let rows = own(&fixture, &ravi).await;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    let facts: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(facts, ["action", "address", "at", "browser", "page"], "five facts");
    assert_eq!(row["page"], "/contacts/{contact}");
    assert_eq!((&row["action"], &row["browser"]), (&json!("viewed"), &json!("firefox/132")));
    assert_eq!(row["address"], "203.0.113.77");
    assert_eq!(row["at"], json!(fixture.clock.now()));
    if let Some(kept) = fixture.rows_of("usage_event") {
        assert_eq!(kept.len(), 1);
        for secret in ["9840012345", "asha", "consent", "Mozilla", "132.0", contact.as_str()] {
            assert!(!kept[0].contains(secret), "{secret} is kept: {}", kept[0]);
        }
        let id: uuid::Uuid = contact.parse().unwrap();
        assert!(!kept[0].contains(&format!("{:?}", id.as_bytes())), "the contact's id is kept");
    }
}

#[tokio::test]
async fn what_a_person_did_by_hand_counts_and_nothing_that_a_page_or_a_program_did() {
    let fixture = Fixture::start().await;
    let (seat, contact, ravi) = shop(&fixture).await;
    // A program, a page that refreshes itself, a stream, what is not there, and what failed.
    fixture.get(&seat, "/v1/contacts").await.is(200);
    read(&fixture, &ravi, "/inbox").await.is(200);
    open(&fixture, &ravi, "/contacts/01890000-0000-7000-8000-000000000000").await.is(404);
    open(&fixture, &ravi, "/no-page-of-ours/9840012345").await.is(404);
    open(&fixture, &ravi, "/web/contacts?q=9840012345").await.is(200);
    open(&fixture, &ravi, "/settings/audit").await.is(403);
    assert_eq!(pages(&own(&fixture, &ravi).await), []);

    open(&fixture, &ravi, "/inbox?q=9840012345").await.is(200);
    let note = fixture.http.post(format!("{}/web/contacts/{contact}/notes", fixture.origin));
    let note = note.header("cookie", &ravi).header("sec-fetch-site", "same-origin");
    let note = note.header("x-dialzio-request", "1").body("text=call+9840012345");
    let note = note.header("content-type", "application/x-www-form-urlencoded");
    answer(note).await.is(200);
    let name = fixture.http.patch(format!("{}/v1/me", fixture.origin)).header("cookie", &ravi);
    let name = name.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
    answer(name.json(&json!({"name": "Ravi Kumar"}))).await.is(200);
    open(&fixture, &ravi, "/v1/me").await.is(200);
    let rows = own(&fixture, &ravi).await;
    let expected = [
        ("/v1/me", "viewed"),
        ("/v1/me", "changed"),
        ("/web/contacts/{contact}/notes", "submitted"),
        ("/inbox", "viewed"),
    ];
    assert_eq!(pages(&rows), expected);
    // No entry of the audit log and no event says so.
    let audit = fixture.list(&seat, "/v1/audit").await;
    assert!(audit.iter().all(|entry| entry["action"] != "usage.noted"), "{audit:?}");
}

#[tokio::test]
async fn on_day_31_the_last_part_of_the_address_is_gone_and_on_day_91_the_row() {
    let fixture = Fixture::start().await;
    let (_seat, _contact, ravi) = shop(&fixture).await;
    open(&fixture, &ravi, "/inbox").await.is(200);
    assert_eq!(own(&fixture, &ravi).await[0]["address"], "203.0.113.77");
    let kept =
        |text: &str| fixture.rows_of("usage_event").map(|rows| rows.iter().any(|row| row.contains(text)));

    // Before any sweep nobody reads it; after one it is not there.
    fixture.clock.advance(TimeDelta::days(30));
    let ravi = again(&fixture, "Ravi").await;
    assert_eq!(own(&fixture, &ravi).await[0]["address"], "203.0.113.0/24");
    assert_ne!(kept("203.0.113.77"), Some(false));
    fixture.crm.worker().sweep().await.unwrap();
    assert_eq!(own(&fixture, &ravi).await[0]["address"], "203.0.113.0/24");
    assert_ne!(kept("203.0.113.77"), Some(true));

    fixture.clock.advance(TimeDelta::days(60));
    let ravi = again(&fixture, "Ravi").await;
    assert!(own(&fixture, &ravi).await.is_empty());
    assert_ne!(kept("/inbox"), Some(false));
    fixture.crm.worker().sweep().await.unwrap();
    assert_ne!(kept("/inbox"), Some(true));
}

#[tokio::test]
async fn a_member_reads_their_own_use_in_pages_and_no_route_leads_to_that_of_another() {
    let fixture = Fixture::start().await;
    let (seat, _contact, ravi) = shop(&fixture).await;
    let owner = member(&fixture, &seat, "Meera", Role::Owner).await;
    let members = fixture.list(&seat, "/v1/members").await;
    let id =
        members.iter().find(|member| member["name"] == "Ravi").unwrap()["id"].as_str().unwrap().to_owned();
    for page in ["/inbox", "/contacts", "/tasks"] {
        open(&fixture, &ravi, page).await.is(200);
    }
    open(&fixture, &owner, "/calls").await.is(200);
    assert_eq!(
        pages(&own(&fixture, &ravi).await),
        ["/tasks", "/contacts", "/inbox"].map(|page| (page, "viewed"))
    );
    assert_eq!(pages(&own(&fixture, &owner).await), [("/calls", "viewed")]);
    // Nothing that the owner can add to the question leads to another's.
    for query in [format!("?member={id}"), format!("?principal=member:{id}"), format!("?user={id}")] {
        let found = read(&fixture, &owner, &format!("{OWN}{query}")).await;
        assert!(
            found.status >= 400 || pages(found.json["data"].as_array().unwrap()) == [("/calls", "viewed")],
            "{found:?}"
        );
    }
    // A key is no member and has none.
    assert!(fixture.list(&seat, OWN).await.is_empty());
    answer(fixture.http.get(format!("{}{OWN}", fixture.origin))).await.problem(401);
    // The page shows the same, and a place of one member's list leads nowhere else in that of another.
    let first = read(&fixture, &ravi, &format!("{OWN}?limit=2")).await.is(200).json;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = read(&fixture, &ravi, &format!("{OWN}?limit=2&cursor={cursor}")).await.is(200).json;
    assert_eq!(pages(second["data"].as_array().unwrap()), [("/inbox", "viewed")]);
    let theirs = read(&fixture, &owner, &format!("{OWN}?limit=2&cursor={cursor}")).await.is(200).json;
    assert!(theirs["data"].as_array().unwrap().iter().all(|row| row["page"] == "/calls"));
    let shown = read(&fixture, &ravi, "/settings/activity").await.is(200);
    let shown = String::from_utf8(shown.bytes.to_vec()).unwrap();
    assert!(shown.contains("<code>/tasks</code>") && !shown.contains("<code>/calls</code>"), "{shown}");
    assert!(!shown.contains("organisation-usage"), "an agent sees no counts");
}

#[tokio::test]
async fn counts_are_of_members_and_hide_groups_of_fewer_than_five() {
    let fixture = Fixture::start().await;
    let (seat, _contact, ravi) = shop(&fixture).await;
    read(&fixture, &ravi, ORGANISATION).await.problem(403);
    let mut all = vec![ravi];
    for name in ["Meera", "Padma", "Imran", "Kavya", "Tara"] {
        all.push(member(&fixture, &seat, name, Role::Admin).await);
    }
    let admin = all[1].clone();
    // Six open the inbox, some of them often; four the contacts; five the calls.
    for (place, cookie) in all.iter().enumerate() {
        open(&fixture, cookie, "/inbox").await.is(200);
        open(&fixture, cookie, "/inbox").await.is(200);
        if place < 4 {
            open(&fixture, cookie, "/contacts").await.is(200);
        }
        if place < 5 {
            open(&fixture, cookie, "/calls").await.is(200);
        }
    }
    fixture.crm.usage().flush().await.unwrap();
    let answer = read(&fixture, &admin, ORGANISATION).await.is(200);
    let found = &answer.json;
    // Six and five are one number, so that their difference does not point at the sixth.
    let expected = json!([{"page": "/calls", "members": 5}, {"page": "/inbox", "members": 5}]);
    assert_eq!(found["pages"], expected, "four are not shown");
    let days = found["days"].as_array().unwrap();
    assert_eq!(days.len(), 90);
    assert_eq!(days[0], json!({"day": fixture.clock.now().date_naive(), "members": 5}));
    assert!(days[1..].iter().all(|day| day["members"].is_null()));
    let browsers = found["browsers"].as_array().unwrap();
    let shown: Vec<_> = browsers.iter().filter(|browser| !browser["members"].is_null()).collect();
    assert_eq!(shown, [&json!({"browser": "firefox", "members": 5})]);
    let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
    for member in fixture.list(&seat, "/v1/members").await {
        assert!(
            !text.contains(member["id"].as_str().unwrap())
                && !text.contains(member["name"].as_str().unwrap())
        );
    }
    let page = read(&fixture, &admin, "/settings/activity").await.is(200);
    let page = String::from_utf8(page.bytes.to_vec()).unwrap();
    let counts = page.split("id=\"organisation-usage\"").nth(1).unwrap();
    assert!(counts.contains("<th scope=\"row\">/inbox</th><td>5 to 9</td>"), "{counts}");
    assert!(!counts.contains("/contacts<"), "{counts}");
    assert!(counts.contains("<th scope=\"row\">All other pages</th><td>fewer than 5</td>"), "{counts}");
    // Another organisation counts its own.
    let other = fixture.found("Blue Door").await;
    let theirs = fixture.get(&other, ORGANISATION).await.is(200).json;
    assert_eq!(theirs["pages"], json!([]));
}

//! The audit log over the API and in the page: who did what from where, what was refused, and whether the log is whole.

use dialzio_core::Role;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Seat, answer};
use crate::presence::member;

const SEARCH: &str = "/v1/audit/search";
/// Who asks, as the proxy on this machine names them, and what is kept of that.
const VISITOR: &str = "203.0.113.77";
/// The row of the first entry, which is the system's.
const FOUNDED: &str = "id=\"audit-1\"";
const NETWORK: &str = "203.0.113.0/24";

async fn found(fixture: &Fixture, seat: &Seat, query: &str) -> Vec<Value> {
    let answer = fixture.get(seat, &format!("{SEARCH}?{query}")).await.is(200);
    answer.json["data"].as_array().unwrap().clone()
}

async fn page(fixture: &Fixture, cookie: &str, path: &str) -> Answer {
    answer(fixture.http.get(format!("{}{path}", fixture.origin)).header("cookie", cookie)).await
}

#[tokio::test]
async fn what_was_done_is_found_by_who_what_which_and_when() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let contact = fixture.post(&seat, "/v1/contacts", json!({"name": "Asha"})).await.is(201).json;
    let id = contact["id"].as_str().unwrap().to_owned();
    let change = fixture.http.patch(format!("{}/v1/contacts/{id}", fixture.origin));
    let change = change.bearer_auth(&seat.key).header("x-forwarded-for", VISITOR);
    answer(change.json(&json!({"name": "Asha Rao"}))).await.is(200);
    fixture.post(&seat, "/v1/contacts", json!({"name": "Ben"})).await.is(201);

    let all = found(&fixture, &seat, "limit=200").await;
    let about = found(&fixture, &seat, &format!("subject={id}")).await;
    let actions: Vec<_> = about.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["contact.changed", "contact.created"], "newest first");
    let who = about[0]["principal"].as_str().unwrap();
    assert!(who.starts_with("key:"), "{who}");
    assert_eq!(about[0]["origin"], NETWORK);
    let made = found(&fixture, &seat, &format!("principal={who}&action=contact.created")).await;
    assert_eq!(made.len(), 2);
    assert_eq!(found(&fixture, &seat, "since=2026-11-23T06:30:01Z").await.len(), 0);
    assert_eq!(found(&fixture, &seat, "since=2026-11-23T06:30:00Z").await.len(), all.len());
    assert_eq!(found(&fixture, &seat, "until=2026-11-23T06:30:00Z").await.len(), 0);
    assert!(all.iter().all(|entry| entry["principal"] != "system"));
    assert!(found(&fixture, &seat, "system=true").await.iter().any(|entry| entry["principal"] == "system"));

    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let part = fixture.get(&seat, &format!("{SEARCH}?limit=2{cursor}")).await.is(200).json;
        paged.extend(part["data"].as_array().unwrap().clone());
        let Some(next) = part["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, all);
    for (query, field) in [
        ("principal=robot:1", "/principal"),
        ("action=contact.painted", "/action"),
        ("subject=7", "/subject"),
        ("since=yesterday", "/since"),
        ("system=perhaps", "/system"),
        ("cursor=x", "/cursor"),
        ("since=2026-11-24T00:00:00Z&until=2026-11-23T00:00:00Z", "/until"),
    ] {
        let refused = fixture.get(&seat, &format!("{SEARCH}?{query}")).await.is(422);
        assert_eq!(refused.json["errors"][0]["pointer"], field, "{query}");
    }
}

#[tokio::test]
async fn coming_in_going_out_and_a_wrong_password_are_on_record_with_the_network() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let _ = member(&fixture, &seat, "Ravi", Role::Agent).await;
    let sign_in = async |password: &str| {
        let request = fixture.http.post(format!("{}/web/sign-in", fixture.origin));
        let fields = [("email", "ravi@example.com"), ("password", password)];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-dialzio-request", "1")
            .header("sec-fetch-site", "same-origin")
            .header("x-forwarded-for", VISITOR)
            .body(body);
        request.send().await.unwrap()
    };
    assert_eq!(sign_in("wrong horse battery staple 7").await.status(), 422);
    let entered = sign_in("seven brown otters swim upstream 7").await;
    assert_eq!(entered.status(), 200);
    let cookie = entered.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let left = fixture
        .http
        .post(format!("{}/web/sign-out", fixture.origin))
        .header("cookie", cookie)
        .header("x-dialzio-request", "1")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", VISITOR)
        .send()
        .await
        .unwrap();
    assert_eq!(left.status(), 200);
    let members = fixture.list(&seat, "/v1/members").await;
    let ravi = members.iter().find(|member| member["name"] == "Ravi").unwrap()["id"].clone();
    // The refused one is put on record beside its answer.
    let mut about = Vec::new();
    for _ in 0..100 {
        about = found(&fixture, &seat, &format!("subject={}&system=true", ravi.as_str().unwrap())).await;
        if about.len() == 4 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let mut actions: Vec<_> = about.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["member.joined", "session.begun", "session.ended", "sign_in.refused"]);
    for entry in about.iter().filter(|entry| entry["action"] != "member.joined") {
        assert_eq!(entry["origin"], NETWORK, "{entry}");
        let by_system = entry["action"] == "sign_in.refused";
        assert_eq!(entry["principal"] == "system", by_system, "{entry}");
    }
}

#[tokio::test]
async fn a_refused_attempt_is_on_record_once_with_the_permission_that_was_missing() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let viewer = member(&fixture, &seat, "Vera", Role::Viewer).await;
    for _ in 0..3 {
        page(&fixture, &viewer, "/v1/audit").await.is(403);
        page(&fixture, &viewer, "/settings/audit").await.is(403);
    }
    page(&fixture, &viewer, "/v1/invitations").await.is(403);
    let refused = found(&fixture, &seat, "action=access.refused").await;
    let details: Vec<_> = refused.iter().map(|entry| entry["detail"].as_str().unwrap()).collect();
    assert_eq!(details, ["members.manage", "audit.read"]);
    assert!(refused.iter().all(|entry| entry["principal"].as_str().unwrap().starts_with("member:")));
}

#[tokio::test]
async fn an_export_has_the_entries_of_the_search_and_is_an_entry_itself() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    for number in 0..450 {
        fixture.post(&seat, "/v1/contacts", json!({"name": format!("Person {number}")})).await.is(201);
    }
    let answer = fixture.get(&seat, "/v1/audit/export?action=contact.created").await.is(200);
    let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 451, "a head and each entry, over several pages");
    assert_eq!(lines[0], "seq,at,principal,action,subject,cause,origin,detail,hash");
    let mut places: Vec<u64> =
        lines[1..].iter().map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(places.is_sorted_by(|one, other| one > other));
    places.dedup();
    assert_eq!(places.len(), 450);
    assert_eq!(found(&fixture, &seat, "action=audit.exported").await.len(), 1);
}

#[tokio::test]
async fn the_page_lists_narrows_and_verifies() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let owner = member(&fixture, &seat, "Olga", Role::Owner).await;
    let made = fixture.http.post(format!("{}/v1/contacts", fixture.origin));
    let made = made.bearer_auth(&seat.key).header("x-forwarded-for", VISITOR);
    answer(made.json(&json!({"name": "Asha"}))).await.is(201);
    let shown = page(&fixture, &owner, "/settings/audit").await.is(200);
    let text = String::from_utf8_lossy(&shown.bytes).into_owned();
    for words in ["Audit log", "Contact created", "from 203.0.113.0/24", "Verify now", "Member joined"] {
        assert!(text.contains(words), "{words}");
    }
    assert!(!text.contains(FOUNDED), "the system's own acts are shown on request");
    let all = page(&fixture, &owner, "/settings/audit?system=on").await.is(200);
    assert!(String::from_utf8_lossy(&all.bytes).contains(FOUNDED));
    let wrong = page(&fixture, &owner, "/settings/audit?record=7").await.is(200);
    assert!(String::from_utf8_lossy(&wrong.bytes).contains("The record is named by its id"));
    let verified = answer(
        fixture
            .http
            .post(format!("{}/web/audit/verify", fixture.origin))
            .header("cookie", &owner)
            .header("x-dialzio-request", "1")
            .header("sec-fetch-site", "same-origin"),
    )
    .await
    .is(200);
    assert!(String::from_utf8_lossy(&verified.bytes).contains("The log is whole"));
    let csv = page(&fixture, &owner, "/settings/audit.csv?action=contact.created").await.is(200);
    assert_eq!(String::from_utf8_lossy(&csv.bytes).lines().count(), 2);
}

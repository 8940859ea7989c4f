//! Members and keys that see numbers and addresses masked: every route, every page and one stream as one of them.

use dialzio_core::{Clock, Permission, Role};
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, answer};
use crate::isolation::{Tenant, ask, guarded, path, sample, tenant};
use crate::presence::member;

/// The endings of planted numbers, as no mask holds them, and the names of planted addresses.
const PLANTED: &[&str] = &[
    "9876500001",
    "98765 00001",
    "8760022",
    "87600 22",
    "4470011",
    "44 7700 11",
    "rao.private",
    "77001 12233",
    "7700112233",
    "meera.private",
];

#[track_caller]
fn shows_no_number(what: &str, answer: &Answer) {
    let text = String::from_utf8_lossy(&answer.bytes);
    for planted in PLANTED {
        let found = text.find(planted);
        assert_eq!(
            found,
            None,
            "{what} shows {planted}: {}",
            &text[found.unwrap_or(0).saturating_sub(200)..]
        );
    }
}

/// One person with numbers and addresses wherever they may stand: on the card, at the provider, as a name, on a shared card, in a
/// notice of the provider; and a call from a number that is nobody's.
async fn planted(fixture: &Fixture) -> Tenant {
    let own = tenant(fixture, "100200301").await;
    let details = json!([
        {"kind": "phone", "value": "+91 98765 00001", "label": "mobile"},
        {"kind": "phone", "value": "+44 20 8760 0221 ext. 12"},
        {"kind": "email", "value": "rao.private@example.com"},
    ]);
    let contact = format!("/v1/contacts/{}", own.ids["contact"]);
    fixture.patch(&own.seat, &contact, json!({"details": details})).await.is(200);
    for name in ["+91 77001 12233", "meera.private@example.com"] {
        fixture.post(&own.seat, "/v1/contacts", json!({"name": name})).await.is(201);
    }
    let card = json!([{"name": {"formatted_name": "+91 77001 12233", "first_name": "x"},
        "phones": [{"phone": "+91 77001 12233", "wa_id": "917700112233", "type": "CELL"}],
        "emails": [{"email": "meera.private@example.com"}]}]);
    let at = fixture.clock.now().timestamp().to_string();
    let said = |id: &str, rest: Value| {
        let mut message = json!({"from": "919876500001", "id": format!("wamid.{id}"), "timestamp": at});
        message.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        message
    };
    let messages = [
        said("card", json!({"type": "contacts", "contacts": card})),
        said(
            "moved",
            json!({"type": "system", "system": {"type": "customer_identity_changed",
            "body": "User changed from 919876500001 to 917700112233", "customer": "919876500001"}}),
        ),
        said("odd", json!({"type": "hologram", "hologram": {"of": "917700112233"}})),
    ];
    for message in messages {
        let value = json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": own.line.number},
            "contacts": [{"profile": {"name": "Asha"}, "wa_id": "919876500001"}], "messages": [message]});
        let body = json!({"object": "whatsapp_business_account", "entry": [{"id": own.line.business,
            "changes": [{"field": "messages", "value": value}]}]});
        let bytes = serde_json::to_vec(&body).unwrap();
        assert_eq!(fixture.graph.deliver_raw(&own.line.number, bytes).await, Ok(200));
    }
    fixture.work().await;
    own
}

async fn visit(fixture: &Fixture, cookie: &str, page: &str) -> Answer {
    let request = fixture.http.get(format!("{}{page}", fixture.origin)).header("cookie", cookie);
    answer(request.header("sec-fetch-site", "same-origin")).await
}

async fn press(fixture: &Fixture, cookie: &str, page: &str) -> Answer {
    let request = fixture.http.post(format!("{}{page}", fixture.origin)).header("cookie", cookie);
    answer(request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1")).await
}

/// Every route that answers something, as who may read everything and sees it masked. What it is asked to change is changed.
#[tokio::test]
async fn no_route_shows_a_number_to_who_sees_them_masked() {
    let fixture = Fixture::start().await;
    let own = planted(&fixture).await;
    let held: Vec<_> = Permission::ALL
        .iter()
        .copied()
        // Raw events and the settings of lines are for those who see everything whole.
        .filter(|held| held.least_role() <= Role::Agent && *held != Permission::ContactsReveal)
        .collect();
    let key = fixture.key(&own.seat.owner, &held).await;
    for query in ["/v1/contacts?q=asha", "/v1/conversations?q=asha", "/v1/messages?q=order"] {
        let found = fixture.call(Some(&key), "GET", query, &Value::Null).await.is(200);
        assert_ne!(found.json["data"], json!([]), "{query}");
        shows_no_number(query, &found);
    }
    let mut read = 0;
    for route in guarded().filter(|route| route.name != "events") {
        let body = sample(route, &fixture, &own);
        // What who asks puts in, they get back.
        if route.method.as_str() != "GET" && PLANTED.iter().any(|planted| body.to_string().contains(planted))
        {
            continue;
        }
        let answer = ask(&fixture, Some(&key), route, &path(route.path, &own.ids), &body).await;
        shows_no_number(route.name, &answer);
        read += usize::from(answer.status == route.success);
    }
    assert!(read > 50, "{read} answers were looked at");
    let contact = format!("/v1/contacts/{}", own.ids["contact"]);
    let person = fixture.call(Some(&key), "GET", &contact, &Value::Null).await.is(200);
    let details = &person.json["details"];
    assert_eq!(details[0]["value"], "+91 •••• ••••01");
    assert_eq!(details[1]["extension"], Value::Null);
    assert_eq!(details[2]["value"], "r••••@example.com");
    // And who sees them whole sees them on the same routes.
    let whole = fixture.get(&own.seat, &contact).await.is(200);
    assert_eq!(whole.json["details"][0]["value"], "+919876500001");
    assert_eq!(whole.json["details"][1]["extension"], "12");
}

#[tokio::test]
async fn no_page_shows_a_number_to_who_sees_them_masked() {
    let fixture = Fixture::start().await;
    let own = planted(&fixture).await;
    fixture.patch(&own.seat, "/v1/organisation", json!({"agents_see_masked": true})).await.is(200);
    let viewer = member(&fixture, &own.seat, "Vera", Role::Viewer).await;
    let agent = member(&fixture, &own.seat, "Ravi", Role::Agent).await;
    let manager = member(&fixture, &own.seat, "Mona", Role::Manager).await;
    let (talk, contact, call) = (&own.ids["conversation"], &own.ids["contact"], &own.ids["call"]);
    let pages = [
        "/inbox".to_owned(),
        "/inbox?view=all&state=open".to_owned(),
        "/inbox?q=asha".to_owned(),
        "/inbox?q=order".to_owned(),
        format!("/inbox/{talk}"),
        format!("/web/conversations/{talk}"),
        format!("/web/conversations/{talk}/thread"),
        format!("/web/conversations/{talk}/head"),
        format!("/web/conversations/{talk}/composer"),
        format!("/web/conversations/{talk}/person"),
        format!("/web/conversations/{talk}/shared?kind=text"),
        format!("/contacts/{contact}"),
        format!("/contacts/{contact}?tab=consent"),
        format!("/web/contacts/{contact}/edit"),
        format!("/web/contacts/{contact}/timeline"),
        "/contacts".to_owned(),
        "/contacts?q=asha".to_owned(),
        "/contacts.csv".to_owned(),
        "/calls".to_owned(),
        "/calls.csv".to_owned(),
        format!("/calls/{call}"),
        format!("/web/calls/{call}"),
        "/reports/calls".to_owned(),
        "/tasks?of=everybody".to_owned(),
        "/notices".to_owned(),
        "/web/goto?q=asha".to_owned(),
        "/web/dock".to_owned(),
    ];
    let mut hidden = 0;
    for page in &pages {
        for (who, cookie) in [("viewer", &viewer), ("agent", &agent)] {
            let shown = visit(&fixture, cookie, page).await;
            shows_no_number(&format!("{page} as {who}"), &shown);
            hidden += usize::from(String::from_utf8_lossy(&shown.bytes).contains("+91 •••• ••••01"));
        }
    }
    assert!(hidden > 12, "{hidden} pages show a mask");
    let whole = visit(&fixture, &manager, &format!("/contacts/{contact}")).await.is(200);
    assert!(String::from_utf8_lossy(&whole.bytes).contains("+91 98765 00001"));
    // The viewer is not offered to reveal them, and may not.
    let path = format!("/web/contacts/{contact}/reveal");
    assert!(!String::from_utf8_lossy(&visit(&fixture, &viewer, &pages[11]).await.bytes).contains(&path[1..]));
    press(&fixture, &viewer, &path).await.is(403);
    assert!(String::from_utf8_lossy(&visit(&fixture, &agent, &pages[11]).await.bytes).contains(&path[1..]));
    let revealed = press(&fixture, &agent, &path).await.is(200);
    assert!(String::from_utf8_lossy(&revealed.bytes).contains("+91 98765 00001"));
    shows_no_number("after it was revealed", &visit(&fixture, &agent, &pages[11]).await);
}

/// What is edited without having been seen stays as it is, and what is called without having been seen is called.
#[tokio::test]
async fn a_mask_stands_for_what_it_hides() {
    let fixture = Fixture::start().await;
    let own = planted(&fixture).await;
    fixture.patch(&own.seat, "/v1/organisation", json!({"agents_see_masked": true})).await.is(200);
    let agent = member(&fixture, &own.seat, "Ravi", Role::Agent).await;
    let contact = format!("/v1/contacts/{}", own.ids["contact"]);
    let as_agent = async |method: &str, path: &str, body: Value| {
        let method = method.parse().unwrap();
        let request = fixture.http.request(method, format!("{}{path}", fixture.origin));
        let request = request.header("cookie", &agent).header("sec-fetch-site", "same-origin");
        let request = request.header("x-dialzio-request", "1").header("idempotency-key", "k-mask");
        answer(request.json(&body)).await
    };
    let seen = as_agent("GET", &contact, Value::Null).await.is(200).json;
    let mut details = seen["details"].clone();
    details.as_array_mut().unwrap().push(json!({"kind": "phone", "value": "+91 98400 11111"}));
    details[0]["label"] = json!("private");
    as_agent("PATCH", &contact, json!({"details": details})).await.is(200);
    let stored = fixture.get(&own.seat, &contact).await.is(200).json;
    assert_eq!(stored["details"][0]["value"], "+919876500001");
    assert_eq!(stored["details"][0]["label"], "private");
    assert_eq!(stored["details"][1]["extension"], "12");
    assert_eq!(stored["details"][2]["value"], "rao.private@example.com");
    assert_eq!(stored["details"][3]["value"], "+919840011111");
    // A mask of no number of this person is none.
    let foreign = json!({"details": [{"kind": "phone", "value": "+91 •••• ••••77"}]});
    as_agent("PATCH", &contact, foreign).await.is(422);
    let preview = json!({"contact": own.ids["contact"]});
    as_agent("POST", "/v1/calls/preview", preview).await.is(200);
}

/// Digit by digit nobody finds a number out; a whole one finds the person.
#[tokio::test]
async fn a_masked_number_is_found_whole_only() {
    let fixture = Fixture::start().await;
    let own = planted(&fixture).await;
    let held = [Permission::ContactsRead, Permission::ConversationsRead];
    let key = fixture.key(&own.seat.owner, &held).await;
    let found = async |query: &str| {
        let mut found = Vec::new();
        for list in ["contacts", "conversations"] {
            let answer =
                fixture.call(Some(&key), "GET", &format!("/v1/{list}?q={query}"), &Value::Null).await;
            found.push(answer.is(200).json["data"].as_array().unwrap().len());
        }
        found
    };
    for whole in ["919876500001", "%2B91%2098765%2000001", "9876500001", "098765%2000001"] {
        assert_eq!(found(whole).await, [1, 1], "{whole}");
    }
    for part in ["9876", "98765000", "500001", "91987650000", "0001", "919"] {
        assert_eq!(found(part).await, [0, 0], "{part}");
        let whole = fixture.list(&own.seat, &format!("/v1/contacts?q={part}")).await;
        assert!(!whole.is_empty(), "{part} is no part of a number");
    }
}

/// Each reveal is in the audit log with who and whose, and after 60 within an hour there are none.
#[tokio::test]
async fn reveals_are_on_record_and_limited() {
    let fixture = Fixture::start().await;
    let own = planted(&fixture).await;
    fixture.patch(&own.seat, "/v1/organisation", json!({"agents_see_masked": true})).await.is(200);
    let agent = member(&fixture, &own.seat, "Ravi", Role::Agent).await;
    let token = agent.split_once('=').unwrap().1;
    let actor = fixture.crm.access().authenticate(token).await.unwrap();
    let path = format!("/v1/contacts/{}/reveal", own.ids["contact"]);
    let reveal = async || {
        let request = fixture.http.post(format!("{}{path}", fixture.origin)).header("cookie", &agent);
        let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
        answer(request).await
    };
    for _ in 0..60 {
        let shown = reveal().await.is(200).json;
        assert_eq!(shown["details"][0]["value"], "+919876500001");
        fixture.clock.advance(chrono::TimeDelta::seconds(10));
    }
    let refused = reveal().await;
    assert_eq!(refused.headers["retry-after"], "3000");
    assert_eq!(refused.problem(429), "contact.too_many_revealed");
    let log = fixture.list(&own.seat, "/v1/audit/search?action=contact.revealed").await;
    assert_eq!(log.len(), 60);
    assert_eq!(log[0]["principal"], actor.principal().to_ref());
    assert_eq!(log[0]["subject"], own.ids["contact"]);
    fixture.clock.advance(chrono::TimeDelta::seconds(3_001));
    reveal().await.is(200);
    // Who sees everything whole leaves no entry.
    fixture.post(&own.seat, &path, json!({})).await.is(200);
    assert_eq!(fixture.list(&own.seat, "/v1/audit/search?action=contact.revealed").await.len(), 61);
}

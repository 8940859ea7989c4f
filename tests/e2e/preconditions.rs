//! What a caller may say: only evidence of their own, only cursors that were given out, and which revision they mean: tags come back, another one is refused with what there is now, and of several who race
//! with the same one a single one wins.

use std::collections::BTreeMap;
use std::sync::Arc;

use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_http::routes::{ROUTES, Route, Verb};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::fixture::{Answer, Fixture, answer};
use crate::isolation::{Tenant, path, sample, tenant};

/// How many do the same at the same time.
const RACERS: usize = 8;

/// Routes that say which revision they mean.
fn revised() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.revised)
}

/// Where the record that a route changes is read.
fn record(route: &Route) -> &'static str {
    let commands = ["/claim", "/cancellation", "/resolution", "/check", "/disconnection"];
    let of = commands.iter().fold(route.path, |path, command| path.trim_end_matches(command));
    ROUTES.iter().find(|read| read.path == of && read.method == Verb::Get).map_or(of, |read| read.path)
}

async fn ask(fixture: &Fixture, tenant: &Tenant, route: &Route, tag: Option<&str>) -> Answer {
    let method = route.method.as_str().parse().unwrap();
    let mut request =
        fixture.http.request(method, format!("{}{}", fixture.origin, path(route.path, &tenant.ids)));
    request = request.bearer_auth(&tenant.seat.key);
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    let body = body(fixture, tenant, route);
    if !body.is_null() {
        request = request.json(&body);
    }
    answer(request).await
}

fn body(fixture: &Fixture, tenant: &Tenant, route: &Route) -> Value {
    let mut body = sample(route, fixture, tenant);
    if route.name == "conversations.claim" {
        body = json!({"member": tenant.ids["member"]});
    }
    body
}

/// A tenant in which each of these routes can succeed once.
async fn ready(fixture: &Fixture, number: &str) -> Tenant {
    let mut tenant = tenant(fixture, number).await;
    let email = EmailAddress::parse(&format!("ravi{number}@example.com")).unwrap();
    let access = fixture.crm.access();
    let link = access.invite(&tenant.seat.owner, Some(email), dialzio_core::Role::Agent).await.unwrap();
    let name = PersonName::parse("Ravi").unwrap();
    access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
    let member = fixture.list(&tenant.seat, "/v1/members").await[0]["id"].as_str().unwrap().to_owned();
    tenant.ids.insert("member", member);
    tenant
}

async fn tag(fixture: &Fixture, tenant: &Tenant, route: &Route) -> String {
    let read = fixture.get(&tenant.seat, &path(record(route), &tenant.ids)).await.is(200);
    read.headers["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn of_several_who_mean_the_same_revision_one_wins() {
    let fixture = Arc::new(Fixture::start().await);
    // Nothing in these tenants has an unknown outcome.
    for (place, route) in revised().filter(|route| route.name != "messages.resolve").enumerate() {
        let tenant = Arc::new(ready(&fixture, &format!("1002005{place:02}")).await);
        let tag = tag(&fixture, &tenant, route).await;
        let mut racing = JoinSet::new();
        for _ in 0..RACERS {
            let (fixture, tenant, tag) = (Arc::clone(&fixture), Arc::clone(&tenant), tag.clone());
            racing.spawn(async move { ask(&fixture, &tenant, route, Some(&tag)).await });
        }
        let answers = racing.join_all().await;
        let mut won = 0;
        for answer in answers {
            if answer.status == route.success {
                won += 1;
                // What is deleted has no revision any more.
                assert!(
                    answer.headers.get("etag").is_some_and(|left| left.to_str().unwrap() != tag)
                        || route.success == 204,
                    "{}",
                    route.name
                );
            } else if route.success == 204 && [404, 412].contains(&answer.status) {
                // It was gone before this one looked, or before it could say how it stands.
            } else {
                assert_eq!(answer.status, 412, "{}: {answer:?}", route.name);
                assert!(answer.json["present"]["id"].is_string(), "{}: {answer:?}", route.name);
                assert_ne!(answer.headers["etag"].to_str().unwrap(), tag, "{}", route.name);
            }
        }
        assert_eq!(won, 1, "{}", route.name);
    }
}

#[tokio::test]
async fn a_revision_is_looked_at_wherever_it_is_taken_and_refused_wherever_it_is_not() {
    let fixture = Fixture::start().await;
    let tenant = ready(&fixture, "100200301").await;
    for route in revised() {
        for foreign in ["\"999\"", "\"of another kind\""] {
            let refused = ask(&fixture, &tenant, route, Some(foreign)).await;
            assert_eq!(refused.status, 412, "{} {foreign}: {refused:?}", route.name);
        }
        for unreadable in ["999", "W/\"1\"", "\"1\", \"2\"", ""] {
            let refused = ask(&fixture, &tenant, route, Some(unreadable)).await;
            assert_eq!(refused.problem(400), "request.precondition", "{} {unreadable}", route.name);
        }
    }
    let tables = fixture.tables();
    for route in ROUTES.iter().filter(|route| !route.revised && route.method != Verb::Get) {
        if route.path.starts_with("/v1") {
            let refused = ask(&fixture, &tenant, route, Some("\"1\"")).await;
            assert_eq!(refused.problem(400), "request.precondition", "{}", route.name);
        }
    }
    assert!(fixture.tables() == tables);
    // The field of the body is the same as the header, and never another.
    let contact = format!("/v1/contacts/{}", tenant.ids["contact"]);
    let now = fixture.get(&tenant.seat, &contact).await.json["revision"].as_u64().unwrap();
    let stale =
        fixture.patch(&tenant.seat, &contact, json!({"stage": "customer", "revision": now + 1})).await;
    assert_eq!(stale.json["present"]["revision"], now);
    assert_eq!(stale.problem(412), "contact.stale");
    let changed =
        fixture.patch(&tenant.seat, &contact, json!({"stage": "customer", "revision": now})).await.is(200);
    assert_eq!(changed.headers["etag"], format!("\"{}\"", now + 1));
}

#[tokio::test]
async fn twelve_agents_claim_a_conversation_and_one_has_it() {
    let fixture = Arc::new(Fixture::start().await);
    let tenant = tenant(&fixture, "100200301").await;
    let access = fixture.crm.access();
    let mut cookies = BTreeMap::new();
    for place in 0..12 {
        let link = access.invite(&tenant.seat.owner, None, dialzio_core::Role::Agent).await.unwrap();
        let name = PersonName::parse("Agent").unwrap();
        let email = EmailAddress::parse(&format!("agent{place}@example.com")).unwrap();
        let entered = access
            .accept(&link, name, Some(email), &"seven brown otters swim upstream 7".into())
            .await
            .unwrap();
        cookies.insert(entered.actor.member().unwrap().to_string(), entered.token.reveal().to_owned());
    }
    let mut racing = JoinSet::new();
    for (member, token) in &cookies {
        let url = format!("{}/v1/conversations/{}/claim", fixture.origin, tenant.ids["conversation"]);
        let request = fixture
            .http
            .post(url)
            .json(&json!({}))
            .header("cookie", format!("__Host-dialzio_session={token}"));
        let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
        let member = member.clone();
        racing.spawn(async move { (member, answer(request).await) });
    }
    let (mut winners, mut told) = (Vec::new(), Vec::new());
    for (member, answer) in racing.join_all().await {
        if answer.status == 200 {
            winners.push(member);
        } else {
            told.push(answer.json["present"]["assignee"].as_str().unwrap().to_owned());
            assert_eq!(answer.problem(409), "conversation.claimed");
        }
    }
    let [winner] = &winners[..] else { panic!("{winners:?}") };
    assert_eq!(told, vec![winner.clone(); 11]);
    assert_eq!(fixture.only_conversation(&tenant.seat).await["assignee"], **winner);
}

#[tokio::test]
async fn a_cursor_that_a_list_did_not_give_out_is_bad_input() {
    let fixture = Fixture::start().await;
    let tenant = tenant(&fixture, "100200301").await;
    for route in ROUTES.iter().filter(|route| route.query().iter().any(|name| name == "cursor")) {
        for foreign in ["", "AA", "!!"] {
            let path = path(route.path, &tenant.ids);
            let with = if path.contains('?') { '&' } else { '?' };
            let page = format!("{path}{with}cursor={foreign}");
            let refused = fixture.get(&tenant.seat, &page).await;
            assert_eq!(refused.status, 422, "{page}: {refused:?}");
            assert_eq!(refused.json["errors"][0]["pointer"], "/cursor", "{page}");
        }
    }
}

#[tokio::test]
async fn evidence_that_only_the_system_may_give_is_refused() {
    let fixture = Fixture::start().await;
    let tenant = tenant(&fixture, "100200301").await;
    let path = format!("/v1/contacts/{}/consents", tenant.ids["contact"]);
    let tables = fixture.tables();
    for kind in ["provider", "import"] {
        let consent = json!({"channel": "whatsapp", "scope": "marketing", "occurred_at": "2026-03-02T10:00:00Z",
            "evidence": {"kind": kind, "note": "As the provider says"}});
        for path in [path.clone(), format!("{path}/withdrawals")] {
            let refused = fixture.post(&tenant.seat, &path, consent.clone()).await;
            assert_eq!(refused.json["errors"][0]["pointer"], "/evidence", "{path} {kind}: {refused:?}");
            assert_eq!(refused.problem(422), "input.invalid");
        }
    }
    assert!(fixture.tables() == tables);
}

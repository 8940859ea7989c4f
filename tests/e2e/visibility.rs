//! Members who see less than everything: every route and every page as one of them, and one event stream for each.

use dialzio_core::access::{MemberPatch, Token, Visibility};
use dialzio_core::text::PersonName;
use dialzio_core::{MemberId, Permission, Role};
use dialzio_http::routes::Route;
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

use crate::fixture::{Answer, Fixture, answer, asha};
use crate::isolation::{Tenant, ask, guarded, path, sample, template_of, tenant};
use crate::presence::member;

/// What is about a person: seen with them or with work with them, and by no other.
const PERSONAL: &[&str] = &[
    "contact",
    "identity",
    "conversation",
    "inbound",
    "message",
    "media",
    "scheduled",
    "task",
    "call",
    "recording",
    "item",
    "import",
];

/// The audit log holds ids of everything, and its own permission guards it.
fn is_audit(route: &Route) -> bool {
    route.name.starts_with("audit")
}

fn named(template: &str) -> Vec<&'static str> {
    let template = template_of(template);
    PERSONAL.iter().copied().filter(|name| template.contains(&format!("{{{name}}}"))).collect()
}

#[track_caller]
fn shows_no_person(own: &Tenant, what: &str, answer: &Answer) {
    let text = String::from_utf8_lossy(&answer.bytes);
    for name in PERSONAL {
        assert!(!text.contains(own.ids[name].as_str()), "{what} shows the {name}: {text}");
    }
}

/// A manager with the key that they made while they were an admin, which holds every permission of a manager.
struct Manager {
    id: MemberId,
    cookie: String,
    key: String,
}

async fn manager(fixture: &Fixture, own: &Tenant) -> Manager {
    let cookie = member(fixture, &own.seat, "Ravi", Role::Admin).await;
    let members = fixture.list(&own.seat, "/v1/members").await;
    let ravi = members.iter().find(|member| member["name"] == "Ravi").unwrap();
    let id: MemberId = ravi["id"].as_str().unwrap().parse().unwrap();
    let token = cookie.split_once('=').unwrap().1;
    let admin = fixture.crm.access().authenticate(token).await.unwrap();
    let held: Vec<_> =
        Permission::ALL.iter().copied().filter(|held| held.least_role() <= Role::Manager).collect();
    let key = fixture.key(&admin, &held).await;
    Manager { id, cookie, key }
}

impl Manager {
    async fn sees(&self, fixture: &Fixture, own: &Tenant, visibility: Visibility) {
        let body = json!({"role": "manager", "visibility": visibility.as_str()});
        let changed = fixture.patch(&own.seat, &format!("/v1/members/{}", self.id), body).await.is(200);
        assert_eq!(changed.json["visibility"], visibility.as_str());
    }
}

/// Nothing of the tenant is assigned to anybody: who sees their own work alone finds none of it by any route, and changes none
/// of it. What is not seen answers exactly like what is not there.
#[tokio::test]
async fn no_route_shows_or_changes_what_is_not_seen() {
    let fixture = Fixture::start().await;
    let own = tenant(&fixture, "100200301").await;
    let ravi = manager(&fixture, &own).await;
    ravi.sees(&fixture, &own, Visibility::Own).await;
    let unknown: BTreeMap<_, _> = own
        .ids
        .iter()
        .map(|(name, id)| {
            let hidden = PERSONAL.contains(name);
            (*name, if hidden { "01890000-0000-7000-8000-000000000000".to_owned() } else { id.clone() })
        })
        .collect();
    let (mut refused, mut read) = (0, 0);
    for route in guarded().filter(|route| !is_audit(route)) {
        let body = sample(route, &fixture, &own);
        if named(route.path).is_empty() {
            if route.method.as_str() == "GET" && route.name != "events" {
                let answer =
                    ask(&fixture, Some(&ravi.key), route, &path(route.path, &own.ids), &Value::Null).await;
                shows_no_person(&own, route.name, &answer);
                read += 1;
            }
            continue;
        }
        let tables = fixture.tables();
        let hidden = ask(&fixture, Some(&ravi.key), route, &path(route.path, &own.ids), &body).await;
        shows_no_person(&own, route.name, &hidden);
        assert!([403, 404].contains(&hidden.status), "{}: {hidden:?}", route.name);
        assert!(fixture.tables() == tables, "{} changes a table", route.name);
        let missing = ask(&fixture, Some(&ravi.key), route, &path(route.path, &unknown), &body).await;
        assert_eq!(hidden.json, missing.json, "{}", route.name);
        refused += usize::from(hidden.status == 404);
    }
    assert!(refused > 30 && read > 25, "{refused} refused, {read} read");
}

/// Who sees what is assigned to nobody reads all of it; once all of it is another's, nothing; once it is theirs, all again.
#[tokio::test]
async fn every_route_shows_what_is_seen() {
    let fixture = Fixture::start().await;
    let own = tenant(&fixture, "100200301").await;
    let ravi = manager(&fixture, &own).await;
    let assign = async |to: Value| {
        let (talk, contact) = (&own.ids["conversation"], &own.ids["contact"]);
        fixture.patch(&own.seat, &format!("/v1/conversations/{talk}"), json!({"assignee": to})).await.is(200);
        fixture.patch(&own.seat, &format!("/v1/contacts/{contact}"), json!({"owner": to})).await.is(200);
    };
    // Calls and follow-ups stay with nobody, and what everybody waits for is shown to those alone who see everything.
    let others = ["task", "call", "recording"];
    let for_all = ["item", "import"];
    let read = async |wanted: bool, with_others: bool| {
        let mut asked = 0;
        for route in guarded().filter(|route| route.method.as_str() == "GET" && !is_audit(route)) {
            let named = named(route.path);
            let is_other = named.iter().any(|name| others.contains(name));
            let is_for_all = named.iter().any(|name| for_all.contains(name));
            if named.is_empty() || is_for_all || (is_other && !with_others) {
                continue;
            }
            let path = path(route.path, &own.ids);
            let answer = ask(&fixture, Some(&ravi.key), route, &path, &Value::Null).await;
            assert_eq!(answer.status == route.success, wanted, "{}: {answer:?}", route.name);
            asked += 1;
        }
        assert!(asked > 10, "{asked}");
    };
    ravi.sees(&fixture, &own, Visibility::Team).await;
    read(true, true).await;
    assign(json!(own.ids["member"])).await;
    ravi.sees(&fixture, &own, Visibility::Own).await;
    read(false, true).await;
    assign(json!(ravi.id)).await;
    read(true, false).await;
    // In one team with the member who has it all, they see it again.
    assign(json!(own.ids["member"])).await;
    ravi.sees(&fixture, &own, Visibility::Team).await;
    let talk = format!("/v1/conversations/{}", own.ids["conversation"]);
    fixture.call(Some(&ravi.key), "GET", &talk, &Value::Null).await.problem(404);
    let team = json!({"name": "Desk", "members": [own.ids["member"], ravi.id]});
    fixture.post(&own.seat, "/v1/teams", team).await.is(201);
    read(true, true).await;
}

/// The pages are made from the same reads.
#[tokio::test]
async fn no_page_shows_what_is_not_seen() {
    let fixture = Fixture::start().await;
    let own = tenant(&fixture, "100200301").await;
    let ravi = manager(&fixture, &own).await;
    ravi.sees(&fixture, &own, Visibility::Own).await;
    let visit = async |page: &str| {
        let request = fixture.http.get(format!("{}{page}", fixture.origin)).header("cookie", &ravi.cookie);
        answer(request.header("sec-fetch-site", "same-origin")).await
    };
    for page in [
        "/inbox",
        "/inbox?view=all",
        "/inbox?view=unassigned",
        "/inbox?q=asha",
        "/inbox?q=order",
        "/contacts",
        "/contacts?q=asha",
        "/contacts.csv",
        "/tasks",
        "/tasks?of=everybody",
        "/notices",
        "/calls",
        "/calls.csv",
        "/reports/calls",
        "/web/goto?q=asha",
        "/web/goto?q=order",
        "/settings/events",
        "/web/dock",
    ] {
        let shown = visit(page).await;
        shows_no_person(&own, page, &shown);
        let text = String::from_utf8_lossy(&shown.bytes);
        assert!(!text.contains("98765 00001") && !text.contains("919876500001"), "{page} shows the number");
    }
    for (of, page) in [
        ("conversation", "/inbox/{}"),
        ("conversation", "/web/conversations/{}"),
        ("conversation", "/web/conversations/{}/thread"),
        ("conversation", "/web/conversations/{}/head"),
        ("conversation", "/web/conversations/{}/composer"),
        ("conversation", "/web/conversations/{}/person"),
        ("conversation", "/web/conversations/{}/scheduled"),
        ("conversation", "/web/conversations/{}/presence"),
        ("conversation", "/web/conversations/{}/shared?kind=text"),
        ("contact", "/contacts/{}"),
        ("contact", "/web/contacts/{}/edit"),
        ("contact", "/web/contacts/{}/timeline"),
        ("call", "/calls/{}"),
        ("call", "/web/calls/{}"),
        ("media", "/web/media/{}"),
        ("recording", "/web/media/{}"),
    ] {
        let (hidden, unknown) = (
            visit(&page.replace("{}", &own.ids[of])).await,
            visit(&page.replace("{}", "01890000-0000-7000-8000-000000000000")).await,
        );
        assert_eq!(hidden.status, 404, "{page}: {hidden:?}");
        assert_eq!(hidden.status, unknown.status, "{page}");
    }
}

/// What a stream says of conversations, until one comes that ends the wait.
async fn heard(fixture: &Fixture, cookie: &str, until: impl Fn(&str) -> bool, act: impl AsyncFn()) -> String {
    let request = fixture.http.get(format!("{}/v1/events", fixture.origin)).header("cookie", cookie);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let (mut bytes, mut text) = (response.bytes_stream(), String::new());
    act().await;
    while !until(&text) {
        let more = tokio::time::timeout(Duration::from_secs(20), bytes.next()).await;
        let more = more.unwrap_or_else(|_| panic!("only this came: {text}")).unwrap().unwrap();
        text.push_str(std::str::from_utf8(&more).unwrap());
    }
    text
}

/// One log, two listeners at the same time: each hears of what they see, and of nothing else.
#[tokio::test]
async fn each_listener_hears_of_what_they_see() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "Is my order ready?").await;
    let (ravi, meera) = (
        member(&fixture, &seat, "Ravi", Role::Agent).await,
        member(&fixture, &seat, "Meera", Role::Agent).await,
    );
    let members = fixture.list(&seat, "/v1/members").await;
    let ravi_id = members.iter().find(|one| one["name"] == "Ravi").unwrap()["id"].as_str().unwrap();
    let own = MemberPatch { visibility: Some(Visibility::Own), role: None };
    fixture.crm.access().change(&seat.owner, ravi_id.parse().unwrap(), own, None).await.unwrap();
    let talk = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
    let settings = |text: &str| text.contains("organisation.changed");
    let changes = async || {
        fixture.patch(&seat, &format!("/v1/conversations/{talk}"), json!({"state": "closed"})).await.is(200);
        let reply = json!({"title": "Hours", "shortcut": "hours", "text": "9 to 18"});
        fixture.post(&seat, "/v1/canned-replies", reply).await.is(201);
    };
    let (of_ravi, of_meera) = tokio::join!(
        heard(&fixture, &ravi, settings, changes),
        heard(&fixture, &meera, settings, async || {
            tokio::time::sleep(Duration::from_millis(1)).await;
        })
    );
    assert!(!of_ravi.contains(&talk), "{of_ravi}");
    assert!(of_meera.contains(&talk), "{of_meera}");
}

/// Who is invited to see less than everything sees no more from their first request on; a renewed link changes nothing of it.
#[tokio::test]
async fn an_invitation_says_how_much_the_invited_person_sees() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "Is my order ready?").await;
    let invite = async |name: &str, role: &str, visibility: Value| {
        let mut body = json!({"email": format!("{name}@example.com"), "role": role});
        if !visibility.is_null() {
            body["visibility"] = visibility;
        }
        fixture.post(&seat, "/v1/members", body).await
    };
    // Nobody is invited as an admin who sees less, which no admin does.
    let refused = invite("admin", "admin", json!("own")).await;
    assert_eq!(refused.json["errors"][0]["pointer"], "/visibility");
    assert_eq!(refused.problem(422), "input.invalid");
    assert_eq!(invite("nobody", "agent", json!("some")).await.problem(422), "input.invalid");
    assert!(fixture.list(&seat, "/v1/invitations").await.is_empty());
    for (name, chosen, kept, seen) in [
        ("olga", json!("own"), "own", 0),
        ("theo", json!("team"), "team", 1),
        ("anna", Value::Null, "all", 1),
        ("alan", json!("all"), "all", 1),
    ] {
        invite(name, "agent", chosen).await.is(201);
        let open = fixture.list(&seat, "/v1/invitations").await.remove(0);
        assert_eq!(open["visibility"], kept, "{name}");
        let path = format!("/v1/invitations/{}/renewal", open["id"].as_str().unwrap());
        let renewed = fixture.call(Some(&seat.key), "POST", &path, &Value::Null).await.is(201);
        let link = renewed.json["setup_url"].as_str().unwrap().split('#').nth(1).unwrap().to_owned();
        let access = fixture.crm.access();
        let called = PersonName::parse(name).unwrap();
        let secret = "seven brown otters swim upstream 7".into();
        let joined = access.accept(&Token::parse(&link).unwrap(), called, None, &secret).await.unwrap();
        let session = format!("__Host-dialzio_session={}", joined.token.reveal());
        let list = fixture.http.get(format!("{}/v1/conversations", fixture.origin)).header("cookie", session);
        let list = answer(list).await.is(200).json;
        assert_eq!(list["data"].as_array().unwrap().len(), seen, "{name}: {list}");
        let members = fixture.list(&seat, "/v1/members").await;
        let joined = members.iter().find(|one| one["name"] == name).unwrap();
        assert_eq!((&joined["visibility"], &joined["role"]), (&json!(kept), &json!("agent")));
    }
}

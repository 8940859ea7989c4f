//! Every route of the table, from the wrong side: another organisation, no session, a member without the permission.

use std::collections::BTreeMap;

use dialzio_core::saved_view::{NewSavedView, SavedContacts, SavedQuery};
use dialzio_core::support::NewSupportRequest;
use dialzio_core::text::{EmailAddress, PersonName, Title};
use dialzio_core::{Clock, Permission};
use dialzio_http::routes::{Need, ROUTES, Route};
use dialzio_whatsapp::emulator::CustomerMessage;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Line, Seat, answer, asha};

/// An id that no record has.
const UNKNOWN: &str = "01890000-0000-7000-8000-000000000000";

/// An organisation with something behind every route, and the ids of it.
pub(crate) struct Tenant {
    pub(crate) seat: Seat,
    pub(crate) line: Line,
    pub(crate) ids: BTreeMap<&'static str, String>,
}

/// The same data in each tenant: only ids and the number differ.
pub(crate) async fn tenant(fixture: &Fixture, number: &str) -> Tenant {
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, number).await;
    let mut ids = BTreeMap::new();
    fixture.writes(&line, &asha(), "Is my order ready?").await;
    let image = CustomerMessage::image(&b"\xff\xd8\xff a photo of a plant"[..], "image/jpeg", None);
    fixture.graph.customer_sends(number, &asha(), image).unwrap();
    fixture.work().await;
    let called = crate::calls::ringing_call(fixture, &seat, number).await;
    ids.insert("call", called.call);
    ids.insert("recording", called.recording);
    ids.insert("telephone", called.account);
    let unreadable = format!("{{\"what\": \"is this, {number}\"");
    for _ in 0..2 {
        assert_eq!(fixture.graph.deliver_raw(number, unreadable.clone()).await, Ok(200));
    }
    let conversation = fixture.only_conversation(&seat).await;
    let contact = conversation["contact"].as_str().unwrap().to_owned();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let messages =
        fixture.list(&seat, &format!("/v1/conversations/{}/messages", text(&conversation["id"]))).await;
    ids.insert("media", text(&messages[0]["content"]["media"]));
    ids.insert("inbound", text(&messages[1]["id"]));
    ids.insert("conversation", text(&conversation["id"]));
    ids.insert("contact", contact.clone());
    ids.insert("account", line.account.clone());
    ids.insert("sms", fixture.connect_sms(&seat, &format!("7{}", line.number)).await);
    ids.insert("app", line.app.clone());
    let path = format!("/v1/contacts/{contact}");
    fixture.post(&seat, &format!("{path}/notes"), json!({"text": "Prefers calls after six."})).await.is(201);
    let task = fixture.post(&seat, &format!("{path}/tasks"), json!({"title": "Call"})).await.is(201);
    ids.insert("task", task.id());
    let consent = json!({"channel": "whatsapp", "scope": "marketing", "occurred_at": "2026-03-02T10:00:00Z",
        "evidence": {"kind": "web_form", "note": "Newsletter form"}});
    fixture.post(&seat, &format!("{path}/consents"), consent).await.is(201);
    // Their number is given up, and a person with another profile writes from it.
    let identities = fixture.list(&seat, &format!("{path}/identities")).await;
    ids.insert("identity", text(&identities[0]["id"]));
    fixture.patch(&seat, &path, json!({"former_numbers": ["+919876500001"]})).await.is(200);
    fixture.clock.advance(chrono::TimeDelta::seconds(1));
    let message = json!({"from": "919876500001", "id": format!("wamid.doubt-{}", line.number),
        "timestamp": fixture.clock.now().timestamp().to_string(), "type": "text", "text": {"body": "Who is this?"}});
    let value = json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": line.number},
        "contacts": [{"profile": {"name": "Ravi"}, "wa_id": "919876500001"}], "messages": [message]});
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": line.business,
        "changes": [{"field": "messages", "value": value}]}]});
    let bytes = serde_json::to_vec(&body).unwrap();
    assert_eq!(fixture.graph.deliver_raw(&line.number, bytes).await, Ok(200));
    // A message that waits: queued and not worked on.
    let waiting = fixture.send(&seat, &ids["conversation"], "k1", &json!({"text": "Yes"})).await.is(202);
    ids.insert("message", waiting.id());
    let quarantine = fixture.list(&seat, "/v1/quarantine").await;
    ids.insert("item", text(&quarantine[0]["id"]));
    let key =
        fixture.post(&seat, "/v1/keys", json!({"name": "Website", "permissions": ["contacts.read"]})).await;
    ids.insert("key", key.is(201).id());
    // A member of theirs, who is signed in. She shares a view while she may.
    let email = EmailAddress::parse(&format!("meera{number}@example.com")).unwrap();
    let access = fixture.crm.access();
    let link = access.invite(&seat.owner, Some(email), dialzio_core::Role::Manager).await.unwrap();
    let name = PersonName::parse("Meera").unwrap();
    let meera = access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
    ids.insert("session", access.sessions(&meera.actor, None).await.unwrap()[0].id.to_string());
    // Nobody's: who asks here is a key, which has none. What members have is not a matter of organisations.
    ids.insert("passkey", "01890000-0000-7000-8000-0000000000aa".to_owned());
    ids.insert("member", meera.actor.member().unwrap().to_string());
    let invited = json!({"email": format!("ben{number}@example.com"), "role": "agent"});
    fixture.post(&seat, "/v1/members", invited).await.is(201);
    ids.insert("invitation", text(&fixture.list(&seat, "/v1/invitations").await[0]["id"]));
    let outcomes = fixture.list(&seat, "/v1/dispositions").await;
    ids.insert("disposition", text(&outcomes[0]["id"]));
    let reply = json!({"title": "Opening hours", "shortcut": "open", "text": "Hello {first_name}"});
    ids.insert("canned_reply", fixture.post(&seat, "/v1/canned-replies", reply).await.is(201).id());
    let team = json!({"name": "Sales", "members": []});
    ids.insert("team", fixture.post(&seat, "/v1/teams", team).await.is(201).id());
    ids.insert("organisation", seat.owner.org().to_string());
    let provider = json!({"name": "Work", "issuer": "https://login.example.com", "client_id": "dialzio",
        "client_secret": "a secret"});
    ids.insert(
        "identity_provider",
        fixture.post(&seat, "/v1/identity-providers", provider).await.is(201).id(),
    );
    let query = SavedQuery::Contacts(SavedContacts::default());
    let view = NewSavedView { name: Title::parse("Everybody").unwrap(), shared: true, query };
    let view = fixture.crm.saved_views().add(&meera.actor, view).await.unwrap();
    ids.insert("saved_view", view.id.to_string());
    let subject = Title::parse("Calls are silent").unwrap();
    let asked = NewSupportRequest { subject, text: "Nobody hears us.".parse().unwrap() };
    let asked = fixture.crm.support().open(&meera.actor, asked).await.unwrap();
    ids.insert("support_request", asked.id.to_string());
    fixture.patch(&seat, &format!("/v1/members/{}", ids["member"]), json!({"role": "agent"})).await.is(200);
    ids.insert("import", imported(fixture, &seat).await);
    let flow = json!({"account": ids["telephone"], "name": "Desk", "enabled": true,
        "definition": {"voicemail": {"prompt": "Please leave a message."}}});
    ids.insert("call_flow", fixture.post(&seat, "/v1/call-flows", flow).await.is(201).id());
    let later = json!({"text": "See you", "send_at": fixture.clock.now() + chrono::TimeDelta::hours(20)});
    let scheduled = format!("/v1/conversations/{}/scheduled-messages", ids["conversation"]);
    let url = format!("{}{scheduled}", fixture.origin);
    let request = fixture.http.post(url).bearer_auth(&seat.key).header("idempotency-key", "scheduled");
    ids.insert("scheduled", crate::fixture::answer(request.json(&later)).await.is(201).id());
    Tenant { seat, line, ids }
}

/// An import that has ended.
async fn imported(fixture: &Fixture, seat: &Seat) -> String {
    let part = reqwest::multipart::Part::text("name,phone\nMeera,+919840012399\n").file_name("people.csv");
    let form = reqwest::multipart::Form::new().part("file", part);
    let url = format!("{}/v1/contacts/imports", fixture.origin);
    let id = answer(fixture.http.post(url).bearer_auth(&seat.key).multipart(form)).await.is(202).id();
    while fixture.get(seat, &format!("/v1/contacts/imports/{id}")).await.is(200).json["state"] == "running" {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    id
}

/// The path of a route with the names of ids: agents are those of a telephone system, templates are entered for SMS.
pub(crate) fn template_of(path: &str) -> String {
    if path.contains("/agents") {
        path.replace("{account}", "{telephone}")
    } else if path.contains("/templates") && !path.ends_with("/sync") {
        path.replace("{account}", "{sms}")
    } else {
        path.to_owned()
    }
}

/// The path of a route with these ids.
pub(crate) fn path(template: &str, ids: &BTreeMap<&'static str, String>) -> String {
    let mut path = template_of(template);
    for (name, id) in ids {
        path = path.replace(&format!("{{{name}}}"), id);
    }
    assert!(!path.contains('{'), "no id for {template}");
    // What is looked for has to be said.
    match template {
        "/v1/messages" => format!("{path}?q=order"),
        "/v1/conversations/{conversation}/shared" => format!("{path}?kind=text"),
        _ => path,
    }
}

/// The sample of a route with the ids of a tenant where it names any, and never an address beyond this machine.
pub(crate) fn sample(route: &Route, fixture: &Fixture, tenant: &Tenant) -> Value {
    let Some(sample) = route.sample else { return Value::Null };
    let mut body: Value = serde_json::from_str(sample).unwrap();
    if body.get("app").is_some() {
        body["app"] = json!(tenant.line.app);
        body["base_url"] = json!(fixture.graph.base_url());
    }
    if body.get("account").is_some() {
        // Calls are answered where a telephone service asks.
        let of_calls = route.name.starts_with("call_flows");
        body["account"] = json!(if of_calls { &tenant.ids["telephone"] } else { &tenant.line.account });
    }
    body
}

/// Asks, and answers without the rest of a stream that does not end.
pub(crate) async fn ask(
    fixture: &Fixture,
    key: Option<&str>,
    route: &Route,
    path: &str,
    body: &Value,
) -> Answer {
    let mut request =
        fixture.http.request(route.method.as_str().parse().unwrap(), format!("{}{path}", fixture.origin));
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    if route.once {
        request = request.header("idempotency-key", format!("key-of-{path}"));
    }
    if !body.is_null() {
        request = request.json(body);
    }
    if let [(file, bytes), texts @ ..] = route.form {
        let part = reqwest::multipart::Part::text(*bytes).file_name("note.txt");
        let form = reqwest::multipart::Form::new().part(*file, part);
        request = request.multipart(texts.iter().fold(form, |form, (name, text)| form.text(*name, *text)));
    }
    if route.answers == "text/event-stream" {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = if status == 200 { bytes::Bytes::new() } else { response.bytes().await.unwrap() };
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        return Answer { status, headers, bytes, json };
    }
    answer(request).await
}

/// Routes that are behind a key.
pub(crate) fn guarded() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.need != Need::Public)
}

/// Everything that an organisation can read of itself, by route, and how many events it has seen.
async fn all_of(fixture: &Fixture, tenant: &Tenant) -> BTreeMap<&'static str, String> {
    let mut all = BTreeMap::new();
    for route in guarded().filter(|route| route.method.as_str() == "GET" && route.name != "events") {
        let mut path = path(route.path, &tenant.ids);
        if route.query().iter().any(|name| name == "limit") {
            let with = if path.contains('?') { '&' } else { '?' };
            path = format!("{path}{with}limit=200");
        }
        let answer = ask(fixture, Some(&tenant.seat.key), route, &path, &Value::Null).await;
        assert_eq!(answer.status, route.success, "{}: {answer:?}", route.name);
        let shown = match route.name {
            // Opening a file is itself on record, and so is being refused: what this very asking adds is left out.
            "audit.list" | "audit.search" => acts(&answer.json),
            // Each export is an entry of the next one.
            "audit.export" => String::new(),
            "audit.verify" => answer.json["intact"].to_string(),
            // So is the use of a key.
            "keys.get" | "keys.list" => without_use(answer.json),
            _ => String::from_utf8_lossy(&answer.bytes).into_owned(),
        };
        all.insert(route.name, shown);
    }
    let newest = fixture.crm.ledger().newest_event(&tenant.seat.owner).await.unwrap();
    all.insert("events", newest.0.to_string());
    all
}

/// Keys without their last use, which is that of asking for them.
fn without_use(mut keys: Value) -> String {
    let one = keys.get("last_used").is_some();
    let listed = keys["data"].as_array_mut().into_iter().flatten();
    listed.for_each(|key| key["last_used"] = Value::Null);
    if one {
        keys["last_used"] = Value::Null;
    }
    keys.to_string()
}

fn acts(audit: &Value) -> String {
    assert_eq!(audit["next_cursor"], Value::Null);
    let by_asking =
        ["media.opened", "contacts.exported", "calls.exported", "audit.exported", "access.refused"];
    let entries = audit["data"].as_array().unwrap().iter();
    let entries = entries.filter(|entry| by_asking.iter().all(|action| entry["action"] != *action));
    entries
        .map(|entry| format!("{} {} {}\n", entry["principal"], entry["action"], entry["subject"]))
        .collect()
}

/// Nothing that stands in an answer may be an id of that tenant.
#[track_caller]
fn shows_nothing_of(tenant: &Tenant, route: &Route, answer: &Answer) {
    let text = String::from_utf8_lossy(&answer.bytes);
    for id in tenant.ids.values() {
        assert!(!text.contains(id.as_str()), "{} shows {id}: {text}", route.name);
    }
}

#[tokio::test]
async fn no_route_reaches_into_another_organisation() {
    let fixture = Fixture::start().await;
    let (own, other) = (tenant(&fixture, "100200301").await, tenant(&fixture, "100200302").await);
    let before = all_of(&fixture, &other).await;
    let own_before = all_of(&fixture, &own).await;
    let mut asked = 0;
    for route in guarded() {
        let template = template_of(route.path);
        let names: Vec<&'static str> =
            own.ids.keys().copied().filter(|name| template.contains(&format!("{{{name}}}"))).collect();
        // Every mixture of own and foreign ids with at least one foreign.
        for mixture in 1..(1_usize << names.len()) {
            let mut ids = own.ids.clone();
            for (place, name) in names.iter().enumerate() {
                if mixture & (1 << place) != 0 {
                    ids.insert(name, other.ids[name].clone());
                }
            }
            let body = sample(route, &fixture, &own);
            let tables = fixture.tables();
            let answer = ask(&fixture, Some(&own.seat.key), route, &path(route.path, &ids), &body).await;
            shows_nothing_of(&other, route, &answer);
            answer.problem(404);
            assert!(fixture.tables() == tables, "{} changes a table", route.name);
            asked += 1;
        }
        // Foreign ids look like unknown ids.
        if !names.is_empty() {
            let unknown_ids: BTreeMap<_, _> =
                own.ids.keys().map(|name| (*name, UNKNOWN.to_owned())).collect();
            let body = sample(route, &fixture, &own);
            let unknown =
                ask(&fixture, Some(&own.seat.key), route, &path(route.path, &unknown_ids), &body).await;
            let foreign =
                ask(&fixture, Some(&own.seat.key), route, &path(route.path, &other.ids), &body).await;
            assert_eq!(unknown.json, foreign.json, "{}", route.name);
        }
        if route.method.as_str() == "GET" {
            let answer =
                ask(&fixture, Some(&own.seat.key), route, &path(route.path, &own.ids), &Value::Null).await;
            shows_nothing_of(&other, route, &answer);
        }
    }
    assert!(asked > 30, "{asked}");
    assert_eq!(all_of(&fixture, &other).await, before);
    assert_eq!(all_of(&fixture, &own).await, own_before);
}

#[tokio::test]
async fn a_body_cannot_name_what_is_another_organisations() {
    let fixture = Fixture::start().await;
    let (own, other) = (tenant(&fixture, "100200301").await, tenant(&fixture, "100200302").await);
    let email = EmailAddress::parse("ravi@example.com").unwrap();
    let access = fixture.crm.access();
    let link = access.invite(&other.seat.owner, Some(email), dialzio_core::Role::Agent).await.unwrap();
    let name = PersonName::parse("Ravi").unwrap();
    access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
    let members = fixture.list(&other.seat, "/v1/members").await;
    let member = members[0]["id"].as_str().unwrap();
    let before = all_of(&fixture, &other).await;
    let own_before = all_of(&fixture, &own).await;
    let of = |name: &str| other.ids[name].clone();
    let (contact, conversation) = (&own.ids["contact"], &own.ids["conversation"]);
    let evidence = json!({"kind": "message", "note": "They wrote it", "message": of("inbound")});
    let consent = json!({"channel": "whatsapp", "scope": "marketing", "occurred_at": "2026-03-02T10:00:00Z",
        "evidence": evidence});
    let tries = [
        ("POST", format!("/v1/contacts/{contact}/conversations"), json!({"account": of("account")})),
        (
            "POST",
            "/v1/accounts".to_owned(),
            json!({"app": of("app"), "name": "Line", "routing_key": "555", "business_id": "5",
                "token": "t", "base_url": fixture.graph.base_url()}),
        ),
        ("PATCH", format!("/v1/conversations/{conversation}"), json!({"assignee": member})),
        ("PATCH", format!("/v1/contacts/{contact}"), json!({"owner": member})),
        ("POST", format!("/v1/contacts/{contact}/tasks"), json!({"title": "Call", "assignee": member})),
        ("POST", format!("/v1/contacts/{contact}/consents"), consent),
    ];
    for (method, path, body) in tries {
        let answer = fixture.call(Some(&own.seat.key), method, &path, &body).await;
        assert!((400..500).contains(&answer.status), "{method} {path} {body}: {answer:?}");
    }
    let body = json!({"text": "As you asked", "reply_to": of("inbound")});
    fixture.send(&own.seat, conversation, "reply", &body).await.problem(404);
    assert_eq!(all_of(&fixture, &other).await, before);
    let own_after = all_of(&fixture, &own).await;
    for (name, shown) in own_before.iter().filter(|(name, _)| **name != "accounts.list") {
        assert_eq!(own_after[name], *shown, "{name}");
    }
    // Another organisation's idempotency key is not ours.
    let sent = fixture.send(&own.seat, conversation, "k2", &json!({"text": "Yes"})).await.is(202);
    let theirs =
        fixture.send(&other.seat, &other.ids["conversation"], "k2", &json!({"text": "Yes"})).await.is(202);
    assert!(!theirs.headers.contains_key("idempotency-replayed"));
    assert_ne!(sent.id(), theirs.id());
}

#[tokio::test]
async fn a_number_is_connected_in_one_organisation_only() {
    let fixture = Fixture::start().await;
    let (own, other) = (tenant(&fixture, "100200301").await, tenant(&fixture, "100200302").await);
    let body = json!({"app": own.line.app, "name": "Not ours", "routing_key": other.line.number,
        "business_id": other.line.business, "token": format!("token-of-{}", other.line.number),
        "base_url": fixture.graph.base_url()});
    assert_eq!(fixture.post(&own.seat, "/v1/accounts", body).await.problem(409), "account.unavailable");
    // Their webhooks still reach them.
    fixture.writes(&other.line, &asha(), "Still you?").await;
    assert_eq!(fixture.only_conversation(&other.seat).await["last"]["text"], "Still you?");
    assert_eq!(fixture.only_conversation(&own.seat).await["last"]["text"], "Yes");
}

#[tokio::test]
async fn no_route_answers_without_a_key() {
    let fixture = Fixture::start().await;
    let own = tenant(&fixture, "100200301").await;
    let before = all_of(&fixture, &own).await;
    for route in guarded() {
        let body = sample(route, &fixture, &own);
        let forged = format!("{}x", own.seat.key);
        let tables = fixture.tables();
        for key in [None, Some("dialzio_live_"), Some(forged.as_str()), Some("")] {
            let answer = ask(&fixture, key, route, &path(route.path, &own.ids), &body).await;
            assert_eq!(answer.headers["www-authenticate"], "Bearer", "{}", route.name);
            assert_eq!(answer.problem(401), "access.unauthenticated", "{}", route.name);
        }
        assert!(fixture.tables() == tables, "{} changes a table", route.name);
    }
    assert_eq!(all_of(&fixture, &own).await, before);
    // A key ends at once when it is revoked.
    let key =
        fixture.post(&own.seat, "/v1/keys", json!({"name": "Old", "permissions": ["contacts.read"]})).await;
    let (id, secret) = (key.id(), key.json["api_key"].as_str().unwrap().to_owned());
    fixture.call(Some(&secret), "GET", "/v1/contacts", &Value::Null).await.is(200);
    fixture.call(Some(&own.seat.key), "DELETE", &format!("/v1/keys/{id}"), &Value::Null).await.is(200);
    fixture.call(Some(&secret), "GET", "/v1/contacts", &Value::Null).await.problem(401);
}

#[tokio::test]
async fn without_its_permission_a_route_changes_nothing() {
    let fixture = Fixture::start().await;
    let own = tenant(&fixture, "100200301").await;
    let mut keys = BTreeMap::new();
    for missing in Permission::ALL {
        let held: Vec<_> = Permission::ALL.iter().copied().filter(|held| held != missing).collect();
        keys.insert(missing.as_str(), fixture.key(&own.seat.owner, &held).await);
    }
    let before = all_of(&fixture, &own).await;
    for route in guarded() {
        let Need::Permission(permission) = route.need else { continue };
        let body = sample(route, &fixture, &own);
        let key = &keys[permission.as_str()];
        let tables = fixture.tables();
        let answer = ask(&fixture, Some(key), route, &path(route.path, &own.ids), &body).await;
        assert_eq!(answer.problem(403), "access.denied", "{}", route.name);
        assert!(fixture.tables() == tables, "{} changes a table", route.name);
    }
    assert_eq!(all_of(&fixture, &own).await, before);
}

#[tokio::test]
async fn every_sample_is_taken_from_whoever_has_just_its_permission() {
    let fixture = Fixture::start().await;
    let reading = tenant(&fixture, "100200300").await;
    for (place, route) in guarded().enumerate() {
        let changing = route.method.as_str() != "GET";
        let fresh = if changing { Some(tenant(&fixture, &format!("1002004{place:02}")).await) } else { None };
        let tenant = fresh.as_ref().unwrap_or(&reading);
        let key = match route.need {
            Need::Permission(permission) => fixture.key(&tenant.seat.owner, &[permission]).await,
            _ => tenant.seat.key.clone(),
        };
        let body = sample(route, &fixture, tenant);
        let answer = ask(&fixture, Some(&key), route, &path(route.path, &tenant.ids), &body).await;
        let code = answer.json["code"].as_str().unwrap_or_default();
        let expected = match route.name {
            // No member may grant more than they hold, nor end a key that permits more.
            "members.invite" | "keys.create" | "keys.change" | "keys.rotate" | "keys.revoke"
            | "invitations.renew" | "invitations.revoke" => code == "access.denied",
            // Nor change who holds more.
            "members.change" | "members.deactivate" | "members.activate" | "members.reset_second_factor" => {
                code == "input.invalid"
            }
            // What all members see is changed by those who may share.
            "saved_views.change" | "saved_views.delete" => code == "access.denied",
            // Who asks is no member, and names none.
            "conversations.claim"
            | "drafts.save"
            | "saved_views.create"
            | "support.open"
            | "drafts.discard"
            | "me.change"
            | "me.password"
            | "me.switch"
            | "me.news.read"
            | "me.news.choose"
            | "me.passkeys.begin"
            | "me.passkeys.add"
            | "me.second_factor.begin"
            | "me.second_factor.confirm"
            | "me.second_factor.codes"
            | "me.second_factor.end"
            | "me.end_sessions" => code == "input.invalid",
            // A key without SettingsManage has no requests.
            "support.get" | "support.reply" | "support.close" => code == "support_request.not_found",
            "me.email_confirmation.send" => code == "mail.not_set_up",
            "me.end_session" => code == "session.not_found",
            "me.passkeys.remove" => code == "passkey.not_found",
            // The outcome of this message is known.
            "messages.resolve" => code == "message.conflict",
            _ => answer.status == route.success,
        };
        assert!(expected, "{}: {} {}", route.name, answer.status, String::from_utf8_lossy(&answer.bytes));
        if answer.status == 200 && !answer.bytes.is_empty() {
            let kind = answer.headers["content-type"].to_str().unwrap();
            let known =
                kind.starts_with(route.answers) || matches!(route.name, "media.get" | "calls.recording");
            assert!(known, "{}: {kind}", route.name);
        }
    }
}

#[tokio::test]
async fn the_samples_are_accepted_from_the_owner() {
    let fixture = Fixture::start().await;
    let tenant = tenant(&fixture, "1").await;
    for name in [
        "members.invite",
        "keys.create",
        "members.change",
        "members.deactivate",
        "members.activate",
        "invitations.renew",
    ] {
        let route = ROUTES.iter().find(|route| route.name == name).unwrap();
        let body = sample(route, &fixture, &tenant);
        let path = path(route.path, &tenant.ids);
        ask(&fixture, Some(&tenant.seat.key), route, &path, &body).await.is(route.success);
    }
}

#[tokio::test]
async fn the_description_names_every_route() {
    let fixture = Fixture::start().await;
    let described = fixture.call(None, "GET", "/openapi.json", &Value::Null).await.is(200).json;
    assert!(described["openapi"].as_str().unwrap().starts_with("3.1"));
    for route in ROUTES {
        let method = route.method.as_str().to_lowercase();
        assert!(described["paths"][route.path][&method].is_object(), "{}", route.name);
    }
}

//! The document that describes the API, held against everything that is asked and answered in these tests: each answer of
//! a route has to be one that the document names, of the form it says, and each request that was accepted has to fit its
//! schema.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_http::routes::{ROUTES, Route};
use dialzio_whatsapp::emulator::Failure;
use futures_util::StreamExt;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, asha};
use crate::isolation::{ask, path, sample, tenant};

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

struct Contract {
    document: Value,
    /// The schemas of what is answered: nothing beside what they name, and what is optional is absent, not `null`.
    answered: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
    seen: Mutex<BTreeSet<(&'static str, u16)>>,
}

/// A request as it was sent.
pub(crate) struct Asked {
    method: String,
    path: String,
    body: Option<Value>,
}

impl Asked {
    pub(crate) fn of(request: &reqwest::Request) -> Self {
        let body = request.body().and_then(reqwest::Body::as_bytes);
        Self {
            method: request.method().as_str().to_owned(),
            path: request.url().path().to_owned(),
            body: body.and_then(|bytes| serde_json::from_slice(bytes).ok()),
        }
    }

    /// The route that it reaches.
    fn route(&self) -> Option<&'static Route> {
        let fits = |route: &&Route| {
            let (template, path) = (route.path.split('/'), self.path.split('/'));
            template.clone().count() == path.clone().count()
                && template
                    .zip(path)
                    .all(|(name, part)| name == part || name.starts_with('{') && !part.is_empty())
        };
        let of_method = ROUTES.iter().filter(|route| route.method.as_str() == self.method);
        // An address without a parameter comes before one that has it.
        of_method.filter(fits).min_by_key(|route| route.path.matches('{').count())
    }
}

/// Makes a schema stricter: an object has no other fields than those it names, and an optional one is absent, not `null`.
fn stricter(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let required = fields.get("required").cloned().unwrap_or(Value::Null);
            if let Some(Value::Object(properties)) = fields.get_mut("properties") {
                for (name, property) in properties.iter_mut() {
                    if !required.as_array().is_some_and(|all| all.contains(&json!(name))) {
                        never_null(property);
                    }
                }
                fields.entry("unevaluatedProperties").or_insert(json!(false));
            }
            fields.values_mut().for_each(stricter);
        }
        Value::Array(items) => items.iter_mut().for_each(stricter),
        _ => {}
    }
}

fn never_null(property: &mut Value) {
    for name in ["type", "oneOf"] {
        if let Some(Value::Array(all)) = property.get_mut(name) {
            all.retain(|one| *one != json!("null") && *one != json!({"type": "null"}));
        }
    }
}

/// Names of schemas that others are made of; what they leave out, the others name.
fn parts(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for part in fields.get("allOf").and_then(Value::as_array).into_iter().flatten() {
                let name = part["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
                found.extend(name.map(str::to_owned));
            }
            fields.values().for_each(|field| parts(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| parts(item, found)),
        _ => {}
    }
}

impl Contract {
    fn read() -> Self {
        let document: Value =
            serde_json::from_str(&dialzio_http::openapi::describe().to_json().unwrap()).unwrap();
        let mut answered = document["components"]["schemas"].clone();
        let mut composed = BTreeSet::new();
        parts(&answered, &mut composed);
        for (name, schema) in answered.as_object_mut().unwrap() {
            // Where it is composed, the whole is looked at by the tests that read it.
            if !composed.contains(name) && schema.get("allOf").is_none() {
                stricter(schema);
            }
        }
        let answered = json!({"schemas": answered});
        Self { document, answered, validators: Mutex::default(), seen: Mutex::default() }
    }

    /// What is wrong with a value, by a schema of the document.
    fn faults(&self, schema: &Value, is_answer: bool, value: &Value) -> Vec<String> {
        let mut whole = schema.clone();
        let key = format!("{is_answer} {schema}");
        let mut known = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let validator = known.entry(key).or_insert_with(|| {
            whole["components"] =
                if is_answer { &self.answered } else { &self.document["components"] }.clone();
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            Arc::new(options.build(&whole).unwrap())
        });
        let validator = Arc::clone(validator);
        drop(known);
        validator.iter_errors(value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
    }
}

/// Holds an answer against the document.
#[track_caller]
pub(crate) fn hold(asked: &Asked, answer: &Answer) {
    let Some(route) = asked.route() else { return };
    let contract = &*CONTRACT;
    let method = asked.method.to_ascii_lowercase();
    let operation = &contract.document["paths"][route.path][&method];
    let status = answer.status;
    let mut response = &operation["responses"][status.to_string()];
    assert!(response.is_object(), "{} answers {status}: {answer:?}", route.name);
    if let Some(reference) = response["$ref"].as_str() {
        response = contract.document.pointer(&reference[1..]).unwrap();
    }
    if answer.bytes.is_empty() {
        let may_be_empty = response["content"].is_null() || route.path.starts_with("/hooks") || status == 416;
        assert!(may_be_empty, "{} answers {status} without content", route.name);
    } else {
        let kind = answer.headers["content-type"].to_str().unwrap().split(';').next().unwrap();
        let (group, _) = kind.split_once('/').unwrap();
        let content = &response["content"];
        let content = content.get(kind).or_else(|| content.get(format!("{group}/*")));
        let content = content.unwrap_or_else(|| panic!("{} answers {status} as {kind}", route.name));
        if kind.ends_with("json") {
            let faults = contract.faults(&content["schema"], true, &answer.json);
            assert!(faults.is_empty(), "{} answers {status} {}: {faults:#?}", route.name, answer.json);
        }
        if kind == "application/problem+json" {
            let code = answer.json["code"].as_str().unwrap();
            let codes = response["x-codes"].as_array().unwrap();
            let listed = codes.contains(&json!(code))
                || code.starts_with("provider.") && codes.contains(&json!("provider.*"));
            assert!(listed, "{} answers {status} {code}, which is not listed", route.name);
        }
    }
    if status == route.success {
        contract.seen.lock().unwrap_or_else(PoisonError::into_inner).insert((route.name, status));
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if let Some(body) = asked.body.as_ref().filter(|_| !schema.is_null()) {
            let faults = contract.faults(schema, false, body);
            assert!(faults.is_empty(), "{} accepts {body}: {faults:#?}", route.name);
        }
    }
}

fn seen(route: &'static str, status: u16) -> bool {
    CONTRACT.seen.lock().unwrap_or_else(PoisonError::into_inner).contains(&(route, status))
}

#[tokio::test]
async fn every_operation_answers_as_the_document_says() {
    let fixture = Fixture::start_with_mail().await;
    let reading = tenant(&fixture, "100200300").await;
    for (place, route) in ROUTES.iter().enumerate() {
        match route.name {
            // Their answers are made and looked at below.
            "events"
            | "hooks.check"
            | "hooks.receive"
            | "hooks.answer"
            | "hooks.answer_by_query"
            | "messages.resolve"
            | "conversations.claim"
            | "drafts.save"
            | "saved_views.create"
            | "support.open"
            | "support.reply"
            | "drafts.discard"
            | "me.change"
            | "me.password"
            | "me.switch"
            | "me.news.read"
            | "me.news.choose"
            | "me.email_confirmation.send"
            | "me.passkeys.begin"
            | "me.passkeys.add"
            | "me.passkeys.remove"
            | "me.second_factor"
            | "me.second_factor.begin"
            | "me.second_factor.confirm"
            | "me.second_factor.codes"
            | "me.second_factor.end"
            | "me.end_sessions"
            | "me.end_session" => continue,
            _ => {}
        }
        let changing = route.method.as_str() != "GET";
        let fresh = if changing { Some(tenant(&fixture, &format!("1002004{place:02}")).await) } else { None };
        let tenant = fresh.as_ref().unwrap_or(&reading);
        let body = sample(route, &fixture, tenant);
        let answer =
            ask(&fixture, Some(&tenant.seat.key), route, &path(route.path, &tenant.ids), &body).await;
        assert_eq!(answer.status, route.success, "{}: {answer:?}", route.name);
    }

    // A member, who can claim.
    let access = fixture.crm.access();
    let email = EmailAddress::parse("ravi@example.com").unwrap();
    let link =
        access.invite(&reading.seat.owner, Some(email.clone()), dialzio_core::Role::Agent).await.unwrap();
    let name = PersonName::parse("Ravi").unwrap();
    let session =
        access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
    let member = fixture.list(&reading.seat, "/v1/members").await[0]["id"].clone();
    let claim = format!("/v1/conversations/{}/claim", reading.ids["conversation"]);
    fixture.post(&reading.seat, &claim, json!({"member": member})).await.is(200);
    let draft = format!("{}/v1/conversations/{}/draft", fixture.origin, reading.ids["conversation"]);
    let as_member = |request: reqwest::RequestBuilder| {
        let cookie = format!("__Host-dialzio_session={}", session.token.reveal());
        let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
        crate::fixture::answer(request.header("x-dialzio-request", "1"))
    };
    as_member(fixture.http.put(&draft).json(&json!({"text": "On our w"}))).await.is(204);
    as_member(fixture.http.delete(&draft)).await.is(204);

    let view = json!({"name": "Mine", "query": {"list": "contacts", "owner": "me"}});
    let views = fixture.http.post(format!("{}/v1/saved-views", fixture.origin));
    as_member(views.json(&view)).await.is(201);

    let help = format!("{}/v1/support/requests", fixture.origin);
    let asked = json!({"subject": "Calls are silent", "text": "Nobody hears us."});
    let asked = as_member(fixture.http.post(&help).json(&asked)).await.is(201).id();
    let more = json!({"text": "It works again."});
    as_member(fixture.http.post(format!("{help}/{asked}/messages")).json(&more)).await.is(201);
    as_member(fixture.http.get(format!("{help}/{asked}"))).await.is(200);

    // And change what is their own.
    let me = format!("{}/v1/me", fixture.origin);
    as_member(fixture.http.patch(&me).json(&json!({"name": "Ravi Kumar"}))).await.is(200);
    let used = as_member(fixture.http.get(format!("{me}/usage"))).await.is(200).json;
    assert_eq!(used["data"][0]["page"], "/v1/me", "the change of the name");
    access.sign_in(&email, &"seven brown otters swim upstream 7".into()).await.unwrap();
    let sessions = access.sessions(&session.actor, Some(&session.token)).await.unwrap();
    let other = sessions.iter().find(|one| !one.is_current).unwrap().id;
    as_member(fixture.http.delete(format!("{me}/sessions/{other}"))).await.is(204);
    as_member(fixture.http.delete(format!("{me}/sessions"))).await.is(204);
    as_member(fixture.http.post(format!("{me}/email-confirmation"))).await.is(204);
    let factor = format!("{me}/second-factor");
    as_member(fixture.http.get(&factor)).await.is(200);
    let password = json!({"password": "seven brown otters swim upstream 7"});
    let made = as_member(fixture.http.post(&factor).json(&password)).await.is(201).json;
    let code = || crate::second_factor::code(&fixture, made["secret"].as_str().unwrap());
    let confirm = fixture.http.post(format!("{factor}/confirmation"));
    as_member(confirm.json(&json!({"code": code()}))).await.is(200);
    fixture.clock.advance(chrono::TimeDelta::seconds(30));
    let renew = fixture.http.post(format!("{factor}/recovery-codes"));
    as_member(renew.json(&json!({"code": code()}))).await.is(200);
    fixture.clock.advance(chrono::TimeDelta::seconds(30));
    let end = json!({"password": "seven brown otters swim upstream 7", "code": code()});
    as_member(fixture.http.delete(&factor).json(&end)).await.is(204);
    let update = fixture.publishes("policy", "New terms").await;
    as_member(fixture.http.get(format!("{me}/news"))).await.is(200);
    let read = json!({"up_to": update});
    as_member(fixture.http.put(format!("{me}/news/read")).json(&read)).await.is(204);
    as_member(fixture.http.put(format!("{me}/news/choice")).json(&json!({"product": false}))).await.is(204);
    // Where browsers have passkeys.
    crate::passkeys::one_comes_and_goes().await;
    // A session of its own moves, and ends by that.
    let moving =
        access.sign_in(&email, &"seven brown otters swim upstream 7".into()).await.unwrap().done().unwrap();
    let request =
        fixture.http.put(format!("{me}/organisation")).json(&json!({"organisation": moving.actor.org()}));
    let request = request.header("cookie", format!("__Host-dialzio_session={}", moving.token.reveal()));
    let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
    crate::fixture::answer(request).await.is(204);
    let change = json!({"current": "seven brown otters swim upstream 7", "password": "staple battery horse correct 8"});
    as_member(fixture.http.put(format!("{me}/password")).json(&change)).await.is(204);

    // A message with an unknown outcome.
    let unsure = tenant(&fixture, "100200399").await;
    fixture.work().await;
    fixture.graph.fail_next_send(Failure::DropConnectionAfterRead);
    let body = json!({"text": "On our way"});
    let sent = fixture.send(&unsure.seat, &unsure.ids["conversation"], "unsure", &body).await.is(202).id();
    fixture.work().await;
    fixture
        .post(&unsure.seat, &format!("/v1/messages/{sent}/resolution"), json!({"sent": false}))
        .await
        .is(200);

    // What a provider sends and asks.
    let query = [
        ("hub.mode", "subscribe"),
        ("hub.verify_token", "verify-100200300"),
        ("hub.challenge", "1158201444"),
    ];
    crate::fixture::answer(fixture.http.get(&reading.line.hook).query(&query)).await.is(200);
    let body = b"{}".to_vec();
    let signature = fixture.graph.signature(&reading.line.number, &body).unwrap();
    let webhook = fixture.http.post(&reading.line.hook).header("x-hub-signature-256", signature);
    crate::fixture::answer(webhook.header("content-type", "application/json").body(body)).await.is(200);

    let (_, hook) = fixture.connect_telephone(&reading.seat, "3333300").await;
    let address = format!("{}/hooks/{hook}/answer", fixture.origin);
    crate::fixture::answer(fixture.http.get(&address)).await.is(200);
    crate::fixture::answer(fixture.http.post(&address).body("{}")).await.is(200);

    // The stream does not end: the next test reads it.
    for route in ROUTES.iter().filter(|route| route.name != "events") {
        assert!(seen(route.name, route.success), "{} was not asked", route.name);
    }
}

#[tokio::test]
async fn every_event_is_one_that_the_document_names() {
    let fixture = Fixture::start().await;
    let tenant = tenant(&fixture, "100200300").await;
    fixture.writes(&tenant.line, &asha(), "Still there?").await;
    let newest = fixture.crm.ledger().newest_event(&tenant.seat.owner).await.unwrap().0;
    let stream = fixture.http.get(format!("{}/v1/events", fixture.origin)).bearer_auth(&tenant.seat.key);
    let mut bytes = stream.header("last-event-id", "0").send().await.unwrap().bytes_stream();
    let (mut text, mut kinds) = (String::new(), BTreeSet::new());
    let schema = json!({"$ref": "#/components/schemas/DomainEvent"});
    let mut last = 0;
    while last < newest {
        text.push_str(std::str::from_utf8(&bytes.next().await.unwrap().unwrap()).unwrap());
        while let Some((event, rest)) = text.split_once("\n\n") {
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            if let (Some(id), Some(kind), Some(data)) = (field("id:"), field("event:"), field("data:")) {
                let data: Value = serde_json::from_str(data).unwrap();
                assert_eq!(data["type"], kind);
                assert_eq!(CONTRACT.faults(&schema, true, &data), Vec::<String>::new(), "{data}");
                kinds.insert(kind.to_owned());
                last = id.parse().unwrap();
            }
            text = rest.to_owned();
        }
    }
    assert!(kinds.len() > 5, "{kinds:?}");
}

//! Reports from the field about what leaves: sending again, templates in several languages, a token that ran out, voice notes
//! under many names, and what is too long beside a file or inside a template.

use base64::Engine;
use dialzio_core::Role;
use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_whatsapp::emulator::{EmulatedTemplate, Failure};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::field::{Field, reports};
use crate::field_sends::{about, answered, now};
use crate::fixture::{Answer, answer};

/// The sample of the emulator has a template of the name in the file.
const NAME: &str = "order_ready_in_seven";

/// Presses a button of the page, as a member who is signed in.
async fn presses(field: &Field, cookie: &str, path: &str) -> Answer {
    let request = field.fixture.http.post(format!("{}{path}", field.fixture.origin));
    let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
    answer(request.header("x-dialzio-request", "1")).await
}

/// A message that the provider took, and of which nothing more was heard.
async fn taken(field: &Field, talk: &str) -> Value {
    let mut behaviour = field.fixture.graph.behaviour();
    behaviour.auto_deliver = false;
    field.fixture.graph.set_behaviour(behaviour.clone());
    let sent = field.fixture.send(&field.seat, talk, "taken", &json!({"text": "At six."})).await.is(202);
    field.fixture.work().await;
    behaviour.auto_deliver = true;
    field.fixture.graph.set_behaviour(behaviour);
    now(field, &json!({"id": sent.id()})).await
}

async fn signed_in(field: &Field, email: &str) -> String {
    let access = field.fixture.crm.access();
    let email = EmailAddress::parse(email).unwrap();
    let link = access.invite(&field.seat.owner, Some(email), Role::Owner).await.unwrap();
    let name = PersonName::parse("Ravi").unwrap();
    let session =
        access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
    format!("__Host-dialzio_session={}", session.token.reveal())
}

/// How often the provider was asked to send.
fn sends(field: &Field) -> usize {
    let requests = field.fixture.graph.requests();
    requests
        .iter()
        .filter(|request| request.path.ends_with("/messages") && is_send(request.body.as_ref()))
        .count()
}

fn is_send(body: Option<&Value>) -> bool {
    body.is_some_and(|body| body["status"].is_null())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sending_again_is_a_new_message_and_the_failed_one_stays_as_it_is() {
    for report in reports("retry-really-sends") {
        let (field, talk, delivered) = answered(report.place).await;
        let message = taken(&field, &talk).await;
        for body in about(&field, &report, &message) {
            field.post(&body).await;
        }
        field.fixture.work().await;
        let failed = now(&field, &message).await;
        assert_eq!(
            (&failed["status"], &failed["failure"]["code"]),
            (&json!("failed"), &json!("whatsapp.131053"))
        );
        let cookie = signed_in(&field, "ravi@example.com").await;
        let page = |message: &Value| format!("/web/messages/{}/resend", message["id"].as_str().unwrap());
        assert_eq!(presses(&field, &cookie, &page(&delivered)).await.status, 409, "it has arrived");
        let page = page(&message);
        let before = sends(&field);
        let (one, two) = tokio::join!(presses(&field, &cookie, &page), presses(&field, &cookie, &page));
        assert_eq!((one.status, two.status), (200, 200), "{one:?} {two:?}");
        field.fixture.work().await;
        assert_eq!(sends(&field), before + 1, "two clicks send once");
        let path = format!("/v1/conversations/{talk}/messages");
        let all = field.fixture.list(&field.seat, &path).await;
        assert_eq!((all.len(), &all[0]["status"]), (4, &json!("delivered")));
        assert_ne!(all[0]["external_id"], message["external_id"], "another id");
        // What comes late is about the first alone.
        for body in about(&field, &report, &message) {
            field.post(&body).await;
        }
        assert_eq!(now(&field, &all[0]).await["status"], "delivered");
        let failed = now(&field, &message).await;
        assert_eq!(failed["failure"]["code"], "whatsapp.131053", "its reason stays");
        assert!(
            failed["failure"]["detail"].as_str().unwrap().contains("audio/ogg"),
            "with the list of types"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_limit_of_one_person_stopped_is_not_sent_again_at_once() {
    for report in reports("retry-really-sends") {
        let (field, talk, _) = answered(report.place).await;
        let message = taken(&field, &talk).await;
        for mut body in about(&field, &report, &message) {
            let status = &mut body["entry"][0]["changes"][0]["value"]["statuses"][0];
            if status["errors"].is_array() {
                status["errors"] = json!([{"code": 131_049, "title": "Not sent to keep engagement healthy"}]);
            }
            field.post(&body).await;
        }
        field.fixture.work().await;
        let cookie = signed_in(&field, "ravi@example.com").await;
        let page = format!("/web/messages/{}/resend", message["id"].as_str().unwrap());
        let before = sends(&field);
        let refused = presses(&field, &cookie, &page).await;
        assert_eq!(refused.status, 409, "{refused:?}");
        field.fixture.work().await;
        assert_eq!(sends(&field), before);
        field.fixture.clock.advance(chrono::Duration::hours(23));
        let cookie = signed_in(&field, "mira@example.com").await;
        assert_eq!(presses(&field, &cookie, &page).await.status, 409, "a day is waited");
        field.fixture.clock.advance(chrono::Duration::hours(2));
        let cookie = signed_in(&field, "tara@example.com").await;
        let late = String::from_utf8(presses(&field, &cookie, &page).await.bytes.to_vec()).unwrap();
        assert!(late.contains("window.closed"), "only its window is in the way now: {late}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_is_sent_in_the_language_that_is_named_and_in_no_other() {
    for report in reports("same-template-several-languages") {
        let (field, talk, _) = answered(report.place).await;
        let listed: Value = serde_json::from_slice(&report.bytes).unwrap();
        for row in listed["data"].as_array().unwrap() {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            let mut template = EmulatedTemplate::approved(
                NAME,
                &text("language"),
                &text("category"),
                row["components"].clone(),
            );
            template.status = text("status");
            field.fixture.graph.add_template(&field.line.business, template);
        }
        let synced = format!("/v1/accounts/{}/templates/sync", field.line.account);
        let templates = field.fixture.post(&field.seat, &synced, Value::Null).await.is(200).json;
        let ours = templates["data"].as_array().unwrap().iter().filter(|row| row["name"] == NAME);
        let statuses: Vec<_> =
            ours.map(|row| (row["language"].as_str().unwrap(), row["status"].as_str().unwrap())).collect();
        assert_eq!(statuses.len(), 7, "{statuses:?}");
        for (language, status) in statuses {
            let body = json!({"template": {"name": NAME, "language": language, "parameters": {"1": "12"}}});
            let answer = field.fixture.send(&field.seat, &talk, &format!("in-{language}"), &body).await;
            if status == "approved" {
                answer.is(202);
                field.fixture.work().await;
                let last = field
                    .fixture
                    .graph
                    .requests()
                    .into_iter()
                    .rfind(|request| is_send(request.body.as_ref()));
                assert_eq!(last.unwrap().body.unwrap()["template"]["language"]["code"], language);
            } else {
                assert!((400..500).contains(&answer.status), "{language} is {status}: {answer:?}");
            }
        }
        let unnamed = json!({"template": {"name": NAME, "parameters": {"1": "12"}}});
        assert_eq!(field.fixture.send(&field.seat, &talk, "unnamed", &unnamed).await.status, 422);
        let other = json!({"template": {"name": NAME, "language": "pt", "parameters": {"1": "12"}}});
        assert!((400..500).contains(&field.fixture.send(&field.seat, &talk, "pt", &other).await.status));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_messages_wait_for_a_new_token_and_leave_once_each() {
    for report in reports("token-expired") {
        let read: Value = serde_json::from_slice(&report.bytes).unwrap();
        assert_eq!(read["answer"]["body"]["error"]["code"], 190);
        let (field, talk, _) = answered(report.place).await;
        field.fixture.graph.fail_next_send(Failure::Unauthorized);
        let mut queued = Vec::new();
        for number in 0..10 {
            let body = json!({"text": format!("Part {number}")});
            queued.push(
                field.fixture.send(&field.seat, &talk, &format!("k{number}x"), &body).await.is(202).id(),
            );
        }
        let before = sends(&field);
        field.fixture.work().await;
        assert_eq!(sends(&field), before + 1, "the provider was asked once");
        for id in &queued {
            let message = now(&field, &json!({"id": id})).await;
            assert_eq!(message["status"], "queued", "it waits: {message}");
            assert_eq!(message["failure"]["code"], "whatsapp.190", "and says why: {message}");
        }
        let account = format!("/v1/accounts/{}", field.line.account);
        let shown = field.fixture.get(&field.seat, &account).await.is(200).json;
        assert_eq!(shown["state"], "needs_login");
        assert!(shown["problem"]["at"].is_string() && shown["problem"]["code"] == "whatsapp.190", "{shown}");
        // What comes in goes on.
        field.fixture.writes(&field.line, &crate::fixture::asha(), "Are you there?").await;
        let token = json!({"token": format!("token-of-{}", field.line.number)});
        field.fixture.post(&field.seat, &format!("{account}/check"), token).await.is(200);
        field.fixture.work().await;
        for id in &queued {
            let message = now(&field, &json!({"id": id})).await;
            assert_eq!((&message["status"], &message["failure"]), (&json!("delivered"), &Value::Null));
            assert_eq!(field.fixture.times_sent(id), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_note_is_what_its_bytes_are_under_any_name() {
    for report in reports("opus-voice-note") {
        let (field, talk, _) = answered(report.place).await;
        let read: Value = serde_json::from_slice(&report.bytes).unwrap();
        let sound =
            base64::engine::general_purpose::STANDARD.decode(read["file_base64"].as_str().unwrap()).unwrap();
        for case in read["cases"].as_array().unwrap() {
            let text = |name: &str| case[name].as_str().unwrap().to_owned();
            let part =
                Part::bytes(sound.clone()).file_name(text("filename")).mime_str(&text("declared")).unwrap();
            let sent = attaches(&field, &talk, &text("id"), Form::new().part("file", part)).await.is(202);
            field.fixture.work().await;
            let message = now(&field, &json!({"id": sent.id()})).await;
            assert_eq!(message["status"], "delivered", "{case}");
            let last =
                field.fixture.graph.requests().into_iter().rfind(|request| is_send(request.body.as_ref()));
            let body = last.unwrap().body.unwrap();
            assert_eq!(body["type"], "audio", "{case}: {body}");
            let (mime, kept) = field.fixture.graph.media(body["audio"]["id"].as_str().unwrap()).unwrap();
            assert_eq!((mime.split(';').next().unwrap(), &kept[..]), ("audio/ogg", &sound[..]), "{case}");
            assert_eq!(message["file"]["sha256"], read["sha256"], "{case}");
        }
    }
}

async fn attaches(field: &Field, talk: &str, key: &str, form: Form) -> Answer {
    let path = format!("{}/v1/conversations/{talk}/files", field.fixture.origin);
    let request = field.fixture.http.post(path).bearer_auth(&field.seat.key).header("idempotency-key", key);
    answer(request.multipart(form)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_long_beside_a_file_or_in_a_template_is_refused_before_it_leaves() {
    for report in reports("length-limits") {
        let (field, talk, _) = answered(report.place).await;
        let sync = format!("/v1/accounts/{}/templates/sync", field.line.account);
        field.fixture.post(&field.seat, &sync, Value::Null).await.is(200);
        let read: Value = serde_json::from_slice(&report.bytes).unwrap();
        let mut seen = 0;
        for case in read["cases"].as_array().unwrap() {
            let (id, kind) = (case["id"].as_str().unwrap(), case["kind"].as_str().unwrap());
            let times = usize::try_from(case["times"].as_u64().unwrap()).unwrap();
            let text = case["char"].as_str().unwrap().repeat(times);
            let before = field.messages().await.len();
            let (answer, pointer) = match kind {
                "caption" => {
                    let part = Part::bytes(&b"%PDF-1.7 a quote"[..]).file_name("quote.pdf");
                    let form = Form::new().part("file", part).text("caption", text.clone());
                    (attaches(&field, &talk, id, form).await, "/caption")
                }
                "template_body_parameter" => {
                    let listed = format!("/v1/accounts/{}/templates", field.line.account);
                    let listed = field.fixture.get(&field.seat, &listed).await.is(200).json;
                    let has_parameters = |row: &&Value| {
                        row["status"] == "approved"
                            && row["category"] == "utility"
                            && row["parameters"].as_array().is_some_and(|names| !names.is_empty())
                    };
                    let row = listed["data"].as_array().unwrap().iter().find(has_parameters).unwrap();
                    let names = row["parameters"].as_array().unwrap().iter();
                    let given: serde_json::Map<String, Value> =
                        names.map(|name| (name.as_str().unwrap().to_owned(), json!(text))).collect();
                    let body = json!({"template": {"name": row["name"], "language": row["language"], "parameters": given}});
                    (field.fixture.send(&field.seat, &talk, id, &body).await, "characters, at most")
                }
                _ => continue,
            };
            seen += 1;
            if case["ok"] == true {
                let sent = answer.is(202);
                field.fixture.work().await;
                assert_eq!(now(&field, &json!({"id": sent.id()})).await["text"], *text, "{id}: whole");
            } else {
                assert_eq!(answer.status, 422, "{id}: {answer:?}");
                let said = answer.json.to_string();
                assert!(said.contains(pointer) && said.contains("1024"), "{id}: {said}");
                assert_eq!(field.messages().await.len(), before, "{id}: nothing is kept");
            }
        }
        assert_eq!(seen, 3, "two captions and a parameter");
    }
}

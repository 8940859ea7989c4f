//! Files out: through the API, sealed on the way, up to the provider, and by its id to the person.

use dialzio_http::routes::ROUTES;
use dialzio_whatsapp::emulator::Party;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Line, Seat, answer, asha};

const PDF: &[u8] = b"%PDF-1.7 a quote for forty pots";

/// A shop with one line, and a customer who has written.
async fn shop() -> (Fixture, Seat, Line, String) {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "Can you send a quote?").await;
    let conversation = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
    (fixture, seat, line, conversation)
}

fn form(bytes: impl Into<std::borrow::Cow<'static, [u8]>>, name: &str, caption: Option<&str>) -> Form {
    let form = Form::new().part("file", Part::bytes(bytes).file_name(name.to_owned()));
    match caption {
        Some(words) => form.text("caption", words.to_owned()),
        None => form,
    }
}

async fn send(fixture: &Fixture, seat: &Seat, conversation: &str, key: &str, form: Form) -> Answer {
    let request = fixture
        .http
        .post(format!("{}/v1/conversations/{conversation}/files", fixture.origin))
        .bearer_auth(&seat.key)
        .header("idempotency-key", key)
        .multipart(form);
    answer(request).await
}

#[tokio::test]
async fn a_file_reaches_the_person_once_and_reads_back_the_same() {
    let (fixture, seat, line, conversation) = shop().await;
    let one = || form(PDF, "quote.pdf", Some("As agreed"));
    let sent = send(&fixture, &seat, &conversation, "k1", one()).await.is(202);
    assert_eq!(
        (sent.json["kind"].as_str(), sent.json["text"].as_str()),
        (Some("document"), Some("As agreed"))
    );
    let again = send(&fixture, &seat, &conversation, "k1", one()).await.is(202);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.id(), sent.id());
    let other = send(&fixture, &seat, &conversation, "k1", form(PDF, "quote.pdf", Some("Not agreed"))).await;
    assert_eq!(other.problem(422), "idempotency.key_reused");
    fixture.work().await;
    assert_eq!(fixture.times_sent(&sent.id()), 1);
    let shown = fixture.graph.transcript(&line.number, &asha()).pop().unwrap();
    assert_eq!((shown.from, shown.bubble.text.as_str()), (Party::Business, "As agreed"));
    let media = shown.bubble.media.unwrap();
    assert_eq!(media.filename.as_deref(), Some("quote.pdf"));
    let (mime, bytes) = fixture.graph.media(media.id.as_deref().unwrap()).unwrap();
    assert_eq!((mime.as_str(), &bytes[..]), ("application/pdf", PDF));
    let message = fixture.get(&seat, &format!("/v1/messages/{}", sent.id())).await.is(200).json;
    assert_eq!(message["status"], "delivered");
    let file = message["content"]["media"].as_str().unwrap();
    let read = fixture.get(&seat, &format!("/v1/media/{file}")).await.is(200);
    assert_eq!(&read.bytes[..], PDF);
    assert!(read.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let lies_open = std::fs::read_dir(fixture.folder.path().join("blobs")).unwrap().count();
    assert!(lies_open > 0, "there is a blob folder to look into");
    assert!(!holds(fixture.folder.path(), b"forty pots"), "the file lies open on the disk");
}

/// Whether any file below a folder holds these bytes.
fn holds(folder: &std::path::Path, wanted: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return holds(&path, wanted);
        }
        std::fs::read(&path).unwrap().windows(wanted.len()).any(|part| part == wanted)
    })
}

#[tokio::test]
async fn what_does_not_fit_is_refused_in_words_and_leaves_nothing() {
    let (fixture, seat, line, conversation) = shop().await;
    let mut large = PDF.to_vec();
    large.resize(104 << 20, b' ');
    let refused = send(&fixture, &seat, &conversation, "k1", form(large, "catalogue.pdf", None)).await;
    assert_eq!(refused.json["detail"], "Not sent: 104 MB is over WhatsApp’s 100 MB limit for documents");
    assert_eq!(refused.problem(413), "file.too_large");
    let page = form(&b"<!DOCTYPE html><script>alert(1)</script>"[..], "price.pdf", None);
    assert_eq!(send(&fixture, &seat, &conversation, "k2", page).await.problem(415), "file.type");
    let nothing = form(&b""[..], "a.pdf", None);
    assert_eq!(send(&fixture, &seat, &conversation, "k3", nothing).await.problem(422), "file.empty");
    let no_file = Form::new().text("caption", "As agreed");
    assert_eq!(send(&fixture, &seat, &conversation, "k4", no_file).await.problem(422), "input.invalid");
    let two = form(PDF, "a.pdf", None).part("file", Part::bytes(PDF).file_name("b.pdf"));
    assert_eq!(send(&fixture, &seat, &conversation, "k5", two).await.problem(422), "input.invalid");
    let mut enormous = PDF.to_vec();
    enormous.resize(129 << 20, b' ');
    let declared = fixture
        .http
        .post(format!("{}/v1/conversations/{conversation}/files", fixture.origin))
        .bearer_auth(&seat.key)
        .header("idempotency-key", "k6")
        .multipart(form(enormous, "a.pdf", None))
        .send()
        .await;
    // The server may hang up on what it does not want to read to its end.
    assert!(declared.is_err() || declared.unwrap().status() == 413);
    let without_key = fixture
        .http
        .post(format!("{}/v1/conversations/{conversation}/files", fixture.origin))
        .bearer_auth(&seat.key)
        .multipart(form(PDF, "a.pdf", None));
    assert_eq!(answer(without_key).await.problem(400), "idempotency.key_missing");
    fixture.work().await;
    assert_eq!(fixture.graph.transcript(&line.number, &asha()).len(), 1, "only what the person wrote");
    let stored = fixture.crm.media().of(&seat.owner, &[]).await.unwrap();
    assert!(stored.is_empty());
    assert_eq!(fixture.list(&seat, &format!("/v1/conversations/{conversation}/messages")).await.len(), 1);
}

#[tokio::test]
async fn a_file_after_the_window_or_an_opt_out_is_refused_as_any_reply() {
    let (fixture, seat, line, conversation) = shop().await;
    fixture.clock.advance(chrono::TimeDelta::hours(25));
    let late = send(&fixture, &seat, &conversation, "k1", form(PDF, "quote.pdf", None)).await;
    assert_eq!(late.problem(403), "window.closed");
    // Queued in time, and shut before the worker comes to it: it does not even go up.
    fixture.writes(&line, &asha(), "Still there?").await;
    let queued = send(&fixture, &seat, &conversation, "k2", form(PDF, "quote.pdf", None)).await.is(202);
    fixture.clock.advance(chrono::TimeDelta::hours(25));
    let uploads = fixture.graph.requests().len();
    fixture.work().await;
    assert_eq!(fixture.graph.requests().len(), uploads, "nothing was asked of the provider");
    let message = fixture.get(&seat, &format!("/v1/messages/{}", queued.id())).await.is(200).json;
    assert_eq!(
        (message["status"].as_str(), message["failure"]["code"].as_str()),
        (Some("suppressed"), Some("window.closed"))
    );
}

#[tokio::test]
async fn what_may_be_sent_is_described() {
    let (fixture, seat, _, conversation) = shop().await;
    let capabilities =
        fixture.get(&seat, &format!("/v1/conversations/{conversation}/permissions")).await.is(200).json;
    let kinds = capabilities["files"].as_array().unwrap();
    let document = kinds.iter().find(|kind| kind["kind"] == "document").unwrap();
    assert_eq!(document["largest_bytes"], 100 << 20);
    assert!(document["types"].as_array().unwrap().contains(&json!("application/pdf")));
    let described = fixture.call(None, "GET", "/openapi.json", &Value::Null).await.is(200).json;
    let route = ROUTES.iter().find(|route| route.name == "messages.send_file").unwrap();
    let operation = &described["paths"][route.path]["post"];
    let body = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["$ref"].as_str().unwrap();
    let body = described.pointer(&body[1..]).unwrap();
    assert_eq!(body["required"], json!(["file"]));
    let names: Vec<&str> =
        operation["parameters"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"Idempotency-Key"), "{names:?}");
}

//! What the emulated Graph answers to requests that are right.

use serde_json::{Value, json};

use crate::fixture::{ASHA, Fixture, NUMBER, TOKEN, WABA, to_asha, wamid};

#[tokio::test]
async fn every_message_type_is_accepted() {
    let fixture = Fixture::new().await;
    let hello = fixture.open_window().await;
    let upload = async |mime: &str| {
        let (status, answer) = fixture.upload(mime, vec![1, 2, 3]).await;
        assert_eq!(status, 200, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    };
    let (picture, clip) = (upload("image/png").await, upload("video/mp4").await);
    let (voice, paper) = (upload("audio/ogg; codecs=opus").await, upload("application/pdf").await);
    let sticker = upload("image/webp").await;
    let messages = vec![
        to_asha("text", json!({"body": "See https://shop.example", "preview_url": true})),
        to_asha("image", json!({"id": picture, "caption": "Our shop"})),
        to_asha("image", json!({"link": "https://shop.example/a.png"})),
        to_asha("video", json!({ "id": clip })),
        to_asha("audio", json!({"id": voice, "voice": true})),
        to_asha("document", json!({"id": paper, "filename": "invoice.pdf", "caption": "Invoice"})),
        to_asha("sticker", json!({ "id": sticker })),
        to_asha("location", json!({"latitude": "13.08", "longitude": 80.27, "name": "Shop"})),
        to_asha(
            "contacts",
            json!([{"name": {"formatted_name": "Ravi K", "first_name": "Ravi"},
                    "phones": [{"phone": "+919876500002", "type": "WORK"}]}]),
        ),
        to_asha("reaction", json!({"message_id": hello, "emoji": "👍🏽"})),
        to_asha("reaction", json!({"message_id": hello, "emoji": ""})),
        to_asha(
            "interactive",
            json!({"type": "button", "header": {"type": "image", "image": {"id": picture}},
                   "body": {"text": "Which?"}, "footer": {"text": "Green Leaf"},
                   "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]}}),
        ),
        to_asha(
            "interactive",
            json!({"type": "list", "body": {"text": "Which?"}, "action": {"button": "Choose", "sections": [
                {"title": "Plants", "rows": [{"id": "1", "title": "Fern", "description": "Likes shade"}]}]}}),
        ),
        to_asha(
            "interactive",
            json!({"type": "cta_url", "body": {"text": "Look"}, "action": {"name": "cta_url",
                   "parameters": {"display_text": "Open", "url": "https://shop.example"}}}),
        ),
        to_asha(
            "interactive",
            json!({"type": "location_request_message", "body": {"text": "Where are you?"},
                   "action": {"name": "send_location"}}),
        ),
        to_asha("template", json!({"name": "weekend_offer", "language": {"code": "en"}})),
        to_asha(
            "template",
            json!({"name": "appointment", "language": {"code": "en"}, "components": [
                {"type": "body", "parameters": [
                    {"type": "text", "parameter_name": "day", "text": "Monday"},
                    {"type": "text", "parameter_name": "first_name", "text": "Asha"}]},
                {"type": "button", "sub_type": "quick_reply", "index": "0",
                 "parameters": [{"type": "payload", "payload": "come"}]}]}),
        ),
    ];
    for message in messages {
        let (status, answer) = fixture.send(message.clone()).await;
        assert_eq!(status, 200, "{message} {answer}");
        assert_eq!(answer["contacts"][0]["wa_id"], ASHA);
        assert!(answer["messages"][0]["id"].as_str().unwrap().starts_with("wamid."));
        let is_template = message["type"] == "template";
        assert_eq!(answer["messages"][0]["message_status"] == "accepted", is_template);
    }
}

#[tokio::test]
async fn a_template_is_shown_filled_in() {
    let fixture = Fixture::new().await;
    let (_, answer) = fixture
        .send(to_asha(
            "template",
            json!({"name": "order_ready", "language": {"code": "ta"}, "components": [
                {"type": "header", "parameters": [{"type": "text", "text": "A17"}]},
                {"type": "body", "parameters": [{"type": "text", "text": "ஆஷா"}, {"type": "text", "text": "6"}]},
                {"type": "button", "sub_type": "url", "index": 0, "parameters": [{"type": "text", "text": "A17"}]}]}),
        ))
        .await;
    let shown = fixture.graph.transcript(NUMBER, &fixture.asha());
    assert_eq!(shown[0].wamid, wamid(&answer));
    assert_eq!(shown[0].bubble.header.as_deref(), Some("ஆர்டர் A17"));
    assert!(shown[0].bubble.text.starts_with("வணக்கம் ஆஷா,"), "{}", shown[0].bubble.text);
    assert_eq!(shown[0].bubble.buttons[0].id, "https://shop.example/o/A17");
}

#[tokio::test]
async fn a_phone_address_wins_over_a_user_id() {
    let fixture = Fixture::new().await;
    fixture.open_window().await;
    let mut message = to_asha("text", json!({"body": "Hi"}));
    message["recipient"] = json!("IN.8812");
    let (_, answer) = fixture.send(message).await;
    assert_eq!(answer["contacts"][0]["input"], ASHA);
}

#[tokio::test]
async fn a_file_goes_up_is_looked_up_comes_down_and_goes_away() {
    let fixture = Fixture::new().await;
    let (_, uploaded) = fixture.upload("image/png", b"not really a picture".to_vec()).await;
    let id = uploaded["id"].as_str().unwrap();
    let (_, facts) = fixture.get(id).await;
    assert_eq!(facts["file_size"], 20);
    assert_eq!(facts["sha256"].as_str().unwrap().len(), 64);
    let url = facts["url"].as_str().unwrap();

    let down = async |url: &str, token: Option<&str>, http: &reqwest::Client| {
        let mut request = http.get(url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap()
    };
    let answer = down(url, Some(TOKEN), &fixture.http).await;
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert_eq!(answer.bytes().await.unwrap(), "not really a picture");
    assert_eq!(down(url, None, &fixture.http).await.status(), 401);
    assert_eq!(down(&url.replace("ext=1", "ext=2"), Some(TOKEN), &fixture.http).await.status(), 404);
    fixture.advance(301);
    assert_eq!(down(url, Some(TOKEN), &fixture.http).await.status(), 404);

    let deleted = fixture.http.delete(fixture.url(id)).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(deleted.json::<Value>().await.unwrap(), json!({"success": true}));
    assert_eq!(fixture.get(id).await.1["error"]["code"], 100);
}

#[tokio::test]
async fn a_download_without_user_agent_is_refused() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let fixture = Fixture::new().await;
    let (_, uploaded) = fixture.upload("image/png", vec![1]).await;
    let (_, facts) = fixture.get(uploaded["id"].as_str().unwrap()).await;
    let url = url::Url::parse(facts["url"].as_str().unwrap()).unwrap();
    let mut tcp = tokio::net::TcpStream::connect(url.socket_addrs(|| None).unwrap()[0]).await.unwrap();
    let request = format!(
        "GET {}?{} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n",
        url.path(),
        url.query().unwrap()
    );
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}

#[tokio::test]
async fn templates_are_listed_in_pages() {
    let fixture = Fixture::new().await;
    let mut next = fixture.url(&format!("{WABA}/message_templates?fields=name,language,status&limit=2"));
    let mut names = Vec::new();
    loop {
        let page: Value =
            fixture.http.get(&next).bearer_auth(TOKEN).send().await.unwrap().json().await.unwrap();
        for row in page["data"].as_array().unwrap() {
            names.push(format!("{}/{}", row["name"].as_str().unwrap(), row["language"].as_str().unwrap()));
            assert!(row.get("components").is_none());
        }
        match page["paging"]["next"].as_str() {
            Some(url) => next = url.to_owned(),
            None => break,
        }
    }
    assert_eq!(names.len(), 7);
    assert!(names.contains(&"order_ready/ta".to_owned()));
}

#[tokio::test]
async fn a_number_tells_its_facts() {
    let fixture = Fixture::new().await;
    let (_, facts) = fixture.get(&format!("{NUMBER}?fields=display_phone_number,status")).await;
    assert_eq!(facts, json!({"id": NUMBER, "display_phone_number": "+914412345678", "status": "CONNECTED"}));
    let (_, list) = fixture.get(&format!("{WABA}/phone_numbers?fields=verified_name")).await;
    assert_eq!(list["data"][0]["verified_name"], "Green Leaf Nursery");
    let (status, _) = fixture.get(&format!("{NUMBER}?fields=shoe_size")).await;
    assert_eq!(status, 400);
    // Without a version the same object answers.
    let plain = format!("{}{NUMBER}", fixture.graph.base_url());
    assert_eq!(fixture.http.get(plain).bearer_auth(TOKEN).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn requests_are_recorded_without_tokens() {
    let fixture = Fixture::new().await;
    let mut message = to_asha("text", json!({"body": "Hi"}));
    message["biz_opaque_callback_data"] = json!("own-1");
    fixture.send(message.clone()).await;
    let seen = fixture.graph.requests();
    assert_eq!(seen[0].path, format!("/{NUMBER}/messages"));
    assert_eq!(seen[0].version.as_deref(), Some("v25.0"));
    assert_eq!(seen[0].opaque_id.as_deref(), Some("own-1"));
    assert_eq!(seen[0].status, Some(200));
    assert_eq!(seen[0].body.as_ref(), Some(&message));
    assert!(!format!("{seen:?}").contains(TOKEN));
    assert_eq!(fixture.graph.sends_by_opaque_id()["own-1"], 1);
}

#[tokio::test]
async fn marketing_messages_take_marketing_templates_only() {
    let fixture = Fixture::new().await;
    let path = format!("{NUMBER}/marketing_messages");
    let offer = to_asha("template", json!({"name": "weekend_offer", "language": {"code": "en"}}));
    assert_eq!(fixture.post(&path, &offer).await.0, 200);
    let (_, answer) = fixture.post(&path, &to_asha("text", json!({"body": "Hi"}))).await;
    assert_eq!(answer["error"]["code"], 100);
}

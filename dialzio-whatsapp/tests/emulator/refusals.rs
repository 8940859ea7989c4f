//! A table of malformed requests, each with the code that refuses it.

use serde_json::{Value, json};

use crate::fixture::{ASHA, Fixture, NUMBER, SENDER, to_asha, wamid};

struct Malformed {
    name: &'static str,
    body: Value,
    code: u32,
    status: u16,
}

fn malformed(name: &'static str, body: Value, code: u32) -> Malformed {
    Malformed { name, body, code, status: if code == 132_001 { 404 } else { 400 } }
}

#[allow(clippy::needless_pass_by_value, reason = "the table reads better")]
fn template(name: &str, language: &str, components: Value) -> Value {
    to_asha("template", json!({"name": name, "language": {"code": language}, "components": components}))
}

fn body_text(values: &[&str]) -> Value {
    let parameters: Vec<Value> = values.iter().map(|text| json!({"type": "text", "text": text})).collect();
    json!({"type": "body", "parameters": parameters})
}

fn order_header() -> Value {
    json!({"type": "header", "parameters": [{"type": "text", "text": "A17"}]})
}

fn track(suffix: &str) -> Value {
    json!({"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": suffix}]})
}

#[allow(clippy::needless_pass_by_value, reason = "the table reads better")]
fn buttons(buttons: Value) -> Value {
    to_asha(
        "interactive",
        json!({"type": "button", "body": {"text": "Which?"}, "action": {"buttons": buttons}}),
    )
}

fn reply(id: &str, title: &str) -> Value {
    json!({"type": "reply", "reply": {"id": id, "title": title}})
}

fn rows(count: usize) -> Value {
    let rows: Vec<Value> =
        (0..count).map(|row| json!({"id": format!("r{row}"), "title": format!("Row {row}")})).collect();
    to_asha(
        "interactive",
        json!({"type": "list", "body": {"text": "Which?"},
               "action": {"button": "Choose", "sections": [{"title": "All", "rows": rows}]}}),
    )
}

fn malformed_requests(picture: &str) -> Vec<Malformed> {
    let long = |length: usize| "x".repeat(length);
    let text = |body: &str| to_asha("text", json!({ "body": body }));
    vec![
        malformed("no messaging_product", json!({"to": ASHA, "type": "text", "text": {"body": "Hi"}}), 100),
        malformed(
            "another messaging_product",
            json!({"messaging_product": "telegram", "to": ASHA, "type": "text", "text": {"body": "Hi"}}),
            100,
        ),
        malformed("not an object", json!([1, 2]), 100),
        malformed(
            "no recipient",
            json!({"messaging_product": "whatsapp", "type": "text", "text": {"body": "Hi"}}),
            131_008,
        ),
        malformed(
            "recipient with letters",
            json!({"messaging_product": "whatsapp", "to": "Asha", "type": "text", "text": {"body": "Hi"}}),
            131_009,
        ),
        malformed(
            "user id as a phone",
            json!({"messaging_product": "whatsapp", "to": "IN.8812", "type": "text", "text": {"body": "Hi"}}),
            131_009,
        ),
        malformed(
            "phone as a user id",
            json!({"messaging_product": "whatsapp", "recipient": ASHA, "type": "text", "text": {"body": "Hi"}}),
            131_009,
        ),
        malformed(
            "unknown user id",
            json!({"messaging_product": "whatsapp", "recipient": "IN.1", "type": "text", "text": {"body": "Hi"}}),
            131_026,
        ),
        malformed(
            "recipient equals sender",
            json!({"messaging_product": "whatsapp", "to": SENDER, "type": "text", "text": {"body": "Hi"}}),
            131_021,
        ),
        malformed(
            "a group without members",
            json!({"messaging_product": "whatsapp", "recipient_type": "group", "to": "g1", "type": "text",
                   "text": {"body": "Hi"}}),
            131_041,
        ),
        malformed("unknown type", to_asha("hologram", json!({})), 131_051),
        malformed(
            "type without its content",
            json!({"messaging_product": "whatsapp", "to": ASHA, "type": "image", "text": {"body": "Hi"}}),
            100,
        ),
        malformed("empty text", text(""), 100),
        malformed("blank text", text("  \n"), 100),
        malformed("text too long", text(&long(4097)), 100),
        malformed("misspelt key", to_asha("text", json!({"body": "Hi", "preview": true})), 100),
        malformed("text that is a number", to_asha("text", json!({"body": 5})), 100),
        malformed(
            "opaque data too long",
            {
                let mut message = text("Hi");
                message["biz_opaque_callback_data"] = json!(long(513));
                message
            },
            100,
        ),
        malformed(
            "context without id",
            {
                let mut message = text("Hi");
                message["context"] = json!({});
                message
            },
            100,
        ),
        malformed("media without id or link", to_asha("image", json!({"caption": "Hi"})), 100),
        malformed(
            "media with id and link",
            to_asha("image", json!({"id": picture, "link": "https://shop.example/a.png"})),
            100,
        ),
        malformed("unknown media id", to_asha("image", json!({"id": "404"})), 100),
        malformed("picture sent as audio", to_asha("audio", json!({ "id": picture })), 131_053),
        malformed("link that is none", to_asha("image", json!({"link": "not a link"})), 100),
        malformed("caption on audio", to_asha("audio", json!({"id": "404", "caption": "Hi"})), 100),
        malformed("caption on a sticker", to_asha("sticker", json!({"id": "404", "caption": "Hi"})), 100),
        malformed("caption too long", to_asha("image", json!({"id": picture, "caption": long(1025)})), 100),
        malformed("place without longitude", to_asha("location", json!({"latitude": 13.08})), 100),
        malformed("place off the map", to_asha("location", json!({"latitude": 91, "longitude": 0})), 131_009),
        malformed("no cards", to_asha("contacts", json!([])), 131_009),
        malformed(
            "card with nothing but the whole name",
            to_asha("contacts", json!([{"name": {"formatted_name": "Ravi"}}])),
            131_009,
        ),
        malformed("reaction without target", to_asha("reaction", json!({"emoji": "👍"})), 100),
        malformed(
            "reaction in words",
            to_asha("reaction", json!({"message_id": "wamid.X", "emoji": "ok"})),
            131_009,
        ),
        malformed("no buttons", buttons(json!([])), 131_009),
        malformed(
            "four buttons",
            buttons(json!([reply("1", "a"), reply("2", "b"), reply("3", "c"), reply("4", "d")])),
            131_009,
        ),
        malformed("button title too long", buttons(json!([reply("1", &long(21))])), 131_009),
        malformed("button title empty", buttons(json!([reply("1", "")])), 131_009),
        malformed("button id too long", buttons(json!([reply(&long(257), "a")])), 131_009),
        malformed("duplicate button ids", buttons(json!([reply("1", "a"), reply("1", "b")])), 131_009),
        malformed("eleven rows", rows(11), 131_009),
        malformed("no rows", rows(0), 131_009),
        malformed(
            "list header with a picture",
            {
                let mut message = rows(1);
                message["interactive"]["header"] = json!({"type": "image", "image": {"id": picture}});
                message
            },
            131_009,
        ),
        malformed(
            "two sections, one without title",
            to_asha(
                "interactive",
                json!({"type": "list", "body": {"text": "Which?"}, "action": {"button": "Choose", "sections": [
                    {"title": "A", "rows": [{"id": "1", "title": "One"}]},
                    {"rows": [{"id": "2", "title": "Two"}]}]}}),
            ),
            131_009,
        ),
        malformed(
            "interactive without body",
            to_asha("interactive", json!({"type": "button", "action": {"buttons": [reply("1", "a")]}})),
            100,
        ),
        malformed(
            "link button to a file",
            to_asha(
                "interactive",
                json!({"type": "cta_url", "body": {"text": "Look"}, "action": {"name": "cta_url",
                       "parameters": {"display_text": "Open", "url": "file:///etc/passwd"}}}),
            ),
            131_009,
        ),
        malformed("unknown template", template("no_such", "en", json!([])), 132_001),
        malformed("template in another language", template("order_ready", "en_US", json!([])), 132_001),
        malformed("paused template", template("come_back", "en", json!([])), 132_015),
        malformed(
            "too few parameters",
            template("order_ready", "en", json!([order_header(), body_text(&["Asha"]), track("A17")])),
            132_000,
        ),
        malformed(
            "parameters for a text without variables",
            template("weekend_offer", "en", json!([body_text(&["Asha"])])),
            132_000,
        ),
        malformed(
            "button parameter missing",
            template("order_ready", "en", json!([order_header(), body_text(&["Asha", "6 pm"])])),
            131_008,
        ),
        malformed(
            "button that the template does not have",
            template(
                "order_ready",
                "en",
                json!([order_header(), body_text(&["Asha", "6 pm"]), track("A17"),
                    {"type": "button", "sub_type": "url", "index": 1, "parameters": [{"type": "text", "text": "x"}]}]),
            ),
            132_018,
        ),
        malformed(
            "empty parameter",
            template("order_ready", "en", json!([order_header(), body_text(&["", "6 pm"]), track("A17")])),
            131_008,
        ),
        malformed(
            "line break in a parameter",
            template(
                "order_ready",
                "en",
                json!([order_header(), body_text(&["A\nB", "6 pm"]), track("A17")]),
            ),
            132_018,
        ),
        malformed(
            "text too long after substitution",
            template(
                "order_ready",
                "en",
                json!([order_header(), body_text(&[&long(1020), "6 pm"]), track("A17")]),
            ),
            132_005,
        ),
        malformed(
            "positional parameters for a named template",
            template("appointment", "en", json!([body_text(&["Asha", "Monday"])])),
            132_012,
        ),
        malformed(
            "named parameters for a positional template",
            template(
                "order_ready",
                "en",
                json!([order_header(), track("A17"), {"type": "body", "parameters": [
                    {"type": "text", "parameter_name": "first_name", "text": "Asha"},
                    {"type": "text", "parameter_name": "hour", "text": "6 pm"}]}]),
            ),
            132_012,
        ),
        malformed(
            "a name that the template does not have",
            template(
                "appointment",
                "en",
                json!([{"type": "body", "parameters": [
                    {"type": "text", "parameter_name": "first_name", "text": "Asha"},
                    {"type": "text", "parameter_name": "hour", "text": "6 pm"}]}]),
            ),
            132_008,
        ),
        malformed(
            "header picture missing",
            template("new_season", "en", json!([body_text(&["Asha"])])),
            132_012,
        ),
        malformed(
            "header of another kind",
            template(
                "new_season",
                "en",
                json!([body_text(&["Asha"]), {"type": "header", "parameters": [
                    {"type": "video", "video": {"link": "https://shop.example/a.mp4"}}]}]),
            ),
            132_012,
        ),
        malformed(
            "code without its button",
            template("login_code", "en", json!([body_text(&["123456"])])),
            131_008,
        ),
        malformed(
            "code too long",
            template(
                "login_code",
                "en",
                json!([body_text(&["1234567890123456"]), track("1234567890123456")]),
            ),
            132_008,
        ),
    ]
}

#[tokio::test]
async fn each_malformed_request_is_refused_with_its_code() {
    let fixture = Fixture::new().await;
    fixture.open_window().await;
    let (_, uploaded) = fixture.upload("image/png", vec![1, 2, 3]).await;
    let table = malformed_requests(uploaded["id"].as_str().unwrap());
    assert!(table.len() >= 30);
    for Malformed { name, body, code, status } in table {
        let (answered, answer) = fixture.send(body).await;
        assert_eq!(answer["error"]["code"], code, "{name}: {answer}");
        assert_eq!(answered, status, "{name}: {answer}");
        assert!(answer["error"]["fbtrace_id"].is_string(), "{name}");
    }
    fixture.graph.idle().await;
    assert!(fixture.graph.sends_by_opaque_id().is_empty());
    assert!(fixture.ear.values().iter().all(|value| value.get("statuses").is_none()));
}

#[tokio::test]
async fn a_code_needs_a_phone_number() {
    let fixture = Fixture::new().await;
    let hidden = dialzio_whatsapp::emulator::CustomerIdentity::without_phone("IN.8812", "Meena");
    fixture
        .graph
        .customer_sends(NUMBER, &hidden, dialzio_whatsapp::emulator::CustomerMessage::text("Hi"))
        .unwrap();
    let mut message = template("login_code", "en", json!([body_text(&["123456"]), track("123456")]));
    let (_, answer) = fixture.send(message.clone()).await;
    wamid(&answer);
    message.as_object_mut().unwrap().remove("to");
    message["recipient"] = json!("IN.8812");
    let (status, answer) = fixture.send(message).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(131_062)));
}

#[tokio::test]
async fn tokens_and_objects_are_checked_before_the_message() {
    let fixture = Fixture::new().await;
    let hello = to_asha("text", json!({"body": "Hi"}));
    let url = fixture.url(&format!("{NUMBER}/messages"));
    let ask = async |request: reqwest::RequestBuilder| {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        (status, body["error"]["code"].as_u64().unwrap(), body["error"]["error_subcode"].as_u64())
    };
    let wrong = fixture.http.post(&url).bearer_auth("wrong").json(&hello);
    assert_eq!(ask(wrong).await, (401, 190, Some(467)));
    assert_eq!(ask(fixture.http.post(&url).json(&hello)).await, (401, 0, None));
    let (_, answer) = fixture.post("404/messages", &hello).await;
    assert_eq!((&answer["error"]["code"], &answer["error"]["error_subcode"]), (&json!(100), &json!(33)));
    let broken = fixture.http.post(&url).bearer_auth(crate::fixture::TOKEN).body("{");
    assert_eq!(ask(broken).await, (400, 100, None));
}

#[tokio::test]
async fn uploads_are_judged_by_type_and_size() {
    let fixture = Fixture::new().await;
    let (_, answer) = fixture.upload("application/x-msdownload", vec![1]).await;
    assert_eq!(answer["error"]["code"], 100);
    let (_, answer) = fixture.upload("image/png", vec![0; (5 << 20) + 1]).await;
    assert_eq!(answer["error"]["code"], 131_053);
    let (_, answer) =
        fixture.post(&format!("{NUMBER}/media"), &json!({"messaging_product": "whatsapp"})).await;
    assert_eq!(answer["error"]["code"], 100);
}

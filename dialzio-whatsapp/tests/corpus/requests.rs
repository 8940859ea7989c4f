//! Request bodies: each documented example of a type that we send, read into the domain and sent again, must
//! be the same body.

use dialzio_core::{
    PhoneNumber,
    consent::Channel,
    contact::{Address, BusinessScopedId},
    conversation::{
        ButtonKind, ButtonParameter, ExternalId, HeaderFormat, HeaderParameter, MediaKind, TemplateSend,
    },
    provider::{MessagingProvider, OutboundContent, Signal},
    text::MessageText,
};
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::permit;

/// The documented sends among the requests seen elsewhere that this product makes too.
const SENDS: &[&str] = &[
    "send-text-preview.json",
    "send-text-reply-context.json",
    "send-text-to-bsuid.json",
    "send-image-id.json",
    "send-video-id.json",
    "send-audio-voice-id.json",
    "send-document-id.json",
    "send-sticker-id.json",
    "send-reaction.json",
    "send-reaction-remove.json",
    "send-template-auth-copy-code.json",
    "send-template-auth-one-tap.json",
    "send-template-coupon-copy-code.json",
    "send-template-named-marketing.json",
    "send-template-named-media-buttons.json",
    "send-template-sdk-1.json",
    "send-template-sdk-2.json",
    "send-template-sdk-6.json",
    "send-template-sdk-7.json",
];

#[tokio::test]
async fn documented_sends_are_made_equal_in_value() {
    let (cloud, server) = fixture().await;
    let access = permit::access("1", "2", "token", server.uri().parse().unwrap());
    for (name, example) in examples(|name| name.starts_with("send-"), SENDS) {
        let mut message = permit::message(content(&example));
        message.reply_to = example["context"]["message_id"].as_str().and_then(ExternalId::parse);
        let address = match example["to"].as_str() {
            Some(to) => Address::Phone(PhoneNumber::from_digits(to.trim_start_matches('+')).unwrap()),
            None => Address::BusinessScoped(BusinessScopedId::parse(text(&example["recipient"])).unwrap()),
        };
        cloud.send(&access, permit::permit(address, Channel::WhatsApp), &message).await.unwrap();
        let mut sent = last_body(&server).await;
        assert_eq!(sent["biz_opaque_callback_data"], json!(permit::message_id().to_string()), "{name}");
        sent.as_object_mut().unwrap().remove("biz_opaque_callback_data");
        assert_eq!(plain(sent), plain(example), "{name}");
    }
}

#[tokio::test]
async fn documented_read_receipts_are_made_equal_in_value() {
    let (cloud, server) = fixture().await;
    let access = permit::access("1", "2", "token", server.uri().parse().unwrap());
    let receipts = ["mark-read.json", "mark-read-typing-indicator.json"];
    for (name, example) in examples(|name| name.starts_with("mark-read"), &receipts) {
        let typing = name.contains("typing");
        let message = ExternalId::parse(text(&example["message_id"])).unwrap();
        cloud.signal(&access, &Signal::Read { message, typing }).await.unwrap();
        assert_eq!(last_body(&server).await, example, "{name}");
    }
}

/// Requests by file name: all of our own that are wanted, and these of the folder that `DIALZIO_CORPUS` names.
fn examples(wanted: impl Fn(&str) -> bool, elsewhere: &[&str]) -> Vec<(String, Value)> {
    let read = |bytes: &[u8]| -> Value { serde_json::from_slice(bytes).unwrap() };
    let own = crate::files(&crate::own().join("requests"));
    let mut all: Vec<(String, Value)> = own
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, bytes)| (name.clone(), read(bytes)))
        .collect();
    assert!(!all.is_empty(), "requests of our own");
    if let Some(folder) = crate::elsewhere() {
        let files = crate::files(&folder.join("requests"));
        all.extend(elsewhere.iter().map(|&name| (name.to_owned(), read(&files[name]))));
    }
    all
}

async fn fixture() -> (MetaCloud, MockServer) {
    let server = MockServer::start().await;
    let answer = json!({"messages": [{"id": "wamid.A"}], "success": true});
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(answer)).mount(&server).await;
    (MetaCloud::new(MetaConfig::for_emulator()).unwrap(), server)
}

async fn last_body(server: &MockServer) -> Value {
    let requests = server.received_requests().await.unwrap();
    serde_json::from_slice(&requests.last().unwrap().body).unwrap()
}

/// What the documentation writes in several ways is written in one: the plus of a number, the index of a
/// button, the case of its kind, an absent default.
fn plain(mut body: Value) -> Value {
    if let Some(to) = body["to"].as_str() {
        body["to"] = json!(to.trim_start_matches('+'));
    }
    if body["text"]["preview_url"] == json!(false) {
        body["text"].as_object_mut().unwrap().remove("preview_url");
    }
    body.as_object_mut().unwrap().entry("recipient_type").or_insert(json!("individual"));
    for component in body["template"]["components"].as_array_mut().into_iter().flatten() {
        if let Some(index) = component["index"].as_u64() {
            component["index"] = json!(index.to_string());
        }
        if let Some(kind) = component["sub_type"].as_str() {
            component["sub_type"] = json!(kind.to_lowercase());
        }
    }
    if body.get("template").is_some_and(Value::is_null) {
        body.as_object_mut().unwrap().remove("template");
    }
    if body.get("text").is_some_and(Value::is_null) {
        body.as_object_mut().unwrap().remove("text");
    }
    body
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn owned(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn content(example: &Value) -> OutboundContent {
    let kind = text(&example["type"]);
    let inner = &example[kind];
    let what = match kind {
        "text" => {
            let body = MessageText::parse(text(&inner["body"])).unwrap();
            return OutboundContent::Text { body, preview_url: inner["preview_url"] == json!(true) };
        }
        "reaction" => {
            let target = ExternalId::parse(text(&inner["message_id"])).unwrap();
            return OutboundContent::Reaction {
                target,
                emoji: owned(&inner["emoji"]).filter(|it| !it.is_empty()),
            };
        }
        "template" => return OutboundContent::Template(template(inner)),
        "image" => MediaKind::Image,
        "video" => MediaKind::Video,
        "document" => MediaKind::Document,
        "sticker" => MediaKind::Sticker,
        "audio" if inner["voice"] == json!(true) => MediaKind::Voice,
        "audio" => MediaKind::Audio,
        other => panic!("{other} is not sent"),
    };
    OutboundContent::Media {
        what,
        provider_id: text(&inner["id"]).to_owned(),
        caption: inner["caption"].as_str().map(|caption| MessageText::parse(caption).unwrap()),
        filename: owned(&inner["filename"]),
    }
}

fn template(example: &Value) -> TemplateSend {
    let mut send = TemplateSend {
        name: text(&example["name"]).to_owned(),
        language: text(&example["language"]["code"]).to_owned(),
        ..TemplateSend::default()
    };
    for component in example["components"].as_array().unwrap() {
        let parameters = component["parameters"].as_array().unwrap();
        match text(&component["type"]) {
            "header" => {
                let kind = text(&parameters[0]["type"]);
                let format: HeaderFormat = kind.parse().unwrap();
                let id = text(&parameters[0][kind]["id"]).to_owned();
                send.header = Some((format, HeaderParameter::MediaId(id)));
            }
            "body" => {
                let named = |parameter: &Value| {
                    (owned(&parameter["parameter_name"]), text(&parameter["text"]).to_owned())
                };
                send.body = parameters.iter().map(named).collect();
            }
            "button" => {
                let index = &component["index"];
                let index = index.as_u64().unwrap_or_else(|| text(index).parse().unwrap());
                let (kind, key) = match text(&component["sub_type"]).to_lowercase().as_str() {
                    "quick_reply" => (ButtonKind::QuickReply, "payload"),
                    "copy_code" => (ButtonKind::CopyCode, "coupon_code"),
                    _ => (ButtonKind::Url, "text"),
                };
                let value = text(&parameters[0][key]).to_owned();
                send.buttons.push(ButtonParameter { index: u8::try_from(index).unwrap(), kind, value });
            }
            other => panic!("{other} is not sent"),
        }
    }
    send
}

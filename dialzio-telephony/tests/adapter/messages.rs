//! SMS of TeleCMI: what is asked, what is made of the answers, and what an inbox holds.

use chrono::TimeDelta;
use dialzio_core::consent::{Channel, SendPermit};
use dialzio_core::contact::Address;
use dialzio_core::conversation::Content;
use dialzio_core::provider::{
    Inbound, InboundBody, InboundContent, MessagingProvider, OutboundContent, OutboundMessage, ProviderError,
    RawWebhook, RefusalReason, WebhookDecoder, WebhookMethod, WebhookSecrets,
};
use dialzio_core::text::MessageText;
use dialzio_core::{IdSource, PhoneNumber};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::corpus::{folders, json as payload};
use crate::fixture::{TOKEN, access, answers, bodies, json as answer, now, requests, telecmi};

fn permit(digits: &str) -> SendPermit {
    let recipient = Address::Phone(PhoneNumber::from_digits(digits).unwrap());
    dialzio_core::testing::permit_to_answer(recipient, Channel::Sms, now())
}

fn text(body: &str) -> OutboundMessage {
    let body = MessageText::parse(body).unwrap();
    let content = OutboundContent::Text { body, preview_url: false };
    OutboundMessage { id: IdSource::seeded(5).next(now()), content, reply_to: None, registration: None }
}

#[tokio::test]
async fn an_sms_is_sent_as_in_the_payload_and_has_no_id() {
    for folder in folders("telecmi") {
        let wanted = payload(&folder, "request-sms-send");
        let server = MockServer::start().await;
        answers(&server, "/v2/messages", answer(payload(&folder, "response-sms-send-ok"))).await;
        let to = wanted["to"].as_u64().unwrap().to_string();
        let said = text(wanted["text"].as_str().unwrap());
        let accepted = telecmi().send(&access(&server.uri()), permit(&to), &said).await.unwrap();
        assert!(accepted.external.is_none(), "no report can ever name it");
        let mut asked = bodies(&server).await.remove(0);
        assert_eq!(asked["token"], TOKEN);
        asked["token"] = wanted["token"].clone();
        assert_eq!(asked, wanted);
    }
}

#[tokio::test]
async fn each_code_of_a_send_means_what_can_be_done_about_it() {
    let outcome = async |code: i64| {
        let server = MockServer::start().await;
        answers(&server, "/v2/messages", answer(json!({"code": code, "msg": "no"}))).await;
        telecmi().send(&access(&server.uri()), permit("447700900601"), &text("hello")).await.unwrap_err()
    };
    let refused = |error: &ProviderError| match error {
        ProviderError::Refused { reason, .. } => Some(*reason),
        _ => None,
    };
    assert!(matches!(outcome(404).await, ProviderError::Credentials { .. }), "the token of the user");
    assert_eq!(refused(&outcome(401).await), Some(RefusalReason::Other), "no SMS to the United States");
    assert_eq!(refused(&outcome(407).await), Some(RefusalReason::Account), "the sender id");
    assert_eq!(refused(&outcome(400).await), Some(RefusalReason::Malformed));
    assert!(matches!(outcome(500).await, ProviderError::Ambiguous { .. }), "it may have been sent");
}

#[tokio::test]
async fn without_a_user_token_nothing_is_asked() {
    let server = MockServer::start().await;
    let mut access = access(&server.uri());
    access.credentials = [("secret", "an-app-secret")].into();
    let provider = telecmi();
    let sent = provider.send(&access, permit("447700900601"), &text("hello")).await;
    assert!(matches!(sent.unwrap_err(), ProviderError::Credentials { .. }));
    let listed = provider.list_messages(&access, now(), now(), None).await;
    assert!(matches!(listed.unwrap_err(), ProviderError::Credentials { .. }));
    assert!(requests(&server).await.is_empty());
}

/// Twelve received messages and one that was sent, ten on a page.
struct Inbox;

impl Respond for Inbox {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let page = usize::try_from(body["page"].as_u64().unwrap()).unwrap();
        let rows: Vec<Value> = (0..13_u64)
            .map(|number| json!({
                "msg": if number == 3 { "null".to_owned() } else { format!("  Number {number}\n") }, "read": 0,
                "from": "447700900601", "to": "914412345678",
                "time": (now() - TimeDelta::seconds(5)).timestamp_millis(), "msg_id": format!("m-{number}"),
                "type": if number == 7 { "sent" } else { "received" },
            }))
            .skip((page - 1) * 10)
            .take(10)
            .collect();
        ResponseTemplate::new(200).set_body_json(json!({"count": 13, "sms": rows, "code": 200}))
    }
}

fn said(inbound: &Inbound) -> (String, String) {
    let InboundBody::Message(message) = &inbound.body else { panic!("a message: {:?}", inbound.body) };
    let InboundContent::Ready(Content::Text { body }) = &message.content else { panic!("a text") };
    (message.external.reveal().to_owned(), body.reveal().to_owned())
}

#[tokio::test]
async fn an_inbox_is_read_page_by_page_and_what_was_sent_is_left_out() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/v2/inboxes")).respond_with(Inbox).mount(&server).await;
    let (provider, access) = (telecmi(), access(&server.uri()));
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let from = now() - TimeDelta::minutes(10);
        let page = provider.list_messages(&access, from, now(), after).await.unwrap();
        all.extend(page.messages);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(all.len(), 12);
    assert_eq!(said(&all[0]), ("m-0".to_owned(), "  Number 0\n".to_owned()), "as it was written");
    assert_eq!(said(&all[3]), ("m-3".to_owned(), "null".to_owned()), "a word like any other");
    assert_eq!(all[0].account.as_ref().unwrap().0, access.routing_key);
    let asked = bodies(&server).await;
    assert_eq!(asked.len(), 2);
    let from = (now() - TimeDelta::minutes(10)).timestamp_millis();
    assert_eq!(asked[1], json!({"token": TOKEN, "from": from, "to": now().timestamp_millis(), "page": 2}));
    // Each is kept in a form that is read again, while it waits.
    for listed in &all {
        let again = provider.decode_element(&listed.raw);
        let [again] = &again[..] else { panic!("one element") };
        assert_eq!(said(again), said(listed));
        assert_eq!((&again.account, again.at), (&listed.account, listed.at));
    }
}

#[tokio::test]
async fn what_is_posted_in_the_form_of_an_inbox_is_no_message() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/v2/inboxes")).respond_with(Inbox).mount(&server).await;
    let provider = telecmi();
    let page = provider.list_messages(&access(&server.uri()), now(), now(), None).await.unwrap();
    let raw = RawWebhook {
        method: WebhookMethod::Post,
        query: String::new(),
        headers: Vec::new(),
        body: page.messages[0].raw.clone(),
    };
    let hook = provider.verify(raw, &WebhookSecrets { app: Vec::new(), verify_token: None }).unwrap();
    let posted = provider.decode(&hook);
    assert!(posted.iter().all(|element| !matches!(element.body, InboundBody::Message(_))), "{posted:?}");
}

#[tokio::test]
async fn rows_that_name_no_message_are_left_out_and_strange_ones_do_not_cost_the_others() {
    let server = MockServer::start().await;
    let at = now().timestamp_millis();
    let rows = json!([
        {"msg": "no id", "from": "447700900601", "time": at, "type": "received"},
        {"msg": "", "from": "447700900601", "time": at, "msg_id": "m-1", "type": "received"},
        {"msg": "no sender", "from": "", "time": at, "msg_id": "m-2", "type": "received"},
        {"msg": 7, "from": "447700900601", "time": at, "msg_id": "m-3", "type": "received"},
        {"msg": "hello", "from": 447700900601_u64, "time": "soon", "msg_id": "m-4", "type": "received"},
        {"msg": "another kind", "from": "447700900601", "time": at, "msg_id": "m-5", "type": "draft"},
    ]);
    answers(&server, "/v2/inboxes", answer(json!({"code": 200, "count": 6, "sms": rows}))).await;
    let page = telecmi().list_messages(&access(&server.uri()), now(), now(), None).await.unwrap();
    let kinds: Vec<_> = page.messages.iter().map(|inbound| inbound.body.kind()).collect();
    assert_eq!(kinds, ["unknown", "unknown", "message"]);
    assert_eq!(said(&page.messages[2]).1, "hello");
}

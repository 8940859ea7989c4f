//! The customer's side: webhooks that arrive, statuses that follow, and what the phone shows.

use bytes::Bytes;
use dialzio_whatsapp::emulator::{
    Behaviour, CustomerFile, CustomerIdentity, CustomerMessage, EmulatedStatus, MarketingChoice, Party,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use std::time::Duration;

use crate::fixture::{ASHA, Fixture, NUMBER, SECRET, SENDER, TOKEN, WABA, to_asha, wamid};

#[tokio::test]
async fn a_message_arrives_signed_and_escaped() {
    let fixture = Fixture::new().await;
    let id =
        fixture.graph.customer_sends(NUMBER, &fixture.asha(), CustomerMessage::text("வணக்கம் 🙏 a/b")).unwrap();
    fixture.graph.idle().await;
    let (signature, body) = fixture.ear.heard.lock().unwrap()[0].clone();
    assert!(body.is_ascii());
    assert!(String::from_utf8_lossy(&body).contains("a\\/b"));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&body);
    let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(signature.unwrap(), format!("sha256={expected}"));

    let hook = &fixture.ear.all()[0];
    assert_eq!(hook["object"], "whatsapp_business_account");
    assert_eq!(hook["entry"][0]["id"], WABA);
    let value = &fixture.ear.values()[0];
    assert_eq!(value["metadata"], json!({"display_phone_number": SENDER, "phone_number_id": NUMBER}));
    assert_eq!(value["contacts"][0]["profile"]["name"], "Asha");
    let message = &value["messages"][0];
    assert_eq!((&message["id"], &message["from"]), (&json!(id), &json!(ASHA)));
    assert_eq!(message["timestamp"], "1790000000");
    assert_eq!(message["text"]["body"], "வணக்கம் 🙏 a/b");
    assert_eq!(value["contacts"][0]["user_id"], message["from_user_id"]);
}

#[tokio::test]
async fn somebody_who_hides_the_phone_has_no_phone_anywhere() {
    let fixture = Fixture::new().await;
    let meena = CustomerIdentity {
        username: Some("meena.k".into()),
        ..CustomerIdentity::without_phone("IN.8812", "Meena")
    };
    fixture.graph.customer_sends(NUMBER, &meena, CustomerMessage::text("Hi")).unwrap();
    fixture.graph.idle().await;
    let value = fixture.ear.values().remove(0);
    assert!(value["messages"][0].get("from").is_none());
    assert!(value["contacts"][0].get("wa_id").is_none());
    assert_eq!(value["contacts"][0]["profile"]["username"], "meena.k");
    let (_, answer) = fixture
        .send(json!({"messaging_product": "whatsapp", "recipient": "IN.8812", "type": "text",
                     "text": {"body": "Hello Meena"}}))
        .await;
    assert!(answer["contacts"][0].get("wa_id").is_none());
    fixture.graph.idle().await;
    let status = &fixture.ear.values()[1]["statuses"][0];
    assert_eq!(status["recipient_user_id"], "IN.8812");
    assert!(status.get("recipient_id").is_none());
}

#[tokio::test]
async fn a_picture_can_be_fetched_by_the_business() {
    let fixture = Fixture::new().await;
    let photo = CustomerMessage::image(Bytes::from_static(b"jpeg"), "image/jpeg", Some("Is this one left?"));
    fixture.graph.customer_sends(NUMBER, &fixture.asha(), photo).unwrap();
    let mut file = CustomerFile::new(Bytes::from_static(b"ogg"), "audio/ogg; codecs=opus");
    file.is_voice = true;
    fixture.graph.customer_sends(NUMBER, &fixture.asha(), CustomerMessage::File(file)).unwrap();
    fixture.graph.idle().await;
    let image = &fixture.ear.values()[0]["messages"][0]["image"];
    assert_eq!(image["caption"], "Is this one left?");
    let answer = fixture.http.get(image["url"].as_str().unwrap()).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), "jpeg");
    let (_, facts) = fixture.get(image["id"].as_str().unwrap()).await;
    assert_eq!(facts["mime_type"], "image/jpeg");
    assert_eq!(fixture.ear.values()[1]["messages"][0]["audio"]["voice"], true);
    assert_eq!(fixture.graph.media(image["id"].as_str().unwrap()).unwrap().1, "jpeg");
}

#[tokio::test]
async fn statuses_echo_the_senders_id_and_the_price() {
    let fixture = Fixture::new().await;
    fixture.open_window().await;
    let mut message = to_asha("text", json!({"body": "It is ready"}));
    message["biz_opaque_callback_data"] = json!("own-1");
    let id = wamid(&fixture.send(message).await.1);
    fixture.graph.idle().await;
    assert_eq!(fixture.ear.statuses(&id), ["sent", "delivered"]);
    fixture.graph.customer_reads(&id).unwrap();
    fixture.graph.idle().await;
    assert_eq!(fixture.ear.statuses(&id), ["sent", "delivered", "read"]);
    for value in fixture.ear.values() {
        assert_eq!(value["statuses"][0]["biz_opaque_callback_data"], "own-1");
        assert_eq!(value["statuses"][0]["recipient_id"], ASHA);
    }
    let sent = &fixture.ear.values()[0]["statuses"][0];
    assert_eq!(sent["pricing"]["type"], "free_customer_service");
    assert_eq!(fixture.graph.transcript(NUMBER, &fixture.asha())[1].status, EmulatedStatus::Read);
}

#[tokio::test]
async fn free_form_outside_the_window_fails_later_with_131047() {
    let fixture = Fixture::new().await;
    fixture.open_window().await;
    fixture.advance(24 * 3600);
    let (status, answer) = fixture.send(to_asha("text", json!({"body": "Still there?"}))).await;
    assert_eq!(status, 200);
    fixture.graph.idle().await;
    assert_eq!(fixture.ear.statuses(&wamid(&answer)), ["failed"]);
    assert_eq!(fixture.ear.values()[0]["statuses"][0]["errors"][0]["code"], 131_047);
    let (_, answer) =
        fixture.send(to_asha("template", json!({"name": "weekend_offer", "language": {"code": "en"}}))).await;
    fixture.graph.idle().await;
    assert_eq!(fixture.ear.statuses(&wamid(&answer)), ["sent", "delivered"]);
}

#[tokio::test]
async fn the_window_can_be_switched_off() {
    let behaviour = Behaviour {
        reply_window: false,
        status_delay: Duration::ZERO,
        auto_read: true,
        ..Behaviour::default()
    };
    let fixture = Fixture::behaving(behaviour).await;
    let (_, answer) = fixture.send(to_asha("text", json!({"body": "Hi"}))).await;
    fixture.graph.idle().await;
    assert_eq!(fixture.ear.statuses(&wamid(&answer)), ["sent", "delivered", "read"]);
}

#[tokio::test]
async fn a_phone_that_is_off_gets_nothing_until_it_is_on() {
    let fixture = Fixture::behaving(Behaviour {
        auto_deliver: false,
        status_delay: Duration::ZERO,
        ..Behaviour::default()
    })
    .await;
    fixture.open_window().await;
    let id = wamid(&fixture.send(to_asha("text", json!({"body": "Hi"}))).await.1);
    fixture.graph.idle().await;
    assert_eq!(fixture.ear.statuses(&id), ["sent"]);
    assert!(!fixture.graph.transcript(NUMBER, &fixture.asha())[1].status.is_on_the_phone());
    fixture.graph.report(&id, EmulatedStatus::Delivered).unwrap();
    fixture.graph.idle().await;
    assert_eq!(fixture.ear.statuses(&id), ["sent", "delivered"]);
}

#[tokio::test]
async fn stopping_marketing_is_told_and_kept() {
    let fixture = Fixture::new().await;
    fixture.graph.customer_chooses(NUMBER, &fixture.asha(), MarketingChoice::Stop).unwrap();
    fixture.graph.idle().await;
    let hook = &fixture.ear.all()[0]["entry"][0]["changes"][0];
    assert_eq!(hook["field"], "user_preferences");
    assert_eq!(hook["value"]["user_preferences"][0]["value"], "stop");
    let offer = to_asha("template", json!({"name": "weekend_offer", "language": {"code": "en"}}));
    let id = wamid(&fixture.send(offer).await.1);
    fixture.graph.idle().await;
    assert_eq!(fixture.ear.values()[1]["statuses"][0]["errors"][0]["code"], 131_050);
    assert_eq!(fixture.ear.statuses(&id), ["failed"]);
}

#[tokio::test]
async fn an_unreachable_person_is_reported() {
    let fixture = Fixture::new().await;
    fixture.open_window().await;
    fixture.graph.set_reachable(&fixture.asha(), false).unwrap();
    fixture.send(to_asha("text", json!({"body": "Hi"}))).await;
    fixture.graph.idle().await;
    assert_eq!(fixture.ear.values()[0]["statuses"][0]["errors"][0]["code"], 131_026);
}

#[tokio::test]
async fn both_sides_react_quote_edit_and_delete() {
    let fixture = Fixture::new().await;
    let hello = fixture.open_window().await;
    fixture.send(to_asha("reaction", json!({"message_id": hello, "emoji": "👍"}))).await;
    let id = wamid(&fixture.send(to_asha("text", json!({"body": "Yes, ready"}))).await.1);
    let asha = fixture.asha();
    let react = |emoji: Option<&str>| CustomerMessage::Reaction {
        message_id: id.clone(),
        emoji: emoji.map(str::to_owned),
    };
    fixture.graph.customer_sends(NUMBER, &asha, react(Some("❤️"))).unwrap();
    fixture.graph.customer_replies(NUMBER, &asha, &id, CustomerMessage::text("Comming")).unwrap();
    fixture.graph.idle().await;
    let shown = fixture.graph.transcript(NUMBER, &asha);
    assert_eq!(shown[0].business_reaction.as_deref(), Some("👍"));
    assert_eq!(shown[1].customer_reaction.as_deref(), Some("❤️"));
    assert_eq!((shown[1].from, shown[2].from), (Party::Business, Party::Customer));
    let quoted = fixture.ear.values().into_iter().find(|value| value["messages"][0].get("context").is_some());
    assert_eq!(quoted.unwrap()["messages"][0]["context"], json!({"id": id, "from": SENDER}));

    let reply = shown[2].wamid.clone();
    let edit = CustomerMessage::Edit { message_id: reply.clone(), text: "Coming".into() };
    fixture.graph.customer_sends(NUMBER, &asha, edit).unwrap();
    fixture.graph.customer_sends(NUMBER, &asha, CustomerMessage::Revoke { message_id: reply }).unwrap();
    fixture.graph.customer_sends(NUMBER, &asha, react(None)).unwrap();
    let shown = fixture.graph.transcript(NUMBER, &asha);
    assert_eq!((shown[2].bubble.text.as_str(), shown[2].edited, shown[2].revoked), ("Coming", true, true));
    assert_eq!(shown[1].customer_reaction, None);
    assert_eq!(shown.len(), 3);
}

#[tokio::test]
async fn a_reaction_to_nothing_fails_later_and_one_to_something_is_only_sent() {
    let fixture = Fixture::new().await;
    let hello = fixture.open_window().await;
    let lost =
        wamid(&fixture.send(to_asha("reaction", json!({"message_id": "wamid.X", "emoji": "👍"}))).await.1);
    let good = wamid(&fixture.send(to_asha("reaction", json!({"message_id": hello, "emoji": "👍"}))).await.1);
    fixture.graph.idle().await;
    assert_eq!(fixture.ear.statuses(&lost), ["failed"]);
    assert_eq!(fixture.ear.statuses(&good), ["sent"]);
}

#[tokio::test]
async fn a_read_receipt_shows_on_the_phone_with_typing() {
    let fixture = Fixture::new().await;
    let hello = fixture.open_window().await;
    let (status, answer) = fixture
        .send(json!({"messaging_product": "whatsapp", "status": "read", "message_id": hello,
                     "typing_indicator": {"type": "text"}}))
        .await;
    assert_eq!((status, answer), (200, json!({"success": true})));
    assert!(fixture.graph.transcript(NUMBER, &fixture.asha())[0].read_by_business);
    assert!(fixture.graph.is_typing(NUMBER, &fixture.asha()));
    fixture.advance(25);
    assert!(!fixture.graph.is_typing(NUMBER, &fixture.asha()));
    let (_, answer) = fixture
        .send(json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.X"}))
        .await;
    assert_eq!(answer["error"]["code"], 131_009);
}

#[tokio::test]
async fn a_watcher_hears_of_changes() {
    let fixture = Fixture::new().await;
    let mut changes = fixture.graph.changes();
    changes.mark_unchanged();
    fixture.graph.customer_sends(NUMBER, &fixture.asha(), CustomerMessage::text("Hi")).unwrap();
    changes.changed().await.unwrap();
    assert_eq!(fixture.graph.customers(NUMBER)[0].wa_id.as_deref(), Some(ASHA));
}

#[tokio::test]
async fn a_customer_who_calls_in_vain_is_heard_of_when_it_rings_and_when_they_hang_up() {
    let fixture = Fixture::new().await;
    let meena = CustomerIdentity::without_phone("IN.8812", "Meena");
    for (who, named) in [(fixture.asha(), json!(ASHA)), (meena, json!(null))] {
        let id = fixture.graph.customer_calls_in_vain(NUMBER, &who).unwrap();
        fixture.graph.idle().await;
        let told = fixture.ear.values();
        let [rings, over] = &told[told.len() - 2..] else { panic!("{told:?}") };
        for (value, event) in [(rings, "connect"), (over, "terminate")] {
            let call = &value["calls"][0];
            assert_eq!((&call["id"], &call["event"]), (&json!(id), &json!(event)));
            assert_eq!((&call["from"], &call["to"]), (&named, &json!(SENDER)));
            assert_eq!(call["from_user_id"], value["contacts"][0]["user_id"]);
            assert_eq!(call["direction"], "USER_INITIATED");
        }
        assert!(rings["calls"][0]["session"]["sdp"].is_string());
        assert_eq!(
            (&over["calls"][0]["status"], &over["calls"][0]["duration"]),
            (&json!("COMPLETED"), &json!(null))
        );
    }
}

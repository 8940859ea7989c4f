//! The customer's side: webhooks that arrive, statuses that follow, and what the phone shows.

use bytes::Bytes;
use dialzio_whatsapp::emulator::{
    Behaviour, CustomerFile, CustomerIdentity, CustomerMessage, EmulatedStatus, MarketingChoice, Party,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use std::time::Duration;

use crate::rig::{ASHA, NUMBER, Rig, SECRET, SENDER, TOKEN, WABA, to_asha, wamid};

#[tokio::test]
async fn a_message_arrives_signed_and_escaped() {
    let rig = Rig::new().await;
    let id = rig.graph.customer_sends(NUMBER, &rig.asha(), CustomerMessage::text("வணக்கம் 🙏 a/b")).unwrap();
    rig.graph.settled().await;
    let (signature, body) = rig.ear.heard.lock().unwrap()[0].clone();
    assert!(body.is_ascii());
    assert!(String::from_utf8_lossy(&body).contains("a\\/b"));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&body);
    let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(signature.unwrap(), format!("sha256={expected}"));

    let hook = &rig.ear.all()[0];
    assert_eq!(hook["object"], "whatsapp_business_account");
    assert_eq!(hook["entry"][0]["id"], WABA);
    let value = &rig.ear.values()[0];
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
    let rig = Rig::new().await;
    let meena = CustomerIdentity {
        username: Some("meena.k".into()),
        ..CustomerIdentity::without_phone("IN.8812", "Meena")
    };
    rig.graph.customer_sends(NUMBER, &meena, CustomerMessage::text("Hi")).unwrap();
    rig.graph.settled().await;
    let value = rig.ear.values().remove(0);
    assert!(value["messages"][0].get("from").is_none());
    assert!(value["contacts"][0].get("wa_id").is_none());
    assert_eq!(value["contacts"][0]["profile"]["username"], "meena.k");
    let (_, answer) = rig
        .send(json!({"messaging_product": "whatsapp", "recipient": "IN.8812", "type": "text",
                     "text": {"body": "Hello Meena"}}))
        .await;
    assert!(answer["contacts"][0].get("wa_id").is_none());
    rig.graph.settled().await;
    let status = &rig.ear.values()[1]["statuses"][0];
    assert_eq!(status["recipient_user_id"], "IN.8812");
    assert!(status.get("recipient_id").is_none());
}

#[tokio::test]
async fn a_picture_can_be_fetched_by_the_business() {
    let rig = Rig::new().await;
    let photo = CustomerMessage::image(Bytes::from_static(b"jpeg"), "image/jpeg", Some("Is this one left?"));
    rig.graph.customer_sends(NUMBER, &rig.asha(), photo).unwrap();
    let mut file = CustomerFile::new(Bytes::from_static(b"ogg"), "audio/ogg; codecs=opus");
    file.is_voice = true;
    rig.graph.customer_sends(NUMBER, &rig.asha(), CustomerMessage::File(file)).unwrap();
    rig.graph.settled().await;
    let image = &rig.ear.values()[0]["messages"][0]["image"];
    assert_eq!(image["caption"], "Is this one left?");
    let answer = rig.http.get(image["url"].as_str().unwrap()).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), "jpeg");
    let (_, facts) = rig.get(image["id"].as_str().unwrap()).await;
    assert_eq!(facts["mime_type"], "image/jpeg");
    assert_eq!(rig.ear.values()[1]["messages"][0]["audio"]["voice"], true);
    assert_eq!(rig.graph.media(image["id"].as_str().unwrap()).unwrap().1, "jpeg");
}

#[tokio::test]
async fn statuses_echo_the_senders_id_and_the_price() {
    let rig = Rig::new().await;
    rig.open_window().await;
    let mut message = to_asha("text", json!({"body": "It is ready"}));
    message["biz_opaque_callback_data"] = json!("own-1");
    let id = wamid(&rig.send(message).await.1);
    rig.graph.settled().await;
    assert_eq!(rig.ear.statuses(&id), ["sent", "delivered"]);
    rig.graph.customer_reads(&id).unwrap();
    rig.graph.settled().await;
    assert_eq!(rig.ear.statuses(&id), ["sent", "delivered", "read"]);
    for value in rig.ear.values() {
        assert_eq!(value["statuses"][0]["biz_opaque_callback_data"], "own-1");
        assert_eq!(value["statuses"][0]["recipient_id"], ASHA);
    }
    let sent = &rig.ear.values()[0]["statuses"][0];
    assert_eq!(sent["pricing"]["type"], "free_customer_service");
    assert_eq!(rig.graph.transcript(NUMBER, &rig.asha())[1].status, EmulatedStatus::Read);
}

#[tokio::test]
async fn free_form_outside_the_window_fails_later_with_131047() {
    let rig = Rig::new().await;
    rig.open_window().await;
    rig.advance(24 * 3600);
    let (status, answer) = rig.send(to_asha("text", json!({"body": "Still there?"}))).await;
    assert_eq!(status, 200);
    rig.graph.settled().await;
    assert_eq!(rig.ear.statuses(&wamid(&answer)), ["failed"]);
    assert_eq!(rig.ear.values()[0]["statuses"][0]["errors"][0]["code"], 131_047);
    let (_, answer) =
        rig.send(to_asha("template", json!({"name": "weekend_offer", "language": {"code": "en"}}))).await;
    rig.graph.settled().await;
    assert_eq!(rig.ear.statuses(&wamid(&answer)), ["sent", "delivered"]);
}

#[tokio::test]
async fn the_window_can_be_switched_off() {
    let behaviour = Behaviour {
        reply_window: false,
        status_delay: Duration::ZERO,
        auto_read: true,
        ..Behaviour::default()
    };
    let rig = Rig::behaving(behaviour).await;
    let (_, answer) = rig.send(to_asha("text", json!({"body": "Hi"}))).await;
    rig.graph.settled().await;
    assert_eq!(rig.ear.statuses(&wamid(&answer)), ["sent", "delivered", "read"]);
}

#[tokio::test]
async fn a_phone_that_is_off_gets_nothing_until_it_is_on() {
    let rig = Rig::behaving(Behaviour {
        auto_deliver: false,
        status_delay: Duration::ZERO,
        ..Behaviour::default()
    })
    .await;
    rig.open_window().await;
    let id = wamid(&rig.send(to_asha("text", json!({"body": "Hi"}))).await.1);
    rig.graph.settled().await;
    assert_eq!(rig.ear.statuses(&id), ["sent"]);
    assert!(!rig.graph.transcript(NUMBER, &rig.asha())[1].status.is_on_the_phone());
    rig.graph.report(&id, EmulatedStatus::Delivered).unwrap();
    rig.graph.settled().await;
    assert_eq!(rig.ear.statuses(&id), ["sent", "delivered"]);
}

#[tokio::test]
async fn stopping_marketing_is_told_and_kept() {
    let rig = Rig::new().await;
    rig.graph.customer_chooses(NUMBER, &rig.asha(), MarketingChoice::Stop).unwrap();
    rig.graph.settled().await;
    let hook = &rig.ear.all()[0]["entry"][0]["changes"][0];
    assert_eq!(hook["field"], "user_preferences");
    assert_eq!(hook["value"]["user_preferences"][0]["value"], "stop");
    let offer = to_asha("template", json!({"name": "weekend_offer", "language": {"code": "en"}}));
    let id = wamid(&rig.send(offer).await.1);
    rig.graph.settled().await;
    assert_eq!(rig.ear.values()[1]["statuses"][0]["errors"][0]["code"], 131_050);
    assert_eq!(rig.ear.statuses(&id), ["failed"]);
}

#[tokio::test]
async fn an_unreachable_person_is_reported() {
    let rig = Rig::new().await;
    rig.open_window().await;
    rig.graph.set_reachable(&rig.asha(), false).unwrap();
    rig.send(to_asha("text", json!({"body": "Hi"}))).await;
    rig.graph.settled().await;
    assert_eq!(rig.ear.values()[0]["statuses"][0]["errors"][0]["code"], 131_026);
}

#[tokio::test]
async fn both_sides_react_quote_edit_and_delete() {
    let rig = Rig::new().await;
    let hello = rig.open_window().await;
    rig.send(to_asha("reaction", json!({"message_id": hello, "emoji": "👍"}))).await;
    let id = wamid(&rig.send(to_asha("text", json!({"body": "Yes, ready"}))).await.1);
    let asha = rig.asha();
    let react = |emoji: Option<&str>| CustomerMessage::Reaction {
        message_id: id.clone(),
        emoji: emoji.map(str::to_owned),
    };
    rig.graph.customer_sends(NUMBER, &asha, react(Some("❤️"))).unwrap();
    rig.graph.customer_replies(NUMBER, &asha, &id, CustomerMessage::text("Comming")).unwrap();
    rig.graph.settled().await;
    let shown = rig.graph.transcript(NUMBER, &asha);
    assert_eq!(shown[0].business_reaction.as_deref(), Some("👍"));
    assert_eq!(shown[1].customer_reaction.as_deref(), Some("❤️"));
    assert_eq!((shown[1].from, shown[2].from), (Party::Business, Party::Customer));
    let quoted = rig.ear.values().into_iter().find(|value| value["messages"][0].get("context").is_some());
    assert_eq!(quoted.unwrap()["messages"][0]["context"], json!({"id": id, "from": SENDER}));

    let reply = shown[2].wamid.clone();
    let edit = CustomerMessage::Edit { message_id: reply.clone(), text: "Coming".into() };
    rig.graph.customer_sends(NUMBER, &asha, edit).unwrap();
    rig.graph.customer_sends(NUMBER, &asha, CustomerMessage::Revoke { message_id: reply }).unwrap();
    rig.graph.customer_sends(NUMBER, &asha, react(None)).unwrap();
    let shown = rig.graph.transcript(NUMBER, &asha);
    assert_eq!((shown[2].bubble.text.as_str(), shown[2].edited, shown[2].revoked), ("Coming", true, true));
    assert_eq!(shown[1].customer_reaction, None);
    assert_eq!(shown.len(), 3);
}

#[tokio::test]
async fn a_reaction_to_nothing_fails_later_and_one_to_something_is_only_sent() {
    let rig = Rig::new().await;
    let hello = rig.open_window().await;
    let lost = wamid(&rig.send(to_asha("reaction", json!({"message_id": "wamid.X", "emoji": "👍"}))).await.1);
    let good = wamid(&rig.send(to_asha("reaction", json!({"message_id": hello, "emoji": "👍"}))).await.1);
    rig.graph.settled().await;
    assert_eq!(rig.ear.statuses(&lost), ["failed"]);
    assert_eq!(rig.ear.statuses(&good), ["sent"]);
}

#[tokio::test]
async fn a_read_receipt_shows_on_the_phone_with_typing() {
    let rig = Rig::new().await;
    let hello = rig.open_window().await;
    let (status, answer) = rig
        .send(json!({"messaging_product": "whatsapp", "status": "read", "message_id": hello,
                     "typing_indicator": {"type": "text"}}))
        .await;
    assert_eq!((status, answer), (200, json!({"success": true})));
    assert!(rig.graph.transcript(NUMBER, &rig.asha())[0].read_by_business);
    assert!(rig.graph.is_typing(NUMBER, &rig.asha()));
    rig.advance(25);
    assert!(!rig.graph.is_typing(NUMBER, &rig.asha()));
    let (_, answer) =
        rig.send(json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.X"})).await;
    assert_eq!(answer["error"]["code"], 131_009);
}

#[tokio::test]
async fn a_watcher_hears_of_changes() {
    let rig = Rig::new().await;
    let mut changes = rig.graph.changes();
    changes.mark_unchanged();
    rig.graph.customer_sends(NUMBER, &rig.asha(), CustomerMessage::text("Hi")).unwrap();
    changes.changed().await.unwrap();
    assert_eq!(rig.graph.customers(NUMBER)[0].wa_id.as_deref(), Some(ASHA));
}

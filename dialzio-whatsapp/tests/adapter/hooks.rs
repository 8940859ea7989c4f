//! The way round: the emulator signs and posts, the adapter verifies and reads.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap};
use dialzio_core::{
    conversation::ExternalId,
    provider::{
        Inbound, InboundBody, InboundContent, MessagingProvider, OutboundContent, Provider, RawWebhook,
        WebhookMethod, WebhookSecrets,
    },
};
use dialzio_whatsapp::emulator::{
    Behaviour, CustomerFile, CustomerIdentity, CustomerMessage, EmulatedStatus, Failure, MarketingChoice,
};

use crate::{
    fixture::{Fixture, NUMBER, SECRET, WABA, asha, text},
    permit,
    summary::summary,
};

type Heard = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

async fn hear(State(heard): State<Heard>, headers: HeaderMap, body: Bytes) {
    heard.lock().unwrap().push((headers, body));
}

async fn listen(fixture: &Fixture) -> Heard {
    let heard = Heard::default();
    let routes = Router::new().fallback(hear).with_state(Arc::clone(&heard));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    fixture.graph.set_webhook(NUMBER, hook.parse().unwrap()).unwrap();
    heard
}

fn secrets() -> WebhookSecrets {
    WebhookSecrets { app: vec![SECRET.into()], verify_token: Some("verify".into()) }
}

/// Verifies and reads everything heard so far.
async fn read(fixture: &Fixture, heard: &Heard) -> Vec<Inbound> {
    fixture.graph.idle().await;
    let decoder = fixture.cloud.webhooks().unwrap();
    let posts = std::mem::take(&mut *heard.lock().unwrap());
    let mut all = Vec::new();
    for (headers, body) in posts {
        let headers =
            headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let raw = RawWebhook {
            method: WebhookMethod::Post,
            query: String::new(),
            headers: headers.collect(),
            body,
        };
        let hook = decoder.verify(raw, &secrets()).unwrap();
        all.extend(decoder.decode(&hook));
    }
    all
}

#[tokio::test]
async fn everything_a_customer_can_do_is_understood() {
    let fixture = Fixture::new().await;
    let heard = listen(&fixture).await;
    let ours = fixture.send(text("Which one?")).await.unwrap().external.unwrap().reveal().to_owned();
    read(&fixture, &heard).await;
    let hello = fixture.newest().wamid;
    let mut voice = CustomerFile::new(Bytes::from_static(b"ogg"), "audio/ogg; codecs=opus");
    voice.is_voice = true;
    let said = vec![
        (CustomerMessage::text("தமிழ் 🌿 a/b"), "message text"),
        (CustomerMessage::image(Bytes::from_static(b"j"), "image/jpeg", Some("See")), "message image"),
        (CustomerMessage::File(voice), "message voice"),
        (
            CustomerMessage::File(CustomerFile::new(Bytes::from_static(b"p"), "application/pdf")),
            "message document",
        ),
        (CustomerMessage::File(CustomerFile::new(Bytes::from_static(b"w"), "image/webp")), "message sticker"),
        (CustomerMessage::Location { latitude: 13.08, longitude: 80.27, name: None }, "message location"),
        (CustomerMessage::Reaction { message_id: ours.clone(), emoji: Some("❤️".into()) }, "reaction ❤️"),
        (CustomerMessage::Reaction { message_id: ours.clone(), emoji: None }, "reaction taken back"),
        (CustomerMessage::ButtonReply { id: "y".into(), title: "Yes".into() }, "message choice button"),
        (
            CustomerMessage::ListReply { id: "r".into(), title: "Row".into(), description: None },
            "message choice list_row",
        ),
        (
            CustomerMessage::TemplateButton { payload: "p".into(), text: "Come".into() },
            "message choice template_button",
        ),
        (CustomerMessage::Edit { message_id: hello.clone(), text: "New".into() }, "edited text"),
        (CustomerMessage::Revoke { message_id: hello }, "revoked"),
        (CustomerMessage::RequestWelcome, "message welcome"),
        (CustomerMessage::Unsupported { kind: "poll".into() }, "message unsupported poll"),
        (
            CustomerMessage::Raw { kind: "hologram".into(), content: serde_json::json!({"beam": 1}) },
            "message unsupported hologram",
        ),
    ];
    for (message, wanted) in said {
        let wamid = fixture.graph.customer_replies(NUMBER, &asha(), &ours, message).unwrap();
        let found = read(&fixture, &heard).await;
        assert_eq!(found.iter().map(summary).collect::<Vec<_>>(), [wanted]);
        assert_eq!(found[0].account.as_ref().unwrap().0, NUMBER);
        assert_eq!(found[0].at, Some(permit::now()));
        if let InboundBody::Message(message) = &found[0].body {
            assert_eq!(message.external.reveal(), wamid);
            assert_eq!(message.reply_to.as_ref().map(ExternalId::reveal), Some(ours.as_str()));
            if let InboundContent::Media(media) = &message.content {
                let fetched = fixture
                    .cloud
                    .fetch_media(&fixture.access, media.provider_id.as_deref().unwrap())
                    .await
                    .unwrap();
                assert!(media.sha256.is_some() && !fetched.bytes.is_empty());
            }
        }
    }
}

#[tokio::test]
async fn statuses_come_back_with_our_own_id_in_any_order_and_number() {
    let fixture = Fixture::new().await;
    let heard = listen(&fixture).await;
    fixture.graph.set_behaviour(Behaviour {
        status_delay: Duration::ZERO,
        auto_read: true,
        double_webhooks: true,
        shuffle_webhooks: true,
        seed: 3,
        ..Behaviour::default()
    });
    let accepted = fixture.send(text("Ready")).await.unwrap();
    let found = read(&fixture, &heard).await;
    let mut words: Vec<String> = found.iter().map(summary).collect();
    words.sort();
    assert_eq!(
        words,
        [
            "delivery delivered",
            "delivery delivered",
            "delivery read",
            "delivery read",
            "delivery sent",
            "delivery sent"
        ]
    );
    for inbound in &found {
        let InboundBody::Delivery(update) = &inbound.body else { panic!("no status") };
        assert_eq!(Some(&update.external), accepted.external.as_ref());
        assert_eq!(update.own, Some(permit::message_id()));
    }
}

#[tokio::test]
async fn failures_choices_and_templates_come_back_too() {
    let fixture = Fixture::new().await;
    let heard = listen(&fixture).await;
    fixture.graph.fail_next(Failure::FailedStatus(131_050));
    let wamid = fixture.send(text("Offer")).await.unwrap().external.unwrap().reveal().to_owned();
    let found = read(&fixture, &heard).await;
    assert_eq!(summary(&found[0]), "delivery failed whatsapp.131050");
    fixture.graph.report(&wamid, EmulatedStatus::Played).unwrap();
    fixture.graph.customer_chooses(NUMBER, &asha(), MarketingChoice::Stop).unwrap();
    fixture.graph.customer_chooses(NUMBER, &asha(), MarketingChoice::Resume).unwrap();
    fixture.graph.set_template_status(WABA, "weekend_offer", "en", "PAUSED").unwrap();
    let found: Vec<String> = read(&fixture, &heard).await.iter().map(summary).collect();
    assert_eq!(found, ["delivery played", "preference Stop", "preference Resume", "template PAUSED"]);
}

#[tokio::test]
async fn somebody_who_hides_the_phone_stays_one_person() {
    let fixture = Fixture::new().await;
    let heard = listen(&fixture).await;
    let mut shown = CustomerIdentity::with_phone("919876500009", "Meena");
    shown.user_id = Some("IN.8812".into());
    let hidden = CustomerIdentity::without_phone("IN.8812", "Meena");
    for identity in [&shown, &hidden] {
        fixture.graph.customer_sends(NUMBER, identity, CustomerMessage::text("Hi")).unwrap();
    }
    let senders: Vec<_> = read(&fixture, &heard)
        .await
        .into_iter()
        .map(|inbound| match inbound.body {
            InboundBody::Message(message) => message.sender,
            other => panic!("{}", other.kind()),
        })
        .collect();
    assert_eq!(senders[0].scoped, senders[1].scoped);
    assert!(senders[0].phone.is_some() && senders[1].phone.is_none());
}

#[tokio::test]
async fn the_challenge_of_a_subscription_is_passed() {
    let fixture = Fixture::new().await;
    let cloud = fixture.cloud.clone();
    let answer = move |axum::extract::RawQuery(query): axum::extract::RawQuery| {
        let cloud = cloud.clone();
        async move {
            let raw = RawWebhook {
                method: WebhookMethod::Get,
                query: query.unwrap_or_default(),
                headers: Vec::new(),
                body: Bytes::new(),
            };
            match cloud.webhooks().unwrap().verify(raw, &secrets()) {
                Ok(hook) => (axum::http::StatusCode::OK, hook.challenge().unwrap().to_owned()),
                Err(_) => (axum::http::StatusCode::FORBIDDEN, String::new()),
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await.unwrap() });
    fixture.graph.set_webhook(NUMBER, hook.parse().unwrap()).unwrap();
    fixture.graph.verify_webhook(NUMBER, "verify").await.unwrap();
    fixture.graph.verify_webhook(NUMBER, "other").await.unwrap_err();
}

#[tokio::test]
async fn a_reaction_of_ours_is_told_as_sent() {
    let fixture = Fixture::new().await;
    let heard = listen(&fixture).await;
    let target = ExternalId::parse(&fixture.newest().wamid).unwrap();
    let reaction = OutboundContent::Reaction { target, emoji: Some("👍".into()) };
    fixture.cloud.send(&fixture.access, crate::fixture::to_asha(), &permit::message(reaction)).await.unwrap();
    let found: Vec<String> = read(&fixture, &heard).await.iter().map(summary).collect();
    assert_eq!(found, ["delivery sent"]);
}

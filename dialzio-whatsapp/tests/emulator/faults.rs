//! Failures on purpose, repeated and reordered webhooks, and redelivery.

use std::{sync::atomic::Ordering, time::Duration};

use axum::{Router, extract::Query, http::StatusCode, routing::get};
use dialzio_whatsapp::emulator::{Behaviour, CustomerMessage, Failure};
use serde_json::{Value, json};

use crate::fixture::{Fixture, NUMBER, TOKEN, WABA, to_asha, wamid};

fn hello(opaque_id: &str) -> Value {
    let mut message = to_asha("text", json!({"body": "Hi"}));
    message["biz_opaque_callback_data"] = json!(opaque_id);
    message
}

#[tokio::test]
async fn a_failure_happens_once_and_is_not_carried_out() {
    let fixture = Fixture::new().await;
    fixture.graph.fail_next(Failure::Code(130_429));
    fixture.graph.fail_next(Failure::Unauthorized);
    let (status, answer) = fixture.send(hello("a")).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(130_429)));
    let (status, answer) = fixture.send(hello("a")).await;
    assert_eq!((status, &answer["error"]["code"]), (401, &json!(190)));
    assert!(fixture.graph.sends_by_opaque_id().is_empty());
    assert_eq!(fixture.send(hello("a")).await.0, 200);
}

#[tokio::test]
async fn a_page_of_html_comes_instead_of_an_answer() {
    let fixture = Fixture::new().await;
    fixture.graph.fail_next_send(Failure::HttpStatusHtml(502));
    assert_eq!(fixture.get(NUMBER).await.0, 200);
    let request =
        fixture.http.post(fixture.url(&format!("{NUMBER}/messages"))).bearer_auth(TOKEN).json(&hello("a"));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 502);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn cut_connections_and_silence_tell_the_client_nothing() {
    let fixture = Fixture::new().await;
    let ask = async |opaque_id: &str, failure: Failure| {
        fixture.graph.fail_next(failure);
        fixture
            .http
            .post(fixture.url(&format!("{NUMBER}/messages")))
            .bearer_auth(TOKEN)
            .timeout(Duration::from_millis(300))
            .json(&hello(opaque_id))
            .send()
            .await
            .map(|answer| answer.status())
    };
    assert!(!ask("read", Failure::DropConnectionAfterRead).await.unwrap_err().is_timeout());
    assert!(!ask("done", Failure::DropConnectionAfterAcceptance).await.unwrap_err().is_timeout());
    assert!(ask("mute", Failure::Timeout).await.unwrap_err().is_timeout());
    let sends = fixture.graph.sends_by_opaque_id();
    assert_eq!(sends.get("read"), None);
    assert_eq!(sends["done"], 1);
    assert_eq!(sends["mute"], 1);
    assert_eq!(fixture.graph.requests()[0].status, None);
}

#[tokio::test]
async fn a_send_may_fail_later_or_be_held() {
    let fixture = Fixture::new().await;
    fixture.open_window().await;
    fixture.graph.fail_next(Failure::FailedStatus(131_049));
    fixture.graph.fail_next(Failure::HeldForQuality);
    assert_eq!(fixture.get(NUMBER).await.0, 200);
    let failed = wamid(&fixture.send(hello("a")).await.1);
    let offer = to_asha("template", json!({"name": "weekend_offer", "language": {"code": "en"}}));
    let (_, held) = fixture.send(offer).await;
    assert_eq!(held["messages"][0]["message_status"], "held_for_quality_assessment");
    fixture.graph.idle().await;
    assert_eq!(fixture.ear.statuses(&failed), ["failed"]);
    assert!(fixture.ear.statuses(&wamid(&held)).is_empty());
}

#[tokio::test]
async fn webhooks_come_twice_and_in_another_order_when_asked() {
    let behaviour = Behaviour {
        double_webhooks: true,
        shuffle_webhooks: true,
        auto_read: true,
        status_delay: Duration::ZERO,
        ..Behaviour::default()
    };
    let fixture = Fixture::behaving(behaviour).await;
    fixture.open_window().await;
    let mut orders = std::collections::BTreeSet::new();
    for round in 0..8 {
        let id = wamid(&fixture.send(hello(&round.to_string())).await.1);
        fixture.graph.idle().await;
        let words = fixture.ear.statuses(&id);
        assert_eq!(words.len(), 6, "{words:?}");
        orders.insert(words);
    }
    assert!(orders.len() > 1, "{orders:?}");
}

#[tokio::test]
async fn a_refused_webhook_comes_again_and_is_given_up_in_the_end() {
    let behaviour = Behaviour {
        retry_gap: Duration::from_millis(1),
        retry_limit: 2,
        status_delay: Duration::ZERO,
        ..Behaviour::default()
    };
    let fixture = Fixture::behaving(behaviour).await;
    fixture.ear.answer.store(503, Ordering::SeqCst);
    fixture.graph.customer_sends(NUMBER, &fixture.asha(), CustomerMessage::text("Hi")).unwrap();
    fixture.graph.idle().await;
    let heard = fixture.ear.heard.lock().unwrap().clone();
    assert_eq!(heard.len(), 3);
    assert!(heard.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn raw_bytes_are_signed_and_posted_once() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.graph.deliver_raw(NUMBER, &b"{\"a\": 1"[..]).await.unwrap(), 200);
    let heard = fixture.ear.heard.lock().unwrap().clone();
    assert_eq!(heard[0].1, "{\"a\": 1");
    assert_eq!(heard[0].0.as_deref(), Some(fixture.graph.signature(NUMBER, b"{\"a\": 1").unwrap().as_str()));
}

#[tokio::test]
async fn an_account_without_subscription_hears_nothing() {
    let fixture = Fixture::new().await;
    let path = fixture.url(&format!("{WABA}/subscribed_apps"));
    fixture.http.delete(&path).bearer_auth(TOKEN).send().await.unwrap();
    fixture.graph.customer_sends(NUMBER, &fixture.asha(), CustomerMessage::text("Hi")).unwrap();
    fixture.graph.idle().await;
    assert!(fixture.ear.all().is_empty());
    assert_eq!(fixture.post(&format!("{WABA}/subscribed_apps"), &json!({})).await.0, 200);
    fixture.graph.customer_sends(NUMBER, &fixture.asha(), CustomerMessage::text("Hi")).unwrap();
    fixture.graph.idle().await;
    assert_eq!(fixture.ear.all().len(), 1);
}

#[tokio::test]
async fn a_callback_must_echo_the_challenge() {
    async fn challenge(Query(asked): Query<Vec<(String, String)>>) -> (StatusCode, String) {
        let ask = |key: &str| asked.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        if ask("hub.verify_token").as_deref() == Some("right")
            && ask("hub.mode").as_deref() == Some("subscribe")
        {
            return (StatusCode::OK, ask("hub.challenge").unwrap());
        }
        (StatusCode::FORBIDDEN, String::new())
    }
    let fixture = Fixture::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback = format!("http://{}/", listener.local_addr().unwrap());
    let routes = Router::new().route("/", get(challenge));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let path = format!("{WABA}/subscribed_apps");
    let ask = |token: &str| json!({"override_callback_uri": callback, "verify_token": token});
    let (_, answer) = fixture.post(&path, &ask("wrong")).await;
    assert_eq!(answer["error"]["code"], 2200);
    assert_eq!(fixture.post(&path, &ask("right")).await.0, 200);
    fixture.graph.verify_webhook(NUMBER, "right").await.unwrap();
    fixture.graph.verify_webhook(NUMBER, "wrong").await.unwrap_err();
}

#[tokio::test]
async fn a_template_that_is_paused_is_announced() {
    let fixture = Fixture::new().await;
    fixture.graph.set_template_status(WABA, "weekend_offer", "en", "PAUSED").unwrap();
    fixture.graph.idle().await;
    let change = &fixture.ear.all()[0]["entry"][0]["changes"][0];
    assert_eq!(change["field"], "message_template_status_update");
    assert_eq!(change["value"]["event"], "PAUSED");
    let offer = to_asha("template", json!({"name": "weekend_offer", "language": {"code": "en"}}));
    assert_eq!(fixture.send(offer).await.1["error"]["code"], 132_015);
}

#[tokio::test]
async fn the_server_stops_with_its_last_handle() {
    let fixture = Fixture::new().await;
    let url = fixture.url(NUMBER);
    let fresh = || crate::fixture::client().get(&url).bearer_auth(TOKEN).send();
    let second = fixture.graph.clone();
    let Fixture { graph, .. } = fixture;
    drop(graph);
    assert_eq!(fresh().await.unwrap().status(), 200);
    assert_eq!(second.numbers()[0].verified_name, "Green Leaf Nursery");
    drop(second);
    tokio::time::timeout(Duration::from_secs(5), async {
        while fresh().await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

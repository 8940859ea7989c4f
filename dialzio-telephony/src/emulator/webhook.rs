//! Webhooks as the vendor posts them: unsigned, once, in the form that the account chose.

use std::{sync::Arc, time::Duration};

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::sync::mpsc;
use url::{Url, form_urlencoded};

use super::{
    config::WebhookForm,
    state::{Key, Post, Shared},
};

/// Posts one account's webhooks, one after the other.
pub(super) async fn deliver(shared: Arc<Shared>, key: Key, mut queue: mpsc::UnboundedReceiver<Post>) {
    while let Some(first) = queue.recv().await {
        let behaviour = shared.behaviour();
        let mut due = vec![first];
        if !behaviour.webhook_delay.is_zero() {
            tokio::time::sleep(behaviour.webhook_delay).await;
        }
        if behaviour.shuffle_webhooks {
            tokio::task::yield_now().await;
            while let Ok(next) = queue.try_recv() {
                due.push(next);
            }
            shared.state().shuffle(&mut due);
        }
        for post in due {
            let url = shared.state().accounts.get(&key).and_then(|account| account.facts.webhook_url.clone());
            let Some(url) = url else { return };
            for _ in 0..if behaviour.double_webhooks { 2 } else { 1 } {
                let posted = send(&shared.http, url.clone(), behaviour.form, &post.body).await;
                if let Err(error) = posted {
                    tracing::warn!(%error, "a webhook of the telephony emulator was not taken");
                }
            }
        }
    }
}

/// Posts once and says the HTTP status, or why there was none.
pub(super) async fn send(
    http: &reqwest::Client,
    mut url: Url,
    form: WebhookForm,
    body: &Value,
) -> Result<u16, String> {
    let request = match form {
        WebhookForm::Json => http.post(url).header(CONTENT_TYPE, "application/json").body(body.to_string()),
        WebhookForm::Form => {
            http.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(encoded(body))
        }
        WebhookForm::Query => {
            let before = url.query().map(str::to_owned);
            let whole = before.into_iter().chain([encoded(body)]).collect::<Vec<_>>().join("&");
            url.set_query(Some(&whole));
            http.get(url)
        }
    };
    let answer = request.timeout(Duration::from_secs(20)).send().await;
    answer.map(|answer| answer.status().as_u16()).map_err(|error| error.without_url().to_string())
}

/// The members of an object as a form: texts as they are, everything else as JSON.
fn encoded(body: &Value) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in body.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => form.append_pair(name, text),
            other => form.append_pair(name, &other.to_string()),
        };
    }
    form.finish()
}

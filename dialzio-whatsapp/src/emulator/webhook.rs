//! Webhooks as the platform sends them: its JSON escapes, its signature, its repetitions.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
use url::Url;

use super::{
    config::EmulatedNumber,
    encoding::hex,
    state::{Post, Shared},
};

/// The envelope around the value of one field.
pub(super) fn envelope(number: &EmulatedNumber, field: &str, value: &Value) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": number.waba_id, "changes": [{"value": value, "field": field}]}],
    })
}

/// The value of a message-like field, with the number that it concerns.
pub(super) fn message_value(number: &EmulatedNumber) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": number.display_phone_number.replace(['+', ' ', '-'], ""),
            "phone_number_id": number.phone_number_id,
        },
    })
}

/// Unix seconds as text, as inside messages and statuses.
pub(super) fn timestamp(at: DateTime<Utc>) -> String {
    at.timestamp().to_string()
}

/// The value of `X-Hub-Signature-256` over these very bytes.
pub(super) fn signature(secret: &SecretString, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("a keyed hash takes a key of any length");
    mac.update(body);
    format!("sha256={}", hex(&mac.finalize().into_bytes()))
}

/// Posts one number's webhooks, one after the other.
pub(super) async fn deliver(
    shared: Arc<Shared>,
    number_id: String,
    mut queue: mpsc::UnboundedReceiver<Post>,
) {
    while let Some(first) = queue.recv().await {
        let mut due = vec![first];
        if shared.behaviour().shuffle_webhooks {
            tokio::task::yield_now().await;
            while let Ok(next) = queue.try_recv() {
                due.push(next);
            }
            shared.state().shuffle(&mut due);
        }
        for post in due {
            deliver_one(&shared, &number_id, post).await;
        }
    }
}

async fn deliver_one(shared: &Arc<Shared>, number_id: &str, post: Post) {
    let behaviour = shared.behaviour();
    let times = if behaviour.double_webhooks && post.attempt == 0 { 2 } else { 1 };
    let mut is_taken = true;
    for _ in 0..times {
        let Some((url, secret)) = shared.webhook_of(number_id) else { return };
        let signature = signature(&secret, &post.body);
        let answer = send(&shared.http, url, signature, post.body.clone()).await;
        is_taken &= answer == Ok(200);
    }
    if is_taken || post.attempt >= behaviour.retry_limit {
        return;
    }
    let gap = behaviour.retry_gap.saturating_mul(1 << post.attempt.min(10));
    let (again, number_id) = (Arc::clone(shared), number_id.to_owned());
    let post = Post { attempt: post.attempt + 1, ..post };
    shared.spawn(async move {
        tokio::time::sleep(gap).await;
        again.state().queue(&number_id, post);
    });
}

/// Posts once and says the HTTP status, or why there was none.
pub(super) async fn send(
    http: &reqwest::Client,
    url: Url,
    signature: String,
    body: Bytes,
) -> Result<u16, String> {
    let request = http
        .post(url)
        .timeout(Duration::from_secs(20))
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, "facebookexternalua")
        .header("X-Hub-Signature-256", signature)
        .body(body);
    match request.send().await {
        Ok(answer) => Ok(answer.status().as_u16()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoding::platform_json;
    use super::*;

    #[test]
    fn json_is_escaped_as_the_platform_signs_it() {
        let bytes = platform_json(&json!({"a": "é/😀\\/\"\n"}));
        assert_eq!(bytes, r#"{"a":"\u00e9\/\ud83d\ude00\\\/\"\n"}"#);
        let back: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(back, json!({"a": "é/😀\\/\"\n"}));
    }

    #[test]
    fn the_signature_is_the_keyed_hash_of_the_bytes() {
        // RFC 4231, test case 2.
        assert_eq!(
            signature(&SecretString::from("Jefe"), b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}

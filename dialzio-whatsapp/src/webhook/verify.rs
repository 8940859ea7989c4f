//! Where a webhook comes from: the signature of a report, the token of a subscription check.
//!
//! Source: Meta, *Webhooks, getting started*, read 2026-05.

use dialzio_core::provider::{
    RawWebhook, Trust, VerifiedWebhook, WebhookError, WebhookMethod, WebhookSecrets,
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use url::form_urlencoded;

use crate::digest;

const SIGNATURE: &str = "x-hub-signature-256";
/// How many app secrets are tried: one, or two during rotation.
const MOST_SECRETS: usize = 2;
/// The longest challenge that is echoed.
const LONGEST_CHALLENGE: usize = 64;

/// Checks the origin of a webhook without reading its body.
pub(crate) fn verify(raw: RawWebhook, secrets: &WebhookSecrets) -> Result<VerifiedWebhook, WebhookError> {
    match raw.method {
        WebhookMethod::Post => {
            signature(&raw, secrets)?;
            Ok(VerifiedWebhook::report(raw, Trust::Signed))
        }
        WebhookMethod::Get => {
            let challenge = challenge(&raw.query, secrets).ok_or(WebhookError::Subscription)?;
            Ok(VerifiedWebhook::subscription(raw, challenge))
        }
    }
}

fn signature(raw: &RawWebhook, secrets: &WebhookSecrets) -> Result<(), WebhookError> {
    let mut headers = raw.header(SIGNATURE);
    let (Some(header), None) = (headers.next(), headers.next()) else { return Err(WebhookError::Signature) };
    let given = header.strip_prefix("sha256=").and_then(digest::from_hex).ok_or(WebhookError::Signature)?;
    let mut is_ours = Choice::from(0);
    // Every secret is tried, so that time does not tell which one fits. An empty one signs nothing.
    for secret in secrets.app.iter().take(MOST_SECRETS) {
        let secret = secret.expose_secret();
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { continue };
        mac.update(&raw.body);
        let expected: [u8; 32] = mac.finalize().into_bytes().into();
        is_ours |= expected.ct_eq(&given) & Choice::from(u8::from(!secret.is_empty()));
    }
    if bool::from(is_ours) { Ok(()) } else { Err(WebhookError::Signature) }
}

/// The challenge of a subscription check with the right token; each key must stand once.
fn challenge(query: &str, secrets: &WebhookSecrets) -> Option<String> {
    let (mut mode, mut token, mut challenge) = (None, None, None);
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = match &*key {
            "hub.mode" => &mut mode,
            "hub.verify_token" => &mut token,
            "hub.challenge" => &mut challenge,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    let expected = secrets.verify_token.as_ref()?.expose_secret();
    let is_ours = token?.as_bytes().ct_eq(expected.as_bytes());
    if mode? != "subscribe" || expected.is_empty() || !bool::from(is_ours) {
        return None;
    }
    let challenge = challenge?;
    let is_plain = (1..=LONGEST_CHALLENGE).contains(&challenge.len())
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    is_plain.then(|| challenge.into_owned())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use secrecy::SecretString;

    use super::*;

    fn secrets(app: &[&str]) -> WebhookSecrets {
        WebhookSecrets {
            app: app.iter().map(|secret| SecretString::from(*secret)).collect(),
            verify_token: Some(SecretString::from("the token")),
        }
    }

    fn sign(secret: &str, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(body);
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256={hex}")
    }

    fn post(headers: &[String]) -> RawWebhook {
        RawWebhook {
            method: WebhookMethod::Post,
            query: String::new(),
            headers: headers.iter().map(|value| (SIGNATURE.to_owned(), value.clone())).collect(),
            body: Bytes::from_static(b"{\"a\": \"\\u00e9\\/\"}"),
        }
    }

    fn get(query: &str) -> RawWebhook {
        RawWebhook {
            method: WebhookMethod::Get,
            query: query.to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    #[test]
    fn either_of_two_secrets_signs_and_a_third_does_not() {
        let both = secrets(&["new", "old", "older"]);
        for (secret, is_ours) in [("new", true), ("old", true), ("older", false), ("other", false)] {
            let raw = post(&[sign(secret, &post(&[]).body)]);
            assert_eq!(verify(raw, &both).is_ok(), is_ours, "{secret}");
        }
    }

    #[test]
    fn a_signature_is_one_header_of_64_digits() {
        let right = sign("s", &post(&[]).body);
        let upper = format!("sha256={}", right[7..].to_uppercase());
        assert!(verify(post(&[upper]), &secrets(&["s"])).is_ok());
        let doubled = [right.clone(), right.clone()];
        let wrong: [&[String]; 6] = [
            &[],
            &doubled,
            &[right[7..].to_owned()],
            &[right[..70].to_owned()],
            &[format!("{right}0")],
            &[right.replace("sha256", "sha1")],
        ];
        for headers in wrong {
            assert_eq!(verify(post(headers), &secrets(&["s"])).unwrap_err(), WebhookError::Signature);
        }
    }

    #[test]
    fn the_hash_is_of_the_bytes_and_not_of_their_meaning() {
        let same_meaning = "{\"a\":\"é/\"}";
        assert!(verify(post(&[sign("s", same_meaning.as_bytes())]), &secrets(&["s"])).is_err());
    }

    #[test]
    fn an_empty_secret_or_none_admits_nobody() {
        let forged = post(&[sign("", &post(&[]).body)]);
        assert!(verify(forged.clone(), &secrets(&[""])).is_err());
        assert!(verify(forged, &secrets(&[])).is_err());
    }

    #[test]
    fn a_subscription_check_echoes_a_plain_challenge_for_the_right_token() {
        let ask = |query: &str| verify(get(query), &secrets(&["s"]));
        let hook = ask("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=the%20token").unwrap();
        assert_eq!(hook.challenge(), Some("1158201444"));
        for wrong in [
            "",
            "hub.mode=subscribe&hub.challenge=1&hub.verify_token=another",
            "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=the+token",
            "hub.challenge=1&hub.verify_token=the+token",
            "hub.mode=subscribe&hub.verify_token=the+token",
            "hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=the+token",
            "hub.mode=subscribe&hub.challenge=&hub.verify_token=the+token",
            "hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=the+token",
        ] {
            assert_eq!(ask(wrong).unwrap_err(), WebhookError::Subscription, "{wrong}");
        }
        let long = format!("hub.mode=subscribe&hub.verify_token=the+token&hub.challenge={}", "1".repeat(65));
        assert!(ask(&long).is_err());
    }
}

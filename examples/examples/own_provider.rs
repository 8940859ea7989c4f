//! A provider of one's own: a letter box that takes letters and reports them by webhook. The last line is the proof that
//! its decoder keeps the promises of the port: `cargo test -p dialzio-examples --example own_provider`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use bytes::Bytes;
use chrono::{DateTime, Utc};
use dialzio_core::PhoneNumber;
use dialzio_core::conversation::{Content, ExternalId, MessageContext};
use dialzio_core::provider::{
    AccountRef, Inbound, InboundBody, InboundContent, InboundMessage, MessagingProvider, Provider,
    ProviderId, RawWebhook, Sender, Trust, VerifiedWebhook, WebhookDecoder, WebhookError, WebhookMethod,
    WebhookSecrets,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// Letters that arrive; nothing can be sent, and it says so.
#[derive(Debug)]
struct LetterBox;

impl Provider for LetterBox {
    fn id(&self) -> ProviderId {
        ProviderId("letters")
    }
    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        None
    }
    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        Some(self)
    }
    fn allows_address(&self, _: &url::Url) -> bool {
        false
    }
    fn newest_date(&self) -> Option<DateTime<Utc>> {
        None
    }
}

/// Where the shared secret stands.
const HEADER: &str = "x-letter-box-secret";

impl WebhookDecoder for LetterBox {
    fn verify(&self, raw: RawWebhook, secrets: &WebhookSecrets) -> Result<VerifiedWebhook, WebhookError> {
        if raw.method == WebhookMethod::Get {
            return Err(WebhookError::Subscription);
        }
        let shown: Vec<&str> = raw.header(HEADER).collect();
        let known = |secret: &secrecy::SecretString| shown == [secret.expose_secret()];
        let believed = secrets.app.iter().any(known);
        if believed { Ok(VerifiedWebhook::report(raw, Trust::Signed)) } else { Err(WebhookError::Signature) }
    }

    fn decode(&self, hook: &VerifiedWebhook) -> Vec<Inbound> {
        self.decode_element(hook.body())
    }

    fn decode_element(&self, raw: &Bytes) -> Vec<Inbound> {
        let Ok(Value::Array(letters)) = serde_json::from_slice(raw) else {
            return vec![unknown(None, "not a list of letters", raw.clone())];
        };
        letters.iter().map(read).collect()
    }
}

fn unknown(account: Option<AccountRef>, what: &str, raw: Bytes) -> Inbound {
    Inbound { account, at: None, body: InboundBody::Unknown { what: what.to_owned() }, raw }
}

/// One letter. What cannot be read is kept whole, and never loses its neighbours.
fn read(letter: &Value) -> Inbound {
    let raw: Bytes = json!([letter]).to_string().into();
    let text = |name: &str| letter.get(name).and_then(Value::as_str);
    let account = text("box").map(|name| AccountRef(name.to_owned()));
    let known = || {
        let sender = Sender { phone: Some(PhoneNumber::parse(text("from")?).ok()?), ..Sender::default() };
        Some(InboundMessage {
            external: ExternalId::parse(text("number")?)?,
            sender,
            content: InboundContent::Ready(Content::text(text("says")?).ok()?),
            reply_to: None,
            context: MessageContext::default(),
            beside: None,
        })
    };
    let at = text("day").and_then(|day| day.parse::<DateTime<Utc>>().ok());
    match known() {
        Some(message) => Inbound { account, at, body: InboundBody::Message(Box::new(message)), raw },
        None => unknown(account, "letter", raw),
    }
}

fn sample() -> Bytes {
    let good = json!({"box": "7", "number": "A-1", "from": "+919840012345", "day": "2026-03-02T10:00:00Z", "says": "Hello"});
    json!([good, {"box": "7", "number": "A-2", "torn": true}]).to_string().into()
}

fn main() {
    for element in LetterBox.decode_element(&sample()) {
        println!("{} for box {:?}", element.body.kind(), element.account.map(|account| account.0));
    }
}

#[cfg(test)]
mod proof {
    use super::*;
    use dialzio_core::testing::conformance::webhook::WebhookRig;

    struct Rig;

    impl WebhookRig for Rig {
        fn decoder(&self) -> &dyn WebhookDecoder {
            &LetterBox
        }
        fn secrets(&self) -> WebhookSecrets {
            WebhookSecrets { app: vec!["new-secret".into(), "old-secret".into()], verify_token: "v".into() }
        }
        fn signed(&self, body: Bytes, secret: usize) -> RawWebhook {
            let value = self.secrets().app[secret].expose_secret().to_owned();
            let headers = vec![(HEADER.to_owned(), value)];
            RawWebhook { method: WebhookMethod::Post, query: String::new(), headers, body }
        }
        fn header(&self) -> &str {
            HEADER
        }
        fn covers_body(&self) -> bool {
            false
        }
        fn samples(&self) -> Vec<Bytes> {
            vec![sample()]
        }
    }

    fn rig() -> Rig {
        Rig
    }

    dialzio_core::webhook_conformance!(rig);
}

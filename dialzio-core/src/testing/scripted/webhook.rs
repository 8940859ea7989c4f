//! The scripted provider's webhooks: an object with `elements`, each with `type`, `account`, `at` (Unix seconds) and its
//! own fields. The signature is the app secret itself in one header; a provider may be told to take webhooks without one.
//!
//! | type | fields |
//! |---|---|
//! | `message` | `id`, `from`, `name`, `text`, or `media` and `mime`; `reply_to` |
//! | `reaction` | `id`, `from`, `target`, `emoji` |
//! | `edited` | `id`, `from`, `target`, `text` |
//! | `revoked` | `id`, `from`, `target` |
//! | `delivery` | `id`, `own`, `status`, `code` |
//! | `preference` | `from`, `value`: `stop`, `resume` or `sign_up` |
//! | `identity` | `from`, `to` |
//! | `template` | `name`, `language`, `what` |
//! | `account` | `what` |
//!
//! `from` and `to` are digits of a number, or a business-scoped id.

use bytes::Bytes;
use chrono::{TimeZone, Utc};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::ScriptedProvider;
use crate::contact::BusinessScopedId;
use crate::conversation::{Content, ExternalId, FailureNote, MediaKind, MessageContext};
use crate::phone::PhoneNumber;
use crate::provider::{
    AccountRef, DeliveryUpdate, IdentityUpdate, Inbound, InboundBody, InboundContent, InboundMedia,
    InboundMessage, PreferenceUpdate, PreferenceValue, RawWebhook, ReactionUpdate, Sender, TemplateUpdate,
    Trust, VerifiedWebhook, WebhookDecoder, WebhookError, WebhookMethod, WebhookSecrets,
};
use crate::text::{MessageText, PersonName};

/// The header that holds the app secret.
pub const SECRET_HEADER: &str = "x-scripted-secret";

/// A webhook body with one element, which is also how an element is kept.
#[must_use]
pub fn element(element: &Value) -> Bytes {
    json!({ "elements": [element] }).to_string().into()
}

impl ScriptedProvider {
    /// A signed webhook with these elements.
    #[must_use]
    pub fn webhook(secret: &str, elements: &[Value]) -> RawWebhook {
        Self::signed(secret, json!({ "elements": elements }).to_string().into_bytes())
    }

    /// A signed webhook with this body.
    #[must_use]
    pub fn signed(secret: &str, body: impl Into<Bytes>) -> RawWebhook {
        RawWebhook {
            method: WebhookMethod::Post,
            query: String::new(),
            headers: vec![(SECRET_HEADER.to_owned(), secret.to_owned())],
            body: body.into(),
        }
    }
}

impl ScriptedProvider {
    /// A webhook without a signature, which only a provider that was told to accept such takes
    /// ([`unsigned_webhooks`](Self::unsigned_webhooks)).
    #[must_use]
    pub fn unsigned(elements: &[Value]) -> RawWebhook {
        let body = json!({ "elements": elements }).to_string().into();
        RawWebhook { method: WebhookMethod::Post, query: String::new(), headers: Vec::new(), body }
    }
}

fn equal(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

impl WebhookDecoder for ScriptedProvider {
    fn verify(&self, raw: RawWebhook, secrets: &WebhookSecrets) -> Result<VerifiedWebhook, WebhookError> {
        if raw.method == WebhookMethod::Get {
            let pairs: Vec<_> = url::form_urlencoded::parse(raw.query.as_bytes()).into_owned().collect();
            let value =
                |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            return match (value("token"), value("challenge")) {
                (Some(token), Some(challenge))
                    if secrets.verify_token.as_ref().is_some_and(|of| equal(&token, of.expose_secret())) =>
                {
                    Ok(VerifiedWebhook::subscription(raw, challenge))
                }
                _ => Err(WebhookError::Subscription),
            };
        }
        let values: Vec<_> = raw.header(SECRET_HEADER).collect();
        if values.is_empty() && self.unsigned_webhooks {
            return Ok(VerifiedWebhook::report(raw, Trust::PathOnly));
        }
        let [value] = values.as_slice() else { return Err(WebhookError::Signature) };
        if secrets.app.iter().any(|secret| equal(value, secret.expose_secret())) {
            Ok(VerifiedWebhook::report(raw, Trust::Signed))
        } else {
            Err(WebhookError::Signature)
        }
    }

    fn decode(&self, hook: &VerifiedWebhook) -> Vec<Inbound> {
        self.decode_element(hook.body())
    }

    fn decode_element(&self, raw: &Bytes) -> Vec<Inbound> {
        let body: Option<Value> = serde_json::from_slice(raw).ok();
        let elements = body.as_ref().and_then(|body| body.get("elements")).and_then(Value::as_array);
        match elements.filter(|elements| !elements.is_empty()) {
            Some(elements) => elements.iter().map(read).collect(),
            None => {
                let body = InboundBody::Unknown { what: "unreadable".to_owned() };
                vec![Inbound { account: None, at: None, body, raw: raw.clone() }]
            }
        }
    }

    /// Ids with a slash are forms of what stands behind it.
    fn message_key(&self, id: &ExternalId) -> Option<String> {
        id.reveal().rsplit_once('/').map(|(_, key)| key.to_owned())
    }
}

fn read(value: &Value) -> Inbound {
    let word = text(value, "type").unwrap_or_default();
    let at = value.get("at").and_then(Value::as_i64).and_then(|at| Utc.timestamp_opt(at, 0).single());
    let body = body(value, &word).unwrap_or(InboundBody::Unknown { what: word });
    Inbound { account: text(value, "account").map(AccountRef), at, body, raw: element(value) }
}

fn text(value: &Value, field: &str) -> Option<String> {
    value.get(field)?.as_str().map(str::to_owned)
}

fn external(value: &Value, field: &str) -> Option<ExternalId> {
    ExternalId::parse(value.get(field)?.as_str()?)
}

fn sender(value: &Value, field: &str) -> Option<Sender> {
    let shown = value.get(field)?.as_str()?;
    let phone = PhoneNumber::from_digits(shown).ok();
    let scoped = if phone.is_none() { Some(BusinessScopedId::parse(shown)?) } else { None };
    let profile_name = text(value, "name").as_deref().and_then(PersonName::received);
    Some(Sender { phone, scoped, profile_name, ..Sender::default() })
}

fn content(value: &Value) -> Option<InboundContent> {
    let written = text(value, "text").as_deref().and_then(MessageText::received);
    match text(value, "media") {
        Some(provider_id) => Some(InboundContent::Media(InboundMedia {
            what: MediaKind::Image,
            provider_id: Some(provider_id),
            link: None,
            mime: text(value, "mime"),
            sha256: None,
            caption: written,
            filename: None,
        })),
        None => written.map(|body| InboundContent::Ready(Content::Text { body })),
    }
}

fn body(value: &Value, word: &str) -> Option<InboundBody> {
    let id = || external(value, "id");
    let target = || external(value, "target");
    let from = || sender(value, "from");
    Some(match word {
        "message" => InboundBody::Message(Box::new(InboundMessage {
            external: id()?,
            sender: from()?,
            content: content(value)?,
            reply_to: external(value, "reply_to"),
            context: MessageContext::default(),
            beside: text(value, "beside"),
        })),
        "reaction" => InboundBody::Reaction(Box::new(ReactionUpdate {
            external: id()?,
            sender: from()?,
            target: target()?,
            emoji: text(value, "emoji"),
        })),
        "edited" => InboundBody::Edited {
            sender: from()?,
            external: id()?,
            target: target()?,
            content: Box::new(content(value)?),
            beside: text(value, "beside"),
        },
        "revoked" => InboundBody::Revoked { sender: from()?, external: id()?, target: target()? },
        "delivery" => InboundBody::Delivery(Box::new(DeliveryUpdate {
            external: id()?,
            own: text(value, "own").and_then(|own| own.parse().ok()),
            status: text(value, "status")?.parse().ok()?,
            failure: text(value, "code").map(|code| FailureNote { code, detail: None }),
            marketing_stopped: false,
            recipient: from().unwrap_or_default(),
        })),
        "preference" => {
            let value_of = match text(value, "value")?.as_str() {
                "stop" => PreferenceValue::Stop,
                "resume" => PreferenceValue::Resume,
                "sign_up" => PreferenceValue::SignUp,
                _ => return None,
            };
            InboundBody::Preference(PreferenceUpdate { sender: from()?, value: value_of, detail: None })
        }
        "identity" => InboundBody::Identity(IdentityUpdate {
            external: id(),
            previous: from()?,
            current: sender(value, "to")?,
            detail: None,
        }),
        "template" => InboundBody::Template(TemplateUpdate {
            name: text(value, "name")?,
            language: text(value, "language")?,
            what: text(value, "what")?,
        }),
        "account" => InboundBody::Account { what: text(value, "what")? },
        _ => return None,
    })
}

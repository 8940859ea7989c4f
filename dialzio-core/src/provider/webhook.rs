//! Webhooks: bytes in, values out. Pure and synchronous, so that it can be fuzzed.

use bytes::Bytes;
use secrecy::SecretString;
use std::fmt::Debug;

use super::{Inbound, Trust, WebhookError};
use crate::conversation::ExternalId;

/// The HTTP method of a webhook request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookMethod {
    /// A subscription check, or a report in the query.
    Get,
    /// A report about messages or the account.
    Post,
}

/// A webhook request as it arrived. `Debug` shows sizes only.
#[derive(Clone)]
pub struct RawWebhook {
    /// The HTTP method: it tells a report from a check of the address.
    pub method: WebhookMethod,
    /// The query without `?`, still encoded.
    pub query: String,
    /// Headers in order, names in lower case. Values that are not UTF-8 are left out.
    pub headers: Vec<(String, String)>,
    /// The body, unchanged.
    pub body: Bytes,
}

impl RawWebhook {
    /// All values of a header.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Debug for RawWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawWebhook({:?}, {} bytes)", self.method, self.body.len())
    }
}

/// A webhook whose origin was checked. Only [`WebhookDecoder::verify`] makes these.
#[derive(Debug)]
pub struct VerifiedWebhook {
    raw: RawWebhook,
    trust: Trust,
    challenge: Option<String>,
}

impl VerifiedWebhook {
    /// A report whose origin was checked. To be called by a decoder's `verify`, after the check.
    #[must_use]
    pub const fn report(raw: RawWebhook, trust: Trust) -> Self {
        Self { raw, trust, challenge: None }
    }

    /// A subscription check that succeeded, with the challenge to be echoed.
    #[must_use]
    pub const fn subscription(raw: RawWebhook, challenge: String) -> Self {
        Self { raw, trust: Trust::Signed, challenge: Some(challenge) }
    }

    /// The bytes that were verified.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.raw.body
    }

    /// How far to believe it.
    #[must_use]
    pub const fn trust(&self) -> Trust {
        self.trust
    }

    /// The challenge of a subscription check.
    #[must_use]
    pub fn challenge(&self) -> Option<&str> {
        self.challenge.as_deref()
    }
}

/// The secrets of the app a hook belongs to.
#[derive(Debug, Default)]
pub struct WebhookSecrets {
    /// App secrets: one, or two during rotation; none if the provider signs no webhooks.
    pub app: Vec<SecretString>,
    /// The token of the subscription check, if the provider makes one.
    pub verify_token: Option<SecretString>,
}

impl WebhookSecrets {
    /// Of no app: what is signed does not verify.
    pub(crate) const fn none() -> Self {
        Self { app: Vec::new(), verify_token: None }
    }
}

/// The answer to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookReply {
    /// The HTTP status.
    pub status: u16,
    /// The body, `text/plain`; empty but for a subscription check.
    pub body: String,
}

impl HookReply {
    /// 200, nothing to say.
    pub const OK: Self = Self { status: 200, body: String::new() };

    /// A bare status.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self { status, body: String::new() }
    }
}

/// Reads webhooks. Conformance: [`crate::webhook_conformance`].
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait WebhookDecoder: Debug + Send + Sync {
    /// Checks the origin over the raw bytes, with any of the secrets.
    ///
    /// # Errors
    /// [`WebhookError`]; nothing of the body was read.
    fn verify(&self, raw: RawWebhook, secrets: &WebhookSecrets) -> Result<VerifiedWebhook, WebhookError>;
    /// Never fails: what is not understood, a part or the whole, is [`super::InboundBody::Unknown`] with its bytes.
    fn decode(&self, hook: &VerifiedWebhook) -> Vec<Inbound>;
    /// Reads the bytes of one element again, as [`Inbound::raw`] kept them after their origin was checked.
    fn decode_element(&self, raw: &Bytes) -> Vec<Inbound>;
    /// The part of a message's id that all forms of the id share, for providers that show one message under several ids.
    /// `None` if this id has one form. Compared within one conversation only.
    fn message_key(&self, id: &ExternalId) -> Option<String> {
        let _ = id;
        None
    }
}

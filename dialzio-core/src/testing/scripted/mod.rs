//! A provider that follows a script and records every request.

mod telephony;
mod webhook;

pub use telephony::{PlacedCall, SCRIPTED_CALLS, SCRIPTED_CALLS_FORM, ScriptedCalls};
pub use webhook::{SECRET_HEADER, element};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

use crate::consent::{Basis, Channel, Purpose, SendPermit};
use crate::contact::Address;
use crate::conversation::{ExternalId, MediaKind, Template};
use crate::id::{AccountId, OrgId};
use crate::provider::{
    Accepted, AccountAccess, AccountHealth, ConnectionForm, FetchedMedia, FieldFormat, FormField, Inbound,
    MediaCapability, MessageCursor, MessagePage, MessagingCapabilities, MessagingProvider, OutboundMessage,
    Provider, ProviderError, ProviderId, RefusalReason, Sender, Signal, TelephonyProvider, TemplateSource,
    UploadedMedia, WebhookDecoder,
};

/// Its word.
const SCRIPTED: ProviderId = ProviderId("scripted");

const fn field(name: &'static str, label: &'static str, secret: bool, format: FieldFormat) -> FormField {
    FormField { name, label, hint: "Of the script.", secret, required: true, format }
}

/// The fields by which accounts of a scripted provider are connected: all that there are, with one credential `access_token`.
pub static SCRIPTED_FORM: ConnectionForm = ConnectionForm {
    app_secret: Some(field("app_secret", "App secret", true, FieldFormat::Text)),
    verify_token: Some(field("verify_token", "Verify token", true, FieldFormat::Text)),
    routing_key: field("number", "Number ID", false, FieldFormat::Id),
    business_id: Some(FormField {
        required: false,
        ..field("business", "Business ID", false, FieldFormat::Id)
    }),
    portfolio: Some(FormField {
        required: false,
        ..field("portfolio", "Portfolio ID", false, FieldFormat::Id)
    }),
    credentials: &[field("access_token", "Access token", true, FieldFormat::Token)],
};

/// How the next call ends.
#[derive(Debug)]
#[non_exhaustive]
pub enum Scripted {
    /// As it should.
    Accept,
    /// It takes the message and holds it back.
    Hold,
    /// With an error; nothing was carried out, unless the error says that the outcome is unknown.
    Fail(ProviderError),
    /// With an error, once it is notified: what happens in between happens while the call is on the wire.
    FailAfter(Arc<Notify>, ProviderError),
    /// Never: the caller has to give up and drop it.
    Hang,
}

/// A message that was handed over.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// From which account.
    pub account: AccountId,
    /// Of which organisation: from the permit.
    pub org: OrgId,
    /// To whom: from the permit.
    pub recipient: Address,
    /// What for: from the permit.
    pub purpose: Purpose,
    /// On what it rests: from the permit.
    pub basis: Basis,
    /// The message as the provider was asked to send it.
    pub message: OutboundMessage,
    /// The id it was given.
    pub external: ExternalId,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Scripted>,
    sent: Vec<Sent>,
    signals: Vec<Signal>,
    files: BTreeMap<String, FetchedMedia>,
    templates: Vec<Template>,
    received: Vec<Bytes>,
    tokens: Vec<SecretString>,
    calls: u64,
    count: u64,
}

/// A provider for tests of services: each call takes the next line of the script, and one without a line succeeds.
#[derive(Debug)]
pub struct ScriptedProvider {
    capabilities: MessagingCapabilities,
    unsigned_webhooks: bool,
    state: Mutex<State>,
}

impl Default for ScriptedProvider {
    fn default() -> Self {
        Self::new()
    }
}

/// Small files of a kind.
const fn small_files(what: MediaKind) -> MediaCapability {
    let types: &'static [&'static str] = match what {
        MediaKind::Image => &["image/jpeg", "image/png"],
        MediaKind::Video => &["video/mp4"],
        MediaKind::Audio => &["audio/mpeg"],
        MediaKind::Voice => &["audio/ogg; codecs=opus"],
        MediaKind::Document => &["application/pdf", "text/plain"],
        MediaKind::Sticker => &["image/webp"],
    };
    MediaCapability { what, largest: 16 << 20, types }
}

impl ScriptedProvider {
    /// A provider that can do everything and accepts everything.
    #[must_use]
    pub fn new() -> Self {
        Self::with(MessagingCapabilities {
            provider: SCRIPTED,
            channel: Channel::WhatsApp,
            reply_window: Some(crate::time::REPLY_WINDOW),
            max_text: 4_096,
            max_caption: 1_024,
            templates: TemplateSource::Provider,
            reactions: true,
            media: MediaKind::ALL.iter().map(|kind| small_files(*kind)).collect(),
            rate_per_second: 80,
            delivery_reports: true,
            lists_messages: false,
        })
    }

    /// A provider with other capabilities. It does not check them: callers have to look.
    #[must_use]
    pub fn with(capabilities: MessagingCapabilities) -> Self {
        Self { capabilities, unsigned_webhooks: false, state: Mutex::default() }
    }

    /// Takes webhooks without a signature too, whose address is the only secret.
    #[must_use]
    pub const fn unsigned_webhooks(mut self) -> Self {
        self.unsigned_webhooks = true;
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line to the script.
    pub fn then(&self, line: Scripted) -> &Self {
        self.state().script.push_back(line);
        self
    }

    /// A file that can be fetched by this id.
    pub fn holds(&self, provider_id: &str, mime: &str, bytes: impl Into<Bytes>) -> &Self {
        let file = FetchedMedia { bytes: bytes.into(), mime: Some(mime.to_owned()) };
        self.state().files.insert(provider_id.to_owned(), file);
        self
    }

    /// The templates that are listed.
    pub fn lists(&self, templates: Vec<Template>) -> &Self {
        self.state().templates = templates;
        self
    }

    /// A message that is listed as received, as a webhook would hold it ([`element`]).
    pub fn received(&self, body: Bytes) -> &Self {
        self.state().received.push(body);
        self
    }

    /// What was handed over and accepted, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    /// The hints that were passed on, in order.
    #[must_use]
    pub fn signals(&self) -> Vec<Signal> {
        self.state().signals.clone()
    }

    /// The tokens of checks and sends, in order, whatever came of them.
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        self.state().tokens.iter().map(|token| token.expose_secret().to_owned()).collect()
    }

    /// How many calls there were, whatever came of them.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Takes the next line; answers whether a message is held back.
    async fn line(&self) -> Result<bool, ProviderError> {
        let line = {
            let mut state = self.state();
            state.calls += 1;
            state.script.pop_front().unwrap_or(Scripted::Accept)
        };
        match line {
            Scripted::Accept => Ok(false),
            Scripted::Hold => Ok(true),
            Scripted::Fail(error) => Err(error),
            Scripted::FailAfter(told, error) => {
                told.notified().await;
                Err(error)
            }
            Scripted::Hang => std::future::pending().await,
        }
    }
}

impl Provider for ScriptedProvider {
    fn id(&self) -> ProviderId {
        self.capabilities.provider
    }

    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        Some(self)
    }

    fn telephony(&self) -> Option<&dyn TelephonyProvider> {
        None
    }

    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        Some(self)
    }

    fn connection(&self) -> &ConnectionForm {
        &SCRIPTED_FORM
    }

    fn allows_address(&self, _: &url::Url) -> bool {
        false
    }
    fn newest_date(&self) -> Option<DateTime<Utc>> {
        None
    }
}

#[async_trait]
impl MessagingProvider for ScriptedProvider {
    fn capabilities(&self) -> &MessagingCapabilities {
        &self.capabilities
    }

    async fn send(
        &self,
        access: &AccountAccess,
        permit: SendPermit,
        message: &OutboundMessage,
    ) -> Result<Accepted, ProviderError> {
        self.state().tokens.push(access.credential(self.capabilities.provider, "access_token")?.clone());
        let held = self.line().await?;
        let mut state = self.state();
        state.count += 1;
        let unnamed = || ProviderError::Fault { provider: SCRIPTED, code: "id".to_owned() };
        let external =
            ExternalId::parse(&format!("scripted.out/{}.{}", message.id, state.count)).ok_or_else(unnamed)?;
        let recipient = permit.recipient().clone();
        let known = match &recipient {
            Address::Phone(phone) => Sender { phone: Some(phone.clone()), ..Sender::default() },
            Address::BusinessScoped(id) => Sender { scoped: Some(id.clone()), ..Sender::default() },
        };
        state.sent.push(Sent {
            account: access.account,
            org: permit.org(),
            recipient,
            purpose: permit.purpose(),
            basis: permit.basis(),
            message: message.clone(),
            external: external.clone(),
        });
        Ok(Accepted { external: Some(external), recipient: known, held })
    }

    async fn signal(&self, _: &AccountAccess, signal: &Signal) -> Result<(), ProviderError> {
        self.line().await?;
        self.state().signals.push(signal.clone());
        Ok(())
    }

    async fn fetch_media(&self, _: &AccountAccess, provider_id: &str) -> Result<FetchedMedia, ProviderError> {
        self.line().await?;
        self.state().files.get(provider_id).cloned().ok_or_else(|| ProviderError::Refused {
            provider: SCRIPTED,
            code: "gone".to_owned(),
            reason: RefusalReason::Media,
            detail: None,
        })
    }

    async fn upload_media(
        &self,
        _: &AccountAccess,
        mime: &str,
        _: &str,
        bytes: Bytes,
    ) -> Result<UploadedMedia, ProviderError> {
        self.line().await?;
        let mut state = self.state();
        state.count += 1;
        let provider_id = format!("scripted.file.{}", state.count);
        state.files.insert(provider_id.clone(), FetchedMedia { bytes, mime: Some(mime.to_owned()) });
        Ok(UploadedMedia { provider_id })
    }

    async fn templates(&self, _: &AccountAccess) -> Result<Vec<Template>, ProviderError> {
        self.line().await?;
        Ok(self.state().templates.clone())
    }

    async fn list_messages(
        &self,
        _: &AccountAccess,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        _: Option<MessageCursor>,
    ) -> Result<MessagePage, ProviderError> {
        if !self.capabilities.lists_messages {
            return Err(ProviderError::Unsupported { provider: SCRIPTED, what: "listing messages" });
        }
        self.line().await?;
        let listed = self.state().received.clone();
        let within = |inbound: &Inbound| inbound.at.is_some_and(|at| from <= at && at <= until);
        let messages = listed.iter().flat_map(|body| self.decode_element(body)).filter(within).collect();
        Ok(MessagePage { messages, next: None })
    }

    async fn check(&self, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
        self.state().tokens.push(access.credential(self.capabilities.provider, "access_token")?.clone());
        self.line().await?;
        Ok(AccountHealth {
            display_number: Some("+44 7700 900999".to_owned()),
            verified_name: Some("Front desk".to_owned()),
            quality: None,
        })
    }
}

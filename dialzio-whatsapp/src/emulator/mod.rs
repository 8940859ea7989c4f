//! A small Graph server, for tests, for embedders and for the sandbox.
//!
//! It takes the requests of the real adapter over HTTP, judges them by rules of its own, answers with the
//! documented shapes and errors, and posts signed webhooks back. The customer's side is played through
//! [`Emulator::customer_sends`] and its neighbours. It can be told to fail, delay, repeat and reorder.
//!
//! Beside messages it has numbers and their settings, the business profile, templates with a review, files,
//! message links, and blocking. What it does not have is refused in the platform's error shape.
//!
//! Deliberate differences from the platform: unknown keys of a message are refused at every level, links
//! to media are not fetched, the picture of a message link is an empty one, and there are no groups, calls,
//! flows, catalogues or rate limits (use [`Failure::Code`] for those).
//!
//! ```no_run
//! # async fn example(clock: dialzio_whatsapp::emulator::EmulatorClock) -> Result<(), Box<dyn std::error::Error>> {
//! use dialzio_whatsapp::emulator::{
//!     CustomerIdentity, CustomerMessage, EmulatedNumber, Emulator, EmulatorConfig,
//! };
//!
//! let graph = Emulator::start(EmulatorConfig::new(clock)).await?;
//! graph.add_number(EmulatedNumber {
//!     phone_number_id: "100200300".into(),
//!     waba_id: "900800700".into(),
//!     display_phone_number: "+91 44 1234 5678".into(),
//!     verified_name: "Green Leaf Nursery".into(),
//!     access_token: "token".into(),
//!     app_secret: "secret".into(),
//!     webhook_url: Some("http://127.0.0.1:8080/webhooks/whatsapp".parse()?),
//! });
//! let asha = CustomerIdentity::with_phone("919876500001", "Asha");
//! graph.customer_sends("100200300", &asha, CustomerMessage::text("Is my order ready?"))?;
//! # Ok(())
//! # }
//! ```

mod account;
mod block;
mod calls;
mod config;
mod connection;
mod customer;
mod encoding;
mod fields;
mod graph;
mod link;
mod media;
mod outbound;
mod paging;
mod param;
mod person;
mod profile;
mod record;
mod refusal;
mod request;
mod rules;
mod settings;
mod state;
mod template;
mod templates;
mod transcript;
mod webhook;

use std::{collections::HashMap, fmt, io, sync::Arc};

use axum::Router;
use bytes::Bytes;
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};
use url::Url;

pub use self::{
    config::{Behaviour, EmulatedNumber, EmulatorClock, EmulatorConfig, EmulatorError, Failure},
    customer::{CustomerFile, CustomerMessage, MarketingChoice},
    person::CustomerIdentity,
    record::RecordedRequest,
    template::EmulatedTemplate,
    transcript::{Bubble, BubbleButton, BubbleMedia, ButtonKind, EmulatedStatus, Party, TranscriptEntry},
};
use self::{
    connection::{Cut, CuttableListener},
    state::{Number, Shared},
    template::StoredTemplate,
};

/// A running Graph emulator. Clones are handles to the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct Emulator {
    shared: Arc<Shared>,
    last_handle: Arc<Running>,
}

/// Stops the server and everything that waits when the last handle goes.
struct Running(watch::Sender<bool>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("base_url", &self.shared.base_url.as_str()).finish_non_exhaustive()
    }
}

impl Emulator {
    /// Binds the address and serves in a task of the current tokio runtime.
    ///
    /// # Errors
    /// The address cannot be bound, or no HTTP client can be built.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn start(config: EmulatorConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(config.addr).await?;
        let base_url =
            Url::parse(&format!("http://{}/", listener.local_addr()?)).map_err(io::Error::other)?;
        let http = plain_client()?;
        let shared =
            Arc::new(Shared::new(base_url, http, config.clock, config.behaviour, config.keep_requests));
        let service = graph::router(Arc::clone(&shared)).into_make_service_with_connect_info::<Cut>();
        let mut closed = shared.closed.subscribe();
        tokio::spawn(async move {
            let until_closed = async move {
                // The sender going away means the same as its word.
                let _ = closed.wait_for(|closed| *closed).await;
            };
            let server = axum::serve(CuttableListener(listener), service);
            if let Err(error) = server.with_graceful_shutdown(until_closed).await {
                tracing::warn!(%error, "the Graph emulator stopped");
            }
        });
        let last_handle = Arc::new(Running(shared.closed.clone()));
        Ok(Self { shared, last_handle })
    }

    /// Where it listens; ends with a slash. Paths may carry a version (`v25.0/…`) or not.
    pub fn base_url(&self) -> Url {
        self.shared.base_url.clone()
    }

    /// The same routes, to be mounted in another server. Cut connections show there as an empty 502, and
    /// addresses of media point to [`base_url`](Self::base_url).
    pub fn router(&self) -> Router {
        graph::router(Arc::clone(&self.shared))
    }

    /// Stops serving and posting. Handles stay usable, but nothing is sent any more.
    pub fn shutdown(&self) {
        self.last_handle.0.send_replace(true);
    }

    /// Adds a number, or replaces the one with the same id. Its conversations and what was set over the API stay.
    pub fn add_number(&self, number: EmulatedNumber) {
        let id = number.phone_number_id.clone();
        let (queue, posts) = mpsc::unbounded_channel();
        {
            let mut state = self.shared.state();
            let settings = state.numbers.remove(&id).map(|number| number.settings).unwrap_or_default();
            state.numbers.insert(id.clone(), Number { facts: number, queue, is_subscribed: true, settings });
        }
        self.shared.spawn(webhook::deliver(Arc::clone(&self.shared), id, posts));
    }

    /// The numbers that were added, in order of their ids.
    pub fn numbers(&self) -> Vec<EmulatedNumber> {
        self.shared.state().numbers.values().map(|number| number.facts.clone()).collect()
    }

    /// Sets where a number's webhooks are posted.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownNumber`].
    pub fn set_webhook(&self, phone_number_id: &str, url: Url) -> Result<(), EmulatorError> {
        match self.shared.state().numbers.get_mut(phone_number_id) {
            Some(number) => number.facts.webhook_url = Some(url),
            None => return Err(EmulatorError::UnknownNumber(phone_number_id.to_owned())),
        }
        Ok(())
    }

    /// Asks a number's webhook address for the challenge, as the platform does when it is configured.
    ///
    /// # Errors
    /// [`EmulatorError::Webhook`] if the address does not answer 200 with the challenge and nothing else.
    pub async fn verify_webhook(
        &self,
        phone_number_id: &str,
        verify_token: &str,
    ) -> Result<(), EmulatorError> {
        let (url, _) = self.webhook_of(phone_number_id)?;
        account::challenge(&self.shared, &url, verify_token).await.map_err(EmulatorError::Webhook)
    }

    /// Adds a template to a business account, or replaces the one with the same name and language.
    /// Answers its id.
    pub fn add_template(&self, waba_id: &str, template: EmulatedTemplate) -> String {
        let mut state = self.shared.state();
        let id = state.next_serial().to_string();
        let templates = state.templates.entry(waba_id.to_owned()).or_default();
        templates.retain(|stored| {
            (&stored.template.name, &stored.template.language) != (&template.name, &template.language)
        });
        templates.push(StoredTemplate { id: id.clone(), template, lives: None });
        id
    }

    /// Adds all of [`EmulatedTemplate::samples`], signed with the verified name of the account's number.
    pub fn add_sample_templates(&self, waba_id: &str) {
        let number = self.numbers().into_iter().find(|number| number.waba_id == waba_id);
        let business = number.map_or_else(|| "Our shop".to_owned(), |number| number.verified_name);
        for template in EmulatedTemplate::samples(&business) {
            self.add_template(waba_id, template);
        }
    }

    /// Changes a template's status and posts `message_template_status_update` to the account's numbers.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownTemplate`].
    pub fn set_template_status(
        &self,
        waba_id: &str,
        name: &str,
        language: &str,
        status: &str,
    ) -> Result<(), EmulatorError> {
        templates::set_status(&self.shared, waba_id, name, language, status)
    }

    /// A customer writes to a number. Answers the message id; the webhook is on its way.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownNumber`], [`EmulatorError::NoIdentity`].
    #[allow(clippy::needless_pass_by_value, reason = "a message is sent once")]
    pub fn customer_sends(
        &self,
        phone_number_id: &str,
        customer: &CustomerIdentity,
        message: CustomerMessage,
    ) -> Result<String, EmulatorError> {
        customer::sends(&self.shared, phone_number_id, customer, None, &message)
    }

    /// The same, quoting an earlier message; taps on buttons quote the message with the button.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownNumber`], [`EmulatorError::NoIdentity`].
    #[allow(clippy::needless_pass_by_value, reason = "a message is sent once")]
    pub fn customer_replies(
        &self,
        phone_number_id: &str,
        customer: &CustomerIdentity,
        reply_to: &str,
        message: CustomerMessage,
    ) -> Result<String, EmulatorError> {
        customer::sends(&self.shared, phone_number_id, customer, Some(reply_to), &message)
    }

    /// The customer calls by WhatsApp, and hangs up after twenty seconds since nobody answers. The business hears of both; the
    /// answer is the provider's id of the call.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownNumber`], [`EmulatorError::NoIdentity`].
    pub fn customer_calls_in_vain(
        &self,
        phone_number_id: &str,
        customer: &CustomerIdentity,
    ) -> Result<String, EmulatorError> {
        calls::in_vain(&self.shared, phone_number_id, customer)
    }

    /// The customer opens a message of the business; the business gets a `read` status.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownMessage`].
    pub fn customer_reads(&self, wamid: &str) -> Result<(), EmulatorError> {
        self.report(wamid, EmulatedStatus::Read)
    }

    /// The customer stops or resumes marketing messages; the business gets `user_preferences`.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownNumber`], [`EmulatorError::NoIdentity`].
    pub fn customer_chooses(
        &self,
        phone_number_id: &str,
        customer: &CustomerIdentity,
        choice: MarketingChoice,
    ) -> Result<(), EmulatorError> {
        customer::chooses(&self.shared, phone_number_id, customer, choice)
    }

    /// Makes a person reachable or not; sends to an unreachable one end as 131026.
    ///
    /// # Errors
    /// [`EmulatorError::NoIdentity`].
    pub fn set_reachable(&self, customer: &CustomerIdentity, reachable: bool) -> Result<(), EmulatorError> {
        let mut state = self.shared.state();
        let person = state.people.meet(customer).ok_or(EmulatorError::NoIdentity)?;
        state.people.get_mut(person).unreachable = !reachable;
        Ok(())
    }

    /// Reports any status of a message of the business, in any order.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownMessage`].
    pub fn report(&self, wamid: &str, status: EmulatedStatus) -> Result<(), EmulatorError> {
        outbound::report(&self.shared, wamid, status)
    }

    /// What a customer's phone shows of the conversation with a number, oldest first.
    ///
    /// Messages of the business are listed as soon as they are accepted;
    /// [`EmulatedStatus::is_on_the_phone`] tells the ones that have arrived.
    pub fn transcript(&self, phone_number_id: &str, customer: &CustomerIdentity) -> Vec<TranscriptEntry> {
        let state = self.shared.state();
        let Some(person) = state.people.by_identity(customer) else { return Vec::new() };
        let key = (phone_number_id.to_owned(), person);
        state.conversations.get(&key).map(|talk| talk.entries.clone()).unwrap_or_default()
    }

    /// Puts back what a number and a person wrote to each other before the emulator was started, oldest first. The phone
    /// shows it, reports may be made about it, and the reply window counts from the person's last message. Nothing is
    /// posted, and messages that are there already stay as they are.
    ///
    /// # Errors
    /// [`EmulatorError::NoIdentity`].
    pub fn restore(
        &self,
        phone_number_id: &str,
        customer: &CustomerIdentity,
        entries: Vec<TranscriptEntry>,
    ) -> Result<(), EmulatorError> {
        self.shared.state().restore(phone_number_id, customer, entries)?;
        self.shared.changed();
        Ok(())
    }

    /// All people who have a conversation with a number, in the order in which they were met.
    pub fn customers(&self, phone_number_id: &str) -> Vec<CustomerIdentity> {
        let state = self.shared.state();
        let mut people: Vec<_> = state
            .conversations
            .keys()
            .filter(|(number_id, _)| number_id == phone_number_id)
            .map(|(_, person)| *person)
            .collect();
        people.sort_unstable();
        people.into_iter().map(|person| state.people.get(person).identity()).collect()
    }

    /// Whether the customer sees that the business is typing.
    pub fn is_typing(&self, phone_number_id: &str, customer: &CustomerIdentity) -> bool {
        let now = self.shared.now();
        let state = self.shared.state();
        let Some(person) = state.people.by_identity(customer) else { return false };
        state
            .conversations
            .get(&(phone_number_id.to_owned(), person))
            .and_then(|talk| talk.typing_until)
            .is_some_and(|until| now < until)
    }

    /// A file of a conversation: its MIME type and content.
    pub fn media(&self, media_id: &str) -> Option<(String, Bytes)> {
        let state = self.shared.state();
        state.media.get(media_id).map(|media| (media.mime_type.clone(), media.bytes.clone()))
    }

    /// A counter that grows whenever any conversation changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.revision.subscribe()
    }

    /// How it behaves now.
    pub fn behaviour(&self) -> Behaviour {
        self.shared.behaviour()
    }

    /// Changes how it behaves from here on. The shuffle starts again from the seed.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.shared.state().set_behaviour(behaviour);
    }

    /// Makes the next request fail, whatever it is. Failures line up. The two that concern only sends
    /// wait for the next send.
    pub fn fail_next(&self, failure: Failure) {
        let mut state = self.shared.state();
        match failure {
            Failure::FailedStatus(_) | Failure::HeldForQuality => state.send_failures.push_back(failure),
            _ => state.failures.push_back(failure),
        }
    }

    /// Makes the next send of a message fail, whatever else is asked before.
    pub fn fail_next_send(&self, failure: Failure) {
        self.shared.state().send_failures.push_back(failure);
    }

    /// The requests so far, oldest first, at most [`EmulatorConfig::keep_requests`].
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.state().records.requests()
    }

    /// How often each sender's own id was carried out. More than once is a doubled message.
    pub fn sends_by_opaque_id(&self) -> HashMap<String, u32> {
        self.shared.state().records.sends()
    }

    /// Forgets the recorded requests and counts; conversations stay.
    pub fn forget_requests(&self) {
        self.shared.state().records.forget();
    }

    /// The value of `X-Hub-Signature-256` for these bytes from this number's app.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownNumber`].
    pub fn signature(&self, phone_number_id: &str, bytes: &[u8]) -> Result<String, EmulatorError> {
        let state = self.shared.state();
        match state.numbers.get(phone_number_id) {
            Some(number) => Ok(webhook::signature(&number.facts.app_secret, bytes)),
            None => Err(EmulatorError::UnknownNumber(phone_number_id.to_owned())),
        }
    }

    /// Signs any bytes and posts them once to the number's webhook. Answers the HTTP status.
    ///
    /// # Errors
    /// [`EmulatorError::NoWebhook`], or [`EmulatorError::Webhook`] if there was no answer.
    pub async fn deliver_raw(
        &self,
        phone_number_id: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<u16, EmulatorError> {
        let bytes = bytes.into();
        let (url, secret) = self.webhook_of(phone_number_id)?;
        let signature = webhook::signature(&secret, &bytes);
        webhook::send(&self.shared.http, url, signature, bytes).await.map_err(EmulatorError::Webhook)
    }

    /// Waits until no status is due and no webhook waits to be posted, posted again, or answered.
    pub async fn idle(&self) {
        self.shared.idle().await;
    }

    fn webhook_of(&self, phone_number_id: &str) -> Result<(Url, secrecy::SecretString), EmulatorError> {
        if !self.shared.state().numbers.contains_key(phone_number_id) {
            return Err(EmulatorError::UnknownNumber(phone_number_id.to_owned()));
        }
        self.shared
            .webhook_of(phone_number_id)
            .ok_or_else(|| EmulatorError::NoWebhook(phone_number_id.to_owned()))
    }
}

/// A client for webhooks over plain http: it trusts no certificate, so https addresses fail.
fn plain_client() -> io::Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(io::Error::other)
}

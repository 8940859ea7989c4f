//! The configuration of an emulator: its numbers, how it behaves, and what is to go wrong.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use url::Url;

/// Where the emulator takes the time from. Give it the same clock as the program under test.
pub type EmulatorClock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// How to start an [`Emulator`](super::Emulator).
#[derive(Clone)]
pub struct EmulatorConfig {
    /// Address to bind. Port 0 lets the system choose one. Default `127.0.0.1:0`.
    pub addr: SocketAddr,
    /// The emulator's time: timestamps, the 24-hour window and the expiry of media follow it.
    pub clock: EmulatorClock,
    /// How it behaves from the start; see [`Emulator::set_behaviour`](super::Emulator::set_behaviour).
    pub behaviour: Behaviour,
    /// How many requests are remembered, oldest dropped first. Default 10,000.
    pub keep_requests: usize,
}

impl EmulatorConfig {
    /// The defaults, with this clock.
    pub fn new(clock: EmulatorClock) -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock,
            behaviour: Behaviour::default(),
            keep_requests: 10_000,
        }
    }
}

impl fmt::Debug for EmulatorConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorConfig")
            .field("addr", &self.addr)
            .field("behaviour", &self.behaviour)
            .field("keep_requests", &self.keep_requests)
            .finish_non_exhaustive()
    }
}

/// How the emulated platform and its customers' phones behave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// Pause before each automatic status webhook. Zero lets a status overtake the answer to the send,
    /// as the real platform does at times. Default 20 ms.
    pub status_delay: Duration,
    /// Whether a sent message reaches the phone by itself. Default true.
    pub auto_deliver: bool,
    /// Whether a delivered message is read by itself. Default false.
    pub auto_read: bool,
    /// Post every webhook twice, byte for byte.
    pub double_webhooks: bool,
    /// Post webhooks that are due together in an order drawn from [`seed`](Self::seed); statuses of one
    /// message are then due together, without [`status_delay`](Self::status_delay).
    pub shuffle_webhooks: bool,
    /// Where the shuffle starts from; the same seed gives the same orders.
    pub seed: u64,
    /// Whether free-form messages outside the 24-hour window fail with 131047. Default true.
    pub reply_window: bool,
    /// Whether webhooks and answers carry business-scoped user ids. Default true, as since April 2026.
    pub user_ids: bool,
    /// Pause before a refused webhook is posted again; it doubles each time. Default 200 ms.
    pub retry_gap: Duration,
    /// How often a refused webhook is posted again before it is given up. Default 6.
    pub retry_limit: u32,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            status_delay: Duration::from_millis(20),
            auto_deliver: true,
            auto_read: false,
            double_webhooks: false,
            shuffle_webhooks: false,
            seed: 1,
            reply_window: true,
            user_ids: true,
            retry_gap: Duration::from_millis(200),
            retry_limit: 6,
        }
    }
}

/// A business phone number that the emulator serves.
#[derive(Debug, Clone)]
pub struct EmulatedNumber {
    /// Graph's id of the number, the first path segment of every send.
    pub phone_number_id: String,
    /// The WhatsApp business account that owns the number and its templates.
    pub waba_id: String,
    /// The number as people see it, digits with country code; a leading `+` and blanks are allowed.
    pub display_phone_number: String,
    /// The approved business name.
    pub verified_name: String,
    /// The bearer token that opens this number and its business account.
    pub access_token: SecretString,
    /// The secret that signs webhooks.
    pub app_secret: SecretString,
    /// Where webhooks are posted, over plain http. `None` until
    /// [`Emulator::set_webhook`](super::Emulator::set_webhook).
    pub webhook_url: Option<Url>,
}

/// Something that goes wrong on purpose, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// Refuse with this error code and its documented HTTP status. The request is not carried out.
    Code(u32),
    /// Answer this HTTP status with an HTML page, as a proxy in between would. Not carried out.
    HttpStatusHtml(u16),
    /// Refuse the token with 190, although it is right. Not carried out.
    Unauthorized,
    /// Carry the request out and then do not answer for a minute.
    Timeout,
    /// Read the whole request, do not carry it out, and cut the connection.
    DropConnectionAfterRead,
    /// Carry the request out and cut the connection instead of answering.
    DropConnectionAfterAcceptance,
    /// Accept a send and report it as failed with this code later. Waits for the next send.
    FailedStatus(u32),
    /// Accept a send as `held_for_quality_assessment`; no status follows by itself. Waits for the next send.
    HeldForQuality,
}

/// What an emulator cannot do, since it was asked for something that it does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// No number with this id was added.
    #[error("no emulated number has the id {0}")]
    UnknownNumber(String),
    /// No message has this id.
    #[error("no emulated message has the id {0}")]
    UnknownMessage(String),
    /// No such template was added.
    #[error("no emulated template is called {0}")]
    UnknownTemplate(String),
    /// The customer has neither a WhatsApp id nor a business-scoped user id.
    #[error("the customer has no identity")]
    NoIdentity,
    /// The number has no webhook address.
    #[error("the number {0} has no webhook address")]
    NoWebhook(String),
    /// The webhook could not be reached, or did not echo the challenge.
    #[error("webhook: {0}")]
    Webhook(String),
}

//! The configuration of an emulator: its accounts, how it behaves, and what is to go wrong.

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
    /// The emulator's time: every time in a report, and every duration, follows it.
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

/// In which form webhooks are posted: an account chooses it in the vendor's dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WebhookForm {
    /// A POST with JSON.
    #[default]
    Json,
    /// A POST of a form.
    Form,
    /// A GET with everything in the query.
    Query,
}

/// How the emulated vendor behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// Live events are posted. Default true.
    pub live_events: bool,
    /// Records of calls that ended are posted. Default true.
    pub records: bool,
    /// Pause before each webhook. Default none.
    pub webhook_delay: Duration,
    /// Post every webhook twice, byte for byte.
    pub double_webhooks: bool,
    /// Post webhooks that are due together in an order drawn from [`seed`](Self::seed).
    pub shuffle_webhooks: bool,
    /// Where the shuffle starts from; the same seed gives the same orders.
    pub seed: u64,
    /// In which form webhooks are posted.
    pub form: WebhookForm,
    /// What stands in the place of a number that is withheld. Default `anonymous`.
    pub hidden_number: String,
    /// How long after its end a recording is published. Default at once.
    pub recording_delay: Duration,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            live_events: true,
            records: true,
            webhook_delay: Duration::ZERO,
            double_webhooks: false,
            shuffle_webhooks: false,
            seed: 1,
            form: WebhookForm::Json,
            hidden_number: "anonymous".to_owned(),
            recording_delay: Duration::ZERO,
        }
    }
}

/// Which of the vendor's two products an account belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Product {
    /// The business telephone system.
    TeleCmi,
    /// Programmable telephony.
    Piopiy,
}

/// An account that the emulator serves.
#[derive(Debug, Clone)]
pub struct EmulatedAccount {
    /// Of which product.
    pub product: Product,
    /// The App ID.
    pub app_id: u64,
    /// The app secret.
    pub secret: SecretString,
    /// The numbers of the account, as digits with the country code.
    pub numbers: Vec<String>,
    /// The users of a telephone system. Piopiy has none.
    pub agents: Vec<EmulatedAgent>,
    /// Whether agents can be rung at their own telephones.
    pub follow_me: bool,
    /// Whether calls are recorded.
    pub recorded: bool,
    /// Where webhooks are posted, over plain http. `None` until
    /// [`Emulator::set_webhook`](super::Emulator::set_webhook).
    pub webhook_url: Option<Url>,
}

/// A user of an emulated telephone system.
#[derive(Clone)]
pub struct EmulatedAgent {
    /// The id: `101_1234567`.
    pub id: String,
    /// The name.
    pub name: String,
    /// The user's own telephone, as digits with the country code.
    pub phone: String,
    /// The token by which the user ends calls.
    pub token: SecretString,
}

impl fmt::Debug for EmulatedAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatedAgent").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Something that goes wrong on purpose, once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// Answer status 200 with this code in the body. The request is not carried out.
    Code(i64),
    /// Answer this HTTP status with an HTML page, as a proxy in between would. Not carried out.
    HttpStatusHtml(u16),
    /// Carry the request out and then do not answer for a minute.
    Timeout,
    /// Read the whole request, do not carry it out, and break the connection.
    DropConnectionAfterRead,
    /// Carry the request out and break the connection instead of answering.
    DropConnectionAfterAcceptance,
    /// Answer a recording with half of it. Waits for the next recording.
    HalfRecording,
    /// Answer a recording with a redirect to this address. Waits for the next recording.
    RecordingElsewhere(Url),
}

/// What an emulator cannot do, since it was asked for something that it does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// No account with this App ID was added.
    #[error("no emulated account has the App ID {0}")]
    UnknownAccount(u64),
    /// The account has no agent with this id.
    #[error("no emulated agent has the id {0}")]
    UnknownAgent(String),
    /// There is no such call.
    #[error("no emulated call has the id {0}")]
    UnknownCall(String),
    /// What was asked cannot happen at this point of the call.
    #[error("this cannot happen while the call is {0}")]
    OutOfPlace(&'static str),
}

//! A server that plays TeleCMI and Piopiy, for tests, for embedders and for the sandbox.
//!
//! It takes the requests of the real adapters over HTTP, judges them by rules of its own, answers with the documented shapes and
//! errors, and posts webhooks as the vendor does. The agents and the customers are played through its methods: someone calls in,
//! an agent answers or declines, a customer hangs up or leaves a message. Its lists and look-ups agree with what it reported, so
//! that what a lost webhook told can be found again. It can be told to fail, delay, repeat, lose and reorder.
//!
//! Deliberate differences from the vendor: parameters that are not known are refused; a program of Piopiy has to join one
//! telephone when it comes with a request, and is played in full when it answers the question about a call that comes in. Either
//! product asks only once [`Emulator::set_answer_address`] was called: until then, and where TeleCMI's answer leaves a call to what
//! is set up there, agents are rung by [`Emulator::ring`]. A page holds ten rows whatever is asked, as has been seen; Piopiy's records name recordings where TeleCMI's do, which is not documented.
//!
//! ```no_run
//! # async fn example(clock: dialzio_telephony::emulator::EmulatorClock) -> Result<(), Box<dyn std::error::Error>> {
//! use dialzio_telephony::emulator::{EmulatedAccount, EmulatedAgent, Emulator, EmulatorConfig, Product, Side};
//!
//! let vendor = Emulator::start(EmulatorConfig::new(clock)).await?;
//! vendor.add_account(EmulatedAccount {
//!     product: Product::TeleCmi,
//!     app_id: 1234567,
//!     secret: "secret".into(),
//!     numbers: vec!["914412345678".into()],
//!     agents: vec![EmulatedAgent {
//!         id: "101_1234567".into(),
//!         name: "Ravi K".into(),
//!         phone: "919876500101".into(),
//!         token: "token".into(),
//!     }],
//!     follow_me: true,
//!     recorded: true,
//!     webhook_url: Some("http://127.0.0.1:8080/hooks/telecmi".parse()?),
//! });
//! let call = vendor.call_in(Product::TeleCmi, 1234567, Some("919876500001"), "914412345678")?;
//! vendor.ring(&call, "101_1234567")?;
//! vendor.agent_answers(&call)?;
//! vendor.hang_up(&call, Side::Customer)?;
//! vendor.idle().await;
//! # Ok(())
//! # }
//! ```

mod asked;
mod asking;
mod call;
mod config;
mod files;
mod message;
mod payload;
mod perform;
mod piopiy;
mod play;
mod program;
mod record;
mod refusal;
mod routing;
mod server;
mod sms;
mod sound;
mod state;
mod telecmi;
mod webhook;

use std::{fmt, io, sync::Arc};

use axum::Router;
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};
use url::Url;

use self::state::{Account, Shared};
pub use self::{
    call::{CallPhase, EmulatedCall, Side},
    config::{
        Behaviour, EmulatedAccount, EmulatedAgent, EmulatorClock, EmulatorConfig, EmulatorError, Failure,
        Product, WebhookForm,
    },
    message::EmulatedSms,
    record::RecordedRequest,
};

/// A running emulator. Clones are handles to the same one; it stops when the last is dropped.
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
        let service = server::router(Arc::clone(&shared));
        let mut closed = shared.closed.subscribe();
        tokio::spawn(async move {
            let until_closed = async move {
                // The sender going away means the same as its word.
                let _ = closed.wait_for(|closed| *closed).await;
            };
            if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(until_closed).await {
                tracing::warn!(%error, "the telephony emulator stopped");
            }
        });
        let last_handle = Arc::new(Running(shared.closed.clone()));
        Ok(Self { shared, last_handle })
    }

    /// Where it listens; ends with a slash. It is the base address of accounts of both providers.
    #[must_use]
    pub fn base_url(&self) -> Url {
        self.shared.base_url.clone()
    }

    /// The same routes, to be mounted in another server.
    pub fn router(&self) -> Router {
        server::router(Arc::clone(&self.shared))
    }

    /// Stops serving and posting. Handles stay usable, but nothing is sent any more.
    pub fn shutdown(&self) {
        self.last_handle.0.send_replace(true);
    }

    /// Adds an account, or replaces the one of the same product and App ID. Its calls stay.
    pub fn add_account(&self, account: EmulatedAccount) {
        let key = (account.product, account.app_id);
        let (queue, posts) = mpsc::unbounded_channel();
        self.shared
            .state()
            .accounts
            .insert(key, Account { facts: account, queue, held: None, answer_url: None });
        self.shared.spawn(webhook::deliver(Arc::clone(&self.shared), key, posts));
    }

    /// The accounts that were added, by product and App ID.
    #[must_use]
    pub fn accounts(&self) -> Vec<EmulatedAccount> {
        self.shared.state().accounts.values().map(|account| account.facts.clone()).collect()
    }

    /// Sets where an account's webhooks are posted.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownAccount`].
    pub fn set_webhook(&self, product: Product, app_id: u64, url: Url) -> Result<(), EmulatorError> {
        match self.shared.state().accounts.get_mut(&(product, app_id)) {
            Some(account) => account.facts.webhook_url = Some(url),
            None => return Err(EmulatorError::UnknownAccount(app_id)),
        }
        Ok(())
    }

    /// Sets where an account asks what to do with calls that come in, over plain http; `None` to ask no more.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownAccount`].
    pub fn set_answer_address(
        &self,
        product: Product,
        app_id: u64,
        url: Option<Url>,
    ) -> Result<(), EmulatorError> {
        match self.shared.state().accounts.get_mut(&(product, app_id)) {
            Some(account) => account.answer_url = url,
            None => return Err(EmulatorError::UnknownAccount(app_id)),
        }
        Ok(())
    }

    /// A customer calls a number of an account; `None` for one who hides the number. Answers the id of the call, which waits
    /// until an agent is rung. Where an answer address is set, it is asked, and its program is played; how long a telephone rings
    /// is then counted by the clock on the wall.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownAccount`].
    pub fn call_in(
        &self,
        product: Product,
        app_id: u64,
        from: Option<&str>,
        to: &str,
    ) -> Result<String, EmulatorError> {
        let (call, question) = play::call_in(&self.shared, (product, app_id), from, to)?;
        if let Some(question) = question {
            let pending = self.shared.pending();
            let key = (product, app_id);
            self.shared.spawn(asking::ask(Arc::clone(&self.shared), key, call.clone(), question, pending));
        }
        Ok(call)
    }

    /// An agent is rung for a caller who waits: an id of TeleCMI, a number of Piopiy.
    ///
    /// # Errors
    /// [`EmulatorError`].
    pub fn ring(&self, call: &str, agent: &str) -> Result<(), EmulatorError> {
        play::ring(&self.shared, call, agent)
    }

    /// The agent with this number answers, of several who are rung at once.
    ///
    /// # Errors
    /// [`EmulatorError`]; [`EmulatorError::UnknownAgent`] if this one is not rung.
    pub fn agent_answers_at(&self, call: &str, agent: &str) -> Result<(), EmulatorError> {
        perform::answers_at(&self.shared, call, agent)
    }

    /// The agent who is rung answers. In a call that was placed, the customer is rung then.
    ///
    /// # Errors
    /// [`EmulatorError`].
    pub fn agent_answers(&self, call: &str) -> Result<(), EmulatorError> {
        play::agent_answers(&self.shared, call)
    }

    /// The agent who is rung declines. A caller waits on; a call that was placed is over.
    ///
    /// # Errors
    /// [`EmulatorError`].
    pub fn agent_declines(&self, call: &str) -> Result<(), EmulatorError> {
        perform::agent_leaves(&self.shared, call, "sent_reject")
    }

    /// The agent who is rung does not answer.
    ///
    /// # Errors
    /// [`EmulatorError`].
    pub fn agent_ignores(&self, call: &str) -> Result<(), EmulatorError> {
        perform::agent_leaves(&self.shared, call, "recv_cancel")
    }

    /// The customer who is rung answers.
    ///
    /// # Errors
    /// [`EmulatorError`].
    pub fn customer_answers(&self, call: &str) -> Result<(), EmulatorError> {
        play::customer_answers(&self.shared, call)
    }

    /// The customer who is rung declines.
    ///
    /// # Errors
    /// [`EmulatorError`].
    pub fn customer_declines(&self, call: &str) -> Result<(), EmulatorError> {
        play::customer_leaves(&self.shared, call, "recv_reject")
    }

    /// The customer who is rung does not answer.
    ///
    /// # Errors
    /// [`EmulatorError`].
    pub fn customer_ignores(&self, call: &str) -> Result<(), EmulatorError> {
        play::customer_leaves(&self.shared, call, "recv_cancel")
    }

    /// One side hangs up, at any point of the call.
    ///
    /// # Errors
    /// [`EmulatorError`].
    pub fn hang_up(&self, call: &str, side: Side) -> Result<(), EmulatorError> {
        play::hang_up(&self.shared, call, side)
    }

    /// The caller whom no one answered leaves a message, which lasts as long as the call did, and hangs up. An agent who is rung
    /// is not rung any more.
    ///
    /// # Errors
    /// [`EmulatorError`].
    pub fn leave_voicemail(&self, call: &str) -> Result<(), EmulatorError> {
        play::leave_voicemail(&self.shared, call)
    }

    /// A person writes an SMS to an account of TeleCMI. Answers its id. It is in the inbox of the account's first user; no webhook
    /// tells of it.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownAccount`]; [`EmulatorError::UnknownAgent`] if the account has no user.
    pub fn sms_in(&self, app_id: u64, from: &str, text: &str) -> Result<String, EmulatorError> {
        sms::receive(&self.shared, app_id, from, text)
    }

    /// All SMS, oldest first.
    #[must_use]
    pub fn sms(&self) -> Vec<EmulatedSms> {
        self.shared.state().sms.clone()
    }

    /// A call as it stands.
    #[must_use]
    pub fn call(&self, id: &str) -> Option<EmulatedCall> {
        let state = self.shared.state();
        state.calls.iter().find(|call| call.shown.id == id).map(|call| call.shown.clone())
    }

    /// All calls, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<EmulatedCall> {
        self.shared.state().calls.iter().map(|call| call.shown.clone()).collect()
    }

    /// A counter that grows whenever any call or SMS changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.revision.subscribe()
    }

    /// Keeps webhooks of an account back from here on.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownAccount`].
    pub fn hold_webhooks(&self, product: Product, app_id: u64) -> Result<(), EmulatorError> {
        let mut state = self.shared.state();
        let account =
            state.accounts.get_mut(&(product, app_id)).ok_or(EmulatorError::UnknownAccount(app_id))?;
        account.held.get_or_insert_default();
        Ok(())
    }

    /// Posts what was kept back, in order or shuffled as [`Behaviour::shuffle_webhooks`] says, and keeps no more back.
    ///
    /// # Errors
    /// [`EmulatorError::UnknownAccount`].
    pub fn release_webhooks(&self, product: Product, app_id: u64) -> Result<(), EmulatorError> {
        let mut state = self.shared.state();
        let account =
            state.accounts.get_mut(&(product, app_id)).ok_or(EmulatorError::UnknownAccount(app_id))?;
        for post in account.held.take().into_iter().flatten() {
            // The queue is closed only when the emulator is; then the webhook has nowhere to go.
            let _ = account.queue.send(post);
        }
        Ok(())
    }

    /// Loses the next webhooks, of whichever account.
    pub fn lose_webhooks(&self, count: usize) {
        self.shared.state().losing += count;
    }

    /// How it behaves now.
    #[must_use]
    pub fn behaviour(&self) -> Behaviour {
        self.shared.behaviour()
    }

    /// Changes how it behaves from here on. The shuffle starts again from the seed.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.shared.state().set_behaviour(behaviour);
    }

    /// Makes the next request fail, whatever it is. Failures line up. Those of recordings wait for the next recording.
    pub fn fail_next(&self, failure: Failure) {
        let mut state = self.shared.state();
        match failure {
            Failure::HalfRecording | Failure::RecordingElsewhere(_) => state.file_failures.push_back(failure),
            _ => state.failures.push_back(failure),
        }
    }

    /// Makes the next request that places a call fail, whatever else is asked before.
    pub fn fail_next_call(&self, failure: Failure) {
        self.shared.state().call_failures.push_back(failure);
    }

    /// The requests so far, oldest first, at most [`EmulatorConfig::keep_requests`].
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.state().records.requests()
    }

    /// Forgets the recorded requests; calls stay.
    pub fn forget_requests(&self) {
        self.shared.state().records.forget();
    }

    /// Waits until no webhook waits to be posted or answered. Those that are kept back wait until they are
    /// released.
    pub async fn idle(&self) {
        self.shared.idle().await;
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

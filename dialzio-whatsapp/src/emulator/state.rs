//! What the emulated platform knows, behind one lock.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};
use url::Url;

use super::{
    config::{Behaviour, EmulatedNumber, EmulatorClock, EmulatorError, Failure},
    encoding::platform_json,
    person::{CustomerIdentity, People, PersonId},
    record::Records,
    settings::NumberSettings,
    template::StoredTemplate,
    transcript::{EmulatedStatus, Party, TranscriptEntry},
};

/// A file that the platform holds.
#[derive(Debug, Clone)]
pub(super) struct StoredMedia {
    pub(super) phone_number_id: String,
    pub(super) mime_type: String,
    pub(super) bytes: Bytes,
    pub(super) expires_at: DateTime<Utc>,
}

impl StoredMedia {
    pub(super) fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }
}

/// One webhook that waits to be posted.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) body: Bytes,
    pub(super) attempt: u32,
    /// Held until the post is done, so that [`Emulator::idle`](super::Emulator::idle) can wait for it.
    pub(super) _pending: Pending,
}

/// Shared by the server, the webhook queues and the handles.
pub(super) struct Shared {
    pub(super) base_url: Url,
    pub(super) http: reqwest::Client,
    clock: EmulatorClock,
    runtime: tokio::runtime::Handle,
    pub(super) closed: watch::Sender<bool>,
    pub(super) revision: watch::Sender<u64>,
    pending: watch::Sender<usize>,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(
        base_url: Url,
        http: reqwest::Client,
        clock: EmulatorClock,
        behaviour: Behaviour,
        keep_requests: usize,
    ) -> Self {
        let start = u64::try_from(clock().timestamp_millis()).unwrap_or_default();
        let state = State {
            rng: behaviour.seed,
            behaviour,
            serial: start.wrapping_mul(1_000),
            numbers: BTreeMap::new(),
            templates: BTreeMap::new(),
            media: HashMap::new(),
            people: People::default(),
            conversations: HashMap::new(),
            messages: HashMap::new(),
            failures: VecDeque::new(),
            send_failures: VecDeque::new(),
            records: Records::keeping(keep_requests),
        };
        Self {
            base_url,
            http,
            clock,
            runtime: tokio::runtime::Handle::current(),
            closed: watch::Sender::new(false),
            revision: watch::Sender::new(0),
            pending: watch::Sender::new(0),
            state: Mutex::new(state),
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// A panic elsewhere leaves plain data behind, so a poisoned lock is still good.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn behaviour(&self) -> Behaviour {
        self.state().behaviour.clone()
    }

    /// Runs work until it is done or the emulator is shut down.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut closed = self.closed.subscribe();
        self.runtime.spawn(async move {
            tokio::select! {
                _ = closed.wait_for(|closed| *closed) => {}
                () = work => {}
            }
        });
    }

    pub(super) fn webhook_of(&self, number_id: &str) -> Option<(Url, SecretString)> {
        let state = self.state();
        let number = state.numbers.get(number_id).filter(|number| number.is_subscribed)?;
        Some((number.callback()?.clone(), number.facts.app_secret.clone()))
    }

    /// Wakes the listeners of a conversation that changed.
    pub(super) fn changed(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }

    pub(super) fn begin(&self) -> Pending {
        self.pending.send_modify(|count| *count += 1);
        Pending(self.pending.clone())
    }

    pub(super) async fn idle(&self) {
        let mut pending = self.pending.subscribe();
        // The sender lives as long as self, so waiting cannot fail.
        let _ = pending.wait_for(|count| *count == 0).await;
    }

    /// Queues a webhook for a number that has somewhere to post it.
    pub(super) fn post(&self, number_id: &str, webhook: &Value) {
        let post = Post { body: platform_json(webhook), attempt: 0, _pending: self.begin() };
        self.state().queue(number_id, post);
    }
}

/// Something that is still going to happen; dropping it says that it has.
#[derive(Debug)]
pub(super) struct Pending(watch::Sender<usize>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// A number and its webhook queue.
pub(super) struct Number {
    pub(super) facts: EmulatedNumber,
    pub(super) queue: mpsc::UnboundedSender<Post>,
    pub(super) is_subscribed: bool,
    pub(super) settings: NumberSettings,
}

impl Number {
    /// Where message-like webhooks go: the number's own address, else its account's, else the app's.
    fn callback(&self) -> Option<&Url> {
        let settings = &self.settings;
        let own = settings.number_callback.as_ref().or(settings.account_callback.as_ref());
        own.or(self.facts.webhook_url.as_ref())
    }
}

/// Everything said between one number and one person.
#[derive(Default)]
pub(super) struct Conversation {
    pub(super) entries: Vec<TranscriptEntry>,
    /// When the person last wrote; the reply window counts from here.
    pub(super) last_inbound: Option<DateTime<Utc>>,
    pub(super) stopped_marketing: bool,
    pub(super) typing_until: Option<DateTime<Utc>>,
}

/// Where a message is, and what its status webhooks repeat.
#[derive(Clone)]
pub(super) struct Filed {
    pub(super) number_id: String,
    pub(super) person: PersonId,
    pub(super) opaque_id: Option<String>,
    pub(super) pricing: Option<Value>,
    pub(super) status: EmulatedStatus,
}

pub(super) struct State {
    pub(super) behaviour: Behaviour,
    serial: u64,
    rng: u64,
    pub(super) numbers: BTreeMap<String, Number>,
    pub(super) templates: BTreeMap<String, Vec<StoredTemplate>>,
    pub(super) media: HashMap<String, StoredMedia>,
    pub(super) people: People,
    pub(super) conversations: HashMap<(String, PersonId), Conversation>,
    pub(super) messages: HashMap<String, Filed>,
    pub(super) failures: VecDeque<Failure>,
    pub(super) send_failures: VecDeque<Failure>,
    pub(super) records: Records,
}

impl State {
    /// The shuffle starts again from the seed.
    pub(super) fn set_behaviour(&mut self, behaviour: Behaviour) {
        self.rng = behaviour.seed;
        self.behaviour = behaviour;
    }

    /// Grows by one with each id, and starts at the clock, so that a restart does not repeat ids.
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// A message id that looks like the platform's: opaque, and not short.
    pub(super) fn next_wamid(&mut self, person: PersonId) -> String {
        let serial = self.next_serial();
        let known = self.people.get(person);
        let address = known.wa_id.as_deref().unwrap_or(&known.user_id);
        let mut bytes = vec![0x1c, 0x18, u8::try_from(address.len()).unwrap_or(u8::MAX)];
        bytes.extend_from_slice(address.as_bytes());
        bytes.extend_from_slice(&[0x15, 0x02, 0x00, 0x11, 0x18, 0x12]);
        bytes.extend_from_slice(format!("{serial:018X}").as_bytes());
        bytes.push(0);
        format!("wamid.{}", base64::engine::general_purpose::STANDARD.encode(bytes))
    }

    pub(super) fn conversation(&mut self, number_id: &str, person: PersonId) -> &mut Conversation {
        self.conversations.entry((number_id.to_owned(), person)).or_default()
    }

    /// Puts messages of an earlier run in front of those of this one.
    pub(super) fn restore(
        &mut self,
        number_id: &str,
        customer: &CustomerIdentity,
        entries: Vec<TranscriptEntry>,
    ) -> Result<(), EmulatorError> {
        let person = self.people.meet(customer).ok_or(EmulatorError::NoIdentity)?;
        let new: Vec<TranscriptEntry> =
            entries.into_iter().filter(|entry| !self.messages.contains_key(&entry.wamid)).collect();
        for entry in &new {
            let filed = Filed {
                number_id: number_id.to_owned(),
                person,
                opaque_id: entry.opaque_id.clone(),
                pricing: None,
                status: entry.status,
            };
            self.messages.insert(entry.wamid.clone(), filed);
        }
        let talk = self.conversation(number_id, person);
        let wrote = new.iter().filter(|entry| entry.from == Party::Customer).map(|entry| entry.at);
        talk.last_inbound = wrote.chain(talk.last_inbound).max();
        talk.entries.splice(0..0, new);
        Ok(())
    }

    pub(super) fn entry_mut(&mut self, wamid: &str) -> Option<&mut TranscriptEntry> {
        let filed = self.messages.get(wamid)?;
        let key = (filed.number_id.clone(), filed.person);
        self.conversations.get_mut(&key)?.entries.iter_mut().rev().find(|entry| entry.wamid == wamid)
    }

    pub(super) fn queue(&mut self, number_id: &str, post: Post) {
        if let Some(number) = self.numbers.get(number_id)
            && number.is_subscribed
            && number.callback().is_some()
        {
            // The queue is closed only when the emulator is; then the webhook has nowhere to go.
            let _ = number.queue.send(post);
        }
    }

    /// Whether the request's bearer token opens the business account of this number.
    pub(super) fn opens(&self, headers: &HeaderMap, number_id: &str) -> bool {
        let Some(waba_id) = self.numbers.get(number_id).map(|number| number.facts.waba_id.as_str()) else {
            return false;
        };
        self.opens_account(headers, waba_id)
    }

    pub(super) fn opens_account(&self, headers: &HeaderMap, waba_id: &str) -> bool {
        let Some(token) = bearer(headers) else { return false };
        self.numbers.values().any(|number| {
            number.facts.waba_id == waba_id && number.facts.access_token.expose_secret() == token
        })
    }

    /// The business account that has a template.
    pub(super) fn account_of_template(&self, id: &str) -> Option<&str> {
        let has_it = |templates: &[StoredTemplate]| templates.iter().any(|stored| stored.id == id);
        self.templates.iter().find(|(_, templates)| has_it(templates)).map(|(waba_id, _)| waba_id.as_str())
    }

    /// Whether a number has blocked a person.
    pub(super) fn is_blocked(&self, number_id: &str, person: PersonId) -> bool {
        self.numbers.get(number_id).is_some_and(|number| number.settings.blocked.contains(&person))
    }

    /// Whether the request's bearer token belongs to one of the numbers.
    pub(super) fn knows(&self, headers: &HeaderMap) -> bool {
        bearer(headers).is_some_and(|token| {
            self.numbers.values().any(|number| number.facts.access_token.expose_secret() == token)
        })
    }

    /// Puts things in an order drawn from the seed.
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            // xorshift64*, with zero kept out.
            let mut draw = self.rng.max(1);
            draw ^= draw >> 12;
            draw ^= draw << 25;
            draw ^= draw >> 27;
            self.rng = draw;
            let bound = u64::try_from(last + 1).unwrap_or(u64::MAX);
            let other = draw.wrapping_mul(0x2545_f491_4f6c_dd1d) % bound;
            things.swap(last, usize::try_from(other).unwrap_or_default());
        }
    }
}

/// The token of an `Authorization: Bearer` header.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

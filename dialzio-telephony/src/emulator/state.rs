//! What the emulated vendor knows, behind one lock.

use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use url::Url;

use super::{
    call::Call,
    config::{Behaviour, EmulatedAccount, EmulatorClock, EmulatorError, Failure, Product},
    message::EmulatedSms,
    record::Records,
};

/// One webhook that waits to be posted.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) body: Value,
    /// Held until the post is done, so that [`Emulator::idle`](super::Emulator::idle) can wait for it.
    pub(super) _pending: Pending,
}

/// Something that is still going to happen; dropping it says that it has.
#[derive(Debug)]
pub(super) struct Pending(watch::Sender<usize>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// An account and its webhook queue.
pub(super) struct Account {
    pub(super) facts: EmulatedAccount,
    pub(super) queue: mpsc::UnboundedSender<Post>,
    /// Webhooks that are kept back until they are released.
    pub(super) held: Option<Vec<Post>>,
    /// Where it asks what to do with calls that come in.
    pub(super) answer_url: Option<Url>,
}

/// Names an account. The two products count their App IDs apart.
pub(super) type Key = (Product, u64);

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

pub(super) struct State {
    pub(super) behaviour: Behaviour,
    serial: u64,
    rng: u64,
    pub(super) accounts: BTreeMap<Key, Account>,
    pub(super) calls: Vec<Call>,
    pub(super) sms: Vec<EmulatedSms>,
    /// How many webhooks are lost before the next one is posted.
    pub(super) losing: usize,
    pub(super) failures: VecDeque<Failure>,
    pub(super) call_failures: VecDeque<Failure>,
    pub(super) file_failures: VecDeque<Failure>,
    pub(super) records: Records,
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
            accounts: BTreeMap::new(),
            calls: Vec::new(),
            sms: Vec::new(),
            losing: 0,
            failures: VecDeque::new(),
            call_failures: VecDeque::new(),
            file_failures: VecDeque::new(),
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

    /// The time, as exact as reports tell it.
    pub(super) fn now(&self) -> DateTime<Utc> {
        let now = (self.clock)();
        DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
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

    /// Something that is still going to happen.
    pub(super) fn pending(&self) -> Pending {
        self.pending.send_modify(|count| *count += 1);
        Pending(self.pending.clone())
    }

    /// Wakes those who look at the calls.
    pub(super) fn changed(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }

    pub(super) async fn idle(&self) {
        let mut pending = self.pending.subscribe();
        // The sender lives as long as self, so waiting cannot fail.
        let _ = pending.wait_for(|count| *count == 0).await;
    }

    /// Puts webhooks into the queue of an account that has somewhere to post them.
    pub(super) fn post(&self, key: Key, bodies: Vec<Value>) {
        let mut guard = self.state();
        let state = &mut *guard;
        for body in bodies {
            if state.losing > 0 {
                state.losing -= 1;
                continue;
            }
            let Some(account) = state.accounts.get_mut(&key) else { continue };
            if account.facts.webhook_url.is_none() {
                continue;
            }
            self.pending.send_modify(|count| *count += 1);
            let post = Post { body, _pending: Pending(self.pending.clone()) };
            match &mut account.held {
                Some(held) => held.push(post),
                // The queue is closed only when the emulator is; then the webhook has nowhere to go.
                None => drop(account.queue.send(post)),
            }
        }
    }
}

impl State {
    /// The shuffle starts again from the seed.
    pub(super) fn set_behaviour(&mut self, behaviour: Behaviour) {
        self.rng = behaviour.seed;
        self.behaviour = behaviour;
    }

    /// Grows by one with each id, and starts at the clock, so that a restart does not repeat ids.
    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// An id of a leg: it has the form of a UUID.
    pub(super) fn next_uuid(&mut self) -> String {
        let serial = self.next_serial();
        format!(
            "{:08x}-{:04x}-4000-8000-{:012x}",
            serial >> 32,
            serial >> 16 & 0xffff,
            serial & 0xffff_ffff_ffff
        )
    }

    /// An id of a request: it has not.
    pub(super) fn next_request(&mut self) -> String {
        format!("cmVxdWVzdA{:016X}", self.next_serial())
    }

    /// A name of a recorded file.
    pub(super) fn next_file(&mut self, app_id: u64, at: DateTime<Utc>) -> String {
        format!("{}{}_{app_id}.wav", at.timestamp_millis(), self.next_serial() % 1_000_000)
    }

    pub(super) fn account(&self, key: Key) -> Result<&EmulatedAccount, EmulatorError> {
        let found = self.accounts.get(&key).map(|account| &account.facts);
        found.ok_or(EmulatorError::UnknownAccount(key.1))
    }

    /// The account of an App ID, if the secret is its own.
    pub(super) fn opened(&self, product: Product, app_id: u64, secret: &str) -> Option<&EmulatedAccount> {
        let account = &self.accounts.get(&(product, app_id))?.facts;
        (account.secret.expose_secret() == secret).then_some(account)
    }

    pub(super) fn call_mut(&mut self, id: &str) -> Result<&mut Call, EmulatorError> {
        let found = self.calls.iter_mut().find(|call| call.shown.id == id);
        found.ok_or_else(|| EmulatorError::UnknownCall(id.to_owned()))
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

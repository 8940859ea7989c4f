//! What every service works with: the store, the keys, the providers, the clock, and what was read and opened.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::account::{App, BoundKeys, Route, Sealer};
use crate::blob::BlobStore;
use crate::call_flow::AnswerBook;
use crate::consent::Words;
use crate::entropy::Entropy;
use crate::error::{AccountProblem, Error};
use crate::id::{AccountId, AppId, HookId, IdSource, OrgId, WorkerId};
use crate::ledger::{CheckpointStore, Refusals};
use crate::mail::Mailer;
use crate::media::MediaSealer;
use crate::outbox::{Heartbeat, PausedQueues, RateLimits, TakenMails};
use crate::provider::{AccountRef, Credentials, Provider, WebhookSecrets};
use crate::scope::SystemScope;
use crate::store::Store;
use crate::tasks::Tasks;
use crate::time::Clock;
use crate::timekeeper::Timekeeper;
use crate::usage::UsageBuffer;

/// What every service works with. Cloning costs two counters.
#[derive(Debug, Clone)]
pub(crate) struct Runtime {
    store: Arc<dyn Store>,
    caches: Arc<Caches>,
    parts: Arc<Parts>,
}

/// What was read from the store and opened, for sixty seconds at most.
struct Caches {
    hooks: moka::sync::Cache<HookId, Arc<OpenedHook>>,
    /// Opened credentials beside the sealed bytes they were opened from.
    credentials: moka::sync::Cache<AccountId, (Vec<u8>, Credentials)>,
    /// What answers calls, by app.
    books: moka::sync::Cache<AppId, Arc<AnswerBook>>,
    /// Where numbers lead; checked again inside each commit that rests on it.
    routes: moka::sync::Cache<(AppId, AccountRef), Route>,
    /// Refused attempts that are on record.
    refusals: Refusals,
    /// The place of the newest checkpoint of each organisation.
    checkpointed: moka::sync::Cache<OrgId, u64>,
    /// Uses of pages that are not written yet.
    usage: UsageBuffer,
}

impl Caches {
    fn empty() -> Arc<Self> {
        let hooks = moka::sync::CacheBuilder::new(10_000).time_to_live(CACHE_LIFE).build();
        let credentials = moka::sync::CacheBuilder::new(10_000).time_to_live(CACHE_LIFE).build();
        let routes = moka::sync::CacheBuilder::new(10_000).time_to_live(CACHE_LIFE).build();
        let books = moka::sync::CacheBuilder::new(10_000).time_to_live(BOOK_LIFE).build();
        let checkpointed = moka::sync::Cache::new(100_000);
        let (refusals, usage) = (Refusals::default(), UsageBuffer::default());
        Arc::new(Self { hooks, credentials, books, routes, refusals, checkpointed, usage })
    }
}

impl std::fmt::Debug for Caches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Caches")
    }
}

pub(crate) struct Parts {
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) keys: Arc<BoundKeys>,
    pub(crate) checkpoints: Option<Arc<dyn CheckpointStore>>,
    pub(crate) mailer: Option<Arc<dyn Mailer>>,
    pub(crate) sealer: Sealer,
    pub(crate) providers: BTreeMap<&'static str, Arc<dyn Provider>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: IdSource,
    pub(crate) entropy: Arc<Entropy>,
    pub(crate) words: Words,
    pub(crate) system: SystemScope,
    pub(crate) worker: WorkerId,
    pub(crate) rate_limits: RateLimits,
    pub(crate) heartbeat: Heartbeat,
    pub(crate) paused_queues: PausedQueues,
    pub(crate) taken_mails: TakenMails,
    pub(crate) timekeeper: Timekeeper,
    pub(crate) tasks: Tasks,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("providers", &self.providers.keys()).finish()
    }
}

/// An app with its secrets opened, by one of its addresses.
#[derive(Debug)]
pub(crate) struct OpenedHook {
    /// The address.
    pub(crate) hook: HookId,
    /// When it was noted last that something arrived by it, in seconds of Unix time.
    pub(crate) noted: std::sync::atomic::AtomicI64,
    pub(crate) app: App,
    pub(crate) secrets: WebhookSecrets,
}

const CACHE_LIFE: Duration = Duration::from_secs(60);
/// How long another process answers calls by a flow that was changed.
const BOOK_LIFE: Duration = Duration::from_secs(15);

impl Runtime {
    /// Over a store, with nothing read yet.
    pub(crate) fn new(store: Arc<dyn Store>, parts: Arc<Parts>) -> Self {
        Self { store, caches: Caches::empty(), parts }
    }

    /// The same parts over another store. What this one has read is not shared, since it may be rolled back.
    pub(crate) fn over(&self, store: Arc<dyn Store>) -> Self {
        Self::new(store, Arc::clone(&self.parts))
    }

    /// The background tasks of this process.
    pub(crate) fn tasks(&self) -> &Tasks {
        &self.parts.tasks
    }

    /// Shows that the keys are those of the store.
    pub(crate) async fn check_keys(&self) -> Result<(), Error> {
        Ok(self.parts.keys.bind().await?)
    }

    /// Takes the keys for those of the store, if nothing in it shows otherwise.
    pub(crate) async fn adopt_keys(&self) -> Result<(), Error> {
        Ok(self.parts.keys.adopt().await?)
    }

    /// The store beneath.
    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The source of time, and of the uptime of this process.
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.parts.clock
    }

    pub(crate) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.parts.clock.now()
    }

    pub(crate) fn ids(&self) -> &IdSource {
        &self.parts.ids
    }

    pub(crate) fn entropy(&self) -> &Entropy {
        &self.parts.entropy
    }

    /// The keys of the installation, once they are shown to be those of the store.
    pub(crate) fn keys(&self) -> &BoundKeys {
        &self.parts.keys
    }

    /// Where checkpoints of the audit log are kept.
    pub(crate) fn checkpoints(&self) -> Option<&dyn CheckpointStore> {
        self.parts.checkpoints.as_deref()
    }

    /// What sends mail, if anything does.
    pub(crate) fn mailer(&self) -> Option<&dyn Mailer> {
        self.parts.mailer.as_deref()
    }

    pub(crate) fn refusals(&self) -> &Refusals {
        &self.caches.refusals
    }

    pub(crate) fn usage(&self) -> &UsageBuffer {
        &self.caches.usage
    }

    pub(crate) fn checkpointed(&self) -> &moka::sync::Cache<OrgId, u64> {
        &self.caches.checkpointed
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.parts.sealer
    }

    pub(crate) fn words(&self) -> &Words {
        &self.parts.words
    }

    pub(crate) fn system(&self) -> &SystemScope {
        &self.parts.system
    }

    pub(crate) fn worker_id(&self) -> WorkerId {
        self.parts.worker
    }

    pub(crate) fn blobs(&self) -> &dyn BlobStore {
        &*self.parts.blobs
    }

    pub(crate) fn media_sealer(&self) -> MediaSealer<'_> {
        MediaSealer::new(&self.parts.sealer, &*self.parts.blobs)
    }

    pub(crate) fn hooks(&self) -> &moka::sync::Cache<HookId, Arc<OpenedHook>> {
        &self.caches.hooks
    }

    pub(crate) fn credentials(&self) -> &moka::sync::Cache<AccountId, (Vec<u8>, Credentials)> {
        &self.caches.credentials
    }

    pub(crate) fn answer_books(&self) -> &moka::sync::Cache<AppId, Arc<AnswerBook>> {
        &self.caches.books
    }

    /// Calls are answered by what is read anew. Other processes notice within the life of what they have read.
    pub(crate) fn forget_answers(&self) {
        self.caches.books.invalidate_all();
    }

    pub(crate) fn routes(&self) -> &moka::sync::Cache<(AppId, AccountRef), Route> {
        &self.caches.routes
    }

    pub(crate) fn rate_limits(&self) -> &RateLimits {
        &self.parts.rate_limits
    }

    pub(crate) fn heartbeat(&self) -> &Heartbeat {
        &self.parts.heartbeat
    }

    pub(crate) fn paused_queues(&self) -> &PausedQueues {
        &self.parts.paused_queues
    }

    pub(crate) fn taken_mails(&self) -> &TakenMails {
        &self.parts.taken_mails
    }

    pub(crate) fn timekeeper(&self) -> &Timekeeper {
        &self.parts.timekeeper
    }

    pub(crate) fn providers(&self) -> impl Iterator<Item = &dyn Provider> {
        self.parts.providers.values().map(|provider| &**provider)
    }

    pub(crate) fn provider(&self, word: &str) -> Result<&dyn Provider, Error> {
        self.parts
            .providers
            .get(word)
            .map(|provider| &**provider)
            .ok_or(Error::Account(AccountProblem::NoProvider))
    }
}

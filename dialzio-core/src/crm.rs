//! The façade: one cheaply cloned value that reaches every service.

use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::access::AccessService;
use crate::account::{AccountService, App, BoundKeys, KeyProvider, Route, Sealer};
use crate::blob::BlobStore;
use crate::chance::Entropy;
use crate::consent::{ConsentService, Words};
use crate::contact::ContactService;
use crate::conversation::ConversationService;
use crate::error::{AccountProblem, Error};
use crate::id::{AccountId, AppId, HookId, IdSource, WorkerId};
use crate::inbox::QuarantineService;
use crate::intake::Intake;
use crate::ledger::LedgerService;
use crate::media::{MediaSealer, MediaService};
use crate::operator::Operator;
use crate::provider::{AccountRef, Provider, WebhookSecrets};
use crate::scope::SystemScope;
use crate::store::Store;
use crate::tasks::Tasks;
use crate::time::{Clock, SystemClock};
use crate::timekeeper::Timekeeper;
use crate::work::{Beats, Paces, Worker};

/// A CRM over a store, keys and providers. Cloning costs one counter.
#[derive(Debug, Clone)]
pub struct Crm {
    store: Arc<dyn Store>,
    caches: Arc<Caches>,
    inner: Arc<Inner>,
}

/// What was read from the store and opened, for sixty seconds at most.
struct Caches {
    hooks: moka::sync::Cache<HookId, Arc<OpenedHook>>,
    tokens: moka::sync::Cache<AccountId, (Vec<u8>, SecretString)>,
    /// Where numbers lead; checked again inside each commit that rests on it.
    routes: moka::sync::Cache<(AppId, AccountRef), Route>,
}

impl Caches {
    fn empty() -> Arc<Self> {
        let hooks = moka::sync::CacheBuilder::new(10_000).time_to_live(CACHE_LIFE).build();
        let tokens = moka::sync::CacheBuilder::new(10_000).time_to_live(CACHE_LIFE).build();
        let routes = moka::sync::CacheBuilder::new(10_000).time_to_live(CACHE_LIFE).build();
        Arc::new(Self { hooks, tokens, routes })
    }
}

impl std::fmt::Debug for Caches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Caches")
    }
}

struct Inner {
    blobs: Arc<dyn BlobStore>,
    keys: Arc<BoundKeys>,
    sealer: Sealer,
    providers: BTreeMap<&'static str, Arc<dyn Provider>>,
    clock: Arc<dyn Clock>,
    ids: IdSource,
    entropy: Arc<Entropy>,
    words: Words,
    system: SystemScope,
    worker: WorkerId,
    suppression_keys: tokio::sync::OnceCell<SuppressionKeys>,
    paces: Paces,
    beats: Beats,
    timekeeper: Timekeeper,
    tasks: Tasks,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("providers", &self.providers.keys()).finish()
    }
}

/// Keys that suppression hashes are made with, by version.
pub(crate) type SuppressionKeys = Vec<(u32, zeroize::Zeroizing<[u8; 32]>)>;

/// An app with its secrets opened.
#[derive(Debug)]
pub(crate) struct OpenedHook {
    pub(crate) app: App,
    pub(crate) secrets: WebhookSecrets,
}

const CACHE_LIFE: Duration = Duration::from_secs(60);

/// Puts a [`Crm`] together.
#[derive(Debug, Default)]
pub struct CrmBuilder {
    store: Option<Arc<dyn Store>>,
    keys: Option<Arc<dyn KeyProvider>>,
    blobs: Option<Arc<dyn BlobStore>>,
    providers: Vec<Arc<dyn Provider>>,
    clock: Option<Arc<dyn Clock>>,
    #[cfg(any(test, feature = "testing"))]
    seed: Option<u64>,
    words: Words,
}

/// What is missing or doubled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Parts without a default.
    #[error("a CRM needs {}", .0.join(" and "))]
    Missing(Vec<&'static str>),
    /// Two providers under one word.
    #[error("the provider {0} is registered twice")]
    Twice(&'static str),
}

impl CrmBuilder {
    /// Where everything is kept.
    #[must_use]
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// As [`store`](Self::store), for one that is shared.
    #[must_use]
    pub fn shared_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// The keys that credentials and files are sealed with. There is no way to do without, nor to use others than those of
    /// the store: they are compared when they are first needed, and with [`Crm::check_keys`].
    #[must_use]
    pub fn keys(mut self, keys: impl KeyProvider) -> Self {
        self.keys = Some(Arc::new(keys));
        self
    }

    /// Where sealed files go. In memory unless said otherwise.
    #[must_use]
    pub fn blobs(mut self, blobs: impl BlobStore) -> Self {
        self.blobs = Some(Arc::new(blobs));
        self
    }

    /// Registers a provider.
    #[must_use]
    pub fn provider(mut self, provider: impl Provider) -> Self {
        self.providers.push(Arc::new(provider));
        self
    }

    /// Another clock than the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Repeatable ids and randomness, for tests: keys, nonces and tokens made from a seed can be foreseen.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// More words for opting out.
    #[must_use]
    pub fn opt_out_words(mut self, words: &[String]) -> Self {
        self.words = Words::with_own(words);
        self
    }

    /// Puts it together.
    ///
    /// # Errors
    /// [`BuildError`] names every missing part at once.
    pub fn build(self) -> Result<Crm, BuildError> {
        let (store, keys) = match (self.store, self.keys) {
            (Some(store), Some(keys)) => (store, keys),
            (store, keys) => {
                let missing = [("a store", store.is_none()), ("keys", keys.is_none())];
                return Err(BuildError::Missing(
                    missing.iter().filter(|(_, gone)| *gone).map(|(name, _)| *name).collect(),
                ));
            }
        };
        let mut providers = BTreeMap::new();
        for provider in self.providers {
            let word = provider.id().0;
            if providers.insert(word, provider).is_some() {
                return Err(BuildError::Twice(word));
            }
        }
        #[cfg(any(test, feature = "testing"))]
        let (entropy, ids) = self.seed.map_or_else(
            || (Entropy::system(), IdSource::random()),
            |seed| (Entropy::seeded(seed), IdSource::seeded(seed)),
        );
        #[cfg(not(any(test, feature = "testing")))]
        let (entropy, ids) = (Entropy::system(), IdSource::random());
        let entropy = Arc::new(entropy);
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let worker = ids.next(clock.now());
        let keys = BoundKeys::new(keys, Arc::clone(&store), Arc::clone(&clock));
        let keys = Arc::new(keys);
        let inner = Inner {
            blobs: self.blobs.unwrap_or_else(|| Arc::new(crate::blob::MemoryBlobs::default())),
            sealer: Sealer::new(Arc::clone(&keys) as _, Arc::clone(&entropy)),
            keys,
            providers,
            clock,
            ids,
            entropy,
            words: self.words,
            system: SystemScope::new(),
            worker,
            suppression_keys: tokio::sync::OnceCell::new(),
            paces: Paces::default(),
            beats: Beats::default(),
            timekeeper: Timekeeper::default(),
            tasks: Tasks::default(),
        };
        Ok(Crm { store, caches: Caches::empty(), inner: Arc::new(inner) })
    }
}

impl Crm {
    /// Begins to put one together.
    #[must_use]
    pub fn builder() -> CrmBuilder {
        CrmBuilder::default()
    }

    /// The same keys, providers and clock over another store: over one inside a transaction of the host's, all services
    /// work in that transaction. What this one has read and opened is not shared, since it may be rolled back.
    #[must_use]
    pub fn over(&self, store: impl Store) -> Self {
        Self { store: Arc::new(store), caches: Caches::empty(), inner: Arc::clone(&self.inner) }
    }

    /// Organisations, sign-in, members, keys.
    #[must_use]
    pub const fn access(&self) -> AccessService<'_> {
        AccessService::new(self)
    }

    /// Apps, accounts and their credentials.
    #[must_use]
    pub const fn accounts(&self) -> AccountService<'_> {
        AccountService::new(self)
    }

    /// Contacts, notes, follow-ups.
    #[must_use]
    pub const fn contacts(&self) -> ContactService<'_> {
        ContactService::new(self)
    }

    /// Conversations and messages.
    #[must_use]
    pub const fn conversations(&self) -> ConversationService<'_> {
        ConversationService::new(self)
    }

    /// The consent ledger.
    #[must_use]
    pub const fn consents(&self) -> ConsentService<'_> {
        ConsentService::new(self)
    }

    /// Files.
    #[must_use]
    pub const fn media(&self) -> MediaService<'_> {
        MediaService::new(self)
    }

    /// The audit log and the event log.
    #[must_use]
    pub const fn ledger(&self) -> LedgerService<'_> {
        LedgerService::new(self)
    }

    /// What could not be used.
    #[must_use]
    pub const fn quarantine(&self) -> QuarantineService<'_> {
        QuarantineService::new(self)
    }

    /// A webhook, from raw bytes to the answer.
    #[must_use]
    pub const fn intake(&self) -> Intake<'_> {
        Intake::new(self)
    }

    /// The work that waits: sends, files, elements in line, what has expired.
    #[must_use]
    pub const fn worker(&self) -> Worker<'_> {
        Worker::new(self)
    }

    /// The operator of the installation, for a reason that is kept: each act is an entry of the operator log.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a reason that is empty or longer than 100 characters.
    pub fn operator(&self, reason: &str) -> Result<Operator<'_>, Error> {
        Operator::new(self, reason)
    }

    /// The background tasks of this process, and how they are.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.inner.tasks
    }

    /// Shows that the keys are those of the store, and fails otherwise; a new store takes them on. Nothing is sealed, opened
    /// or looked up by a hash before that, so this only says earlier, and in words, what would fail later.
    ///
    /// # Errors
    /// [`Error::Keys`] says what to restore; [`Error::Store`] if the store cannot be asked.
    pub async fn check_keys(&self) -> Result<(), Error> {
        Ok(self.inner.keys.bind().await?)
    }

    /// [`Operator::adopt_keys`] without its entry.
    pub(crate) async fn adopt(&self) -> Result<(), Error> {
        Ok(self.inner.keys.adopt().await?)
    }

    /// The store beneath.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    pub(crate) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.inner.clock.now()
    }

    pub(crate) fn ids(&self) -> &IdSource {
        &self.inner.ids
    }

    pub(crate) fn entropy(&self) -> &Entropy {
        &self.inner.entropy
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    pub(crate) fn words(&self) -> &Words {
        &self.inner.words
    }

    pub(crate) fn system(&self) -> &SystemScope {
        &self.inner.system
    }

    pub(crate) fn worker_id(&self) -> WorkerId {
        self.inner.worker
    }

    pub(crate) fn blobs(&self) -> &dyn BlobStore {
        &*self.inner.blobs
    }

    pub(crate) fn media_sealer(&self) -> MediaSealer<'_> {
        MediaSealer::new(&self.inner.sealer, &*self.inner.blobs)
    }

    pub(crate) fn hooks(&self) -> &moka::sync::Cache<HookId, Arc<OpenedHook>> {
        &self.caches.hooks
    }

    pub(crate) fn tokens(&self) -> &moka::sync::Cache<AccountId, (Vec<u8>, SecretString)> {
        &self.caches.tokens
    }

    pub(crate) fn routes(&self) -> &moka::sync::Cache<(AppId, AccountRef), Route> {
        &self.caches.routes
    }

    pub(crate) fn beats(&self) -> &Beats {
        &self.inner.beats
    }

    /// Why the store did not take the last write that the worker tried, which it does once a minute, and every five
    /// seconds while it fails; `None` while it succeeds, or before it was tried.
    #[must_use]
    pub fn writes_failed(&self) -> Option<crate::store::StoreError> {
        self.inner.beats.failed()
    }

    pub(crate) fn paces(&self) -> &Paces {
        &self.inner.paces
    }

    pub(crate) fn timekeeper(&self) -> &Timekeeper {
        &self.inner.timekeeper
    }

    pub(crate) fn providers(&self) -> impl Iterator<Item = &dyn Provider> {
        self.inner.providers.values().map(|provider| &**provider)
    }

    pub(crate) fn suppression_keys(&self) -> &tokio::sync::OnceCell<SuppressionKeys> {
        &self.inner.suppression_keys
    }

    pub(crate) fn provider(&self, word: &str) -> Result<&dyn Provider, Error> {
        self.inner
            .providers
            .get(word)
            .map(|provider| &**provider)
            .ok_or(Error::Account(AccountProblem::NoProvider))
    }
}

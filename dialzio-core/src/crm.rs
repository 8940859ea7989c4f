//! The façade: one cheaply cloned value that reaches every service.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::access::AccessService;
use crate::account::{AccountService, BoundKeys, KeyProvider, Sealer};
use crate::blob::BlobStore;
use crate::call::CallService;
use crate::call_flow::CallFlowService;
use crate::canned_reply::CannedReplyService;
use crate::consent::{ConsentService, Words};
use crate::contact::ContactService;
use crate::conversation::ConversationService;
use crate::disposition::DispositionService;
use crate::entropy::Entropy;
use crate::error::Error;
use crate::id::IdSource;
use crate::identity_provider::IdentityProviderService;
use crate::intake::Intake;
use crate::ledger::{CheckpointStore, LedgerService};
use crate::mail::Mailer;
use crate::media::MediaService;
use crate::news::NewsService;
use crate::notice::NoticeService;
use crate::operator::Operator;
use crate::outbox::{Heartbeat, PausedQueues, RateLimits, TakenMails, Worker};
use crate::provider::Provider;
use crate::runtime::{Parts, Runtime};
use crate::saved_view::SavedViewService;
use crate::scope::SystemScope;
use crate::store::Store;
use crate::support::SupportService;
use crate::tasks::Tasks;
use crate::team::TeamService;
use crate::time::{Clock, SystemClock};
use crate::timekeeper::{ClockState, Timekeeper};
use crate::timeline::TimelineService;
use crate::usage::UsageService;
use crate::webhook::QuarantineService;

/// A CRM over a store, keys and providers. Cloning costs one counter.
#[derive(Debug, Clone)]
pub struct Crm {
    runtime: Runtime,
}

/// Puts a [`Crm`] together.
#[derive(Debug, Default)]
pub struct CrmBuilder {
    store: Option<Arc<dyn Store>>,
    keys: Option<Arc<dyn KeyProvider>>,
    blobs: Option<Arc<dyn BlobStore>>,
    providers: Vec<Arc<dyn Provider>>,
    clock: Option<Arc<dyn Clock>>,
    checkpoints: Option<Arc<dyn CheckpointStore>>,
    mailer: Option<Arc<dyn Mailer>>,
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

    /// Where signed checkpoints of the audit logs are kept: outside the database, best where who can change the database
    /// cannot change them. The worker adds one an hour for each organisation in which something happened. Without them a log
    /// that was cut off or rewritten together with its recorded end cannot be told from an intact one.
    #[must_use]
    pub fn checkpoints(mut self, checkpoints: impl CheckpointStore) -> Self {
        self.checkpoints = Some(Arc::new(checkpoints));
        self
    }

    /// What sends mail to people who sign in. Without it nothing that needs mail is offered.
    #[must_use]
    pub fn mailer(mut self, mailer: Arc<dyn Mailer>) -> Self {
        self.mailer = Some(mailer);
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
        let parts = Parts {
            blobs: self.blobs.unwrap_or_else(|| Arc::new(crate::blob::MemoryBlobs::default())),
            sealer: Sealer::new(Arc::clone(&keys) as _, Arc::clone(&entropy)),
            keys,
            checkpoints: self.checkpoints,
            mailer: self.mailer,
            providers,
            clock,
            ids,
            entropy,
            words: self.words,
            system: SystemScope::new(),
            worker,
            rate_limits: RateLimits::default(),
            heartbeat: Heartbeat::default(),
            paused_queues: PausedQueues::default(),
            taken_mails: TakenMails::default(),
            timekeeper: Timekeeper::default(),
            tasks: Tasks::default(),
        };
        Ok(Crm { runtime: Runtime::new(store, Arc::new(parts)) })
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
        Self { runtime: self.runtime.over(Arc::new(store)) }
    }

    /// Organisations, sign-in, members, keys.
    #[must_use]
    pub const fn access(&self) -> AccessService<'_> {
        AccessService::new(&self.runtime)
    }

    /// Apps, accounts and their credentials.
    #[must_use]
    pub const fn accounts(&self) -> AccountService<'_> {
        AccountService::new(&self.runtime)
    }

    /// Contacts, notes, follow-ups.
    #[must_use]
    pub const fn contacts(&self) -> ContactService<'_> {
        ContactService::new(&self.runtime)
    }

    /// Conversations and messages.
    #[must_use]
    pub const fn conversations(&self) -> ConversationService<'_> {
        ConversationService::new(&self.runtime)
    }

    /// Calls: placing, controlling and listing them.
    #[must_use]
    pub const fn calls(&self) -> CallService<'_> {
        CallService::new(&self.runtime)
    }

    /// Notifications of the calling member.
    #[must_use]
    pub const fn notices(&self) -> NoticeService<'_> {
        NoticeService::new(&self.runtime)
    }

    /// Service updates of the operator, as the caller sees them.
    #[must_use]
    pub const fn news(&self) -> NewsService<'_> {
        NewsService::new(&self.runtime)
    }

    /// Requests for help to the operator.
    #[must_use]
    pub const fn support(&self) -> SupportService<'_> {
        SupportService::new(&self.runtime)
    }

    /// The list of call outcomes.
    #[must_use]
    pub const fn dispositions(&self) -> DispositionService<'_> {
        DispositionService::new(&self.runtime)
    }

    /// What is done with calls that come in.
    #[must_use]
    pub const fn call_flows(&self) -> CallFlowService<'_> {
        CallFlowService::new(&self.runtime)
    }

    /// Where members sign in with their account at work.
    #[must_use]
    pub const fn identity_providers(&self) -> IdentityProviderService<'_> {
        IdentityProviderService::new(&self.runtime)
    }

    /// Which members work together.
    #[must_use]
    pub const fn teams(&self) -> TeamService<'_> {
        TeamService::new(&self.runtime)
    }

    /// Texts that members send often.
    #[must_use]
    pub const fn canned_replies(&self) -> CannedReplyService<'_> {
        CannedReplyService::new(&self.runtime)
    }

    /// Filters, order and columns of lists that members save under a name.
    #[must_use]
    pub const fn saved_views(&self) -> SavedViewService<'_> {
        SavedViewService::new(&self.runtime)
    }

    /// Which pages members use: noting it, their own rows, and counts without names.
    #[must_use]
    pub const fn usage(&self) -> UsageService<'_> {
        UsageService::new(&self.runtime)
    }

    /// Everything that happened with a contact, in one order.
    #[must_use]
    pub const fn timeline(&self) -> TimelineService<'_> {
        TimelineService::new(&self.runtime)
    }

    /// The consent ledger.
    #[must_use]
    pub const fn consents(&self) -> ConsentService<'_> {
        ConsentService::new(&self.runtime)
    }

    /// The service for files: reading, and taking what members attach.
    #[must_use]
    pub const fn media(&self) -> MediaService<'_> {
        MediaService::new(&self.runtime)
    }

    /// The audit log and the event log.
    #[must_use]
    pub const fn ledger(&self) -> LedgerService<'_> {
        LedgerService::new(&self.runtime)
    }

    /// What could not be used.
    #[must_use]
    pub const fn quarantine(&self) -> QuarantineService<'_> {
        QuarantineService::new(&self.runtime)
    }

    /// A webhook, from raw bytes to the answer.
    #[must_use]
    pub const fn intake(&self) -> Intake<'_> {
        Intake::new(&self.runtime)
    }

    /// The work that waits: sends, files, elements in line, what has expired.
    #[must_use]
    pub const fn worker(&self) -> Worker<'_> {
        Worker::new(&self.runtime)
    }

    /// The operator of the installation, for a reason that is kept: each act is an entry of the operator log.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a reason that is empty or longer than 100 characters.
    pub fn operator(&self, reason: &str) -> Result<Operator<'_>, Error> {
        Operator::new(&self.runtime, reason)
    }

    /// The background tasks of this process, and how they are.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        self.runtime.tasks()
    }

    /// Shows that the keys are those of the store, and fails otherwise; a new store takes them on. Nothing is sealed, opened
    /// or looked up by a hash before that, so this only says earlier, and in words, what would fail later.
    ///
    /// # Errors
    /// [`Error::Keys`] says what to restore; [`Error::Store`] if the store cannot be asked.
    pub async fn check_keys(&self) -> Result<(), Error> {
        self.runtime.check_keys().await
    }

    /// Whether mail is sent to people who sign in.
    #[must_use]
    pub fn sends_mail(&self) -> bool {
        self.runtime.mailer().is_some()
    }

    /// The store beneath.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.runtime.store()
    }

    /// The clock that all services use.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.runtime.clock()
    }

    /// Why the store did not take the last write that the worker tried, which it does once a minute, and every five
    /// seconds while it fails; `None` while it succeeds, or before it was tried.
    #[must_use]
    pub fn writes_failed(&self) -> Option<crate::store::StoreError> {
        self.runtime.heartbeat().failed()
    }

    /// Looks at the clock now, as the worker does every ten minutes.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn check_clock(&self) -> Result<ClockState, Error> {
        self.runtime.check_clock().await
    }

    /// What is thought of the clock, by what was known when it was last looked at.
    #[must_use]
    pub fn clock_state(&self) -> ClockState {
        self.runtime.clock_state()
    }
}

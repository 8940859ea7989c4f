//! A store in memory: the readable definition of what a commit means.
//!
//! For each organisation there is one struct of maps. A batch works on a copy: all its preconditions are checked, all its
//! writes applied, its events and its audit entry appended; then the copy takes the place of the original. Whatever goes
//! wrong, the original is untouched. One mutex makes all of it one transaction.
//!
//! For tests and for trying things out: nothing survives the process, and each batch costs a copy.

mod access;
mod account;
mod audience;
mod call;
mod call_flow;
mod canned_reply;
mod commit;
mod consent;
mod contact;
mod conversation;
mod disposition;
mod draft;
mod facts;
mod identity_provider;
mod ledger;
mod media;
mod message;
mod news;
mod notice;
mod outbox;
mod purge;
mod saved_view;
mod scheduled;
mod sealed;
mod state;
mod support;
mod system;
mod team;
mod usage;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, unfold};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

use crate::account::{SealedKind, SealedPlace, SealedRow};
use crate::event::EventSeq;
use crate::id::{IdSource, OrgId, QuarantineId};
use crate::outbox::{Due, Lease};
use crate::page::{Cursor, Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::{Batch, Commit, Store, StoreError, StoreResult};
use crate::time::Clock;
use crate::webhook::{BacklogItem, Quarantined};
use state::{Rows, World};

/// A rule that a store may break on purpose, to show that the conformance suite notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrokenRule {
    /// All organisations share one set of rows.
    ScopeIgnored,
    /// Preconditions are not checked.
    ExpectIgnored,
    /// A batch that fails keeps what it had written until then.
    HalfBatch,
    /// What has expired is still found.
    ExpiryIgnored,
    /// A key that was used before is not recognised.
    ReplayIgnored,
    /// What had expired is seen again when the clock goes back.
    TimeGoesBack,
    /// A file is taken without its owner, changes it, and stays when it goes.
    OwnerIgnored,
    /// What waits and what is quarantined comes back as if it had been signed.
    TrustForgotten,
    /// Whoever sees less than everything reads everything.
    AudienceIgnored,
}

/// A store in memory. Conformance: [`crate::store_conformance`].
#[derive(Debug)]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    ids: IdSource,
    world: Mutex<World>,
    watchers: Mutex<BTreeMap<OrgId, watch::Sender<EventSeq>>>,
    notify_work: watch::Sender<()>,
    broken_rule: Option<BrokenRule>,
    /// The newest time mark. Apart from the world, whose lock is held while it is asked for.
    believed: Mutex<DateTime<Utc>>,
}

impl MemoryStore {
    /// An empty store. The clock decides what has expired.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            ids: IdSource::random(),
            world: Mutex::default(),
            watchers: Mutex::default(),
            notify_work: watch::Sender::new(()),
            broken_rule: None,
            believed: Mutex::new(DateTime::UNIX_EPOCH),
        }
    }

    /// An empty store that breaks one rule.
    #[must_use]
    pub fn breaking(clock: Arc<dyn Clock>, rule: BrokenRule) -> Self {
        Self { broken_rule: Some(rule), ..Self::new(clock) }
    }

    /// Forgets what it knows of its keys, as a store of an earlier release that never knew.
    pub fn forget_keys(&self) {
        self.world().system.key_checks.clear();
    }

    fn breaks(&self, rule: BrokenRule) -> bool {
        self.broken_rule == Some(rule)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The organisation whose rows a scope reaches.
    fn reach(&self, scope: &OrgScope) -> OrgId {
        if self.breaks(BrokenRule::ScopeIgnored) { OrgId::NIL } else { scope.org() }
    }

    /// The instant at which expiry is judged: never before one that was believed.
    fn now(&self) -> DateTime<Utc> {
        if self.breaks(BrokenRule::ExpiryIgnored) {
            DateTime::UNIX_EPOCH
        } else {
            self.no_earlier(self.clock.now())
        }
    }

    /// An instant, or the newest that was believed.
    fn no_earlier(&self, than: DateTime<Utc>) -> DateTime<Utc> {
        let believed = *self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        if self.breaks(BrokenRule::TimeGoesBack) { than } else { than.max(believed) }
    }

    /// Reads the rows of an organisation that the scope's audience sees; an organisation that is not known has none.
    fn read<T>(&self, scope: &OrgScope, view: impl FnOnce(&Rows, DateTime<Utc>) -> T) -> StoreResult<T> {
        if scope.audience().is_all() || self.breaks(BrokenRule::AudienceIgnored) {
            return self.read_whole(scope, view);
        }
        let seen = self.read_whole(scope, |rows, _| rows.seen_by(scope.audience()))?;
        Ok(view(&seen, self.now()))
    }

    /// Reads all rows of an organisation, whatever the scope's audience sees: for what decisions are made on.
    fn read_whole<T>(
        &self,
        scope: &OrgScope,
        view: impl FnOnce(&Rows, DateTime<Utc>) -> T,
    ) -> StoreResult<T> {
        let (world, none) = (self.world(), Rows::default());
        Ok(view(world.orgs.get(&self.reach(scope)).unwrap_or(&none), self.now()))
    }

    fn watcher(&self, org: OrgId) -> watch::Sender<EventSeq> {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.entry(org).or_insert_with(|| watch::Sender::new(EventSeq(0))).clone()
    }

    /// Wakes the listeners after a commit.
    fn wake(&self, org: OrgId, done: &commit::Done) {
        if done.events {
            self.watcher(org).send_replace(done.commit.seq);
        }
        if done.work {
            self.notify_work.send_replace(());
        }
    }

    /// Applies one batch to a copy of the organisation's rows and puts the copy in their place.
    fn apply(&self, world: &mut World, scope: &OrgScope, batch: Batch) -> StoreResult<commit::Done> {
        let org = self.reach(scope);
        let mut copy = world.orgs.get(&org).cloned().unwrap_or_default();
        let (now, clock) = (self.now(), self.clock.now());
        let frame = commit::Frame { org, world, ids: &self.ids, now, clock, broken_rule: self.broken_rule };
        let answer = commit::apply(&frame, &mut copy, batch.into_parts());
        if answer.is_ok() || self.breaks(BrokenRule::HalfBatch) {
            world.orgs.insert(org, copy);
        }
        answer
    }
}

/// The values of a receiver as a stream.
fn stream<T: Clone + Send + Sync + 'static>(receiver: watch::Receiver<T>) -> BoxStream<'static, T> {
    let next = |mut receiver: watch::Receiver<T>| async move {
        receiver.changed().await.ok()?;
        let value = receiver.borrow_and_update().clone();
        Some((value, receiver))
    };
    unfold(receiver, next).boxed()
}

/// One page of items that are in order already, each with the key it is paged by.
fn page<T>(
    items: impl IntoIterator<Item = (Vec<u8>, T)>,
    request: &PageRequest,
    descending: bool,
) -> Page<T> {
    let beyond = |key: &Vec<u8>| match &request.after {
        None => true,
        Some(Cursor(after)) if descending => key < after,
        Some(Cursor(after)) => key > after,
    };
    let over = (request.limit as usize).saturating_add(1);
    let found = items.into_iter().filter(|(key, _)| beyond(key)).take(over).collect();
    Page::from_overread(found, request.limit, |(key, _)| key.clone()).map(|(_, item)| item)
}

/// A change to something that is not there.
fn unreadable(what: &'static str) -> StoreError {
    StoreError::Unreadable(what)
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, scope: &OrgScope, batches: Vec<Batch>) -> Vec<StoreResult<Commit>> {
        let mut world = self.world();
        let mut answers = Vec::with_capacity(batches.len());
        for batch in batches {
            let answer = self.apply(&mut world, scope, batch);
            if let Ok(done) = &answer {
                self.wake(scope.org(), done);
            }
            answers.push(answer.map(|done| done.commit));
        }
        answers
    }

    async fn due(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<Due>> {
        if lease.queue.org != scope.org() {
            return Ok(Vec::new());
        }
        self.read(scope, |rows, _| rows.due(lease.queue, now, limit))
    }

    async fn waiting(&self, scope: &OrgScope, request: PageRequest) -> StoreResult<Page<BacklogItem>> {
        self.read(scope, |rows, _| outbox::oldest_first(&rows.backlog, &request))
    }

    async fn quarantined_item(&self, scope: &OrgScope, id: QuarantineId) -> StoreResult<Option<Quarantined>> {
        self.read(scope, |rows, now| outbox::live(rows.quarantine.get(&id), now))
    }

    async fn sealed_in(
        &self,
        scope: &OrgScope,
        kind: SealedKind,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> StoreResult<Vec<SealedRow>> {
        if !scope.audience().is_all() && !self.breaks(BrokenRule::AudienceIgnored) {
            return Ok(Vec::new());
        }
        let world = self.world();
        if self.breaks(BrokenRule::ScopeIgnored) {
            let all = world.orgs.iter();
            return Ok(all.flat_map(|(org, rows)| sealed::of_rows(*org, rows, kind, after, limit)).collect());
        }
        let rows = world.orgs.get(&scope.org());
        Ok(rows.map_or_else(Vec::new, |rows| sealed::of_rows(scope.org(), rows, kind, after, limit)))
    }

    async fn quarantined(&self, scope: &OrgScope, request: PageRequest) -> StoreResult<Page<Quarantined>> {
        self.read(scope, |rows, now| outbox::newest_first(&rows.quarantine, &request, now))
    }
}

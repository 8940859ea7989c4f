//! A store that fails when it is told to.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::{AccessStore, ApiKey, Invitation, Member, Org, SignIn, TokenHash, User};
use crate::account::{AccountStore, App, ProviderAccount, Route};
use crate::consent::{ConsentFacts, ConsentRecord, ConsentStore, SendFacts, Suppression};
use crate::contact::{
    ChannelIdentity, Contact, ContactQuery, ContactStore, Note, SubjectKey, Task, TaskQuery,
};
use crate::conversation::{
    Conversation, ConversationQuery, ConversationStore, InboundAsk, InboundFacts, InboxEntry, Message,
    QueueCounts, Template,
};
use crate::effect::Lane;
use crate::event::{EventSeq, Recorded};
use crate::id::{
    AccountId, AppId, ChannelIdentityId, ContactId, ConversationId, EffectId, HookId, MediaId, MemberId,
    MessageId, OrgId, UserId, WorkerId,
};
use crate::inbox::Quarantined;
use crate::ledger::{AuditEntry, LedgerStore};
use crate::media::{Media, MediaStore};
use crate::page::{Page, PageRequest};
use crate::provider::AccountRef;
use crate::scope::{OrgScope, SystemScope};
use crate::store::{
    Batch, Commit, Due, Lease, Store, StoreError, StoreResult, SystemStore, SystemWrite, UserKey,
};

/// What goes wrong with one call.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing is done, and the call fails.
    Fails(StoreError),
    /// The call is carried out, and its answer is lost: it fails all the same.
    Loses(StoreError),
    /// Nothing is done, and the call never answers: whoever waits has to give up and drop it.
    Hangs,
    /// The call is carried out and never answers.
    Swallows,
}

/// Which calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Calls {
    /// Reads and writes.
    Any,
    /// `commit` and `enact` only.
    Writes,
}

#[derive(Debug, Default)]
struct Plan {
    counts: BTreeMap<Calls, u64>,
    faults: BTreeMap<(Calls, u64), Fault>,
}

/// Wraps a store. Calls pass through, but for those that were told to go wrong, counted from 1.
///
/// ```
/// # use dialzio_core::memory::MemoryStore;
/// # use dialzio_core::testing::{Calls, Fault, Faulty};
/// # use dialzio_core::{StoreError, SystemClock};
/// # use std::sync::Arc;
/// let store = Faulty::new(Arc::new(MemoryStore::new(Arc::new(SystemClock))));
/// store.at(Calls::Writes, 2, Fault::Fails(StoreError::Full));
/// ```
#[derive(Debug)]
pub struct Faulty<S: ?Sized> {
    plan: Mutex<Plan>,
    inner: Arc<S>,
}

impl<S: Store + ?Sized> Faulty<S> {
    /// A store that does not fail yet.
    #[must_use]
    pub fn new(inner: Arc<S>) -> Self {
        Self { plan: Mutex::default(), inner }
    }

    /// The store beneath.
    #[must_use]
    pub fn inner(&self) -> &Arc<S> {
        &self.inner
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The `n`-th call from now on goes wrong, counted from 1.
    pub fn at(&self, calls: Calls, n: u64, fault: Fault) {
        let mut plan = self.plan();
        let past = plan.counts.get(&calls).copied().unwrap_or(0);
        plan.faults.insert((calls, past + n), fault);
    }

    /// How many calls there have been.
    #[must_use]
    pub fn count(&self, calls: Calls) -> u64 {
        self.plan().counts.get(&calls).copied().unwrap_or(0)
    }

    fn next(&self, write: bool) -> Option<Fault> {
        let mut plan = self.plan();
        let mut found = None;
        for calls in [Calls::Any, Calls::Writes] {
            if calls == Calls::Any || write {
                let count = plan.counts.entry(calls).or_default();
                *count += 1;
                let place = (calls, *count);
                found = plan.faults.remove(&place).or(found);
            }
        }
        found
    }

    async fn around<T>(&self, write: bool, call: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
        match self.next(write) {
            None => call.await,
            Some(Fault::Fails(error)) => Err(error),
            Some(Fault::Loses(error)) => call.await.and(Err(error)),
            Some(Fault::Hangs) => pending().await,
            Some(Fault::Swallows) => {
                let _ = call.await;
                pending().await
            }
        }
    }
}

#[async_trait]
impl<S: Store + ?Sized> ContactStore for Faulty<S> {
    async fn contact(&self, scope: &OrgScope, id: ContactId) -> StoreResult<Option<Contact>> {
        self.around(false, self.inner.contact(scope, id)).await
    }

    async fn contacts_by_subject(
        &self,
        scope: &OrgScope,
        any_of: &[SubjectKey],
    ) -> StoreResult<Vec<Contact>> {
        self.around(false, self.inner.contacts_by_subject(scope, any_of)).await
    }

    async fn channel_identities(
        &self,
        scope: &OrgScope,
        contact: ContactId,
    ) -> StoreResult<Vec<ChannelIdentity>> {
        self.around(false, self.inner.channel_identities(scope, contact)).await
    }

    async fn channel_identity(
        &self,
        scope: &OrgScope,
        id: ChannelIdentityId,
    ) -> StoreResult<Option<ChannelIdentity>> {
        self.around(false, self.inner.channel_identity(scope, id)).await
    }

    async fn contacts(
        &self,
        scope: &OrgScope,
        query: &ContactQuery,
        page: PageRequest,
    ) -> StoreResult<Page<Contact>> {
        self.around(false, self.inner.contacts(scope, query, page)).await
    }

    async fn notes(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<Note>> {
        self.around(false, self.inner.notes(scope, contact, page)).await
    }

    async fn tasks(&self, scope: &OrgScope, query: &TaskQuery, page: PageRequest) -> StoreResult<Page<Task>> {
        self.around(false, self.inner.tasks(scope, query, page)).await
    }
}

#[async_trait]
impl<S: Store + ?Sized> ConversationStore for Faulty<S> {
    async fn conversation(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<Conversation>> {
        self.around(false, self.inner.conversation(scope, id)).await
    }

    async fn inbox_entry(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<InboxEntry>> {
        self.around(false, self.inner.inbox_entry(scope, id)).await
    }

    async fn inbox(
        &self,
        scope: &OrgScope,
        query: &ConversationQuery,
        page: PageRequest,
    ) -> StoreResult<Page<InboxEntry>> {
        self.around(false, self.inner.inbox(scope, query, page)).await
    }

    async fn conversations_of(&self, scope: &OrgScope, contact: ContactId) -> StoreResult<Vec<Conversation>> {
        self.around(false, self.inner.conversations_of(scope, contact)).await
    }

    async fn conversation_with(
        &self,
        scope: &OrgScope,
        account: AccountId,
        identity: ChannelIdentityId,
    ) -> StoreResult<Option<Conversation>> {
        self.around(false, self.inner.conversation_with(scope, account, identity)).await
    }

    async fn queue_counts(&self, scope: &OrgScope) -> StoreResult<QueueCounts> {
        self.around(false, self.inner.queue_counts(scope)).await
    }

    async fn message(&self, scope: &OrgScope, id: MessageId) -> StoreResult<Option<Message>> {
        self.around(false, self.inner.message(scope, id)).await
    }

    async fn messages(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Message>> {
        self.around(false, self.inner.messages(scope, conversation, page)).await
    }

    async fn inbound_facts(&self, scope: &OrgScope, ask: &InboundAsk) -> StoreResult<InboundFacts> {
        self.around(false, self.inner.inbound_facts(scope, ask)).await
    }

    async fn templates(&self, scope: &OrgScope, account: AccountId) -> StoreResult<Vec<Template>> {
        self.around(false, self.inner.templates(scope, account)).await
    }
}

#[async_trait]
impl<S: Store + ?Sized> MediaStore for Faulty<S> {
    async fn media(&self, scope: &OrgScope, id: MediaId) -> StoreResult<Option<Media>> {
        self.around(false, self.inner.media(scope, id)).await
    }

    async fn media_of(&self, scope: &OrgScope, messages: &[MessageId]) -> StoreResult<Vec<Media>> {
        self.around(false, self.inner.media_of(scope, messages)).await
    }
}

#[async_trait]
impl<S: Store + ?Sized> ConsentStore for Faulty<S> {
    async fn send_facts(&self, scope: &OrgScope, effects: &[EffectId]) -> StoreResult<Vec<SendFacts>> {
        self.around(false, self.inner.send_facts(scope, effects)).await
    }

    async fn consent_facts(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
    ) -> StoreResult<Option<ConsentFacts>> {
        self.around(false, self.inner.consent_facts(scope, conversation)).await
    }

    async fn suppressions(&self, scope: &OrgScope, hashes: &[[u8; 16]]) -> StoreResult<Vec<Suppression>> {
        self.around(false, self.inner.suppressions(scope, hashes)).await
    }

    async fn consent_history(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<ConsentRecord>> {
        self.around(false, self.inner.consent_history(scope, contact, page)).await
    }
}

#[async_trait]
impl<S: Store + ?Sized> AccountStore for Faulty<S> {
    async fn account(&self, scope: &OrgScope, id: AccountId) -> StoreResult<Option<ProviderAccount>> {
        self.around(false, self.inner.account(scope, id)).await
    }

    async fn accounts(&self, scope: &OrgScope) -> StoreResult<Vec<ProviderAccount>> {
        self.around(false, self.inner.accounts(scope)).await
    }
}

#[async_trait]
impl<S: Store + ?Sized> AccessStore for Faulty<S> {
    async fn org(&self, scope: &OrgScope) -> StoreResult<Option<Org>> {
        self.around(false, self.inner.org(scope)).await
    }

    async fn member(&self, scope: &OrgScope, id: MemberId) -> StoreResult<Option<Member>> {
        self.around(false, self.inner.member(scope, id)).await
    }

    async fn members(&self, scope: &OrgScope) -> StoreResult<Vec<Member>> {
        self.around(false, self.inner.members(scope)).await
    }

    async fn api_keys(&self, scope: &OrgScope) -> StoreResult<Vec<ApiKey>> {
        self.around(false, self.inner.api_keys(scope)).await
    }
}

#[async_trait]
impl<S: Store + ?Sized> LedgerStore for Faulty<S> {
    async fn audit(&self, scope: &OrgScope, after: u64, limit: u32) -> StoreResult<Vec<AuditEntry>> {
        self.around(false, self.inner.audit(scope, after, limit)).await
    }

    async fn events(&self, scope: &OrgScope, after: EventSeq, limit: u32) -> StoreResult<Vec<Recorded>> {
        self.around(false, self.inner.events(scope, after, limit)).await
    }

    async fn newest_event(&self, scope: &OrgScope) -> StoreResult<EventSeq> {
        self.around(false, self.inner.newest_event(scope)).await
    }

    fn watch(&self, scope: &OrgScope) -> BoxStream<'static, EventSeq> {
        self.inner.watch(scope)
    }
}

#[async_trait]
impl<S: Store + ?Sized> SystemStore for Faulty<S> {
    async fn user(&self, scope: &SystemScope, by: UserKey<'_>) -> StoreResult<Option<User>> {
        self.around(false, self.inner.user(scope, by)).await
    }

    async fn credential_owner(
        &self,
        scope: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<SignIn>> {
        self.around(false, self.inner.credential_owner(scope, token, now)).await
    }

    async fn organisations_of(&self, scope: &SystemScope, user: UserId) -> StoreResult<Vec<OrgId>> {
        self.around(false, self.inner.organisations_of(scope, user)).await
    }

    async fn invitation(
        &self,
        scope: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Invitation>> {
        self.around(false, self.inner.invitation(scope, token, now)).await
    }

    async fn hook(&self, scope: &SystemScope, hook: HookId) -> StoreResult<Option<App>> {
        self.around(false, self.inner.hook(scope, hook)).await
    }

    async fn app(&self, scope: &SystemScope, id: AppId) -> StoreResult<Option<App>> {
        self.around(false, self.inner.app(scope, id)).await
    }

    async fn apps(&self, scope: &SystemScope, org: Option<OrgId>) -> StoreResult<Vec<App>> {
        self.around(false, self.inner.apps(scope, org)).await
    }

    async fn route(
        &self,
        scope: &SystemScope,
        app: AppId,
        accounts: &[AccountRef],
    ) -> StoreResult<Vec<Option<Route>>> {
        self.around(false, self.inner.route(scope, app, accounts)).await
    }

    async fn organisations(
        &self,
        scope: &SystemScope,
        after: Option<OrgId>,
        limit: u32,
    ) -> StoreResult<Vec<Org>> {
        self.around(false, self.inner.organisations(scope, after, limit)).await
    }

    async fn lanes_due(&self, scope: &SystemScope, now: DateTime<Utc>, limit: u32) -> StoreResult<Vec<Lane>> {
        self.around(false, self.inner.lanes_due(scope, now, limit)).await
    }

    async fn lease(
        &self,
        scope: &SystemScope,
        lane: Lane,
        by: WorkerId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> StoreResult<Option<Lease>> {
        self.around(false, self.inner.lease(scope, lane, by, now, until)).await
    }

    async fn release(&self, scope: &SystemScope, lease: Lease) -> StoreResult<()> {
        self.around(false, self.inner.release(scope, lease)).await
    }

    async fn recover(&self, scope: &SystemScope, now: DateTime<Utc>) -> StoreResult<u64> {
        self.around(false, self.inner.recover(scope, now)).await
    }

    async fn next_due(&self, scope: &SystemScope) -> StoreResult<Option<DateTime<Utc>>> {
        self.around(false, self.inner.next_due(scope)).await
    }

    async fn unrouted(&self, scope: &SystemScope, page: PageRequest) -> StoreResult<Page<Quarantined>> {
        self.around(false, self.inner.unrouted(scope, page)).await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.around(false, self.inner.ping()).await
    }

    async fn enact(
        &self,
        scope: &SystemScope,
        writes: Vec<SystemWrite>,
        also: Option<(&OrgScope, Batch)>,
    ) -> StoreResult<Commit> {
        self.around(true, self.inner.enact(scope, writes, also)).await
    }

    fn stirred(&self) -> BoxStream<'static, ()> {
        self.inner.stirred()
    }
}

#[async_trait]
impl<S: Store + ?Sized> Store for Faulty<S> {
    async fn commit(&self, scope: &OrgScope, batches: Vec<Batch>) -> Vec<StoreResult<Commit>> {
        let count = batches.len();
        let call = async { Ok(self.inner.commit(scope, batches).await) };
        match self.around(true, call).await {
            Ok(answers) => answers,
            Err(error) => vec![Err(error); count],
        }
    }

    async fn due(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<Due>> {
        self.around(false, self.inner.due(scope, lease, now, limit)).await
    }

    async fn quarantined(&self, scope: &OrgScope, page: PageRequest) -> StoreResult<Page<Quarantined>> {
        self.around(false, self.inner.quarantined(scope, page)).await
    }
}

//! The ports: each method asks in a session of its own, or hands its batches to the queue of the organisation.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio_stream::wrappers::WatchStream;

use dialzio_core::access::{AccessStore, ApiKey, Invitation, Member, Org, SignIn, TokenHash, User};
use dialzio_core::account::{AccountStore, App, KeyCheck, ProviderAccount, Route};
use dialzio_core::consent::{ConsentRecord, ConsentRows, ConsentStore, SendFacts, Suppression};
use dialzio_core::contact::{
    ChannelIdentity, Contact, ContactQuery, ContactStore, Note, SubjectKey, Task, TaskQuery,
};
use dialzio_core::conversation::{
    Activity, Conversation, ConversationQuery, ConversationStore, Evidence, InboundAsk, InboundFacts,
    InboxEntry, Message, QueueCounts, Template,
};
use dialzio_core::event::{EventSeq, Recorded};
use dialzio_core::job::Queue;
use dialzio_core::ledger::{AuditEntry, LedgerStore};
use dialzio_core::media::{Media, MediaStore};
use dialzio_core::operator::OperatorEntry;
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::provider::AccountRef;
use dialzio_core::store::{
    Batch, Commit, Due, IdentityStore, Lease, LeaseStore, QuarantineStore, RoutingStore, Store, StoreError,
    SystemStore, SystemWrite, UserKey,
};
use dialzio_core::time::TimeMark;
use dialzio_core::webhook::{BacklogItem, Quarantined};
use dialzio_core::{
    AccountId, ApiKeyId, AppId, ChannelIdentityId, ContactId, ConversationId, HookId, JobId, MediaId,
    MemberId, MessageId, OrgId, OrgScope, QuarantineId, StoreResult, SystemScope, TaskId, UserId, WorkerId,
};

use crate::codec::{id, time};
use crate::commit::{NOTHING, Unit};
use crate::error::Failure;
use crate::facts::Snapshot;
use crate::retention::RetentionCutoff;
use crate::run::params;
use crate::session::Wanted;
use crate::statements as sql;
use crate::{
    PostgresStore, access, accounts, activity, consent, contacts, conversations, identities, leases, ledger,
    media, messages, search, soundness, system, work,
};

/// An organisation that the store reaches by itself, when it looks after what others have left behind.
struct Reached(OrgId);

impl Reached {
    const fn org(&self) -> OrgId {
        self.0
    }
}

/// Asks in one session, on one snapshot, as one organisation.
macro_rules! read_in {
    ($store:expr, $scope:expr, |$db:ident, $org:ident| $read:expr) => {{
        let mut session = $store.session(Wanted::Read($scope.org())).await?;
        let found = async {
            let (mut handle, $org) = (session.db()?, id($scope.org()));
            let $db = &mut handle;
            $read.await
        };
        let found = found.await;
        session.end(found).await
    }};
}

/// Asks the system tables in one session, on one snapshot.
macro_rules! system {
    ($store:expr, |$db:ident| $read:expr) => {{
        let mut session = $store.session(Wanted::ReadSystem).await?;
        let found = async {
            let mut handle = session.db()?;
            let $db = &mut handle;
            $read.await
        };
        let found = found.await;
        session.end(found).await
    }};
}

impl PostgresStore {
    /// How far the clock is known to have come, also by what other processes know.
    pub(crate) async fn read_time_mark(&self) -> StoreResult<Option<TimeMark>> {
        let mark = system!(self, |db| system::time_mark(db))?;
        if let Some(mark) = mark {
            self.shared.believe(mark.trusted_at);
        }
        Ok(mark)
    }

    /// Changes system tables and nothing else; what has expired goes, and months come and go, with the sweep.
    async fn enact_alone(&self, writes: &[SystemWrite]) -> StoreResult<Commit> {
        let mut session = self.session(Wanted::WriteSystem).await?;
        let (mut sweep, mut mark) = (None, None);
        let enacted = async {
            let mut db = session.db()?;
            for write in writes {
                system::write(&mut db, write).await?;
                match write {
                    SystemWrite::Sweep(at) => sweep = Some(*at),
                    SystemWrite::TimeMark(new) => mark = Some(*new),
                    _ => {}
                }
            }
            Ok::<_, Failure>(())
        };
        match enacted.await {
            Ok(()) => session.commit().await.map_err(Failure::into_store)?,
            Err(failure) => {
                if !failure.is_cut() {
                    session.undo().await.map_err(Failure::into_store)?;
                }
                return Err(failure.into_store());
            }
        }
        if let Some(mark) = mark {
            self.shared.believe(mark.trusted_at);
        }
        if let Some(at) = sweep {
            self.shared.months.keep(&self.shared, at).await.map_err(Failure::into_store)?;
        }
        Ok(NOTHING)
    }
}

#[async_trait]
impl ContactStore for PostgresStore {
    async fn contact(&self, scope: &OrgScope, id: ContactId) -> StoreResult<Option<Contact>> {
        read_in!(self, scope, |db, org| contacts::one(db, org, id))
    }

    async fn contacts_by_subject(
        &self,
        scope: &OrgScope,
        any_of: &[SubjectKey],
    ) -> StoreResult<Vec<Contact>> {
        read_in!(self, scope, |db, org| contacts::by_subject(db, org, any_of))
    }

    async fn channel_identities(
        &self,
        scope: &OrgScope,
        contact: ContactId,
    ) -> StoreResult<Vec<ChannelIdentity>> {
        read_in!(self, scope, |db, org| identities::of_contact(db, org, contact))
    }

    async fn channel_identity(
        &self,
        scope: &OrgScope,
        id: ChannelIdentityId,
    ) -> StoreResult<Option<ChannelIdentity>> {
        read_in!(self, scope, |db, org| identities::one(db, org, id))
    }

    async fn contacts(
        &self,
        scope: &OrgScope,
        query: &ContactQuery,
        page: PageRequest,
    ) -> StoreResult<Page<Contact>> {
        read_in!(self, scope, |db, org| search::list(db, org, query, &page))
    }

    async fn notes(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<Note>> {
        read_in!(self, scope, |db, org| contacts::notes(db, org, contact, &page))
    }

    async fn task(&self, scope: &OrgScope, id: TaskId) -> StoreResult<Option<Task>> {
        read_in!(self, scope, |db, org| contacts::one_task(db, org, id))
    }

    async fn tasks(&self, scope: &OrgScope, query: &TaskQuery, page: PageRequest) -> StoreResult<Page<Task>> {
        read_in!(self, scope, |db, org| contacts::tasks(db, org, query, &page))
    }
}

#[async_trait]
impl ConversationStore for PostgresStore {
    async fn conversation(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<Conversation>> {
        read_in!(self, scope, |db, org| conversations::one(db, org, id))
    }

    async fn inbox_entry(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<InboxEntry>> {
        read_in!(self, scope, |db, org| conversations::inbox_entry(
            db,
            org,
            RetentionCutoff::at(self.now()),
            id
        ))
    }

    async fn inbox(
        &self,
        scope: &OrgScope,
        query: &ConversationQuery,
        page: PageRequest,
    ) -> StoreResult<Page<InboxEntry>> {
        read_in!(self, scope, |db, org| conversations::inbox(
            db,
            org,
            RetentionCutoff::at(self.now()),
            query,
            &page
        ))
    }

    async fn conversations_of(&self, scope: &OrgScope, contact: ContactId) -> StoreResult<Vec<Conversation>> {
        read_in!(self, scope, |db, org| conversations::of_contact(db, org, contact))
    }

    async fn conversation_with(
        &self,
        scope: &OrgScope,
        account: AccountId,
        identity: ChannelIdentityId,
    ) -> StoreResult<Option<Conversation>> {
        read_in!(self, scope, |db, org| conversations::with(db, org, account, identity))
    }

    async fn queue_counts(&self, scope: &OrgScope) -> StoreResult<QueueCounts> {
        read_in!(self, scope, |db, org| conversations::queue_counts(db, org))
    }

    async fn message(&self, scope: &OrgScope, id: MessageId) -> StoreResult<Option<Message>> {
        read_in!(self, scope, |db, org| messages::one(db, org, RetentionCutoff::at(self.now()), id))
    }

    async fn messages(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Message>> {
        read_in!(self, scope, |db, org| messages::list(
            db,
            org,
            RetentionCutoff::at(self.now()),
            conversation,
            &page
        ))
    }

    async fn evidence_of(
        &self,
        scope: &OrgScope,
        of: &[MessageId],
    ) -> StoreResult<Vec<(MessageId, Evidence)>> {
        read_in!(self, scope, |db, org| messages::evidence_of(db, org, RetentionCutoff::at(self.now()), of))
    }

    async fn activities(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Activity>> {
        read_in!(self, scope, |db, org| activity::list(
            db,
            org,
            RetentionCutoff::at(self.now()),
            conversation,
            &page
        ))
    }

    async fn inbound_facts(&self, scope: &OrgScope, ask: &InboundAsk) -> StoreResult<InboundFacts> {
        read_in!(self, scope, |db, _org| Snapshot { db, org: scope.org(), now: self.now() }
            .inbound_facts(ask))
    }

    async fn templates(&self, scope: &OrgScope, account: AccountId) -> StoreResult<Vec<Template>> {
        read_in!(self, scope, |db, org| accounts::templates(db, org, account))
    }
}

#[async_trait]
impl MediaStore for PostgresStore {
    async fn media(&self, scope: &OrgScope, id: MediaId) -> StoreResult<Option<Media>> {
        read_in!(self, scope, |db, org| media::one(db, org, RetentionCutoff::at(self.now()), id))
    }

    async fn media_of(&self, scope: &OrgScope, of: &[MessageId]) -> StoreResult<Vec<Media>> {
        read_in!(self, scope, |db, org| media::of_messages(db, org, RetentionCutoff::at(self.now()), of))
    }
}

#[async_trait]
impl ConsentStore for PostgresStore {
    async fn send_facts(&self, scope: &OrgScope, jobs: &[JobId]) -> StoreResult<Vec<SendFacts>> {
        read_in!(self, scope, |db, _org| Snapshot { db, org: scope.org(), now: self.now() }.send_facts(jobs))
    }

    async fn consent_facts(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
    ) -> StoreResult<Option<ConsentRows>> {
        read_in!(self, scope, |db, _org| Snapshot { db, org: scope.org(), now: self.now() }
            .consent_facts(conversation))
    }

    async fn suppressions(&self, scope: &OrgScope, hashes: &[[u8; 16]]) -> StoreResult<Vec<Suppression>> {
        read_in!(self, scope, |db, org| consent::suppressions(db, org, hashes))
    }

    async fn any_suppression(&self, scope: &OrgScope) -> StoreResult<bool> {
        read_in!(self, scope, |db, org| db.any(sql::ANY_SUPPRESSION, params![org]))
    }

    async fn consent_history(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<ConsentRecord>> {
        read_in!(self, scope, |db, org| consent::history(db, org, contact, &page))
    }
}

#[async_trait]
impl AccountStore for PostgresStore {
    async fn account(&self, scope: &OrgScope, id: AccountId) -> StoreResult<Option<ProviderAccount>> {
        read_in!(self, scope, |db, org| accounts::one(db, org, id))
    }

    async fn accounts(&self, scope: &OrgScope) -> StoreResult<Vec<ProviderAccount>> {
        read_in!(self, scope, |db, org| accounts::all(db, org))
    }
}

#[async_trait]
impl AccessStore for PostgresStore {
    async fn org(&self, scope: &OrgScope) -> StoreResult<Option<Org>> {
        read_in!(self, scope, |db, _org| access::org(db, scope.org()))
    }

    async fn member(&self, scope: &OrgScope, id: MemberId) -> StoreResult<Option<Member>> {
        read_in!(self, scope, |db, org| access::member(db, org, id))
    }

    async fn members(&self, scope: &OrgScope) -> StoreResult<Vec<Member>> {
        read_in!(self, scope, |db, org| access::members(db, org))
    }

    async fn api_key(&self, scope: &OrgScope, id: ApiKeyId) -> StoreResult<Option<ApiKey>> {
        read_in!(self, scope, |db, org| access::api_key(db, org, id))
    }

    async fn api_keys(&self, scope: &OrgScope) -> StoreResult<Vec<ApiKey>> {
        read_in!(self, scope, |db, org| access::api_keys(db, org))
    }
}

#[async_trait]
impl LedgerStore for PostgresStore {
    async fn audit(&self, scope: &OrgScope, after: u64, limit: u32) -> StoreResult<Vec<AuditEntry>> {
        read_in!(self, scope, |db, org| ledger::audit(db, org, after, limit))
    }

    async fn events(&self, scope: &OrgScope, after: EventSeq, limit: u32) -> StoreResult<Vec<Recorded>> {
        read_in!(self, scope, |db, org| ledger::events(db, org, after, limit))
    }

    async fn newest_event(&self, scope: &OrgScope) -> StoreResult<EventSeq> {
        read_in!(self, scope, |db, org| ledger::newest_event(db, org))
    }

    fn watch(&self, scope: &OrgScope) -> BoxStream<'static, EventSeq> {
        WatchStream::from_changes(self.shared.watchers.follow(scope.org())).boxed()
    }
}

#[async_trait]
impl IdentityStore for PostgresStore {
    async fn user(&self, _: &SystemScope, by: UserKey<'_>) -> StoreResult<Option<User>> {
        match by {
            UserKey::Id(id) => system!(self, |db| system::user(db, id)),
            UserKey::Email(email) => {
                system!(self, |db| system::user_by_email(db, email))
            }
        }
    }

    async fn credential_owner(
        &self,
        _: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<SignIn>> {
        system!(self, |db| system::credential_owner(db, token, self.shared.no_earlier(now)))
    }

    async fn organisations_of(&self, _: &SystemScope, user: UserId) -> StoreResult<Vec<OrgId>> {
        system!(self, |db| system::organisations_of(db, user))
    }

    async fn invitation(
        &self,
        _: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Invitation>> {
        system!(self, |db| system::invitation(db, token, self.shared.no_earlier(now)))
    }

    async fn organisations(
        &self,
        _: &SystemScope,
        after: Option<OrgId>,
        limit: u32,
    ) -> StoreResult<Vec<Org>> {
        system!(self, |db| access::orgs(db, after, limit))
    }
}

#[async_trait]
impl RoutingStore for PostgresStore {
    async fn hook(&self, _: &SystemScope, hook: HookId) -> StoreResult<Option<App>> {
        system!(self, |db| system::hook(db, hook))
    }

    async fn app(&self, _: &SystemScope, id: AppId) -> StoreResult<Option<App>> {
        system!(self, |db| system::app(db, id))
    }

    async fn apps(&self, _: &SystemScope, org: Option<OrgId>) -> StoreResult<Vec<App>> {
        system!(self, |db| system::apps(db, org))
    }

    async fn route(
        &self,
        _: &SystemScope,
        app: AppId,
        accounts: &[AccountRef],
    ) -> StoreResult<Vec<Option<Route>>> {
        system!(self, |db| system::routes(db, app, accounts))
    }
}

#[async_trait]
impl LeaseStore for PostgresStore {
    async fn queues_due(&self, _: &SystemScope, now: DateTime<Utc>, limit: u32) -> StoreResult<Vec<Queue>> {
        system!(self, |db| system::queues_due(db, now, limit))
    }

    async fn lease(
        &self,
        _: &SystemScope,
        queue: Queue,
        by: WorkerId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> StoreResult<Option<Lease>> {
        let mut session = self.session(Wanted::WriteSystem).await?;
        let given = async {
            let given = leases::take(&mut session.db()?, queue, by, now, until).await?;
            session.commit().await?;
            Ok::<_, Failure>(given)
        };
        let Some(given) = given.await.map_err(Failure::into_store)? else { return Ok(None) };
        if given.abandoned {
            // Whoever held it has gone in the middle of something: what it had dispatched may have been sent.
            let place = (queue.account, queue.kind);
            self.submit_one(queue.org, Unit::Recover(now, Some(place))).await?;
        }
        Ok(Some(given.lease))
    }

    async fn release(&self, _: &SystemScope, lease: Lease) -> StoreResult<()> {
        let mut session = self.session(Wanted::WriteSystem).await?;
        let released = async {
            leases::give_back(&mut session.db()?, &lease).await?;
            session.commit().await
        };
        released.await.map_err(Failure::into_store)
    }

    async fn recover(&self, _: &SystemScope, now: DateTime<Utc>) -> StoreResult<u64> {
        let (mut after, mut count) = (None, 0);
        loop {
            let orgs: Vec<OrgId> = system!(self, |db| system::heads(db, after, 100))?;
            let Some(newest) = orgs.last() else { return Ok(count) };
            after = Some(*newest);
            for of in orgs {
                let scope = Reached(of);
                // One look first: most organisations have nothing to recover.
                let open = read_in!(self, scope, |db, org| work::dispatched(db, org, now))?;
                if !open.is_empty() {
                    count += self.submit_one(of, Unit::Recover(now, None)).await?.rows_affected;
                }
            }
        }
    }

    async fn next_due(&self, _: &SystemScope) -> StoreResult<Option<DateTime<Utc>>> {
        system!(self, |db| system::next_due(db))
    }

    fn work_notifications(&self) -> BoxStream<'static, ()> {
        WatchStream::from_changes(self.shared.watchers.notify_work.subscribe()).boxed()
    }
}

#[async_trait]
impl QuarantineStore for PostgresStore {
    async fn any_quarantined_item(
        &self,
        _: &SystemScope,
        id: QuarantineId,
    ) -> StoreResult<Option<Quarantined>> {
        let now = self.now();
        system!(self, |db| system::any_quarantined_item(db, id, now))
    }

    async fn unrouted(&self, _: &SystemScope, page: PageRequest) -> StoreResult<Page<Quarantined>> {
        let now = self.now();
        system!(self, |db| system::quarantine(db, None, now, &page))
    }
}

#[async_trait]
impl SystemStore for PostgresStore {
    async fn commit_system(
        &self,
        _: &SystemScope,
        writes: Vec<SystemWrite>,
        also: Option<(&OrgScope, Batch)>,
    ) -> StoreResult<Commit> {
        match also {
            Some((scope, batch)) => {
                self.submit_one(scope.org(), Unit::Enact(writes, batch.into_parts())).await
            }
            None => {
                let store = self.clone();
                // Carried out even if nobody waits for it any more.
                let enacted = tokio::spawn(async move { store.enact_alone(&writes).await });
                enacted.await.unwrap_or(Err(StoreError::Unavailable))
            }
        }
    }

    async fn key_checks(&self, _: &SystemScope) -> StoreResult<Vec<KeyCheck>> {
        system!(self, |db| system::key_checks(db))
    }

    async fn operator_log(
        &self,
        _: &SystemScope,
        before: u64,
        limit: u32,
    ) -> StoreResult<Vec<OperatorEntry>> {
        system!(self, |db| system::operator_log(db, before, limit))
    }

    async fn time_mark(&self, _: &SystemScope) -> StoreResult<Option<TimeMark>> {
        self.read_time_mark().await
    }

    async fn probe(&self) -> StoreResult<()> {
        let mut session = self.session(Wanted::Read(OrgId::NIL)).await?;
        let read = soundness::read_each_table(&mut session).await;
        session.end(read).await
    }

    async fn ping(&self) -> StoreResult<()> {
        let at = time(self.now());
        let mut session = self.session(Wanted::WriteSystem).await?;
        let beaten = async {
            session.db()?.run(sql::BEAT, params![at]).await?;
            session.commit().await
        };
        beaten.await.map_err(Failure::into_store)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn commit(&self, scope: &OrgScope, batches: Vec<Batch>) -> Vec<StoreResult<Commit>> {
        if batches.is_empty() {
            return Vec::new();
        }
        let org = scope.org();
        let units = batches.into_iter().map(|batch| Unit::Batch(batch.into_parts())).collect();
        self.submit(org, units).await
    }

    async fn due(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<Due>> {
        let queue = lease.queue;
        if queue.org != scope.org() {
            return Ok(Vec::new());
        }
        read_in!(self, scope, |db, org| work::due(db, org, queue, now, limit))
    }

    async fn waiting(&self, scope: &OrgScope, page: PageRequest) -> StoreResult<Page<BacklogItem>> {
        read_in!(self, scope, |db, org| work::waiting(db, org, &page))
    }

    async fn quarantined_item(&self, scope: &OrgScope, id: QuarantineId) -> StoreResult<Option<Quarantined>> {
        read_in!(self, scope, |db, org| system::quarantined_item(db, org, id, self.now()))
    }

    async fn quarantined(&self, scope: &OrgScope, page: PageRequest) -> StoreResult<Page<Quarantined>> {
        read_in!(self, scope, |db, _org| system::quarantine(db, Some(scope.org()), self.now(), &page))
    }
}

//! The ports: each method hands its question to a reader, or its batches to the writer.

mod conversations;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio_stream::wrappers::WatchStream;

use dialzio_core::access::{
    AccessStore, ApiKey, Colleague, FailedAttempts, Invitation, KeyUse, Member, Org, Passkey, SecondFactor,
    Session, SignIn, TokenHash, User, UserToken,
};
use dialzio_core::account::{
    AccountStore, App, KeyCheck, ProviderAccount, Route, SealedKind, SealedPlace, SealedRow,
};
use dialzio_core::consent::{ConsentRecord, ConsentRows, ConsentStore, SendFacts, Suppression};
use dialzio_core::contact::{
    ChannelIdentity, Contact, ContactEntry, ContactQuery, ContactStore, Note, SubjectKey, Task, TaskQuery,
};
use dialzio_core::event::{EventSeq, Recorded};
use dialzio_core::ledger::{AuditEntry, AuditFilter, ChainHead, LedgerStore};
use dialzio_core::mail::QueuedMail;
use dialzio_core::media::{Media, MediaOwner, MediaStore};
use dialzio_core::operator::OperatorEntry;
use dialzio_core::outbox::{Due, Lease, Queue};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::provider::AccountRef;
use dialzio_core::store::{
    Batch, Commit, IdentityStore, LeaseStore, MailStore, QuarantineStore, RoutingStore, Store, SystemStore,
    SystemWrite, UserKey,
};
use dialzio_core::time::TimeMark;
use dialzio_core::webhook::{BacklogItem, Quarantined};
use dialzio_core::{
    AccountId, ApiKeyId, AppId, ChannelIdentityId, ContactId, ConversationId, HookId, JobId, LedgerSeq,
    MediaId, MemberId, OrgId, OrgScope, QuarantineId, StoreResult, SystemScope, TaskId, UserId, WorkerId,
};

use crate::codec::id;
use crate::commit::Unit;
use crate::error::Res;
use crate::facts::Snapshot;
use crate::retention::RetentionCutoff;
use crate::{
    SqliteStore, access, accounts, audience, consent, contact_list, contacts, identities, ledger, media,
    outbox, sealed, soundness, system,
};

/// Each id once: a list that is joined answers a row for each time it names one.
fn once(ids: &[ContactId]) -> Vec<ContactId> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}

impl Snapshot<'_> {
    pub(crate) fn key(&self) -> [u8; 16] {
        id(self.org)
    }

    pub(crate) fn seen(&self) -> Res<RetentionCutoff> {
        RetentionCutoff::at(self.db, self.key(), self.now)
    }
}

#[async_trait]
impl ContactStore for SqliteStore {
    async fn contact(&self, scope: &OrgScope, id: ContactId) -> StoreResult<Option<Contact>> {
        self.read(scope, move |snapshot| contacts::one(snapshot.db, snapshot.key(), id)).await
    }

    async fn contacts_by_id(&self, scope: &OrgScope, ids: &[ContactId]) -> StoreResult<Vec<Contact>> {
        let ids = once(ids);
        self.read(scope, move |snapshot| contacts::by_ids(snapshot.db, snapshot.key(), &ids)).await
    }

    async fn contacts_by_subject(
        &self,
        scope: &OrgScope,
        any_of: &[SubjectKey],
    ) -> StoreResult<Vec<Contact>> {
        let keys = any_of.to_vec();
        self.read(scope, move |snapshot| contacts::by_subject(snapshot.db, snapshot.key(), &keys)).await
    }

    async fn channel_identities(
        &self,
        scope: &OrgScope,
        contact: ContactId,
    ) -> StoreResult<Vec<ChannelIdentity>> {
        self.read(scope, move |snapshot| identities::of_contact(snapshot.db, snapshot.key(), contact)).await
    }

    async fn channel_identity(
        &self,
        scope: &OrgScope,
        id: ChannelIdentityId,
    ) -> StoreResult<Option<ChannelIdentity>> {
        self.read(scope, move |snapshot| identities::one(snapshot.db, snapshot.key(), id)).await
    }

    async fn contacts(
        &self,
        scope: &OrgScope,
        query: &ContactQuery,
        page: PageRequest,
    ) -> StoreResult<Page<Contact>> {
        let query = query.clone();
        self.read(scope, move |snapshot| contact_list::page(snapshot.db, snapshot.key(), &query, &page)).await
    }

    async fn contact_entries(
        &self,
        scope: &OrgScope,
        query: &ContactQuery,
        page: PageRequest,
    ) -> StoreResult<Page<ContactEntry>> {
        let query = query.clone();
        self.read(scope, move |snapshot| contact_list::entries(snapshot.db, snapshot.key(), &query, &page))
            .await
    }

    async fn count_contacts(&self, scope: &OrgScope, query: &ContactQuery) -> StoreResult<Option<u32>> {
        let query = query.clone();
        self.read(scope, move |snapshot| contact_list::count(snapshot.db, snapshot.key(), &query)).await
    }

    async fn notes(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<Note>> {
        self.read(scope, move |snapshot| contacts::notes(snapshot.db, snapshot.key(), contact, &page)).await
    }

    async fn tasks_of(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<Task>> {
        self.read(scope, move |snapshot| contacts::tasks_of(snapshot.db, snapshot.key(), contact, &page))
            .await
    }

    async fn task(&self, scope: &OrgScope, id: TaskId) -> StoreResult<Option<Task>> {
        self.read(scope, move |snapshot| contacts::one_task(snapshot.db, snapshot.key(), id)).await
    }

    async fn tasks(&self, scope: &OrgScope, query: &TaskQuery, page: PageRequest) -> StoreResult<Page<Task>> {
        let query = query.clone().within(scope.audience());
        self.read(scope, move |snapshot| contacts::tasks(snapshot.db, snapshot.key(), &query, &page)).await
    }
}

#[async_trait]
impl MediaStore for SqliteStore {
    async fn media(&self, scope: &OrgScope, id: MediaId) -> StoreResult<Option<Media>> {
        self.read(scope, move |snapshot| media::one(snapshot.db, snapshot.key(), snapshot.seen()?, id)).await
    }

    async fn media_of(&self, scope: &OrgScope, of: &[MediaOwner]) -> StoreResult<Vec<Media>> {
        let of = of.to_vec();
        self.read(scope, move |snapshot| media::of_owners(snapshot.db, snapshot.key(), snapshot.seen()?, &of))
            .await
    }
}

#[async_trait]
impl ConsentStore for SqliteStore {
    async fn send_facts(&self, scope: &OrgScope, jobs: &[JobId]) -> StoreResult<Vec<SendFacts>> {
        let jobs = jobs.to_vec();
        self.read_whole(scope, move |snapshot| snapshot.send_facts(&jobs)).await
    }

    async fn consent_facts(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
    ) -> StoreResult<Option<ConsentRows>> {
        self.read(scope, move |snapshot| snapshot.consent_facts(conversation)).await
    }

    async fn consents_of_each(
        &self,
        scope: &OrgScope,
        conversations: &[ConversationId],
    ) -> StoreResult<Vec<(ConversationId, ConsentRecord)>> {
        let conversations = conversations.to_vec();
        self.read(scope, move |snapshot| {
            let (db, org) = (snapshot.db, snapshot.key());
            let seen = crate::conversations::seen(db, org, conversations)?;
            audience::whole(|| consent::of_each(db, org, &seen))
        })
        .await
    }

    async fn suppressions(&self, scope: &OrgScope, hashes: &[[u8; 16]]) -> StoreResult<Vec<Suppression>> {
        let hashes = hashes.to_vec();
        self.read_whole(scope, move |snapshot| consent::suppressions(snapshot.db, snapshot.key(), &hashes))
            .await
    }

    async fn any_suppression(&self, scope: &OrgScope) -> StoreResult<bool> {
        self.read_whole(scope, |snapshot| consent::any_suppression(snapshot.db, snapshot.key())).await
    }

    async fn consent_ledger(
        &self,
        scope: &OrgScope,
        after: LedgerSeq,
        limit: u32,
    ) -> StoreResult<Vec<ConsentRecord>> {
        self.read_whole(scope, move |snapshot| consent::ledger(snapshot.db, snapshot.key(), after, limit))
            .await
    }

    async fn consent_history(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<ConsentRecord>> {
        self.read(scope, move |snapshot| consent::history(snapshot.db, snapshot.key(), contact, &page)).await
    }
}

#[async_trait]
impl AccountStore for SqliteStore {
    async fn account(&self, scope: &OrgScope, id: AccountId) -> StoreResult<Option<ProviderAccount>> {
        self.read(scope, move |snapshot| accounts::one(snapshot.db, snapshot.key(), id)).await
    }

    async fn accounts(&self, scope: &OrgScope) -> StoreResult<Vec<ProviderAccount>> {
        self.read(scope, |snapshot| accounts::all(snapshot.db, snapshot.key())).await
    }
}

#[async_trait]
impl AccessStore for SqliteStore {
    async fn org(&self, scope: &OrgScope) -> StoreResult<Option<Org>> {
        self.read(scope, |snapshot| access::org(snapshot.db, snapshot.org)).await
    }

    async fn member(&self, scope: &OrgScope, id: MemberId) -> StoreResult<Option<Member>> {
        self.read(scope, move |snapshot| access::member(snapshot.db, snapshot.key(), id)).await
    }

    async fn members(&self, scope: &OrgScope) -> StoreResult<Vec<Member>> {
        self.read(scope, |snapshot| access::members(snapshot.db, snapshot.key())).await
    }

    async fn api_key(&self, scope: &OrgScope, id: ApiKeyId) -> StoreResult<Option<ApiKey>> {
        self.read(scope, move |snapshot| access::api_key(snapshot.db, snapshot.key(), id)).await
    }

    async fn api_keys(&self, scope: &OrgScope) -> StoreResult<Vec<ApiKey>> {
        self.read(scope, |snapshot| access::api_keys(snapshot.db, snapshot.key())).await
    }
}

#[async_trait]
impl LedgerStore for SqliteStore {
    async fn audit(&self, scope: &OrgScope, after: u64, limit: u32) -> StoreResult<Vec<AuditEntry>> {
        self.read(scope, move |snapshot| ledger::audit(snapshot.db, snapshot.key(), after, limit)).await
    }

    async fn audit_found(
        &self,
        scope: &OrgScope,
        filter: &AuditFilter,
        after: u64,
        before: u64,
        limit: u32,
    ) -> StoreResult<Vec<AuditEntry>> {
        let filter = filter.clone();
        self.read(scope, move |snapshot| {
            ledger::audit_found(snapshot.db, snapshot.key(), &filter, (after, before), limit)
        })
        .await
    }

    async fn audit_head(&self, scope: &OrgScope) -> StoreResult<ChainHead> {
        self.read(scope, |snapshot| ledger::audit_head(snapshot.db, snapshot.key())).await
    }

    async fn events(&self, scope: &OrgScope, after: EventSeq, limit: u32) -> StoreResult<Vec<Recorded>> {
        self.read_whole(scope, move |snapshot| ledger::events(snapshot.db, snapshot.key(), after, limit))
            .await
    }

    async fn newest_event(&self, scope: &OrgScope) -> StoreResult<EventSeq> {
        self.read_whole(scope, |snapshot| ledger::newest_event(snapshot.db, snapshot.key())).await
    }

    fn watch(&self, scope: &OrgScope) -> BoxStream<'static, EventSeq> {
        WatchStream::from_changes(self.shared.watcher(scope.org())).boxed()
    }
}

#[async_trait]
impl IdentityStore for SqliteStore {
    async fn user(&self, _: &SystemScope, by: UserKey<'_>) -> StoreResult<Option<User>> {
        match by {
            UserKey::Id(id) => self.system(move |db| system::user(db, id)).await,
            UserKey::Email(email) => {
                let email = email.clone();
                self.system(move |db| system::user_by_email(db, &email)).await
            }
        }
    }

    async fn credential_owner(
        &self,
        _: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<SignIn>> {
        let (token, now) = (*token, self.shared.no_earlier(now));
        self.read_inline_at(move |db| system::credential_owner(db, &token, now)).await
    }

    async fn organisations_of(&self, _: &SystemScope, user: UserId) -> StoreResult<Vec<OrgId>> {
        self.system(move |db| system::organisations_of(db, user)).await
    }

    async fn sessions_of(
        &self,
        _: &SystemScope,
        user: UserId,
        now: DateTime<Utc>,
    ) -> StoreResult<Vec<Session>> {
        let now = self.shared.no_earlier(now);
        self.system(move |db| system::sessions_of(db, user, now)).await
    }

    async fn colleagues(&self, _: &SystemScope, org: OrgId) -> StoreResult<Vec<Colleague>> {
        self.system(move |db| system::colleagues(db, org)).await
    }

    async fn key_uses(&self, _: &SystemScope, org: OrgId) -> StoreResult<Vec<KeyUse>> {
        self.system(move |db| system::key_uses(db, org)).await
    }

    async fn invitations_into(
        &self,
        _: &SystemScope,
        org: OrgId,
        now: DateTime<Utc>,
    ) -> StoreResult<Vec<Invitation>> {
        let now = self.shared.no_earlier(now);
        self.system(move |db| system::invitations_into(db, org, now)).await
    }

    async fn invitation(
        &self,
        _: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Invitation>> {
        let (token, now) = (*token, self.shared.no_earlier(now));
        self.system(move |db| system::invitation(db, &token, now)).await
    }

    async fn passkeys(&self, _: &SystemScope, user: UserId) -> StoreResult<Vec<Passkey>> {
        self.system(move |db| system::passkeys(db, user)).await
    }

    async fn passkey(&self, _: &SystemScope, credential: &[u8]) -> StoreResult<Option<Passkey>> {
        let credential = credential.to_vec();
        self.system(move |db| system::passkey(db, &credential)).await
    }

    async fn second_factor(&self, _: &SystemScope, user: UserId) -> StoreResult<Option<SecondFactor>> {
        self.system(move |db| system::second_factor(db, user)).await
    }

    async fn failed_attempts(&self, _: &SystemScope, bucket: u16) -> StoreResult<Vec<FailedAttempts>> {
        self.system(move |db| system::failed_attempts(db, bucket)).await
    }

    async fn user_token(
        &self,
        _: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<UserToken>> {
        let (token, now) = (*token, self.shared.no_earlier(now));
        self.system(move |db| system::user_token(db, &token, now)).await
    }

    async fn organisations(
        &self,
        _: &SystemScope,
        after: Option<OrgId>,
        limit: u32,
    ) -> StoreResult<Vec<Org>> {
        self.system(move |db| access::orgs(db, after, limit)).await
    }
}

#[async_trait]
impl RoutingStore for SqliteStore {
    async fn hook(&self, _: &SystemScope, hook: HookId) -> StoreResult<Option<App>> {
        self.read_inline_at(move |db| system::hook(db, hook)).await
    }

    async fn app(&self, _: &SystemScope, id: AppId) -> StoreResult<Option<App>> {
        self.read_inline_at(move |db| system::app(db, id)).await
    }

    async fn apps(&self, _: &SystemScope, org: Option<OrgId>) -> StoreResult<Vec<App>> {
        self.system(move |db| system::apps(db, org)).await
    }

    async fn route(
        &self,
        _: &SystemScope,
        app: AppId,
        accounts: &[AccountRef],
    ) -> StoreResult<Vec<Option<Route>>> {
        let accounts = accounts.to_vec();
        self.read_inline_at(move |db| system::routes(db, app, &accounts)).await
    }
}

#[async_trait]
impl LeaseStore for SqliteStore {
    async fn queues_due(&self, _: &SystemScope, now: DateTime<Utc>, limit: u32) -> StoreResult<Vec<Queue>> {
        let held = self.shared.leases.held(now);
        self.system(move |db| system::queues_due(db, &held, now, limit)).await
    }

    async fn lease(
        &self,
        _: &SystemScope,
        queue: Queue,
        by: WorkerId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> StoreResult<Option<Lease>> {
        Ok(self.shared.leases.take(queue, by, now, until))
    }

    async fn release(&self, _: &SystemScope, lease: Lease) -> StoreResult<()> {
        self.shared.leases.give_back(&lease);
        Ok(())
    }

    async fn recover(&self, _: &SystemScope, now: DateTime<Utc>) -> StoreResult<u64> {
        self.one(Unit::Recover(now)).await.map(|commit| commit.rows_affected)
    }

    async fn next_due(&self, _: &SystemScope) -> StoreResult<Option<DateTime<Utc>>> {
        self.system(system::next_due).await
    }

    fn work_notifications(&self) -> BoxStream<'static, ()> {
        WatchStream::from_changes(self.shared.notify_work.subscribe()).boxed()
    }
}

#[async_trait]
impl MailStore for SqliteStore {
    async fn mails_due(
        &self,
        _: &SystemScope,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<QueuedMail>> {
        let now = self.shared.no_earlier(now);
        self.system(move |db| system::mails_due(db, now, limit)).await
    }
}

#[async_trait]
impl QuarantineStore for SqliteStore {
    async fn any_quarantined_item(
        &self,
        _: &SystemScope,
        id: QuarantineId,
    ) -> StoreResult<Option<Quarantined>> {
        let now = self.now();
        self.system(move |db| system::any_quarantined_item(db, id, now)).await
    }

    async fn unrouted(&self, _: &SystemScope, page: PageRequest) -> StoreResult<Page<Quarantined>> {
        let now = self.now();
        self.system(move |db| system::quarantine(db, None, now, &page)).await
    }
}

#[async_trait]
impl SystemStore for SqliteStore {
    async fn commit_system(
        &self,
        _: &SystemScope,
        writes: Vec<SystemWrite>,
        also: Option<(&OrgScope, Batch)>,
    ) -> StoreResult<Commit> {
        let also = also.map(|(scope, batch)| (scope.org(), batch.into_parts()));
        let mark = writes.iter().find_map(|write| match write {
            SystemWrite::TimeMark(mark) => Some(*mark),
            _ => None,
        });
        let commit = self.one(Unit::System(writes, also)).await?;
        if let Some(mark) = mark {
            self.shared.believe(mark.trusted_at);
        }
        Ok(commit)
    }

    async fn key_checks(&self, _: &SystemScope) -> StoreResult<Vec<KeyCheck>> {
        self.system(system::key_checks).await
    }

    async fn sealed(
        &self,
        _: &SystemScope,
        kind: SealedKind,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> StoreResult<Vec<SealedRow>> {
        self.system(move |db| sealed::of_system(db, kind, after, limit)).await
    }

    async fn operator_log(
        &self,
        _: &SystemScope,
        before: u64,
        limit: u32,
    ) -> StoreResult<Vec<OperatorEntry>> {
        self.system(move |db| system::operator_log(db, before, limit)).await
    }

    async fn audit_heads(
        &self,
        _: &SystemScope,
        after: Option<OrgId>,
        limit: u32,
    ) -> StoreResult<Vec<(OrgId, ChainHead)>> {
        self.system(move |db| ledger::audit_heads(db, after, limit)).await
    }

    async fn time_mark(&self, _: &SystemScope) -> StoreResult<Option<TimeMark>> {
        self.system(system::time_mark).await
    }

    async fn probe(&self) -> StoreResult<()> {
        self.system(soundness::probe).await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.one(Unit::Beat).await.map(drop)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, scope: &OrgScope, batches: Vec<Batch>) -> Vec<StoreResult<Commit>> {
        if batches.is_empty() {
            return Vec::new();
        }
        let org = scope.org();
        let units = batches.into_iter().map(|batch| Unit::Batch(org, batch.into_parts())).collect();
        self.writer.submit(units).await
    }

    async fn due(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<Due>> {
        let queue = lease.queue;
        if queue.org != scope.org() || !scope.audience().is_all() {
            return Ok(Vec::new());
        }
        self.read(scope, move |snapshot| outbox::due(snapshot.db, snapshot.key(), queue, now, limit)).await
    }

    async fn waiting(&self, scope: &OrgScope, page: PageRequest) -> StoreResult<Page<BacklogItem>> {
        self.read(scope, move |snapshot| outbox::waiting(snapshot.db, snapshot.key(), &page)).await
    }

    async fn quarantined_item(&self, scope: &OrgScope, id: QuarantineId) -> StoreResult<Option<Quarantined>> {
        if !scope.audience().is_all() {
            return Ok(None);
        }
        let now = self.now();
        self.read(scope, move |snapshot| system::quarantined_item(snapshot.db, snapshot.key(), id, now)).await
    }

    async fn quarantined(&self, scope: &OrgScope, page: PageRequest) -> StoreResult<Page<Quarantined>> {
        if !scope.audience().is_all() {
            return Ok(Page { items: Vec::new(), next: None });
        }
        self.read(scope, move |snapshot| {
            system::quarantine(snapshot.db, Some(snapshot.org), snapshot.now, &page)
        })
        .await
    }

    async fn sealed_in(
        &self,
        scope: &OrgScope,
        kind: SealedKind,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> StoreResult<Vec<SealedRow>> {
        if !scope.audience().is_all() {
            return Ok(Vec::new());
        }
        self.read_whole(scope, move |snapshot| {
            sealed::of_org(snapshot.db, snapshot.key(), kind, after, limit)
        })
        .await
    }
}

//! The tables of the installation: identity, routing, leases and quarantine, and changes to them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio_stream::wrappers::WatchStream;

use dialzio_core::access::{
    Colleague, FailedAttempts, Invitation, KeyUse, Org, Passkey, SecondFactor, Session, SignIn, TokenHash,
    User, UserToken,
};
use dialzio_core::account::{App, KeyCheck, Route, SealedKind, SealedPlace, SealedRow};
use dialzio_core::ledger::ChainHead;
use dialzio_core::mail::QueuedMail;
use dialzio_core::operator::OperatorEntry;
use dialzio_core::outbox::{Lease, Queue};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::provider::AccountRef;
use dialzio_core::store::{
    Batch, Commit, IdentityStore, LeaseStore, MailStore, QuarantineStore, RoutingStore, StoreError,
    SystemStore, SystemWrite, UserKey,
};
use dialzio_core::time::TimeMark;
use dialzio_core::webhook::Quarantined;
use dialzio_core::{
    AppId, HookId, OrgId, OrgScope, QuarantineId, StoreResult, SystemScope, UserId, WorkerId,
};

use crate::codec::time;
use crate::commit::{NOTHING, Unit};
use crate::error::Failure;
use crate::run::params;
use crate::session::Wanted;
use crate::{PostgresStore, access, leases, outbox, soundness, statements as sql, system};

/// An organisation that the store reaches by itself, when it looks after what others have left behind.
struct Reached(OrgId);

impl Reached {
    const fn org(&self) -> OrgId {
        self.0
    }
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

    async fn sessions_of(
        &self,
        _: &SystemScope,
        user: UserId,
        now: DateTime<Utc>,
    ) -> StoreResult<Vec<Session>> {
        system!(self, |db| system::sessions_of(db, user, self.shared.no_earlier(now)))
    }

    async fn colleagues(&self, _: &SystemScope, org: OrgId) -> StoreResult<Vec<Colleague>> {
        system!(self, |db| system::colleagues(db, org))
    }

    async fn key_uses(&self, _: &SystemScope, org: OrgId) -> StoreResult<Vec<KeyUse>> {
        system!(self, |db| system::key_uses(db, org))
    }

    async fn invitations_into(
        &self,
        _: &SystemScope,
        org: OrgId,
        now: DateTime<Utc>,
    ) -> StoreResult<Vec<Invitation>> {
        system!(self, |db| system::invitations_into(db, org, self.shared.no_earlier(now)))
    }

    async fn invitation(
        &self,
        _: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Invitation>> {
        system!(self, |db| system::invitation(db, token, self.shared.no_earlier(now)))
    }

    async fn passkeys(&self, _: &SystemScope, user: UserId) -> StoreResult<Vec<Passkey>> {
        system!(self, |db| system::passkeys(db, user))
    }

    async fn passkey(&self, _: &SystemScope, credential: &[u8]) -> StoreResult<Option<Passkey>> {
        system!(self, |db| system::passkey(db, credential))
    }

    async fn second_factor(&self, _: &SystemScope, user: UserId) -> StoreResult<Option<SecondFactor>> {
        system!(self, |db| system::second_factor(db, user))
    }

    async fn failed_attempts(&self, _: &SystemScope, bucket: u16) -> StoreResult<Vec<FailedAttempts>> {
        system!(self, |db| system::failed_attempts(db, bucket))
    }

    async fn user_token(
        &self,
        _: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<UserToken>> {
        system!(self, |db| system::user_token(db, token, self.shared.no_earlier(now)))
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
            // Its last holder vanished at work: what it had dispatched may have been sent.
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
                let open = read_whole_in!(self, scope, |db, org| outbox::dispatched(db, org, now))?;
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
impl MailStore for PostgresStore {
    async fn mails_due(
        &self,
        _: &SystemScope,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<QueuedMail>> {
        system!(self, |db| system::mails_due(db, self.shared.no_earlier(now), limit))
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
                self.submit_one(scope.org(), Unit::System(writes, batch.into_parts())).await
            }
            None => {
                let store = self.clone();
                // Carried out even if the caller no longer waits.
                let enacted = tokio::spawn(async move { store.enact_alone(&writes).await });
                enacted.await.unwrap_or(Err(StoreError::Unavailable))
            }
        }
    }

    async fn key_checks(&self, _: &SystemScope) -> StoreResult<Vec<KeyCheck>> {
        system!(self, |db| system::key_checks(db))
    }

    async fn sealed(
        &self,
        _: &SystemScope,
        kind: SealedKind,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> StoreResult<Vec<SealedRow>> {
        system!(self, |db| crate::sealed::of_system(db, kind, after, limit))
    }

    async fn operator_log(
        &self,
        _: &SystemScope,
        before: u64,
        limit: u32,
    ) -> StoreResult<Vec<OperatorEntry>> {
        system!(self, |db| system::operator_log(db, before, limit))
    }

    async fn audit_heads(
        &self,
        _: &SystemScope,
        after: Option<OrgId>,
        limit: u32,
    ) -> StoreResult<Vec<(OrgId, ChainHead)>> {
        system!(self, |db| crate::ledger::audit_heads(db, after, limit))
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

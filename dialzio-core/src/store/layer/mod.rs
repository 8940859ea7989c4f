//! A store around a store: what happens around each call is written once.

mod forward;
mod readers;

use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use std::fmt::Debug;

use crate::access::{
    Colleague, FailedAttempts, Invitation, KeyUse, Org, Passkey, SecondFactor, Session, SignIn, TokenHash,
    User, UserToken,
};
use crate::account::{App, KeyCheck, Route, SealedKind, SealedPlace, SealedRow};
use crate::id::{AppId, HookId, OrgId, QuarantineId, ServiceUpdateId, UserId, WorkerId};
use crate::ledger::ChainHead;
use crate::mail::QueuedMail;
use crate::news::{NewsReader, Recipient, ServiceUpdate};
use crate::operator::OperatorEntry;
use crate::outbox::{Due, Lease, Queue};
use crate::page::{Page, PageRequest};
use crate::provider::AccountRef;
use crate::scope::{OrgScope, SystemScope};
use crate::time::TimeMark;
use crate::webhook::{BacklogItem, Quarantined};

use forward::forward;

use super::{
    Batch, Commit, IdentityStore, LeaseStore, MailStore, NewsStore, QuarantineStore, RoutingStore, Store,
    StoreResult, SystemStore, SystemWrite, UserKey,
};

/// A call that passes through a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Call {
    /// The method of the port, such as `inbox` or `commit`.
    pub name: &'static str,
    /// Whether it changes anything.
    pub writes: bool,
}

impl Call {
    const fn read(name: &'static str) -> Self {
        Self { name, writes: false }
    }

    const fn write(name: &'static str) -> Self {
        Self { name, writes: true }
    }
}

/// A store that passes every call on to another one, with something around it: measuring, tracing, failing on demand.
///
/// A type that implements it is a [`Store`]: all ports follow from the two methods. A layer cannot look into a question or an
/// answer, so it cannot show one organisation's rows to another. Streams (`watch`, `work_notifications`) pass as they are.
///
/// ```
/// use dialzio_core::store::{Call, Store, StoreLayer, StoreResult};
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// #[derive(Debug)]
/// struct Counted<S> {
///     inner: S,
///     calls: AtomicU64,
/// }
///
/// impl<S: Store> StoreLayer for Counted<S> {
///     type Inner = S;
///
///     fn inner(&self) -> &S {
///         &self.inner
///     }
///
///     async fn around<T: Send>(
///         &self,
///         _: Call,
///         work: impl Future<Output = StoreResult<T>> + Send,
///     ) -> StoreResult<T> {
///         self.calls.fetch_add(1, Ordering::Relaxed);
///         work.await
///     }
/// }
///
/// fn is_a_store(_: &impl Store) {}
/// fn proof<S: Store>(counted: &Counted<S>) {
///     is_a_store(counted);
/// }
/// ```
pub trait StoreLayer: Debug + Send + Sync + 'static {
    /// The store beneath.
    type Inner: Store + ?Sized;

    /// The store beneath.
    fn inner(&self) -> &Self::Inner;

    /// Carries a call out. `work` does nothing until it is awaited; dropping it undone is allowed for reads and writes, and
    /// then the answer has to be an error.
    ///
    /// # Errors
    /// What `work` answered, or what the layer has to say instead.
    fn around<T: Send>(
        &self,
        call: Call,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> impl Future<Output = StoreResult<T>> + Send;
}

forward! { IdentityStore {
    read user(scope: &SystemScope, by: UserKey<'_>) -> Option<User>;
    read credential_owner(scope: &SystemScope, token: &TokenHash, now: DateTime<Utc>) -> Option<SignIn>;
    read organisations_of(scope: &SystemScope, user: UserId) -> Vec<OrgId>;
    read sessions_of(scope: &SystemScope, user: UserId, now: DateTime<Utc>) -> Vec<Session>;
    read colleagues(scope: &SystemScope, org: OrgId) -> Vec<Colleague>;
    read key_uses(scope: &SystemScope, org: OrgId) -> Vec<KeyUse>;
    read invitations_into(scope: &SystemScope, org: OrgId, now: DateTime<Utc>) -> Vec<Invitation>;
    read invitation(scope: &SystemScope, token: &TokenHash, now: DateTime<Utc>) -> Option<Invitation>;
    read second_factor(scope: &SystemScope, user: UserId) -> Option<SecondFactor>;
    read passkeys(scope: &SystemScope, user: UserId) -> Vec<Passkey>;
    read passkey(scope: &SystemScope, credential: &[u8]) -> Option<Passkey>;
    read failed_attempts(scope: &SystemScope, bucket: u16) -> Vec<FailedAttempts>;
    read user_token(scope: &SystemScope, token: &TokenHash, now: DateTime<Utc>) -> Option<UserToken>;
    read organisations(scope: &SystemScope, after: Option<OrgId>, limit: u32) -> Vec<Org>;
} }

forward! { RoutingStore {
    read hook(scope: &SystemScope, hook: HookId) -> Option<App>;
    read app(scope: &SystemScope, id: AppId) -> Option<App>;
    read apps(scope: &SystemScope, org: Option<OrgId>) -> Vec<App>;
    read route(scope: &SystemScope, app: AppId, accounts: &[AccountRef]) -> Vec<Option<Route>>;
} }

forward! { LeaseStore {
    read queues_due(scope: &SystemScope, now: DateTime<Utc>, limit: u32) -> Vec<Queue>;
    read lease(scope: &SystemScope, queue: Queue, by: WorkerId, now: DateTime<Utc>, until: DateTime<Utc>)
        -> Option<Lease>;
    read release(scope: &SystemScope, lease: Lease) -> ();
    read recover(scope: &SystemScope, now: DateTime<Utc>) -> u64;
    read next_due(scope: &SystemScope) -> Option<DateTime<Utc>>;
} {
    fn work_notifications(&self) -> BoxStream<'static, ()> {
        self.inner().work_notifications()
    }
} }

forward! { MailStore {
    read mails_due(scope: &SystemScope, now: DateTime<Utc>, limit: u32) -> Vec<QueuedMail>;
} }

forward! { NewsStore {
    read service_update(scope: &SystemScope, id: ServiceUpdateId) -> Option<ServiceUpdate>;
    read news(scope: &SystemScope, with_product: bool, page: PageRequest) -> Page<ServiceUpdate>;
    read unread_news(scope: &SystemScope, reader: &NewsReader, most: u32) -> u32;
    read news_reader(scope: &SystemScope, user: UserId) -> Option<NewsReader>;
    read news_to_mail(scope: &SystemScope, since: DateTime<Utc>) -> Option<ServiceUpdate>;
    read news_recipients(scope: &SystemScope, after: Option<UserId>, limit: u32) -> Vec<Recipient>;
} }

forward! { QuarantineStore {
    read any_quarantined_item(scope: &SystemScope, id: QuarantineId) -> Option<Quarantined>;
    read unrouted(scope: &SystemScope, page: PageRequest) -> Page<Quarantined>;
} }

forward! { SystemStore {
    read key_checks(scope: &SystemScope) -> Vec<KeyCheck>;
    read sealed(scope: &SystemScope, kind: SealedKind, after: Option<SealedPlace>, limit: u32) -> Vec<SealedRow>;
    read operator_log(scope: &SystemScope, before: u64, limit: u32) -> Vec<OperatorEntry>;
    read audit_heads(scope: &SystemScope, after: Option<OrgId>, limit: u32) -> Vec<(OrgId, ChainHead)>;
    read time_mark(scope: &SystemScope) -> Option<TimeMark>;
    read probe() -> ();
    read ping() -> ();
    write commit_system(scope: &SystemScope, writes: Vec<SystemWrite>, also: Option<(&OrgScope, Batch)>) -> Commit;
} }

forward! { Store {
    read due(scope: &OrgScope, lease: &Lease, now: DateTime<Utc>, limit: u32) -> Vec<Due>;
    read waiting(scope: &OrgScope, page: PageRequest) -> Page<BacklogItem>;
    read quarantined_item(scope: &OrgScope, id: QuarantineId) -> Option<Quarantined>;
    read quarantined(scope: &OrgScope, page: PageRequest) -> Page<Quarantined>;
    read sealed_in(scope: &OrgScope, kind: SealedKind, after: Option<SealedPlace>, limit: u32) -> Vec<SealedRow>;
} {
    async fn commit(&self, scope: &OrgScope, batches: Vec<Batch>) -> Vec<StoreResult<Commit>> {
        let count = batches.len();
        let call = async { Ok(self.inner().commit(scope, batches).await) };
        match self.around(Call::write("commit"), call).await {
            Ok(answers) => answers,
            Err(error) => vec![Err(error); count],
        }
    }
} }

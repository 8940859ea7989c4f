//! A store around a store: what is to happen with each call is said once.

mod readers;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use std::fmt::Debug;

use crate::access::{Invitation, Org, SignIn, TokenHash, User};
use crate::account::{App, KeyCheck, Route};
use crate::effect::Lane;
use crate::id::{AppId, HookId, OrgId, QuarantineId, UserId, WorkerId};
use crate::inbox::{InboxItem, Quarantined};
use crate::operator::OperatorEntry;
use crate::page::{Page, PageRequest};
use crate::provider::AccountRef;
use crate::scope::{OrgScope, SystemScope};
use crate::time::TimeMark;

use super::{Batch, Commit, Due, Lease, Store, StoreResult, SystemStore, SystemWrite, UserKey};

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
/// Whoever implements it has a [`Store`]: all ports follow from the two methods. A layer cannot look into a question or an
/// answer, so it cannot show one organisation's rows to another. Streams (`watch`, `stirred`) pass as they are.
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

#[async_trait]
impl<L: StoreLayer> SystemStore for L {
    async fn user(&self, scope: &SystemScope, by: UserKey<'_>) -> StoreResult<Option<User>> {
        self.around(Call::read("user"), self.inner().user(scope, by)).await
    }

    async fn credential_owner(
        &self,
        scope: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<SignIn>> {
        self.around(Call::read("credential_owner"), self.inner().credential_owner(scope, token, now)).await
    }

    async fn organisations_of(&self, scope: &SystemScope, user: UserId) -> StoreResult<Vec<OrgId>> {
        self.around(Call::read("organisations_of"), self.inner().organisations_of(scope, user)).await
    }

    async fn invitation(
        &self,
        scope: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Invitation>> {
        self.around(Call::read("invitation"), self.inner().invitation(scope, token, now)).await
    }

    async fn hook(&self, scope: &SystemScope, hook: HookId) -> StoreResult<Option<App>> {
        self.around(Call::read("hook"), self.inner().hook(scope, hook)).await
    }

    async fn app(&self, scope: &SystemScope, id: AppId) -> StoreResult<Option<App>> {
        self.around(Call::read("app"), self.inner().app(scope, id)).await
    }

    async fn apps(&self, scope: &SystemScope, org: Option<OrgId>) -> StoreResult<Vec<App>> {
        self.around(Call::read("apps"), self.inner().apps(scope, org)).await
    }

    async fn route(
        &self,
        scope: &SystemScope,
        app: AppId,
        accounts: &[AccountRef],
    ) -> StoreResult<Vec<Option<Route>>> {
        self.around(Call::read("route"), self.inner().route(scope, app, accounts)).await
    }

    async fn organisations(
        &self,
        scope: &SystemScope,
        after: Option<OrgId>,
        limit: u32,
    ) -> StoreResult<Vec<Org>> {
        self.around(Call::read("organisations"), self.inner().organisations(scope, after, limit)).await
    }

    async fn lanes_due(&self, scope: &SystemScope, now: DateTime<Utc>, limit: u32) -> StoreResult<Vec<Lane>> {
        self.around(Call::read("lanes_due"), self.inner().lanes_due(scope, now, limit)).await
    }

    async fn lease(
        &self,
        scope: &SystemScope,
        lane: Lane,
        by: WorkerId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> StoreResult<Option<Lease>> {
        self.around(Call::read("lease"), self.inner().lease(scope, lane, by, now, until)).await
    }

    async fn release(&self, scope: &SystemScope, lease: Lease) -> StoreResult<()> {
        self.around(Call::read("release"), self.inner().release(scope, lease)).await
    }

    async fn recover(&self, scope: &SystemScope, now: DateTime<Utc>) -> StoreResult<u64> {
        self.around(Call::read("recover"), self.inner().recover(scope, now)).await
    }

    async fn next_due(&self, scope: &SystemScope) -> StoreResult<Option<DateTime<Utc>>> {
        self.around(Call::read("next_due"), self.inner().next_due(scope)).await
    }

    async fn key_checks(&self, scope: &SystemScope) -> StoreResult<Vec<KeyCheck>> {
        self.around(Call::read("key_checks"), self.inner().key_checks(scope)).await
    }

    async fn operator_log(
        &self,
        scope: &SystemScope,
        before: u64,
        limit: u32,
    ) -> StoreResult<Vec<OperatorEntry>> {
        self.around(Call::read("operator_log"), self.inner().operator_log(scope, before, limit)).await
    }

    async fn time_mark(&self, scope: &SystemScope) -> StoreResult<Option<TimeMark>> {
        self.around(Call::read("time_mark"), self.inner().time_mark(scope)).await
    }

    async fn any_quarantined_item(
        &self,
        scope: &SystemScope,
        id: QuarantineId,
    ) -> StoreResult<Option<Quarantined>> {
        self.around(Call::read("any_quarantined_item"), self.inner().any_quarantined_item(scope, id)).await
    }

    async fn unrouted(&self, scope: &SystemScope, page: PageRequest) -> StoreResult<Page<Quarantined>> {
        self.around(Call::read("unrouted"), self.inner().unrouted(scope, page)).await
    }

    async fn probe(&self) -> StoreResult<()> {
        self.around(Call::read("probe"), self.inner().probe()).await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.around(Call::read("ping"), self.inner().ping()).await
    }

    async fn enact(
        &self,
        scope: &SystemScope,
        writes: Vec<SystemWrite>,
        also: Option<(&OrgScope, Batch)>,
    ) -> StoreResult<Commit> {
        self.around(Call::write("enact"), self.inner().enact(scope, writes, also)).await
    }

    fn stirred(&self) -> BoxStream<'static, ()> {
        self.inner().stirred()
    }
}

#[async_trait]
impl<L: StoreLayer> Store for L {
    async fn commit(&self, scope: &OrgScope, batches: Vec<Batch>) -> Vec<StoreResult<Commit>> {
        let count = batches.len();
        let call = async { Ok(self.inner().commit(scope, batches).await) };
        match self.around(Call::write("commit"), call).await {
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
        self.around(Call::read("due"), self.inner().due(scope, lease, now, limit)).await
    }

    async fn waiting(&self, scope: &OrgScope, page: PageRequest) -> StoreResult<Page<InboxItem>> {
        self.around(Call::read("waiting"), self.inner().waiting(scope, page)).await
    }

    async fn quarantined_item(&self, scope: &OrgScope, id: QuarantineId) -> StoreResult<Option<Quarantined>> {
        self.around(Call::read("quarantined_item"), self.inner().quarantined_item(scope, id)).await
    }

    async fn quarantined(&self, scope: &OrgScope, page: PageRequest) -> StoreResult<Page<Quarantined>> {
        self.around(Call::read("quarantined"), self.inner().quarantined(scope, page)).await
    }
}

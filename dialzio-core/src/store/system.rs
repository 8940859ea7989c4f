//! The system tables: what has no organisation yet, or belongs to all of them. A closed list.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;

use super::{Batch, Commit, Lease, Revision, StoreResult};
use crate::access::{Invitation, Org, Session, SignIn, TokenHash, User, UserChange};
use crate::account::{App, AppChange, KeyCheck, Route};
use crate::effect::{Effect, Lane};
use crate::id::{AppId, HookId, OrgId, QuarantineId, UserId, WorkerId};
use crate::inbox::{InboxItem, Quarantined};
use crate::operator::OperatorEntry;
use crate::page::{Page, PageRequest};
use crate::provider::AccountRef;
use crate::scope::{OrgScope, SystemScope};
use crate::text::EmailAddress;
use crate::time::{ConfirmedTime, TimeMark};

/// How a user is looked up.
#[derive(Debug, Clone, Copy)]
pub enum UserKey<'a> {
    /// By id.
    Id(UserId),
    /// By what they sign in with, without regard to case.
    Email(&'a EmailAddress),
}

/// One piece of work in a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Due {
    /// Something to be done outside.
    Effect(Effect),
    /// A received element to be decided.
    Element(InboxItem),
}

/// A change to the system tables.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SystemWrite {
    /// A new user. An id or address that is there already is refused: [`super::StoreError::Unmet`].
    InsertUser(User),
    /// A change of a user who has this revision; otherwise [`super::StoreError::Unmet`].
    ChangeUser {
        /// Which.
        user: UserId,
        /// What it was decided on.
        revision: Revision,
        /// What changes.
        change: UserChange,
    },
    /// A new session.
    Session(Session),
    /// A session was used.
    SessionSeen(TokenHash, DateTime<Utc>),
    /// A session ends.
    EndSession(TokenHash),
    /// All sessions of a user end.
    EndSessions(UserId),
    /// A new invitation.
    Invitation(Invitation),
    /// An invitation was used. One that is not there any more: [`super::StoreError::Unmet`] of its record.
    UseInvitation(TokenHash),
    /// A new app. An id that is there already is refused: [`super::StoreError::Unmet`].
    InsertApp(App),
    /// A change of an app that has this revision; otherwise [`super::StoreError::Unmet`].
    ChangeApp {
        /// Which.
        app: AppId,
        /// What it was decided on.
        revision: Revision,
        /// What changes.
        change: AppChange,
    },
    /// Bytes that belong to no organisation we know, or to one that owns the app.
    Quarantine(Quarantined),
    /// Takes such bytes out.
    Release(QuarantineId),
    /// Removes what has expired by an instant: sessions, invitations, quarantine without organisation.
    Sweep(ConfirmedTime),
    /// A key is used here from now on. Its place or its id is taken: [`super::StoreError::Unmet`].
    KeyCheck(KeyCheck),
    /// How far the clock is known to have come.
    TimeMark(TimeMark),
    /// The next entry of the operator log. Its place is taken: [`super::StoreError::Unmet`].
    Operator(OperatorEntry),
    /// Nothing of its own: carries a batch of an organisation that nobody is in yet.
    Carry,
}

/// The system tables. What is not here cannot look across organisations.
#[async_trait]
pub trait SystemStore: Send + Sync {
    /// A user.
    async fn user(&self, scope: &SystemScope, by: UserKey<'_>) -> StoreResult<Option<User>>;
    /// Whoever a session token or an API key belongs to; only active members, unrevoked keys, and what has not ended.
    async fn credential_owner(
        &self,
        scope: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<SignIn>>;
    /// The organisations a user is an active member of.
    async fn organisations_of(&self, scope: &SystemScope, user: UserId) -> StoreResult<Vec<OrgId>>;
    /// An invitation that has not ended.
    async fn invitation(
        &self,
        scope: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Invitation>>;
    /// The app of a webhook address. Asked before anything is decoded.
    async fn hook(&self, scope: &SystemScope, hook: HookId) -> StoreResult<Option<App>>;
    /// An app.
    async fn app(&self, scope: &SystemScope, id: AppId) -> StoreResult<Option<App>>;
    /// Apps of an organisation (`Some`), or shared ones (`None`), oldest first.
    async fn apps(&self, scope: &SystemScope, org: Option<OrgId>) -> StoreResult<Vec<App>>;
    /// Where each of these provider ids leads, among routable accounts linked to this app only. An id of a business
    /// account leads to its oldest account.
    async fn route(
        &self,
        scope: &SystemScope,
        app: AppId,
        accounts: &[AccountRef],
    ) -> StoreResult<Vec<Option<Route>>>;
    /// Changes system tables; `also` is in the same transaction.
    async fn enact(
        &self,
        scope: &SystemScope,
        writes: Vec<SystemWrite>,
        also: Option<(&OrgScope, Batch)>,
    ) -> StoreResult<Commit>;
    /// Organisations in order of id, after one of them.
    async fn organisations(
        &self,
        scope: &SystemScope,
        after: Option<OrgId>,
        limit: u32,
    ) -> StoreResult<Vec<Org>>;
    /// Lanes with work that is due, those whose work has waited longest first, without those that are leased.
    async fn lanes_due(&self, scope: &SystemScope, now: DateTime<Utc>, limit: u32) -> StoreResult<Vec<Lane>>;
    /// Leases a lane, or extends the worker's own lease. `None` if another worker holds it at `now`.
    async fn lease(
        &self,
        scope: &SystemScope,
        lane: Lane,
        by: WorkerId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> StoreResult<Option<Lease>>;
    /// Gives a lease back. One that ran out is gone already.
    async fn release(&self, scope: &SystemScope, lease: Lease) -> StoreResult<()>;
    /// After a restart: effects that were dispatched and have no outcome, of every organisation, become unknown, with
    /// evidence on their messages. Answers how many. On a store for many processes only those whose lane nobody leases.
    async fn recover(&self, scope: &SystemScope, now: DateTime<Utc>) -> StoreResult<u64>;
    /// When the next work of any lane is due; `None` if nothing waits.
    async fn next_due(&self, scope: &SystemScope) -> StoreResult<Option<DateTime<Utc>>>;
    /// Wakes after a commit that queued work. A hint only.
    fn stirred(&self) -> BoxStream<'static, ()>;
    /// What is kept of the keys of this installation, in order of their places.
    async fn key_checks(&self, scope: &SystemScope) -> StoreResult<Vec<KeyCheck>>;
    /// How far the clock is known to have come; `None` in a store that is new. What had expired by then is hidden by every
    /// read from here on, whatever the clock shows.
    async fn time_mark(&self, scope: &SystemScope) -> StoreResult<Option<TimeMark>>;
    /// Entries of the operator log before a place, newest first.
    async fn operator_log(
        &self,
        scope: &SystemScope,
        before: u64,
        limit: u32,
    ) -> StoreResult<Vec<OperatorEntry>>;
    /// Quarantined bytes by their id, whichever organisation they belong to, or none.
    async fn any_quarantined_item(
        &self,
        scope: &SystemScope,
        id: QuarantineId,
    ) -> StoreResult<Option<Quarantined>>;
    /// Quarantined bytes of no organisation, newest first.
    async fn unrouted(&self, scope: &SystemScope, page: PageRequest) -> StoreResult<Page<Quarantined>>;
    /// Whether the store can be read: a row of each table that requests need, on one snapshot. Cheap, and writes nothing.
    async fn probe(&self) -> StoreResult<()>;
    /// Whether the store can write: a heartbeat that commits.
    async fn ping(&self) -> StoreResult<()>;
}

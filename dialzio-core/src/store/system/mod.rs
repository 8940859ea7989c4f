//! The system tables: what has no organisation yet, or belongs to all of them. A closed list.

mod identity;
mod lease;
mod mail;
mod news;
mod quarantine;
mod routing;

pub use identity::{IdentityStore, UserKey};
pub use lease::LeaseStore;
pub use mail::MailStore;
pub use news::NewsStore;
pub use quarantine::QuarantineStore;
pub use routing::RoutingStore;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Batch, Commit, Revision, StoreResult};
use crate::access::{
    FailedAttempts, Invitation, KeyUse, Passkey, PasskeyChange, SecondFactor, SecondFactorChange, Session,
    TokenHash, User, UserChange, UserToken,
};
use crate::account::{App, AppChange, KeyChange, KeyCheck, Rewrap, SealedKind, SealedPlace, SealedRow};
use crate::id::{AppId, HookId, MailId, OrgId, PasskeyId, QuarantineId, ServiceUpdateId, UserId};
use crate::ledger::ChainHead;
use crate::mail::{QueuedMail, QueuedMailChange};
use crate::news::{ServiceUpdate, ServiceUpdateChange};
use crate::operator::OperatorEntry;
use crate::scope::{OrgScope, SystemScope};
use crate::time::{ConfirmedTime, TimeMark};
use crate::webhook::Quarantined;

/// A change to the system tables.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SystemWrite {
    /// A new user. An id or address that is there already is refused: [`super::StoreError::PreconditionFailed`].
    InsertUser(User),
    /// A change of a user who has this revision; otherwise [`super::StoreError::PreconditionFailed`].
    ChangeUser {
        /// The user that changes.
        user: UserId,
        /// What it was decided on.
        revision: Revision,
        /// The fields to change; `None` leaves a field as it is.
        change: UserChange,
    },
    /// A new session.
    Session(Session),
    /// A session was used, and with it the membership of its user in its organisation.
    SessionSeen(TokenHash, DateTime<Utc>),
    /// A key of an organisation was used. An earlier time than the one that is kept changes nothing.
    KeyUsed(OrgId, KeyUse),
    /// A session ends.
    EndSession(TokenHash),
    /// Sessions of a user end: all, or those in one organisation, but for one that is kept.
    EndSessions {
        /// Whose.
        user: UserId,
        /// Only those in this organisation.
        org: Option<OrgId>,
        /// Not this one.
        keep: Option<TokenHash>,
    },
    /// A new invitation.
    Invitation(Invitation),
    /// An invitation was used. One that is not there any more: [`super::StoreError::PreconditionFailed`] of its record.
    UseInvitation(TokenHash),
    /// The second factor of a user, in the place of one that was not confirmed. One that is confirmed refuses it:
    /// [`super::StoreError::PreconditionFailed`].
    InsertSecondFactor(SecondFactor),
    /// A change of a second factor that has this revision; otherwise [`super::StoreError::PreconditionFailed`].
    ChangeSecondFactor {
        /// Whose.
        user: UserId,
        /// What it was decided on.
        revision: Revision,
        /// The fields to change; `None` leaves a field as it is.
        change: SecondFactorChange,
    },
    /// A second factor that has this revision is gone; otherwise [`super::StoreError::PreconditionFailed`].
    EndSecondFactor {
        /// Whose.
        user: UserId,
        /// What it was decided on.
        revision: Revision,
    },
    /// A new passkey. One whose id, or whose name at its device, is there already is refused:
    /// [`super::StoreError::PreconditionFailed`].
    InsertPasskey(Passkey),
    /// A change of a passkey that has this revision; otherwise [`super::StoreError::PreconditionFailed`].
    ChangePasskey {
        /// The passkey that changes.
        passkey: PasskeyId,
        /// What it was decided on.
        revision: Revision,
        /// The fields to change; `None` leaves a field as it is.
        change: PasskeyChange,
    },
    /// A passkey is gone. One that is gone already: [`super::StoreError::PreconditionFailed`].
    EndPasskey(PasskeyId),
    /// Failed attempts in their place, which is empty or at the revision before; otherwise
    /// [`super::StoreError::PreconditionFailed`].
    FailedAttempts(FailedAttempts),
    /// A new token of a user. One that is there already is refused: [`super::StoreError::PreconditionFailed`] of its record.
    UserToken(UserToken),
    /// A token of a user was used. One that is not there any more: [`super::StoreError::PreconditionFailed`] of its record.
    UseUserToken(TokenHash),
    /// All tokens of a user are good for nothing any more.
    EndUserTokens(UserId),
    /// A new mail that waits to be sent. An id that is there already is refused: [`super::StoreError::PreconditionFailed`].
    QueueMail(QueuedMail),
    /// A change of a mail that has this revision; otherwise, and if it does not wait any more,
    /// [`super::StoreError::PreconditionFailed`].
    ChangeMail {
        /// The mail that changes.
        mail: MailId,
        /// What it was decided on.
        revision: Revision,
        /// The fields to change; `None` leaves a field as it is.
        change: QueuedMailChange,
    },
    /// A mail does not wait any more. One that is gone already stays so.
    EndMail(MailId),
    /// A new service update. An id that is there already is refused: [`super::StoreError::PreconditionFailed`].
    PublishNews(ServiceUpdate),
    /// A change of a service update that has this revision; otherwise [`super::StoreError::PreconditionFailed`].
    ChangeNews {
        /// The update that changes.
        update: ServiceUpdateId,
        /// What it was decided on.
        revision: Revision,
        /// The fields to change; `None` leaves a field as it is.
        change: ServiceUpdateChange,
    },
    /// A service update is gone. One that is gone already stays so.
    WithdrawNews(ServiceUpdateId),
    /// A user has read a service update and all that are older. An older one than the one that is kept changes nothing.
    ReadNews {
        /// Who.
        user: UserId,
        /// The newest that they have read.
        up_to: ServiceUpdateId,
    },
    /// A user takes product news, or does not.
    ChooseNews {
        /// Who.
        user: UserId,
        /// Whether they take it.
        takes_product: bool,
    },
    /// A new app. An id that is there already is refused: [`super::StoreError::PreconditionFailed`].
    InsertApp(App),
    /// A change of an app that has this revision; otherwise [`super::StoreError::PreconditionFailed`].
    ChangeApp {
        /// The app that changes.
        app: AppId,
        /// What it was decided on.
        revision: Revision,
        /// The fields to change; `None` leaves a field as it is.
        change: AppChange,
    },
    /// Something arrived by an address of an app, its present or its former one. An earlier time than the one that is kept
    /// changes nothing; nor does an address of no app.
    HookSeen {
        /// The address.
        hook: HookId,
        /// When.
        at: DateTime<Utc>,
    },
    /// Bytes that belong to no organisation we know, or to one that owns the app.
    Quarantine(Quarantined),
    /// Takes such bytes out.
    Release(QuarantineId),
    /// Removes what has expired by an instant: sessions, invitations, tokens of users, failed attempts, mail
    /// that waits, service updates, quarantine without organisation.
    Sweep(ConfirmedTime),
    /// A key is used here from now on. Its place or its id is taken: [`super::StoreError::PreconditionFailed`].
    KeyCheck(KeyCheck),
    /// A change of what is kept of the key at a place. A key that is not there, or of which the same was done before:
    /// [`super::StoreError::PreconditionFailed`].
    ChangeKey {
        /// Its place.
        place: u32,
        /// What changes.
        change: KeyChange,
    },
    /// The data key of a sealed value is wrapped anew, if the value is still the one that was read; otherwise nothing changes.
    Rewrap(Rewrap),
    /// How far the clock is known to have come.
    TimeMark(TimeMark),
    /// The next entry of the operator log. Its place is taken: [`super::StoreError::PreconditionFailed`].
    Operator(OperatorEntry),
    /// Changes nothing by itself: carries a batch of an organisation that has no members yet.
    Noop,
}

/// The system tables. What is not here cannot look across organisations.
#[async_trait]
pub trait SystemStore:
    IdentityStore + RoutingStore + LeaseStore + MailStore + NewsStore + QuarantineStore
{
    /// Changes system tables; `also` is in the same transaction.
    async fn commit_system(
        &self,
        scope: &SystemScope,
        writes: Vec<SystemWrite>,
        also: Option<(&OrgScope, Batch)>,
    ) -> StoreResult<Commit>;
    /// What is kept of the keys of this installation, in order of their places.
    async fn key_checks(&self, scope: &SystemScope) -> StoreResult<Vec<KeyCheck>>;
    /// Sealed values of a kind that is kept in tables of the installation, in order of their places, after one of them; those
    /// that have expired too.
    async fn sealed(
        &self,
        scope: &SystemScope,
        kind: SealedKind,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> StoreResult<Vec<SealedRow>>;
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
    /// Where the audit log of each organisation ends, in order of their ids, after one of them.
    async fn audit_heads(
        &self,
        scope: &SystemScope,
        after: Option<OrgId>,
        limit: u32,
    ) -> StoreResult<Vec<(OrgId, ChainHead)>>;
    /// Whether the store can be read: a row of each table that requests need, on one snapshot. Cheap, and writes nothing.
    async fn probe(&self) -> StoreResult<()>;
    /// Whether the store can write: a heartbeat that commits.
    async fn ping(&self) -> StoreResult<()>;
}

//! Who signs in, and which organisations there are.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::access::{
    Colleague, FailedAttempts, Invitation, KeyUse, Org, Passkey, SecondFactor, Session, SignIn, TokenHash,
    User, UserToken,
};
use crate::id::{OrgId, UserId};
use crate::scope::SystemScope;
use crate::store::StoreResult;
use crate::text::EmailAddress;

/// How a user is looked up.
#[derive(Debug, Clone, Copy)]
pub enum UserKey<'a> {
    /// By the id of the user.
    Id(UserId),
    /// By what they sign in with, without regard to case.
    Email(&'a EmailAddress),
}

/// Who signs in, and which organisations there are.
#[async_trait]
pub trait IdentityStore: Send + Sync {
    /// Reads a user by id or address; `None` if there is none.
    async fn user(&self, scope: &SystemScope, by: UserKey<'_>) -> StoreResult<Option<User>>;
    /// The caller that a session token or an API key belongs to; only active members, unrevoked keys, and what has not
    /// expired.
    async fn credential_owner(
        &self,
        scope: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<SignIn>>;
    /// The organisations a user is an active member of, the one used last first; those never used by id, behind the others.
    async fn organisations_of(&self, scope: &SystemScope, user: UserId) -> StoreResult<Vec<OrgId>>;
    /// The sessions of a user that have not ended, in whatever organisation, by hash.
    async fn sessions_of(
        &self,
        scope: &SystemScope,
        user: UserId,
        now: DateTime<Utc>,
    ) -> StoreResult<Vec<Session>>;
    /// What members of an organisation sign in with and when they were last here, by member.
    async fn colleagues(&self, scope: &SystemScope, org: OrgId) -> StoreResult<Vec<Colleague>>;
    /// When keys of an organisation were used last, by key; without those that never were.
    async fn key_uses(&self, scope: &SystemScope, org: OrgId) -> StoreResult<Vec<KeyUse>>;
    /// The invitations into an organisation that have not ended, oldest first, then by hash.
    async fn invitations_into(
        &self,
        scope: &SystemScope,
        org: OrgId,
        now: DateTime<Utc>,
    ) -> StoreResult<Vec<Invitation>>;
    /// An invitation that has not ended.
    async fn invitation(
        &self,
        scope: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Invitation>>;
    /// The second factor of a user, confirmed or not.
    async fn second_factor(&self, scope: &SystemScope, user: UserId) -> StoreResult<Option<SecondFactor>>;
    /// The passkeys of a user, oldest first.
    async fn passkeys(&self, scope: &SystemScope, user: UserId) -> StoreResult<Vec<Passkey>>;
    /// The passkey that a device knows by these bytes.
    async fn passkey(&self, scope: &SystemScope, credential: &[u8]) -> StoreResult<Option<Passkey>>;
    /// A token of a user that was not used and has not ended, whatever it is good for.
    async fn user_token(
        &self,
        scope: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<UserToken>>;
    /// The failed attempts to sign in of one bucket, in order of their slots.
    async fn failed_attempts(&self, scope: &SystemScope, bucket: u16) -> StoreResult<Vec<FailedAttempts>>;
    /// Organisations in order of id, after one of them.
    async fn organisations(
        &self,
        scope: &SystemScope,
        after: Option<OrgId>,
        limit: u32,
    ) -> StoreResult<Vec<Org>>;
}

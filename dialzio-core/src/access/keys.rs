//! Keys for programs: made with some of the maker's permissions, for a limited time, rotated and revoked.

use chrono::{DateTime, TimeDelta, Utc};

use super::token::Token;
use super::{AccessService, AccessWrite, AddressList, ApiKey, ApiKeyChange, MemberState, audience};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{ApiKeyId, OrgId};
use crate::ledger::Action;
use crate::scope::{Actor, Audience, OrgScope, Permission, Principal};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::Title;

/// An API key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// What people call it.
    pub name: Title,
    /// What it may do: at least one permission, and none that its maker lacks.
    pub permissions: Vec<Permission>,
    /// After how many days it ends: 1 to 365.
    pub days: u16,
    /// From which addresses it may be used.
    pub allowed_from: AddressList,
}

/// What is to change of a key; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiKeyPatch {
    /// What people are to call it.
    pub name: Option<Title>,
    /// From which addresses it may be used from now on.
    pub allowed_from: Option<AddressList>,
}

impl NewApiKey {
    /// How long a key lasts unless said otherwise, in days.
    pub const DAYS: u16 = 90;
    /// The longest that a key lasts, in days.
    pub const MOST_DAYS: u16 = 365;

    /// With this name and these permissions, for 90 days and from every address.
    #[must_use]
    pub fn new(name: Title, permissions: &[Permission]) -> Self {
        let allowed_from = AddressList::default();
        Self { name, permissions: permissions.to_vec(), days: Self::DAYS, allowed_from }
    }

    /// The same, for so many days.
    #[must_use]
    pub fn lasting(self, days: u16) -> Self {
        Self { days, ..self }
    }

    /// The same, from these addresses alone.
    #[must_use]
    pub fn allowed_from(self, allowed_from: AddressList) -> Self {
        Self { allowed_from, ..self }
    }
}

/// The longest that a key keeps working after it was rotated, in hours.
const MOST_OVERLAP: u16 = 168;

impl AccessService<'_> {
    /// Makes an API key; the key is shown once. It never permits more than the present role of the member who made it.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a permission, for a life beyond 365 days, or for addresses beyond those that the caller's own
    /// key is limited to; [`Error::Denied`] without
    /// [`Permission::MembersManage`], or for permissions beyond the maker's own.
    pub async fn create_key(&self, by: &Actor, new: NewApiKey) -> Result<(ApiKeyId, Token), Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        covered(by, &new.permissions)?;
        if new.permissions.is_empty() {
            return Err(Error::invalid("permissions", "must name at least one"));
        }
        if !(1..=NewApiKey::MOST_DAYS).contains(&new.days) {
            return Err(Error::invalid("expires_in_days", "must be between 1 and 365"));
        }
        self.within_own_addresses(by, &new.allowed_from).await?;
        let mut batch = Batch::new(by, Action::KeyChanged, self.runtime.now());
        let life = TimeDelta::days(i64::from(new.days));
        let made = self.add_key(by, &mut batch, (new.name, new.permissions, new.allowed_from), life);
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(made)
    }

    /// Adds a new key to a batch.
    fn add_key(
        &self,
        by: &Actor,
        batch: &mut Batch,
        (name, mut permissions, allowed_from): (Title, Vec<Permission>, AddressList),
        life: TimeDelta,
    ) -> (ApiKeyId, Token) {
        let now = self.runtime.now();
        let token = Token::api_key(self.runtime.entropy());
        let id = self.runtime.ids().next(now);
        permissions.sort_unstable();
        permissions.dedup();
        let key = ApiKey {
            id,
            name,
            permissions,
            hash: token.hash(),
            created_at: now,
            expires_at: now + life,
            revoked_at: None,
            revision: Revision::FIRST,
            made_by: by.member(),
            allowed_from,
        };
        batch.about(id).write(AccessWrite::InsertApiKey(key)).event(DomainEvent::OrgChanged);
        (id, token)
    }

    /// Replaces a key by a new one with the same name, permissions, addresses and lifetime. The old key
    /// keeps working for `overlap_hours`, or until its own end if that is earlier, so that programs can be given the new one without
    /// a gap.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an overlap beyond 168 hours, and for a key that has ended; [`Error::NotFound`];
    /// [`Error::Conflict`] if it was changed meanwhile; [`Error::Denied`] without [`Permission::MembersManage`], or for a key
    /// with permissions beyond the caller's own.
    pub async fn rotate_key(
        &self,
        by: &Actor,
        id: ApiKeyId,
        overlap_hours: u16,
    ) -> Result<(ApiKeyId, Token), Error> {
        let (scope, now) = (by.scope_for(Permission::MembersManage)?, self.runtime.now());
        let key = self.changeable_key(by, id, None).await?;
        if overlap_hours > MOST_OVERLAP {
            return Err(Error::invalid("overlap_hours", "must be between 0 and 168"));
        }
        self.within_own_addresses(by, &key.allowed_from).await?;
        not_ended(&key, now)?;
        let mut batch = Batch::new(by, Action::KeyChanged, now);
        let end = key.expires_at.min(now + TimeDelta::hours(i64::from(overlap_hours)));
        let change = ApiKeyChange { expires_at: Some(end), ..ApiKeyChange::default() };
        batch
            .require(Precondition::Revision(RecordRef::ApiKey(id), key.revision))
            .write(AccessWrite::ChangeApiKey { key: id, change });
        let life = key.expires_at - key.created_at;
        let made = self.add_key(by, &mut batch, (key.name, key.permissions, key.allowed_from), life);
        match self.runtime.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Conflict { kind: RecordKind::ApiKey }),
            other => Ok(other.map(|_| made)?),
        }
    }

    /// Revokes a key at once. With a revision, only if it is still at that one. A key may revoke itself, and others that
    /// permit nothing beyond it.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Stale`] if it is not at the revision; [`Error::Denied`] without
    /// [`Permission::MembersManage`], or for a key with permissions beyond the caller's own.
    pub async fn revoke_key(
        &self,
        by: &Actor,
        id: ApiKeyId,
        revision: Option<Revision>,
    ) -> Result<ApiKey, Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        let mut key = self.changeable_key(by, id, revision).await?;
        if key.revoked_at.is_some() {
            return Ok(key);
        }
        let now = self.runtime.now();
        let change = ApiKeyChange { revoked_at: Some(Some(now)), ..ApiKeyChange::default() };
        let mut batch = Batch::new(by, Action::KeyChanged, now);
        if let Some(revision) = revision {
            batch.require(Precondition::Revision(RecordRef::ApiKey(id), revision));
        }
        change.apply(&mut key);
        batch.about(id).write(AccessWrite::ChangeApiKey { key: id, change }).event(DomainEvent::OrgChanged);
        match self.runtime.store().commit_one(scope, batch).await {
            Ok(_) => Ok(key),
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Stale { kind: RecordKind::ApiKey }),
            Err(error) => Err(error.into()),
        }
    }

    /// Renames a key, or changes from which addresses it may be used, which counts from its next request on. With a revision,
    /// only if it is still at that one.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Stale`] if it is not at the revision; [`Error::Conflict`] without one if it was changed
    /// meanwhile; [`Error::Invalid`] for a key that has ended, and for addresses beyond those that the caller's own key is limited
    /// to; [`Error::Denied`] without
    /// [`Permission::MembersManage`], or for a key with permissions beyond the caller's own.
    pub async fn change_key(
        &self,
        by: &Actor,
        id: ApiKeyId,
        revision: Option<Revision>,
        patch: ApiKeyPatch,
    ) -> Result<ApiKey, Error> {
        let (scope, now) = (by.scope_for(Permission::MembersManage)?, self.runtime.now());
        let mut key = self.changeable_key(by, id, revision).await?;
        not_ended(&key, now)?;
        if let Some(addresses) = &patch.allowed_from {
            self.within_own_addresses(by, addresses).await?;
        }
        let change = ApiKeyChange {
            name: patch.name.filter(|name| *name != key.name),
            allowed_from: patch.allowed_from.filter(|addresses| *addresses != key.allowed_from),
            ..ApiKeyChange::default()
        };
        if change == ApiKeyChange::default() {
            return Ok(key);
        }
        let mut batch = Batch::new(by, Action::KeyChanged, now);
        // The answer holds the whole key: nothing else may have changed it meanwhile.
        batch.require(Precondition::Revision(RecordRef::ApiKey(id), key.revision));
        change.apply(&mut key);
        batch.about(id).write(AccessWrite::ChangeApiKey { key: id, change }).event(DomainEvent::OrgChanged);
        match self.runtime.store().commit_one(scope, batch).await {
            Ok(_) => Ok(key),
            Err(StoreError::PreconditionFailed(_)) if revision.is_none() => {
                Err(Error::Conflict { kind: RecordKind::ApiKey })
            }
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Stale { kind: RecordKind::ApiKey }),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses addresses beyond those that the caller's own key is limited to: a key makes and changes none that works from where
    /// it does not work itself.
    async fn within_own_addresses(&self, by: &Actor, addresses: &AddressList) -> Result<(), Error> {
        let Principal::ApiKey(own) = by.principal() else { return Ok(()) };
        let own = self.runtime.store().api_key(&OrgScope::new(by.org()), *own).await?;
        if own.is_some_and(|own| !own.allowed_from.covers(addresses)) {
            return Err(Error::invalid("allowed_from", "must lie within the addresses of your own key"));
        }
        Ok(())
    }

    /// A key that the caller may change.
    async fn changeable_key(
        &self,
        by: &Actor,
        id: ApiKeyId,
        revision: Option<Revision>,
    ) -> Result<ApiKey, Error> {
        let key = self.key(by, id).await?;
        if *by.principal() != Principal::ApiKey(id) {
            covered(by, &key.permissions)?;
        }
        if revision.is_some_and(|meant| meant != key.revision) {
            return Err(Error::Stale { kind: RecordKind::ApiKey });
        }
        Ok(key)
    }

    /// One key, revoked or not.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn key(&self, by: &Actor, id: ApiKeyId) -> Result<ApiKey, Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        self.runtime.store().api_key(scope, id).await?.ok_or(Error::missing(RecordKind::ApiKey))
    }

    /// All API keys, without their secrets.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn keys(&self, by: &Actor) -> Result<Vec<ApiKey>, Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        Ok(self.runtime.store().api_keys(scope).await?)
    }

    /// What a key permits now, whose work it sees, and whether it sees numbers masked: no more than the member who made it, as
    /// they are now.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if its maker is no active member.
    pub(super) async fn present_rights(
        &self,
        org: OrgId,
        key: &ApiKey,
    ) -> Result<(Vec<Permission>, Audience, bool), Error> {
        let Some(maker) = key.made_by else { return Ok((key.permissions.clone(), Audience::All, false)) };
        let found = self.runtime.store().member(&OrgScope::new(org), maker).await?;
        let active = found.filter(|member| member.state == MemberState::Active);
        let maker = active.ok_or(Error::Unauthenticated)?;
        let held = maker.role.grant();
        let kept = key.permissions.iter().filter(|permission| held.permissions().contains(permission));
        let sees = audience::of_member(self.runtime, org, &maker).await?;
        Ok((kept.copied().collect(), sees, self.is_masked(org, &maker).await?))
    }
}

/// Refuses a key that was revoked or has run out.
fn not_ended(key: &ApiKey, now: DateTime<Utc>) -> Result<(), Error> {
    if key.revoked_at.is_some() || key.expires_at <= now {
        return Err(Error::invalid("key", "has ended: create another one"));
    }
    Ok(())
}

/// Refuses permissions that the caller does not hold.
fn covered(by: &Actor, permissions: &[Permission]) -> Result<(), Error> {
    match permissions.iter().find(|held| !by.may(**held)) {
        Some(beyond) => Err(Error::Denied { permission: *beyond }),
        None => Ok(()),
    }
}

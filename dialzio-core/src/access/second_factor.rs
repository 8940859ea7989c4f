//! What members do about their second factor, and what an admin does for a colleague who lost theirs.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use super::factor::{NewSecret, RecoveryCode, SECRET, SecondFactor, SecondFactorChange, Typed};
use super::factor::{recovery_codes, shown};
use super::hashing::Line;
use super::password;
use super::{AccessService, Member, Token};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::MemberId;
use crate::ledger::Action;
use crate::scope::{Actor, OrgScope};
use crate::store::{Batch, Revision, StoreError, SystemWrite, UserKey};

/// How long a new secret waits for the code that confirms it.
const SET_UP_LIFE: TimeDelta = TimeDelta::hours(1);

/// A second factor as its user sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnFactor {
    /// Since when it is asked for.
    pub since: DateTime<Utc>,
    /// How many recovery codes were not used.
    pub recovery_codes: usize,
}

impl AccessService<'_> {
    /// The second factor of the member who asks; `None` if it is off. A caller who is no member has none.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn second_factor(&self, by: &Actor) -> Result<Option<OwnFactor>, Error> {
        if by.member().is_none() {
            return Ok(None);
        }
        let user = self.own_member(by).await?.user;
        let found = self.runtime.store().second_factor(self.runtime.system(), user).await?;
        Ok(found.and_then(|found| {
            Some(OwnFactor { since: found.confirmed_at?, recovery_codes: found.recovery.len() })
        }))
    }

    /// Makes a secret for the member who asks. It counts once [`confirm_second_factor`](Self::confirm_second_factor) has
    /// seen a code of it; a former one that was not confirmed is gone.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `password` if it is not theirs, and for `second_factor` if it is on; [`Error::Busy`] if too
    /// many others are signing in.
    pub async fn begin_second_factor(&self, by: &Actor, password: &SecretString) -> Result<NewSecret, Error> {
        let member = self.own_account(by).await?;
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let user = store.user(system, UserKey::Id(member.user)).await?.ok_or(Error::Unauthenticated)?;
        own_password(password, &user.password).await?;
        let secret = zeroize::Zeroizing::new(self.runtime.entropy().array::<SECRET>());
        let sealed = self.runtime.sealer().seal(&SecondFactor::context(user.id), secret.as_ref()).await?;
        let factor = SecondFactor {
            user: user.id,
            secret: sealed,
            created_at: self.runtime.now(),
            confirmed_at: None,
            last_step: 0,
            recovery: Vec::new(),
            revision: Revision::FIRST,
        };
        match store.commit_system(system, vec![SystemWrite::InsertSecondFactor(factor)], None).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::invalid("second_factor", "is on already")),
            other => other.map_err(Error::from).and_then(|_| shown(secret.as_ref(), &user.email)),
        }
    }

    /// Turns the second factor on with a first code. The other sessions of the member end; the recovery codes are shown this
    /// once.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `code` if it is not right, and for `second_factor` if there is no secret of the last hour that
    /// waits to be confirmed.
    pub async fn confirm_second_factor(
        &self,
        by: &Actor,
        session: &Token,
        code: &str,
    ) -> Result<Vec<RecoveryCode>, Error> {
        let (member, now) = (self.own_account(by).await?, self.runtime.now());
        let found = self.runtime.store().second_factor(self.runtime.system(), member.user).await?;
        let waits = |one: &SecondFactor| one.confirmed_at.is_none() && one.created_at + SET_UP_LIFE > now;
        let nothing = || Error::invalid("second_factor", "is not being set up: begin again");
        let factor = found.filter(waits).ok_or_else(nothing)?;
        let change = self.counted(&factor, code).await?;
        let (codes, recovery) = recovery_codes(self.runtime.entropy());
        let change = SecondFactorChange { confirmed_at: Some(Some(now)), recovery: Some(recovery), ..change };
        let others = SystemWrite::EndSessions { user: member.user, org: None, keep: Some(session.hash()) };
        self.change_factor(by, &member, &factor, change, vec![others], Action::SecondFactorOn).await?;
        Ok(codes)
    }

    /// Makes new recovery codes for the member who asks; those before count no longer.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `code` if it is not right, and for `second_factor` if it is off.
    pub async fn renew_recovery_codes(&self, by: &Actor, code: &str) -> Result<Vec<RecoveryCode>, Error> {
        let member = self.own_account(by).await?;
        let factor = self.own_factor(&member).await?;
        let change = self.counted(&factor, code).await?;
        let (codes, recovery) = recovery_codes(self.runtime.entropy());
        let change = SecondFactorChange { recovery: Some(recovery), ..change };
        self.change_factor(by, &member, &factor, change, Vec::new(), Action::RecoveryCodesMade).await?;
        Ok(codes)
    }

    /// Turns the second factor of the member who asks off. Their other sessions end.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `password` or `code` if it is not right, and for `second_factor` if it is off;
    /// [`Error::Busy`] if too many others are signing in.
    pub async fn end_second_factor(
        &self,
        by: &Actor,
        session: &Token,
        password: &SecretString,
        code: &str,
    ) -> Result<(), Error> {
        let member = self.own_account(by).await?;
        let factor = self.own_factor(&member).await?;
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let user = store.user(system, UserKey::Id(member.user)).await?.ok_or(Error::Unauthenticated)?;
        own_password(password, &user.password).await?;
        let change = self.counted(&factor, code).await?;
        let revision = Revision(factor.revision.0.saturating_add(1));
        let writes = vec![
            SystemWrite::EndSecondFactor { user: member.user, revision },
            SystemWrite::EndSessions { user: member.user, org: None, keep: Some(session.hash()) },
            SystemWrite::EndUserTokens(member.user),
        ];
        self.change_factor(by, &member, &factor, change, writes, Action::SecondFactorOff).await
    }

    /// Takes the second factor of a colleague away, who has lost what shows their codes. All their sessions end; they sign in
    /// with their password alone until they set up another one. A member without one is left unchanged.
    ///
    /// # Errors
    /// [`Error::Invalid`] for oneself, a member above the caller, and one who works in another organisation too, whose
    /// security is not that of this one alone; [`Error::NotFound`]; [`Error::Conflict`] if it was changed meanwhile;
    /// [`Error::Denied`] without [`Permission::MembersManage`](crate::scope::Permission::MembersManage).
    pub async fn reset_second_factor(&self, by: &Actor, id: MemberId) -> Result<Member, Error> {
        let member = self.changeable(by, id).await?;
        if by.member() == Some(id) {
            return Err(Error::invalid("member", "must not be yourself: turn it off in your profile"));
        }
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let orgs = store.organisations_of(system, member.user).await?;
        if orgs.iter().any(|org| *org != by.org()) {
            return Err(Error::invalid(
                "member",
                "signs in to another organisation too, so this is only theirs to change: they can use a recovery code",
            ));
        }
        let Some(factor) = store.second_factor(system, member.user).await? else { return Ok(member) };
        let writes = vec![
            SystemWrite::EndSecondFactor { user: member.user, revision: factor.revision },
            SystemWrite::EndSessions { user: member.user, org: None, keep: None },
            SystemWrite::EndUserTokens(member.user),
        ];
        let mut batch = Batch::new(by, Action::SecondFactorReset, self.runtime.now());
        batch.about(id).event(DomainEvent::OrgChanged);
        match store.commit_system(system, writes, Some((&OrgScope::new(by.org()), batch))).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Conflict { kind: RecordKind::Member }),
            other => {
                other?;
                self.runtime.forget_answers();
                Ok(member)
            }
        }
    }

    /// What changes if a code counts; `None` if it does not.
    pub(super) async fn accepted(
        &self,
        factor: &SecondFactor,
        typed: &Typed,
    ) -> Result<Option<SecondFactorChange>, Error> {
        let context = SecondFactor::context(factor.user);
        let secret = self.runtime.sealer().open(&context, &factor.secret).await?;
        factor.accept(&secret, typed, self.runtime.now())
    }

    /// What changes with a code that a member typed in their profile.
    async fn counted(&self, factor: &SecondFactor, code: &str) -> Result<SecondFactorChange, Error> {
        let change = match Typed::parse(code) {
            Some(typed) => self.accepted(factor, &typed).await?,
            None => None,
        };
        change.ok_or_else(wrong_code)
    }

    async fn own_factor(&self, member: &Member) -> Result<SecondFactor, Error> {
        let found = self.runtime.store().second_factor(self.runtime.system(), member.user).await?;
        let on = found.filter(|found| found.confirmed_at.is_some());
        on.ok_or(Error::invalid("second_factor", "is off"))
    }

    async fn change_factor(
        &self,
        by: &Actor,
        member: &Member,
        factor: &SecondFactor,
        change: SecondFactorChange,
        also: Vec<SystemWrite>,
        action: Action,
    ) -> Result<(), Error> {
        let (user, revision) = (member.user, factor.revision);
        let mut writes = vec![SystemWrite::ChangeSecondFactor { user, revision, change }];
        writes.extend(also);
        let mut batch = Batch::new(by, action, self.runtime.now());
        batch.about(member.id).event(DomainEvent::OrgChanged);
        let (store, scope) = (self.runtime.store(), OrgScope::new(by.org()));
        match store.commit_system(self.runtime.system(), writes, Some((&scope, batch))).await {
            // Another request was faster, with the same code at best.
            Err(StoreError::PreconditionFailed(_)) => Err(wrong_code()),
            other => Ok(other.map(drop)?),
        }
    }
}

fn wrong_code() -> Error {
    Error::invalid("code", "is not right, or was used already")
}

pub(super) async fn own_password(typed: &SecretString, kept: &SecretString) -> Result<(), Error> {
    if password::verify(typed, Some(kept.clone()), Line::KnownDevices).await? {
        return Ok(());
    }
    Err(Error::invalid("password", "is not your password"))
}

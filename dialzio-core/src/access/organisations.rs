//! Several organisations of one user, and moving from one to another.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::{AccessService, Member, MemberState, SignIn, SignedIn, Token};
use crate::error::{Error, RecordKind};
use crate::id::{OrgId, UserId};
use crate::ledger::Action;
use crate::scope::{Actor, OrgScope, Role};
use crate::store::SystemWrite;
use crate::text::Title;

/// An organisation that the caller works in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnOrg {
    /// The organisation.
    pub id: OrgId,
    /// What its members call it.
    pub name: Title,
    /// What the caller is there.
    pub role: Role,
    /// Whether it is the one that the caller is in now.
    pub is_current: bool,
}

/// The organisations of a user, each with its last use, as they are answered: the one used last first, those never used by id
/// behind the others.
#[must_use]
pub fn last_used_first(mut memberships: Vec<(OrgId, Option<DateTime<Utc>>)>) -> Vec<OrgId> {
    memberships.sort_by_key(|(org, seen_at)| (Reverse(*seen_at), *org));
    memberships.into_iter().map(|(org, _)| org).collect()
}

impl AccessService<'_> {
    /// The organisations that the caller is an active member of, the oldest first. A session that was begun at an identity
    /// provider knows its own alone.
    ///
    /// # Errors
    /// [`Error::Invalid`] if who asks is no member.
    pub async fn own_organisations(&self, by: &Actor) -> Result<Vec<OwnOrg>, Error> {
        let (user, store) = (self.own_member(by).await?.user, self.runtime.store());
        let mut found = Vec::new();
        for id in store.organisations_of(self.runtime.system(), user).await? {
            if by.is_kept_in_org() && id != by.org() {
                continue;
            }
            if let (Some(org), Some(member)) =
                (store.org(&OrgScope::new(id)).await?, self.membership(user, id).await?)
            {
                found.push(OwnOrg { id, name: org.name, role: member.role, is_current: id == by.org() });
            }
        }
        Ok(found)
    }

    /// Moves a session to another organisation of its user: it ends, and one with another token begins there. What the
    /// organisation requires of its members counts as after any sign-in.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the session has ended; [`Error::NotFound`] for an organisation that its user is no
    /// active member of, and for any if the session was begun at an identity provider.
    pub async fn switch(&self, session: &Token, to: OrgId) -> Result<SignedIn, Error> {
        let (store, now) = (self.runtime.store(), self.runtime.now());
        let found = store.credential_owner(self.runtime.system(), &session.hash(), now).await?;
        let Some(SignIn::Session(held, ..)) = found else { return Err(Error::Unauthenticated) };
        if held.is_idle(now) {
            return Err(Error::Unauthenticated);
        }
        if held.is_kept_in_org {
            return Err(Error::missing(RecordKind::Organisation));
        }
        let member = self.membership(held.user, to).await?;
        let member = member.ok_or(Error::missing(RecordKind::Organisation))?;
        let end = vec![SystemWrite::EndSession(session.hash())];
        self.begin_session(&(to, member), end, Action::SignedIn).await
    }

    /// A user as an active member of an organisation.
    async fn membership(&self, user: UserId, org: OrgId) -> Result<Option<Member>, Error> {
        let members = self.runtime.store().members(&OrgScope::new(org)).await?;
        Ok(members.into_iter().find(|member| member.user == user && member.state == MemberState::Active))
    }
}

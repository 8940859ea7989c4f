//! Invitations: links that let one person in, once.

use chrono::TimeDelta;

use super::{AccessService, Invitation, Org, Token};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::InvitationId;
use crate::ledger::Action;
use crate::scope::{Actor, OrgScope, Permission, Role};
use crate::store::{Batch, StoreError, SystemWrite};
use crate::text::EmailAddress;

/// An invitation ends after this long.
const INVITATION_LIFE: TimeDelta = TimeDelta::hours(72);

impl AccessService<'_> {
    /// Invites a user; the token goes into a link and is shown once. Without an address the link is good for the first who
    /// holds it, who says theirs. An earlier invitation to the same address ends.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::MembersManage`], or for a role with permissions beyond the inviter's;
    /// [`Error::Invalid`] for a role above the inviter's own, or the address of a member.
    pub async fn invite(&self, by: &Actor, email: Option<EmailAddress>, role: Role) -> Result<Token, Error> {
        let org = by.scope_for(Permission::MembersManage)?.org();
        self.may_give(by, role).await?;
        let mut before = Vec::new();
        if let Some(address) = email.as_ref().map(EmailAddress::match_key) {
            let (store, system) = (self.runtime.store(), self.runtime.system());
            let known = store.colleagues(system, org).await?;
            if known.iter().any(|one| one.email.match_key() == address) {
                return Err(Error::invalid("email", "is the address of a member already"));
            }
            let open = store.invitations_into(system, org, self.runtime.now()).await?;
            let same =
                |one: &Invitation| one.email.as_ref().is_some_and(|email| email.match_key() == address);
            before.extend(open.into_iter().filter(same));
        }
        for earlier in &before {
            self.may_give(by, earlier.role).await?;
        }
        self.replace(by, before, email, role).await
    }

    /// Writes an invitation in the place of those before.
    async fn replace(
        &self,
        by: &Actor,
        before: Vec<Invitation>,
        email: Option<EmailAddress>,
        role: Role,
    ) -> Result<Token, Error> {
        let (scope, now) = (by.scope_for(Permission::MembersManage)?, self.runtime.now());
        let token = Token::plain(self.runtime.entropy());
        let (hash, expires_at) = (token.hash(), now + INVITATION_LIFE);
        let new = Invitation { hash, org: by.org(), email, role, expires_at, created_at: now };
        let mut batch = Batch::new(by, Action::MemberInvited, now);
        batch.about(new.id()).event(DomainEvent::OrgChanged);
        let mut writes: Vec<_> = before.iter().map(|one| SystemWrite::UseInvitation(one.hash)).collect();
        writes.push(SystemWrite::Invitation(new));
        let store = self.runtime.store();
        match store.commit_system(self.runtime.system(), writes, Some((scope, batch))).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Conflict { kind: RecordKind::Invitation }),
            other => Ok(other.map(|_| token)?),
        }
    }

    /// The invitations that can still be accepted, oldest first.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn invitations(&self, by: &Actor) -> Result<Vec<Invitation>, Error> {
        let org = by.scope_for(Permission::MembersManage)?.org();
        let (store, now) = (self.runtime.store(), self.runtime.now());
        Ok(store.invitations_into(self.runtime.system(), org, now).await?)
    }

    /// An invitation that the caller may change.
    async fn open_invitation(&self, by: &Actor, id: InvitationId) -> Result<Invitation, Error> {
        let found = self.invitations(by).await?.into_iter().find(|one| one.id() == id);
        let found = found.ok_or(Error::missing(RecordKind::Invitation))?;
        self.may_give(by, found.role).await?;
        Ok(found)
    }

    /// Makes a new link in the place of an invitation's, which works no longer. It is good for as long as a first one.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for a role above the caller's own; [`Error::Conflict`] if it was used or
    /// renewed meanwhile; [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn renew_invitation(&self, by: &Actor, id: InvitationId) -> Result<Token, Error> {
        let before = self.open_invitation(by, id).await?;
        let (email, role) = (before.email.clone(), before.role);
        self.replace(by, vec![before], email, role).await
    }

    /// Takes an invitation back: its link works no longer.
    ///
    /// # Errors
    /// [`Error::NotFound`], also if it was used meanwhile; [`Error::Invalid`] for a role above the caller's own;
    /// [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn revoke_invitation(&self, by: &Actor, id: InvitationId) -> Result<(), Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        let before = self.open_invitation(by, id).await?;
        let mut batch = Batch::new(by, Action::InvitationRevoked, self.runtime.now());
        batch.about(id).event(DomainEvent::OrgChanged);
        let writes = vec![SystemWrite::UseInvitation(before.hash)];
        let store = self.runtime.store();
        match store.commit_system(self.runtime.system(), writes, Some((scope, batch))).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::missing(RecordKind::Invitation)),
            other => Ok(other.map(drop)?),
        }
    }

    /// An invitation's e-mail address and role, if the link still works.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if it does not.
    pub async fn invitation(&self, token: &Token) -> Result<Invitation, Error> {
        let found =
            self.runtime.store().invitation(self.runtime.system(), &token.hash(), self.runtime.now()).await?;
        found.ok_or(Error::Unauthenticated)
    }

    /// An invitation with the organisation that it leads into, if the link still works.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if it does not.
    pub async fn invitation_into(&self, token: &Token) -> Result<(Invitation, Org), Error> {
        let invitation = self.invitation(token).await?;
        let org = self.runtime.store().org(&OrgScope::new(invitation.org)).await?;
        Ok((invitation, org.ok_or(Error::Unauthenticated)?))
    }
}

//! Invitations: links that let one person in, once.

use chrono::{DateTime, TimeDelta, Utc};

use super::members::may_show;
use super::{AccessService, Invitation, Org, Token, Visibility};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::InvitationId;
use crate::ledger::Action;
use crate::mail::{self, Letter};
use crate::scope::{Actor, OrgScope, Permission, Role};
use crate::store::{Batch, StoreError, SystemWrite};
use crate::text::EmailAddress;

/// An invitation ends after this long.
const INVITATION_LIFE: TimeDelta = TimeDelta::hours(72);

/// An invitation to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// The address that is invited. Without one the link is good for the first who holds it, who says theirs.
    pub email: Option<EmailAddress>,
    /// The role that the invited person gets.
    pub role: Role,
    /// How much of the organisation's work they see, unless their role sees everything.
    pub visibility: Visibility,
}

impl NewInvitation {
    /// To this address, with this role, for a person who sees everything.
    #[must_use]
    pub const fn to(email: EmailAddress, role: Role) -> Self {
        Self { email: Some(email), role, visibility: Visibility::All }
    }

    /// The same, for a person who sees so much of the organisation's work.
    #[must_use]
    pub fn seeing(self, visibility: Visibility) -> Self {
        Self { visibility, ..self }
    }
}

/// An invitation that was made or renewed.
#[derive(Debug, Clone)]
pub struct Invited {
    /// The token of its link, shown once.
    pub token: Token,
    /// Whether the link goes to the address by mail.
    pub mailed: bool,
}

impl AccessService<'_> {
    /// Invites a user who will see everything; the token goes into a link and is shown once. Without an address the link is good
    /// for the first who holds it, who says theirs. An earlier invitation to the same address ends.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::MembersManage`], or for a role with permissions beyond the inviter's;
    /// [`Error::Invalid`] for a role above the inviter's own, for more to be seen than the inviter sees, or the address of a
    /// member.
    pub async fn invite(&self, by: &Actor, email: Option<EmailAddress>, role: Role) -> Result<Token, Error> {
        let new = NewInvitation { email, role, visibility: Visibility::All };
        Ok(self.invite_to(by, new, None).await?.token)
    }

    /// As [`invite`](Self::invite), for a person who will see as much as the invitation says. The link is sent to the address, if
    /// something sends mail and the address has not got three mails from here within the hour. `page` is the public address of
    /// the page that takes the link.
    ///
    /// # Errors
    /// As [`invite`](Self::invite); [`Error::Invalid`] too for an owner or admin who is to see less than everything.
    pub async fn invite_by_mail(&self, by: &Actor, new: NewInvitation, page: &str) -> Result<Invited, Error> {
        self.invite_to(by, new, Some(page)).await
    }

    async fn invite_to(&self, by: &Actor, new: NewInvitation, page: Option<&str>) -> Result<Invited, Error> {
        let org = by.scope_for(Permission::MembersManage)?.org();
        self.may_give(by, new.role).await?;
        may_show(by, new.role, new.visibility)?;
        let mut before = Vec::new();
        if let Some(address) = new.email.as_ref().map(EmailAddress::match_key) {
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
        self.replace(by, before, new, page).await
    }

    /// Writes an invitation in the place of those before, and mails its link if it may go by mail.
    async fn replace(
        &self,
        by: &Actor,
        before: Vec<Invitation>,
        NewInvitation { email, role, visibility }: NewInvitation,
        page: Option<&str>,
    ) -> Result<Invited, Error> {
        let (scope, now) = (by.scope_for(Permission::MembersManage)?, self.runtime.now());
        let token = Token::plain(self.runtime.entropy());
        let (hash, expires_at) = (token.hash(), now + INVITATION_LIFE);
        let mail = match (&email, page) {
            (Some(to), Some(page)) => self.invitation_mail(by, to, page, &token, expires_at).await?,
            _ => None,
        };
        let mailed = mail.is_some();
        let new =
            Invitation { hash, org: by.org(), email, role, expires_at, created_at: now, mailed, visibility };
        let mut batch = Batch::new(by, Action::MemberInvited, now);
        batch.about(new.id()).event(DomainEvent::OrgChanged);
        let mut writes: Vec<_> = before.iter().map(|one| SystemWrite::UseInvitation(one.hash)).collect();
        writes.push(SystemWrite::Invitation(new));
        writes.extend(mail);
        let store = self.runtime.store();
        match store.commit_system(self.runtime.system(), writes, Some((scope, batch))).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Conflict { kind: RecordKind::Invitation }),
            other => Ok(other.map(|_| Invited { token, mailed })?),
        }
    }

    /// The write that queues the mail with an invitation's link; `None` if nothing sends mail, or the address has got enough.
    async fn invitation_mail(
        &self,
        by: &Actor,
        to: &EmailAddress,
        page: &str,
        token: &Token,
        until: DateTime<Utc>,
    ) -> Result<Option<SystemWrite>, Error> {
        if self.runtime.mailer().is_none() {
            return Ok(None);
        }
        match self.count_mail(to, None).await {
            Err(Error::TooManyAttempts { .. }) => return Ok(None),
            other => other?,
        }
        let org = self.runtime.store().org(&OrgScope::new(by.org())).await?;
        let org = org.ok_or(Error::missing(RecordKind::Organisation))?;
        let link = format!("{page}#{}", token.reveal());
        let letter = Letter::Invitation { org: &org.name, link: &link, until: (until, org.zone) };
        mail::queue(self.runtime, to, &letter, Some(until)).await.map(Some)
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
        may_show(by, found.role, found.visibility)?;
        Ok(found)
    }

    /// Makes a new link in the place of an invitation's, which works no longer. It is good for as long as a first one.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for a role above the caller's own; [`Error::Conflict`] if it was used or
    /// renewed meanwhile; [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn renew_invitation(&self, by: &Actor, id: InvitationId) -> Result<Token, Error> {
        Ok(self.renew(by, id, None).await?.token)
    }

    /// As [`renew_invitation`](Self::renew_invitation), and sends the new link as
    /// [`invite_by_mail`](Self::invite_by_mail) does.
    ///
    /// # Errors
    /// As [`renew_invitation`](Self::renew_invitation).
    pub async fn renew_invitation_by_mail(
        &self,
        by: &Actor,
        id: InvitationId,
        page: &str,
    ) -> Result<Invited, Error> {
        self.renew(by, id, Some(page)).await
    }

    async fn renew(&self, by: &Actor, id: InvitationId, page: Option<&str>) -> Result<Invited, Error> {
        let before = self.open_invitation(by, id).await?;
        let Invitation { email, role, visibility, .. } = before.clone();
        self.replace(by, vec![before], NewInvitation { email, role, visibility }, page).await
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

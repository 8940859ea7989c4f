//! Using an invitation: with a new account, or with one that there is.

use secrecy::SecretString;

use super::password;
use super::{
    AccessService, AccessWrite, Invitation, Member, MemberState, OrgChange, SignIn, SignedIn, Token, User,
    UserChange, Whereabouts,
};
use crate::error::Error;
use crate::event::DomainEvent;
use crate::id::{MemberId, UserId};
use crate::ledger::Action;
use crate::scope::{OrgScope, Permission};
use crate::store::{Batch, Revision, StoreError, SystemWrite, UserKey};
use crate::text::{EmailAddress, PersonName};

/// The problem with an address that is invited and has an account: its owner joins by signing in, and no password is tried.
pub const HAS_ACCOUNT: &str = "has an account already: sign in with it to join";

impl AccessService<'_> {
    /// Uses an invitation: makes the user and the member, and signs them in. `email` counts only if the invitation names no
    /// address. Who has an account joins by signing in: [`joining`](Self::joining), [`join`](Self::join).
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the link does not work any more; [`Error::Invalid`] for the address, which may have an
    /// account already, or the password.
    pub async fn accept(
        &self,
        token: &Token,
        name: PersonName,
        email: Option<EmailAddress>,
        secret: &SecretString,
    ) -> Result<SignedIn, Error> {
        self.accept_in(token, name, email, secret, Whereabouts::default()).await
    }

    /// As [`accept`](Self::accept), and says in the same step where the organisation is, as its owner does when it is set
    /// up.
    ///
    /// # Errors
    /// As [`accept`](Self::accept); [`Error::Invalid`] for a country that is none; [`Error::Denied`] if the invitation is
    /// for a role without [`Permission::SettingsManage`].
    pub async fn accept_in(
        &self,
        token: &Token,
        name: PersonName,
        email: Option<EmailAddress>,
        secret: &SecretString,
        place: Whereabouts,
    ) -> Result<SignedIn, Error> {
        let Whereabouts { country, zone } = place;
        let invitation = self.invitation(token).await?;
        if country.is_some_and(|country| !country.is_known()) {
            return Err(Error::invalid("country", "must be two letters of ISO 3166-1, such as IN"));
        }
        let needed = Permission::SettingsManage;
        if (country.is_some() || zone.is_some()) && !invitation.role.grant().permissions().contains(&needed) {
            return Err(Error::Denied { permission: needed });
        }
        let address = invitation.email.clone().or(email).ok_or(Error::invalid("email", "is needed"))?;
        let (now, store) = (self.runtime.now(), self.runtime.store());
        if store.user(self.runtime.system(), UserKey::Email(&address)).await?.is_some() {
            return Err(Error::invalid("email", HAS_ACCOUNT));
        }
        password::judge_password(secret, Some(&address))?;
        let password = password::hash(secret, self.line).await?;
        // Who uses a link that was mailed to the address gets mail there.
        let email_confirmed_at = invitation.mailed.then_some(now);
        let (id, revision) = (self.runtime.ids().next(now), Revision::FIRST);
        let new = User { id, email: address, password, created_at: now, revision, email_confirmed_at };
        let asking = match self.confirm_page.filter(|_| email_confirmed_at.is_none()) {
            Some(page) => self.confirmation(&new, page).await?,
            None => Vec::new(),
        };
        let mut writes = vec![SystemWrite::InsertUser(new)];
        writes.extend(asking);
        let change = (country.is_some() || zone.is_some()).then(|| OrgChange {
            country: country.map(Some),
            zone,
            ..OrgChange::default()
        });
        self.enter(&invitation, (id, name), writes, change).await
    }

    /// Joins an organisation by an invitation, with the account of a session, which ends: another one begins there.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the session has ended or the link does not work any more; [`Error::Invalid`] for `email`
    /// if another address is invited, or the account is a member there already.
    pub async fn join(&self, session: &Token, invitation: &Token) -> Result<SignedIn, Error> {
        let (store, now) = (self.runtime.store(), self.runtime.now());
        let found = store.credential_owner(self.runtime.system(), &session.hash(), now).await?;
        let Some(SignIn::Session(held, ..)) = found else { return Err(Error::Unauthenticated) };
        // An identity provider's word about who they are counts in its own organisation.
        if held.is_idle(now) || held.is_kept_in_org {
            return Err(Error::Unauthenticated);
        }
        self.join_as(held.user, invitation, vec![SystemWrite::EndSession(session.hash())]).await
    }

    /// Joins with an account whose owner has just been authenticated.
    pub(super) async fn join_as(
        &self,
        id: UserId,
        invitation: &Token,
        mut writes: Vec<SystemWrite>,
    ) -> Result<SignedIn, Error> {
        let store = self.runtime.store();
        let user = store.user(self.runtime.system(), UserKey::Id(id)).await?.ok_or(Error::Unauthenticated)?;
        let invitation = self.invitation(invitation).await?;
        if invitation.email.as_ref().is_some_and(|email| email.match_key() != user.email.match_key()) {
            return Err(Error::invalid("email", "is not the address that is invited"));
        }
        // A member who was deactivated comes back by those who may activate them, not by a link.
        let members = store.members(&OrgScope::new(invitation.org)).await?;
        if members.iter().any(|member| member.user == id) {
            return Err(Error::invalid("email", "is the address of a member already"));
        }
        if invitation.mailed && user.email_confirmed_at.is_none() {
            let email_confirmed_at = Some(Some(self.runtime.now()));
            let change = UserChange { email_confirmed_at, ..UserChange::default() };
            writes.push(SystemWrite::ChangeUser { user: id, revision: user.revision, change });
        }
        let name = self.name_of(&user).await?;
        self.enter(&invitation, (id, name), writes, None).await
    }

    /// What colleagues elsewhere call a user; what stands before the `@` of the address of one who has none.
    async fn name_of(&self, user: &User) -> Result<PersonName, Error> {
        let store = self.runtime.store();
        for org in store.organisations_of(self.runtime.system(), user.id).await? {
            let members = store.members(&OrgScope::new(org)).await?;
            if let Some(member) = members.into_iter().find(|member| member.user == user.id) {
                return Ok(member.name);
            }
        }
        Self::name_from(&user.email)
    }

    /// What stands before the `@` of an address, as a name.
    pub(super) fn name_from(email: &EmailAddress) -> Result<PersonName, Error> {
        let local = email.reveal().split('@').next().unwrap_or_default();
        PersonName::received(local).ok_or(Error::invalid("name", "is needed"))
    }

    /// Makes the member and a session of theirs, in one commit with what else joining changes.
    pub(super) async fn enter(
        &self,
        invitation: &Invitation,
        (user, name): (UserId, PersonName),
        mut writes: Vec<SystemWrite>,
        change: Option<OrgChange>,
    ) -> Result<SignedIn, Error> {
        let (now, store) = (self.runtime.now(), self.runtime.store());
        let id: MemberId = self.runtime.ids().next(now);
        let member = Member {
            id,
            user,
            name,
            role: invitation.role,
            state: MemberState::Active,
            created_at: now,
            revision: Revision::FIRST,
            visibility: invitation.visibility,
        };
        let is_new = writes.iter().any(|write| matches!(write, SystemWrite::InsertUser(_)));
        let (token, session) = self.session(user, invitation.org);
        writes.extend([SystemWrite::UseInvitation(invitation.hash), SystemWrite::Session(session)]);
        let device = self.remember_device(user, &mut writes).await?;
        if !is_new && device.is_some() {
            writes.extend(self.device_notice(user, invitation.org).await?);
        }
        writes.extend(self.over.map(SystemWrite::EndSession));
        let actor = self.actor_of(invitation.org, &member).await?.from_network(self.origin);
        let mut batch = Batch::new(&actor, Action::MemberJoined, now);
        batch.about(id).write(AccessWrite::InsertMember(member)).event(DomainEvent::OrgChanged);
        if let Some(change) = change {
            batch.write(AccessWrite::ChangeOrg(change));
        }
        let scope = OrgScope::new(invitation.org);
        match store.commit_system(self.runtime.system(), writes, Some((&scope, batch))).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Unauthenticated),
            other => Ok(other.map(|_| SignedIn { token, actor, device })?),
        }
    }
}

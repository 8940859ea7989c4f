//! Coming in: founding, invitations, sign-in, keys, and vouching for an application's own users.

use chrono::TimeDelta;
use secrecy::SecretString;

use super::chrono_tz_name::ZoneName;
use super::password;
use super::token::Token;
use super::{AccessWrite, Browser, Member, MemberState, Org, OrgChange, Session, SignIn, User};
use crate::call::RecordingRule;
use crate::consent::QuietHours;
use crate::disposition::{self, DispositionWrite};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{MemberId, OrgId, UserId};
use crate::ledger::{Action, Network};
use crate::operator::OPERATOR;
use crate::phone::Region;
use crate::runtime::Runtime;
use crate::scope::{Actor, Grant, OrgScope, Permission, Principal};
use crate::store::periods::MESSAGE_DAYS;
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError, SystemWrite, UserKey};
use crate::text::{EmailAddress, PersonName, Title};

/// A session ends after this long whatever happens.
const SESSION_LIFE: TimeDelta = TimeDelta::hours(24);

/// An organisation to be founded.
#[derive(Debug, Clone)]
pub struct NewOrg {
    /// The name that its members see.
    pub name: Title,
    /// Its time zone.
    pub zone: ZoneName,
    /// The country it is in. Without one, the country of its time zone.
    pub country: Option<Region>,
}

impl NewOrg {
    /// With this name, in universal time. Characters that cannot be kept become U+FFFD.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let fallback = || Title::received("Organisation");
        let name = Title::received(name).or_else(fallback);
        Self { name: name.expect("a fixed word is a title"), zone: ZoneName::UTC, country: None }
    }

    /// In this country: numbers in national form are read as they are dialled there.
    #[must_use]
    pub const fn in_country(mut self, country: Region) -> Self {
        self.country = Some(country);
        self
    }

    /// In this time zone.
    #[must_use]
    pub const fn in_zone(mut self, zone: ZoneName) -> Self {
        self.zone = zone;
        self
    }
}

/// The location of an organisation; a field that is `None` is left unchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// The country.
    pub country: Option<Region>,
    /// The time zone.
    pub zone: Option<ZoneName>,
}

/// An organisation that was founded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Founded {
    /// The id of the new organisation.
    pub org: OrgId,
}

/// A user who has just signed in or accepted an invitation.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The token of the session, shown once.
    pub token: Token,
    /// Who they are.
    pub actor: Actor,
}

/// Organisations, sign-in, members and keys.
#[derive(Debug, Clone, Copy)]
pub struct AccessService<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) browser: Option<Browser>,
    pub(super) origin: Option<Network>,
}

impl<'a> AccessService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime, browser: None, origin: None }
    }

    /// The same, where sessions that begin are marked with the browser they begin in.
    #[must_use]
    pub const fn from_browser(self, browser: Option<Browser>) -> Self {
        Self { browser, ..self }
    }

    /// The same, for a request from this network: who signs in is on record with it.
    #[must_use]
    pub const fn from_network(self, origin: Option<Network>) -> Self {
        Self { origin, ..self }
    }

    /// Founds an organisation.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn found(&self, new: NewOrg) -> Result<Founded, Error> {
        let now = self.runtime.now();
        let org = Org {
            id: self.runtime.ids().next(now),
            name: new.name,
            zone: new.zone,
            quiet_hours: QuietHours::DEFAULT,
            marketing_cap: 3,
            message_days: MESSAGE_DAYS,
            created_at: now,
            revision: Revision::FIRST,
            country: new.country,
            recordings: RecordingRule::Always,
        };
        let scope = OrgScope::new(org.id);
        let mut batch = Batch::founding(org.id, now);
        let id = org.id;
        batch.write(AccessWrite::InsertOrg(org)).event(DomainEvent::OrgChanged);
        for outcome in disposition::defaults(self.runtime.ids(), now) {
            batch.write(DispositionWrite::Insert(outcome));
        }
        self.runtime.store().commit_one(&scope, batch).await?;
        Ok(Founded { org: id })
    }

    /// The oldest organisation, if there is one, and whether it has a member yet: what a server needs to know at its start.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn oldest(&self) -> Result<Option<(OrgId, bool)>, Error> {
        let first = self.runtime.store().organisations(self.runtime.system(), None, 1).await?;
        let Some(org) = first.first().map(|org| org.id) else { return Ok(None) };
        let members = self.runtime.store().members(&OrgScope::new(org)).await?;
        Ok(Some((org, !members.is_empty())))
    }

    /// Acts in an organisation for a user or a part of the embedding application, which has signed them in by its own
    /// means. The only public way from an organisation's id to an actor; every change is audited under this principal.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an organisation that does not exist or a member who is not an active member of it;
    /// [`Error::Invalid`] for [`Principal::System`], which only this crate acts as, and for an operator, whose acts are put
    /// on record by [`Crm::operator`](crate::Crm::operator) alone.
    pub async fn act_as(&self, org: OrgId, principal: Principal, grant: Grant) -> Result<Actor, Error> {
        let scope = OrgScope::new(org);
        match &principal {
            Principal::System => return Err(Error::invalid("principal", "must not be the system")),
            Principal::Member(id) => {
                let member = self.runtime.store().member(&scope, *id).await?;
                let active = member.filter(|member| member.state == MemberState::Active);
                active.ok_or(Error::missing(RecordKind::Member))?;
            }
            Principal::Service(name) if name.reveal().starts_with(OPERATOR) => {
                return Err(Error::invalid("principal", "must not be an operator: use Crm::operator"));
            }
            Principal::ApiKey(_) | Principal::Service(_) => {
                self.runtime.store().org(&scope).await?.ok_or(Error::missing(RecordKind::Organisation))?;
            }
        }
        Ok(Actor::new(org, principal, grant))
    }

    /// Uses an invitation: makes the user (or takes the one there is, whose password must fit) and the member, and signs
    /// them in. `email` counts only if the invitation names no address.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the link does not work any more; [`Error::Invalid`] for the address or the password.
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
        let now = self.runtime.now();
        let store = self.runtime.store();
        let known = store.user(self.runtime.system(), UserKey::Email(&address)).await?;
        let mut writes = vec![SystemWrite::UseInvitation(token.hash())];
        let user = match known {
            Some(user) => {
                if !password::verify(secret, Some(user.password.clone())).await? {
                    return Err(Error::invalid("password", "is not the one of this account"));
                }
                // A member who was deactivated comes back by those who may activate them, not by a link.
                let members = store.members(&OrgScope::new(invitation.org)).await?;
                if members.iter().any(|member| member.user == user.id) {
                    return Err(Error::invalid("email", "is the address of a member already"));
                }
                user.id
            }
            None => {
                password::check(secret, &address)?;
                let hash = password::hash(secret).await?;
                let id = self.runtime.ids().next(now);
                let (created_at, revision) = (now, Revision::FIRST);
                let new = User { id, email: address, password: hash, created_at, revision };
                writes.push(SystemWrite::InsertUser(new));
                id
            }
        };
        let id: MemberId = self.runtime.ids().next(now);
        let member = Member {
            id,
            user,
            name,
            role: invitation.role,
            state: MemberState::Active,
            created_at: now,
            revision: Revision::FIRST,
        };
        let (token, session) = self.session(user, invitation.org);
        writes.push(SystemWrite::Session(session));
        let actor = Actor::new(invitation.org, Principal::Member(id), member.role.grant());
        let actor = actor.from_network(self.origin);
        let mut batch = Batch::new(&actor, Action::MemberJoined, now);
        batch.about(id).write(AccessWrite::InsertMember(member)).event(DomainEvent::OrgChanged);
        if country.is_some() || zone.is_some() {
            let change = OrgChange { country: country.map(Some), zone, ..OrgChange::default() };
            batch.write(AccessWrite::ChangeOrg(change));
        }
        let scope = OrgScope::new(invitation.org);
        match store.commit_system(self.runtime.system(), writes, Some((&scope, batch))).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Unauthenticated),
            other => Ok(other.map(|_| SignedIn { token, actor })?),
        }
    }

    pub(super) fn session(&self, user: crate::UserId, org: OrgId) -> (Token, Session) {
        let now = self.runtime.now();
        let token = Token::plain(self.runtime.entropy());
        let session = Session {
            hash: token.hash(),
            user,
            org,
            created_at: now,
            expires_at: now + SESSION_LIFE,
            seen_at: now,
            browser: self.browser,
        };
        (token, session)
    }

    /// Signs a user in, into the first organisation they are an active member of. Unknown addresses take as long as wrong
    /// passwords.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], the same for every cause; [`Error::Busy`] if too many others are signing in.
    pub async fn sign_in(&self, email: &EmailAddress, secret: &SecretString) -> Result<SignedIn, Error> {
        let store = self.runtime.store();
        let user = store.user(self.runtime.system(), UserKey::Email(email)).await?;
        let fits = password::verify(secret, user.as_ref().map(|user| user.password.clone())).await?;
        let user = user.ok_or(Error::Unauthenticated)?;
        if !fits {
            // Beside the answer, which must not take longer for addresses that are known.
            let (runtime, origin) = (self.runtime.clone(), self.origin);
            tokio::spawn(async move { refuse_sign_in(&runtime, user.id, origin).await });
            return Err(Error::Unauthenticated);
        }
        let orgs = store.organisations_of(self.runtime.system(), user.id).await?;
        let org = *orgs.first().ok_or(Error::Unauthenticated)?;
        let members = store.members(&OrgScope::new(org)).await?;
        let member = members.into_iter().find(|member| member.user == user.id);
        let member = member.ok_or(Error::Unauthenticated)?;
        let actor = Actor::new(org, Principal::Member(member.id), member.role.grant());
        let actor = actor.from_network(self.origin);
        let scope = OrgScope::new(org);
        let (token, session) = self.session(user.id, org);
        let mut batch = Batch::new(&actor, Action::SignedIn, self.runtime.now());
        batch.about(member.id);
        let seen = SystemWrite::SessionSeen(session.hash, session.seen_at);
        let writes = vec![SystemWrite::Session(session), seen];
        store.commit_system(self.runtime.system(), writes, Some((&scope, batch))).await?;
        Ok(SignedIn { token, actor })
    }

    /// The caller that a session token or API key belongs to. A session is used by this, so that it ends later for want of
    /// use.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the token is unknown, revoked or expired.
    pub async fn authenticate(&self, token: &str) -> Result<Actor, Error> {
        self.identify(token, true).await
    }

    /// The same for a request that nobody made by hand: a page that refreshes itself, a stream that stays open. A session
    /// ends for want of use although a tab is open.
    ///
    /// # Errors
    /// As [`authenticate`](Self::authenticate).
    pub async fn authenticate_unattended(&self, token: &str) -> Result<Actor, Error> {
        self.identify(token, false).await
    }

    async fn identify(&self, token: &str, is_used: bool) -> Result<Actor, Error> {
        let hash = Token::parse(token).ok_or(Error::Unauthenticated)?.hash();
        let (store, now) = (self.runtime.store(), self.runtime.now());
        match store
            .credential_owner(self.runtime.system(), &hash, now)
            .await?
            .ok_or(Error::Unauthenticated)?
        {
            SignIn::Key(org, key) => {
                let permissions = self.present_permissions(org, &key).await?;
                Ok(Actor::new(org, Principal::ApiKey(key.id), Grant::of(&permissions)))
            }
            SignIn::Session(session, member) => {
                if session.is_idle(now) {
                    return Err(Error::Unauthenticated);
                }
                if is_used && session.seen_at + TimeDelta::minutes(1) <= now {
                    let seen = SystemWrite::SessionSeen(hash, now);
                    store.commit_system(self.runtime.system(), vec![seen], None).await?;
                }
                Ok(Actor::new(session.org, Principal::Member(member.id), member.role.grant()))
            }
        }
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let Some(token) = Token::parse(token) else { return Ok(()) };
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let end = vec![SystemWrite::EndSession(token.hash())];
        match self.authenticate(token.reveal()).await {
            Ok(actor) => {
                let actor = actor.from_network(self.origin);
                let mut batch = Batch::new(&actor, Action::SignedOut, self.runtime.now());
                if let Some(member) = actor.member() {
                    batch.about(member);
                }
                store.commit_system(system, end, Some((&OrgScope::new(actor.org()), batch))).await?;
            }
            Err(Error::Unauthenticated) => {
                store.commit_system(system, end, None).await?;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The organisation.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it was closed.
    pub async fn org(&self, by: &Actor) -> Result<Org, Error> {
        let scope = by.scope_for(Permission::MembersRead)?;
        self.runtime.store().org(scope).await?.ok_or(Error::missing(RecordKind::Organisation))
    }

    /// The organisation as it is before a change of its settings.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it was closed; [`Error::Denied`] without [`Permission::SettingsManage`].
    pub async fn settings(&self, by: &Actor) -> Result<Org, Error> {
        let scope = by.scope_for(Permission::SettingsManage)?;
        self.runtime.store().org(scope).await?.ok_or(Error::missing(RecordKind::Organisation))
    }

    /// Changes the organisation's name, zone, quiet hours, cap or period, if it still has the revision that the change was
    /// decided on. The period can only be shortened from 365 days.
    ///
    /// # Errors
    /// [`Error::Invalid`] for hours or periods beyond what the policy allows; [`Error::Conflict`] if it was changed
    /// meanwhile; [`Error::Denied`] without [`Permission::SettingsManage`].
    pub async fn change_org(&self, by: &Actor, seen: Revision, change: OrgChange) -> Result<Org, Error> {
        let scope = by.scope_for(Permission::SettingsManage)?;
        let beyond = |hours: QuietHours| QuietHours::checked(hours.open_from, hours.open_until).is_none();
        if change.quiet_hours.is_some_and(beyond) {
            return Err(Error::invalid("quiet_hours", "must lie between 08:00 and 21:00"));
        }
        if change.country.flatten().is_some_and(|country| !country.is_known()) {
            return Err(Error::invalid("country", "must be two letters of ISO 3166-1, such as IN"));
        }
        if change.message_days.is_some_and(|days| !(1..=MESSAGE_DAYS).contains(&days)) {
            return Err(Error::invalid("message_days", "must be between 1 and 365"));
        }
        let mut batch = Batch::new(by, Action::OrgChanged, self.runtime.now());
        batch
            .about(by.org())
            .require(Precondition::Revision(RecordRef::Org(by.org()), seen))
            .write(AccessWrite::ChangeOrg(change))
            .event(DomainEvent::OrgChanged);
        match self.runtime.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Conflict { kind: RecordKind::Organisation }),
            other => {
                other?;
                self.settings(by).await
            }
        }
    }
}

/// Puts a wrong password on record, in the organisation that the right one would have led into.
async fn refuse_sign_in(runtime: &Runtime, user: UserId, origin: Option<Network>) {
    let put = async {
        let store = runtime.store();
        let orgs = store.organisations_of(runtime.system(), user).await?;
        let Some(org) = orgs.first() else { return Ok(()) };
        let scope = OrgScope::new(*org);
        let members = store.members(&scope).await?;
        let Some(member) = members.into_iter().find(|member| member.user == user) else { return Ok(()) };
        let mut batch = Batch::refused_sign_in(origin, runtime.now());
        batch.about(member.id);
        store.commit_one(&scope, batch).await.map(drop)
    };
    if let Err(error) = put.await {
        tracing::error!(code = %error.code(), "a refused sign-in could not be put on record");
    }
}

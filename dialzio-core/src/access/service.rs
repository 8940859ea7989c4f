//! Coming in: founding, invitations, settings, and vouching for an application's own users.

use chrono::TimeDelta;
use std::net::IpAddr;

use super::chrono_tz_name::ZoneName;
use super::hashing::Line;
use super::token::{Token, TokenHash};
use super::{AccessWrite, Browser, Member, MemberState, Org, OrgChange, Session, audience};
use crate::call::RecordingRule;
use crate::consent::QuietHours;
use crate::disposition::{self, DispositionWrite};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::OrgId;
use crate::ledger::{Action, Network};
use crate::operator::OPERATOR;
use crate::phone::Region;
use crate::runtime::Runtime;
use crate::scope::{Actor, Audience, Grant, OrgScope, Permission, Principal, Role};
use crate::store::periods::MESSAGE_DAYS;
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::Title;

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
    /// Shows from now on that they signed in on this device, which was not known before.
    pub device: Option<Token>,
}

/// Organisations, sign-in, members and keys.
#[derive(Debug, Clone, Copy)]
pub struct AccessService<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) browser: Option<Browser>,
    pub(super) origin: Option<Network>,
    pub(super) peer: Option<IpAddr>,
    pub(super) line: Line,
    pub(super) device: Option<TokenHash>,
    pub(super) over: Option<TokenHash>,
    pub(super) confirm_page: Option<&'a str>,
    pub(super) joining: Option<&'a Token>,
    pub(super) is_kept_in_org: bool,
}

impl<'a> AccessService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        let line = Line::Strangers(None);
        let (browser, origin, peer, device, over) = (None, None, None, None, None);
        Self {
            runtime,
            browser,
            origin,
            peer,
            line,
            device,
            over,
            confirm_page: None,
            joining: None,
            is_kept_in_org: false,
        }
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

    /// The same, for a request from this address: a key that is limited to addresses is judged by it, and its network is kept
    /// with the last use of a key. Without it no such key is let in.
    #[must_use]
    pub const fn from_peer(self, peer: Option<IpAddr>) -> Self {
        Self { peer, ..self }
    }

    /// The same, where passwords wait in this line.
    #[must_use]
    pub const fn in_line(self, line: Line) -> Self {
        Self { line, ..self }
    }

    /// The same, for a browser that holds this token of a device, and the session that signing in ends.
    #[must_use]
    pub fn from_device(self, device: Option<&Token>, session: Option<&Token>) -> Self {
        Self { device: device.map(Token::hash), over: session.map(Token::hash), ..self }
    }

    /// The same, where who joins gets a link to this page by mail, which confirms their address, unless the invitation came by
    /// mail. It is the public address of the page.
    #[must_use]
    pub const fn confirming_at(self, page: &'a str) -> Self {
        Self { confirm_page: Some(page), ..self }
    }

    /// The same, where who signs in joins an organisation by this invitation, whichever way they sign in.
    #[must_use]
    pub const fn joining(self, invitation: &'a Token) -> Self {
        Self { joining: Some(invitation), ..self }
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
            requires_second_factor: false,
            agents_see_masked: false,
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

    /// The organisation, where there is one alone.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn sole_organisation(&self) -> Result<Option<OrgId>, Error> {
        let found = self.runtime.store().organisations(self.runtime.system(), None, 2).await?;
        Ok(if let [only] = found.as_slice() { Some(only.id) } else { None })
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
        let (mut sees, mut is_masked) = (Audience::All, false);
        match &principal {
            Principal::System => return Err(Error::invalid("principal", "must not be the system")),
            Principal::Member(id) => {
                let found = self.runtime.store().member(&scope, *id).await?;
                let active = found.filter(|member| member.state == MemberState::Active);
                let member = active.ok_or(Error::missing(RecordKind::Member))?;
                sees = audience::of_member(self.runtime, org, &member).await?;
                is_masked = self.is_masked(org, &member).await?;
            }
            Principal::Service(name) if name.reveal().starts_with(OPERATOR) => {
                return Err(Error::invalid("principal", "must not be an operator: use Crm::operator"));
            }
            Principal::ApiKey(_) | Principal::Service(_) => {
                self.runtime.store().org(&scope).await?.ok_or(Error::missing(RecordKind::Organisation))?;
                if let Principal::ApiKey(id) = &principal
                    && let Some(key) = self.runtime.store().api_key(&scope, *id).await?
                {
                    sees = audience::of_key(self.runtime, org, &key).await?;
                }
            }
        }
        Ok(Actor::new(org, principal, grant, sees).masked(is_masked))
    }

    /// A member, with what their role permits and whose work they see.
    pub(super) async fn actor_of(&self, org: OrgId, member: &Member) -> Result<Actor, Error> {
        let sees = audience::of_member(self.runtime, org, member).await?;
        let actor = Actor::new(org, Principal::Member(member.id), member.role.grant(), sees);
        Ok(actor.masked(self.is_masked(org, member).await?))
    }

    /// Whether a member sees numbers and addresses masked.
    pub(super) async fn is_masked(&self, org: OrgId, member: &Member) -> Result<bool, Error> {
        if member.role > Role::Agent {
            return Ok(false);
        }
        let org = self.runtime.store().org(&OrgScope::new(org)).await?;
        Ok(org.is_some_and(|org| member.is_masked(org.agents_see_masked)))
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
            is_kept_in_org: self.is_kept_in_org,
        };
        (token, session)
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

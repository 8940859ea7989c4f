//! Who asks, in which organisation, with which rights. There is no query without a scope and no scope
//! without a permission.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::id::{ApiKeyId, MemberId, OrgId};
use crate::ledger::Network;
use crate::masking::Identifiers;
use crate::name::string_enum;
use crate::text::Title;

/// Whose work is seen. What is assigned to a member is seen by those whose audience holds the member; what is assigned to
/// nobody, by those whose audience includes that. Which rows are assigned, and which follow another row, is declared with
/// each table ([`crate::registry::Seen`]).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Audience {
    /// Everything in the organisation.
    #[default]
    All,
    /// Part of it.
    Of {
        /// The members whose work is seen.
        members: Arc<BTreeSet<MemberId>>,
        /// Whether what is assigned to nobody is seen.
        unassigned: bool,
    },
}

impl Audience {
    /// What is assigned to one member, and nothing else.
    #[must_use]
    pub fn own(member: MemberId) -> Self {
        Self::Of { members: Arc::new(BTreeSet::from([member])), unassigned: false }
    }

    /// What is assigned to one of these members, or to nobody.
    #[must_use]
    pub fn team(members: impl IntoIterator<Item = MemberId>) -> Self {
        Self::Of { members: Arc::new(members.into_iter().collect()), unassigned: true }
    }

    /// Whether nothing is left out.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    /// Whether something with this assignee is seen.
    #[must_use]
    pub fn sees(&self, assignee: Option<MemberId>) -> bool {
        match (self, assignee) {
            (Self::All, _) => true,
            (Self::Of { members, .. }, Some(member)) => members.contains(&member),
            (Self::Of { unassigned, .. }, None) => *unassigned,
        }
    }

    /// The member to whom everything that is seen is assigned, if it is one alone.
    #[must_use]
    pub fn only(&self) -> Option<MemberId> {
        match self {
            Self::Of { members, unassigned: false } if members.len() == 1 => members.first().copied(),
            _ => None,
        }
    }
}

/// An organisation, known for certain, and whose work in it is seen. No public constructor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgScope {
    org: OrgId,
    audience: Audience,
}

impl OrgScope {
    /// All of an organisation.
    pub(crate) const fn new(org: OrgId) -> Self {
        Self { org, audience: Audience::All }
    }

    /// The same organisation, of which this much is seen.
    pub(crate) fn seen_by(&self, audience: Audience) -> Self {
        Self { org: self.org, audience }
    }

    /// All of the same organisation: for what is decided on, and never answered to who asked.
    pub(crate) const fn whole(&self) -> Self {
        Self::new(self.org)
    }

    /// Whose work is seen. Every read of a store answers within it, but for those whose port says otherwise.
    #[must_use]
    pub const fn audience(&self) -> &Audience {
        &self.audience
    }

    /// The organisation that every read and write under this scope is limited to.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.org
    }
}

/// Rights over the system tables, held by intake, sign-in and the worker only. No public constructor.
#[derive(Debug)]
pub struct SystemScope(());

impl SystemScope {
    pub(crate) fn new() -> Self {
        Self(())
    }
}

/// The actor's grant does not hold a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the permission {permission} is needed")]
pub struct Denied {
    /// The permission that is missing.
    pub permission: Permission,
}

/// A principal cannot be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrincipalError {
    /// The name of a service has no visible character.
    #[error("needs a name")]
    NoName,
    /// The stored form is damaged.
    #[error("cannot be read")]
    Unreadable,
}

/// Who acts. Written into each audit entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A person who signed in.
    Member(MemberId),
    /// A program with a key.
    ApiKey(ApiKeyId),
    /// A user or a part of the embedding application, under the application's own name for it.
    Service(Title),
    /// The worker or intake, for a cause that the audit entry names. Cannot be built outside this crate.
    #[non_exhaustive]
    System,
}

impl Principal {
    /// The stored form of [`Principal::System`], for what a store writes by itself.
    pub const SYSTEM: &'static str = "system";

    /// A user or a part of the embedding application, under the application's own name for it. Characters that cannot be
    /// kept become U+FFFD.
    ///
    /// # Errors
    /// [`PrincipalError::NoName`] for a name without a visible character.
    pub fn service(name: &str) -> Result<Self, PrincipalError> {
        Title::received(name).map(Self::Service).ok_or(PrincipalError::NoName)
    }

    /// The form that is stored: kind and id or name.
    #[must_use]
    pub fn to_ref(&self) -> String {
        match self {
            Self::Member(id) => format!("member:{id}"),
            Self::ApiKey(id) => format!("key:{id}"),
            Self::Service(name) => format!("service:{}", name.reveal()),
            Self::System => Self::SYSTEM.to_owned(),
        }
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`PrincipalError::Unreadable`] for anything that [`to_ref`](Self::to_ref) does not write: a damaged value is not taken
    /// for the system.
    pub fn from_ref(text: &str) -> Result<Self, PrincipalError> {
        let read = match text.split_once(':') {
            Some(("member", id)) => id.parse().ok().map(Self::Member),
            Some(("key", id)) => id.parse().ok().map(Self::ApiKey),
            Some(("service", name)) => Title::received(name).map(Self::Service),
            _ => (text == Self::SYSTEM).then_some(Self::System),
        };
        read.ok_or(PrincipalError::Unreadable)
    }
}

string_enum! {
    /// A right that a role or an API key can hold.
    pub enum Permission {
        /// See contacts, notes and tasks.
        ContactsRead = "contacts.read",
        /// See telephone numbers and email addresses of people whole, or reveal them one person at a time where the organisation
        /// has it so.
        ContactsReveal = "contacts.reveal",
        /// Create and change contacts, notes and tasks.
        ContactsWrite = "contacts.write",
        /// See conversations and messages.
        ConversationsRead = "conversations.read",
        /// Assign, snooze, close and reopen conversations.
        ConversationsWrite = "conversations.write",
        /// Send messages, cancel them, and resolve unknown outcomes.
        MessagesSend = "messages.send",
        /// Open received files.
        MediaRead = "media.read",
        /// Delete recordings before their time.
        MediaDelete = "media.delete",
        /// See calls and reports about them.
        CallsRead = "calls.read",
        /// Place and control calls, and say what became of them.
        CallsWrite = "calls.write",
        /// See consent states and the ledger of a contact.
        ConsentRead = "consent.read",
        /// Record and withdraw consents.
        ConsentWrite = "consent.write",
        /// See connected accounts and templates.
        AccountsRead = "accounts.read",
        /// Connect and change accounts, apps and credentials.
        AccountsManage = "accounts.manage",
        /// See who works here.
        MembersRead = "members.read",
        /// Invite, change and remove members and keys.
        MembersManage = "members.manage",
        /// Change the organisation's settings.
        SettingsManage = "settings.manage",
        /// Say at which identity providers members sign in.
        SignOnManage = "sign_on.manage",
        /// See, replay and discard what could not be used.
        QuarantineManage = "quarantine.manage",
        /// Share saved views with the organisation, and change those that are shared.
        ViewsShare = "views.share",
        /// Read the audit log.
        AuditRead = "audit.read",
        /// Follow the event stream.
        EventsRead = "events.read",
    }
}

string_enum! {
    /// What a member is. Each role may do all that the one before it may.
    pub enum Role {
        /// Sees, changes nothing.
        Viewer = "viewer",
        /// Talks to people.
        Agent = "agent",
        /// Runs a team.
        Manager = "manager",
        /// Runs the installation.
        Admin = "admin",
        /// Owns the organisation.
        Owner = "owner",
    }
}

impl Permission {
    /// The least role that holds this permission. The one table of roles and rights; no wildcard arm.
    #[must_use]
    pub const fn least_role(self) -> Role {
        match self {
            Self::ContactsRead
            | Self::ConversationsRead
            | Self::MediaRead
            | Self::CallsRead
            | Self::ConsentRead
            | Self::AccountsRead
            | Self::MembersRead
            | Self::EventsRead => Role::Viewer,
            Self::ContactsReveal
            | Self::ContactsWrite
            | Self::CallsWrite
            | Self::ConversationsWrite
            | Self::MessagesSend
            | Self::ConsentWrite => Role::Agent,
            Self::MediaDelete | Self::QuarantineManage | Self::ViewsShare | Self::AuditRead => Role::Manager,
            Self::AccountsManage | Self::MembersManage | Self::SettingsManage => Role::Admin,
            // Who says where members sign in can come in as any of them.
            Self::SignOnManage => Role::Owner,
        }
    }
}

impl Role {
    /// Everything this role may do.
    #[must_use]
    pub fn grant(self) -> Grant {
        let held = |permission: &Permission| permission.least_role() <= self;
        Grant { permissions: Permission::ALL.iter().copied().filter(held).collect() }
    }
}

/// What an actor may do. With whose work is no part of it: that is the actor's audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    permissions: Vec<Permission>,
}

impl Grant {
    /// Exactly these permissions: an API key's scopes.
    #[must_use]
    pub fn of(permissions: &[Permission]) -> Self {
        Self { permissions: permissions.to_vec() }
    }

    /// What it permits.
    #[must_use]
    pub fn permissions(&self) -> &[Permission] {
        &self.permissions
    }
}

/// Someone acting in one organisation. Made by [`crate::access::AccessService`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    scope: OrgScope,
    principal: Principal,
    grant: Grant,
    origin: Option<Network>,
    identifiers: Identifiers,
    is_kept_in_org: bool,
}

impl Actor {
    /// Whose work they see has no default, so that none can see everything by oversight.
    pub(crate) fn new(org: OrgId, principal: Principal, grant: Grant, sees: Audience) -> Self {
        let may_reveal = grant.permissions.contains(&Permission::ContactsReveal);
        let identifiers = if may_reveal { Identifiers::Whole } else { Identifiers::Masked };
        Self {
            scope: OrgScope::new(org).seen_by(sees),
            principal,
            grant,
            origin: None,
            identifiers,
            is_kept_in_org: false,
        }
    }

    /// The same, whose session was begun at an identity provider of the organisation, or was not.
    pub(crate) const fn kept_in_org(mut self, is_kept: bool) -> Self {
        self.is_kept_in_org = is_kept;
        self
    }

    /// Whether they signed in at an identity provider of the organisation: its word counts there, and not for their account.
    #[must_use]
    pub const fn is_kept_in_org(&self) -> bool {
        self.is_kept_in_org
    }

    /// The same, who sees numbers and addresses only on request.
    pub(crate) fn masked(mut self, is_masked: bool) -> Self {
        if is_masked && self.identifiers.are_whole() {
            self.identifiers = Identifiers::OnRequest;
        }
        self
    }

    /// How they see telephone numbers and email addresses of people. Who answers them shows none but in this way.
    #[must_use]
    pub const fn identifiers(&self) -> Identifiers {
        self.identifiers
    }

    /// Whose work they see.
    #[must_use]
    pub const fn audience(&self) -> &Audience {
        self.scope.audience()
    }

    /// Whose the work is that they begin: the member's who acts, or that of the one member whose work alone they see.
    pub(crate) fn holder(&self) -> Option<MemberId> {
        self.member().or(self.audience().only())
    }

    /// Who it is.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// What they may do.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// From where they act, if that is known.
    #[must_use]
    pub fn origin(&self) -> Option<Network> {
        self.origin
    }

    /// The same, acting from this network: what they do is on record with it. For who takes requests over the network.
    #[must_use]
    pub fn from_network(self, origin: Option<Network>) -> Self {
        Self { origin, ..self }
    }

    /// The organisation they act in.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.scope.org
    }

    /// The member, if a person signed in.
    #[must_use]
    pub fn member(&self) -> Option<MemberId> {
        match self.principal {
            Principal::Member(id) => Some(id),
            _ => None,
        }
    }

    /// Whether the grant includes `permission`.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.grant.permissions.contains(&permission)
    }

    /// The scope, if the grant includes `permission`. There is no other way from actor to scope.
    ///
    /// # Errors
    /// [`Denied`] otherwise.
    pub(crate) fn scope_for(&self, permission: Permission) -> Result<&OrgScope, Denied> {
        if self.may(permission) { Ok(&self.scope) } else { Err(Denied { permission }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_grow_and_owner_holds_everything() {
        for pair in Role::ALL.windows(2) {
            let (less, more) = (pair[0].grant(), pair[1].grant());
            assert!(less.permissions.iter().all(|p| more.permissions.contains(p)));
        }
        assert_eq!(Role::Owner.grant().permissions, Permission::ALL);
        assert!(!Role::Viewer.grant().permissions.contains(&Permission::MessagesSend));
    }

    #[test]
    fn principals_survive_their_stored_form() {
        let ids = crate::IdSource::seeded(1);
        let at = chrono::DateTime::UNIX_EPOCH;
        for principal in [
            Principal::Member(ids.next(at)),
            Principal::ApiKey(ids.next(at)),
            Principal::service("shop").unwrap(),
            Principal::System,
        ] {
            assert_eq!(Principal::from_ref(&principal.to_ref()).unwrap(), principal);
        }
    }

    #[test]
    fn a_service_without_a_name_is_refused() {
        for name in ["", "   "] {
            assert!(matches!(Principal::service(name), Err(PrincipalError::NoName)), "{name:?}");
        }
    }

    #[test]
    fn a_damaged_principal_is_not_taken_for_the_system() {
        for stored in ["", "System", "system:", "member:", "member:7", "key:none", "service:", "robot:1"] {
            let read = Principal::from_ref(stored);
            assert!(matches!(read, Err(PrincipalError::Unreadable)), "{stored:?}: {read:?}");
        }
    }
}

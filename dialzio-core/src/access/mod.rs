//! Who may come in: organisations, users, members, sessions, keys and invitations.

mod active;
pub mod chrono_tz_name;
mod famous;
mod invitations;
mod keys;
mod members;
mod password;
mod profile;
mod service;
mod store;
mod token;

pub(crate) use active::active_member;
pub use keys::NewApiKey;
pub use members::InHand;
pub use password::{PasswordError, may_fit};
pub use profile::OwnSession;
pub use service::{AccessService, Founded, NewOrg, SignedIn, Whereabouts};
pub use store::{AccessStore, AccessWrite, ApiKeyChange, Colleague, MemberChange, OrgChange, UserChange};
pub use token::{Token, TokenHash};

use chrono::{DateTime, TimeDelta, Utc};

use crate::call::RecordingRule;
use crate::consent::QuietHours;
use crate::id::{ApiKeyId, InvitationId, MemberId, OrgId, SessionId, UserId};
use crate::name::string_enum;
use crate::phone::Region;
use crate::scope::{Permission, Role};
use crate::store::Revision;
use crate::text::{EmailAddress, PersonName, Title};

/// An organisation and its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Org {
    /// The id; ids sort by the time they were made at.
    pub id: OrgId,
    /// The name that its members see.
    pub name: Title,
    /// Its time zone: an IANA name.
    pub zone: chrono_tz_name::ZoneName,
    /// When promotional messages may go out, in the person's time.
    pub quiet_hours: QuietHours,
    /// Most promotional messages to one person in 7 days; 0 switches the cap off.
    pub marketing_cap: u32,
    /// How long messages are kept, in days: at most 365.
    pub message_days: u16,
    /// When it was founded.
    pub created_at: DateTime<Utc>,
    /// Counts its changes.
    pub revision: Revision,
    /// The country it is in, if one was given.
    pub country: Option<Region>,
    /// When it has recordings of its calls.
    pub recordings: RecordingRule,
}

impl Org {
    /// Where numbers in national form are dialled: where it is, or what its time zone proposes.
    #[must_use]
    pub fn dials_in(&self) -> Option<Region> {
        self.country.or_else(|| self.zone.country())
    }
}

/// A person who signs in. One user may work in several organisations.
#[derive(Debug, Clone)]
pub struct User {
    /// The id; ids sort by the time they were made at.
    pub id: UserId,
    /// Where they get mail, and what they sign in with.
    pub email: EmailAddress,
    /// Argon2id in PHC form.
    pub password: secrecy::SecretString,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Counts its changes.
    pub revision: Revision,
}

string_enum! {
    /// Whether a member may come in.
    pub enum MemberState {
        /// May sign in and act with the permissions of the role.
        Active = "active",
        /// Not any more.
        Disabled = "disabled",
    }
}

/// A user in one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id; ids sort by the time they were made at.
    pub id: MemberId,
    /// The user who signs in; one user may be a member of several organisations.
    pub user: UserId,
    /// What colleagues call them.
    pub name: PersonName,
    /// What they are.
    pub role: Role,
    /// Whether they may come in.
    pub state: MemberState,
    /// When they joined.
    pub created_at: DateTime<Utc>,
    /// Counts its changes.
    pub revision: Revision,
}

/// A key for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The id; ids sort by the time they were made at.
    pub id: ApiKeyId,
    /// What people call it.
    pub name: Title,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// SHA-256 of the secret.
    pub hash: TokenHash,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    pub revision: Revision,
    /// The member who made it, whose deactivation ends it; `None` if it was no member.
    pub made_by: Option<MemberId>,
}

string_enum! {
    /// The family of a browser. Nothing more of what a browser says about itself is kept.
    pub enum Browser {
        /// Google Chrome, Chromium.
        Chrome = "chrome",
        /// Microsoft Edge.
        Edge = "edge",
        /// Mozilla Firefox.
        Firefox = "firefox",
        /// Opera.
        Opera = "opera",
        /// Apple Safari.
        Safari = "safari",
        /// Samsung Internet.
        Samsung = "samsung",
    }
}

/// A session ends after this long without use.
const SESSION_IDLE: TimeDelta = TimeDelta::minutes(60);

/// A user who is signed in, in one organisation. Only the hash of its token is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token.
    pub hash: TokenHash,
    /// The user who signs in; one user may be a member of several organisations.
    pub user: UserId,
    /// The organisation they are in.
    pub org: OrgId,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// When it ends, whatever happens.
    pub expires_at: DateTime<Utc>,
    /// Last use, to the minute.
    pub seen_at: DateTime<Utc>,
    /// What it was begun with, if that is known.
    pub browser: Option<Browser>,
}

impl Session {
    /// Its id, derived from the hash of the token. The token cannot be recovered from it.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.hash.id()
    }

    /// Whether it has expired because it was not used for 60 minutes.
    #[must_use]
    pub fn is_idle(&self, now: DateTime<Utc>) -> bool {
        self.seen_at + SESSION_IDLE <= now
    }
}

/// A link that lets one person in, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// SHA-256 of the token.
    pub hash: TokenHash,
    /// Into which organisation.
    pub org: OrgId,
    /// The address that is invited; `None` for the first owner, who types theirs when they open the link.
    pub email: Option<EmailAddress>,
    /// The role that the invited person gets.
    pub role: Role,
    /// When it can no longer be accepted.
    pub expires_at: DateTime<Utc>,
    /// When it was made, or renewed.
    pub created_at: DateTime<Utc>,
}

impl Invitation {
    /// Its id, derived from the hash of the token. The token cannot be recovered from it.
    #[must_use]
    pub fn id(&self) -> InvitationId {
        self.hash.id()
    }
}

/// The caller that a token belongs to.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// A session, with the active member it belongs to.
    Session(Session, Member),
    /// A key, and its organisation.
    Key(OrgId, ApiKey),
}

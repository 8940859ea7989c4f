//! Who may come in: organisations, users, members, sessions, keys and invitations.

mod active;
mod address_list;
#[cfg(any(feature = "passkeys", feature = "single-sign-on"))]
mod answered;
mod attempts;
mod audience;
#[cfg(feature = "passkeys")]
mod challenge;
pub mod chrono_tz_name;
mod confirming;
mod factor;
mod failed_attempts;
mod famous;
mod hashing;
mod invitations;
mod joining;
mod key_use;
mod keys;
mod mailed_links;
mod members;
mod notices;
mod organisations;
mod passkey;
#[cfg(feature = "passkeys")]
mod passkeys;
mod password;
mod profile;
mod relying_party;
mod second_factor;
mod service;
#[cfg(feature = "single-sign-on")]
mod sign_on_client;
mod signing_in;
#[cfg(feature = "single-sign-on")]
mod single_sign_on;
mod store;
mod token;
mod user_token;

pub(crate) use active::active_member;
pub use address_list::{AddressList, AddressListError};
pub use attempts::{Attempt, Counted};
pub use factor::{NewSecret, RecoveryCode, SecondFactor, SecondFactorChange};
pub use failed_attempts::{ATTEMPT_BUCKETS, ATTEMPT_MEMORY, ATTEMPT_SLOTS, FailedAttempts};
pub use hashing::Line;
pub use invitations::{Invited, NewInvitation};
pub use joining::HAS_ACCOUNT;
pub use keys::{ApiKeyPatch, NewApiKey};
pub use mailed_links::{LinkRequest, MailedLink};
pub use members::{InHand, MemberPatch};
pub use organisations::{OwnOrg, last_used_first};
pub use passkey::{COUNTERS, HANDLE, Passkey, PasskeyChange};
#[cfg(feature = "passkeys")]
pub use passkeys::{OwnPasskey, PasskeyChallenge};
pub use password::{PasswordError, judge_password, may_fit};
pub use profile::OwnSession;
pub use relying_party::RelyingParty;
pub use second_factor::OwnFactor;
pub use service::{AccessService, Founded, NewOrg, SignedIn, Whereabouts};
#[cfg(feature = "single-sign-on")]
pub use sign_on_client::{Outbound, OutboundError, OutboundRequest, OutboundResponse, ProviderFault};
pub use signing_in::{DEVICE_LIFE, FirstStep, Identified};
#[cfg(feature = "single-sign-on")]
pub use single_sign_on::{SIGN_ON_LIFE, SignOnBegun, SignOnChoice, SignOnError};
pub use store::{AccessStore, AccessWrite, ApiKeyChange, Colleague, MemberChange, OrgChange, UserChange};
pub use token::{Token, TokenHash};
pub use user_token::{TokenPurpose, UserToken};

use chrono::{DateTime, TimeDelta, Utc};

use crate::call::RecordingRule;
use crate::consent::QuietHours;
use crate::id::{ApiKeyId, InvitationId, MemberId, OrgId, SessionId, UserId};
use crate::ledger::Network;
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
    /// Whether its members have to have a second factor.
    pub requires_second_factor: bool,
    /// Whether agents see telephone numbers and email addresses masked, and reveal those of one person at a time. Viewers see
    /// them masked anyway.
    pub agents_see_masked: bool,
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
    /// When it was shown that they get mail at their address; `None` if it was not.
    pub email_confirmed_at: Option<DateTime<Utc>>,
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

string_enum! {
    /// How much of the organisation's work a member sees.
    pub enum Visibility {
        /// What is assigned to them.
        Own = "own",
        /// What is assigned to a member of one of their teams, and what is not assigned.
        Team = "team",
        /// Everything.
        All = "all",
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
    /// How much of the organisation's work they see, unless their role sees everything.
    pub visibility: Visibility,
}

impl Member {
    /// How much of the organisation's work they see: owners and admins see everything.
    #[must_use]
    pub fn sees(&self) -> Visibility {
        if self.role >= Role::Admin { Visibility::All } else { self.visibility }
    }

    /// Whether they see numbers and addresses masked, in an organisation that has it so for agents or does not.
    #[must_use]
    pub fn is_masked(&self, agents_see_masked: bool) -> bool {
        agents_see_masked && self.role <= Role::Agent
    }
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
    /// From which addresses it may be used.
    pub allowed_from: AddressList,
}

/// The last use of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUse {
    /// The key.
    pub key: ApiKeyId,
    /// When, to the minute.
    pub at: DateTime<Utc>,
    /// From which network, if it was known.
    pub network: Option<Network>,
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
    /// Whether it was begun at an identity provider of the organisation, whose word counts there and nowhere else: it does not
    /// move to another organisation, and changes nothing about the account of its user.
    pub is_kept_in_org: bool,
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
    /// Whether its link went to the address by mail, so that who uses it gets mail there.
    pub mailed: bool,
    /// How much of the organisation's work the invited person sees, unless their role sees everything.
    pub visibility: Visibility,
}

impl Invitation {
    /// Its id, derived from the hash of the token. The token cannot be recovered from it.
    #[must_use]
    pub fn id(&self) -> InvitationId {
        self.hash.id()
    }
}

/// Whether who has a session has what the organisation requires of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Complete,
    /// The organisation requires a second factor, and they have none that is confirmed.
    LacksSecondFactor,
}

/// What an organisation asks of who has a session in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Whether they have the second factor that it requires.
    pub standing: Standing,
    /// Whether agents see numbers and addresses masked.
    pub agents_see_masked: bool,
}

impl Terms {
    /// From what a store reads.
    #[must_use]
    pub const fn read(lacks_second_factor: bool, agents_see_masked: bool) -> Self {
        let standing = if lacks_second_factor { Standing::LacksSecondFactor } else { Standing::Complete };
        Self { standing, agents_see_masked }
    }
}

/// The caller that a token belongs to.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// A session, with the active member it belongs to.
    Session(Session, Member, Terms),
    /// A key, its organisation, and when it was used last.
    Key(OrgId, ApiKey, Option<DateTime<Utc>>),
}

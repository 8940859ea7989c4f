//! Reads and writes of an organisation's members and keys.

use async_trait::async_trait;

use chrono::{DateTime, Utc};

use super::chrono_tz_name::ZoneName;
use super::{AddressList, ApiKey, Member, MemberState, Org, User, Visibility};
use crate::call::RecordingRule;
use crate::consent::QuietHours;
use crate::id::{ApiKeyId, MemberId};
use crate::phone::Region;
use crate::scope::{OrgScope, Role};
use crate::store::{StoreResult, change};
use crate::text::{EmailAddress, PersonName, Title};

/// Reads of who works in an organisation. Users, sessions and invitations are system tables.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// The organisation; `None` if it was closed.
    async fn org(&self, scope: &OrgScope) -> StoreResult<Option<Org>>;
    /// Reads one member; `None` if the organisation has none with this id.
    async fn member(&self, scope: &OrgScope, id: MemberId) -> StoreResult<Option<Member>>;
    /// All members, oldest first.
    async fn members(&self, scope: &OrgScope) -> StoreResult<Vec<Member>>;
    /// One key, revoked or not.
    async fn api_key(&self, scope: &OrgScope, id: ApiKeyId) -> StoreResult<Option<ApiKey>>;
    /// All keys, oldest first.
    async fn api_keys(&self, scope: &OrgScope) -> StoreResult<Vec<ApiKey>>;
}

/// What the system tables know of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    /// The member.
    pub member: MemberId,
    /// What they sign in with.
    pub email: EmailAddress,
    /// Their last use of the organisation, to the minute; `None` before the first.
    pub seen_at: Option<DateTime<Utc>>,
    /// Whether they have a second factor that is confirmed.
    pub has_second_factor: bool,
}

change! {
    /// What changes of an organisation. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct OrgChange of Org {
        /// The name that its members see.
        name: Title,
        /// Its time zone.
        zone: ZoneName,
        /// When promotional messages may go out, in the person's time.
        quiet_hours: QuietHours,
        /// Most promotional messages to one person in 7 days; 0 switches the cap off.
        marketing_cap: u32,
        /// How long messages are kept, in days: at most 365.
        message_days: u16,
        /// Where it is; `Some(None)` leaves it to the time zone again.
        country: Option<Region>,
        /// When it has recordings of its calls.
        recordings: RecordingRule,
        /// Whether its members have to have a second factor.
        requires_second_factor: bool,
        /// Whether agents see telephone numbers and email addresses masked.
        agents_see_masked: bool,
    }
}

change! {
    /// What changes of a member. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct MemberChange of Member {
        /// What colleagues call them.
        name: PersonName,
        /// What they are.
        role: Role,
        /// Whether they may come in.
        state: MemberState,
        /// How much of the organisation's work they see.
        visibility: Visibility,
    }
}

change! {
    /// What changes of a key. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct ApiKeyChange of ApiKey {
        /// What people call it.
        name: Title,
        /// When it ends.
        expires_at: DateTime<Utc>,
        /// When it was revoked.
        revoked_at: Option<DateTime<Utc>>,
        /// From which addresses it may be used.
        allowed_from: AddressList,
    }
}

change! {
    /// What changes of a user. Fields that are `None` stay as they are.
    pub struct UserChange of User {
        /// Where they get mail, and what they sign in with.
        email: EmailAddress,
        /// Argon2id in PHC form.
        password: secrecy::SecretString,
        /// When it was shown that they get mail at their address.
        email_confirmed_at: Option<DateTime<Utc>>,
    }
}

/// A change to an organisation, its members or keys. A new record whose id is there already and a change of one that is
/// not there are refused: a failed [`crate::store::Precondition::Revision`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessWrite {
    /// The organisation, new.
    InsertOrg(Org),
    /// A change of the organisation.
    ChangeOrg(OrgChange),
    /// A new member.
    InsertMember(Member),
    /// A change of a member.
    ChangeMember {
        /// The member that changes.
        member: MemberId,
        /// The fields to change; `None` leaves a field as it is.
        change: MemberChange,
    },
    /// A new key.
    InsertApiKey(ApiKey),
    /// A change of a key.
    ChangeApiKey {
        /// The key that changes.
        key: ApiKeyId,
        /// The fields to change; `None` leaves a field as it is.
        change: ApiKeyChange,
    },
}

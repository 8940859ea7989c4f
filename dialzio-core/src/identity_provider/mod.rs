//! Identity providers: where members of an organisation sign in with their account at work, by OpenID Connect.

mod issuer;
mod service;
mod store;

pub use issuer::{Issuer, IssuerError};
pub use service::{IdentityProviderPatch, IdentityProviderService, NewIdentityProvider};
pub use store::{IdentityProviderChange, IdentityProviderStore, IdentityProviderWrite};

use chrono::{DateTime, Utc};

use crate::account::{Sealed, SealedContext};
use crate::id::{IdentityProviderId, MemberId, OrgId};
use crate::store::Revision;
use crate::text::{ClientId, Subject, Title};

/// The most identity providers of an organisation. Two that are added at the same time may pass it by one.
pub const MAX_IDENTITY_PROVIDERS: usize = 10;

/// Where members of an organisation sign in with their account at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// The id; ids sort by the time they were made at.
    pub id: IdentityProviderId,
    /// What members call it.
    pub name: Title,
    /// Its issuer identifier. Its settings are read from below it. Source: OpenID Connect Discovery 1.0, 4.
    pub issuer: Issuer,
    /// What it calls this installation. Source: RFC 6749, 2.2.
    pub client_id: ClientId,
    /// The sealed secret that this installation shows to it. Source: RFC 6749, 2.3.1.
    pub client_secret: Sealed,
    /// Counts its changes.
    pub revision: Revision,
}

impl IdentityProvider {
    /// What its secret is bound to.
    pub(crate) fn secret_context(org: OrgId, id: IdentityProviderId) -> SealedContext {
        SealedContext::new(org, "identity_provider", id, "client_secret")
    }
}

/// A member as an identity provider knows them, from their first sign-in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberIdentity {
    /// The identity provider.
    pub provider: IdentityProviderId,
    /// What the provider calls them: never given to another person. Source: OpenID Connect Core 1.0, 2, `sub`.
    pub subject: Subject,
    /// The member.
    pub member: MemberId,
    /// When they first signed in there.
    pub linked_at: DateTime<Utc>,
}

//! Reads and writes of identity providers.

use async_trait::async_trait;

use super::{IdentityProvider, Issuer, MemberIdentity};
use crate::account::Sealed;
use crate::id::IdentityProviderId;
use crate::scope::OrgScope;
use crate::store::{StoreResult, change};
use crate::text::{ClientId, Subject, Title};

/// Reads of identity providers.
#[async_trait]
pub trait IdentityProviderStore: Send + Sync {
    /// One identity provider; `None` if the organisation has none with this id.
    async fn identity_provider(
        &self,
        scope: &OrgScope,
        id: IdentityProviderId,
    ) -> StoreResult<Option<IdentityProvider>>;
    /// All identity providers, by id.
    async fn identity_providers(&self, scope: &OrgScope) -> StoreResult<Vec<IdentityProvider>>;
    /// The member that a provider calls by this name; `None` if nobody signed in there under it.
    async fn member_identity(
        &self,
        scope: &OrgScope,
        provider: IdentityProviderId,
        subject: &Subject,
    ) -> StoreResult<Option<MemberIdentity>>;
}

change! {
    /// What changes of an identity provider. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct IdentityProviderChange of IdentityProvider {
        /// What members call it.
        name: Title,
        /// Its issuer identifier.
        issuer: Issuer,
        /// What it calls this installation.
        client_id: ClientId,
        /// The sealed secret.
        client_secret: Sealed,
    }
}

/// A change to identity providers. Refused are a new record whose id is there already, and a change or removal of one that is not
/// there: each with a failed [`Precondition::Revision`](crate::store::Precondition::Revision).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityProviderWrite {
    /// A new identity provider.
    Insert(IdentityProvider),
    /// A change of an identity provider.
    Change {
        /// The identity provider that changes.
        provider: IdentityProviderId,
        /// The fields to change.
        change: IdentityProviderChange,
    },
    /// One that is no longer wanted, with what it calls members.
    Remove(IdentityProviderId),
    /// What a provider calls a member, in place of what was kept under the same name.
    Link(MemberIdentity),
    /// What a provider calls members is forgotten: it is another provider now.
    Unlink(IdentityProviderId),
}

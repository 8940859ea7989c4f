//! Use cases of identity providers.

use secrecy::{ExposeSecret, SecretString};

use super::{
    IdentityProvider, IdentityProviderChange, IdentityProviderWrite, Issuer, MAX_IDENTITY_PROVIDERS,
};
use crate::account::Sealed;
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{IdentityProviderId, OrgId};
use crate::ledger::Action;
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::{ClientId, Title};

const KIND: RecordKind = RecordKind::IdentityProvider;
/// The longest secret of a client, in bytes.
const LONGEST_SECRET: usize = 1_000;

/// An identity provider to be added.
#[derive(Debug, Clone)]
pub struct NewIdentityProvider {
    /// What members call it.
    pub name: Title,
    /// Its issuer identifier.
    pub issuer: Issuer,
    /// What it calls this installation.
    pub client_id: ClientId,
    /// The secret that this installation shows to it. It is sealed, and never answered.
    pub client_secret: SecretString,
}

/// What is to change on an identity provider; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct IdentityProviderPatch {
    /// What members call it.
    pub name: Option<Title>,
    /// Another issuer: whoever signed in at the one before is not known there.
    pub issuer: Option<Issuer>,
    /// What it calls this installation.
    pub client_id: Option<ClientId>,
    /// Another secret.
    pub client_secret: Option<SecretString>,
}

/// Identity providers. They decide who comes in as whom, so owners alone change them.
#[derive(Debug, Clone, Copy)]
pub struct IdentityProviderService<'a> {
    runtime: &'a Runtime,
}

impl<'a> IdentityProviderService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// All identity providers, by id.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::SignOnManage`].
    pub async fn all(&self, by: &Actor) -> Result<Vec<IdentityProvider>, Error> {
        let scope = by.scope_for(Permission::SignOnManage)?;
        Ok(self.runtime.store().identity_providers(scope).await?)
    }

    /// One identity provider.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::SignOnManage`].
    pub async fn get(&self, by: &Actor, id: IdentityProviderId) -> Result<IdentityProvider, Error> {
        let scope = by.scope_for(Permission::SignOnManage)?;
        self.runtime.store().identity_provider(scope, id).await?.ok_or(Error::missing(KIND))
    }

    /// Adds an identity provider.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are [`MAX_IDENTITY_PROVIDERS`] already, or for a secret that can be none;
    /// [`Error::Denied`] without [`Permission::SignOnManage`].
    pub async fn add(&self, by: &Actor, new: NewIdentityProvider) -> Result<IdentityProvider, Error> {
        let scope = by.scope_for(Permission::SignOnManage)?;
        if self.runtime.store().identity_providers(scope).await?.len() >= MAX_IDENTITY_PROVIDERS {
            let full =
                format!("cannot be added: there are {MAX_IDENTITY_PROVIDERS} already, remove one first");
            return Err(Error::invalid("name", full));
        }
        let now = self.runtime.now();
        let id = self.runtime.ids().next(now);
        let added = IdentityProvider {
            id,
            name: new.name,
            issuer: new.issuer,
            client_id: new.client_id,
            client_secret: self.sealed(by.org(), id, &new.client_secret).await?,
            revision: Revision::FIRST,
        };
        let mut batch = Batch::new(by, Action::IdentityProviderChanged, now);
        batch.about(id).write(IdentityProviderWrite::Insert(added.clone())).event(DomainEvent::OrgChanged);
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(added)
    }

    /// Changes an identity provider. With a revision, only if it is still at that one. Another issuer forgets who signed in at the
    /// one before.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for a secret that can be none; [`Error::Stale`] if it is not at the revision;
    /// [`Error::Conflict`] if it was changed meanwhile and no revision was given; [`Error::Denied`] without
    /// [`Permission::SignOnManage`].
    pub async fn change(
        &self,
        by: &Actor,
        id: IdentityProviderId,
        seen: Option<Revision>,
        patch: IdentityProviderPatch,
    ) -> Result<IdentityProvider, Error> {
        let scope = by.scope_for(Permission::SignOnManage)?;
        let mut kept = self.meant(scope, id, seen).await?;
        let client_secret = match &patch.client_secret {
            Some(secret) => Some(self.sealed(by.org(), id, secret).await?),
            None => None,
        };
        let is_another = patch.issuer.as_ref().is_some_and(|issuer| *issuer != kept.issuer);
        let change = IdentityProviderChange {
            name: patch.name,
            issuer: patch.issuer,
            client_id: patch.client_id,
            client_secret,
        };
        let mut batch = self.under(by, &kept);
        change.apply(&mut kept);
        batch.write(IdentityProviderWrite::Change { provider: id, change });
        if is_another {
            batch.write(IdentityProviderWrite::Unlink(id));
        }
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, seen))?;
        Ok(kept)
    }

    /// Removes an identity provider, and answers it as it was. Sessions that were begun there go on until they end.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Stale`] if it is not at the revision; [`Error::Conflict`] if it was changed meanwhile
    /// and no revision was given; [`Error::Denied`] without [`Permission::SignOnManage`].
    pub async fn remove(
        &self,
        by: &Actor,
        id: IdentityProviderId,
        seen: Option<Revision>,
    ) -> Result<IdentityProvider, Error> {
        let scope = by.scope_for(Permission::SignOnManage)?;
        let kept = self.meant(scope, id, seen).await?;
        let mut batch = self.under(by, &kept);
        batch.write(IdentityProviderWrite::Remove(id));
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, seen))?;
        Ok(kept)
    }

    async fn sealed(
        &self,
        org: OrgId,
        id: IdentityProviderId,
        secret: &SecretString,
    ) -> Result<Sealed, Error> {
        let secret = secret.expose_secret();
        if secret.is_empty() || secret.len() > LONGEST_SECRET || secret.chars().any(char::is_control) {
            let problem = format!(
                "must be the secret that the identity provider shows, at most {LONGEST_SECRET} bytes"
            );
            return Err(Error::invalid("client_secret", problem));
        }
        let context = IdentityProvider::secret_context(org, id);
        self.runtime.sealer().seal(&context, secret.as_bytes()).await
    }

    /// The one that is meant, at the revision that was seen.
    async fn meant(
        &self,
        scope: &OrgScope,
        id: IdentityProviderId,
        seen: Option<Revision>,
    ) -> Result<IdentityProvider, Error> {
        let kept = self.runtime.store().identity_provider(scope, id).await?.ok_or(Error::missing(KIND))?;
        if seen.is_some_and(|seen| seen != kept.revision) {
            return Err(Error::Stale { kind: KIND });
        }
        Ok(kept)
    }

    /// A batch about one that stands as it was read.
    fn under(&self, by: &Actor, kept: &IdentityProvider) -> Batch {
        let mut batch = Batch::new(by, Action::IdentityProviderChanged, self.runtime.now());
        batch
            .about(kept.id)
            .require(Precondition::Revision(RecordRef::IdentityProvider(kept.id), kept.revision))
            .event(DomainEvent::OrgChanged);
        batch
    }
}

/// What a refusal of the store means to a caller.
fn refused(error: StoreError, seen: Option<Revision>) -> Error {
    match error {
        StoreError::PreconditionFailed(_) if seen.is_some() => Error::Stale { kind: KIND },
        StoreError::PreconditionFailed(_) => Error::Conflict { kind: KIND },
        other => other.into(),
    }
}

//! Identity providers, and what they call members: how they are read and written.

use uuid::Uuid;

use dialzio_core::IdentityProviderId;
use dialzio_core::identity_provider::{IdentityProvider, IdentityProviderWrite, MemberIdentity};
use dialzio_core::store::{RecordRef, StoreError};

use crate::apply::{Scope, absent, missing};
use crate::codec::{id, read};
use crate::error::{Failure, Res};
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: IdentityProviderId) -> Res<Option<IdentityProvider>> {
    db.one(sql::IDENTITY_PROVIDER, params![org, id(of)], read).await
}

pub(crate) async fn all(db: &mut Db<'_>, org: Uuid) -> Res<Vec<IdentityProvider>> {
    db.all(sql::IDENTITY_PROVIDERS, params![org], read).await
}

pub(crate) async fn member(
    db: &mut Db<'_>,
    org: Uuid,
    provider: IdentityProviderId,
    subject: &str,
) -> Res<Option<MemberIdentity>> {
    db.one(sql::MEMBER_IDENTITY, params![org, id(provider), subject], read).await
}

impl Scope<'_> {
    pub(crate) async fn write_identity_provider(&mut self, write: &IdentityProviderWrite) -> Res<()> {
        match write {
            IdentityProviderWrite::Insert(new) => {
                let kept = one(&mut self.db, self.key, new.id).await?;
                absent(kept.as_ref(), RecordRef::IdentityProvider(new.id))?;
                self.put_identity_provider(new).await
            }
            IdentityProviderWrite::Change { provider, change } => {
                let kept = one(&mut self.db, self.key, *provider).await?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::IdentityProvider(*provider)))?;
                change.apply(&mut kept);
                self.put_identity_provider(&kept).await
            }
            IdentityProviderWrite::Remove(of) => {
                let gone = self.db.run(sql::DROP_IDENTITY_PROVIDER, params![self.key, id(*of)]).await?;
                if gone == 0 {
                    return Err(missing(RecordRef::IdentityProvider(*of)));
                }
                self.unlink(*of).await
            }
            IdentityProviderWrite::Link(identity) => {
                self.db.put_one(sql::PUT_MEMBER_IDENTITY, self.key, identity).await.map(drop)
            }
            IdentityProviderWrite::Unlink(of) => self.unlink(*of).await,
            _ => Err(Failure::Store(StoreError::Unsupported("a change to identity providers"))),
        }
    }

    async fn put_identity_provider(&mut self, new: &IdentityProvider) -> Res<()> {
        self.db.put_one(sql::PUT_IDENTITY_PROVIDER, self.key, new).await.map(drop)
    }

    async fn unlink(&mut self, of: IdentityProviderId) -> Res<()> {
        self.db.run(sql::DROP_MEMBER_IDENTITIES, params![self.key, id(of)]).await.map(drop)
    }
}

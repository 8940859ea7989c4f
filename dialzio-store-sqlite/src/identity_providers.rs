//! Identity providers: their port, and how they are read and written.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use dialzio_core::identity_provider::{
    IdentityProvider, IdentityProviderStore, IdentityProviderWrite, MemberIdentity,
};
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::text::Subject;
use dialzio_core::{IdentityProviderId, OrgScope, StoreResult};

use crate::SqliteStore;
use crate::apply::{Scope, absent, missing};
use crate::codec::{id, read};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

#[async_trait]
impl IdentityProviderStore for SqliteStore {
    async fn identity_provider(
        &self,
        scope: &OrgScope,
        of: IdentityProviderId,
    ) -> StoreResult<Option<IdentityProvider>> {
        self.read(scope, move |snapshot| one(snapshot.db, id(snapshot.org), of)).await
    }

    async fn identity_providers(&self, scope: &OrgScope) -> StoreResult<Vec<IdentityProvider>> {
        self.read(scope, |snapshot| snapshot.db.all(sql::IDENTITY_PROVIDERS, [id(snapshot.org)], read)).await
    }

    async fn member_identity(
        &self,
        scope: &OrgScope,
        provider: IdentityProviderId,
        subject: &Subject,
    ) -> StoreResult<Option<MemberIdentity>> {
        let subject = subject.clone();
        self.read(scope, move |snapshot| {
            let key = params![id(snapshot.org), id(provider), subject.reveal()];
            snapshot.db.one(sql::MEMBER_IDENTITY, key, read)
        })
        .await
    }
}

pub(crate) fn one(db: &Connection, org: [u8; 16], of: IdentityProviderId) -> Res<Option<IdentityProvider>> {
    db.one(sql::IDENTITY_PROVIDER, params![org, id(of)], read)
}

impl Scope<'_> {
    pub(crate) fn write_identity_provider(&mut self, write: &IdentityProviderWrite) -> Res<()> {
        match write {
            IdentityProviderWrite::Insert(new) => {
                let kept = one(self.db, self.key, new.id)?;
                absent(kept.as_ref(), RecordRef::IdentityProvider(new.id))?;
                self.put_identity_provider(new)
            }
            IdentityProviderWrite::Change { provider, change } => {
                let kept = one(self.db, self.key, *provider)?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::IdentityProvider(*provider)))?;
                change.apply(&mut kept);
                self.put_identity_provider(&kept)
            }
            IdentityProviderWrite::Remove(of) => {
                let gone = self.db.run(sql::DROP_IDENTITY_PROVIDER, params![self.key, id(*of)])?;
                if gone == 0 {
                    return Err(missing(RecordRef::IdentityProvider(*of)));
                }
                self.unlink(*of)
            }
            IdentityProviderWrite::Link(identity) => {
                self.db.put(sql::PUT_MEMBER_IDENTITY, self.key, identity).map(drop)
            }
            IdentityProviderWrite::Unlink(of) => self.unlink(*of),
            _ => Err(Failure::Store(StoreError::Unsupported("a change to identity providers"))),
        }
    }

    fn put_identity_provider(&mut self, new: &IdentityProvider) -> Res<()> {
        self.db.put(sql::PUT_IDENTITY_PROVIDER, self.key, new).map(drop)
    }

    fn unlink(&mut self, of: IdentityProviderId) -> Res<()> {
        self.db.run(sql::DROP_MEMBER_IDENTITIES, params![self.key, id(of)]).map(drop)
    }
}

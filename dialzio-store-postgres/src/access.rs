//! The organisation, its members and keys.

use uuid::Uuid;

use dialzio_core::access::{AccessWrite, ApiKey, Member, Org};
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::{ApiKeyId, MemberId, OrgId, UserId};

use crate::apply::{Scope, absent, missing};
use crate::codec::{id, or_nil, read};
use crate::error::{Failure, Res};
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn org(db: &mut Db<'_>, of: OrgId) -> Res<Option<Org>> {
    db.one(sql::ORG, params![id(of)], read).await
}

pub(crate) async fn orgs(db: &mut Db<'_>, after: Option<OrgId>, limit: u32) -> Res<Vec<Org>> {
    db.all(sql::ORGS, params![or_nil(after), i64::from(limit)], read).await
}

pub(crate) async fn member(db: &mut Db<'_>, org: Uuid, of: MemberId) -> Res<Option<Member>> {
    db.one(sql::MEMBER, params![org, id(of)], read).await
}

pub(crate) async fn members(db: &mut Db<'_>, org: Uuid) -> Res<Vec<Member>> {
    db.all(sql::MEMBERS, params![org], read).await
}

/// A user's active membership.
pub(crate) async fn member_of_user(db: &mut Db<'_>, org: Uuid, user: UserId) -> Res<Option<Member>> {
    db.one(sql::MEMBER_OF_USER, params![org, id(user)], read).await
}

pub(crate) async fn api_key(db: &mut Db<'_>, org: Uuid, of: ApiKeyId) -> Res<Option<ApiKey>> {
    db.one(sql::API_KEY, params![org, id(of)], read).await
}

pub(crate) async fn api_keys(db: &mut Db<'_>, org: Uuid) -> Res<Vec<ApiKey>> {
    db.all(sql::API_KEYS, params![org], read).await
}

impl Scope<'_> {
    pub(crate) async fn write_access(&mut self, write: &AccessWrite) -> Res<()> {
        match write {
            AccessWrite::InsertOrg(new) => {
                absent(org(&mut self.db, new.id).await?.as_ref(), RecordRef::Org(new.id))?;
                self.put_org(new).await
            }
            AccessWrite::ChangeOrg(change) => {
                let kept = org(&mut self.db, self.group.org).await?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Org(self.group.org)))?;
                change.apply(&mut kept);
                self.put_org(&kept).await
            }
            AccessWrite::InsertMember(new) => {
                absent(member(&mut self.db, self.key, new.id).await?.as_ref(), RecordRef::Member(new.id))?;
                self.put_member(new).await
            }
            AccessWrite::ChangeMember { member: of, change } => {
                let kept = member(&mut self.db, self.key, *of).await?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Member(*of)))?;
                change.apply(&mut kept);
                self.put_member(&kept).await
            }
            AccessWrite::InsertApiKey(new) => {
                absent(api_key(&mut self.db, self.key, new.id).await?.as_ref(), RecordRef::ApiKey(new.id))?;
                self.put_api_key(new).await
            }
            AccessWrite::ChangeApiKey { key, change } => {
                let kept = api_key(&mut self.db, self.key, *key).await?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::ApiKey(*key)))?;
                change.apply(&mut kept);
                self.put_api_key(&kept).await
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to access"))),
        }
    }

    async fn put_org(&mut self, new: &Org) -> Res<()> {
        self.db.put_one(sql::PUT_ORG, self.key, new).await.map(drop)
    }

    async fn put_member(&mut self, new: &Member) -> Res<()> {
        self.db.put_one(sql::PUT_MEMBER, self.key, new).await?;
        let membership = params![id(new.user), self.key, id(new.id), new.state.as_str()];
        self.db.run(sql::PUT_MEMBERSHIP, membership).await.map(drop)
    }

    async fn put_api_key(&mut self, new: &ApiKey) -> Res<()> {
        self.db.put_one(sql::PUT_API_KEY, self.key, new).await?;
        self.db.run(sql::DROP_API_KEY_OWNER, params![self.key, id(new.id)]).await?;
        self.db
            .run(sql::PUT_API_KEY_OWNER, params![new.hash.0.as_slice(), self.key, id(new.id)])
            .await
            .map(drop)
    }
}

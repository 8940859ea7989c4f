//! The organisation, its members and keys.

use rusqlite::{Connection, params};

use dialzio_core::access::{AccessWrite, ApiKey, Member, Org};
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::{ApiKeyId, MemberId, OrgId, UserId};

use crate::apply::{Scope, absent, missing};
use crate::codec::{id, read};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

pub(crate) fn org(db: &Connection, of: OrgId) -> Res<Option<Org>> {
    db.one(sql::ORG, [id(of)], read)
}

pub(crate) fn orgs(db: &Connection, after: Option<OrgId>, limit: u32) -> Res<Vec<Org>> {
    let after = after.map(|org| id(org).to_vec()).unwrap_or_default();
    db.all(sql::ORGS, params![after, limit], read)
}

pub(crate) fn member(db: &Connection, org: [u8; 16], of: MemberId) -> Res<Option<Member>> {
    db.one(sql::MEMBER, params![org, id(of)], read)
}

pub(crate) fn members(db: &Connection, org: [u8; 16]) -> Res<Vec<Member>> {
    db.all(sql::MEMBERS, [org], read)
}

/// A user's active membership.
pub(crate) fn member_of_user(db: &Connection, org: [u8; 16], user: UserId) -> Res<Option<Member>> {
    db.one(sql::MEMBER_OF_USER, params![org, id(user)], read)
}

pub(crate) fn api_key(db: &Connection, org: [u8; 16], of: ApiKeyId) -> Res<Option<ApiKey>> {
    db.one(sql::API_KEY, params![org, id(of)], read)
}

pub(crate) fn api_keys(db: &Connection, org: [u8; 16]) -> Res<Vec<ApiKey>> {
    db.all(sql::API_KEYS, [org], read)
}

impl Scope<'_> {
    pub(crate) fn write_access(&mut self, write: &AccessWrite) -> Res<()> {
        match write {
            AccessWrite::InsertOrg(new) => {
                absent(org(self.db, new.id)?.as_ref(), RecordRef::Org(new.id))?;
                self.put_org(new)
            }
            AccessWrite::ChangeOrg(change) => {
                let kept = org(self.db, self.org)?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Org(self.org)))?;
                change.apply(&mut kept);
                self.put_org(&kept)
            }
            AccessWrite::InsertMember(new) => {
                absent(member(self.db, self.key, new.id)?.as_ref(), RecordRef::Member(new.id))?;
                self.put_member(new)
            }
            AccessWrite::ChangeMember { member: of, change } => {
                let kept = member(self.db, self.key, *of)?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Member(*of)))?;
                change.apply(&mut kept);
                self.put_member(&kept)
            }
            AccessWrite::InsertApiKey(new) => {
                absent(api_key(self.db, self.key, new.id)?.as_ref(), RecordRef::ApiKey(new.id))?;
                self.put_api_key(new)
            }
            AccessWrite::ChangeApiKey { key, change } => {
                let kept = api_key(self.db, self.key, *key)?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::ApiKey(*key)))?;
                change.apply(&mut kept);
                self.put_api_key(&kept)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to access"))),
        }
    }

    fn put_org(&mut self, new: &Org) -> Res<()> {
        self.db.put(sql::PUT_ORG, self.key, new).map(drop)
    }

    fn put_member(&mut self, new: &Member) -> Res<()> {
        self.db.put(sql::PUT_MEMBER, self.key, new)?;
        let membership = params![id(new.user), self.key, id(new.id), new.state.as_str()];
        self.db.run(sql::PUT_MEMBERSHIP, membership).map(drop)
    }

    fn put_api_key(&mut self, new: &ApiKey) -> Res<()> {
        self.db.put(sql::PUT_API_KEY, self.key, new)?;
        self.db.run(sql::DROP_API_KEY_OWNER, params![self.key, id(new.id)])?;
        self.db.run(sql::PUT_API_KEY_OWNER, params![new.hash.0, self.key, id(new.id)]).map(drop)
    }
}

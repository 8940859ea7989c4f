//! The organisation, its members and keys.

use rusqlite::{Connection, Row, params};

use dialzio_core::access::chrono_tz_name::ZoneName;
use dialzio_core::access::{AccessWrite, ApiKey, Member, MemberState, Org, TokenHash};
use dialzio_core::consent::QuietHours;
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::{ApiKeyId, MemberId, OrgId, Region, Revision, UserId};

use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, json, opt_time, time};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

fn country(c: &Cols<'_>) -> Res<Option<Region>> {
    let stored: Option<String> = c.get()?;
    stored.map(|text| Region::parse(&text).map_err(|_| c.bad())).transpose()
}

fn org_row(row: &Row<'_>) -> Res<Org> {
    let c = Cols::new(row, "organisation");
    let (id, name, zone) = (c.id()?, c.text()?, c.get::<String>()?);
    Ok(Org {
        id,
        name,
        zone: ZoneName::parse(&zone).ok_or_else(|| c.bad())?,
        quiet_hours: QuietHours { open_from: c.number()?, open_until: c.number()? },
        marketing_cap: c.number()?,
        message_days: c.number()?,
        created_at: c.time()?,
        revision: Revision(c.number()?),
        country: country(&c)?,
    })
}

pub(crate) fn org(db: &Connection, of: OrgId) -> Res<Option<Org>> {
    db.one(sql::ORG, [id(of)], org_row)
}

pub(crate) fn orgs(db: &Connection, after: Option<OrgId>, limit: u32) -> Res<Vec<Org>> {
    let after = after.map(|org| id(org).to_vec()).unwrap_or_default();
    db.all(sql::ORGS, params![after, limit], org_row)
}

fn member_row(row: &Row<'_>) -> Res<Member> {
    let c = Cols::new(row, "member");
    Ok(Member {
        id: c.id()?,
        user: c.id()?,
        name: c.text()?,
        role: c.word()?,
        state: c.word()?,
        created_at: c.time()?,
        revision: Revision(c.number()?),
    })
}

pub(crate) fn member(db: &Connection, org: [u8; 16], of: MemberId) -> Res<Option<Member>> {
    db.one(sql::MEMBER, params![org, id(of)], member_row)
}

pub(crate) fn members(db: &Connection, org: [u8; 16]) -> Res<Vec<Member>> {
    db.all(sql::MEMBERS, [org], member_row)
}

/// A user's active membership.
pub(crate) fn member_of_user(db: &Connection, org: [u8; 16], user: UserId) -> Res<Option<Member>> {
    db.one(sql::MEMBER_OF_USER, params![org, id(user)], member_row)
}

fn api_key_row(row: &Row<'_>) -> Res<ApiKey> {
    let c = Cols::new(row, "key");
    Ok(ApiKey {
        id: c.id()?,
        name: c.text()?,
        permissions: c.json()?,
        hash: TokenHash(c.get()?),
        created_at: c.time()?,
        expires_at: c.time()?,
        revoked_at: c.opt_time()?,
        revision: Revision(c.number()?),
    })
}

pub(crate) fn api_key(db: &Connection, org: [u8; 16], of: ApiKeyId) -> Res<Option<ApiKey>> {
    db.one(sql::API_KEY, params![org, id(of)], api_key_row)
}

pub(crate) fn api_keys(db: &Connection, org: [u8; 16]) -> Res<Vec<ApiKey>> {
    db.all(sql::API_KEYS, [org], api_key_row)
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
                self.db.run(sql::DROP_MEMBERSHIP, params![id(kept.user), self.key, id(kept.id)])?;
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
        let row = params![
            self.key,
            new.name.reveal(),
            new.zone.as_str(),
            new.quiet_hours.open_from,
            new.quiet_hours.open_until,
            new.marketing_cap,
            new.message_days,
            time(new.created_at),
            new.revision.0,
            new.country.map(|country| country.as_str().to_owned()),
        ];
        self.db.run(sql::PUT_ORG, row).map(drop)
    }

    fn put_member(&mut self, new: &Member) -> Res<()> {
        let row = params![
            self.key,
            id(new.id),
            id(new.user),
            new.name.reveal(),
            new.role.as_str(),
            new.state.as_str(),
            time(new.created_at),
            new.revision.0,
        ];
        self.db.run(sql::PUT_MEMBER, row)?;
        if new.state == MemberState::Active {
            self.db.run(sql::PUT_MEMBERSHIP, params![id(new.user), self.key, id(new.id)])?;
        }
        Ok(())
    }

    fn put_api_key(&mut self, new: &ApiKey) -> Res<()> {
        let row = params![
            self.key,
            id(new.id),
            new.name.reveal(),
            json(&new.permissions, "key")?,
            new.hash.0,
            time(new.created_at),
            time(new.expires_at),
            opt_time(new.revoked_at),
            new.revision.0,
        ];
        self.db.run(sql::PUT_API_KEY, row)?;
        self.db.run(sql::DROP_API_KEY_OWNER, params![self.key, id(new.id)])?;
        self.db.run(sql::PUT_API_KEY_OWNER, params![new.hash.0, self.key, id(new.id)]).map(drop)
    }
}

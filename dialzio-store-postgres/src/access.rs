//! The organisation, its members and keys.

use sqlx::postgres::PgRow;
use uuid::Uuid;

use dialzio_core::access::chrono_tz_name::ZoneName;
use dialzio_core::access::{AccessWrite, ApiKey, Member, MemberState, Org, TokenHash};
use dialzio_core::consent::QuietHours;
use dialzio_core::store::{RecordRef, StoreError};
use dialzio_core::{ApiKeyId, MemberId, OrgId, Region, Revision, UserId};

use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, json, opt_time, or_nil, time};
use crate::error::{Failure, Res};
use crate::run::{Db, params};
use crate::statements as sql;

fn country(c: &Cols<'_>) -> Res<Option<Region>> {
    let stored: Option<String> = c.get()?;
    stored.map(|text| Region::parse(&text).map_err(|_| c.bad())).transpose()
}

fn org_row(row: &PgRow) -> Res<Org> {
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

pub(crate) async fn org(db: &mut Db<'_>, of: OrgId) -> Res<Option<Org>> {
    db.one(sql::ORG, params![id(of)], org_row).await
}

pub(crate) async fn orgs(db: &mut Db<'_>, after: Option<OrgId>, limit: u32) -> Res<Vec<Org>> {
    db.all(sql::ORGS, params![or_nil(after), i64::from(limit)], org_row).await
}

fn member_row(row: &PgRow) -> Res<Member> {
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

pub(crate) async fn member(db: &mut Db<'_>, org: Uuid, of: MemberId) -> Res<Option<Member>> {
    db.one(sql::MEMBER, params![org, id(of)], member_row).await
}

pub(crate) async fn members(db: &mut Db<'_>, org: Uuid) -> Res<Vec<Member>> {
    db.all(sql::MEMBERS, params![org], member_row).await
}

/// A user's active membership.
pub(crate) async fn member_of_user(db: &mut Db<'_>, org: Uuid, user: UserId) -> Res<Option<Member>> {
    db.one(sql::MEMBER_OF_USER, params![org, id(user)], member_row).await
}

fn api_key_row(row: &PgRow) -> Res<ApiKey> {
    let c = Cols::new(row, "key");
    Ok(ApiKey {
        id: c.id()?,
        name: c.text()?,
        permissions: c.json()?,
        hash: TokenHash(c.bytes()?),
        created_at: c.time()?,
        expires_at: c.time()?,
        revoked_at: c.opt_time()?,
        revision: Revision(c.number()?),
    })
}

pub(crate) async fn api_key(db: &mut Db<'_>, org: Uuid, of: ApiKeyId) -> Res<Option<ApiKey>> {
    db.one(sql::API_KEY, params![org, id(of)], api_key_row).await
}

pub(crate) async fn api_keys(db: &mut Db<'_>, org: Uuid) -> Res<Vec<ApiKey>> {
    db.all(sql::API_KEYS, params![org], api_key_row).await
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
                self.db.run(sql::DROP_MEMBERSHIP, params![id(kept.user), self.key, id(kept.id)]).await?;
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
        let row = params![
            self.key,
            new.name.reveal(),
            new.zone.as_str(),
            i64::from(new.quiet_hours.open_from),
            i64::from(new.quiet_hours.open_until),
            i64::from(new.marketing_cap),
            i64::from(new.message_days),
            time(new.created_at),
            i64::from(new.revision.0),
            new.country.map(|country| country.as_str().to_owned()),
        ];
        self.db.run(sql::PUT_ORG, row).await.map(drop)
    }

    async fn put_member(&mut self, new: &Member) -> Res<()> {
        let row = params![
            self.key,
            id(new.id),
            id(new.user),
            new.name.reveal(),
            new.role.as_str(),
            new.state.as_str(),
            time(new.created_at),
            i64::from(new.revision.0),
        ];
        self.db.run(sql::PUT_MEMBER, row).await?;
        if new.state == MemberState::Active {
            self.db.run(sql::PUT_MEMBERSHIP, params![id(new.user), self.key, id(new.id)]).await?;
        }
        Ok(())
    }

    async fn put_api_key(&mut self, new: &ApiKey) -> Res<()> {
        let row = params![
            self.key,
            id(new.id),
            new.name.reveal(),
            json(&new.permissions, "key")?,
            new.hash.0.as_slice(),
            time(new.created_at),
            time(new.expires_at),
            opt_time(new.revoked_at),
            i64::from(new.revision.0),
        ];
        self.db.run(sql::PUT_API_KEY, row).await?;
        self.db.run(sql::DROP_API_KEY_OWNER, params![self.key, id(new.id)]).await?;
        self.db
            .run(sql::PUT_API_KEY_OWNER, params![new.hash.0.as_slice(), self.key, id(new.id)])
            .await
            .map(drop)
    }
}

//! The system tables.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use dialzio_core::Revision;
use dialzio_core::access::{Invitation, Session, SignIn, TokenHash, User};
use dialzio_core::account::{App, KeyCheck, Route, Sealed};
use dialzio_core::contact::Portfolio;
use dialzio_core::effect::Lane;
use dialzio_core::event::EventSeq;
use dialzio_core::inbox::Quarantined;
use dialzio_core::ledger::ChainHash;
use dialzio_core::operator::OperatorEntry;
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::provider::AccountRef;
use dialzio_core::store::{Expect, RecordRef, StoreError, SystemWrite};
use dialzio_core::text::EmailAddress;
use dialzio_core::time::{Ahead, TimeMark};
use dialzio_core::{ApiKeyId, AppId, HookId, OrgId, TypedId, UserId};

use crate::codec::{Cols, id, id_list, opt_time, or_nil, time};
use crate::contacts::{id_before, id_key, over};
use crate::error::{Failure, Res};
use crate::run::{Db, Params, params};
use crate::statements as sql;

fn unmet(record: RecordRef, revision: Revision) -> Failure {
    StoreError::unmet(Expect::Revision(record, revision)).into()
}

/// A record of the system tables is not as it was expected to be.
fn changed(record: Uuid) -> Failure {
    unmet(RecordRef::Other(record), Revision::FIRST)
}

fn user_row(row: &PgRow) -> Res<User> {
    let c = Cols::new(row, "user");
    let (id, email, password) = (c.id()?, c.text()?, c.get::<String>()?);
    let (password, created_at) = (SecretString::from(password), c.time()?);
    Ok(User { id, email, password, created_at, revision: Revision(c.number()?) })
}

pub(crate) async fn user(db: &mut Db<'_>, of: UserId) -> Res<Option<User>> {
    db.one(sql::USER, params![id(of)], user_row).await
}

pub(crate) async fn user_by_email(db: &mut Db<'_>, email: &EmailAddress) -> Res<Option<User>> {
    db.one(sql::USER_BY_EMAIL, params![email.match_key()], user_row).await
}

fn session(row: &PgRow) -> Res<Session> {
    let c = Cols::new(row, "session");
    Ok(Session {
        hash: TokenHash(c.bytes()?),
        user: c.id()?,
        org: c.id()?,
        created_at: c.time()?,
        expires_at: c.time()?,
        seen_at: c.time()?,
    })
}

pub(crate) async fn credential_owner(
    db: &mut Db<'_>,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Res<Option<SignIn>> {
    if let Some(session) = db.one(sql::SESSION, params![token.0.as_slice(), time(now)], session).await? {
        // From here on as anybody else of that organisation.
        db.enter(session.org).await?;
        let member = crate::access::member_of_user(db, id(session.org), session.user).await?;
        return Ok(member.map(|member| SignIn::Session(session, member)));
    }
    let owner = db
        .one(sql::API_KEY_OWNER, params![token.0.as_slice()], |row| {
            let c = Cols::new(row, "key");
            Ok((c.id::<OrgId>()?, c.id::<ApiKeyId>()?))
        })
        .await?;
    let Some((org, key)) = owner else { return Ok(None) };
    db.enter(org).await?;
    let key = crate::access::api_key(db, id(org), key).await?;
    let valid = key.filter(|key| key.hash == *token && key.revoked_at.is_none() && key.expires_at > now);
    Ok(valid.map(|key| SignIn::Key(org, key)))
}

pub(crate) async fn organisations_of(db: &mut Db<'_>, user: UserId) -> Res<Vec<OrgId>> {
    db.all(sql::MEMBERSHIPS, params![id(user)], |row| Cols::new(row, "membership").id()).await
}

pub(crate) async fn invitation(
    db: &mut Db<'_>,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Res<Option<Invitation>> {
    db.one(sql::INVITATION, params![token.0.as_slice(), time(now)], |row| {
        let c = Cols::new(row, "invitation");
        Ok(Invitation {
            hash: TokenHash(c.bytes()?),
            org: c.id()?,
            email: c.opt_text()?,
            role: c.word()?,
            expires_at: c.time()?,
        })
    })
    .await
}

fn app_row(row: &PgRow) -> Res<App> {
    let c = Cols::new(row, "app");
    let (id, org, provider, name, hook) = (c.id()?, c.id_or_nil()?, c.get()?, c.text()?, c.id()?);
    let secrets: Vec<Vec<u8>> = c.get::<Option<_>>()?.unwrap_or_default();
    Ok(App {
        id,
        org,
        provider,
        name,
        hook,
        secrets: secrets.into_iter().map(Sealed::from_bytes).collect(),
        verify_token: Sealed::from_bytes(c.get()?),
        created_at: c.time()?,
        revision: Revision(c.number()?),
    })
}

pub(crate) async fn app(db: &mut Db<'_>, of: AppId) -> Res<Option<App>> {
    db.one(sql::APP, params![id(of)], app_row).await
}

pub(crate) async fn hook(db: &mut Db<'_>, of: HookId) -> Res<Option<App>> {
    db.one(sql::APP_OF_HOOK, params![id(of)], app_row).await
}

pub(crate) async fn apps(db: &mut Db<'_>, org: Option<OrgId>) -> Res<Vec<App>> {
    db.all(sql::APPS, params![or_nil(org)], app_row).await
}

pub(crate) async fn routes(db: &mut Db<'_>, app: AppId, wanted: &[AccountRef]) -> Res<Vec<Option<Route>>> {
    let read = |row: &PgRow| {
        let c = Cols::new(row, "route");
        Ok(Route { org: c.id()?, account: c.id()?, portfolio: Portfolio(c.get()?) })
    };
    // A number before a business account, then the oldest.
    let mut found = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        // No text here holds this character, and PostgreSQL would not even compare one that does.
        if wanted.0.contains('\0') {
            found.push(None);
            continue;
        }
        let row = params![id(app), wanted.0];
        let route = match db.one(sql::ROUTE_OF_NUMBER, row.clone(), read).await? {
            Some(route) => Some(route),
            None => db.one(sql::ROUTE_OF_BUSINESS, row, read).await?,
        };
        found.push(route);
    }
    Ok(found)
}

/// Lanes with due work, those whose work has waited longest first, without those that somebody works on. Behind them,
/// lanes whose last holder went without giving them back: what it had dispatched has to be looked after.
pub(crate) async fn lanes_due(db: &mut Db<'_>, now: DateTime<Utc>, limit: u32) -> Res<Vec<Lane>> {
    let mut lanes = db
        .all(sql::LANES_DUE, params![time(now), i64::from(limit)], |row| {
            let c = Cols::new(row, "lane");
            Ok(Lane { org: c.id()?, account: c.id_or_nil()?, kind: c.word()? })
        })
        .await?;
    lanes.truncate(limit as usize);
    Ok(lanes)
}

/// Organisations that have ever written anything, in order of id.
pub(crate) async fn heads(db: &mut Db<'_>, after: Option<OrgId>, limit: i64) -> Res<Vec<OrgId>> {
    db.all(sql::HEADS, params![or_nil(after), limit], |row| Cols::new(row, "head").id()).await
}

/// The newest events of organisations.
pub(crate) async fn newest_of(db: &mut Db<'_>, orgs: &[OrgId]) -> Res<Vec<(OrgId, EventSeq)>> {
    db.all(sql::NEWEST_OF, params![id_list(orgs.iter().copied())], |row| {
        let c = Cols::new(row, "head");
        Ok((c.id()?, EventSeq(c.number()?)))
    })
    .await
}

pub(crate) async fn next_due(db: &mut Db<'_>) -> Res<Option<DateTime<Utc>>> {
    Ok(db.one(sql::LANE_NEXT, params![], |row| Cols::new(row, "lane").opt_time()).await?.flatten())
}

/// Quarantined bytes of an organisation, or of none, whose time is not up, newest first.
pub(crate) async fn quarantine(
    db: &mut Db<'_>,
    org: Option<OrgId>,
    now: DateTime<Utc>,
    page: &PageRequest,
) -> Res<Page<Quarantined>> {
    let row = params![or_nil(org), id_before(page)?, time(now), over(page)];
    let found = db
        .all(sql::QUARANTINE, row, |row| {
            let c = Cols::new(row, "quarantine");
            Ok(Quarantined {
                id: c.id()?,
                org: c.id_or_nil()?,
                app: c.id()?,
                provider: c.get()?,
                reason: c.word()?,
                what: c.get()?,
                sealed: Sealed::from_bytes(c.get()?),
                trust: c.word()?,
                received_at: c.time()?,
                expires_at: c.time()?,
            })
        })
        .await?;
    Ok(Page::from_overread(found, page.limit, |bytes| id_key(bytes.id)))
}

/// What is kept of the keys, in order of their places.
pub(crate) async fn key_checks(db: &mut Db<'_>) -> Res<Vec<KeyCheck>> {
    db.all(sql::KEY_CHECKS, params![], |row| {
        let c = Cols::new(row, "key check");
        Ok(KeyCheck { place: c.number()?, key: c.get()?, mac: c.bytes()?, made_at: c.time()? })
    })
    .await
}

/// Entries of the operator log before a place, newest first.
pub(crate) async fn operator_log(db: &mut Db<'_>, before: u64, limit: u32) -> Res<Vec<OperatorEntry>> {
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    db.all(sql::OPERATOR_LOG, params![before, i64::from(limit)], |row| {
        let c = Cols::new(row, "operator entry");
        Ok(OperatorEntry {
            seq: c.number()?,
            at: c.time()?,
            reason: c.text()?,
            action: c.word()?,
            org: c.opt_uuid()?.map(TypedId::from_uuid),
            subject: c.opt_uuid()?,
            hash: ChainHash(c.bytes()?),
        })
    })
    .await
}

/// How far the clock is known to have come.
pub(crate) async fn time_mark(db: &mut Db<'_>) -> Res<Option<TimeMark>> {
    db.one(sql::TIME_MARK, params![], |row| {
        let c = Cols::new(row, "time mark");
        let (trusted_at, at, held) = (c.time()?, c.opt_time()?, TimeDelta::microseconds(c.get()?));
        Ok(TimeMark { trusted_at, ahead: at.map(|at| Ahead { at, held }) })
    })
    .await
}

/// One change.
pub(crate) async fn write(db: &mut Db<'_>, write: &SystemWrite) -> Res<()> {
    match write {
        SystemWrite::InsertUser(new) => {
            if user(db, new.id).await?.is_some() {
                return Err(unmet(RecordRef::User(new.id), Revision::NONE));
            }
            put_user(db, new).await?;
        }
        SystemWrite::ChangeUser { user: of, revision, change } => {
            let kept = user(db, *of).await?.filter(|kept| kept.revision == *revision);
            let mut kept = kept.ok_or_else(|| unmet(RecordRef::User(*of), *revision))?;
            change.apply(&mut kept);
            put_user(db, &kept).await?;
        }
        SystemWrite::Session(new) => {
            let ends = (time(new.created_at), time(new.expires_at), time(new.seen_at));
            let row = params![new.hash.0.as_slice(), id(new.user), id(new.org), ends.0, ends.1, ends.2];
            db.run(sql::PUT_SESSION, row).await?;
        }
        SystemWrite::SessionSeen(token, at) => {
            db.run(sql::SEE_SESSION, params![token.0.as_slice(), time(*at)]).await?;
        }
        SystemWrite::EndSession(token) => {
            db.run(sql::DROP_SESSION, params![token.0.as_slice()]).await?;
        }
        SystemWrite::EndSessions(user) => {
            db.run(sql::DROP_SESSIONS, params![id(*user)]).await?;
        }
        SystemWrite::Invitation(new) => {
            let row = params![
                new.hash.0.as_slice(),
                id(new.org),
                new.email.as_ref().map(EmailAddress::reveal),
                new.role.as_str(),
                time(new.expires_at)
            ];
            db.run(sql::PUT_INVITATION, row).await?;
        }
        SystemWrite::UseInvitation(token) => {
            if db.run(sql::DROP_INVITATION, params![token.0.as_slice()]).await? == 0 {
                return Err(changed(Uuid::from_bytes(std::array::from_fn(|i| token.0[i]))));
            }
        }
        SystemWrite::InsertApp(new) => {
            if app(db, new.id).await?.is_some() {
                return Err(unmet(RecordRef::App(new.id), Revision::NONE));
            }
            put_app(db, new).await?;
        }
        SystemWrite::ChangeApp { app: of, revision, change } => {
            let kept = app(db, *of).await?.filter(|kept| kept.revision == *revision);
            let mut kept = kept.ok_or_else(|| unmet(RecordRef::App(*of), *revision))?;
            change.apply(&mut kept);
            put_app(db, &kept).await?;
        }
        SystemWrite::Quarantine(bytes) => crate::work::put_quarantine(db, bytes.org, bytes).await?,
        SystemWrite::Release(of) => {
            db.run(sql::DROP_QUARANTINE, params![id(*of)]).await?;
        }
        SystemWrite::Sweep(at) => {
            let before = at.instant();
            for statement in [sql::SWEEP_SESSIONS, sql::SWEEP_INVITATIONS, sql::SWEEP_QUARANTINE] {
                db.run(statement, params![time(before)]).await?;
            }
        }
        SystemWrite::KeyCheck(check) => {
            let row = params![i64::from(check.place), check.key, check.mac.as_slice(), time(check.made_at)];
            if db.run(sql::PUT_KEY_CHECK, row).await? == 0 {
                return Err(changed(Uuid::from_u128(u128::from(check.place))));
            }
        }
        SystemWrite::TimeMark(mark) => {
            let held = mark.ahead.and_then(|ahead| ahead.held.num_microseconds()).unwrap_or(0);
            let ahead = opt_time(mark.ahead.map(|ahead| ahead.at));
            db.run(sql::PUT_TIME_MARK, params![time(mark.trusted_at), ahead, held]).await?;
        }
        SystemWrite::Operator(new) => {
            let (org, subject) = (new.org.map(TypedId::uuid), new.subject);
            let (seq, reason, action) = (new.seq.cast_signed(), new.reason.reveal(), new.action.as_str());
            let row = params![seq, time(new.at), reason, action, org, subject, new.hash.0.as_slice()];
            if db.run(sql::PUT_OPERATOR_ENTRY, row).await? == 0 {
                return Err(changed(Uuid::from_u128(u128::from(new.seq))));
            }
        }
        SystemWrite::Carry => {}
        _ => return Err(Failure::Store(StoreError::Unsupported("a change to the system tables"))),
    }
    Ok(())
}

async fn put_user(db: &mut Db<'_>, new: &User) -> Res<()> {
    let key = new.email.match_key();
    let holder =
        db.one(sql::USER_BY_EMAIL, params![&key], |row| Cols::new(row, "user").id::<UserId>()).await?;
    if holder.is_some_and(|holder| holder != new.id) {
        return Err(changed(new.id.uuid()));
    }
    let (password, at) = (new.password.expose_secret(), time(new.created_at));
    let revision = i64::from(new.revision.0);
    db.run(sql::PUT_USER, params![id(new.id), new.email.reveal(), key, password, at, revision])
        .await
        .map(drop)
}

async fn put_app(db: &mut Db<'_>, new: &App) -> Res<()> {
    let row = params![
        id(new.id),
        or_nil(new.org),
        new.provider,
        new.name.reveal(),
        id(new.hook),
        new.verify_token.as_bytes(),
        time(new.created_at),
        i64::from(new.revision.0),
    ];
    db.run(sql::PUT_APP, row).await?;
    db.run(sql::DROP_APP_SECRETS, params![id(new.id)]).await?;
    let of = id(new.id);
    let secrets: Vec<_> = (0_i64..).zip(&new.secrets).collect();
    let each = |row: &mut Params, (place, secret): &(i64, &Sealed)| {
        row.add(*place);
        row.add(secret.as_bytes());
        Ok(())
    };
    db.put(sql::PUT_APP_SECRET, |row| row.add(of), &secrets, each).await.map(drop)
}

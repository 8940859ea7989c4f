//! The system tables.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use dialzio_core::Revision;
use dialzio_core::access::last_used_first;
use dialzio_core::access::{
    ATTEMPT_MEMORY, Colleague, FailedAttempts, Invitation, KeyUse, Passkey, SecondFactor, Session, SignIn,
    Terms, TokenHash, User, UserToken,
};
use dialzio_core::account::{App, KeyCheck, Route};
use dialzio_core::mail::QueuedMail;
use dialzio_core::operator::OperatorEntry;
use dialzio_core::outbox::Queue;
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::provider::AccountRef;
use dialzio_core::store::periods::NEWS_PERIOD;
use dialzio_core::store::rows::{Columns, ToRow};
use dialzio_core::store::{Precondition, RecordRef, StoreError, SystemWrite};
use dialzio_core::text::EmailAddress;
use dialzio_core::time::TimeMark;
use dialzio_core::webhook::Quarantined;
use dialzio_core::{ApiKeyId, AppId, HookId, OrgId, QuarantineId, TypedId, UserId};
use uuid::Uuid;

use crate::codec::{Cols, id, opt_id, read, time};
use crate::contacts::{AFTER_ALL, id_after, id_key, over};
use crate::error::{Failure, Res};
use crate::group::account_of_queue;
use crate::run::Run;
use crate::statements as sql;

fn precondition_failed(record: RecordRef, revision: Revision) -> Failure {
    StoreError::precondition_failed(Precondition::Revision(record, revision)).into()
}

/// A record of the system tables is not as it was expected to be.
fn changed(record: Uuid) -> Failure {
    precondition_failed(RecordRef::Other(record), Revision::FIRST)
}

pub(crate) fn user(db: &Connection, of: UserId) -> Res<Option<User>> {
    db.one(sql::USER, [id(of)], read)
}

pub(crate) fn user_by_email(db: &Connection, email: &EmailAddress) -> Res<Option<User>> {
    db.one(sql::USER_BY_EMAIL, [email.match_key()], read)
}

pub(crate) fn credential_owner(
    db: &Connection,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Res<Option<SignIn>> {
    if let Some(session) = db.one(sql::SESSION, params![token.0, time(now)], read::<Session>)? {
        let member = crate::access::member_of_user(db, id(session.org), session.user)?;
        let terms = db.one(sql::TERMS, params![id(session.org), id(session.user)], |row| {
            let c = Cols::new(row, "organisation");
            Ok(Terms::read(c.flag()?, c.flag()?))
        })?;
        return Ok(member.zip(terms).map(|(member, terms)| SignIn::Session(session, member, terms)));
    }
    let owner = db.one(sql::API_KEY_OWNER, [token.0], |row| {
        let c = Cols::new(row, "key");
        Ok((c.id::<OrgId>()?, c.id::<ApiKeyId>()?, c.opt_time()?))
    })?;
    let Some((org, key, used_at)) = owner else { return Ok(None) };
    let key = crate::access::api_key(db, id(org), key)?;
    let valid = key.filter(|key| key.hash == *token && key.revoked_at.is_none() && key.expires_at > now);
    Ok(valid.map(|key| SignIn::Key(org, key, used_at)))
}

pub(crate) fn organisations_of(db: &Connection, user: UserId) -> Res<Vec<OrgId>> {
    let found = db.all(sql::MEMBERSHIPS, [id(user)], |row| {
        let c = Cols::new(row, "membership");
        Ok((c.id()?, c.opt_time()?))
    })?;
    Ok(last_used_first(found))
}

pub(crate) fn sessions_of(db: &Connection, user: UserId, now: DateTime<Utc>) -> Res<Vec<Session>> {
    db.all(sql::SESSIONS_OF, params![id(user), time(now)], read)
}

pub(crate) fn colleagues(db: &Connection, org: OrgId) -> Res<Vec<Colleague>> {
    let memberships = db.all(sql::MEMBERSHIPS_IN, [id(org)], |row| {
        let c = Cols::new(row, "membership");
        Ok((c.id()?, c.id::<UserId>()?, c.opt_time()?, c.flag()?))
    })?;
    let mut found = Vec::with_capacity(memberships.len());
    for (member, of, seen_at, has_second_factor) in memberships {
        if let Some(user) = user(db, of)? {
            found.push(Colleague { member, email: user.email, seen_at, has_second_factor });
        }
    }
    Ok(found)
}

pub(crate) fn key_uses(db: &Connection, org: OrgId) -> Res<Vec<KeyUse>> {
    db.all(sql::KEY_USES, [id(org)], read)
}

pub(crate) fn invitations_into(db: &Connection, org: OrgId, now: DateTime<Utc>) -> Res<Vec<Invitation>> {
    db.all(sql::INVITATIONS_INTO, params![id(org), time(now)], read)
}

pub(crate) fn invitation(db: &Connection, token: &TokenHash, now: DateTime<Utc>) -> Res<Option<Invitation>> {
    db.one(sql::INVITATION, params![token.0, time(now)], read)
}

pub(crate) fn second_factor(db: &Connection, user: UserId) -> Res<Option<SecondFactor>> {
    db.one(sql::SECOND_FACTOR, [id(user)], read)
}

pub(crate) fn passkeys(db: &Connection, user: UserId) -> Res<Vec<Passkey>> {
    let mut found: Vec<Passkey> = db.all(sql::PASSKEYS, [id(user)], read)?;
    found.sort_by_key(|passkey| (passkey.created_at, passkey.id));
    Ok(found)
}

pub(crate) fn passkey(db: &Connection, credential: &[u8]) -> Res<Option<Passkey>> {
    db.one(sql::PASSKEY, [credential], read)
}

pub(crate) fn failed_attempts(db: &Connection, bucket: u16) -> Res<Vec<FailedAttempts>> {
    db.all(sql::FAILED_ATTEMPTS, [bucket], read)
}

pub(crate) fn user_token(db: &Connection, token: &TokenHash, now: DateTime<Utc>) -> Res<Option<UserToken>> {
    db.one(sql::USER_TOKEN, params![token.0, time(now)], read)
}

pub(crate) fn app(db: &Connection, of: AppId) -> Res<Option<App>> {
    db.one(sql::APP, [id(of)], read)
}

pub(crate) fn hook(db: &Connection, of: HookId) -> Res<Option<App>> {
    match db.one(sql::APP_OF_HOOK, [id(of)], read)? {
        Some(app) => Ok(Some(app)),
        None => db.one(sql::APP_OF_FORMER_HOOK, [id(of)], read),
    }
}

pub(crate) fn apps(db: &Connection, org: Option<OrgId>) -> Res<Vec<App>> {
    db.all(sql::APPS, [opt_id(org)], read)
}

pub(crate) fn routes(db: &Connection, app: AppId, wanted: &[AccountRef]) -> Res<Vec<Option<Route>>> {
    // A number before a business account, then the oldest.
    let route = |wanted: &AccountRef| match db.one(sql::ROUTE_OF_NUMBER, params![id(app), wanted.0], read)? {
        Some(route) => Ok(Some(route)),
        None => db.one(sql::ROUTE_OF_BUSINESS, params![id(app), wanted.0], read),
    };
    wanted.iter().map(route).collect()
}

/// Mail that is due and has not ended.
pub(crate) fn mails_due(db: &Connection, now: DateTime<Utc>, limit: u32) -> Res<Vec<QueuedMail>> {
    db.all(sql::MAILS_DUE, params![time(now), limit], read)
}

/// Queues with due work, those whose work has waited longest first, without those that are leased.
pub(crate) fn queues_due(db: &Connection, held: &[Queue], now: DateTime<Utc>, limit: u32) -> Res<Vec<Queue>> {
    let enough = i64::from(limit).saturating_add(held.len() as i64);
    let mut queues = db.all(sql::LANES_DUE, params![time(now), enough], |row| {
        let c = Cols::new(row, "lane");
        Ok(Queue { org: c.id()?, account: account_of_queue(c.get()?), kind: c.word()? })
    })?;
    queues.retain(|queue| !held.contains(queue));
    queues.truncate(limit as usize);
    Ok(queues)
}

pub(crate) fn next_due(db: &Connection) -> Res<Option<DateTime<Utc>>> {
    Ok(db.one(sql::LANE_NEXT, [], |row| Cols::new(row, "lane").opt_time())?.flatten())
}

/// Quarantined bytes of an organisation, or of none, whose time is not up, newest first.
pub(crate) fn quarantine(
    db: &Connection,
    org: Option<OrgId>,
    now: DateTime<Utc>,
    page: &PageRequest,
) -> Res<Page<Quarantined>> {
    let row = params![opt_id(org), id_after(page, AFTER_ALL)?, time(now), over(page)];
    let found = db.all(sql::QUARANTINE, row, read)?;
    Ok(Page::from_overread(found, page.limit, |bytes| id_key(bytes.id)))
}

/// Quarantined bytes of an organisation whose time is not up, by their id.
pub(crate) fn quarantined_item(
    db: &Connection,
    org: [u8; 16],
    of: QuarantineId,
    now: DateTime<Utc>,
) -> Res<Option<Quarantined>> {
    db.one(sql::QUARANTINE_ITEM, params![org, id(of), time(now)], read)
}

/// The same of any organisation, or of none.
pub(crate) fn any_quarantined_item(
    db: &Connection,
    of: QuarantineId,
    now: DateTime<Utc>,
) -> Res<Option<Quarantined>> {
    db.one(sql::ANY_QUARANTINE_ITEM, params![id(of), time(now)], read)
}

/// What is kept of the keys, in order of their places.
pub(crate) fn key_checks(db: &Connection) -> Res<Vec<KeyCheck>> {
    db.all(sql::KEY_CHECKS, [], read)
}

/// Entries of the operator log before a place, newest first.
pub(crate) fn operator_log(db: &Connection, before: u64, limit: u32) -> Res<Vec<OperatorEntry>> {
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    db.all(sql::OPERATOR_LOG, params![before, limit], read)
}

/// How far the clock is known to have come.
pub(crate) fn time_mark(db: &Connection) -> Res<Option<TimeMark>> {
    db.one(sql::TIME_MARK, [], read)
}

/// Applies one change to the system tables.
pub(crate) fn write(db: &Connection, write: &SystemWrite) -> Res<()> {
    match write {
        SystemWrite::InsertUser(new) => {
            if user(db, new.id)?.is_some() {
                return Err(precondition_failed(RecordRef::User(new.id), Revision::NONE));
            }
            put_user(db, new)?;
        }
        SystemWrite::ChangeUser { user: of, revision, change } => {
            let kept = user(db, *of)?.filter(|kept| kept.revision == *revision);
            let mut kept = kept.ok_or_else(|| precondition_failed(RecordRef::User(*of), *revision))?;
            change.apply(&mut kept);
            put_user(db, &kept)?;
        }
        SystemWrite::Session(new) => {
            db.bind(sql::PUT_SESSION, |to| new.to_row(to))?;
        }
        SystemWrite::SessionSeen(token, at) => {
            let of = db.one(sql::SEE_SESSION, params![token.0, time(*at)], |row| {
                let c = Cols::new(row, "session");
                Ok((c.id::<UserId>()?, c.id::<OrgId>()?))
            })?;
            if let Some((user, org)) = of {
                see(db, user, org, *at)?;
            }
        }
        SystemWrite::KeyUsed(org, used) => {
            db.put(sql::PUT_KEY_USE, id(*org), used)?;
        }
        SystemWrite::EndSession(token) => {
            db.run(sql::DROP_SESSION, [token.0])?;
        }
        SystemWrite::EndSessions { user, org, keep } => {
            // No hash is empty.
            let keep = keep.as_ref().map_or(&[][..], |keep| keep.0.as_slice());
            match org {
                None => db.run(sql::DROP_SESSIONS, params![id(*user), keep])?,
                Some(org) => db.run(sql::DROP_SESSIONS_IN, params![id(*user), keep, id(*org)])?,
            };
        }
        SystemWrite::Invitation(new) => {
            db.bind(sql::PUT_INVITATION, |to| new.to_row(to))?;
        }
        SystemWrite::UseInvitation(token) => {
            if db.run(sql::DROP_INVITATION, [token.0])? == 0 {
                return Err(changed(Uuid::from_bytes(std::array::from_fn(|i| token.0[i]))));
            }
        }
        SystemWrite::InsertSecondFactor(new) => {
            if second_factor(db, new.user)?.is_some_and(|kept| kept.confirmed_at.is_some()) {
                return Err(precondition_failed(RecordRef::User(new.user), Revision::NONE));
            }
            db.bind(sql::PUT_SECOND_FACTOR, |to| new.to_row(to))?;
        }
        SystemWrite::ChangeSecondFactor { user: of, revision, change } => {
            let kept = second_factor(db, *of)?.filter(|kept| kept.revision == *revision);
            let mut kept = kept.ok_or_else(|| precondition_failed(RecordRef::User(*of), *revision))?;
            change.apply(&mut kept);
            db.bind(sql::PUT_SECOND_FACTOR, |to| kept.to_row(to))?;
        }
        SystemWrite::EndSecondFactor { user: of, revision } => {
            if db.run(sql::DROP_SECOND_FACTOR, params![id(*of), revision.0])? == 0 {
                return Err(precondition_failed(RecordRef::User(*of), *revision));
            }
        }
        SystemWrite::FailedAttempts(row) => {
            if db.bind(sql::PUT_FAILED_ATTEMPTS, |to| row.to_row(to))? == 0 {
                return Err(changed(Uuid::from_u128(u128::from(row.bucket))));
            }
        }
        SystemWrite::InsertPasskey(new) => {
            if db.bind(sql::INSERT_PASSKEY, |to| new.to_row(to))? == 0 {
                return Err(changed(new.id.uuid()));
            }
        }
        SystemWrite::ChangePasskey { passkey, revision, change } => {
            let kept = db.one(sql::PASSKEY_TO_CHANGE, [id(*passkey)], read)?;
            let kept = kept.filter(|kept: &Passkey| kept.revision == *revision);
            let mut kept = kept.ok_or_else(|| changed(passkey.uuid()))?;
            change.apply(&mut kept);
            let used = kept.used_at.map(time);
            let row = params![id(*passkey), kept.name.reveal(), kept.counters, used, kept.revision.0];
            db.run(sql::CHANGE_PASSKEY, row)?;
        }
        SystemWrite::EndPasskey(passkey) => {
            if db.run(sql::DROP_PASSKEY, [id(*passkey)])? == 0 {
                return Err(changed(passkey.uuid()));
            }
        }
        SystemWrite::UserToken(new) => {
            if db.bind(sql::PUT_USER_TOKEN, |to| new.to_row(to))? == 0 {
                return Err(changed(Uuid::from_bytes(std::array::from_fn(|i| new.hash.0[i]))));
            }
        }
        SystemWrite::UseUserToken(token) => {
            if db.run(sql::DROP_USER_TOKEN, [token.0])? == 0 {
                return Err(changed(Uuid::from_bytes(std::array::from_fn(|i| token.0[i]))));
            }
        }
        SystemWrite::EndUserTokens(of) => {
            db.run(sql::DROP_USER_TOKENS_OF, [id(*of)])?;
        }
        SystemWrite::QueueMail(new) => {
            if db.bind(sql::PUT_MAIL, |to| new.to_row(to))? == 0 {
                return Err(changed(new.id.uuid()));
            }
        }
        SystemWrite::ChangeMail { mail, revision, change } => {
            let row = params![id(*mail), revision.0, change.due_at.map(time), change.attempts];
            if db.run(sql::CHANGE_MAIL, row)? == 0 {
                return Err(changed(mail.uuid()));
            }
        }
        SystemWrite::EndMail(mail) => {
            db.run(sql::DROP_MAIL, [id(*mail)])?;
        }
        SystemWrite::PublishNews(new) => {
            if !crate::news::publish(db, new)? {
                return Err(changed(new.id.uuid()));
            }
        }
        SystemWrite::ChangeNews { update, revision, change } => {
            if !crate::news::change(db, *update, *revision, change)? {
                return Err(changed(update.uuid()));
            }
        }
        SystemWrite::WithdrawNews(update) => {
            db.run(sql::DROP_NEWS, [id(*update)])?;
        }
        SystemWrite::ReadNews { user, up_to } => crate::news::mark_read(db, *user, *up_to)?,
        SystemWrite::ChooseNews { user, takes_product } => {
            crate::news::choose(db, *user, *takes_product)?;
        }
        SystemWrite::InsertApp(new) => {
            if app(db, new.id)?.is_some() {
                return Err(precondition_failed(RecordRef::App(new.id), Revision::NONE));
            }
            put_app(db, new)?;
        }
        SystemWrite::ChangeApp { app: of, revision, change } => {
            let kept = app(db, *of)?.filter(|kept| kept.revision == *revision);
            let mut kept = kept.ok_or_else(|| precondition_failed(RecordRef::App(*of), *revision))?;
            change.apply(&mut kept);
            put_app(db, &kept)?;
        }
        SystemWrite::HookSeen { hook, at } => {
            for statement in [sql::HOOK_SEEN, sql::FORMER_HOOK_SEEN] {
                db.run(statement, params![id(*hook), time(*at)])?;
            }
        }
        SystemWrite::Quarantine(bytes) => crate::outbox::put_quarantine(db, bytes.org, bytes)?,
        SystemWrite::Release(of) => {
            db.run(sql::DROP_QUARANTINE, [id(*of)])?;
        }
        SystemWrite::Sweep(at) => {
            let before = at.instant();
            for statement in [
                sql::SWEEP_SESSIONS,
                sql::SWEEP_INVITATIONS,
                sql::SWEEP_USER_TOKENS,
                sql::SWEEP_MAILS,
                sql::SWEEP_QUARANTINE,
            ] {
                db.run(statement, [time(before)])?;
            }
            db.run(sql::SWEEP_FAILED_ATTEMPTS, [time(before - ATTEMPT_MEMORY)])?;
            db.run(sql::SWEEP_NEWS, [time(before - NEWS_PERIOD)])?;
        }
        SystemWrite::KeyCheck(check) => {
            if db.bind(sql::PUT_KEY_CHECK, |to| check.to_row(to))? == 0 {
                return Err(changed(Uuid::from_u128(u128::from(check.place))));
            }
        }
        SystemWrite::ChangeKey { place, change } => {
            if !crate::sealed::change_key(db, *place, change)? {
                return Err(changed(Uuid::from_u128(u128::from(*place))));
            }
        }
        SystemWrite::Rewrap(rewrap) => crate::sealed::rewrap(db, rewrap)?,
        SystemWrite::TimeMark(mark) => {
            db.bind(sql::PUT_TIME_MARK, |to| mark.to_row(to))?;
        }
        SystemWrite::Operator(new) => {
            if db.bind(sql::PUT_OPERATOR_ENTRY, |to| new.to_row(to))? == 0 {
                return Err(changed(Uuid::from_u128(u128::from(new.seq))));
            }
        }
        SystemWrite::Noop => {}
        _ => return Err(Failure::Store(StoreError::Unsupported("a change to the system tables"))),
    }
    Ok(())
}

/// A user was in an organisation.
fn see(db: &Connection, user: UserId, org: OrgId, at: DateTime<Utc>) -> Res<()> {
    db.run(sql::SEE_MEMBERSHIP, params![id(user), id(org), time(at)]).map(drop)
}

fn put_user(db: &Connection, new: &User) -> Res<()> {
    let key = new.email.match_key();
    let holder = db.one(sql::USER_BY_EMAIL, [&key], |row| Cols::new(row, "user").id::<UserId>())?;
    if holder.is_some_and(|holder| holder != new.id) {
        return Err(changed(new.id.uuid()));
    }
    db.bind(sql::PUT_USER, |to| new.to_row(to)).map(drop)
}

fn put_app(db: &Connection, new: &App) -> Res<()> {
    db.bind(sql::PUT_APP, |to| new.to_row(to))?;
    db.run(sql::DROP_APP_SECRETS, [id(new.id)])?;
    for (place, secret) in (0_i64..).zip(&new.secrets) {
        db.run(sql::PUT_APP_SECRET, params![id(new.id), place, secret.as_bytes()])?;
    }
    Ok(())
}

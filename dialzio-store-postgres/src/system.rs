//! The system tables.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use dialzio_core::Revision;
use dialzio_core::access::last_used_first;
use dialzio_core::access::{
    ATTEMPT_MEMORY, Colleague, FailedAttempts, Invitation, KeyUse, Passkey, SecondFactor, Session, SignIn,
    Terms, TokenHash, User, UserToken,
};
use dialzio_core::account::{App, KeyCheck, Route, Sealed};
use dialzio_core::event::EventSeq;
use dialzio_core::mail::QueuedMail;
use dialzio_core::operator::OperatorEntry;
use dialzio_core::outbox::Queue;
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::provider::AccountRef;
use dialzio_core::store::periods::NEWS_PERIOD;
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{Precondition, RecordRef, StoreError, SystemWrite};
use dialzio_core::text::EmailAddress;
use dialzio_core::time::TimeMark;
use dialzio_core::webhook::Quarantined;
use dialzio_core::{ApiKeyId, AppId, HookId, OrgId, QuarantineId, TypedId, UserId};

use crate::codec::{Cols, id, id_list, or_nil, read, time};
use crate::contacts::{id_before, id_key, over};
use crate::error::{Failure, Res};
use crate::run::{Db, Params, params, row};
use crate::statements as sql;

fn precondition_failed(record: RecordRef, revision: Revision) -> Failure {
    StoreError::precondition_failed(Precondition::Revision(record, revision)).into()
}

/// A record of the system tables is not as it was expected to be.
fn changed(record: Uuid) -> Failure {
    precondition_failed(RecordRef::Other(record), Revision::FIRST)
}

pub(crate) async fn user(db: &mut Db<'_>, of: UserId) -> Res<Option<User>> {
    db.one(sql::USER, params![id(of)], read).await
}

pub(crate) async fn user_by_email(db: &mut Db<'_>, email: &EmailAddress) -> Res<Option<User>> {
    db.one(sql::USER_BY_EMAIL, params![email.match_key()], read).await
}

pub(crate) async fn credential_owner(
    db: &mut Db<'_>,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Res<Option<SignIn>> {
    if let Some(session) =
        db.one(sql::SESSION, params![token.0.as_slice(), time(now)], read::<Session>).await?
    {
        let place = params![id(session.org), id(session.user)];
        let terms = db
            .one(sql::TERMS, place, |row| {
                let c = Cols::new(row, "organisation");
                Ok(Terms::read(c.flag()?, c.flag()?))
            })
            .await?;
        // From here on with the rights of that organisation.
        db.enter(session.org).await?;
        let member = crate::access::member_of_user(db, id(session.org), session.user).await?;
        return Ok(member.zip(terms).map(|(member, terms)| SignIn::Session(session, member, terms)));
    }
    let owner = db
        .one(sql::API_KEY_OWNER, params![token.0.as_slice()], |row| {
            let c = Cols::new(row, "key");
            Ok((c.id::<OrgId>()?, c.id::<ApiKeyId>()?, c.opt_time()?))
        })
        .await?;
    let Some((org, key, used_at)) = owner else { return Ok(None) };
    db.enter(org).await?;
    let key = crate::access::api_key(db, id(org), key).await?;
    let valid = key.filter(|key| key.hash == *token && key.revoked_at.is_none() && key.expires_at > now);
    Ok(valid.map(|key| SignIn::Key(org, key, used_at)))
}

pub(crate) async fn organisations_of(db: &mut Db<'_>, user: UserId) -> Res<Vec<OrgId>> {
    let found = db
        .all(sql::MEMBERSHIPS, params![id(user)], |row| {
            let c = Cols::new(row, "membership");
            Ok((c.id()?, c.opt_time()?))
        })
        .await?;
    Ok(last_used_first(found))
}

pub(crate) async fn sessions_of(db: &mut Db<'_>, user: UserId, now: DateTime<Utc>) -> Res<Vec<Session>> {
    db.all(sql::SESSIONS_OF, params![id(user), time(now)], read).await
}

pub(crate) async fn colleagues(db: &mut Db<'_>, org: OrgId) -> Res<Vec<Colleague>> {
    let memberships = db
        .all(sql::MEMBERSHIPS_IN, params![id(org)], |row| {
            let c = Cols::new(row, "membership");
            Ok((c.id()?, c.id::<UserId>()?, c.opt_time()?, c.flag()?))
        })
        .await?;
    let mut found = Vec::with_capacity(memberships.len());
    for (member, of, seen_at, has_second_factor) in memberships {
        if let Some(user) = user(db, of).await? {
            found.push(Colleague { member, email: user.email, seen_at, has_second_factor });
        }
    }
    Ok(found)
}

pub(crate) async fn key_uses(db: &mut Db<'_>, org: OrgId) -> Res<Vec<KeyUse>> {
    db.all(sql::KEY_USES, params![id(org)], read).await
}

pub(crate) async fn invitations_into(
    db: &mut Db<'_>,
    org: OrgId,
    now: DateTime<Utc>,
) -> Res<Vec<Invitation>> {
    db.all(sql::INVITATIONS_INTO, params![id(org), time(now)], read).await
}

pub(crate) async fn invitation(
    db: &mut Db<'_>,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Res<Option<Invitation>> {
    db.one(sql::INVITATION, params![token.0.as_slice(), time(now)], read).await
}

pub(crate) async fn second_factor(db: &mut Db<'_>, user: UserId) -> Res<Option<SecondFactor>> {
    db.one(sql::SECOND_FACTOR, params![id(user)], read).await
}

/// The same, which no other transaction changes before this one has ended.
async fn second_factor_to_change(db: &mut Db<'_>, user: UserId) -> Res<Option<SecondFactor>> {
    db.one(sql::SECOND_FACTOR_TO_CHANGE, params![id(user)], read).await
}

pub(crate) async fn passkeys(db: &mut Db<'_>, user: UserId) -> Res<Vec<Passkey>> {
    let mut found: Vec<Passkey> = db.all(sql::PASSKEYS, params![id(user)], read).await?;
    found.sort_by_key(|passkey| (passkey.created_at, passkey.id));
    Ok(found)
}

pub(crate) async fn passkey(db: &mut Db<'_>, credential: &[u8]) -> Res<Option<Passkey>> {
    db.one(sql::PASSKEY, params![credential], read).await
}

pub(crate) async fn failed_attempts(db: &mut Db<'_>, bucket: u16) -> Res<Vec<FailedAttempts>> {
    db.all(sql::FAILED_ATTEMPTS, params![i64::from(bucket)], read).await
}

pub(crate) async fn user_token(
    db: &mut Db<'_>,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Res<Option<UserToken>> {
    db.one(sql::USER_TOKEN, params![token.0.as_slice(), time(now)], read).await
}

pub(crate) async fn app(db: &mut Db<'_>, of: AppId) -> Res<Option<App>> {
    db.one(sql::APP, params![id(of)], read).await
}

pub(crate) async fn hook(db: &mut Db<'_>, of: HookId) -> Res<Option<App>> {
    match db.one(sql::APP_OF_HOOK, params![id(of)], read).await? {
        Some(app) => Ok(Some(app)),
        None => db.one(sql::APP_OF_FORMER_HOOK, params![id(of)], read).await,
    }
}

pub(crate) async fn apps(db: &mut Db<'_>, org: Option<OrgId>) -> Res<Vec<App>> {
    db.all(sql::APPS, params![or_nil(org)], read).await
}

pub(crate) async fn routes(db: &mut Db<'_>, app: AppId, wanted: &[AccountRef]) -> Res<Vec<Option<Route>>> {
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

/// Queues with due work, those whose work has waited longest first, without those that are leased. Behind them,
/// queues whose last holder went without giving them back: what it had dispatched has to be looked after.
pub(crate) async fn queues_due(db: &mut Db<'_>, now: DateTime<Utc>, limit: u32) -> Res<Vec<Queue>> {
    let mut queues = db
        .all(sql::LANES_DUE, params![time(now), i64::from(limit)], |row| {
            let c = Cols::new(row, "lane");
            Ok(Queue { org: c.id()?, account: c.key_id()?, kind: c.word()? })
        })
        .await?;
    queues.truncate(limit as usize);
    Ok(queues)
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

/// Mail that is due and has not ended.
pub(crate) async fn mails_due(db: &mut Db<'_>, now: DateTime<Utc>, limit: u32) -> Res<Vec<QueuedMail>> {
    db.all(sql::MAILS_DUE, params![time(now), i64::from(limit)], read).await
}

/// Quarantined bytes of an organisation, or of none, whose time is not up, newest first.
pub(crate) async fn quarantine(
    db: &mut Db<'_>,
    org: Option<OrgId>,
    now: DateTime<Utc>,
    page: &PageRequest,
) -> Res<Page<Quarantined>> {
    let row = params![or_nil(org), id_before(page)?, time(now), over(page)];
    let found = db.all(sql::QUARANTINE, row, read).await?;
    Ok(Page::from_overread(found, page.limit, |bytes| id_key(bytes.id)))
}

/// Quarantined bytes of an organisation whose time is not up, by their id.
pub(crate) async fn quarantined_item(
    db: &mut Db<'_>,
    org: Uuid,
    of: QuarantineId,
    now: DateTime<Utc>,
) -> Res<Option<Quarantined>> {
    db.one(sql::QUARANTINE_ITEM, params![org, id(of), time(now)], read).await
}

/// The same of any organisation, or of none.
pub(crate) async fn any_quarantined_item(
    db: &mut Db<'_>,
    of: QuarantineId,
    now: DateTime<Utc>,
) -> Res<Option<Quarantined>> {
    db.one(sql::ANY_QUARANTINE_ITEM, params![id(of), time(now)], read).await
}

/// What is kept of the keys, in order of their places.
pub(crate) async fn key_checks(db: &mut Db<'_>) -> Res<Vec<KeyCheck>> {
    db.all(sql::KEY_CHECKS, params![], read).await
}

/// Entries of the operator log before a place, newest first.
pub(crate) async fn operator_log(db: &mut Db<'_>, before: u64, limit: u32) -> Res<Vec<OperatorEntry>> {
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    db.all(sql::OPERATOR_LOG, params![before, i64::from(limit)], read).await
}

/// How far the clock is known to have come.
pub(crate) async fn time_mark(db: &mut Db<'_>) -> Res<Option<TimeMark>> {
    db.one(sql::TIME_MARK, params![], read).await
}

/// Applies one change to the system tables.
pub(crate) async fn write(db: &mut Db<'_>, write: &SystemWrite) -> Res<()> {
    match write {
        SystemWrite::InsertUser(new) => {
            if user(db, new.id).await?.is_some() {
                return Err(precondition_failed(RecordRef::User(new.id), Revision::NONE));
            }
            put_user(db, new).await?;
        }
        SystemWrite::ChangeUser { user: of, revision, change } => {
            let kept = user(db, *of).await?.filter(|kept| kept.revision == *revision);
            let mut kept = kept.ok_or_else(|| precondition_failed(RecordRef::User(*of), *revision))?;
            change.apply(&mut kept);
            put_user(db, &kept).await?;
        }
        SystemWrite::Session(new) => {
            db.run(sql::PUT_SESSION, row(new)?).await?;
        }
        SystemWrite::SessionSeen(token, at) => {
            let of = db
                .one(sql::SEE_SESSION, params![token.0.as_slice(), time(*at)], |row| {
                    let c = Cols::new(row, "session");
                    Ok((c.id::<UserId>()?, c.id::<OrgId>()?))
                })
                .await?;
            if let Some((user, org)) = of {
                see(db, user, org, *at).await?;
            }
        }
        SystemWrite::KeyUsed(org, used) => {
            db.put_one(sql::PUT_KEY_USE, id(*org), used).await?;
        }
        SystemWrite::EndSession(token) => {
            db.run(sql::DROP_SESSION, params![token.0.as_slice()]).await?;
        }
        SystemWrite::EndSessions { user, org, keep } => {
            // No hash is empty.
            let keep = keep.as_ref().map_or(&[][..], |keep| keep.0.as_slice());
            match org {
                None => db.run(sql::DROP_SESSIONS, params![id(*user), keep]).await?,
                Some(org) => db.run(sql::DROP_SESSIONS_IN, params![id(*user), keep, id(*org)]).await?,
            };
        }
        SystemWrite::Invitation(new) => {
            db.run(sql::PUT_INVITATION, row(new)?).await?;
        }
        SystemWrite::UseInvitation(token) => {
            if db.run(sql::DROP_INVITATION, params![token.0.as_slice()]).await? == 0 {
                return Err(changed(Uuid::from_bytes(std::array::from_fn(|i| token.0[i]))));
            }
        }
        SystemWrite::InsertSecondFactor(new) => {
            if second_factor_to_change(db, new.user).await?.is_some_and(|kept| kept.confirmed_at.is_some()) {
                return Err(precondition_failed(RecordRef::User(new.user), Revision::NONE));
            }
            db.run(sql::PUT_SECOND_FACTOR, row(new)?).await?;
        }
        SystemWrite::ChangeSecondFactor { user: of, revision, change } => {
            let kept = second_factor_to_change(db, *of).await?.filter(|kept| kept.revision == *revision);
            let mut kept = kept.ok_or_else(|| precondition_failed(RecordRef::User(*of), *revision))?;
            change.apply(&mut kept);
            db.run(sql::PUT_SECOND_FACTOR, row(&kept)?).await?;
        }
        SystemWrite::EndSecondFactor { user: of, revision } => {
            if db.run(sql::DROP_SECOND_FACTOR, params![id(*of), i64::from(revision.0)]).await? == 0 {
                return Err(precondition_failed(RecordRef::User(*of), *revision));
            }
        }
        SystemWrite::FailedAttempts(attempts) => {
            if db.run(sql::PUT_FAILED_ATTEMPTS, row(attempts)?).await? == 0 {
                return Err(changed(Uuid::from_u128(u128::from(attempts.bucket))));
            }
        }
        SystemWrite::InsertPasskey(new) => {
            if db.run(sql::INSERT_PASSKEY, row(new)?).await? == 0 {
                return Err(changed(new.id.uuid()));
            }
        }
        SystemWrite::ChangePasskey { passkey, revision, change } => {
            let kept = db.one(sql::PASSKEY_TO_CHANGE, params![id(*passkey)], read).await?;
            let kept = kept.filter(|kept: &Passkey| kept.revision == *revision);
            let mut kept = kept.ok_or_else(|| changed(passkey.uuid()))?;
            change.apply(&mut kept);
            let (used, counters) = (kept.used_at.map(time), kept.counters.as_slice());
            let row = params![id(*passkey), kept.name.reveal(), counters, used, i64::from(kept.revision.0)];
            db.run(sql::CHANGE_PASSKEY, row).await?;
        }
        SystemWrite::EndPasskey(passkey) => {
            if db.run(sql::DROP_PASSKEY, params![id(*passkey)]).await? == 0 {
                return Err(changed(passkey.uuid()));
            }
        }
        SystemWrite::UserToken(new) => {
            if db.run(sql::PUT_USER_TOKEN, row(new)?).await? == 0 {
                return Err(changed(Uuid::from_bytes(std::array::from_fn(|i| new.hash.0[i]))));
            }
        }
        SystemWrite::UseUserToken(token) => {
            if db.run(sql::DROP_USER_TOKEN, params![token.0.as_slice()]).await? == 0 {
                return Err(changed(Uuid::from_bytes(std::array::from_fn(|i| token.0[i]))));
            }
        }
        SystemWrite::EndUserTokens(of) => {
            db.run(sql::DROP_USER_TOKENS_OF, params![id(*of)]).await?;
        }
        SystemWrite::QueueMail(new) => {
            if db.run(sql::PUT_MAIL, row(new)?).await? == 0 {
                return Err(changed(new.id.uuid()));
            }
        }
        SystemWrite::ChangeMail { mail, revision, change } => {
            let (due, attempts) = (change.due_at.map(time), change.attempts.map(i64::from));
            let row = params![id(*mail), i64::from(revision.0), due, attempts];
            if db.run(sql::CHANGE_MAIL, row).await? == 0 {
                return Err(changed(mail.uuid()));
            }
        }
        SystemWrite::EndMail(mail) => {
            db.run(sql::DROP_MAIL, params![id(*mail)]).await?;
        }
        SystemWrite::PublishNews(new) => {
            if !crate::news::publish(db, new).await? {
                return Err(changed(new.id.uuid()));
            }
        }
        SystemWrite::ChangeNews { update, revision, change } => {
            if !crate::news::change(db, *update, *revision, change).await? {
                return Err(changed(update.uuid()));
            }
        }
        SystemWrite::WithdrawNews(update) => {
            db.run(sql::DROP_NEWS, params![id(*update)]).await?;
        }
        SystemWrite::ReadNews { user, up_to } => crate::news::mark_read(db, *user, *up_to).await?,
        SystemWrite::ChooseNews { user, takes_product } => {
            crate::news::choose(db, *user, *takes_product).await?;
        }
        SystemWrite::InsertApp(new) => {
            if app(db, new.id).await?.is_some() {
                return Err(precondition_failed(RecordRef::App(new.id), Revision::NONE));
            }
            put_app(db, new).await?;
        }
        SystemWrite::ChangeApp { app: of, revision, change } => {
            let kept = app(db, *of).await?.filter(|kept| kept.revision == *revision);
            let mut kept = kept.ok_or_else(|| precondition_failed(RecordRef::App(*of), *revision))?;
            change.apply(&mut kept);
            put_app(db, &kept).await?;
        }
        SystemWrite::HookSeen { hook, at } => {
            for statement in [sql::HOOK_SEEN, sql::FORMER_HOOK_SEEN] {
                db.run(statement, params![id(*hook), time(*at)]).await?;
            }
        }
        SystemWrite::Quarantine(bytes) => crate::outbox::put_quarantine(db, bytes.org, bytes).await?,
        SystemWrite::Release(of) => {
            db.run(sql::DROP_QUARANTINE, params![id(*of)]).await?;
        }
        SystemWrite::Sweep(at) => {
            let before = at.instant();
            let swept = [
                sql::SWEEP_SESSIONS,
                sql::SWEEP_INVITATIONS,
                sql::SWEEP_USER_TOKENS,
                sql::SWEEP_MAILS,
                sql::SWEEP_QUARANTINE,
            ];
            for statement in swept {
                db.run(statement, params![time(before)]).await?;
            }
            db.run(sql::SWEEP_FAILED_ATTEMPTS, params![time(before - ATTEMPT_MEMORY)]).await?;
            db.run(sql::SWEEP_NEWS, params![time(before - NEWS_PERIOD)]).await?;
        }
        SystemWrite::KeyCheck(check) => {
            if db.run(sql::PUT_KEY_CHECK, row(check)?).await? == 0 {
                return Err(changed(Uuid::from_u128(u128::from(check.place))));
            }
        }
        SystemWrite::ChangeKey { place, change } => {
            if !crate::sealed::change_key(db, *place, change).await? {
                return Err(changed(Uuid::from_u128(u128::from(*place))));
            }
        }
        SystemWrite::Rewrap(rewrap) => crate::sealed::rewrap(db, rewrap).await?,
        SystemWrite::TimeMark(mark) => {
            db.run(sql::PUT_TIME_MARK, row(mark)?).await?;
        }
        SystemWrite::Operator(new) => {
            if db.run(sql::PUT_OPERATOR_ENTRY, row(new)?).await? == 0 {
                return Err(changed(Uuid::from_u128(u128::from(new.seq))));
            }
        }
        SystemWrite::Noop => {}
        _ => return Err(Failure::Store(StoreError::Unsupported("a change to the system tables"))),
    }
    Ok(())
}

/// A user was in an organisation.
async fn see(db: &mut Db<'_>, user: UserId, org: OrgId, at: DateTime<Utc>) -> Res<()> {
    db.run(sql::SEE_MEMBERSHIP, params![id(user), id(org), time(at)]).await.map(drop)
}

async fn put_user(db: &mut Db<'_>, new: &User) -> Res<()> {
    let key = new.email.match_key();
    let holder =
        db.one(sql::USER_BY_EMAIL, params![&key], |row| Cols::new(row, "user").id::<UserId>()).await?;
    if holder.is_some_and(|holder| holder != new.id) {
        return Err(changed(new.id.uuid()));
    }
    db.run(sql::PUT_USER, row(new)?).await.map(drop)
}

async fn put_app(db: &mut Db<'_>, new: &App) -> Res<()> {
    db.run(sql::PUT_APP, row(new)?).await?;
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

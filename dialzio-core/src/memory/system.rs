//! The system tables.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use std::sync::PoisonError;
use uuid::Uuid;

use super::commit::{absent, is_routed, log, own_entry};
use super::outbox::{live, newest_first};
use super::state::{Held, Rows, System};
use super::{BrokenRule, MemoryStore, stream};
use crate::Revision;
use crate::access::last_used_first;
use crate::access::{
    ATTEMPT_MEMORY, Colleague, FailedAttempts, Invitation, KeyUse, Member, MemberState, Org, Passkey,
    SecondFactor, Session, SignIn, Terms, TokenHash, User, UserToken,
};
use crate::account::{App, KeyCheck, Rewrap, Route, SealedKind, SealedPlace, SealedRow};
use crate::conversation::{DeliveryStatus, Evidence};
use crate::event::EventSeq;
use crate::id::{AppId, HookId, OrgId, QuarantineId, TypedId, UserId, WorkerId};
use crate::ledger::Action;
use crate::ledger::ChainHead;
use crate::mail::QueuedMail;
use crate::operator::OperatorEntry;
use crate::outbox::{Fence, JobKind, JobState, Lease, Queue};
use crate::page::{Page, PageRequest};
use crate::provider::AccountRef;
use crate::scope::{OrgScope, SystemScope};
use crate::store::periods::NEWS_PERIOD;
use crate::store::{
    Batch, Commit, IdentityStore, LeaseStore, MailStore, Outcome, Precondition, QuarantineStore, RecordRef,
    RoutingStore, StoreError, StoreResult, SystemStore, SystemWrite, UserKey,
};
use crate::time::TimeMark;
use crate::webhook::Quarantined;

/// A record of the system tables is not as it was expected to be.
fn changed(record: Uuid) -> StoreError {
    StoreError::precondition_failed(Precondition::Revision(RecordRef::Other(record), Revision::FIRST))
}

/// A second factor is not at a revision.
fn not_at(user: UserId, revision: Revision) -> StoreError {
    StoreError::precondition_failed(Precondition::Revision(RecordRef::User(user), revision))
}

impl System {
    fn has_factor(&self, user: UserId) -> bool {
        self.second_factors.get(&user).is_some_and(|factor| factor.confirmed_at.is_some())
    }

    fn write(&mut self, write: SystemWrite) -> StoreResult<()> {
        match write {
            SystemWrite::InsertUser(user) => {
                if self.users.contains_key(&user.id) {
                    return Err(StoreError::precondition_failed(Precondition::Revision(
                        RecordRef::User(user.id),
                        Revision::NONE,
                    )));
                }
                self.put_user(user)?;
            }
            SystemWrite::ChangeUser { user, revision, change } => {
                let precondition_failed = || {
                    StoreError::precondition_failed(Precondition::Revision(RecordRef::User(user), revision))
                };
                let kept = self.users.get(&user).filter(|kept| kept.revision == revision);
                let mut kept = kept.cloned().ok_or_else(precondition_failed)?;
                change.apply(&mut kept);
                self.put_user(kept)?;
            }
            SystemWrite::Session(session) => {
                self.sessions.insert(session.hash, session);
            }
            SystemWrite::SessionSeen(token, at) => {
                if let Some(session) = self.sessions.get_mut(&token) {
                    session.seen_at = session.seen_at.max(at);
                    let (user, org) = (session.user, session.org);
                    self.see(user, org, at);
                }
            }
            SystemWrite::KeyUsed(org, used) => {
                let kept = self.key_uses.entry((org, used.key)).or_insert(used);
                if used.at > kept.at {
                    *kept = used;
                }
            }
            SystemWrite::EndSession(token) => {
                self.sessions.remove(&token);
            }
            SystemWrite::EndSessions { user, org, keep } => self.sessions.retain(|hash, session| {
                session.user != user || org.is_some_and(|org| session.org != org) || keep == Some(*hash)
            }),
            SystemWrite::Invitation(invitation) => {
                self.invitations.insert(invitation.hash, invitation);
            }
            SystemWrite::UseInvitation(token) => {
                let record = Uuid::from_bytes(std::array::from_fn(|i| token.0[i]));
                self.invitations.remove(&token).ok_or_else(|| changed(record))?;
            }
            SystemWrite::InsertSecondFactor(factor) => {
                if self.has_factor(factor.user) {
                    return Err(not_at(factor.user, Revision::NONE));
                }
                self.second_factors.insert(factor.user, factor);
            }
            SystemWrite::ChangeSecondFactor { user, revision, change } => {
                let kept = self.second_factors.get_mut(&user).filter(|kept| kept.revision == revision);
                change.apply(kept.ok_or_else(|| not_at(user, revision))?);
            }
            SystemWrite::EndSecondFactor { user, revision } => {
                let kept = self.second_factors.get(&user).filter(|kept| kept.revision == revision);
                kept.ok_or_else(|| not_at(user, revision))?;
                self.second_factors.remove(&user);
            }
            SystemWrite::FailedAttempts(row) => {
                let place = (row.bucket, row.slot);
                let kept = self.failed_attempts.get(&place);
                if kept.is_some_and(|kept| kept.revision.0.checked_add(1) != Some(row.revision.0)) {
                    return Err(changed(Uuid::from_u128(u128::from(row.bucket))));
                }
                self.failed_attempts.insert(place, row);
            }
            SystemWrite::InsertPasskey(passkey) => {
                let is_there = |kept: &Passkey| kept.credential == passkey.credential;
                if self.passkeys.contains_key(&passkey.id) || self.passkeys.values().any(is_there) {
                    return Err(changed(passkey.id.uuid()));
                }
                self.passkeys.insert(passkey.id, passkey);
            }
            SystemWrite::ChangePasskey { passkey, revision, change } => {
                let kept = self.passkeys.get_mut(&passkey).filter(|kept| kept.revision == revision);
                change.apply(kept.ok_or_else(|| changed(passkey.uuid()))?);
            }
            SystemWrite::EndPasskey(passkey) => {
                self.passkeys.remove(&passkey).ok_or_else(|| changed(passkey.uuid()))?;
            }
            SystemWrite::UserToken(token) => {
                let record = Uuid::from_bytes(std::array::from_fn(|i| token.hash.0[i]));
                if self.user_tokens.contains_key(&token.hash) {
                    return Err(changed(record));
                }
                self.user_tokens.insert(token.hash, token);
            }
            SystemWrite::UseUserToken(token) => {
                let record = Uuid::from_bytes(std::array::from_fn(|i| token.0[i]));
                self.user_tokens.remove(&token).ok_or_else(|| changed(record))?;
            }
            SystemWrite::EndUserTokens(user) => self.user_tokens.retain(|_, token| token.user != user),
            SystemWrite::QueueMail(mail) => {
                if self.mails.contains_key(&mail.id) {
                    return Err(changed(mail.id.uuid()));
                }
                self.mails.insert(mail.id, mail);
            }
            SystemWrite::ChangeMail { mail, revision, change } => {
                let kept = self.mails.get_mut(&mail).filter(|kept| kept.revision == revision);
                change.apply(kept.ok_or_else(|| changed(mail.uuid()))?);
            }
            SystemWrite::EndMail(mail) => {
                self.mails.remove(&mail);
            }
            SystemWrite::PublishNews(update) => {
                if self.news.contains_key(&update.id) {
                    return Err(changed(update.id.uuid()));
                }
                self.news.insert(update.id, update);
            }
            SystemWrite::ChangeNews { update, revision, change } => {
                let kept = self.news.get_mut(&update).filter(|kept| kept.revision == revision);
                change.apply(kept.ok_or_else(|| changed(update.uuid()))?);
            }
            SystemWrite::WithdrawNews(update) => {
                self.news.remove(&update);
            }
            SystemWrite::ReadNews { user, up_to } => {
                let reader = self.news_reader(user);
                reader.read_up_to = reader.read_up_to.max(Some(up_to));
            }
            SystemWrite::ChooseNews { user, takes_product } => {
                self.news_reader(user).takes_product = takes_product;
            }
            SystemWrite::InsertApp(app) => {
                absent(&self.apps, &app.id, RecordRef::App(app.id))?;
                self.apps.insert(app.id, app);
            }
            SystemWrite::ChangeApp { app, revision, change } => {
                let precondition_failed =
                    || StoreError::precondition_failed(Precondition::Revision(RecordRef::App(app), revision));
                let kept = self.apps.get_mut(&app).filter(|kept| kept.revision == revision);
                change.apply(kept.ok_or_else(precondition_failed)?);
            }
            SystemWrite::HookSeen { hook, at } => {
                for app in self.apps.values_mut() {
                    let former = app.former.as_mut().filter(|former| former.hook == hook);
                    if app.hook == hook {
                        app.hook_seen = app.hook_seen.max(Some(at));
                    } else if let Some(former) = former {
                        former.seen = former.seen.max(Some(at));
                    }
                }
            }
            SystemWrite::Quarantine(bytes) => {
                self.unrouted.entry(bytes.id).or_insert(bytes);
            }
            SystemWrite::Release(id) => {
                self.unrouted.remove(&id);
            }
            SystemWrite::Sweep(at) => {
                let before = at.instant();
                self.sessions.retain(|_, session| session.expires_at > before);
                self.invitations.retain(|_, invitation| invitation.expires_at > before);
                self.user_tokens.retain(|_, token| token.expires_at > before);
                self.mails.retain(|_, mail| mail.expires_at > before);
                self.news.retain(|_, update| update.published_at + NEWS_PERIOD > before);
                self.failed_attempts.retain(|_, row| row.last + ATTEMPT_MEMORY > before);
                self.unrouted.retain(|_, bytes| bytes.expires_at > before);
            }
            SystemWrite::KeyCheck(check) => {
                let taken = |kept: &KeyCheck| kept.place == check.place || kept.key == check.key;
                if self.key_checks.iter().any(taken) {
                    return Err(changed(Uuid::from_u128(u128::from(check.place))));
                }
                self.key_checks.push(check);
                self.key_checks.sort_by_key(|check| check.place);
            }
            SystemWrite::ChangeKey { place, change } => {
                if !self.change_key(place, change) {
                    return Err(changed(Uuid::from_u128(u128::from(place))));
                }
            }
            SystemWrite::Rewrap(rewrap) => self.rewrap(&rewrap),
            SystemWrite::TimeMark(mark) => self.time_mark = Some(mark),
            SystemWrite::Operator(entry) => {
                if self.operator_log.iter().any(|kept| kept.seq == entry.seq) {
                    return Err(changed(Uuid::from_u128(u128::from(entry.seq))));
                }
                self.operator_log.push(entry);
            }
            SystemWrite::Noop => {}
        }
        Ok(())
    }

    fn see(&mut self, user: UserId, org: OrgId, at: DateTime<Utc>) {
        let seen = self.seen.entry((user, org)).or_insert(at);
        *seen = (*seen).max(at);
    }

    fn put_user(&mut self, user: User) -> StoreResult<()> {
        let email = user.email.match_key();
        if self.users.values().any(|kept| kept.id != user.id && kept.email.match_key() == email) {
            return Err(changed(user.id.uuid()));
        }
        self.users.insert(user.id, user);
        Ok(())
    }
}

/// Quarantined bytes that belong to an organisation go to its own rows.
enum Elsewhere {
    Keep(Quarantined),
    Drop(QuarantineId),
    Rewrap(Rewrap),
}

impl Rows {
    fn is_active(&self, user: UserId) -> bool {
        self.members.values().any(|member| member.user == user && member.state == MemberState::Active)
    }

    /// Dispatched jobs without an outcome become unknown; answers how many.
    fn recover(&mut self, org: OrgId, now: DateTime<Utc>) -> u64 {
        let open = self.jobs.values_mut().filter(|job| job.state == JobState::Dispatched);
        let mut found = Vec::new();
        for job in open {
            job.state = JobState::Unknown;
            found.push(job.kind);
        }
        let unknown = Evidence { status: DeliveryStatus::Unknown, at: now, failure: None };
        for work in &found {
            if let JobKind::Send(message) = work {
                self.take_evidence(*message, &unknown);
            }
        }
        if !found.is_empty() {
            log(org, self, own_entry(Action::JobSettled, now));
        }
        found.len() as u64
    }
}

#[async_trait]
impl IdentityStore for MemoryStore {
    async fn user(&self, _: &SystemScope, by: UserKey<'_>) -> StoreResult<Option<User>> {
        let world = self.world();
        let mut users = world.system.users.values();
        Ok(users
            .find(|user| match by {
                UserKey::Id(id) => user.id == id,
                UserKey::Email(email) => user.email.match_key() == email.match_key(),
            })
            .cloned())
    }

    async fn credential_owner(
        &self,
        _: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<SignIn>> {
        let now = self.no_earlier(now);
        let world = self.world();
        if let Some(session) = world.system.sessions.get(token).filter(|session| session.expires_at > now) {
            let members = world.orgs.get(&session.org).into_iter().flat_map(|rows| rows.members.values());
            let mut own = members.filter(|member| member.user == session.user);
            let member = own.find(|member| member.state == MemberState::Active);
            let org = world.orgs.get(&session.org).and_then(|rows| rows.org.as_ref());
            let requires = org.is_some_and(|org| org.requires_second_factor);
            let lacks = requires && !world.system.has_factor(session.user);
            let terms = Terms::read(lacks, org.is_some_and(|org| org.agents_see_masked));
            return Ok(member.map(|member| SignIn::Session(session.clone(), member.clone(), terms)));
        }
        let mut keys = world.orgs.iter().flat_map(|(org, rows)| rows.keys.values().map(|key| (*org, key)));
        let found =
            keys.find(|(_, key)| key.hash == *token && key.revoked_at.is_none() && key.expires_at > now);
        Ok(found.map(|(org, key)| {
            let used = world.system.key_uses.get(&(org, key.id)).map(|used| used.at);
            SignIn::Key(org, key.clone(), used)
        }))
    }

    async fn organisations_of(&self, _: &SystemScope, user: UserId) -> StoreResult<Vec<OrgId>> {
        let world = self.world();
        let own = world.orgs.iter().filter(|(_, rows)| rows.is_active(user));
        let seen = own.map(|(org, _)| (*org, world.system.seen.get(&(user, *org)).copied()));
        Ok(last_used_first(seen.collect()))
    }

    async fn sessions_of(
        &self,
        _: &SystemScope,
        user: UserId,
        now: DateTime<Utc>,
    ) -> StoreResult<Vec<Session>> {
        let now = self.no_earlier(now);
        let world = self.world();
        let of_user = |session: &&Session| session.user == user && session.expires_at > now;
        Ok(world.system.sessions.values().filter(of_user).cloned().collect())
    }

    async fn colleagues(&self, _: &SystemScope, org: OrgId) -> StoreResult<Vec<Colleague>> {
        let world = self.world();
        let members = world.orgs.get(&org).into_iter().flat_map(|rows| rows.members.values());
        let colleague = |member: &Member| {
            let user = world.system.users.get(&member.user)?;
            let seen_at = world.system.seen.get(&(user.id, org)).copied();
            let has_second_factor = world.system.has_factor(user.id);
            Some(Colleague { member: member.id, email: user.email.clone(), seen_at, has_second_factor })
        };
        Ok(members.filter_map(colleague).collect())
    }

    async fn key_uses(&self, _: &SystemScope, org: OrgId) -> StoreResult<Vec<KeyUse>> {
        let world = self.world();
        let of_org = world.system.key_uses.iter().filter(|((owner, _), _)| *owner == org);
        Ok(of_org.map(|(_, used)| *used).collect())
    }

    async fn invitations_into(
        &self,
        _: &SystemScope,
        org: OrgId,
        now: DateTime<Utc>,
    ) -> StoreResult<Vec<Invitation>> {
        let now = self.no_earlier(now);
        let world = self.world();
        let into = |one: &&Invitation| one.org == org && one.expires_at > now;
        let mut found: Vec<_> = world.system.invitations.values().filter(into).cloned().collect();
        found.sort_by_key(|one| (one.created_at, one.hash));
        Ok(found)
    }

    async fn invitation(
        &self,
        _: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Invitation>> {
        let now = self.no_earlier(now);
        let world = self.world();
        Ok(world.system.invitations.get(token).filter(|invitation| invitation.expires_at > now).cloned())
    }

    async fn second_factor(&self, _: &SystemScope, user: UserId) -> StoreResult<Option<SecondFactor>> {
        Ok(self.world().system.second_factors.get(&user).cloned())
    }

    async fn passkeys(&self, _: &SystemScope, user: UserId) -> StoreResult<Vec<Passkey>> {
        let world = self.world();
        let mut found: Vec<_> =
            world.system.passkeys.values().filter(|passkey| passkey.user == user).cloned().collect();
        found.sort_by_key(|passkey| (passkey.created_at, passkey.id));
        Ok(found)
    }

    async fn passkey(&self, _: &SystemScope, credential: &[u8]) -> StoreResult<Option<Passkey>> {
        let world = self.world();
        Ok(world.system.passkeys.values().find(|passkey| passkey.credential == credential).cloned())
    }

    async fn failed_attempts(&self, _: &SystemScope, bucket: u16) -> StoreResult<Vec<FailedAttempts>> {
        let world = self.world();
        Ok(world
            .system
            .failed_attempts
            .range((bucket, 0)..=(bucket, u8::MAX))
            .map(|(_, row)| row.clone())
            .collect())
    }

    async fn user_token(
        &self,
        _: &SystemScope,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<UserToken>> {
        let now = self.no_earlier(now);
        let world = self.world();
        Ok(world.system.user_tokens.get(token).filter(|token| token.expires_at > now).cloned())
    }

    async fn organisations(
        &self,
        _: &SystemScope,
        after: Option<OrgId>,
        limit: u32,
    ) -> StoreResult<Vec<Org>> {
        let world = self.world();
        let known = world.orgs.values().filter_map(|rows| rows.org.as_ref());
        let beyond = known.filter(|org| after.is_none_or(|after| org.id > after));
        Ok(beyond.take(limit as usize).cloned().collect())
    }
}

#[async_trait]
impl RoutingStore for MemoryStore {
    async fn hook(&self, _: &SystemScope, hook: HookId) -> StoreResult<Option<App>> {
        let is_of = |app: &App| app.hook == hook || app.former.is_some_and(|former| former.hook == hook);
        Ok(self.world().system.apps.values().find(|app| is_of(app)).cloned())
    }

    async fn app(&self, _: &SystemScope, id: AppId) -> StoreResult<Option<App>> {
        Ok(self.world().system.apps.get(&id).cloned())
    }

    async fn apps(&self, _: &SystemScope, org: Option<OrgId>) -> StoreResult<Vec<App>> {
        Ok(self.world().system.apps.values().filter(|app| app.org == org).cloned().collect())
    }

    async fn route(
        &self,
        _: &SystemScope,
        app: AppId,
        accounts: &[AccountRef],
    ) -> StoreResult<Vec<Option<Route>>> {
        let world = self.world();
        let route = |wanted: &AccountRef| {
            let all = world.orgs.iter().flat_map(|(org, rows)| rows.accounts.values().map(|a| (*org, a)));
            let linked = all.filter(|(_, account)| account.app == app && is_routed(account.state));
            let named = linked
                .filter(|(_, account)| account.routing_key == wanted.0 || account.business_id == wanted.0);
            // A number before a business account, then the oldest.
            let found = named.min_by_key(|(_, account)| (account.routing_key != wanted.0, account.id));
            found.map(|(org, account)| Route {
                org,
                account: account.id,
                portfolio: account.portfolio.clone(),
            })
        };
        Ok(accounts.iter().map(route).collect())
    }
}

#[async_trait]
impl LeaseStore for MemoryStore {
    async fn queues_due(&self, _: &SystemScope, now: DateTime<Utc>, limit: u32) -> StoreResult<Vec<Queue>> {
        let world = self.world();
        let queues = world.orgs.iter().flat_map(|(org, rows)| rows.queues(*org));
        let free = |queue: &Queue| world.leases.held.get(queue).is_none_or(|held| held.until <= now);
        let mut due: Vec<_> =
            queues.filter(|(queue, at)| *at <= now && free(queue)).map(|(queue, at)| (at, queue)).collect();
        due.sort_unstable();
        Ok(due.into_iter().take(limit as usize).map(|(_, queue)| queue).collect())
    }

    async fn lease(
        &self,
        _: &SystemScope,
        queue: Queue,
        by: WorkerId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> StoreResult<Option<Lease>> {
        let leases = &mut self.world().leases;
        let live = leases.held.get(&queue).copied().filter(|held| held.until > now);
        let fence = match live {
            Some(held) if held.by != by => return Ok(None),
            // The worker's own: the fence stays, so that what it has begun is still valid.
            Some(held) => held.fence,
            None => {
                let newest = leases.fences.entry(queue).or_default();
                *newest += 1;
                Fence(*newest)
            }
        };
        leases.held.insert(queue, Held { by, fence, until });
        Ok(Some(Lease { queue, fence, until }))
    }

    async fn release(&self, _: &SystemScope, lease: Lease) -> StoreResult<()> {
        let held = &mut self.world().leases.held;
        if held.get(&lease.queue).is_some_and(|held| held.fence == lease.fence) {
            held.remove(&lease.queue);
        }
        Ok(())
    }

    async fn recover(&self, _: &SystemScope, now: DateTime<Utc>) -> StoreResult<u64> {
        Ok(self.world().orgs.iter_mut().map(|(org, rows)| rows.recover(*org, now)).sum())
    }

    async fn next_due(&self, _: &SystemScope) -> StoreResult<Option<DateTime<Utc>>> {
        let world = self.world();
        Ok(world.orgs.iter().flat_map(|(org, rows)| rows.queues(*org).into_values()).min())
    }

    fn work_notifications(&self) -> BoxStream<'static, ()> {
        stream(self.notify_work.subscribe())
    }
}

#[async_trait]
impl MailStore for MemoryStore {
    async fn mails_due(
        &self,
        _: &SystemScope,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<QueuedMail>> {
        let now = self.no_earlier(now);
        let world = self.world();
        let due = |mail: &&QueuedMail| mail.due_at <= now && mail.expires_at > now;
        let mut found: Vec<_> = world.system.mails.values().filter(due).cloned().collect();
        found.sort_by_key(|mail| (mail.due_at, mail.id));
        found.truncate(limit as usize);
        Ok(found)
    }
}

#[async_trait]
impl QuarantineStore for MemoryStore {
    async fn any_quarantined_item(
        &self,
        _: &SystemScope,
        id: QuarantineId,
    ) -> StoreResult<Option<Quarantined>> {
        let (now, world) = (self.now(), self.world());
        let of_orgs = world.orgs.values().filter_map(|rows| rows.quarantine.get(&id));
        Ok(live(of_orgs.chain(world.system.unrouted.get(&id)).next(), now))
    }

    async fn unrouted(&self, _: &SystemScope, page: PageRequest) -> StoreResult<Page<Quarantined>> {
        Ok(newest_first(&self.world().system.unrouted, &page, self.now()))
    }
}

#[async_trait]
impl SystemStore for MemoryStore {
    async fn commit_system(
        &self,
        _: &SystemScope,
        writes: Vec<SystemWrite>,
        also: Option<(&OrgScope, Batch)>,
    ) -> StoreResult<Commit> {
        let mut world = self.world();
        let mut system = world.system.clone();
        let mut elsewhere = Vec::new();
        for write in writes {
            match write {
                SystemWrite::Quarantine(bytes) if bytes.org.is_some() => {
                    elsewhere.push(Elsewhere::Keep(bytes));
                }
                SystemWrite::Release(id) => {
                    elsewhere.push(Elsewhere::Drop(id));
                    system.write(SystemWrite::Release(id))?;
                }
                SystemWrite::Rewrap(rewrap) if rewrap.kind == SealedKind::Quarantine => {
                    elsewhere.push(Elsewhere::Rewrap(rewrap));
                }
                write => system.write(write)?,
            }
        }
        let nothing = Commit { seq: EventSeq(0), outcome: Outcome::Applied, rows_affected: 0 };
        let commit = match also {
            None => nothing,
            Some((scope, batch)) => {
                let done = self.apply(&mut world, scope, batch)?;
                self.wake(scope.org(), &done);
                done.commit
            }
        };
        // A batch that was carried out before, or is another's, takes the rest with it.
        if commit.outcome == Outcome::Applied {
            if let Some(mark) = system.time_mark {
                *self.believed.lock().unwrap_or_else(PoisonError::into_inner) = mark.trusted_at;
            }
            world.system = system;
            for each in elsewhere {
                match each {
                    Elsewhere::Keep(bytes) => {
                        let org = if self.breaks(BrokenRule::ScopeIgnored) { None } else { bytes.org };
                        let rows = world.orgs.entry(org.unwrap_or(OrgId::NIL)).or_default();
                        rows.quarantine.entry(bytes.id).or_insert(bytes);
                    }
                    Elsewhere::Rewrap(rewrap) => {
                        for rows in world.orgs.values_mut() {
                            rows.rewrap(&rewrap);
                        }
                        world.system.rewrap(&rewrap);
                    }
                    Elsewhere::Drop(id) => {
                        for rows in world.orgs.values_mut() {
                            rows.quarantine.remove(&id);
                        }
                    }
                }
            }
        }
        Ok(commit)
    }

    async fn key_checks(&self, _: &SystemScope) -> StoreResult<Vec<KeyCheck>> {
        Ok(self.world().system.key_checks.clone())
    }

    async fn sealed(
        &self,
        _: &SystemScope,
        kind: SealedKind,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> StoreResult<Vec<SealedRow>> {
        Ok(super::sealed::of_system(&self.world(), kind, after, limit))
    }

    async fn operator_log(
        &self,
        _: &SystemScope,
        before: u64,
        limit: u32,
    ) -> StoreResult<Vec<OperatorEntry>> {
        let world = self.world();
        let earlier = world.system.operator_log.iter().rev().filter(|entry| entry.seq < before);
        Ok(earlier.take(limit as usize).cloned().collect())
    }

    async fn audit_heads(
        &self,
        _: &SystemScope,
        after: Option<OrgId>,
        limit: u32,
    ) -> StoreResult<Vec<(OrgId, ChainHead)>> {
        let world = self.world();
        let later = world.orgs.iter().filter(|(org, _)| after.is_none_or(|after| **org > after));
        Ok(later.take(limit as usize).map(|(org, rows)| (*org, rows.chain_head())).collect())
    }

    async fn time_mark(&self, _: &SystemScope) -> StoreResult<Option<TimeMark>> {
        Ok(self.world().system.time_mark)
    }

    async fn probe(&self) -> StoreResult<()> {
        Ok(())
    }

    async fn ping(&self) -> StoreResult<()> {
        Ok(())
    }
}

//! One batch: what it was decided on, what it changes, what it leaves in the two logs.

use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

use dialzio_core::conversation::ConversationWrite;
use dialzio_core::event::EventSeq;
use dialzio_core::outbox::{Fence, JobState, JobWrite, Queue};
use dialzio_core::store::periods::KEY_PERIOD;
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{
    BatchParts, Commit, Idempotency, Outcome, Precondition, RecordRef, Revision, StoreError, SystemWrite,
    Write,
};
use dialzio_core::webhook::WebhookWrite;
use dialzio_core::{AccountId, ContactId, OrgId};

use crate::Shared;
use crate::apply::Scope;
use crate::codec::{Cols, id, or_nil, time};
use crate::error::{Failure, Res};
use crate::group::{Group, QueuePlace, Talk};
use crate::run::{Db, params};
use crate::statements as sql;

/// What is applied whole or not at all, in one organisation.
pub(crate) enum Unit {
    /// A batch of an organisation.
    Batch(BatchParts),
    /// Changes to system tables, and a batch with them.
    System(Vec<SystemWrite>, BatchParts),
    /// Dispatched jobs whose queue is not leased become unknown: all of them, or those of one queue.
    Recover(DateTime<Utc>, Option<QueuePlace>),
}

impl Unit {
    fn parts(&self) -> Option<&BatchParts> {
        match self {
            Self::Batch(parts) | Self::System(_, parts) => Some(parts),
            Self::Recover(..) => None,
        }
    }

    /// The instants in whose months it writes.
    pub(crate) fn instants(&self) -> Vec<DateTime<Utc>> {
        match self {
            Self::Recover(at, _) => vec![*at],
            Self::Batch(parts) | Self::System(_, parts) => {
                let appended = parts.writes.iter().filter_map(|write| match write {
                    Write::Conversation(ConversationWrite::Append { message, .. }) => {
                        crate::months::instant_of(message.id)
                    }
                    _ => None,
                });
                std::iter::once(parts.at).chain(appended).collect()
            }
        }
    }
}

impl<'a> Scope<'a> {
    /// Takes the organisation for this transaction, and looks up at once what the units will ask for.
    pub(crate) async fn begin<'u>(
        mut db: Db<'a>,
        shared: &'a Shared,
        org: OrgId,
        units: impl Iterator<Item = &'u Unit> + Clone,
    ) -> Res<Self> {
        let mut group = Group::begin(&mut db, org).await?;
        look_ahead(&mut db, &mut group, units).await?;
        Ok(Self { db, shared, group, key: id(org), at: shared.clock.now() })
    }

    pub(crate) async fn carry_out(&mut self, unit: &Unit) -> Res<Commit> {
        match unit {
            Unit::Batch(parts) => self.apply(parts, &[]).await,
            Unit::System(writes, parts) => self.apply(parts, writes).await,
            Unit::Recover(now, queue) => {
                self.at = *now;
                let rows_affected = self.recover(*queue).await?;
                Ok(Commit { seq: self.group.head.event, outcome: Outcome::Applied, rows_affected })
            }
        }
    }

    async fn apply(&mut self, parts: &BatchParts, system: &[SystemWrite]) -> Res<Commit> {
        self.at = parts.at;
        if let Some(once) = &parts.once
            && let Some(outcome) = self.used_before(once).await?
        {
            return Ok(Commit { seq: self.group.head.event, outcome, rows_affected: 0 });
        }
        for fact in &parts.preconditions {
            if !self.holds(fact).await? {
                return Err(StoreError::precondition_failed(fact.clone()).into());
            }
        }
        let carried = |write: &&SystemWrite| !matches!(write, SystemWrite::Noop);
        if system.iter().any(|write| carried(&write)) {
            self.db.as_system().await?;
            for write in system {
                crate::system::write(&mut self.db, write).await?;
            }
            self.db.as_app().await?;
        }
        let mut rows_affected = 0;
        for write in &parts.writes {
            rows_affected += self.change(write).await?;
        }
        if let Some(once) = &parts.once {
            let (key, fingerprint, answer) = (once.key.as_slice(), once.fingerprint.as_slice(), once.answer);
            let row = params![self.key, key, fingerprint, answer.kind(), answer.uuid(), time(self.at)];
            self.db.run(sql::PUT_ONCE, row).await?;
        }
        for event in &parts.events {
            self.group.tell(self.at, *event);
        }
        if let Some(entry) = parts.entry() {
            self.group.log(entry);
        }
        Ok(Commit { seq: self.group.head.event, outcome: Outcome::Applied, rows_affected })
    }

    async fn used_before(&mut self, once: &Idempotency) -> Res<Option<Outcome>> {
        let row = params![self.key, once.key.as_slice(), time(self.at - KEY_PERIOD)];
        self.db
            .one(sql::ONCE, row, |row| {
                let c = Cols::new(row, "key");
                let (fingerprint, kind): ([u8; 32], &str) = (c.array()?, c.get()?);
                let answer = RecordRef::from_stored(kind, c.get()?);
                Ok(if fingerprint == once.fingerprint {
                    Outcome::Replayed(answer)
                } else {
                    Outcome::Mismatch
                })
            })
            .await
    }

    /// Whether a fact is true.
    async fn holds(&mut self, fact: &Precondition) -> Res<bool> {
        let org = self.key;
        Ok(match fact {
            Precondition::Revision(record, revision) => self.revision_of(*record).await? == Some(*revision),
            Precondition::IdentityFree(portfolio, alias) => {
                let row = params![org, portfolio.0, alias.kind().as_str(), alias.match_key()];
                !self.db.any(sql::ALIAS, row).await?
            }
            Precondition::ConversationFree(account, identity) => {
                let pair = params![org, id(*account), id(*identity)];
                !self.db.any(sql::CONVERSATION_OF_PAIR, pair).await?
            }
            Precondition::ExternalFree(account, external) => {
                self.referred(*account, external).await?.is_none()
            }
            Precondition::ConsentHead(subjects, head) => {
                crate::consent::head(&mut self.db, org, subjects).await? == *head
            }
            Precondition::Lease(queue, fence) => {
                queue.org == self.group.org && self.leased(queue, *fence).await?
            }
            Precondition::QueueIdle(queue) => queue.org != self.group.org || !self.waits(queue).await?,
            Precondition::Job(job, state) => {
                self.group.write_jobs(&mut self.db).await?;
                let found = self
                    .db
                    .one(sql::EFFECT_STATE, params![org, id(*job)], |row| {
                        Cols::new(row, "effect").word::<JobState>()
                    })
                    .await?;
                found == Some(*state)
            }
            Precondition::Delivery(of, status) => self.status_of(*of).await? == Some(*status),
            Precondition::RouteFree(provider, external) => !self.route_taken(provider, external).await?,
            Precondition::AccountFree(provider, external) => self.account_free(provider, external).await?,
            Precondition::CallAliasFree(account, alias) => {
                self.call_of_alias(*account, alias).await?.is_none()
            }
            Precondition::Linked(app, account) => {
                self.db.any(sql::ROUTE_LINKED, params![org, id(*account), id(*app)]).await?
            }
            _ => return Err(Failure::Store(StoreError::Unsupported("an expectation"))),
        })
    }

    async fn leased(&mut self, queue: &Queue, fence: Fence) -> Res<bool> {
        let place = (queue.account, queue.kind);
        let held = match self.group.leases.get(&place) {
            Some(held) => *held,
            None => {
                let row = params![self.key, or_nil(queue.account), queue.kind.as_str()];
                let held = self
                    .db
                    .one(sql::LEASE, row, |row| {
                        let c = Cols::new(row, "lease");
                        Ok((Fence(c.number()?), c.time()?))
                    })
                    .await?;
                self.group.leases.insert(place, held);
                held
            }
        };
        let now = self.shared.clock.now();
        Ok(held.is_some_and(|(kept, until)| kept == fence && until > now))
    }

    async fn waits(&mut self, queue: &Queue) -> Res<bool> {
        let place = (queue.account, queue.kind);
        if let Some(waits) = self.group.waits.get(&place) {
            return Ok(*waits);
        }
        let row = params![self.key, queue.kind.as_str(), or_nil(queue.account)];
        let waits = self.db.any(sql::ITEM_WAITS, row).await?;
        self.group.waits.insert(place, waits);
        Ok(waits)
    }

    /// The revision of a record, [`Revision::NONE`] if it is not there; `None` for kinds without one.
    async fn revision_of(&mut self, record: RecordRef) -> Res<Option<Revision>> {
        let org = self.key;
        let found = match record {
            RecordRef::Contact(of) => self.contact_revision(of).await?,
            RecordRef::Conversation(of) => self.talk(of).await?.map(|kept| kept.revision),
            RecordRef::Account(of) => {
                crate::accounts::one(&mut self.db, org, of).await?.map(|kept| kept.revision)
            }
            RecordRef::Org(of) if of == self.group.org => {
                crate::access::org(&mut self.db, of).await?.map(|kept| kept.revision)
            }
            RecordRef::Member(of) => {
                crate::access::member(&mut self.db, org, of).await?.map(|kept| kept.revision)
            }
            RecordRef::ApiKey(of) => {
                crate::access::api_key(&mut self.db, org, of).await?.map(|kept| kept.revision)
            }
            RecordRef::Call(of) => crate::calls::revision(&mut self.db, org, of).await?,
            RecordRef::CallFlow(of) => {
                crate::call_flows::one(&mut self.db, org, of).await?.map(|kept| kept.revision)
            }
            RecordRef::IdentityProvider(of) => {
                crate::identity_providers::one(&mut self.db, org, of).await?.map(|kept| kept.revision)
            }
            RecordRef::SupportRequest(of) => {
                crate::support::one(&mut self.db, org, of).await?.map(|kept| kept.revision)
            }
            RecordRef::Team(of) => crate::teams::one(&mut self.db, org, of).await?.map(|kept| kept.revision),
            RecordRef::SavedView(of) => {
                crate::saved_views::one(&mut self.db, org, of).await?.map(|kept| kept.revision)
            }
            RecordRef::CannedReply(of) => {
                crate::canned_replies::one(&mut self.db, org, of).await?.map(|kept| kept.revision)
            }
            RecordRef::ScheduledMessage(of) => {
                crate::scheduled::one(&mut self.db, org, of).await?.map(|kept| kept.revision)
            }
            RecordRef::Disposition(of) => {
                crate::dispositions::one(&mut self.db, org, of).await?.map(|kept| kept.revision)
            }
            RecordRef::Task(of) => {
                crate::contacts::one_task(&mut self.db, org, of).await?.map(|kept| kept.revision)
            }
            _ => return Ok(None),
        };
        Ok(Some(found.unwrap_or(Revision::NONE)))
    }

    async fn contact_revision(&mut self, contact: ContactId) -> Res<Option<Revision>> {
        self.db
            .one(sql::CONTACT_REVISION, params![self.key, id(contact)], |row| {
                Ok(Revision(Cols::new(row, "contact").number()?))
            })
            .await
    }

    /// One change; answers how many rows a purge removed.
    async fn change(&mut self, write: &Write) -> Res<u64> {
        if queues_work(write) {
            self.group.notify_work();
        }
        match write {
            Write::Contact(write) => self.write_contact(write).await?,
            Write::Conversation(write) => self.write_conversation(write).await?,
            Write::Draft(write) => self.write_draft(write).await?,
            Write::Notice(write) => self.write_notice(write).await?,
            Write::Usage(write) => self.write_usage(write).await?,
            Write::Scheduled(write) => self.write_scheduled(write).await?,
            Write::Media(write) => self.write_media(write).await?,
            Write::Consent(write) => self.write_consent(write).await?,
            Write::Account(write) => self.write_account(write).await?,
            Write::Access(write) => self.write_access(write).await?,
            Write::Call(write) => self.write_call(write).await?,
            Write::CallFlow(write) => self.write_call_flow(write).await?,
            Write::CannedReply(write) => self.write_canned_reply(write).await?,
            Write::IdentityProvider(write) => self.write_identity_provider(write).await?,
            Write::Support(write) => self.write_support(write).await?,
            Write::Team(write) => self.write_team(write).await?,
            Write::SavedView(write) => self.write_saved_view(write).await?,
            Write::Disposition(write) => self.write_disposition(write).await?,
            Write::Job(write) => self.write_job(write).await?,
            Write::Webhook(write) => self.write_webhook(write).await?,
            Write::Purge { class, at, kept, limit } => {
                return self.purge(*class, *at, *kept, *limit).await;
            }
            Write::Rewrap(rewrap) => self.rewrap(rewrap).await?,
            Write::WakeSnoozed { now } => self.wake_snoozed(*now).await?,
            _ => return Err(Failure::Store(StoreError::Unsupported("a write"))),
        }
        Ok(0)
    }
}

fn queues_work(write: &Write) -> bool {
    matches!(
        write,
        Write::Job(
            JobWrite::Queue(_)
                | JobWrite::Update { state: JobState::Pending, .. }
                | JobWrite::Rest { .. }
                | JobWrite::WakeSends { .. }
        ) | Write::Webhook(WebhookWrite::Enqueue(_) | WebhookWrite::Retry { .. })
            | Write::Purge { .. }
    )
}

/// Conversations and provider ids that the units name, each in one look for all of them.
async fn look_ahead<'u>(
    db: &mut Db<'_>,
    group: &mut Group,
    units: impl Iterator<Item = &'u Unit> + Clone,
) -> Res<()> {
    let (mut talks, mut ids) = (BTreeSet::new(), BTreeMap::<AccountId, BTreeSet<i64>>::new());
    for parts in units.filter_map(Unit::parts) {
        for write in &parts.writes {
            if let Write::Conversation(ConversationWrite::Append { account, message, .. }) = write {
                talks.insert(message.conversation);
                if let Some(external) = &message.external {
                    ids.entry(*account).or_default().insert(external.hash8());
                }
            }
        }
        for fact in &parts.preconditions {
            if let Precondition::ExternalFree(account, external) = fact {
                ids.entry(*account).or_default().insert(external.hash8());
            }
        }
    }
    let org = id(group.org);
    if talks.len() > 1 {
        for kept in crate::conversations::by_ids(db, org, talks.iter().copied()).await? {
            group.talks.insert(kept.id, Some(Talk { kept, moved: false }));
        }
    }
    for (account, hashes) in ids {
        let hashes: Vec<i64> = hashes.into_iter().collect();
        for hash in &hashes {
            group.references.insert((account, *hash), Vec::new());
        }
        for (hash, known) in crate::messages::references(db, org, account, &hashes).await? {
            group.references.entry((account, hash)).or_default().push(known);
        }
    }
    Ok(())
}

/// What a replay or an empty call answers.
pub(crate) const NOTHING: Commit = Commit { seq: EventSeq(0), outcome: Outcome::Applied, rows_affected: 0 };

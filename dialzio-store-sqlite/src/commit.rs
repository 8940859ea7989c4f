//! One batch: what it was decided on, what it changes, what it leaves in the two logs.

use chrono::{DateTime, Utc};
use rusqlite::params;

use dialzio_core::event::EventSeq;
use dialzio_core::outbox::{JobState, JobWrite};
use dialzio_core::store::periods::KEY_PERIOD;
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{
    BatchParts, Commit, Idempotency, Outcome, Precondition, RecordRef, Revision, StoreError, SystemWrite,
    Write,
};
use dialzio_core::webhook::WebhookWrite;
use dialzio_core::{ContactId, ConversationId, OrgId};
use uuid::Uuid;

use crate::apply::{Scope, Txn};
use crate::codec::{Cols, id, json, opt_id, time};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

/// How many changes a small batch holds at most: as many as follow from a webhook or from what a person does on a page.
const MAX_INLINE_WRITES: usize = 32;

/// What is applied whole or not at all.
pub(crate) enum Unit {
    /// A batch of an organisation.
    Batch(OrgId, BatchParts),
    /// Changes to system tables, and a batch with them.
    System(Vec<SystemWrite>, Option<(OrgId, BatchParts)>),
    /// Dispatched jobs become unknown.
    Recover(DateTime<Utc>),
    /// A write that shows that one is possible.
    Beat,
}

impl Unit {
    /// Whether it changes few rows, and will be done in no time.
    pub(crate) fn is_small(&self) -> bool {
        match self {
            Self::Batch(_, parts) | Self::System(_, Some((_, parts))) => {
                let may_be_many =
                    |write: &Write| matches!(write, Write::Purge { .. } | Write::WakeSnoozed { .. });
                parts.writes.len() <= MAX_INLINE_WRITES && !parts.writes.iter().any(may_be_many)
            }
            Self::System(_, None) | Self::Beat => true,
            Self::Recover(_) => false,
        }
    }
}

impl Txn<'_> {
    pub(crate) fn carry_out(&mut self, unit: &Unit) -> Res<Commit> {
        let nothing = Commit { seq: EventSeq(0), outcome: Outcome::Applied, rows_affected: 0 };
        match unit {
            Unit::Batch(org, parts) => self.scope(*org, parts.at).apply(parts, &[]),
            Unit::System(writes, Some((org, parts))) => self.scope(*org, parts.at).apply(parts, writes),
            Unit::System(writes, None) => {
                for write in writes {
                    crate::system::write(self.db, write)?;
                }
                Ok(nothing)
            }
            Unit::Recover(now) => Ok(Commit { rows_affected: self.recover(*now)?, ..nothing }),
            Unit::Beat => {
                self.db.run(sql::BEAT, [time(self.shared.clock.now())])?;
                Ok(nothing)
            }
        }
    }
}

impl Scope<'_> {
    fn apply(&mut self, parts: &BatchParts, system: &[SystemWrite]) -> Res<Commit> {
        if let Some(once) = &parts.once
            && let Some(outcome) = self.used_before(once)?
        {
            let seq = self.group.head(self.db, self.org)?.event;
            return Ok(Commit { seq, outcome, rows_affected: 0 });
        }
        for fact in &parts.preconditions {
            if !self.holds(fact)? {
                return Err(StoreError::precondition_failed(fact.clone()).into());
            }
        }
        for write in system {
            crate::system::write(self.db, write)?;
        }
        let mut rows_affected = 0;
        for write in &parts.writes {
            rows_affected += self.change(write)?;
        }
        if let Some(once) = &parts.once {
            let (key, fingerprint) = (once.key, once.fingerprint);
            let answer = once.answer;
            self.db.run(
                sql::PUT_ONCE,
                params![self.key, key, fingerprint, answer.kind(), answer.uuid().into_bytes(), time(self.at)],
            )?;
        }
        for event in &parts.events {
            let seq = self.group.next_event(self.db, self.org)?;
            self.db.run(
                sql::PUT_EVENT,
                params![self.key, seq.0.cast_signed(), time(self.at), json(event, "event")?],
            )?;
        }
        if let Some(entry) = parts.entry() {
            self.group.log(self.db, self.org, entry)?;
        }
        let seq = self.group.head(self.db, self.org)?.event;
        Ok(Commit { seq, outcome: Outcome::Applied, rows_affected })
    }

    fn used_before(&self, once: &Idempotency) -> Res<Option<Outcome>> {
        self.db.one(sql::ONCE, params![self.key, once.key, time(self.at - KEY_PERIOD)], |row| {
            let c = Cols::new(row, "key");
            let (fingerprint, kind): ([u8; 32], String) = (c.get()?, c.get()?);
            let answer = RecordRef::from_stored(&kind, Uuid::from_bytes(c.get()?));
            Ok(if fingerprint == once.fingerprint { Outcome::Replayed(answer) } else { Outcome::Mismatch })
        })
    }

    /// Whether a fact is true.
    fn holds(&mut self, fact: &Precondition) -> Res<bool> {
        let (db, org) = (self.db, self.key);
        Ok(match fact {
            Precondition::Revision(record, revision) => self.revision_of(*record)? == Some(*revision),
            Precondition::IdentityFree(portfolio, alias) => {
                !db.any(sql::ALIAS, params![org, portfolio.0, alias.kind().as_str(), alias.match_key()])?
            }
            Precondition::ConversationFree(account, identity) => {
                !db.any(sql::CONVERSATION_OF_PAIR, params![org, id(*account), id(*identity)])?
            }
            Precondition::ExternalFree(account, external) => {
                crate::messages::referred(db, org, *account, external)?.is_none()
            }
            Precondition::ConsentHead(subjects, head) => crate::consent::head(db, org, subjects)? == *head,
            Precondition::Lease(queue, fence) => {
                queue.org == self.org && self.shared.leases.holds(queue, *fence, self.shared.clock.now())
            }
            Precondition::QueueIdle(queue) => {
                queue.org != self.org
                    || !db.any(sql::ITEM_WAITS, params![org, queue.kind.as_str(), opt_id(queue.account)])?
            }
            Precondition::Job(job, state) => {
                let found = db.one(sql::EFFECT_STATE, params![org, id(*job)], |row| {
                    Cols::new(row, "effect").word::<JobState>()
                })?;
                found == Some(*state)
            }
            Precondition::Delivery(of, status) => self.status_of(*of)? == Some(*status),
            Precondition::RouteFree(provider, external) => {
                !db.any(sql::ROUTE_TAKEN, params![org, provider, external])?
            }
            Precondition::AccountFree(provider, external) => self.account_free(provider, external)?,
            Precondition::CallAliasFree(account, alias) => self.call_of_alias(*account, alias)?.is_none(),
            Precondition::Linked(app, account) => {
                db.any(sql::ROUTE_LINKED, params![org, id(*account), id(*app)])?
            }
            _ => return Err(Failure::Store(StoreError::Unsupported("an expectation"))),
        })
    }

    /// The revision of a record, [`Revision::NONE`] if it is not there; `None` for kinds without one.
    fn revision_of(&self, record: RecordRef) -> Res<Option<Revision>> {
        let (db, org) = (self.db, self.key);
        let found = match record {
            RecordRef::Contact(id) => self.contact_revision(id)?,
            RecordRef::Conversation(id) => self.conversation_revision(id)?,
            RecordRef::Account(id) => crate::accounts::one(db, org, id)?.map(|kept| kept.revision),
            RecordRef::Org(id) if id == self.org => crate::access::org(db, id)?.map(|kept| kept.revision),
            RecordRef::Member(id) => crate::access::member(db, org, id)?.map(|kept| kept.revision),
            RecordRef::ApiKey(id) => crate::access::api_key(db, org, id)?.map(|kept| kept.revision),
            RecordRef::Call(id) => crate::calls::revision(db, org, id)?,
            RecordRef::CallFlow(id) => crate::call_flows::one(db, org, id)?.map(|kept| kept.revision),
            RecordRef::SavedView(id) => crate::saved_views::one(db, org, id)?.map(|kept| kept.revision),
            RecordRef::IdentityProvider(id) => {
                crate::identity_providers::one(db, org, id)?.map(|kept| kept.revision)
            }
            RecordRef::SupportRequest(id) => crate::support::one(db, org, id)?.map(|kept| kept.revision),
            RecordRef::Team(id) => crate::teams::one(db, org, id)?.map(|kept| kept.revision),
            RecordRef::CannedReply(id) => crate::canned_replies::one(db, org, id)?.map(|kept| kept.revision),
            RecordRef::ScheduledMessage(id) => crate::scheduled::one(db, org, id)?.map(|kept| kept.revision),
            RecordRef::Disposition(id) => crate::dispositions::one(db, org, id)?.map(|kept| kept.revision),
            RecordRef::Task(id) => crate::contacts::one_task(db, org, id)?.map(|kept| kept.revision),
            _ => return Ok(None),
        };
        Ok(Some(found.unwrap_or(Revision::NONE)))
    }

    fn contact_revision(&self, contact: ContactId) -> Res<Option<Revision>> {
        self.db.one(sql::CONTACT_REVISION, params![self.key, id(contact)], |row| {
            Ok(Revision(Cols::new(row, "contact").number()?))
        })
    }

    fn conversation_revision(&self, conversation: ConversationId) -> Res<Option<Revision>> {
        Ok(crate::conversations::one(self.db, self.key, conversation)?.map(|found| found.revision))
    }

    /// One change; answers how many rows a purge removed.
    fn change(&mut self, write: &Write) -> Res<u64> {
        if queues_work(write) {
            self.group.notify_work();
        }
        match write {
            Write::Contact(write) => self.write_contact(write)?,
            Write::Conversation(write) => self.write_conversation(write)?,
            Write::Draft(write) => self.write_draft(write)?,
            Write::Notice(write) => self.write_notice(write)?,
            Write::Usage(write) => self.write_usage(write)?,
            Write::Scheduled(write) => self.write_scheduled(write)?,
            Write::Media(write) => self.write_media(write)?,
            Write::Consent(write) => self.write_consent(write)?,
            Write::Account(write) => self.write_account(write)?,
            Write::Access(write) => self.write_access(write)?,
            Write::Call(write) => self.write_call(write)?,
            Write::CallFlow(write) => self.write_call_flow(write)?,
            Write::IdentityProvider(write) => self.write_identity_provider(write)?,
            Write::Support(write) => self.write_support(write)?,
            Write::Team(write) => self.write_team(write)?,
            Write::CannedReply(write) => self.write_canned_reply(write)?,
            Write::SavedView(write) => self.write_saved_view(write)?,
            Write::Disposition(write) => self.write_disposition(write)?,
            Write::Job(write) => self.write_job(write)?,
            Write::Webhook(write) => self.write_webhook(write)?,
            Write::Purge { class, at, kept, limit } => return self.purge(*class, *at, *kept, *limit),
            Write::Rewrap(rewrap) => self.rewrap(rewrap)?,
            Write::WakeSnoozed { now } => self.wake_snoozed(*now)?,
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

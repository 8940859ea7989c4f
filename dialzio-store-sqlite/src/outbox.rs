//! Effects, and received elements that wait.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use dialzio_core::consent::PurposeScope;
use dialzio_core::conversation::{DeliveryStatus, Evidence};
use dialzio_core::ledger::Action;
use dialzio_core::outbox::{Due, Job, JobKind, JobWrite, Queue};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::StoreError;
use dialzio_core::store::rows::{Bind, Columns, ToRow};
use dialzio_core::webhook::{BacklogItem, Quarantined, WebhookWrite};
use dialzio_core::{ChannelIdentityId, JobId, MessageId, OrgId, TypedId};

use crate::apply::{Scope, Txn};
use crate::codec::{Cols, id, opt_id, opt_time, read, time};
use crate::contacts::{BEFORE_ALL, id_after, id_key, over};
use crate::error::{Failure, Res};
use crate::group::returned_queue;
use crate::run::Run;
use crate::statements as sql;

pub(crate) fn one(db: &Connection, org: [u8; 16], of: JobId) -> Res<Option<Job>> {
    db.one(sql::EFFECT, params![org, id(of)], read)
}

/// Work of a queue that is due, in order of id.
pub(crate) fn due(
    db: &Connection,
    org: [u8; 16],
    queue: Queue,
    now: DateTime<Utc>,
    limit: u32,
) -> Res<Vec<Due>> {
    let row = params![org, queue.kind.as_str(), opt_id(queue.account), time(now), limit];
    let jobs = db.all(sql::EFFECTS_DUE, row, read::<Job>)?;
    let items = db.all(sql::ITEMS_DUE, row, read::<BacklogItem>)?;
    let jobs = jobs.into_iter().map(|job| (job.id.uuid(), Due::Job(job)));
    let items = items.into_iter().map(|item| (item.id.uuid(), Due::Element(item)));
    let mut all: Vec<_> = jobs.chain(items).collect();
    all.sort_by_key(|(id, _)| *id);
    all.truncate(limit as usize);
    Ok(all.into_iter().map(|(_, due)| due).collect())
}

/// Received elements that wait, in order of id.
pub(crate) fn waiting(db: &Connection, org: [u8; 16], page: &PageRequest) -> Res<Page<BacklogItem>> {
    let row = params![org, id_after(page, BEFORE_ALL)?, over(page)];
    let found = db.all(sql::ITEMS_WAITING, row, read::<BacklogItem>)?;
    Ok(Page::from_overread(found, page.limit, |item| id_key(item.id)))
}

/// Keeps quarantined bytes for their organisation, if they have one.
pub(crate) fn put_quarantine(db: &Connection, owner: Option<OrgId>, bytes: &Quarantined) -> Res<()> {
    db.bind(sql::PUT_QUARANTINE, |to| {
        to.id(bytes.id);
        to.opt_id(owner);
        bytes.to_row(to)
    })
    .map(drop)
}

impl Scope<'_> {
    pub(crate) fn write_job(&mut self, write: &JobWrite) -> Res<()> {
        match write {
            JobWrite::Queue(job) => self.queue(job),
            JobWrite::Update { id: of, state, not_before, attempts } => {
                let row = params![self.key, id(*of), state.as_str(), opt_time(*not_before), attempts];
                let moved = self.db.all(sql::SETTLE_EFFECT, row, returned_queue)?;
                self.moved(moved);
                Ok(())
            }
            JobWrite::Rest { id: of, until, attempts } => {
                let row = params![self.key, id(*of), time(*until), attempts];
                let moved = self.db.all(sql::REST_EFFECT, row, returned_queue)?;
                self.moved(moved);
                Ok(())
            }
            JobWrite::WakeSends { account, at } => {
                let row = params![self.key, id(*account), time(*at)];
                let moved = self.db.all(sql::WAKE_SENDS, row, returned_queue)?;
                self.moved(moved);
                Ok(())
            }
            JobWrite::CancelSend(message) => {
                let moved = self.db.all(sql::CANCEL_SEND, params![self.key, id(*message)], returned_queue)?;
                self.moved(moved);
                Ok(())
            }
            JobWrite::CancelPromotions { identity, scope, at } => {
                self.cancel_promotions(*identity, *scope, *at)
            }
            JobWrite::Resolve(message) => {
                self.db.run(sql::RESOLVE_SEND, params![self.key, id(*message)]).map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to effects"))),
        }
    }

    fn cancel_promotions(
        &mut self,
        identity: ChannelIdentityId,
        scope: PurposeScope,
        at: DateTime<Utc>,
    ) -> Res<()> {
        let (first, second) = match scope {
            PurposeScope::Marketing => ("marketing", "marketing"),
            PurposeScope::Utility => ("utility", "utility"),
            PurposeScope::Any => ("marketing", "utility"),
        };
        let Some(whose) = crate::identities::survivor(self.db, self.key, identity)? else { return Ok(()) };
        let promotions =
            self.db.all(sql::PROMOTIONS_OF, params![self.key, id(whose.id), first, second], |row| {
                Cols::new(row, "message").id::<MessageId>()
            })?;
        for message in promotions {
            let moved = self.db.all(sql::CANCEL_SEND, params![self.key, id(message)], returned_queue)?;
            if !moved.is_empty() {
                self.moved(moved);
                let cancelled = Evidence { status: DeliveryStatus::Cancelled, at, failure: None };
                self.take_evidence(message, &cancelled)?;
            }
        }
        Ok(())
    }

    fn moved(&mut self, queues: Vec<(dialzio_core::outbox::QueueKind, Option<dialzio_core::AccountId>)>) {
        for (kind, account) in queues {
            self.group.queue(self.org, account, kind);
        }
    }

    pub(crate) fn queue(&mut self, job: &Job) -> Res<()> {
        let queue = job.kind.queue();
        self.db.put(sql::PUT_EFFECT, self.key, job)?;
        self.group.queue(self.org, job.account, queue);
        Ok(())
    }

    pub(crate) fn write_webhook(&mut self, write: &WebhookWrite) -> Res<()> {
        match write {
            WebhookWrite::Enqueue(item) => {
                self.db.put(sql::PUT_ITEM, self.key, item)?;
                self.group.queue(self.org, Some(item.account), item.queue);
                Ok(())
            }
            WebhookWrite::Retry { id: of, due_at, attempts } => {
                let row = params![self.key, id(*of), time(*due_at), attempts];
                let moved = self.db.all(sql::RETRY_ITEM, row, returned_queue)?;
                self.moved(moved);
                Ok(())
            }
            WebhookWrite::Remove(of) => {
                let moved = self.db.all(sql::DROP_ITEM, params![self.key, id(*of)], returned_queue)?;
                self.moved(moved);
                Ok(())
            }
            // Whatever the bytes say, they are kept for the organisation whose batch it is.
            WebhookWrite::Quarantine(bytes) => put_quarantine(self.db, Some(self.org), bytes),
            WebhookWrite::Release(of) => {
                self.db.run(sql::DROP_QUARANTINE_OF, params![self.key, id(*of)]).map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to the backlog"))),
        }
    }

    /// Dispatched jobs without an outcome become unknown; answers how many.
    fn recover(&mut self) -> Res<u64> {
        let open = self.db.all(sql::EFFECTS_DISPATCHED, [self.key], |row| {
            let c = Cols::new(row, "effect");
            Ok((c.id::<JobId>()?, c.get::<String>()?, c.opt_uuid()?))
        })?;
        for (job, kind, subject) in &open {
            self.db.run(sql::EFFECT_UNKNOWN, params![self.key, id(*job)])?;
            if let (Some(JobKind::Send(_)), Some(subject)) = (JobKind::from_stored(kind, *subject), subject) {
                let unknown = Evidence { status: DeliveryStatus::Unknown, at: self.at, failure: None };
                self.take_evidence(MessageId::from_uuid(*subject), &unknown)?;
            }
        }
        if !open.is_empty() {
            self.group.log_own(self.db, self.org, Action::JobSettled, self.at)?;
        }
        Ok(open.len() as u64)
    }
}

impl Txn<'_> {
    /// The same for every organisation.
    pub(crate) fn recover(&mut self, now: DateTime<Utc>) -> Res<u64> {
        let (mut after, mut count) = (Vec::new(), 0);
        loop {
            let orgs =
                self.db.all(sql::HEADS, params![after, 100], |row| Cols::new(row, "head").id::<OrgId>())?;
            let Some(newest) = orgs.last() else { return Ok(count) };
            after = id(*newest).to_vec();
            for org in orgs {
                count += self.scope(org, now).recover()?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialzio_core::outbox::JobState;

    #[test]
    fn settled_states_in_sql_are_all_that_are_not_open() {
        for state in JobState::ALL {
            let named = sql::EFFECTS_OVER.sql.contains(&format!("'{state}'"));
            assert_eq!(named, !state.is_open(), "{state}");
        }
    }
}

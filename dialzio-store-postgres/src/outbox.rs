//! Effects, and received elements that wait.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::apply::Scope;
use crate::codec::{Cols, id, id_list, opt_time, or_nil, read, time};
use crate::contacts::{id_after, id_key, over};
use crate::error::{Failure, Res};
use crate::group::{QueuePlace, returned_queue};
use crate::run::{Db, params};
use crate::statements as sql;
use dialzio_core::consent::PurposeScope;
use dialzio_core::conversation::{DeliveryStatus, Evidence};
use dialzio_core::ledger::Action;
use dialzio_core::outbox::{Due, Job, JobKind, JobWrite, Queue, QueueKind};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::StoreError;
use dialzio_core::store::rows::{Columns, ToRow};
use dialzio_core::webhook::{BacklogItem, Quarantined, WebhookWrite};
use dialzio_core::{AccountId, ChannelIdentityId, JobId, MessageId, OrgId, TypedId};

pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: JobId) -> Res<Option<Job>> {
    db.one(sql::EFFECT, params![org, id(of)], read).await
}

/// Work of a queue that is due, in order of id.
pub(crate) async fn due(
    db: &mut Db<'_>,
    org: Uuid,
    queue: Queue,
    now: DateTime<Utc>,
    limit: u32,
) -> Res<Vec<Due>> {
    let row = params![org, queue.kind.as_str(), or_nil(queue.account), time(now), i64::from(limit)];
    let jobs = db.all(sql::EFFECTS_DUE, row.clone(), read::<Job>).await?;
    let items = db.all(sql::ITEMS_DUE, row, read::<BacklogItem>).await?;
    let jobs = jobs.into_iter().map(|job| (job.id.uuid(), Due::Job(job)));
    let items = items.into_iter().map(|item| (item.id.uuid(), Due::Element(item)));
    let mut all: Vec<_> = jobs.chain(items).collect();
    all.sort_by_key(|(id, _)| *id);
    all.truncate(limit as usize);
    Ok(all.into_iter().map(|(_, due)| due).collect())
}

/// Received elements that wait, in order of id.
pub(crate) async fn waiting(db: &mut Db<'_>, org: Uuid, page: &PageRequest) -> Res<Page<BacklogItem>> {
    let row = params![org, id_after(page)?, over(page)];
    let found = db.all(sql::ITEMS_WAITING, row, read::<BacklogItem>).await?;
    Ok(Page::from_overread(found, page.limit, |item| id_key(item.id)))
}

/// Keeps quarantined bytes for their organisation, if they have one.
pub(crate) async fn put_quarantine(db: &mut Db<'_>, owner: Option<OrgId>, bytes: &Quarantined) -> Res<()> {
    let mut row = params![id(bytes.id), or_nil(owner)];
    bytes.to_row(&mut row)?;
    db.run(sql::PUT_QUARANTINE, row).await.map(drop)
}

impl Scope<'_> {
    pub(crate) async fn write_job(&mut self, write: &JobWrite) -> Res<()> {
        match write {
            JobWrite::Queue(job) => {
                self.queue(job);
                Ok(())
            }
            JobWrite::Update { id: of, state, not_before, attempts } => {
                self.group.write_jobs(&mut self.db).await?;
                let attempts = i64::from(*attempts);
                let row = params![self.key, id(*of), state.as_str(), opt_time(*not_before), attempts];
                let moved = self.db.changing(sql::SETTLE_EFFECT, row, returned_queue).await?;
                self.moved(moved);
                Ok(())
            }
            JobWrite::Rest { id: of, until, attempts } => {
                self.group.write_jobs(&mut self.db).await?;
                let row = params![self.key, id(*of), time(*until), i64::from(*attempts)];
                let moved = self.db.changing(sql::REST_EFFECT, row, returned_queue).await?;
                self.moved(moved);
                Ok(())
            }
            JobWrite::WakeSends { account, at } => {
                self.group.write_jobs(&mut self.db).await?;
                let row = params![self.key, id(*account), time(*at)];
                let moved = self.db.changing(sql::WAKE_SENDS, row, returned_queue).await?;
                self.moved(moved);
                Ok(())
            }
            JobWrite::CancelSend(message) => self.cancel_send(*message).await.map(drop),
            JobWrite::CancelPromotions { identity, scope, at } => {
                self.cancel_promotions(*identity, *scope, *at).await
            }
            JobWrite::Resolve(message) => {
                self.group.write_jobs(&mut self.db).await?;
                self.db.run(sql::RESOLVE_SEND, params![self.key, id(*message)]).await.map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to effects"))),
        }
    }

    async fn cancel_promotions(
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
        let Some(whose) = crate::identities::survivor(&mut self.db, self.key, identity).await? else {
            return Ok(());
        };
        self.group.write_messages(&mut self.db).await?;
        let promotions = self
            .db
            .all(sql::PROMOTIONS_OF, params![self.key, id(whose.id), first, second], |row| {
                Cols::new(row, "message").id::<MessageId>()
            })
            .await?;
        for message in promotions {
            if self.cancel_send(message).await? {
                let cancelled = Evidence { status: DeliveryStatus::Cancelled, at, failure: None };
                self.take_evidence(message, &cancelled).await?;
            }
        }
        Ok(())
    }

    /// Whether there was a pending send to cancel.
    async fn cancel_send(&mut self, message: MessageId) -> Res<bool> {
        self.group.write_jobs(&mut self.db).await?;
        let row = params![self.key, id(message)];
        let moved = self.db.changing(sql::CANCEL_SEND, row, returned_queue).await?;
        let any = !moved.is_empty();
        self.moved(moved);
        Ok(any)
    }

    fn moved(&mut self, queues: Vec<(QueueKind, Option<AccountId>)>) {
        for (kind, account) in queues {
            self.group.queue(account, kind);
        }
    }

    pub(crate) fn queue(&mut self, job: &Job) {
        self.group.queue(job.account, job.kind.queue());
        self.group.rows.jobs.push(job.clone());
    }

    pub(crate) async fn write_webhook(&mut self, write: &WebhookWrite) -> Res<()> {
        match write {
            WebhookWrite::Enqueue(item) => {
                self.db.put_one(sql::PUT_ITEM, self.key, item).await?;
                self.group.waits.insert((Some(item.account), item.queue), true);
                self.group.queue(Some(item.account), item.queue);
                Ok(())
            }
            WebhookWrite::Retry { id: of, due_at, attempts } => {
                let row = params![self.key, id(*of), time(*due_at), i64::from(*attempts)];
                let moved = self.db.changing(sql::RETRY_ITEM, row, returned_queue).await?;
                self.moved(moved);
                Ok(())
            }
            WebhookWrite::Remove(of) => {
                let row = params![self.key, id(*of)];
                let moved = self.db.changing(sql::DROP_ITEM, row, returned_queue).await?;
                self.group.waits.clear();
                self.moved(moved);
                Ok(())
            }
            // Whatever the bytes say, they are kept for the organisation whose batch it is.
            WebhookWrite::Quarantine(bytes) => {
                put_quarantine(&mut self.db, Some(self.group.org), bytes).await
            }
            WebhookWrite::Release(of) => {
                self.db.run(sql::DROP_QUARANTINE_OF, params![self.key, id(*of)]).await.map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to the backlog"))),
        }
    }

    /// Dispatched jobs without an outcome, whose queue is not leased, become unknown; answers how many.
    pub(crate) async fn recover(&mut self, queue: Option<QueuePlace>) -> Res<u64> {
        let open = match queue {
            None => dispatched(&mut self.db, self.key, self.at).await?,
            Some((account, kind)) => {
                let row = params![self.key, kind.as_str(), or_nil(account)];
                self.db.all(sql::DISPATCHED_IN_LANE, row, open_job).await?
            }
        };
        if open.is_empty() {
            return Ok(0);
        }
        let ids = id_list(open.iter().map(|(job, _)| *job));
        self.db.run(sql::EFFECT_UNKNOWN, params![self.key, ids]).await?;
        for (_, work) in &open {
            if let Some(JobKind::Send(message)) = work {
                let unknown = Evidence { status: DeliveryStatus::Unknown, at: self.at, failure: None };
                self.take_evidence(*message, &unknown).await?;
            }
        }
        self.log_own(Action::JobSettled);
        Ok(open.len() as u64)
    }
}

/// A dispatched job, and what it was to do.
type Open = (JobId, Option<JobKind>);

fn open_job(row: &PgRow) -> Res<Open> {
    let c = Cols::new(row, "effect");
    let (id, kind): (_, &str) = (c.id()?, c.get()?);
    Ok((id, JobKind::from_stored(kind, c.opt_uuid()?)))
}

/// Dispatched jobs of an organisation whose queue is not leased.
pub(crate) async fn dispatched(db: &mut Db<'_>, org: Uuid, now: DateTime<Utc>) -> Res<Vec<Open>> {
    db.all(sql::EFFECTS_DISPATCHED, params![org, time(now)], open_job).await
}

/// Queues jobs. One that is there already stays as it is.
pub(crate) async fn put_jobs(db: &mut Db<'_>, org: Uuid, jobs: &[Job]) -> Res<()> {
    db.put_all(sql::PUT_EFFECT, org, jobs).await
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

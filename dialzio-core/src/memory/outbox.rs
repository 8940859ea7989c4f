//! Effects, the backlog, and the quarantine.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

use super::page;
use super::state::Rows;
use crate::consent::{Purpose, PurposeScope};
use crate::conversation::{DeliveryStatus, Evidence};
use crate::id::{AccountId, BacklogId, ChannelIdentityId, MessageId, OrgId, QuarantineId, TypedId};
use crate::outbox::{Due, Job, JobKind, JobState, JobWrite, Queue, QueueKind};
use crate::page::{Page, PageRequest};
use crate::webhook::{BacklogItem, Quarantined, WebhookWrite};

/// The queue an element waits in.
fn queue_of_item(org: OrgId, item: &BacklogItem) -> Queue {
    Queue { org, account: Some(item.account), kind: item.queue }
}

impl Rows {
    pub(super) fn write_job(&mut self, write: JobWrite) {
        match write {
            JobWrite::Queue(job) => {
                self.jobs.entry(job.id).or_insert(job);
            }
            JobWrite::Update { id, state, not_before, attempts } => {
                self.resting.remove(&id);
                if let Some(job) = self.jobs.get_mut(&id) {
                    job.state = state;
                    job.not_before = not_before.unwrap_or(job.not_before);
                    job.attempts = attempts;
                }
            }
            JobWrite::Rest { id, until, attempts } => {
                if let Some(job) = self.jobs.get_mut(&id) {
                    job.state = JobState::Pending;
                    (job.not_before, job.attempts) = (until, attempts);
                    self.resting.insert(id);
                }
            }
            JobWrite::WakeSends { account, at } => {
                for id in std::mem::take(&mut self.resting) {
                    match self.jobs.get_mut(&id).filter(|job| job.state == JobState::Pending) {
                        Some(job) if job.account == Some(account) => {
                            job.not_before = job.not_before.min(at);
                        }
                        Some(_) => {
                            self.resting.insert(id);
                        }
                        None => {}
                    }
                }
            }
            JobWrite::CancelSend(message) => {
                self.move_send(message, &[JobState::Pending], JobState::Cancelled);
            }
            JobWrite::Resolve(message) => {
                let open = [JobState::Dispatched, JobState::Unknown];
                self.move_send(message, &open, JobState::Done);
            }
            JobWrite::CancelPromotions { identity, scope, at } => {
                self.cancel_promotions(identity, scope, at);
            }
        }
    }

    fn cancel_promotions(&mut self, identity: ChannelIdentityId, scope: PurposeScope, at: DateTime<Utc>) {
        let whose = self.survivor(identity);
        let theirs = |rows: &Self, job: &Job| {
            let JobKind::Send(message) = job.kind else { return None };
            let known = rows.messages.get(&message)?;
            let conversation = rows.conversations.get(&known.conversation)?;
            let promotes = matches!(known.purpose, Some(purpose @ (Purpose::Marketing | Purpose::Utility)) if scope.covers(purpose));
            (promotes && rows.survivor(conversation.identity) == whose).then_some(message)
        };
        let waiting: Vec<MessageId> = self
            .jobs
            .values()
            .filter(|job| job.state == JobState::Pending)
            .filter_map(|job| theirs(self, job))
            .collect();
        for message in waiting {
            self.move_send(message, &[JobState::Pending], JobState::Cancelled);
            self.take_evidence(message, &Evidence { status: DeliveryStatus::Cancelled, at, failure: None });
        }
    }

    fn move_send(&mut self, message: MessageId, from: &[JobState], to: JobState) {
        let sends = self.jobs.values_mut().filter(|job| job.kind == JobKind::Send(message));
        for job in sends.filter(|job| from.contains(&job.state)) {
            job.state = to;
        }
    }

    pub(super) fn write_webhook(&mut self, write: WebhookWrite, org: OrgId) {
        match write {
            WebhookWrite::Enqueue(item) => {
                self.backlog.entry(item.id).or_insert(item);
            }
            WebhookWrite::Retry { id, due_at, attempts } => {
                if let Some(item) = self.backlog.get_mut(&id) {
                    (item.due_at, item.attempts) = (due_at, attempts);
                }
            }
            WebhookWrite::Remove(id) => {
                self.backlog.remove(&id);
            }
            WebhookWrite::Quarantine(bytes) => {
                let owner = bytes.org.or(Some(org));
                self.quarantine.entry(bytes.id).or_insert(Quarantined { org: owner, ..bytes });
            }
            WebhookWrite::Release(id) => {
                self.quarantine.remove(&id);
            }
        }
    }

    /// Whether received elements wait in a queue, due or not.
    pub(super) fn waits(&self, account: Option<AccountId>, kind: QueueKind) -> bool {
        self.backlog.values().any(|item| Some(item.account) == account && item.queue == kind)
    }

    /// Work of a queue, in order of id.
    pub(super) fn due(&self, queue: Queue, now: DateTime<Utc>, limit: u32) -> Vec<Due> {
        let jobs = self.jobs.values().filter(|job| {
            job.state == JobState::Pending && job.not_before <= now && job.queue(queue.org) == queue
        });
        let items = self
            .backlog
            .values()
            .filter(|item| item.due_at <= now && queue_of_item(queue.org, item) == queue);
        let jobs = jobs.map(|job| (job.id.uuid(), Due::Job(job.clone())));
        let items = items.map(|item| (item.id.uuid(), Due::Element(item.clone())));
        let mut all: Vec<_> = jobs.chain(items).collect();
        all.sort_by_key(|(id, _)| *id);
        all.into_iter().take(limit as usize).map(|(_, due)| due).collect()
    }

    /// For each queue where something waits, when the first of it is due.
    pub(super) fn queues(&self, org: OrgId) -> BTreeMap<Queue, DateTime<Utc>> {
        let pending = self.jobs.values().filter(|job| job.state == JobState::Pending);
        let jobs = pending.map(|job| (job.queue(org), job.not_before));
        let items = self.backlog.values().map(|item| (queue_of_item(org, item), item.due_at));
        let mut queues = BTreeMap::new();
        for (queue, at) in jobs.chain(items) {
            let first = queues.entry(queue).or_insert(at);
            *first = at.min(*first);
        }
        queues
    }
}

/// Received elements that wait, oldest first.
pub(super) fn oldest_first(
    items: &BTreeMap<BacklogId, BacklogItem>,
    request: &PageRequest,
) -> Page<BacklogItem> {
    page(items.values().map(|item| (item.id.uuid().as_bytes().to_vec(), item.clone())), request, false)
}

/// Quarantined bytes whose time is not up, newest first.
/// Bytes whose time is not up.
pub(super) fn live(bytes: Option<&Quarantined>, now: DateTime<Utc>) -> Option<Quarantined> {
    bytes.filter(|bytes| bytes.expires_at > now).cloned()
}

pub(super) fn newest_first(
    bytes: &BTreeMap<QuarantineId, Quarantined>,
    request: &PageRequest,
    now: DateTime<Utc>,
) -> Page<Quarantined> {
    let live = bytes.values().rev().filter(|bytes| bytes.expires_at > now);
    page(live.map(|bytes| (bytes.id.uuid().as_bytes().to_vec(), bytes.clone())), request, true)
}

//! Effects, the waiting line, and the quarantine.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

use super::page;
use super::state::Rows;
use crate::consent::{Purpose, PurposeScope};
use crate::conversation::{DeliveryStatus, Evidence};
use crate::effect::{Effect, EffectState, Queue, QueueKind, Work};
use crate::id::{AccountId, ChannelIdentityId, InboxId, MessageId, OrgId, QuarantineId, TypedId};
use crate::inbox::{InboxItem, InboxWrite, Quarantined};
use crate::page::{Page, PageRequest};
use crate::store::{Due, EffectWrite};

/// The queue an effect belongs to.
fn queue_of(org: OrgId, effect: &Effect) -> Queue {
    Queue { org, account: effect.account, kind: effect.work.queue() }
}

/// The queue an element waits in.
fn queue_of_item(org: OrgId, item: &InboxItem) -> Queue {
    Queue { org, account: Some(item.account), kind: item.queue }
}

impl Rows {
    pub(super) fn write_effect(&mut self, write: EffectWrite) {
        match write {
            EffectWrite::Queue(effect) => {
                self.effects.entry(effect.id).or_insert(effect);
            }
            EffectWrite::Settle { id, state, not_before, attempts } => {
                self.resting.remove(&id);
                if let Some(effect) = self.effects.get_mut(&id) {
                    effect.state = state;
                    effect.not_before = not_before.unwrap_or(effect.not_before);
                    effect.attempts = attempts;
                }
            }
            EffectWrite::Rest { id, until, attempts } => {
                if let Some(effect) = self.effects.get_mut(&id) {
                    effect.state = EffectState::Pending;
                    (effect.not_before, effect.attempts) = (until, attempts);
                    self.resting.insert(id);
                }
            }
            EffectWrite::WakeSends { account, at } => {
                for id in std::mem::take(&mut self.resting) {
                    match self.effects.get_mut(&id).filter(|effect| effect.state == EffectState::Pending) {
                        Some(effect) if effect.account == Some(account) => {
                            effect.not_before = effect.not_before.min(at);
                        }
                        Some(_) => {
                            self.resting.insert(id);
                        }
                        None => {}
                    }
                }
            }
            EffectWrite::CancelSend(message) => {
                self.move_send(message, &[EffectState::Pending], EffectState::Cancelled);
            }
            EffectWrite::Resolve(message) => {
                let open = [EffectState::Dispatched, EffectState::Unknown];
                self.move_send(message, &open, EffectState::Done);
            }
            EffectWrite::CancelPromotions { identity, scope, at } => {
                self.cancel_promotions(identity, scope, at);
            }
        }
    }

    fn cancel_promotions(&mut self, identity: ChannelIdentityId, scope: PurposeScope, at: DateTime<Utc>) {
        let whose = self.survivor(identity);
        let theirs = |rows: &Self, effect: &Effect| {
            let Work::Send(message) = effect.work else { return None };
            let known = rows.messages.get(&message)?;
            let conversation = rows.conversations.get(&known.conversation)?;
            let promotes = matches!(known.purpose, Some(purpose @ (Purpose::Marketing | Purpose::Utility)) if scope.covers(purpose));
            (promotes && rows.survivor(conversation.identity) == whose).then_some(message)
        };
        let waiting: Vec<MessageId> = self
            .effects
            .values()
            .filter(|effect| effect.state == EffectState::Pending)
            .filter_map(|effect| theirs(self, effect))
            .collect();
        for message in waiting {
            self.move_send(message, &[EffectState::Pending], EffectState::Cancelled);
            self.take_evidence(message, &Evidence { status: DeliveryStatus::Cancelled, at, failure: None });
        }
    }

    fn move_send(&mut self, message: MessageId, from: &[EffectState], to: EffectState) {
        let sends = self.effects.values_mut().filter(|effect| effect.work == Work::Send(message));
        for effect in sends.filter(|effect| from.contains(&effect.state)) {
            effect.state = to;
        }
    }

    pub(super) fn write_inbox(&mut self, write: InboxWrite, org: OrgId) {
        match write {
            InboxWrite::Park(item) => {
                self.inbox.entry(item.id).or_insert(item);
            }
            InboxWrite::Retry { id, due_at, attempts } => {
                if let Some(item) = self.inbox.get_mut(&id) {
                    (item.due_at, item.attempts) = (due_at, attempts);
                }
            }
            InboxWrite::Settle(id) => {
                self.inbox.remove(&id);
            }
            InboxWrite::Quarantine(bytes) => {
                let owner = bytes.org.or(Some(org));
                self.quarantine.entry(bytes.id).or_insert(Quarantined { org: owner, ..bytes });
            }
            InboxWrite::Release(id) => {
                self.quarantine.remove(&id);
            }
        }
    }

    /// Whether received elements wait in a queue, due or not.
    pub(super) fn waits(&self, account: Option<AccountId>, kind: QueueKind) -> bool {
        self.inbox.values().any(|item| Some(item.account) == account && item.queue == kind)
    }

    /// Work of a queue, in order of id.
    pub(super) fn due(&self, queue: Queue, now: DateTime<Utc>, limit: u32) -> Vec<Due> {
        let effects = self.effects.values().filter(|effect| {
            effect.state == EffectState::Pending
                && effect.not_before <= now
                && queue_of(queue.org, effect) == queue
        });
        let items =
            self.inbox.values().filter(|item| item.due_at <= now && queue_of_item(queue.org, item) == queue);
        let effects = effects.map(|effect| (effect.id.uuid(), Due::Effect(effect.clone())));
        let items = items.map(|item| (item.id.uuid(), Due::Element(item.clone())));
        let mut all: Vec<_> = effects.chain(items).collect();
        all.sort_by_key(|(id, _)| *id);
        all.into_iter().take(limit as usize).map(|(_, due)| due).collect()
    }

    /// For each queue where something waits, when the first of it is due.
    pub(super) fn queues(&self, org: OrgId) -> BTreeMap<Queue, DateTime<Utc>> {
        let pending = self.effects.values().filter(|effect| effect.state == EffectState::Pending);
        let effects = pending.map(|effect| (queue_of(org, effect), effect.not_before));
        let items = self.inbox.values().map(|item| (queue_of_item(org, item), item.due_at));
        let mut queues = BTreeMap::new();
        for (queue, at) in effects.chain(items) {
            let first = queues.entry(queue).or_insert(at);
            *first = at.min(*first);
        }
        queues
    }
}

/// Received elements that wait, oldest first.
pub(super) fn oldest_first(items: &BTreeMap<InboxId, InboxItem>, request: &PageRequest) -> Page<InboxItem> {
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

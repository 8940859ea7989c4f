//! Messages: what is appended, and what becomes of it. All of it commutes.

use chrono::{DateTime, Utc};

use super::state::{Reference, Rows};
use super::unreadable;
use crate::account::Sealed;
use crate::conversation::{
    Content, DeliveryStatus, Direction, Evidence, ExternalId, FailureNote, HeadDelta, Message, MessageDigest,
    Reaction, waiting_since,
};
use crate::id::{AccountId, ConversationId, MessageId};
use crate::store::{Precondition, StoreError, StoreResult};

impl Rows {
    pub(super) fn append(
        &mut self,
        account: AccountId,
        message: Message,
        head: HeadDelta,
        digest: Option<MessageDigest>,
        at: DateTime<Utc>,
    ) -> StoreResult<()> {
        Self::check_end(message.event_at, message.expires_at)?;
        let heard = message.external.clone().map(|external| (account, external));
        if let Some((account, external)) = heard.filter(|key| self.references.contains_key(key)) {
            return Err(StoreError::precondition_failed(Precondition::ExternalFree(account, external)));
        }
        let kept = self
            .conversations
            .get_mut(&message.conversation)
            .ok_or_else(|| unreadable("conversation of a message"))?;
        let moved = kept.take(&message, head);
        let (id, external, conversation) = (message.id, message.external.clone(), message.conversation);
        let first = Evidence {
            status: message.delivery.status,
            at: message.delivery.at,
            failure: message.delivery.failure.clone(),
        };
        self.messages.insert(id, message);
        self.evidence.insert((id, first.status), first);
        if moved.looks_up_wait {
            self.look_up_wait(conversation);
        }
        match external {
            Some(external) => self.refer(account, id, external, digest, at),
            None => Ok(()),
        }
    }

    /// Remembers a provider's id. One id names one message.
    pub(super) fn refer(
        &mut self,
        account: AccountId,
        message: MessageId,
        external: ExternalId,
        digest: Option<MessageDigest>,
        at: DateTime<Utc>,
    ) -> StoreResult<()> {
        let key = (account, external.clone());
        match self.references.get(&key) {
            Some(known) if known.message == message => return Ok(()),
            Some(_) => {
                return Err(StoreError::precondition_failed(Precondition::ExternalFree(account, external)));
            }
            None => self.references.insert(key, Reference { message, digest, at }),
        };
        if let Some(kept) = self.messages.get_mut(&message) {
            kept.external = Some(external);
        }
        Ok(())
    }

    /// Evidence about a message that is still there: the earliest of each status is kept, the highest rank shown.
    pub(super) fn take_evidence(&mut self, id: MessageId, evidence: &Evidence) {
        let Some(message) = self.messages.get_mut(&id) else { return };
        if message.direction == Direction::Inbound {
            return;
        }
        let kept = self.evidence.entry((id, evidence.status)).or_insert_with(|| evidence.clone());
        kept.at = kept.at.min(evidence.at);
        let (reached, conversation) = (message.delivery.status.reaches(), message.conversation);
        message.delivery.take(evidence);
        if message.delivery.status.reaches() != reached {
            self.look_up_wait(conversation);
        }
    }

    pub(super) fn requeue(&mut self, id: MessageId, why: FailureNote, at: DateTime<Utc>) {
        if let Some(message) = self.messages.get_mut(&id) {
            message.delivery.requeue(why, at);
        }
    }

    /// Since when a conversation waits, and whether its newest message failed, as its messages say.
    pub(super) fn look_up_wait(&mut self, id: ConversationId) {
        let Some(kept) = self.conversations.get_mut(&id) else { return };
        let of = self.messages.values().rev().filter(|message| message.conversation == id);
        kept.waiting_since = if kept.can_wait() { waiting_since(of) } else { None };
        let last = kept.last_message.and_then(|last| self.messages.get(&last));
        kept.last_failed = last.is_some_and(|last| last.delivery.status == DeliveryStatus::Failed);
    }

    pub(super) fn react(&mut self, reaction: Reaction) {
        let Some(message) = self.messages.get_mut(&reaction.message) else { return };
        match message.reactions.iter_mut().find(|kept| kept.by == reaction.by) {
            Some(kept) if (kept.at, &kept.emoji) < (reaction.at, &reaction.emoji) => *kept = reaction,
            Some(_) => {}
            None => message.reactions.push(reaction),
        }
        message.reactions.sort_by_key(|kept| kept.by);
    }

    pub(super) fn edit(
        &mut self,
        id: MessageId,
        content: Content,
        beside: Option<Sealed>,
        at: DateTime<Utc>,
    ) {
        let Some(message) = self.messages.get_mut(&id) else { return };
        if message.revoked_at.is_none() && message.edited_at.is_none_or(|newest| newest < at) {
            message.content = content;
            message.beside = beside;
            message.edited_at = Some(at);
        }
    }

    pub(super) fn revoke(&mut self, id: MessageId, content: Content, at: DateTime<Utc>) {
        let Some(message) = self.messages.get_mut(&id) else { return };
        if message.revoked_at.is_none_or(|first| at < first) {
            message.content = content;
            message.beside = None;
            message.revoked_at = Some(at);
            // As if no edit had come in between: the same state in any order.
            message.edited_at = None;
            let conversation = message.conversation;
            self.look_up_wait(conversation);
        }
    }
}

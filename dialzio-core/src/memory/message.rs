//! Messages: what is appended, and what becomes of it. All of it commutes.

use chrono::{DateTime, Utc};

use super::state::{Reference, Rows};
use super::unreadable;
use crate::account::Sealed;
use crate::conversation::{
    Content, ConversationState, Direction, Evidence, ExternalId, FailureNote, HeadDelta, Message,
    MessageDigest, Reaction,
};
use crate::id::{AccountId, MessageId};
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
        kept.last_message = kept.last_message.max(Some(message.id));
        kept.last_at = kept.last_at.max(message.event_at);
        kept.unread = kept.unread.saturating_add(head.unread);
        if head.inbound {
            kept.last_inbound = kept.last_inbound.max(Some(message.id));
            kept.last_inbound_at = kept.last_inbound_at.max(Some(message.event_at));
        }
        // A message alone does not count as a change; that it reopens the conversation does.
        if head.reopen && kept.state != ConversationState::Open {
            kept.state = ConversationState::Open;
            kept.revision.0 += 1;
        }
        let (id, external) = (message.id, message.external.clone());
        let first = Evidence {
            status: message.delivery.status,
            at: message.delivery.at,
            failure: message.delivery.failure.clone(),
        };
        self.messages.insert(id, message);
        self.evidence.insert((id, first.status), first);
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
        message.delivery.take(evidence);
    }

    pub(super) fn requeue(&mut self, id: MessageId, why: FailureNote, at: DateTime<Utc>) {
        if let Some(message) = self.messages.get_mut(&id) {
            message.delivery.requeue(why, at);
        }
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
        }
    }
}

//! The same done with many conversations: each has its outcome, and one that is refused holds none of the others back.

use std::collections::BTreeSet;

use super::{Conversation, ConversationPatch, ConversationService, ConversationState, ConversationWrite};
use crate::access::active_member;
use crate::contact::{Contact, ContactPatch, ContactService, ContactWrite};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{ConversationId, MemberId};
use crate::ledger::Action;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, StoreError};
use crate::text::TagName;

/// The most conversations of one request.
pub const MAX_BULK: usize = 100;

/// How many are changed in one transaction, so that no other writer waits for long.
const CHUNK: usize = 25;

/// What is done with each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BulkAction {
    /// Assigns it to a member, or removes the assignment.
    Assign(Option<MemberId>),
    /// Opens, snoozes or closes it.
    State(ConversationState),
    /// Marks it as unread.
    MarkUnread,
    /// Adds a tag to its contact.
    AddTag(TagName),
    /// Removes a tag from its contact.
    RemoveTag(TagName),
}

/// What became of one conversation.
#[derive(Debug)]
pub struct BulkOutcome {
    /// Which one.
    pub conversation: ConversationId,
    /// As it was before, if it was changed; `None` if it was so already.
    pub result: Result<Option<Conversation>, Error>,
}

/// A change that is decided on and not committed yet.
struct Decided {
    place: usize,
    before: Conversation,
    batch: Batch,
}

impl ConversationService<'_> {
    /// Does the same with up to [`MAX_BULK`] conversations, in their order, each once. What is written is committed in chunks;
    /// one that another caller changes at the same time is tried again by itself.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no conversation, more than [`MAX_BULK`], and a snooze that is not ahead; [`Error::NotFound`]
    /// for the member; [`Error::Denied`] without [`Permission::ConversationsWrite`], and for tags
    /// [`Permission::ContactsWrite`]. What concerns one conversation alone is its outcome.
    pub async fn bulk(
        &self,
        by: &Actor,
        ids: &[ConversationId],
        action: &BulkAction,
    ) -> Result<Vec<BulkOutcome>, Error> {
        let scope = by.scope_for(Permission::ConversationsWrite)?;
        if matches!(action, BulkAction::AddTag(_) | BulkAction::RemoveTag(_)) {
            by.scope_for(Permission::ContactsWrite)?;
        }
        if ids.is_empty() || ids.len() > MAX_BULK {
            return Err(Error::invalid("conversations", format!("must name 1 to {MAX_BULK} conversations")));
        }
        self.possible(scope, action).await?;
        let mut seen = BTreeSet::new();
        let ids: Vec<_> = ids.iter().copied().filter(|id| seen.insert(*id)).collect();
        let mut outcomes = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            self.chunk(by, scope, chunk, action, &mut outcomes).await?;
        }
        Ok(outcomes)
    }

    async fn possible(&self, scope: &OrgScope, action: &BulkAction) -> Result<(), Error> {
        match action {
            BulkAction::State(ConversationState::Snoozed { until }) if *until <= self.runtime.now() => {
                Err(Error::invalid("snoozed_until", "must lie in the future"))
            }
            BulkAction::Assign(Some(member)) => active_member(self.runtime, scope, *member).await.map(drop),
            _ => Ok(()),
        }
    }

    async fn chunk(
        &self,
        by: &Actor,
        scope: &OrgScope,
        ids: &[ConversationId],
        action: &BulkAction,
        outcomes: &mut Vec<BulkOutcome>,
    ) -> Result<(), Error> {
        let mut decided = Vec::new();
        for id in ids {
            let result = match self.runtime.store().conversation(scope, *id).await? {
                None => Err(Error::missing(RecordKind::Conversation)),
                Some(before) if matches!(action, BulkAction::RemoveTag(_)) => {
                    self.again(by, before.id, action).await
                }
                Some(before) => {
                    if let Some(batch) = self.decided(by, scope, &before, action).await? {
                        decided.push(Decided { place: outcomes.len(), before, batch });
                    }
                    Ok(None)
                }
            };
            outcomes.push(BulkOutcome { conversation: *id, result });
        }
        let batches = decided.iter().map(|one| one.batch.clone()).collect();
        let committed = self.runtime.store().commit(scope, batches).await;
        for (one, committed) in decided.into_iter().zip(committed) {
            let result = match committed {
                Ok(_) => Ok(Some(one.before)),
                Err(StoreError::PreconditionFailed(_)) => self.again(by, one.before.id, action).await,
                Err(error) => return Err(error.into()),
            };
            if let Some(outcome) = outcomes.get_mut(one.place) {
                outcome.result = result;
            }
        }
        Ok(())
    }

    /// The change of one conversation; `None` if it is so already.
    async fn decided(
        &self,
        by: &Actor,
        scope: &OrgScope,
        before: &Conversation,
        action: &BulkAction,
    ) -> Result<Option<Batch>, Error> {
        let now = self.runtime.now();
        Ok(match action {
            BulkAction::Assign(to) if before.assignee == *to => None,
            BulkAction::Assign(to) => {
                Some(self.changed(by, before, Conversation { assignee: *to, ..before.clone() }))
            }
            BulkAction::State(state) if before.state_at(now) == *state => None,
            BulkAction::State(state) => {
                Some(self.changed(by, before, Conversation { state: *state, ..before.clone() }))
            }
            BulkAction::MarkUnread if before.unread > 0 => None,
            BulkAction::MarkUnread => {
                let mut batch = Batch::new(by, Action::ConversationChanged, now);
                batch
                    .about(before.id)
                    .write(ConversationWrite::MarkUnread(before.id))
                    .event(DomainEvent::ConversationChanged { conversation: before.id });
                Some(batch)
            }
            BulkAction::AddTag(tag) => {
                let contact = self.contact_of(scope, before).await?;
                if contact.tags.contains(tag) {
                    return Ok(None);
                }
                let contact = contact.id;
                let mut batch = Batch::new(by, Action::ContactChanged, now);
                batch
                    .about(contact)
                    .write(ContactWrite::AddTags { contact, tags: vec![tag.clone()] })
                    .event(DomainEvent::ContactChanged { contact });
                Some(batch)
            }
            // A tag is removed with the contact as it was read, one by one.
            BulkAction::RemoveTag(_) => None,
        })
    }

    /// The same for one alone, whatever happens at the same time.
    async fn again(
        &self,
        by: &Actor,
        id: ConversationId,
        action: &BulkAction,
    ) -> Result<Option<Conversation>, Error> {
        let scope = by.scope_for(Permission::ConversationsWrite)?;
        let before = self.require(scope, id).await?;
        let patch = match action {
            BulkAction::Assign(to) => {
                ConversationPatch { assignee: Some(*to), ..ConversationPatch::default() }
            }
            BulkAction::State(state) => {
                ConversationPatch { state: Some(*state), ..ConversationPatch::default() }
            }
            BulkAction::RemoveTag(tag) => {
                let contact = self.contact_of(scope, &before).await?;
                if !contact.tags.contains(tag) {
                    return Ok(None);
                }
                let tags = contact.tags.iter().filter(|kept| *kept != tag).cloned().collect();
                let revision = Some(contact.revision);
                let patch = ContactPatch { tags: Some(tags), revision, ..ContactPatch::default() };
                ContactService::new(self.runtime).update(by, contact.id, patch).await?;
                return Ok(Some(before));
            }
            BulkAction::MarkUnread | BulkAction::AddTag(_) => {
                return Err(Error::Conflict { kind: RecordKind::Conversation });
            }
        };
        self.update(by, id, patch).await?;
        Ok(Some(before))
    }

    async fn contact_of(&self, scope: &OrgScope, of: &Conversation) -> Result<Contact, Error> {
        let contact = self.runtime.store().contact(scope, of.contact).await?;
        contact.ok_or(Error::missing(RecordKind::Contact))
    }
}

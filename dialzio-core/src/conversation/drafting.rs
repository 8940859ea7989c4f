//! What members do with their drafts.

use super::{ConversationService, Draft, DraftKind, DraftWrite};
use crate::error::Error;
use crate::event::DomainEvent;
use crate::id::ConversationId;
use crate::ledger::Action;
use crate::scope::{Actor, Permission};
use crate::store::Batch;
use crate::text::{MessageText, shows_something};

impl ConversationService<'_> {
    /// The caller's own drafts in these conversations. A caller who is no member has none.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn drafts(&self, by: &Actor, conversations: &[ConversationId]) -> Result<Vec<Draft>, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        match by.member() {
            Some(member) => Ok(self.runtime.store().drafts(scope, member, conversations).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Saves the caller's own draft in the place of the one before; a text that shows nothing removes it. The same text
    /// again changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for a text that cannot be kept, and for a caller who is no member;
    /// [`Error::Denied`] without [`Permission::MessagesSend`].
    pub async fn save_draft(
        &self,
        by: &Actor,
        conversation: ConversationId,
        kind: DraftKind,
        text: &str,
    ) -> Result<Option<Draft>, Error> {
        let scope = by.scope_for(Permission::MessagesSend)?;
        self.require(scope, conversation).await?;
        let member = by.member().ok_or_else(|| {
            Error::invalid("member", "is missing: a draft belongs to a member, and the caller is none")
        })?;
        let text = shows_something(text).then(|| MessageText::parse(text)).transpose();
        let text = text.map_err(|error| Error::invalid("text", error.to_string()))?;
        let kept = self.runtime.store().drafts(scope, member, &[conversation]).await?;
        let kept = kept.into_iter().find(|kept| kept.kind == kind);
        if kept.as_ref().map(|kept| &kept.text) == text.as_ref() {
            return Ok(kept);
        }
        let now = self.runtime.now();
        let draft = text.map(|text| Draft { conversation, member, kind, text, saved_at: now });
        let mut batch = Batch::new(by, Action::DraftChanged, now);
        batch.about(conversation).write(match &draft {
            Some(draft) => DraftWrite::Save(draft.clone()),
            None => DraftWrite::Remove { conversation, member, kind },
        });
        batch.event(DomainEvent::DraftChanged { conversation, member });
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(draft)
    }

    /// Removes the caller's own draft. Nothing happens if there is none.
    ///
    /// # Errors
    /// As for [`save_draft`](Self::save_draft).
    pub async fn discard_draft(
        &self,
        by: &Actor,
        conversation: ConversationId,
        kind: DraftKind,
    ) -> Result<(), Error> {
        self.save_draft(by, conversation, kind, "").await.map(drop)
    }
}

/// Adds to a batch that sends what a member wrote: the draft of it goes in the same commit.
pub(super) fn sent(batch: &mut Batch, by: &Actor, conversation: ConversationId) {
    if let Some(member) = by.member() {
        batch
            .write(DraftWrite::Remove { conversation, member, kind: DraftKind::Reply })
            .event(DomainEvent::DraftChanged { conversation, member });
    }
}

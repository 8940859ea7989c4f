//! What people may do with canned replies: those who see conversations read them, those who keep the settings change them.

use super::{
    CannedReply, CannedReplyChange, CannedReplyWrite, Filled, MAX_CANNED_REPLIES, Placeholder, Shortcut,
    Values, fill, unfilled, unknown,
};
use crate::conversation::ConversationService;
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{CannedReplyId, ConversationId};
use crate::ledger::Action;
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::{CannedText, Title};

const KIND: RecordKind = RecordKind::CannedReply;

/// A canned reply to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCannedReply {
    /// What members look for in the list.
    pub title: Title,
    /// What finds it after `/`.
    pub shortcut: Shortcut,
    /// The text, with its placeholders.
    pub text: CannedText,
}

/// What to change of a canned reply. Fields that are `None` stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CannedReplyPatch {
    /// What members look for in the list.
    pub title: Option<Title>,
    /// What finds it after `/`.
    pub shortcut: Option<Shortcut>,
    /// The text, with its placeholders.
    pub text: Option<CannedText>,
}

/// What members may do with canned replies.
#[derive(Debug, Clone, Copy)]
pub struct CannedReplyService<'a> {
    runtime: &'a Runtime,
}

/// A text names placeholders that exist, or it would be sent with a word in braces.
fn checked(text: &CannedText) -> Result<(), Error> {
    let Some(word) = unknown(text.reveal()).first().copied() else { return Ok(()) };
    let known: Vec<_> = Placeholder::ALL.iter().map(|known| known.token()).collect();
    // The word was typed by those who keep the settings, and is a word of letters alone.
    let word: String = word.chars().take(40).collect();
    Err(Error::invalid(
        "text",
        format!("has a placeholder that is not known, {{{word}}}: use {}", known.join(", ")),
    ))
}

impl<'a> CannedReplyService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// All canned replies, by shortcut.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn all(&self, by: &Actor) -> Result<Vec<CannedReply>, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        Ok(self.runtime.store().canned_replies(scope).await?)
    }

    /// One canned reply.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn get(&self, by: &Actor, id: CannedReplyId) -> Result<CannedReply, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        self.runtime.store().canned_reply(scope, id).await?.ok_or(Error::missing(KIND))
    }

    /// A canned reply with its placeholders filled for a conversation.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn filled(
        &self,
        by: &Actor,
        conversation: ConversationId,
        id: CannedReplyId,
    ) -> Result<Filled, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        let values = self.values(by, scope, conversation).await?;
        Ok(fill(self.get(by, id).await?.text.reveal(), &values))
    }

    /// Placeholders that a text to be sent in a conversation still has open.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn unfilled(
        &self,
        by: &Actor,
        conversation: ConversationId,
        text: &str,
    ) -> Result<Vec<Placeholder>, Error> {
        // A text without a brace, as most are, needs no look at the person.
        if !text.contains('{') {
            return Ok(Vec::new());
        }
        let scope = by.scope_for(Permission::ConversationsRead)?;
        Ok(unfilled(text, &self.values(by, scope, conversation).await?))
    }

    async fn values(&self, by: &Actor, scope: &OrgScope, id: ConversationId) -> Result<Values, Error> {
        let entry = ConversationService::new(self.runtime).get(by, id).await?;
        let store = self.runtime.store();
        let member = match by.member() {
            Some(member) => store.member(scope, member).await?,
            None => None,
        };
        let org = store.org(scope).await?;
        let name = entry.contact_name.or(entry.profile_name);
        Ok(Values {
            name: name.map(|name| name.reveal().to_owned()),
            organisation: org.map(|org| org.name.reveal().to_owned()),
            member: member.map(|member| member.name.reveal().to_owned()),
        })
    }

    /// Adds a canned reply.
    ///
    /// # Errors
    /// [`Error::Duplicate`] if another one has the shortcut; [`Error::Invalid`] if there are [`MAX_CANNED_REPLIES`]
    /// already, or the text has a placeholder that is not known; [`Error::Denied`] without
    /// [`Permission::SettingsManage`].
    pub async fn add(&self, by: &Actor, new: NewCannedReply) -> Result<CannedReply, Error> {
        let scope = by.scope_for(Permission::SettingsManage)?;
        checked(&new.text)?;
        if self.runtime.store().canned_replies(scope).await?.len() >= MAX_CANNED_REPLIES {
            let full =
                format!("cannot be added: there are {MAX_CANNED_REPLIES} canned replies, delete one first");
            return Err(Error::invalid("title", full));
        }
        let now = self.runtime.now();
        let id = self.runtime.ids().next(now);
        let NewCannedReply { title, shortcut, text } = new;
        let added = CannedReply { id, title, shortcut, text, revision: Revision::FIRST };
        let mut batch = Batch::new(by, Action::OrgChanged, now);
        batch.about(id).write(CannedReplyWrite::Insert(added.clone())).event(DomainEvent::OrgChanged);
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, id, None))?;
        Ok(added)
    }

    /// Changes a canned reply. With a revision, only if it is still at that one.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Duplicate`] if another one has the shortcut; [`Error::Invalid`] if the text has a
    /// placeholder that is not known; [`Error::Stale`] if it is not at the revision; [`Error::Conflict`] if it was changed
    /// meanwhile and no revision was given; [`Error::Denied`] without [`Permission::SettingsManage`].
    pub async fn change(
        &self,
        by: &Actor,
        id: CannedReplyId,
        seen: Option<Revision>,
        patch: CannedReplyPatch,
    ) -> Result<CannedReply, Error> {
        let scope = by.scope_for(Permission::SettingsManage)?;
        patch.text.as_ref().map_or(Ok(()), checked)?;
        let mut kept = self.meant(scope, id, seen).await?;
        let CannedReplyPatch { title, shortcut, text } = patch;
        let change = CannedReplyChange { title, shortcut, text };
        let mut batch = self.under(by, &kept);
        change.apply(&mut kept);
        batch.write(CannedReplyWrite::Change { canned_reply: id, change });
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, id, seen))?;
        Ok(kept)
    }

    /// Deletes a canned reply, and answers it as it was. Messages that were sent with it stay as they are.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Stale`] if it is not at the revision; [`Error::Conflict`] if it was changed meanwhile
    /// and no revision was given; [`Error::Denied`] without [`Permission::SettingsManage`].
    pub async fn delete(
        &self,
        by: &Actor,
        id: CannedReplyId,
        seen: Option<Revision>,
    ) -> Result<CannedReply, Error> {
        let scope = by.scope_for(Permission::SettingsManage)?;
        let kept = self.meant(scope, id, seen).await?;
        let mut batch = self.under(by, &kept);
        batch.write(CannedReplyWrite::Remove(id));
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, id, seen))?;
        Ok(kept)
    }

    /// The one that is meant, at the revision that was seen.
    async fn meant(
        &self,
        scope: &OrgScope,
        id: CannedReplyId,
        seen: Option<Revision>,
    ) -> Result<CannedReply, Error> {
        let kept = self.runtime.store().canned_reply(scope, id).await?.ok_or(Error::missing(KIND))?;
        if seen.is_some_and(|seen| seen != kept.revision) {
            return Err(Error::Stale { kind: KIND });
        }
        Ok(kept)
    }

    /// A batch about one that stands as it was read.
    fn under(&self, by: &Actor, kept: &CannedReply) -> Batch {
        let mut batch = Batch::new(by, Action::OrgChanged, self.runtime.now());
        batch
            .about(kept.id)
            .require(Precondition::Revision(RecordRef::CannedReply(kept.id), kept.revision))
            .event(DomainEvent::OrgChanged);
        batch
    }
}

/// What a refusal of the store means to a caller who adds, changes or deletes `id`.
fn refused(error: StoreError, id: CannedReplyId, seen: Option<Revision>) -> Error {
    let StoreError::PreconditionFailed(fact) = error else { return error.into() };
    match *fact {
        Precondition::Revision(RecordRef::CannedReply(holder), Revision::NONE) if holder != id => {
            Error::Duplicate { kind: KIND }
        }
        _ if seen.is_some() => Error::Stale { kind: KIND },
        _ => Error::Conflict { kind: KIND },
    }
}

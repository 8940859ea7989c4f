//! Messages, their delivery, and what others made of them.

use chrono::DateTime;

use super::{Bind, Columns, FromRow, ToRow};
use crate::account::Sealed;
use crate::consent::Purpose;
use crate::conversation::{
    Content, Delivery, Direction, Evidence, ExternalId, FailureNote, KnownMessage, Message, MessageContext,
    Reaction,
};
use crate::id::MessageId;
use crate::store::{StoreError, StoreResult};
use crate::text::MessageText;

/// The version of the content column.
const CONTENT_VERSION: i64 = 1;

/// Kind, text, content and version: plain text is kept once, in the text column.
///
/// # Errors
/// The content cannot be written as JSON.
pub fn bind_content<B: Bind>(content: &Content, to: &mut B) -> StoreResult<()> {
    to.text(content.kind());
    to.opt_text(content.display_text());
    match content {
        Content::Text { .. } => to.opt_text(None),
        content => to.json(content, "content")?,
    }
    to.integer(CONTENT_VERSION);
    Ok(())
}

fn content<C: Columns>(c: &C) -> Result<Content, C::Error> {
    let (_kind, text, rest) = (c.str()?, c.opt_str()?, c.opt_str()?);
    let version = c.integer()?;
    match (rest, text) {
        _ if version != CONTENT_VERSION => Err(c.bad()),
        (Some(rest), _) => serde_json::from_str(rest).map_err(|_| c.bad()),
        (None, Some(text)) => {
            let body = MessageText::try_from(text.to_owned());
            body.map(|body| Content::Text { body }).map_err(|_| c.bad())
        }
        (None, None) => Err(c.bad()),
    }
}

/// A reaction as kept in the message's row.
type StoredReaction = (Direction, Option<String>, i64);

/// The reactions to a message.
///
/// # Errors
/// The column does not hold reactions.
pub fn reactions<C: Columns>(c: &C, message: MessageId) -> Result<Vec<Reaction>, C::Error> {
    let Some(text) = c.opt_str()? else { return Ok(Vec::new()) };
    let bad = || C::Error::from(StoreError::Unreadable("reaction"));
    let stored: Vec<StoredReaction> = serde_json::from_str(text).map_err(|_| bad())?;
    let reaction = |(by, emoji, at)| {
        let at = DateTime::from_timestamp_micros(at).ok_or_else(bad)?;
        Ok(Reaction { message, by, emoji, at })
    };
    stored.into_iter().map(reaction).collect()
}

/// The reactions to a message, absent if there are none.
///
/// # Errors
/// They cannot be written as JSON.
pub fn bind_reactions<B: Bind>(reactions: &[Reaction], to: &mut B) -> StoreResult<()> {
    if reactions.is_empty() {
        to.opt_text(None);
        return Ok(());
    }
    let stored = |reaction: &Reaction| (reaction.by, reaction.emoji.clone(), reaction.at.timestamp_micros());
    to.json(&reactions.iter().map(stored).collect::<Vec<StoredReaction>>(), "reaction")
}

/// How far a message has come.
///
/// # Errors
/// A column does not hold what a delivery needs.
pub fn delivery<C: Columns>(c: &C) -> Result<Delivery, C::Error> {
    let (status, at, code, detail) = (c.word()?, c.time()?, c.opt_text()?, c.opt_text()?);
    Ok(Delivery { status, at, failure: code.map(|code| FailureNote { code, detail }) })
}

impl ToRow for Delivery {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.text(self.status.as_str());
        to.time(self.at);
        bind_failure(self.failure.as_ref(), to);
        Ok(())
    }
}

impl ToRow for Evidence {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.text(self.status.as_str());
        to.time(self.at);
        bind_failure(self.failure.as_ref(), to);
        Ok(())
    }
}

fn bind_failure<B: Bind>(failure: Option<&FailureNote>, to: &mut B) {
    to.opt_text(failure.map(|note| note.code.as_str()));
    to.opt_text(failure.and_then(|note| note.detail.as_deref()));
}

/// The provider's id of a message, if it is known.
///
/// # Errors
/// The column does not hold one.
pub fn external_id<C: Columns>(c: &C) -> Result<Option<ExternalId>, C::Error> {
    c.opt_str()?.map(|text| ExternalId::parse(text).ok_or_else(|| c.bad())).transpose()
}

impl FromRow for Message {
    const RECORD: &'static str = "message";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        let id = c.id()?;
        Ok(Self {
            id,
            conversation: c.id()?,
            direction: c.word()?,
            author: c.opt_text()?,
            content: content(c)?,
            purpose: c.opt_word()?,
            event_at: c.time()?,
            received_at: c.time()?,
            expires_at: c.opt_time()?,
            external: external_id(c)?,
            reply_to: c.opt_id()?,
            delivery: delivery(c)?,
            edited_at: c.opt_time()?,
            revoked_at: c.opt_time()?,
            reactions: reactions(c, id)?,
            context: c.opt_json::<MessageContext>()?.unwrap_or_default(),
            beside: c.opt_bytes()?.map(|bytes| Sealed::from_bytes(bytes.to_vec())),
        })
    }
}

impl ToRow for Message {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.conversation);
        to.id(self.id);
        to.text(self.direction.as_str());
        to.opt_text(self.author.as_deref());
        bind_content(&self.content, to)?;
        to.opt_text(self.purpose.map(Purpose::as_str));
        to.time(self.event_at);
        to.time(self.received_at);
        to.opt_time(self.expires_at);
        to.opt_text(self.external.as_ref().map(ExternalId::reveal));
        to.opt_id(self.reply_to);
        self.delivery.to_row(to)?;
        to.opt_time(self.edited_at);
        to.opt_time(self.revoked_at);
        bind_reactions(&self.reactions, to)?;
        if self.context.is_empty() {
            to.opt_text(None);
        } else {
            to.json(&self.context, Self::RECORD)?;
        }
        to.opt_bytes(self.beside.as_ref().map(Sealed::as_bytes));
        Ok(())
    }
}

/// Without its digest, which is kept elsewhere.
impl FromRow for KnownMessage {
    const RECORD: &'static str = "message";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            conversation: c.id()?,
            direction: c.word()?,
            external: external_id(c)?,
            digest: None,
            status: c.word()?,
        })
    }
}

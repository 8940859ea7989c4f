//! Messages: what is appended, and what becomes of it. All of it commutes.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, params};

use dialzio_core::account::Sealed;
use dialzio_core::conversation::{
    Content, Delivery, DeliveryStatus, Direction, Evidence, ExternalId, FailureNote, HeadDelta, Message,
    MessageDigest, Reaction,
};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::rows::{
    Bind, Columns, ToRow, bind_content, bind_reactions, delivery, external_id, reactions,
};
use dialzio_core::store::{Precondition, StoreError};
use dialzio_core::{AccountId, ConversationId, MessageId};

use crate::apply::Scope;
use crate::codec::{Cols, id, id_list, read, time};
use crate::contacts::{AFTER_ALL, id_after, id_key, over};
use crate::error::Res;
use crate::retention::RetentionCutoff;
use crate::run::Run;
use crate::statements as sql;

pub(crate) fn one(
    db: &Connection,
    org: [u8; 16],
    retention: RetentionCutoff,
    of: MessageId,
) -> Res<Option<Message>> {
    db.one(sql::MESSAGE, params![org, retention.cutoff, retention.now, id(of)], read)
}

pub(crate) fn list(
    db: &Connection,
    org: [u8; 16],
    retention: RetentionCutoff,
    conversation: ConversationId,
    page: &PageRequest,
) -> Res<Page<Message>> {
    let after = id_after(page, AFTER_ALL)?;
    let row = params![org, retention.cutoff, retention.now, id(conversation), after, over(page)];
    let found = db.all(sql::MESSAGES, row, read)?;
    Ok(Page::from_overread(found, page.limit, |message| id_key(message.id)))
}

fn evidence(row: &Row<'_>) -> Res<(MessageId, Evidence)> {
    let c = Cols::new(row, "message");
    let message = c.id()?;
    let Delivery { status, at, failure } = delivery(&c)?;
    Ok((message, Evidence { status, at, failure }))
}

pub(crate) fn evidence_of(
    db: &Connection,
    org: [u8; 16],
    retention: RetentionCutoff,
    messages: &[MessageId],
) -> Res<Vec<(MessageId, Evidence)>> {
    let ids = id_list(messages.iter().copied());
    db.all(sql::EVIDENCE_OF, params![org, retention.cutoff, retention.now, ids], evidence)
}

/// The provider's id of a message that is still there.
pub(crate) fn external_of(db: &Connection, org: [u8; 16], of: MessageId) -> Res<Option<ExternalId>> {
    let found =
        db.one(sql::MESSAGE_EXTERNAL, params![org, id(of)], |row| external_id(&Cols::new(row, "message")))?;
    Ok(found.flatten())
}

/// A provider's id that is known already, and whose it is.
pub(crate) struct Referred {
    pub(crate) message: MessageId,
    pub(crate) digest: Option<MessageDigest>,
}

/// Looks a provider's id up. The hash narrows; the id itself decides, as long as the message is there to compare with.
pub(crate) fn referred(
    db: &Connection,
    org: [u8; 16],
    account: AccountId,
    wanted: &ExternalId,
) -> Res<Option<Referred>> {
    let found = db.all(sql::REFERENCES, params![org, id(account), wanted.hash8()], |row| {
        let c = Cols::new(row, "reference");
        let referred = Referred { message: c.id()?, digest: c.get::<Option<i64>>()?.map(MessageDigest) };
        Ok((referred, c.get::<Option<String>>()?))
    })?;
    let same = |kept: &Option<String>| kept.as_deref().is_none_or(|kept| kept == wanted.reveal());
    Ok(found.into_iter().find(|(_, kept)| same(kept)).map(|(referred, _)| referred))
}

impl Scope<'_> {
    pub(crate) fn append(
        &mut self,
        account: AccountId,
        message: &Message,
        head: HeadDelta,
        digest: Option<MessageDigest>,
    ) -> Res<()> {
        // Looked at before anything is written, so that a doubled delivery leaves nothing to undo.
        if let Some(external) = &message.external
            && referred(self.db, self.key, account, external)?.is_some()
        {
            return Err(StoreError::precondition_failed(Precondition::ExternalFree(
                account,
                external.clone(),
            ))
            .into());
        }
        self.move_head(message, head)?;
        self.put_message(message)?;
        self.look_up_wait_if_late(message)?;
        if message.direction == Direction::Outbound {
            let delivery = &message.delivery;
            let first =
                Evidence { status: delivery.status, at: delivery.at, failure: delivery.failure.clone() };
            self.put_evidence(message.id, &first)?;
        }
        if let Some(external) = &message.external {
            self.put_reference(account, message.id, external, digest)?;
        }
        Ok(())
    }

    fn put_message(&mut self, message: &Message) -> Res<()> {
        self.db.put(sql::PUT_MESSAGE, self.key, message)?;
        crate::message_words::put(self.db, self.key, message.id, message.content.display_text())
    }

    fn put_evidence(&mut self, message: MessageId, evidence: &Evidence) -> Res<()> {
        self.db
            .bind(sql::PUT_EVIDENCE, |to| {
                to.bytes(&self.key);
                to.id(message);
                evidence.to_row(to)
            })
            .map(drop)
    }

    fn put_reference(
        &mut self,
        account: AccountId,
        message: MessageId,
        external: &ExternalId,
        digest: Option<MessageDigest>,
    ) -> Res<()> {
        let digest = digest.map(|digest| digest.0);
        let row = params![self.key, id(account), external.hash8(), id(message), digest, time(self.at)];
        self.db.run(sql::PUT_REFERENCE, row).map(drop)
    }

    /// Remembers a provider's id. One id names one message.
    pub(crate) fn refer(
        &mut self,
        account: AccountId,
        message: MessageId,
        external: &ExternalId,
        digest: Option<MessageDigest>,
    ) -> Res<()> {
        match referred(self.db, self.key, account, external)? {
            Some(known) if known.message == message => return Ok(()),
            Some(_) => {
                return Err(StoreError::precondition_failed(Precondition::ExternalFree(
                    account,
                    external.clone(),
                ))
                .into());
            }
            None => self.put_reference(account, message, external, digest)?,
        }
        self.db.run(sql::SET_EXTERNAL, params![self.key, id(message), external.reveal()]).map(drop)
    }

    /// The status of a message of ours; `None` for another one.
    pub(crate) fn status_of(&self, of: MessageId) -> Res<Option<DeliveryStatus>> {
        Ok(self.delivery_of(of)?.map(|(_, shown)| shown.status))
    }

    /// What is shown of the delivery of a message of ours that is still there, and its conversation.
    fn delivery_of(&self, of: MessageId) -> Res<Option<(ConversationId, Delivery)>> {
        let kept = self.db.one(sql::MESSAGE_DELIVERY, params![self.key, id(of)], |row| {
            let c = Cols::new(row, "message");
            Ok((c.id()?, c.word::<Direction>()?, delivery(&c)?))
        })?;
        Ok(kept
            .filter(|(_, direction, _)| *direction == Direction::Outbound)
            .map(|(conversation, _, shown)| (conversation, shown)))
    }

    fn show_delivery(&mut self, conversation: ConversationId, of: MessageId, shown: &Delivery) -> Res<()> {
        self.db
            .bind(sql::SET_DELIVERY, |to| {
                to.bytes(&self.key);
                to.id(conversation);
                to.id(of);
                shown.to_row(to)
            })
            .map(drop)
    }

    /// Evidence about a message that is still there: the earliest of each status is kept, the highest rank shown.
    pub(crate) fn take_evidence(&mut self, of: MessageId, evidence: &Evidence) -> Res<()> {
        let Some((conversation, mut shown)) = self.delivery_of(of)? else { return Ok(()) };
        self.put_evidence(of, evidence)?;
        let reached = shown.status.reaches();
        if shown.take(evidence) {
            self.show_delivery(conversation, of, &shown)?;
        }
        if shown.status.reaches() == reached { Ok(()) } else { self.look_up_wait(conversation) }
    }

    pub(crate) fn requeue(&mut self, of: MessageId, why: &FailureNote, at: DateTime<Utc>) -> Res<()> {
        let Some((conversation, mut shown)) = self.delivery_of(of)? else { return Ok(()) };
        if shown.requeue(why.clone(), at) { self.show_delivery(conversation, of, &shown) } else { Ok(()) }
    }

    fn marks(&self, of: MessageId) -> Res<Option<Marks>> {
        self.db.one(sql::MESSAGE_MARKS, params![self.key, id(of)], |row| {
            let c = Cols::new(row, "message");
            let (conversation, _direction) = (c.id()?, c.word::<Direction>()?);
            let (edited_at, revoked_at) = (c.opt_time()?, c.opt_time()?);
            let reactions = reactions(&c, of)?;
            Ok(Marks { conversation, edited_at, revoked_at, reactions })
        })
    }

    pub(crate) fn react(&mut self, new: &Reaction) -> Res<()> {
        let Some(mut marks) = self.marks(new.message)? else { return Ok(()) };
        match marks.reactions.iter_mut().find(|kept| kept.by == new.by) {
            Some(kept) if (kept.at, &kept.emoji) < (new.at, &new.emoji) => *kept = new.clone(),
            Some(_) => return Ok(()),
            None => marks.reactions.push(new.clone()),
        }
        marks.reactions.sort_by_key(|kept| kept.by);
        self.db
            .bind(sql::SET_REACTIONS, |to| {
                to.bytes(&self.key);
                to.id(marks.conversation);
                to.id(new.message);
                bind_reactions(&marks.reactions, to)
            })
            .map(drop)
    }

    pub(crate) fn edit(
        &mut self,
        of: MessageId,
        content: &Content,
        beside: Option<&Sealed>,
        at: DateTime<Utc>,
    ) -> Res<()> {
        match self.marks(of)? {
            Some(marks) if marks.revoked_at.is_none() && marks.edited_at.is_none_or(|newest| newest < at) => {
                self.set_content(marks.conversation, of, content, beside, Some(at), None)
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn revoke(&mut self, of: MessageId, content: &Content, at: DateTime<Utc>) -> Res<()> {
        match self.marks(of)? {
            // As if no edit had come in between: the same state in any order.
            Some(marks) if marks.revoked_at.is_none_or(|first| at < first) => {
                self.set_content(marks.conversation, of, content, None, None, Some(at))?;
                self.look_up_wait(marks.conversation)
            }
            _ => Ok(()),
        }
    }

    fn set_content(
        &mut self,
        conversation: ConversationId,
        of: MessageId,
        content: &Content,
        beside: Option<&Sealed>,
        edited_at: Option<DateTime<Utc>>,
        revoked_at: Option<DateTime<Utc>>,
    ) -> Res<()> {
        self.db
            .bind(sql::SET_CONTENT, |to| {
                to.bytes(&self.key);
                to.id(conversation);
                to.id(of);
                bind_content(content, to)?;
                to.opt_time(edited_at);
                to.opt_time(revoked_at);
                to.opt_bytes(beside.map(Sealed::as_bytes));
                Ok(())
            })
            .map(drop)?;
        crate::message_words::remove(self.db, self.key, of)?;
        crate::message_words::put(self.db, self.key, of, content.display_text())
    }
}

/// What later evidence about a message is compared with.
struct Marks {
    conversation: ConversationId,
    edited_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    reactions: Vec<Reaction>,
}

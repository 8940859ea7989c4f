//! Messages: what is appended, and what becomes of it. All of it commutes.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use uuid::Uuid;

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
use crate::contacts::{id_before, id_key, over};
use crate::error::{Res, unreadable};
use crate::group::{Known, Reference};
use crate::retention::RetentionCutoff;
use crate::run::{Db, Params, params};
use crate::statements as sql;

pub(crate) async fn one(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    of: MessageId,
) -> Res<Option<Message>> {
    db.one(sql::MESSAGE, params![org, retention.now, retention.now, id(of)], read).await
}

pub(crate) async fn list(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    conversation: ConversationId,
    page: &PageRequest,
) -> Res<Page<Message>> {
    let after = id_before(page)?;
    let row = params![org, retention.now, retention.now, id(conversation), after, over(page)];
    let found = db.all(sql::MESSAGES, row, read).await?;
    Ok(Page::from_overread(found, page.limit, |message| id_key(message.id)))
}

fn evidence(row: &PgRow) -> Res<(MessageId, Evidence)> {
    let c = Cols::new(row, "message");
    let message = c.id()?;
    let Delivery { status, at, failure } = delivery(&c)?;
    Ok((message, Evidence { status, at, failure }))
}

pub(crate) async fn evidence_of(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    messages: &[MessageId],
) -> Res<Vec<(MessageId, Evidence)>> {
    let ids = id_list(messages.iter().copied());
    db.all(sql::EVIDENCE_OF, params![org, retention.now, retention.now, ids], evidence).await
}

/// The provider's id of a message that is still there.
pub(crate) async fn external_of(db: &mut Db<'_>, org: Uuid, of: MessageId) -> Res<Option<ExternalId>> {
    let found = db
        .one(sql::MESSAGE_EXTERNAL, params![org, id(of)], |row| external_id(&Cols::new(row, "message")))
        .await?;
    Ok(found.flatten())
}

/// What is remembered under any of these hashes of provider ids.
pub(crate) async fn references(
    db: &mut Db<'_>,
    org: Uuid,
    account: AccountId,
    hashes: &[i64],
) -> Res<Vec<(i64, Known)>> {
    db.all(sql::REFERENCES, params![org, id(account), hashes], |row| {
        let c = Cols::new(row, "reference");
        let hash = c.get()?;
        let (message, digest) = (c.id()?, c.get::<Option<i64>>()?.map(MessageDigest));
        Ok((hash, Known { message, digest, external: c.get()? }))
    })
    .await
}

/// The one that is meant. The hash narrows; the id itself decides, as long as the message is there to compare with.
fn meant(known: &[Known], wanted: &ExternalId) -> Option<Known> {
    let same = |kept: &&Known| kept.external.as_deref().is_none_or(|kept| kept == wanted.reveal());
    known.iter().find(same).cloned()
}

/// Looks a provider's id up.
pub(crate) async fn referred(
    db: &mut Db<'_>,
    org: Uuid,
    account: AccountId,
    wanted: &ExternalId,
) -> Res<Option<Known>> {
    let found = references(db, org, account, &[wanted.hash8()]).await?;
    let known: Vec<Known> = found.into_iter().map(|(_, known)| known).collect();
    Ok(meant(&known, wanted))
}

/// Writes new messages.
pub(crate) async fn put_messages(db: &mut Db<'_>, org: Uuid, messages: &[Message]) -> Res<()> {
    db.put_all(sql::PUT_MESSAGE, org, messages).await?;
    crate::message_words::put(db, org, messages).await
}

/// Writes evidence; the earliest of each status stays.
pub(crate) async fn put_evidence(db: &mut Db<'_>, org: Uuid, evidence: &[(MessageId, Evidence)]) -> Res<()> {
    let each = |row: &mut Params, (message, evidence): &(MessageId, Evidence)| {
        row.id(*message);
        Ok(evidence.to_row(row)?)
    };
    db.put(sql::PUT_EVIDENCE, |row| row.add(org), evidence, each).await.map(drop)
}

/// Remembers provider ids.
pub(crate) async fn put_references(db: &mut Db<'_>, org: Uuid, references: &[Reference]) -> Res<()> {
    let each = |row: &mut Params, new: &Reference| {
        row.add(id(new.account));
        row.add(new.hash8);
        row.add(id(new.message));
        row.add(new.digest.map(|digest| digest.0));
        row.add(time(new.seen_at));
        Ok(())
    };
    db.put(sql::PUT_REFERENCE, |row| row.add(org), references, each).await.map(drop)
}

impl Scope<'_> {
    /// Looks a provider's id up, once for each group.
    pub(crate) async fn referred(&mut self, account: AccountId, wanted: &ExternalId) -> Res<Option<Known>> {
        let place = (account, wanted.hash8());
        if let Some(known) = self.group.references.get(&place) {
            return Ok(meant(known, wanted));
        }
        self.group.write_messages(&mut self.db).await?;
        let found = references(&mut self.db, self.key, account, &[wanted.hash8()]).await?;
        let known: Vec<Known> = found.into_iter().map(|(_, known)| known).collect();
        let answer = meant(&known, wanted);
        self.group.references.insert(place, known);
        Ok(answer)
    }

    pub(crate) async fn append(
        &mut self,
        account: AccountId,
        message: &Message,
        head: HeadDelta,
        digest: Option<MessageDigest>,
    ) -> Res<()> {
        let kept = self.talk(message.conversation).await?;
        let kept = kept.ok_or_else(|| unreadable("conversation of a message"))?;
        // Looked at before anything is written, so that a doubled delivery leaves nothing to undo.
        if let Some(external) = &message.external
            && self.referred(account, external).await?.is_some()
        {
            return Err(StoreError::precondition_failed(Precondition::ExternalFree(
                account,
                external.clone(),
            ))
            .into());
        }
        self.group.touch();
        self.group.rows.messages.push(message.clone());
        if message.direction == Direction::Outbound {
            let delivery = &message.delivery;
            let first =
                Evidence { status: delivery.status, at: delivery.at, failure: delivery.failure.clone() };
            self.group.rows.evidence.push((message.id, first));
        }
        if let Some(external) = &message.external {
            self.remember(account, message.id, external, digest);
        }
        let before = (kept.state.as_str(), kept.assignee);
        let Some(Some(talk)) = self.group.talks.get_mut(&message.conversation) else { return Ok(()) };
        let moved = talk.kept.take(message, head);
        talk.moved = true;
        if moved.reopened {
            self.group.count(before.0, before.1, -1);
            self.group.count("open", before.1, 1);
        }
        if moved.looks_up_wait { self.look_up_wait(message.conversation).await } else { Ok(()) }
    }

    /// From now on the group knows this id.
    fn remember(
        &mut self,
        account: AccountId,
        message: MessageId,
        external: &ExternalId,
        digest: Option<MessageDigest>,
    ) {
        let hash8 = external.hash8();
        let known = Known { message, digest, external: Some(external.reveal().to_owned()) };
        self.group.know(account, external, known);
        let seen_at = self.at;
        self.group.rows.references.push(Reference { account, hash8, message, digest, seen_at });
    }

    /// Remembers a provider's id. One id names one message.
    pub(crate) async fn refer(
        &mut self,
        account: AccountId,
        message: MessageId,
        external: &ExternalId,
        digest: Option<MessageDigest>,
    ) -> Res<()> {
        match self.referred(account, external).await? {
            Some(known) if known.message == message => return Ok(()),
            Some(_) => {
                return Err(StoreError::precondition_failed(Precondition::ExternalFree(
                    account,
                    external.clone(),
                ))
                .into());
            }
            None => {
                self.group.touch();
                self.remember(account, message, external, digest);
            }
        }
        self.group.write_messages(&mut self.db).await?;
        self.db.run(sql::SET_EXTERNAL, params![self.key, id(message), external.reveal()]).await.map(drop)
    }

    /// The status of a message of ours; `None` for another one.
    pub(crate) async fn status_of(&mut self, of: MessageId) -> Res<Option<DeliveryStatus>> {
        self.group.write_messages(&mut self.db).await?;
        Ok(self.delivery_of(of).await?.map(|(_, shown)| shown.status))
    }

    /// Evidence about a message that is still there: the earliest of each status is kept, the highest rank shown.
    pub(crate) async fn take_evidence(&mut self, of: MessageId, evidence: &Evidence) -> Res<()> {
        self.group.write_messages(&mut self.db).await?;
        let Some((conversation, mut shown)) = self.delivery_of(of).await? else { return Ok(()) };
        put_evidence(&mut self.db, self.key, &[(of, evidence.clone())]).await?;
        let reached = shown.status.reaches();
        if shown.take(evidence) {
            self.show_delivery(of, &shown).await?;
        }
        if shown.status.reaches() == reached { Ok(()) } else { self.look_up_wait(conversation).await }
    }

    pub(crate) async fn requeue(&mut self, of: MessageId, why: &FailureNote, at: DateTime<Utc>) -> Res<()> {
        self.group.write_messages(&mut self.db).await?;
        let Some((_, mut shown)) = self.delivery_of(of).await? else { return Ok(()) };
        if shown.requeue(why.clone(), at) { self.show_delivery(of, &shown).await } else { Ok(()) }
    }

    /// What is shown of the delivery of a message of ours that is still there, and its conversation.
    async fn delivery_of(&mut self, of: MessageId) -> Res<Option<(ConversationId, Delivery)>> {
        let kept = self
            .db
            .one(sql::MESSAGE_DELIVERY, params![self.key, id(of)], |row| {
                let c = Cols::new(row, "message");
                Ok((c.id()?, c.word::<Direction>()?, delivery(&c)?))
            })
            .await?;
        Ok(kept
            .filter(|(_, direction, _)| *direction == Direction::Outbound)
            .map(|(conversation, _, shown)| (conversation, shown)))
    }

    async fn show_delivery(&mut self, of: MessageId, shown: &Delivery) -> Res<()> {
        let mut row = params![self.key, id(of)];
        shown.to_row(&mut row)?;
        self.db.run(sql::SET_DELIVERY, row).await.map(drop)
    }

    async fn marks(&mut self, of: MessageId) -> Res<Option<Marks>> {
        self.group.write_messages(&mut self.db).await?;
        self.db
            .one(sql::MESSAGE_MARKS, params![self.key, id(of)], |row| {
                let c = Cols::new(row, "message");
                let conversation = c.id()?;
                let (edited_at, revoked_at) = (c.opt_time()?, c.opt_time()?);
                let reactions = reactions(&c, of)?;
                Ok(Marks { conversation, edited_at, revoked_at, reactions })
            })
            .await
    }

    pub(crate) async fn react(&mut self, new: &Reaction) -> Res<()> {
        let Some(mut marks) = self.marks(new.message).await? else { return Ok(()) };
        match marks.reactions.iter_mut().find(|kept| kept.by == new.by) {
            Some(kept) if (kept.at, &kept.emoji) < (new.at, &new.emoji) => *kept = new.clone(),
            Some(_) => return Ok(()),
            None => marks.reactions.push(new.clone()),
        }
        marks.reactions.sort_by_key(|kept| kept.by);
        let mut row = params![self.key, id(new.message)];
        bind_reactions(&marks.reactions, &mut row)?;
        self.db.run(sql::SET_REACTIONS, row).await.map(drop)
    }

    pub(crate) async fn edit(
        &mut self,
        of: MessageId,
        content: &Content,
        beside: Option<&Sealed>,
        at: DateTime<Utc>,
    ) -> Res<()> {
        match self.marks(of).await? {
            Some(marks) if marks.revoked_at.is_none() && marks.edited_at.is_none_or(|newest| newest < at) => {
                self.set_content(of, content, beside, Some(at), None).await
            }
            _ => Ok(()),
        }
    }

    pub(crate) async fn revoke(&mut self, of: MessageId, content: &Content, at: DateTime<Utc>) -> Res<()> {
        match self.marks(of).await? {
            // As if no edit had come in between: the same state in any order.
            Some(marks) if marks.revoked_at.is_none_or(|first| at < first) => {
                self.set_content(of, content, None, None, Some(at)).await?;
                self.look_up_wait(marks.conversation).await
            }
            _ => Ok(()),
        }
    }

    async fn set_content(
        &mut self,
        of: MessageId,
        content: &Content,
        beside: Option<&Sealed>,
        edited_at: Option<DateTime<Utc>>,
        revoked_at: Option<DateTime<Utc>>,
    ) -> Res<()> {
        let mut row = params![self.key, id(of)];
        bind_content(content, &mut row)?;
        row.opt_time(edited_at);
        row.opt_time(revoked_at);
        row.opt_bytes(beside.map(Sealed::as_bytes));
        self.db.run(sql::SET_CONTENT, row).await?;
        crate::message_words::remove(&mut self.db, self.key, &[id(of)]).await?;
        let text = content.display_text().map(|text| (id(of), text));
        crate::message_words::put_texts(&mut self.db, self.key, text).await
    }
}

/// What later evidence about a message is compared with.
struct Marks {
    conversation: ConversationId,
    edited_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    reactions: Vec<Reaction>,
}

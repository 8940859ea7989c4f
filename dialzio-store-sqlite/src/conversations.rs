//! Conversations and their queues.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use dialzio_core::call::CallPermission;
use dialzio_core::conversation::{
    Conversation, ConversationState, ConversationWrite, DeliveryStatus, HeadDelta, InboxEntry, Message,
    QueueCounts,
};
use dialzio_core::page::PageRequest;
use dialzio_core::store::rows::{Columns, FromRow};
use dialzio_core::store::{Precondition, RecordRef, StoreError};
use dialzio_core::{AccountId, ChannelIdentityId, ContactId, ConversationId, MemberId, TypedId};
use uuid::Uuid;

use crate::apply::Scope;
use crate::audience;
use crate::codec::{Cols, id, id_list, opt_id, opt_time, read, time};
use crate::error::{Failure, Res, unreadable};
use crate::retention::RetentionCutoff;
use crate::run::Run;
use crate::statements as sql;

pub(crate) fn one(db: &Connection, org: [u8; 16], of: ConversationId) -> Res<Option<Conversation>> {
    db.one(sql::CONVERSATION, params![org, id(of)], read)
}

/// Those of these conversations that the audience of the read sees.
pub(crate) fn seen(
    db: &Connection,
    org: [u8; 16],
    conversations: Vec<ConversationId>,
) -> Res<Vec<ConversationId>> {
    if audience::current().is_all() {
        return Ok(conversations);
    }
    let row = params![org, id_list(conversations)];
    db.all(sql::CONVERSATIONS_AMONG, row, |row| Cols::new(row, "conversation").id())
}

pub(crate) fn inbox_entry(
    db: &Connection,
    org: [u8; 16],
    retention: RetentionCutoff,
    of: ConversationId,
) -> Res<Option<InboxEntry>> {
    db.one(sql::INBOX_ENTRY, params![org, retention.cutoff, retention.now, id(of)], read)
}

pub(crate) fn unread(db: &Connection, org: [u8; 16], member: Option<MemberId>, most: u32) -> Res<u32> {
    let found = db.all(sql::UNREAD, params![org, member.map(id), most], |_| Ok(()))?;
    Ok(u32::try_from(found.len()).unwrap_or(most))
}

pub(crate) fn of_contact(db: &Connection, org: [u8; 16], contact: ContactId) -> Res<Vec<Conversation>> {
    let mut found = db.all(sql::CONVERSATIONS_OF, params![org, id(contact)], read::<Conversation>)?;
    found.sort_by_key(|kept| std::cmp::Reverse((kept.last_at, kept.id)));
    found.truncate(PageRequest::MAX as usize);
    Ok(found)
}

/// The conversation of an identity on an account: its own, else the newest of those joined into it.
pub(crate) fn with(
    db: &Connection,
    org: [u8; 16],
    account: AccountId,
    identity: ChannelIdentityId,
) -> Res<Option<Conversation>> {
    let Some(kept) = crate::identities::survivor(db, org, identity)? else { return Ok(None) };
    of_survivor(db, org, account, kept.id)
}

fn of_survivor(
    db: &Connection,
    org: [u8; 16],
    account: AccountId,
    identity: ChannelIdentityId,
) -> Res<Option<Conversation>> {
    let row = params![org, id(account), id(identity)];
    match db.one(sql::CONVERSATION_OF_PAIR, row, read)? {
        None => joined(db, org, account, identity),
        own => Ok(own),
    }
}

/// The newest conversation of those joined into a survivor that has none of its own.
pub(crate) fn joined(
    db: &Connection,
    org: [u8; 16],
    account: AccountId,
    identity: ChannelIdentityId,
) -> Res<Option<Conversation>> {
    let joined =
        db.all(sql::CONVERSATIONS_JOINED, params![org, id(account), id(identity)], read::<Conversation>)?;
    Ok(joined.into_iter().max_by_key(|kept| (kept.last_at, kept.id)))
}

/// The same for several survivors at once.
pub(crate) fn with_each(
    db: &Connection,
    org: [u8; 16],
    account: AccountId,
    identities: &[ChannelIdentityId],
) -> Res<Vec<(ChannelIdentityId, Conversation)>> {
    let ids = id_list(identities.iter().copied());
    let mut found = db.all(sql::CONVERSATIONS_WITH, params![org, id(account), ids], |row| {
        let c = Cols::new(row, "conversation");
        let asked = Uuid::try_parse(&c.get::<String>()?).map_err(|_| c.bad())?;
        Ok((ChannelIdentityId::from_uuid(asked), Conversation::from_row(&c)?))
    })?;
    // The own one first, then the newest.
    found.sort_by_key(|(asked, kept)| {
        (*asked, std::cmp::Reverse((kept.identity == *asked, kept.last_at, kept.id)))
    });
    found.dedup_by_key(|(asked, _)| *asked);
    Ok(found)
}

pub(crate) fn queue_counts(db: &Connection, org: [u8; 16]) -> Res<QueueCounts> {
    let rows = db.all(sql::QUEUE_COUNTS, [org], |row| {
        let c = Cols::new(row, "queue count");
        let (state, who): (String, Vec<u8>) = (c.get()?, c.get()?);
        let who = if who.is_empty() { None } else { Some(Uuid::from_slice(&who).map_err(|_| c.bad())?) };
        Ok((state, who.map(MemberId::from_uuid), c.number()?))
    })?;
    Ok(QueueCounts { rows })
}

fn until(state: ConversationState) -> Option<DateTime<Utc>> {
    match state {
        ConversationState::Snoozed { until } => Some(until),
        ConversationState::Open | ConversationState::Closed => None,
    }
}

/// What a message does to the wait: 1 if it asks for an answer, 2 if it is one.
fn changes_wait(message: &Message) -> i64 {
    if message.asks() { 1 } else { i64::from(message.answers()) * 2 }
}

impl Scope<'_> {
    pub(crate) fn write_conversation(&mut self, write: &ConversationWrite) -> Res<()> {
        match write {
            ConversationWrite::Insert(conversation) => self.insert_conversation(conversation),
            ConversationWrite::Update(new) => self.update_conversation(new),
            ConversationWrite::Seen { conversation, up_to } => {
                self.db.run(sql::SET_SEEN, params![self.key, id(*conversation), id(*up_to)]).map(drop)
            }
            ConversationWrite::CallPermission { conversation, permission } => {
                self.hear_permission(*conversation, *permission)
            }
            ConversationWrite::MarkUnread(conversation) => {
                self.db.run(sql::SET_UNREAD, params![self.key, id(*conversation)]).map(drop)
            }
            ConversationWrite::Append { account, message, head, digest } => {
                self.append(*account, message, *head, *digest)
            }
            ConversationWrite::Requeue { message, why, at } => self.requeue(*message, why, *at),
            ConversationWrite::Evidence { message, evidence } => self.take_evidence(*message, evidence),
            ConversationWrite::External { account, message, external } => {
                self.refer(*account, *message, external, None)
            }
            ConversationWrite::Activity(activity) => self.put_activity(activity),
            ConversationWrite::Reaction(reaction) => self.react(reaction),
            ConversationWrite::Edit { message, content, beside, at } => {
                self.edit(*message, content, beside.as_ref(), *at)
            }
            ConversationWrite::Revoke { message, content, at } => self.revoke(*message, content, *at),
            _ => Err(Failure::Store(StoreError::Unsupported("a change to conversations"))),
        }
    }

    fn insert_conversation(&mut self, new: &Conversation) -> Res<()> {
        let pair = params![self.key, id(new.account), id(new.identity)];
        if self.db.any(sql::CONVERSATION_OF_PAIR, pair)? {
            return Err(StoreError::precondition_failed(Precondition::ConversationFree(
                new.account,
                new.identity,
            ))
            .into());
        }
        self.db.put(sql::PUT_CONVERSATION, self.key, new)?;
        self.group.count(self.org, new.state.as_str(), new.assignee, 1);
        Ok(())
    }

    fn hear_permission(&mut self, of: ConversationId, heard: CallPermission) -> Res<()> {
        let Some(kept) = one(self.db, self.key, of)? else { return Ok(()) };
        let newest = kept.call_permission.map_or(heard, |known| known.newest(heard));
        let row = params![self.key, id(of), newest.answer.as_str(), opt_time(newest.until), time(newest.at)];
        self.db.run(sql::SET_CALL_PERMISSION, row).map(drop)
    }

    fn update_conversation(&mut self, new: &Conversation) -> Res<()> {
        let Some(kept) = one(self.db, self.key, new.id)? else {
            let expected = Precondition::Revision(RecordRef::Conversation(new.id), new.revision);
            return Err(StoreError::precondition_failed(expected).into());
        };
        let row = params![
            self.key,
            id(new.id),
            new.state.as_str(),
            opt_time(until(new.state)),
            opt_id(new.assignee),
            opt_id(new.team),
        ];
        self.db.run(sql::SET_CONVERSATION, row)?;
        self.group.count(self.org, kept.state.as_str(), kept.assignee, -1);
        self.group.count(self.org, new.state.as_str(), new.assignee, 1);
        if !kept.can_wait() && new.can_wait() {
            self.look_up_wait(new.id)?;
        }
        Ok(())
    }

    /// A message moves the conversation's head, and may open it again.
    pub(crate) fn move_head(&mut self, message: &Message, by: HeadDelta) -> Res<()> {
        let conversation = id(message.conversation);
        let row = params![
            self.key,
            conversation,
            by.unread,
            id(message.id),
            time(message.event_at),
            opt_time(by.inbound.then_some(message.event_at)),
            opt_id(by.inbound.then_some(message.id)),
            changes_wait(message),
            message.delivery.status == DeliveryStatus::Failed,
        ];
        if self.db.run(sql::MOVE_HEAD, row)? == 0 {
            return Err(unreadable("conversation of a message"));
        }
        // A message alone does not count as a change; that it reopens the conversation does.
        if by.reopen {
            self.reopen(conversation)?;
        }
        Ok(())
    }

    /// A message that was written is older than the newest one: what it does to the wait is looked up.
    pub(crate) fn look_up_wait_if_late(&mut self, message: &Message) -> Res<()> {
        if changes_wait(message) != 0 {
            let row = params![self.key, id(message.conversation), id(message.id)];
            self.db.run(sql::LOOK_UP_WAIT_IF_LATE, row)?;
        }
        Ok(())
    }

    /// Since when a conversation waits, and whether its newest message failed, as its messages say.
    pub(crate) fn look_up_wait(&mut self, conversation: ConversationId) -> Res<()> {
        self.db.run(sql::LOOK_UP_WAIT, params![self.key, id(conversation)]).map(drop)
    }

    /// Opens a conversation that is not open; its revision rises.
    fn reopen(&mut self, conversation: [u8; 16]) -> Res<()> {
        // Asked for, rather than returned by the update: that costs a table of its own each time.
        let kept = self.db.one(sql::CONVERSATION_NOT_OPEN, params![self.key, conversation], |row| {
            let c = Cols::new(row, "conversation");
            Ok((ConversationState::from_row(&c)?, c.opt_id::<MemberId>()?))
        })?;
        if let Some((state, assignee)) = kept {
            self.db.run(sql::OPEN_CONVERSATION, params![self.key, conversation])?;
            self.group.count(self.org, state.as_str(), assignee, -1);
            self.group.count(self.org, "open", assignee, 1);
        }
        Ok(())
    }

    pub(crate) fn wake_snoozed(&mut self, now: DateTime<Utc>) -> Res<()> {
        let due = self.db.all(sql::SNOOZED_DUE, params![self.key, time(now)], |row| {
            let c = Cols::new(row, "conversation");
            Ok((c.id::<ConversationId>()?, c.opt_id::<MemberId>()?))
        })?;
        for (conversation, assignee) in due {
            self.db.run(sql::OPEN_CONVERSATION, params![self.key, id(conversation)])?;
            self.group.count(self.org, "snoozed", assignee, -1);
            self.group.count(self.org, "open", assignee, 1);
        }
        Ok(())
    }
}

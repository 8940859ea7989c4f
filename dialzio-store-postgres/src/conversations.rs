//! Conversations and their queues.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use dialzio_core::call::CallPermission;
use dialzio_core::conversation::{
    Conversation, ConversationState, ConversationWrite, InboxEntry, QueueCounts,
};
use dialzio_core::page::PageRequest;
use dialzio_core::store::rows::{Columns, FromRow};
use dialzio_core::store::{Precondition, RecordRef, StoreError};
use dialzio_core::{AccountId, ChannelIdentityId, ContactId, ConversationId, MemberId, MessageId};

use crate::apply::Scope;
use crate::codec::{Cols, id, id_list, opt_id, opt_time, or_nil, read, time};
use crate::error::{Failure, Res};
use crate::group::Talk;
use crate::retention::RetentionCutoff;
use crate::run::{Db, Params, params};
use crate::statements as sql;

pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: ConversationId) -> Res<Option<Conversation>> {
    db.one(sql::CONVERSATION, params![org, id(of)], read).await
}

/// Those of these conversations that the audience of the read sees.
pub(crate) async fn seen(
    db: &mut Db<'_>,
    org: Uuid,
    conversations: &[ConversationId],
) -> Res<Vec<ConversationId>> {
    if db.audience().is_all() {
        return Ok(conversations.to_vec());
    }
    let row = params![org, id_list(conversations.iter().copied())];
    db.all(sql::CONVERSATIONS_AMONG, row, |row| Cols::new(row, "conversation").id()).await
}

pub(crate) async fn inbox_entry(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    of: ConversationId,
) -> Res<Option<InboxEntry>> {
    db.one(sql::INBOX_ENTRY, params![org, retention.now, retention.now, id(of)], read).await
}

pub(crate) async fn by_ids(
    db: &mut Db<'_>,
    org: Uuid,
    ids: impl IntoIterator<Item = ConversationId>,
) -> Res<Vec<Conversation>> {
    db.all(sql::CONVERSATIONS_BY_ID, params![org, id_list(ids)], read).await
}

pub(crate) async fn unread(db: &mut Db<'_>, org: Uuid, member: Option<MemberId>, most: u32) -> Res<u32> {
    // No member has the last id there is.
    let row = params![org, member.map_or(Uuid::max(), id), i64::from(most)];
    let found = db.all(sql::UNREAD, row, |_| Ok(())).await?;
    Ok(u32::try_from(found.len()).unwrap_or(most))
}

pub(crate) async fn of_contact(db: &mut Db<'_>, org: Uuid, contact: ContactId) -> Res<Vec<Conversation>> {
    let mut found = db.all(sql::CONVERSATIONS_OF, params![org, id(contact)], read::<Conversation>).await?;
    found.sort_by_key(|kept| std::cmp::Reverse((kept.last_at, kept.id)));
    found.truncate(PageRequest::MAX as usize);
    Ok(found)
}

/// The conversation of an identity on an account: its own, else the newest of those joined into it.
pub(crate) async fn with(
    db: &mut Db<'_>,
    org: Uuid,
    account: AccountId,
    identity: ChannelIdentityId,
) -> Res<Option<Conversation>> {
    let Some(kept) = crate::identities::survivor(db, org, identity).await? else { return Ok(None) };
    let row = params![org, id(account), id(kept.id)];
    if let Some(own) = db.one(sql::CONVERSATION_OF_PAIR, row.clone(), read).await? {
        return Ok(Some(own));
    }
    let joined = db.all(sql::CONVERSATIONS_JOINED, row, read::<Conversation>).await?;
    Ok(joined.into_iter().max_by_key(|kept| (kept.last_at, kept.id)))
}

/// The same for several survivors at once.
pub(crate) async fn with_each(
    db: &mut Db<'_>,
    org: Uuid,
    account: AccountId,
    identities: &[ChannelIdentityId],
) -> Res<Vec<(ChannelIdentityId, Conversation)>> {
    let ids = id_list(identities.iter().copied());
    let mut found = db
        .all(sql::CONVERSATIONS_WITH, params![org, id(account), ids], |row| {
            let c = Cols::new(row, "conversation");
            Ok((c.id::<ChannelIdentityId>()?, Conversation::from_row(&c)?))
        })
        .await?;
    // The own one first, then the newest.
    found.sort_by_key(|(asked, kept)| {
        (*asked, std::cmp::Reverse((kept.identity == *asked, kept.last_at, kept.id)))
    });
    found.dedup_by_key(|(asked, _)| *asked);
    Ok(found)
}

pub(crate) async fn queue_counts(db: &mut Db<'_>, org: Uuid) -> Res<QueueCounts> {
    let rows = db
        .all(sql::QUEUE_COUNTS, params![org], |row| {
            let c = Cols::new(row, "queue count");
            Ok((c.get::<String>()?, c.key_id::<MemberId>()?, c.number()?))
        })
        .await?;
    Ok(QueueCounts { rows })
}

fn until(state: ConversationState) -> Option<DateTime<Utc>> {
    match state {
        ConversationState::Snoozed { until } => Some(until),
        ConversationState::Open | ConversationState::Closed => None,
    }
}

/// Writes the heads of conversations as they are now.
pub(crate) async fn put_heads(db: &mut Db<'_>, org: Uuid, moved: &[Conversation]) -> Res<()> {
    let each = |row: &mut Params, kept: &Conversation| {
        row.add(id(kept.id));
        row.add(i64::from(kept.unread));
        row.add(opt_id(kept.last_message));
        row.add(time(kept.last_at));
        row.add(opt_time(kept.last_inbound_at));
        row.add(opt_id(kept.last_inbound));
        row.add(opt_id(kept.seen_up_to));
        row.add(kept.state.as_str());
        row.add(opt_time(until(kept.state)));
        row.add(i64::from(kept.revision.0));
        row.add(opt_time(kept.waiting_since));
        row.add(kept.last_failed);
        Ok(())
    };
    db.put(sql::SET_HEADS, |row| row.add(org), moved, each).await.map(drop)
}

impl Scope<'_> {
    /// A conversation as this group has left it.
    pub(crate) async fn talk(&mut self, of: ConversationId) -> Res<Option<Conversation>> {
        if let Some(talk) = self.group.talks.get(&of) {
            return Ok(talk.as_ref().map(|talk| talk.kept.clone()));
        }
        let kept = crate::conversations::one(&mut self.db, self.key, of).await?;
        self.group.talks.insert(of, kept.clone().map(|kept| Talk { kept, moved: false }));
        Ok(kept)
    }

    pub(crate) async fn write_conversation(&mut self, write: &ConversationWrite) -> Res<()> {
        match write {
            ConversationWrite::Insert(conversation) => self.insert_conversation(conversation).await,
            ConversationWrite::Update(new) => self.update_conversation(new).await,
            ConversationWrite::Seen { conversation, up_to } => self.see(*conversation, *up_to).await,
            ConversationWrite::CallPermission { conversation, permission } => {
                self.hear_permission(*conversation, *permission).await
            }
            ConversationWrite::MarkUnread(conversation) => self.unsee(*conversation).await,
            ConversationWrite::Append { account, message, head, digest } => {
                self.append(*account, message, *head, *digest).await
            }
            ConversationWrite::Requeue { message, why, at } => self.requeue(*message, why, *at).await,
            ConversationWrite::Evidence { message, evidence } => self.take_evidence(*message, evidence).await,
            ConversationWrite::External { account, message, external } => {
                self.refer(*account, *message, external, None).await
            }
            ConversationWrite::Activity(activity) => self.put_activity(activity).await,
            ConversationWrite::Reaction(reaction) => self.react(reaction).await,
            ConversationWrite::Edit { message, content, beside, at } => {
                self.edit(*message, content, beside.as_ref(), *at).await
            }
            ConversationWrite::Revoke { message, content, at } => self.revoke(*message, content, *at).await,
            _ => Err(Failure::Store(StoreError::Unsupported("a change to conversations"))),
        }
    }

    async fn unsee(&mut self, of: ConversationId) -> Res<()> {
        if self.talk(of).await?.is_none() {
            return Ok(());
        }
        self.group.touch();
        if let Some(Some(talk)) = self.group.talks.get_mut(&of) {
            (talk.kept.seen_up_to, talk.kept.unread) = (None, talk.kept.unread.max(1));
            talk.moved = true;
        }
        Ok(())
    }

    async fn see(&mut self, of: ConversationId, up_to: MessageId) -> Res<()> {
        if self.talk(of).await?.is_none() {
            return Ok(());
        }
        self.group.touch();
        if let Some(Some(talk)) = self.group.talks.get_mut(&of) {
            talk.kept.seen_up_to = talk.kept.seen_up_to.max(Some(up_to));
            if talk.kept.last_message.is_none_or(|last| last <= up_to) {
                talk.kept.unread = 0;
            }
            talk.moved = true;
        }
        Ok(())
    }

    async fn insert_conversation(&mut self, new: &Conversation) -> Res<()> {
        let pair = params![self.key, id(new.account), id(new.identity)];
        if self.db.any(sql::CONVERSATION_OF_PAIR, pair).await? {
            return Err(StoreError::precondition_failed(Precondition::ConversationFree(
                new.account,
                new.identity,
            ))
            .into());
        }
        self.db.put_one(sql::PUT_CONVERSATION, self.key, new).await?;
        self.group.talks.remove(&new.id);
        self.group.count(new.state.as_str(), new.assignee, 1);
        Ok(())
    }

    async fn hear_permission(&mut self, of: ConversationId, heard: CallPermission) -> Res<()> {
        let Some(kept) = self.talk(of).await? else { return Ok(()) };
        let newest = kept.call_permission.map_or(heard, |known| known.newest(heard));
        let row = params![self.key, id(of), newest.answer.as_str(), opt_time(newest.until), time(newest.at)];
        self.db.run(sql::SET_CALL_PERMISSION, row).await?;
        if let Some(Some(talk)) = self.group.talks.get_mut(&of) {
            talk.kept.call_permission = Some(newest);
        }
        Ok(())
    }

    async fn update_conversation(&mut self, new: &Conversation) -> Res<()> {
        let Some(kept) = self.talk(new.id).await? else {
            let expected = Precondition::Revision(RecordRef::Conversation(new.id), new.revision);
            return Err(StoreError::precondition_failed(expected).into());
        };
        self.group.write_heads(&mut self.db).await?;
        let row = params![
            self.key,
            id(new.id),
            new.state.as_str(),
            opt_time(until(new.state)),
            or_nil(new.assignee),
            opt_id(new.team),
        ];
        self.db.run(sql::SET_CONVERSATION, row).await?;
        self.group.talks.remove(&new.id);
        self.group.count(kept.state.as_str(), kept.assignee, -1);
        self.group.count(new.state.as_str(), new.assignee, 1);
        if !kept.can_wait() && new.can_wait() { self.look_up_wait(new.id).await } else { Ok(()) }
    }

    /// Since when a conversation waits, and whether its newest message failed, as its messages say.
    pub(crate) async fn look_up_wait(&mut self, of: ConversationId) -> Res<()> {
        self.group.write_messages(&mut self.db).await?;
        let Some(kept) = self.talk(of).await? else { return Ok(()) };
        let row = params![self.key, id(of), opt_id(kept.last_message)];
        let found = self
            .db
            .one(sql::WAIT_LOOKED_UP, row, |row| {
                let c = Cols::new(row, "conversation");
                Ok((c.opt_time()?, c.flag()?))
            })
            .await?;
        let (since, failed) = found.unwrap_or_default();
        self.group.touch();
        if let Some(Some(talk)) = self.group.talks.get_mut(&of) {
            talk.kept.waiting_since = since.filter(|_| talk.kept.can_wait());
            talk.kept.last_failed = failed;
            talk.moved = true;
        }
        Ok(())
    }

    pub(crate) async fn wake_snoozed(&mut self, now: DateTime<Utc>) -> Res<()> {
        self.group.write_heads(&mut self.db).await?;
        self.group.talks.clear();
        let woken = self
            .db
            .changing(sql::WAKE_SNOOZED, params![self.key, time(now)], |row| {
                Cols::new(row, "conversation").key_id::<MemberId>()
            })
            .await?;
        for assignee in woken {
            self.group.count("snoozed", assignee, -1);
            self.group.count("open", assignee, 1);
        }
        Ok(())
    }
}

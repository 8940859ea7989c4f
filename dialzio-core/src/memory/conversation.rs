//! Conversations and their queues.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

use super::state::Rows;
use super::{MemoryStore, page, unreadable};
use crate::contact::ContactQuery;
use crate::conversation::{
    Activity, Conversation, ConversationOrder, ConversationQuery, ConversationSearch, ConversationState,
    ConversationStore, ConversationWrite, Evidence, FoundConversations, FoundMessage, InboundFacts,
    InboundQuery, InboxEntry, InboxView, LastMessage, Message, MessageSearch, QueueCounts, StateFilter,
    Template,
};
use crate::id::{AccountId, ChannelIdentityId, ContactId, ConversationId, MemberId, MessageId, TypedId};
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::{Precondition, RecordRef, StoreError, StoreResult};
use crate::text::MessageText;

impl Rows {
    pub(super) fn write_conversation(
        &mut self,
        write: ConversationWrite,
        at: DateTime<Utc>,
    ) -> StoreResult<()> {
        match write {
            ConversationWrite::Insert(conversation) => {
                let (account, identity) = (conversation.account, conversation.identity);
                if self.pair(account, identity).is_some() {
                    return Err(StoreError::precondition_failed(Precondition::ConversationFree(
                        account, identity,
                    )));
                }
                self.conversations.insert(conversation.id, conversation);
            }
            ConversationWrite::Update(new) => {
                let subject = RecordRef::Conversation(new.id);
                let kept = self.conversations.get_mut(&new.id).ok_or_else(|| {
                    StoreError::precondition_failed(Precondition::Revision(subject, new.revision))
                })?;
                let opens = !kept.can_wait() && new.can_wait();
                (kept.state, kept.assignee, kept.team) = (new.state, new.assignee, new.team);
                kept.revision.0 += 1;
                if !kept.can_wait() {
                    kept.waiting_since = None;
                }
                if opens {
                    self.look_up_wait(new.id);
                }
            }
            ConversationWrite::Seen { conversation, up_to } => {
                if let Some(kept) = self.conversations.get_mut(&conversation) {
                    kept.seen_up_to = kept.seen_up_to.max(Some(up_to));
                    if kept.last_message <= Some(up_to) {
                        kept.unread = 0;
                    }
                }
            }
            ConversationWrite::CallPermission { conversation, permission } => {
                if let Some(kept) = self.conversations.get_mut(&conversation) {
                    let newest = kept.call_permission.map_or(permission, |known| known.newest(permission));
                    kept.call_permission = Some(newest);
                }
            }
            ConversationWrite::MarkUnread(conversation) => {
                if let Some(kept) = self.conversations.get_mut(&conversation) {
                    (kept.seen_up_to, kept.unread) = (None, kept.unread.max(1));
                }
            }
            ConversationWrite::Append { account, message, head, digest } => {
                self.append(account, *message, head, digest, at)?;
            }
            ConversationWrite::Requeue { message, why, at } => self.requeue(message, why, at),
            ConversationWrite::Evidence { message, evidence } => self.take_evidence(message, &evidence),
            ConversationWrite::External { account, message, external } => {
                self.refer(account, message, external, None, at)?;
            }
            ConversationWrite::Activity(activity) => {
                if !self.conversations.contains_key(&activity.conversation) {
                    return Err(unreadable("conversation of an activity"));
                }
                self.activities.entry(activity.id).or_insert(activity);
            }
            ConversationWrite::Reaction(reaction) => self.react(reaction),
            ConversationWrite::Edit { message, content, beside, at } => {
                self.edit(message, *content, beside, at);
            }
            ConversationWrite::Revoke { message, content, at } => self.revoke(message, *content, at),
        }
        Ok(())
    }

    /// The conversation of exactly this pair.
    pub(super) fn pair(&self, account: AccountId, identity: ChannelIdentityId) -> Option<&Conversation> {
        self.conversations.values().find(|kept| kept.account == account && kept.identity == identity)
    }

    /// The conversation of an identity on an account: its own, else the newest of those joined into it.
    pub(super) fn conversation_of(
        &self,
        account: AccountId,
        identity: ChannelIdentityId,
    ) -> Option<&Conversation> {
        let identity = self.survivor(identity);
        self.pair(account, identity).or_else(|| {
            let of = self
                .conversations
                .values()
                .filter(|kept| kept.account == account && self.survivor(kept.identity) == identity);
            of.max_by_key(|kept| (kept.last_at, kept.id))
        })
    }

    fn entry(&self, conversation: &Conversation, now: DateTime<Utc>) -> Option<InboxEntry> {
        let identity = self.identity(conversation.identity)?;
        let contact = self.contacts.get(&conversation.contact)?;
        let last = conversation.last_message.and_then(|id| self.message(id, now));
        Some(InboxEntry {
            conversation: conversation.clone(),
            contact_name: contact.name.clone(),
            stage: contact.stage,
            phone: identity.phone().cloned(),
            doubtful_since: identity.doubt.as_ref().map(|doubt| doubt.since),
            last: last.map(|message| LastMessage {
                id: message.id,
                direction: message.direction,
                author: message.author.clone(),
                kind: message.content.kind().to_owned(),
                display_text: message.content.display_text().and_then(MessageText::received),
                status: message.delivery.status,
            }),
            profile_name: identity.profile_name,
            username: identity.username,
        })
    }
}

/// By what queues are paged: time, then id.
fn key(at: DateTime<Utc>, conversation: &Conversation) -> Vec<u8> {
    // Bytes compare like the numbers, since nothing here is older than 1970.
    let mut key = at.timestamp_micros().to_be_bytes().to_vec();
    key.extend_from_slice(conversation.id.uuid().as_bytes());
    key
}

impl Rows {
    /// The conversations that a query asks for, each with its place, in no order.
    fn queue<'a>(
        &'a self,
        query: &'a ConversationQuery,
    ) -> impl Iterator<Item = (Vec<u8>, &'a Conversation)> {
        self.conversations.values().filter(|kept| self.is_wanted(query, kept)).filter_map(|kept| {
            let at = match query.order {
                ConversationOrder::Latest => kept.last_at,
                ConversationOrder::Waiting => kept.waiting_since?,
            };
            Some((key(at, kept), kept))
        })
    }

    fn is_wanted(&self, query: &ConversationQuery, conversation: &Conversation) -> bool {
        let state = match conversation.state_at(query.now) {
            ConversationState::Open => StateFilter::Open,
            ConversationState::Snoozed { .. } => StateFilter::Snoozed,
            ConversationState::Closed => StateFilter::Closed,
        };
        let filter = &query.filter;
        let person = self.contacts.get(&conversation.contact);
        query.sees(conversation.assignee)
            && state == query.state
            && filter.account.is_none_or(|account| account == conversation.account)
            && (!filter.unread || conversation.unread > 0)
            && (!filter.failed || conversation.last_failed)
            && filter.stage.is_none_or(|stage| person.is_some_and(|person| person.stage == stage))
            && filter.tag.as_ref().is_none_or(|tag| person.is_some_and(|person| person.tags.contains(tag)))
    }
}

#[async_trait]
impl ConversationStore for MemoryStore {
    async fn conversation(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<Conversation>> {
        self.read(scope, |rows, _| rows.conversations.get(&id).cloned())
    }

    async fn inbox_entry(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<InboxEntry>> {
        self.read(scope, |rows, now| rows.entry(rows.conversations.get(&id)?, now))
    }

    async fn inbox(
        &self,
        scope: &OrgScope,
        query: &ConversationQuery,
        request: PageRequest,
    ) -> StoreResult<Page<InboxEntry>> {
        self.read(scope, |rows, now| {
            let found = rows.queue(query);
            let mut found: Vec<_> =
                found.filter_map(|(key, kept)| Some((key, rows.entry(kept, now)?))).collect();
            found.sort_by(|(a, _), (b, _)| a.cmp(b));
            let is_newest_first = query.order == ConversationOrder::Latest;
            if is_newest_first {
                found.reverse();
            }
            page(found, &request, is_newest_first)
        })
    }

    async fn conversations_of(&self, scope: &OrgScope, contact: ContactId) -> StoreResult<Vec<Conversation>> {
        self.read(scope, |rows, _| {
            let of = rows.conversations.values().filter(|kept| kept.contact == contact);
            let mut of: Vec<_> = of.cloned().collect();
            of.sort_by_key(|kept| std::cmp::Reverse(key(kept.last_at, kept)));
            of.truncate(PageRequest::MAX as usize);
            of
        })
    }

    async fn conversation_with(
        &self,
        scope: &OrgScope,
        account: AccountId,
        identity: ChannelIdentityId,
    ) -> StoreResult<Option<Conversation>> {
        self.read(scope, |rows, _| rows.conversation_of(account, identity).cloned())
    }

    async fn find_conversations(
        &self,
        scope: &OrgScope,
        query: &ConversationSearch,
        request: PageRequest,
    ) -> StoreResult<FoundConversations> {
        let people = ContactQuery { tokens: query.tokens.clone(), ..ContactQuery::default() };
        let queue = ConversationQuery {
            filter: query.filter.clone(),
            ..ConversationQuery::new(InboxView::All, query.state, query.now)
        };
        self.read(scope, |rows, now| {
            let many = rows.contacts.values().filter(|contact| rows.matches(contact, &people)).count();
            let is_found = |(_, kept): &(Vec<u8>, &Conversation)| {
                let contact = rows.contacts.get(&kept.contact);
                contact.is_some_and(|contact| rows.matches(contact, &people))
            };
            let mut found: Vec<_> = rows
                .queue(&queue)
                .filter(is_found)
                .filter_map(|(key, kept)| Some((key, rows.entry(kept, now)?)))
                .collect();
            found.sort_by(|(a, _), (b, _)| b.cmp(a));
            let total = u32::try_from(found.len()).unwrap_or(u32::MAX);
            let counted = many < ConversationSearch::MANY as usize;
            FoundConversations { page: page(found, &request, true), total: counted.then_some(total) }
        })
    }

    async fn find_messages(
        &self,
        scope: &OrgScope,
        query: &MessageSearch,
        request: PageRequest,
    ) -> StoreResult<Page<FoundMessage>> {
        self.read(scope, |rows, now| {
            let found = rows.messages.values().rev().filter_map(|message| {
                let talk = rows.conversations.get(&message.conversation)?;
                let is_found = rows.alive(message.event_at, message.expires_at, now)
                    && query.finds(message, talk.account);
                is_found.then_some((message, talk))
            });
            let entry = |(message, talk): (&Message, &Conversation)| {
                let entry = rows.entry(talk, now)?;
                let key = message.id.uuid().as_bytes().to_vec();
                Some((key, FoundMessage { message: message.clone(), entry }))
            };
            page(found.filter_map(entry), &request, true)
        })
    }

    async fn unread_conversations(
        &self,
        scope: &OrgScope,
        member: Option<MemberId>,
        most: u32,
    ) -> StoreResult<u32> {
        self.read(scope, |rows, _| {
            let counts = |kept: &&Conversation| {
                kept.state == ConversationState::Open
                    && kept.unread > 0
                    && (kept.assignee.is_none() || kept.assignee == member)
            };
            let count = rows.conversations.values().filter(counts).take(most as usize).count();
            u32::try_from(count).unwrap_or(most)
        })
    }

    async fn count_conversations(
        &self,
        scope: &OrgScope,
        queries: &[ConversationQuery],
        most: u32,
    ) -> StoreResult<Vec<u32>> {
        self.read(scope, |rows, _| {
            let count = |query| rows.queue(query).take(most as usize).count();
            queries.iter().map(|query| u32::try_from(count(query)).unwrap_or(most)).collect()
        })
    }

    async fn queue_counts(&self, scope: &OrgScope) -> StoreResult<QueueCounts> {
        self.read(scope, |rows, _| {
            let mut counts = BTreeMap::new();
            for conversation in rows.conversations.values() {
                *counts.entry((conversation.state.as_str(), conversation.assignee)).or_insert(0) += 1;
            }
            let row = |((word, who), count): ((&str, _), u32)| (word.to_owned(), who, count);
            QueueCounts { rows: counts.into_iter().map(row).collect() }
        })
    }

    async fn message(&self, scope: &OrgScope, id: MessageId) -> StoreResult<Option<Message>> {
        self.read(scope, |rows, now| rows.message(id, now).cloned())
    }

    async fn messages(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        request: PageRequest,
    ) -> StoreResult<Page<Message>> {
        self.read(scope, |rows, now| {
            let all = rows.messages.values().rev().filter(|message| message.conversation == conversation);
            let live = all.filter(|message| rows.alive(message.event_at, message.expires_at, now));
            page(live.map(|m| (m.id.uuid().as_bytes().to_vec(), m.clone())), &request, true)
        })
    }

    async fn evidence_of(
        &self,
        scope: &OrgScope,
        messages: &[MessageId],
    ) -> StoreResult<Vec<(MessageId, Evidence)>> {
        self.read(scope, |rows, now| {
            let alive = |id: &MessageId| {
                let message = rows.messages.get(id);
                message.is_some_and(|message| rows.alive(message.event_at, message.expires_at, now))
            };
            let of = rows.evidence.iter().filter(|((id, _), _)| messages.contains(id) && alive(id));
            of.map(|((id, _), evidence)| (*id, evidence.clone())).collect()
        })
    }

    async fn activities(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        request: PageRequest,
    ) -> StoreResult<Page<Activity>> {
        self.read(scope, |rows, now| {
            let of = rows.activities.values().rev().filter(|done| done.conversation == conversation);
            let live = of.filter(|done| rows.alive(done.at, None, now));
            page(live.map(|done| (done.id.uuid().as_bytes().to_vec(), done.clone())), &request, true)
        })
    }

    async fn inbound_facts(&self, scope: &OrgScope, query: &InboundQuery) -> StoreResult<InboundFacts> {
        self.read_whole(scope, |rows, now| rows.inbound_facts(query, now))
    }

    async fn templates(&self, scope: &OrgScope, account: AccountId) -> StoreResult<Vec<Template>> {
        self.read(scope, |rows, _| rows.templates.get(&account).cloned().unwrap_or_default())
    }

    async fn templates_asked_at(
        &self,
        scope: &OrgScope,
        account: AccountId,
    ) -> StoreResult<Option<DateTime<Utc>>> {
        self.read(scope, |rows, _| rows.templates_asked.get(&account).copied())
    }
}

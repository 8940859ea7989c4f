//! Conversations, messages and templates.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use dialzio_core::conversation::{
    Activity, Conversation, ConversationQuery, ConversationSearch, ConversationStore, Evidence,
    FoundConversations, FoundMessage, InboundFacts, InboundQuery, InboxEntry, Message, MessageSearch,
    QueueCounts, Template,
};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::{
    AccountId, ChannelIdentityId, ContactId, ConversationId, MemberId, MessageId, OrgScope, StoreResult,
};

use crate::facts::Snapshot;
use crate::retention::RetentionCutoff;
use crate::{PostgresStore, accounts, activity, conversations, inbox, message_words, messages};

#[async_trait]
impl ConversationStore for PostgresStore {
    async fn conversation(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<Conversation>> {
        read_in!(self, scope, |db, org| conversations::one(db, org, id))
    }

    async fn inbox_entry(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<InboxEntry>> {
        read_in!(self, scope, |db, org| conversations::inbox_entry(
            db,
            org,
            RetentionCutoff::at(self.now()),
            id
        ))
    }

    async fn inbox(
        &self,
        scope: &OrgScope,
        query: &ConversationQuery,
        page: PageRequest,
    ) -> StoreResult<Page<InboxEntry>> {
        read_in!(self, scope, |db, org| inbox::page(db, org, RetentionCutoff::at(self.now()), query, &page))
    }

    async fn conversations_of(&self, scope: &OrgScope, contact: ContactId) -> StoreResult<Vec<Conversation>> {
        read_in!(self, scope, |db, org| conversations::of_contact(db, org, contact))
    }

    async fn conversation_with(
        &self,
        scope: &OrgScope,
        account: AccountId,
        identity: ChannelIdentityId,
    ) -> StoreResult<Option<Conversation>> {
        read_in!(self, scope, |db, org| conversations::with(db, org, account, identity))
    }

    async fn find_conversations(
        &self,
        scope: &OrgScope,
        query: &ConversationSearch,
        page: PageRequest,
    ) -> StoreResult<FoundConversations> {
        let retention = RetentionCutoff::at(self.now());
        read_in!(self, scope, |db, org| inbox::find(db, org, retention, query, &page))
    }

    async fn find_messages(
        &self,
        scope: &OrgScope,
        query: &MessageSearch,
        page: PageRequest,
    ) -> StoreResult<Page<FoundMessage>> {
        let retention = RetentionCutoff::at(self.now());
        read_in!(self, scope, |db, org| message_words::find(db, org, retention, query, &page))
    }

    async fn unread_conversations(
        &self,
        scope: &OrgScope,
        member: Option<MemberId>,
        most: u32,
    ) -> StoreResult<u32> {
        read_in!(self, scope, |db, org| conversations::unread(db, org, member, most))
    }

    async fn count_conversations(
        &self,
        scope: &OrgScope,
        queries: &[ConversationQuery],
        most: u32,
    ) -> StoreResult<Vec<u32>> {
        read_in!(self, scope, |db, org| inbox::count(db, org, queries, most))
    }

    async fn queue_counts(&self, scope: &OrgScope) -> StoreResult<QueueCounts> {
        read_in!(self, scope, |db, org| conversations::queue_counts(db, org))
    }

    async fn message(&self, scope: &OrgScope, id: MessageId) -> StoreResult<Option<Message>> {
        read_in!(self, scope, |db, org| messages::one(db, org, RetentionCutoff::at(self.now()), id))
    }

    async fn messages(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Message>> {
        read_in!(self, scope, |db, org| messages::list(
            db,
            org,
            RetentionCutoff::at(self.now()),
            conversation,
            &page
        ))
    }

    async fn evidence_of(
        &self,
        scope: &OrgScope,
        of: &[MessageId],
    ) -> StoreResult<Vec<(MessageId, Evidence)>> {
        read_in!(self, scope, |db, org| messages::evidence_of(db, org, RetentionCutoff::at(self.now()), of))
    }

    async fn activities(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Activity>> {
        read_in!(self, scope, |db, org| activity::list(
            db,
            org,
            RetentionCutoff::at(self.now()),
            conversation,
            &page
        ))
    }

    async fn inbound_facts(&self, scope: &OrgScope, query: &InboundQuery) -> StoreResult<InboundFacts> {
        read_whole_in!(self, scope, |db, _org| Snapshot { db, org: scope.org(), now: self.now() }
            .inbound_facts(query))
    }

    async fn templates(&self, scope: &OrgScope, account: AccountId) -> StoreResult<Vec<Template>> {
        read_in!(self, scope, |db, org| accounts::templates(db, org, account))
    }

    async fn templates_asked_at(
        &self,
        scope: &OrgScope,
        account: AccountId,
    ) -> StoreResult<Option<DateTime<Utc>>> {
        read_in!(self, scope, |db, org| accounts::templates_asked_at(db, org, account))
    }
}

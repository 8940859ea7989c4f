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

use crate::{SqliteStore, accounts, activity, conversations, inbox, message_words, messages};

#[async_trait]
impl ConversationStore for SqliteStore {
    async fn conversation(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<Conversation>> {
        self.read(scope, move |snapshot| conversations::one(snapshot.db, snapshot.key(), id)).await
    }

    async fn inbox_entry(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<InboxEntry>> {
        self.read(scope, move |snapshot| {
            conversations::inbox_entry(snapshot.db, snapshot.key(), snapshot.seen()?, id)
        })
        .await
    }

    async fn inbox(
        &self,
        scope: &OrgScope,
        query: &ConversationQuery,
        page: PageRequest,
    ) -> StoreResult<Page<InboxEntry>> {
        let query = query.clone();
        self.read(scope, move |snapshot| {
            inbox::page(snapshot.db, snapshot.key(), snapshot.seen()?, &query, &page)
        })
        .await
    }

    async fn conversations_of(&self, scope: &OrgScope, contact: ContactId) -> StoreResult<Vec<Conversation>> {
        self.read(scope, move |snapshot| conversations::of_contact(snapshot.db, snapshot.key(), contact))
            .await
    }

    async fn conversation_with(
        &self,
        scope: &OrgScope,
        account: AccountId,
        identity: ChannelIdentityId,
    ) -> StoreResult<Option<Conversation>> {
        self.read(scope, move |snapshot| conversations::with(snapshot.db, snapshot.key(), account, identity))
            .await
    }

    async fn find_conversations(
        &self,
        scope: &OrgScope,
        query: &ConversationSearch,
        page: PageRequest,
    ) -> StoreResult<FoundConversations> {
        let query = query.clone();
        self.read(scope, move |snapshot| {
            inbox::find(snapshot.db, snapshot.key(), snapshot.seen()?, &query, &page)
        })
        .await
    }

    async fn find_messages(
        &self,
        scope: &OrgScope,
        query: &MessageSearch,
        page: PageRequest,
    ) -> StoreResult<Page<FoundMessage>> {
        let query = query.clone();
        self.read(scope, move |snapshot| {
            message_words::find(snapshot.db, snapshot.key(), snapshot.seen()?, &query, &page)
        })
        .await
    }

    async fn unread_conversations(
        &self,
        scope: &OrgScope,
        member: Option<MemberId>,
        most: u32,
    ) -> StoreResult<u32> {
        self.read(scope, move |snapshot| conversations::unread(snapshot.db, snapshot.key(), member, most))
            .await
    }

    async fn count_conversations(
        &self,
        scope: &OrgScope,
        queries: &[ConversationQuery],
        most: u32,
    ) -> StoreResult<Vec<u32>> {
        let queries = queries.to_vec();
        self.read(scope, move |snapshot| {
            let count = |query| inbox::count(snapshot.db, snapshot.key(), query, most);
            queries.iter().map(count).collect()
        })
        .await
    }

    async fn queue_counts(&self, scope: &OrgScope) -> StoreResult<QueueCounts> {
        self.read(scope, |snapshot| conversations::queue_counts(snapshot.db, snapshot.key())).await
    }

    async fn message(&self, scope: &OrgScope, id: MessageId) -> StoreResult<Option<Message>> {
        self.read(scope, move |snapshot| messages::one(snapshot.db, snapshot.key(), snapshot.seen()?, id))
            .await
    }

    async fn messages(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Message>> {
        self.read(scope, move |snapshot| {
            messages::list(snapshot.db, snapshot.key(), snapshot.seen()?, conversation, &page)
        })
        .await
    }

    async fn evidence_of(
        &self,
        scope: &OrgScope,
        of: &[MessageId],
    ) -> StoreResult<Vec<(MessageId, Evidence)>> {
        let of = of.to_vec();
        self.read(scope, move |snapshot| {
            messages::evidence_of(snapshot.db, snapshot.key(), snapshot.seen()?, &of)
        })
        .await
    }

    async fn activities(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Activity>> {
        self.read(scope, move |snapshot| {
            activity::list(snapshot.db, snapshot.key(), snapshot.seen()?, conversation, &page)
        })
        .await
    }

    async fn inbound_facts(&self, scope: &OrgScope, query: &InboundQuery) -> StoreResult<InboundFacts> {
        let query = query.clone();
        self.read_inline(scope, move |snapshot| snapshot.inbound_facts(&query)).await
    }

    async fn templates(&self, scope: &OrgScope, account: AccountId) -> StoreResult<Vec<Template>> {
        self.read(scope, move |snapshot| accounts::templates(snapshot.db, snapshot.key(), account)).await
    }

    async fn templates_asked_at(
        &self,
        scope: &OrgScope,
        account: AccountId,
    ) -> StoreResult<Option<DateTime<Utc>>> {
        self.read(scope, move |snapshot| accounts::templates_asked_at(snapshot.db, snapshot.key(), account))
            .await
    }
}

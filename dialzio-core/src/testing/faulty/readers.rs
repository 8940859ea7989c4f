//! The reads of an organisation, each of which may be told to go wrong.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::access::{AccessStore, ApiKey, Member, Org};
use crate::account::{AccountStore, ProviderAccount};
use crate::consent::{ConsentFacts, ConsentRecord, ConsentStore, SendFacts, Suppression};
use crate::contact::{
    ChannelIdentity, Contact, ContactQuery, ContactStore, Note, SubjectKey, Task, TaskQuery,
};
use crate::conversation::{
    Activity, Conversation, ConversationQuery, ConversationStore, InboundAsk, InboundFacts, InboxEntry,
    Message, QueueCounts, Template,
};
use crate::event::{EventSeq, Recorded};
use crate::id::{
    AccountId, ChannelIdentityId, ContactId, ConversationId, EffectId, MediaId, MemberId, MessageId,
};
use crate::ledger::{AuditEntry, LedgerStore};
use crate::media::{Media, MediaStore};
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::{Store, StoreResult};

use super::Faulty;

#[async_trait]
impl<S: Store + ?Sized> ContactStore for Faulty<S> {
    async fn contact(&self, scope: &OrgScope, id: ContactId) -> StoreResult<Option<Contact>> {
        self.around(false, self.inner.contact(scope, id)).await
    }

    async fn contacts_by_subject(
        &self,
        scope: &OrgScope,
        any_of: &[SubjectKey],
    ) -> StoreResult<Vec<Contact>> {
        self.around(false, self.inner.contacts_by_subject(scope, any_of)).await
    }

    async fn channel_identities(
        &self,
        scope: &OrgScope,
        contact: ContactId,
    ) -> StoreResult<Vec<ChannelIdentity>> {
        self.around(false, self.inner.channel_identities(scope, contact)).await
    }

    async fn channel_identity(
        &self,
        scope: &OrgScope,
        id: ChannelIdentityId,
    ) -> StoreResult<Option<ChannelIdentity>> {
        self.around(false, self.inner.channel_identity(scope, id)).await
    }

    async fn contacts(
        &self,
        scope: &OrgScope,
        query: &ContactQuery,
        page: PageRequest,
    ) -> StoreResult<Page<Contact>> {
        self.around(false, self.inner.contacts(scope, query, page)).await
    }

    async fn notes(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<Note>> {
        self.around(false, self.inner.notes(scope, contact, page)).await
    }

    async fn tasks(&self, scope: &OrgScope, query: &TaskQuery, page: PageRequest) -> StoreResult<Page<Task>> {
        self.around(false, self.inner.tasks(scope, query, page)).await
    }
}

#[async_trait]
impl<S: Store + ?Sized> ConversationStore for Faulty<S> {
    async fn conversation(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<Conversation>> {
        self.around(false, self.inner.conversation(scope, id)).await
    }

    async fn inbox_entry(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<InboxEntry>> {
        self.around(false, self.inner.inbox_entry(scope, id)).await
    }

    async fn inbox(
        &self,
        scope: &OrgScope,
        query: &ConversationQuery,
        page: PageRequest,
    ) -> StoreResult<Page<InboxEntry>> {
        self.around(false, self.inner.inbox(scope, query, page)).await
    }

    async fn conversations_of(&self, scope: &OrgScope, contact: ContactId) -> StoreResult<Vec<Conversation>> {
        self.around(false, self.inner.conversations_of(scope, contact)).await
    }

    async fn conversation_with(
        &self,
        scope: &OrgScope,
        account: AccountId,
        identity: ChannelIdentityId,
    ) -> StoreResult<Option<Conversation>> {
        self.around(false, self.inner.conversation_with(scope, account, identity)).await
    }

    async fn queue_counts(&self, scope: &OrgScope) -> StoreResult<QueueCounts> {
        self.around(false, self.inner.queue_counts(scope)).await
    }

    async fn message(&self, scope: &OrgScope, id: MessageId) -> StoreResult<Option<Message>> {
        self.around(false, self.inner.message(scope, id)).await
    }

    async fn messages(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Message>> {
        self.around(false, self.inner.messages(scope, conversation, page)).await
    }

    async fn activities(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Activity>> {
        self.around(false, self.inner.activities(scope, conversation, page)).await
    }

    async fn inbound_facts(&self, scope: &OrgScope, ask: &InboundAsk) -> StoreResult<InboundFacts> {
        self.around(false, self.inner.inbound_facts(scope, ask)).await
    }

    async fn templates(&self, scope: &OrgScope, account: AccountId) -> StoreResult<Vec<Template>> {
        self.around(false, self.inner.templates(scope, account)).await
    }
}

#[async_trait]
impl<S: Store + ?Sized> MediaStore for Faulty<S> {
    async fn media(&self, scope: &OrgScope, id: MediaId) -> StoreResult<Option<Media>> {
        self.around(false, self.inner.media(scope, id)).await
    }

    async fn media_of(&self, scope: &OrgScope, messages: &[MessageId]) -> StoreResult<Vec<Media>> {
        self.around(false, self.inner.media_of(scope, messages)).await
    }
}

#[async_trait]
impl<S: Store + ?Sized> ConsentStore for Faulty<S> {
    async fn send_facts(&self, scope: &OrgScope, effects: &[EffectId]) -> StoreResult<Vec<SendFacts>> {
        self.around(false, self.inner.send_facts(scope, effects)).await
    }

    async fn consent_facts(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
    ) -> StoreResult<Option<ConsentFacts>> {
        self.around(false, self.inner.consent_facts(scope, conversation)).await
    }

    async fn suppressions(&self, scope: &OrgScope, hashes: &[[u8; 16]]) -> StoreResult<Vec<Suppression>> {
        self.around(false, self.inner.suppressions(scope, hashes)).await
    }

    async fn consent_history(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<ConsentRecord>> {
        self.around(false, self.inner.consent_history(scope, contact, page)).await
    }
}

#[async_trait]
impl<S: Store + ?Sized> AccountStore for Faulty<S> {
    async fn account(&self, scope: &OrgScope, id: AccountId) -> StoreResult<Option<ProviderAccount>> {
        self.around(false, self.inner.account(scope, id)).await
    }

    async fn accounts(&self, scope: &OrgScope) -> StoreResult<Vec<ProviderAccount>> {
        self.around(false, self.inner.accounts(scope)).await
    }
}

#[async_trait]
impl<S: Store + ?Sized> AccessStore for Faulty<S> {
    async fn org(&self, scope: &OrgScope) -> StoreResult<Option<Org>> {
        self.around(false, self.inner.org(scope)).await
    }

    async fn member(&self, scope: &OrgScope, id: MemberId) -> StoreResult<Option<Member>> {
        self.around(false, self.inner.member(scope, id)).await
    }

    async fn members(&self, scope: &OrgScope) -> StoreResult<Vec<Member>> {
        self.around(false, self.inner.members(scope)).await
    }

    async fn api_keys(&self, scope: &OrgScope) -> StoreResult<Vec<ApiKey>> {
        self.around(false, self.inner.api_keys(scope)).await
    }
}

#[async_trait]
impl<S: Store + ?Sized> LedgerStore for Faulty<S> {
    async fn audit(&self, scope: &OrgScope, after: u64, limit: u32) -> StoreResult<Vec<AuditEntry>> {
        self.around(false, self.inner.audit(scope, after, limit)).await
    }

    async fn events(&self, scope: &OrgScope, after: EventSeq, limit: u32) -> StoreResult<Vec<Recorded>> {
        self.around(false, self.inner.events(scope, after, limit)).await
    }

    async fn newest_event(&self, scope: &OrgScope) -> StoreResult<EventSeq> {
        self.around(false, self.inner.newest_event(scope)).await
    }

    fn watch(&self, scope: &OrgScope) -> BoxStream<'static, EventSeq> {
        self.inner.watch(scope)
    }
}

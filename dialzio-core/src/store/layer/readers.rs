//! The reads of an organisation, each passed through the layer.

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::access::{AccessStore, ApiKey, Member, Org};
use crate::account::{AccountStore, ProviderAccount};
use crate::consent::{ConsentRecord, ConsentRows, ConsentStore, SendFacts, Suppression};
use crate::contact::{
    ChannelIdentity, Contact, ContactQuery, ContactStore, Note, SubjectKey, Task, TaskQuery,
};
use crate::conversation::{
    Activity, Conversation, ConversationQuery, ConversationStore, Evidence, InboundAsk, InboundFacts,
    InboxEntry, Message, QueueCounts, Template,
};
use crate::event::{EventSeq, Recorded};
use crate::id::{
    AccountId, ApiKeyId, ChannelIdentityId, ContactId, ConversationId, EffectId, MediaId, MemberId,
    MessageId, TaskId,
};
use crate::ledger::{AuditEntry, LedgerStore};
use crate::media::{Media, MediaStore};
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::StoreResult;

use super::{Call, StoreLayer};

#[async_trait]
impl<L: StoreLayer> ContactStore for L {
    async fn contact(&self, scope: &OrgScope, id: ContactId) -> StoreResult<Option<Contact>> {
        self.around(Call::read("contact"), self.inner().contact(scope, id)).await
    }

    async fn contacts_by_subject(
        &self,
        scope: &OrgScope,
        any_of: &[SubjectKey],
    ) -> StoreResult<Vec<Contact>> {
        self.around(Call::read("contacts_by_subject"), self.inner().contacts_by_subject(scope, any_of)).await
    }

    async fn channel_identities(
        &self,
        scope: &OrgScope,
        contact: ContactId,
    ) -> StoreResult<Vec<ChannelIdentity>> {
        self.around(Call::read("channel_identities"), self.inner().channel_identities(scope, contact)).await
    }

    async fn channel_identity(
        &self,
        scope: &OrgScope,
        id: ChannelIdentityId,
    ) -> StoreResult<Option<ChannelIdentity>> {
        self.around(Call::read("channel_identity"), self.inner().channel_identity(scope, id)).await
    }

    async fn contacts(
        &self,
        scope: &OrgScope,
        query: &ContactQuery,
        page: PageRequest,
    ) -> StoreResult<Page<Contact>> {
        self.around(Call::read("contacts"), self.inner().contacts(scope, query, page)).await
    }

    async fn notes(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<Note>> {
        self.around(Call::read("notes"), self.inner().notes(scope, contact, page)).await
    }

    async fn task(&self, scope: &OrgScope, id: TaskId) -> StoreResult<Option<Task>> {
        self.around(Call::read("task"), self.inner().task(scope, id)).await
    }

    async fn tasks(&self, scope: &OrgScope, query: &TaskQuery, page: PageRequest) -> StoreResult<Page<Task>> {
        self.around(Call::read("tasks"), self.inner().tasks(scope, query, page)).await
    }
}

#[async_trait]
impl<L: StoreLayer> ConversationStore for L {
    async fn conversation(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<Conversation>> {
        self.around(Call::read("conversation"), self.inner().conversation(scope, id)).await
    }

    async fn inbox_entry(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<InboxEntry>> {
        self.around(Call::read("inbox_entry"), self.inner().inbox_entry(scope, id)).await
    }

    async fn inbox(
        &self,
        scope: &OrgScope,
        query: &ConversationQuery,
        page: PageRequest,
    ) -> StoreResult<Page<InboxEntry>> {
        self.around(Call::read("inbox"), self.inner().inbox(scope, query, page)).await
    }

    async fn conversations_of(&self, scope: &OrgScope, contact: ContactId) -> StoreResult<Vec<Conversation>> {
        self.around(Call::read("conversations_of"), self.inner().conversations_of(scope, contact)).await
    }

    async fn conversation_with(
        &self,
        scope: &OrgScope,
        account: AccountId,
        identity: ChannelIdentityId,
    ) -> StoreResult<Option<Conversation>> {
        self.around(Call::read("conversation_with"), self.inner().conversation_with(scope, account, identity))
            .await
    }

    async fn queue_counts(&self, scope: &OrgScope) -> StoreResult<QueueCounts> {
        self.around(Call::read("queue_counts"), self.inner().queue_counts(scope)).await
    }

    async fn message(&self, scope: &OrgScope, id: MessageId) -> StoreResult<Option<Message>> {
        self.around(Call::read("message"), self.inner().message(scope, id)).await
    }

    async fn messages(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Message>> {
        self.around(Call::read("messages"), self.inner().messages(scope, conversation, page)).await
    }

    async fn evidence_of(
        &self,
        scope: &OrgScope,
        messages: &[MessageId],
    ) -> StoreResult<Vec<(MessageId, Evidence)>> {
        self.around(Call::read("evidence_of"), self.inner().evidence_of(scope, messages)).await
    }

    async fn activities(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Activity>> {
        self.around(Call::read("activities"), self.inner().activities(scope, conversation, page)).await
    }

    async fn inbound_facts(&self, scope: &OrgScope, ask: &InboundAsk) -> StoreResult<InboundFacts> {
        self.around(Call::read("inbound_facts"), self.inner().inbound_facts(scope, ask)).await
    }

    async fn templates(&self, scope: &OrgScope, account: AccountId) -> StoreResult<Vec<Template>> {
        self.around(Call::read("templates"), self.inner().templates(scope, account)).await
    }
}

#[async_trait]
impl<L: StoreLayer> MediaStore for L {
    async fn media(&self, scope: &OrgScope, id: MediaId) -> StoreResult<Option<Media>> {
        self.around(Call::read("media"), self.inner().media(scope, id)).await
    }

    async fn media_of(&self, scope: &OrgScope, messages: &[MessageId]) -> StoreResult<Vec<Media>> {
        self.around(Call::read("media_of"), self.inner().media_of(scope, messages)).await
    }
}

#[async_trait]
impl<L: StoreLayer> ConsentStore for L {
    async fn send_facts(&self, scope: &OrgScope, effects: &[EffectId]) -> StoreResult<Vec<SendFacts>> {
        self.around(Call::read("send_facts"), self.inner().send_facts(scope, effects)).await
    }

    async fn consent_facts(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
    ) -> StoreResult<Option<ConsentRows>> {
        self.around(Call::read("consent_facts"), self.inner().consent_facts(scope, conversation)).await
    }

    async fn suppressions(&self, scope: &OrgScope, hashes: &[[u8; 16]]) -> StoreResult<Vec<Suppression>> {
        self.around(Call::read("suppressions"), self.inner().suppressions(scope, hashes)).await
    }

    async fn any_suppression(&self, scope: &OrgScope) -> StoreResult<bool> {
        self.around(Call::read("any_suppression"), self.inner().any_suppression(scope)).await
    }

    async fn consent_history(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<ConsentRecord>> {
        self.around(Call::read("consent_history"), self.inner().consent_history(scope, contact, page)).await
    }
}

#[async_trait]
impl<L: StoreLayer> AccountStore for L {
    async fn account(&self, scope: &OrgScope, id: AccountId) -> StoreResult<Option<ProviderAccount>> {
        self.around(Call::read("account"), self.inner().account(scope, id)).await
    }

    async fn accounts(&self, scope: &OrgScope) -> StoreResult<Vec<ProviderAccount>> {
        self.around(Call::read("accounts"), self.inner().accounts(scope)).await
    }
}

#[async_trait]
impl<L: StoreLayer> AccessStore for L {
    async fn org(&self, scope: &OrgScope) -> StoreResult<Option<Org>> {
        self.around(Call::read("org"), self.inner().org(scope)).await
    }

    async fn member(&self, scope: &OrgScope, id: MemberId) -> StoreResult<Option<Member>> {
        self.around(Call::read("member"), self.inner().member(scope, id)).await
    }

    async fn members(&self, scope: &OrgScope) -> StoreResult<Vec<Member>> {
        self.around(Call::read("members"), self.inner().members(scope)).await
    }

    async fn api_key(&self, scope: &OrgScope, id: ApiKeyId) -> StoreResult<Option<ApiKey>> {
        self.around(Call::read("api_key"), self.inner().api_key(scope, id)).await
    }

    async fn api_keys(&self, scope: &OrgScope) -> StoreResult<Vec<ApiKey>> {
        self.around(Call::read("api_keys"), self.inner().api_keys(scope)).await
    }
}

#[async_trait]
impl<L: StoreLayer> LedgerStore for L {
    async fn audit(&self, scope: &OrgScope, after: u64, limit: u32) -> StoreResult<Vec<AuditEntry>> {
        self.around(Call::read("audit"), self.inner().audit(scope, after, limit)).await
    }

    async fn events(&self, scope: &OrgScope, after: EventSeq, limit: u32) -> StoreResult<Vec<Recorded>> {
        self.around(Call::read("events"), self.inner().events(scope, after, limit)).await
    }

    async fn newest_event(&self, scope: &OrgScope) -> StoreResult<EventSeq> {
        self.around(Call::read("newest_event"), self.inner().newest_event(scope)).await
    }

    fn watch(&self, scope: &OrgScope) -> BoxStream<'static, EventSeq> {
        self.inner().watch(scope)
    }
}

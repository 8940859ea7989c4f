//! The reads of an organisation, each passed through the layer.

use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;

use crate::access::{AccessStore, ApiKey, Member, Org};
use crate::account::{AccountStore, ProviderAccount};
use crate::call::{
    Call, CallAgent, CallAlias, CallFacts, CallFactsQuery, CallQuery, CallStore, CallTally, ReportQuery,
};
use crate::call_flow::{CallFlow, CallFlowStore};
use crate::canned_reply::{CannedReply, CannedReplyStore};
use crate::consent::{ConsentRecord, ConsentRows, ConsentStore, SendFacts, Suppression};
use crate::contact::{
    ChannelIdentity, Contact, ContactEntry, ContactQuery, ContactStore, Note, SubjectKey, Task, TaskQuery,
};
use crate::conversation::{
    Activity, Conversation, ConversationQuery, ConversationSearch, ConversationStore, Draft, DraftStore,
    Evidence, FoundConversations, FoundMessage, InboundFacts, InboundQuery, InboxEntry, Message,
    MessageSearch, QueueCounts, ScheduledMessage, ScheduledStore, Template,
};
use crate::disposition::{Disposition, DispositionStore};
use crate::event::{EventSeq, Recorded};
use crate::id::{
    AccountId, ApiKeyId, CallFlowId, CallId, CannedReplyId, ChannelIdentityId, ContactId, ConversationId,
    DispositionId, IdentityProviderId, JobId, MediaId, MemberId, MessageId, SavedViewId, ScheduledMessageId,
    SupportRequestId, TaskId, TeamId,
};
use crate::identity_provider::{IdentityProvider, IdentityProviderStore, MemberIdentity};
use crate::ledger::{AuditEntry, AuditFilter, ChainHead, LedgerStore};
use crate::media::{Media, MediaOwner, MediaStore};
use crate::notice::{NoticeEntry, NoticeStore};
use crate::page::{Page, PageRequest};
use crate::saved_view::{SavedView, SavedViewStore};
use crate::scope::OrgScope;
use crate::store::LedgerSeq;
use crate::support::{SupportMessage, SupportRequest, SupportStore};
use crate::team::{Team, TeamStore};
use crate::text::Subject;
use crate::usage::{UsageEvent, UsageStore, UsageTally};

use super::forward::forward;

forward! { ContactStore {
    read contact(scope: &OrgScope, id: ContactId) -> Option<Contact>;
    read contacts_by_id(scope: &OrgScope, ids: &[ContactId]) -> Vec<Contact>;
    read contacts_by_subject(scope: &OrgScope, any_of: &[SubjectKey]) -> Vec<Contact>;
    read channel_identities(scope: &OrgScope, contact: ContactId) -> Vec<ChannelIdentity>;
    read channel_identity(scope: &OrgScope, id: ChannelIdentityId) -> Option<ChannelIdentity>;
    read contacts(scope: &OrgScope, query: &ContactQuery, page: PageRequest) -> Page<Contact>;
    read contact_entries(scope: &OrgScope, query: &ContactQuery, page: PageRequest) -> Page<ContactEntry>;
    read count_contacts(scope: &OrgScope, query: &ContactQuery) -> Option<u32>;
    read notes(scope: &OrgScope, contact: ContactId, page: PageRequest) -> Page<Note>;
    read task(scope: &OrgScope, id: TaskId) -> Option<Task>;
    read tasks(scope: &OrgScope, query: &TaskQuery, page: PageRequest) -> Page<Task>;
    read tasks_of(scope: &OrgScope, contact: ContactId, page: PageRequest) -> Page<Task>;
} }

forward! { ConversationStore {
    read conversation(scope: &OrgScope, id: ConversationId) -> Option<Conversation>;
    read inbox_entry(scope: &OrgScope, id: ConversationId) -> Option<InboxEntry>;
    read inbox(scope: &OrgScope, query: &ConversationQuery, page: PageRequest) -> Page<InboxEntry>;
    read conversations_of(scope: &OrgScope, contact: ContactId) -> Vec<Conversation>;
    read conversation_with(scope: &OrgScope, account: AccountId, identity: ChannelIdentityId)
        -> Option<Conversation>;
    read find_conversations(scope: &OrgScope, query: &ConversationSearch, page: PageRequest)
        -> FoundConversations;
    read find_messages(scope: &OrgScope, query: &MessageSearch, page: PageRequest) -> Page<FoundMessage>;
    read unread_conversations(scope: &OrgScope, member: Option<MemberId>, most: u32) -> u32;
    read count_conversations(scope: &OrgScope, queries: &[ConversationQuery], most: u32) -> Vec<u32>;
    read queue_counts(scope: &OrgScope) -> QueueCounts;
    read message(scope: &OrgScope, id: MessageId) -> Option<Message>;
    read messages(scope: &OrgScope, conversation: ConversationId, page: PageRequest) -> Page<Message>;
    read evidence_of(scope: &OrgScope, messages: &[MessageId]) -> Vec<(MessageId, Evidence)>;
    read activities(scope: &OrgScope, conversation: ConversationId, page: PageRequest) -> Page<Activity>;
    read inbound_facts(scope: &OrgScope, query: &InboundQuery) -> InboundFacts;
    read templates(scope: &OrgScope, account: AccountId) -> Vec<Template>;
    read templates_asked_at(scope: &OrgScope, account: AccountId) -> Option<DateTime<Utc>>;
} }

forward! { DraftStore {
    read drafts(scope: &OrgScope, member: MemberId, conversations: &[ConversationId]) -> Vec<Draft>;
} }

forward! { NoticeStore {
    read notices(scope: &OrgScope, member: MemberId, unread: bool, page: PageRequest) -> Page<NoticeEntry>;
    read unread_notices(scope: &OrgScope, member: MemberId, most: u32) -> u32;
} }

forward! { UsageStore {
    read usage_of(scope: &OrgScope, member: MemberId, page: PageRequest) -> Page<UsageEvent>;
    read usage_tally(scope: &OrgScope, since: DateTime<Utc>) -> UsageTally;
} }

forward! { MediaStore {
    read media(scope: &OrgScope, id: MediaId) -> Option<Media>;
    read media_of(scope: &OrgScope, owners: &[MediaOwner]) -> Vec<Media>;
} }

forward! { ConsentStore {
    read send_facts(scope: &OrgScope, jobs: &[JobId]) -> Vec<SendFacts>;
    read consent_facts(scope: &OrgScope, conversation: ConversationId) -> Option<ConsentRows>;
    read consents_of_each(scope: &OrgScope, conversations: &[ConversationId]) -> Vec<(ConversationId, ConsentRecord)>;
    read suppressions(scope: &OrgScope, hashes: &[[u8; 16]]) -> Vec<Suppression>;
    read any_suppression(scope: &OrgScope) -> bool;
    read consent_ledger(scope: &OrgScope, after: LedgerSeq, limit: u32) -> Vec<ConsentRecord>;
    read consent_history(scope: &OrgScope, contact: ContactId, page: PageRequest) -> Page<ConsentRecord>;
} }

forward! { AccountStore {
    read account(scope: &OrgScope, id: AccountId) -> Option<ProviderAccount>;
    read accounts(scope: &OrgScope) -> Vec<ProviderAccount>;
} }

forward! { AccessStore {
    read org(scope: &OrgScope) -> Option<Org>;
    read member(scope: &OrgScope, id: MemberId) -> Option<Member>;
    read members(scope: &OrgScope) -> Vec<Member>;
    read api_key(scope: &OrgScope, id: ApiKeyId) -> Option<ApiKey>;
    read api_keys(scope: &OrgScope) -> Vec<ApiKey>;
} }

forward! { ScheduledStore {
    read scheduled_message(scope: &OrgScope, id: ScheduledMessageId) -> Option<ScheduledMessage>;
    read scheduled_messages(scope: &OrgScope, conversation: ConversationId) -> Vec<ScheduledMessage>;
} }

forward! { DispositionStore {
    read disposition(scope: &OrgScope, id: DispositionId) -> Option<Disposition>;
    read dispositions(scope: &OrgScope) -> Vec<Disposition>;
} }

forward! { CallFlowStore {
    read call_flow(scope: &OrgScope, id: CallFlowId) -> Option<CallFlow>;
    read call_flows(scope: &OrgScope) -> Vec<CallFlow>;
} }

forward! { CannedReplyStore {
    read canned_reply(scope: &OrgScope, id: CannedReplyId) -> Option<CannedReply>;
    read canned_replies(scope: &OrgScope) -> Vec<CannedReply>;
} }

forward! { SavedViewStore {
    read saved_view(scope: &OrgScope, id: SavedViewId) -> Option<SavedView>;
    read saved_views(scope: &OrgScope, member: Option<MemberId>) -> Vec<SavedView>;
} }

forward! { IdentityProviderStore {
    read identity_provider(scope: &OrgScope, id: IdentityProviderId) -> Option<IdentityProvider>;
    read identity_providers(scope: &OrgScope) -> Vec<IdentityProvider>;
    read member_identity(scope: &OrgScope, provider: IdentityProviderId, subject: &Subject)
        -> Option<MemberIdentity>;
} }

forward! { SupportStore {
    read support_request(scope: &OrgScope, id: SupportRequestId) -> Option<SupportRequest>;
    read support_requests(scope: &OrgScope, member: Option<MemberId>, page: PageRequest) -> Page<SupportRequest>;
    read support_messages(scope: &OrgScope, request: SupportRequestId) -> Vec<SupportMessage>;
} }

forward! { TeamStore {
    read team(scope: &OrgScope, id: TeamId) -> Option<Team>;
    read teams(scope: &OrgScope) -> Vec<Team>;
} }

forward! { CallStore {
    read call(scope: &OrgScope, id: CallId) -> Option<Call>;
    read calls(scope: &OrgScope, query: &CallQuery, page: PageRequest) -> Page<Call>;
    read waiting_calls(scope: &OrgScope, most: u32) -> u32;
    read call_aliases(scope: &OrgScope, call: CallId) -> Vec<CallAlias>;
    read call_facts(scope: &OrgScope, query: &CallFactsQuery) -> CallFacts;
    read call_tallies(scope: &OrgScope, query: &ReportQuery) -> Vec<CallTally>;
    read call_agents(scope: &OrgScope, account: AccountId) -> Vec<CallAgent>;
    read consent_records(scope: &OrgScope, subjects: &[SubjectKey]) -> Vec<ConsentRecord>;
} }

forward! { LedgerStore {
    read audit(scope: &OrgScope, after: u64, limit: u32) -> Vec<AuditEntry>;
    read audit_found(scope: &OrgScope, filter: &AuditFilter, after: u64, before: u64, limit: u32) -> Vec<AuditEntry>;
    read audit_head(scope: &OrgScope) -> ChainHead;
    read events(scope: &OrgScope, after: EventSeq, limit: u32) -> Vec<Recorded>;
    read newest_event(scope: &OrgScope) -> EventSeq;
} {
    fn watch(&self, scope: &OrgScope) -> BoxStream<'static, EventSeq> {
        self.inner().watch(scope)
    }
} }

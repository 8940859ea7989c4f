//! Reads and writes of the consent ledger.

use async_trait::async_trait;

use super::{ConsentRecord, ConsentRows, Suppression};
use crate::account::ProviderAccount;
use crate::contact::ChannelIdentity;
use crate::conversation::{Conversation, ExternalId, Message, Template};
use crate::id::{ContactId, ConversationId, JobId};
use crate::outbox::Job;
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::{LedgerSeq, StoreResult};

/// All that the gate and the wire need for one send.
#[derive(Debug, Clone)]
pub struct SendFacts {
    /// What is to be done.
    pub job: Job,
    /// The message to be sent, as it is stored.
    pub message: Message,
    /// Where it belongs.
    pub conversation: Conversation,
    /// To whom it goes; resolved to the survivor if it was joined.
    pub identity: ChannelIdentity,
    /// From which account.
    pub account: ProviderAccount,
    /// What the ledger says.
    pub consent: ConsentRows,
    /// The provider's id of the message it answers.
    pub reply_to: Option<ExternalId>,
    /// The template it uses, as it is now.
    pub template: Option<Template>,
}

/// Reads of the consent ledger.
#[async_trait]
pub trait ConsentStore: Send + Sync {
    /// Facts for each of these send jobs that still exists, in one round trip, whatever the scope's audience sees. Their
    /// order is the caller's.
    async fn send_facts(&self, scope: &OrgScope, jobs: &[JobId]) -> StoreResult<Vec<SendFacts>>;
    /// What the gate needs for a conversation, before anything is queued. `None` if the scope's audience sees no such
    /// conversation; of one that it sees the facts are whole, since they are decided on.
    async fn consent_facts(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
    ) -> StoreResult<Option<ConsentRows>>;
    /// The entries that cover an identifier of the person of each of these conversations, in order of their sequence: all of
    /// them for each conversation that the scope's audience sees.
    async fn consents_of_each(
        &self,
        scope: &OrgScope,
        conversations: &[ConversationId],
    ) -> StoreResult<Vec<(ConversationId, ConsentRecord)>>;
    /// Which of these keyed hashes are suppressed, and for what, whatever the scope's audience sees.
    async fn suppressions(&self, scope: &OrgScope, hashes: &[[u8; 16]]) -> StoreResult<Vec<Suppression>>;
    /// Whether the organisation has any suppression; without one no hashes need to be looked up.
    async fn any_suppression(&self, scope: &OrgScope) -> StoreResult<bool>;
    /// Entries after a place, in the order of their places, whatever the scope's audience sees.
    async fn consent_ledger(
        &self,
        scope: &OrgScope,
        after: LedgerSeq,
        limit: u32,
    ) -> StoreResult<Vec<ConsentRecord>>;
    /// The entries recorded on a contact, or that cover one of its identifiers, newest sequence first.
    async fn consent_history(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<ConsentRecord>>;
}

/// A change to the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsentWrite {
    /// A new entry; the store assigns the next sequence number.
    Record(ConsentRecord),
    /// A new suppression; the same hash and scope twice is one.
    Suppress(Suppression),
}

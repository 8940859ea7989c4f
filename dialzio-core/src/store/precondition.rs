//! What a batch is decided on: records and facts that are checked inside the transaction.

use uuid::Uuid;

use super::{Fence, LedgerSeq, Revision};
use crate::contact::{Alias, SubjectKey};
use crate::conversation::{DeliveryStatus, ExternalId};
use crate::id::{
    AccountId, ApiKeyId, AppId, ChannelIdentityId, ContactId, ConversationId, DispositionId, JobId, MediaId,
    MemberId, MessageId, OrgId, TaskId, TypedId, UserId,
};
use crate::job::{JobState, Queue};

/// A record that a batch speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordRef {
    /// A contact; its revision also rises with tags and profile names.
    Contact(ContactId),
    /// A conversation.
    Conversation(ConversationId),
    /// A message.
    Message(MessageId),
    /// A file.
    Media(MediaId),
    /// An account.
    Account(AccountId),
    /// The organisation.
    Org(OrgId),
    /// A member.
    Member(MemberId),
    /// A key.
    ApiKey(ApiKeyId),
    /// A follow-up.
    Task(TaskId),
    /// A disposition.
    Disposition(DispositionId),
    /// A user.
    User(UserId),
    /// An app.
    App(AppId),
    /// Any other record, by its id alone.
    Other(Uuid),
}

impl RecordRef {
    /// The stored word for the kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Contact(_) => "contact",
            Self::Conversation(_) => "conversation",
            Self::Message(_) => "message",
            Self::Media(_) => "media",
            Self::Account(_) => "account",
            Self::Org(_) => "organisation",
            Self::Member(_) => "member",
            Self::ApiKey(_) => "api_key",
            Self::Task(_) => "task",
            Self::Disposition(_) => "disposition",
            Self::User(_) => "user",
            Self::App(_) => "app",
            Self::Other(_) => "other",
        }
    }

    /// The UUID of the record, without its kind.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        match self {
            Self::Contact(id) => id.uuid(),
            Self::Conversation(id) => id.uuid(),
            Self::Message(id) => id.uuid(),
            Self::Media(id) => id.uuid(),
            Self::Account(id) => id.uuid(),
            Self::Org(id) => id.uuid(),
            Self::Member(id) => id.uuid(),
            Self::ApiKey(id) => id.uuid(),
            Self::Task(id) => id.uuid(),
            Self::Disposition(id) => id.uuid(),
            Self::User(id) => id.uuid(),
            Self::App(id) => id.uuid(),
            Self::Other(id) => *id,
        }
    }

    /// Rebuilds it from its stored kind and id.
    #[must_use]
    pub fn from_stored(kind: &str, id: Uuid) -> Self {
        match kind {
            "contact" => Self::Contact(ContactId::from_uuid(id)),
            "conversation" => Self::Conversation(ConversationId::from_uuid(id)),
            "message" => Self::Message(MessageId::from_uuid(id)),
            "media" => Self::Media(MediaId::from_uuid(id)),
            "account" => Self::Account(AccountId::from_uuid(id)),
            "organisation" => Self::Org(OrgId::from_uuid(id)),
            "member" => Self::Member(MemberId::from_uuid(id)),
            "api_key" => Self::ApiKey(ApiKeyId::from_uuid(id)),
            "disposition" => Self::Disposition(DispositionId::from_uuid(id)),
            "user" => Self::User(UserId::from_uuid(id)),
            "app" => Self::App(AppId::from_uuid(id)),
            _ => Self::Other(id),
        }
    }
}

/// A fact that a batch was decided on. All are checked inside the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Precondition {
    /// The contact, conversation, account, organisation, member, key, follow-up or disposition has this revision;
    /// [`Revision::NONE`] if there is none. Not true of other records.
    Revision(RecordRef, Revision),
    /// No identity of the portfolio holds the alias.
    IdentityFree(crate::contact::Portfolio, Alias),
    /// There is no conversation of this pair yet.
    ConversationFree(AccountId, ChannelIdentityId),
    /// The account has seen no message of this id.
    ExternalFree(AccountId, ExternalId),
    /// The newest consent entry that covers any of these is this one; zero if there is none.
    ConsentHead(Vec<SubjectKey>, LedgerSeq),
    /// The lease is still held under this fence.
    Lease(Queue, Fence),
    /// No received element waits in the queue.
    QueueIdle(Queue),
    /// The job is in this state.
    Job(JobId, JobState),
    /// The message is ours and has this status.
    Delivery(MessageId, DeliveryStatus),
    /// No other organisation has this provider's number routed to it.
    RouteFree(String, String),
    /// The organisation has no account of this provider's number or sender, in whatever state.
    AccountFree(String, String),
    /// The account is linked to this app, and webhooks of the app reach it.
    Linked(AppId, AccountId),
}

//! What a batch is decided on: records and facts that are checked inside the transaction.

use uuid::Uuid;

use super::{LedgerSeq, Revision};
use crate::call::CallAlias;
use crate::contact::{Alias, SubjectKey};
use crate::conversation::{DeliveryStatus, ExternalId};
use crate::id::{AccountId, AppId, ChannelIdentityId, JobId, MessageId, TypedId};
use crate::outbox::{Fence, JobState, Queue};

macro_rules! record_refs {
    ($($(#[$doc:meta])* $name:ident($id:ident) = $word:literal,)+) => {
        /// A record that a batch speaks about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum RecordRef {
            $($(#[$doc])* $name(crate::id::$id),)+
            /// Any other record, by its id alone.
            Other(Uuid),
        }

        impl RecordRef {
            /// The stored word for the kind.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $word,)+
                    Self::Other(_) => "other",
                }
            }

            /// The UUID of the record, without its kind.
            #[must_use]
            pub fn uuid(&self) -> Uuid {
                match self {
                    $(Self::$name(id) => id.uuid(),)+
                    Self::Other(id) => *id,
                }
            }

            /// Rebuilds it from its stored kind and id.
            #[must_use]
            pub fn from_stored(kind: &str, id: Uuid) -> Self {
                match kind {
                    $($word => Self::$name(TypedId::from_uuid(id)),)+
                    _ => Self::Other(id),
                }
            }
        }

        #[cfg(test)]
        const EACH: &[fn(Uuid) -> RecordRef] = &[$(|id| RecordRef::$name(TypedId::from_uuid(id))),+, RecordRef::Other];
    };
}

record_refs! {
    /// A contact; its revision also rises with tags and profile names.
    Contact(ContactId) = "contact",
    /// A conversation; its revision rises with its state, assignee and contact.
    Conversation(ConversationId) = "conversation",
    /// A message, which is not changed under a revision.
    Message(MessageId) = "message",
    /// A scheduled message; its revision rises with each change of it.
    ScheduledMessage(ScheduledMessageId) = "scheduled_message",
    /// A file, which is not changed under a revision.
    Media(MediaId) = "media",
    /// An account; its revision rises with each change of it.
    Account(AccountId) = "account",
    /// The organisation; its revision rises with its settings.
    Org(OrgId) = "organisation",
    /// A member; their revision rises with role and state.
    Member(MemberId) = "member",
    /// An API key; its revision rises when it is revoked.
    ApiKey(ApiKeyId) = "api_key",
    /// A follow-up; its revision rises with each change of it.
    Task(TaskId) = "task",
    /// A disposition; its revision rises with each change of it.
    Disposition(DispositionId) = "disposition",
    /// A call; its revision rises with each report and each change of it.
    Call(CallId) = "call",
    /// A call flow; its revision rises with each change of it.
    CallFlow(CallFlowId) = "call_flow",
    /// A canned reply; its revision rises with each change of it.
    CannedReply(CannedReplyId) = "canned_reply",
    /// A saved view; its revision rises with each change of it.
    SavedView(SavedViewId) = "saved_view",
    /// A team; its revision rises with each change of it.
    Team(TeamId) = "team",
    /// An identity provider; its revision rises with each change of it.
    IdentityProvider(IdentityProviderId) = "identity_provider",
    /// A request for help; its revision rises with each message and each change of it.
    SupportRequest(SupportRequestId) = "support_request",
    /// A user of the installation; their revision rises with each change of them.
    User(UserId) = "user",
    /// An app; its revision rises with each change of it.
    App(AppId) = "app",
}

/// A fact that a batch was decided on. All are checked inside the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Precondition {
    /// The record has this revision; [`Revision::NONE`] if there is none. Not true of records that count no changes here:
    /// messages, files, users, apps, and any other.
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
    /// No call of the account holds this id of the provider.
    CallAliasFree(AccountId, CallAlias),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_its_stored_form() {
        let id = Uuid::from_u128(7);
        for make in EACH {
            let record = make(id);
            assert_eq!(RecordRef::from_stored(record.kind(), record.uuid()), record);
        }
    }
}

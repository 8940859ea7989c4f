//! Drafts: what a member has begun to write in a conversation and has not sent. Each member sees their own alone.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::id::{ConversationId, MemberId};
use crate::name::string_enum;
use crate::scope::OrgScope;
use crate::store::StoreResult;
use crate::text::MessageText;

string_enum! {
    /// What a draft is to become.
    #[derive(Default)]
    #[cfg_attr(feature = "openapi", schema(as = DraftKind))]
    pub enum DraftKind {
        /// A message to the person.
        #[default]
        Reply = "reply",
        /// A private note.
        Note = "note",
    }
}

/// What a member has begun to write. There is one for each conversation, member and kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The conversation in which it is written.
    pub conversation: ConversationId,
    /// Who writes it, and who alone may read it.
    pub member: MemberId,
    /// What it is to become.
    pub kind: DraftKind,
    /// What is written so far. It may be longer than the provider takes.
    pub text: MessageText,
    /// When it was last saved. It is kept from here for [`DRAFT_PERIOD`](crate::store::periods::DRAFT_PERIOD), and never
    /// longer than the organisation keeps messages.
    pub saved_at: DateTime<Utc>,
}

/// Reads of drafts. One that has expired is not found, whether swept or not.
#[async_trait]
pub trait DraftStore: Send + Sync {
    /// The drafts of a member in these conversations, of either kind, in no order.
    async fn drafts(
        &self,
        scope: &OrgScope,
        member: MemberId,
        conversations: &[ConversationId],
    ) -> StoreResult<Vec<Draft>>;
}

/// A change to drafts. Of two saves the later one in the log stays.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DraftWrite {
    /// A draft as it is now, in the place of the one there is.
    Save(Draft),
    /// A draft that is no longer wanted, or was sent. Nothing happens if there is none.
    Remove {
        /// The conversation in which it is written.
        conversation: ConversationId,
        /// Who writes it.
        member: MemberId,
        /// What it was to become.
        kind: DraftKind,
    },
}

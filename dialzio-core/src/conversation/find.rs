//! Finding conversations by the person.

use chrono::{DateTime, Utc};

use super::{InboxEntry, StateFilter};
use crate::page::Page;

/// Which conversations a search asks for: those with people whom its words find, newest message first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationSearch {
    /// Folded tokens that a person has to have ([`crate::search::query_tokens`]), the last one as a prefix.
    pub tokens: Vec<String>,
    /// In which state.
    pub state: StateFilter,
    /// The instant that decides whether a snooze has run out.
    pub now: DateTime<Utc>,
}

impl ConversationSearch {
    /// From how many matching people on conversations are no longer counted, and the queue is walked instead.
    pub const MANY: u32 = 4_000;
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundConversations {
    /// One page, newest message first.
    pub page: Page<InboxEntry>,
    /// How many there are on all pages; `None` if the words fit [`ConversationSearch::MANY`] people or more.
    pub total: Option<u32>,
}

//! How a search in messages is read from an index of words: which word leads, and the page that comes of it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Columns, FromRow};
use crate::TypedId;
use crate::conversation::{FoundMessage, InboxEntry, Message, MessageSearch, SoughtWords};
use crate::id::{AccountId, ConversationId};
use crate::page::{Cursor, Page};

/// The word by which the index is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lead {
    /// A whole word.
    Word(String),
    /// What words begin with.
    Beginning(String),
}

impl Lead {
    /// Up to how many messages the words are counted to find the rarest.
    pub const COUNTED: i64 = 1_000;
    /// How many messages are read from the index at a time.
    pub const BATCH: i64 = 200;

    /// Every word of a search can lead.
    pub fn each(words: &SoughtWords) -> impl Iterator<Item = Self> {
        let whole = words.whole().map(|word| Self::Word(word.to_owned()));
        whole.chain(words.beginning().map(|word| Self::Beginning(word.to_owned())))
    }

    /// The one that was counted least, a whole word before a beginning.
    #[must_use]
    pub fn rarest<N: Ord + Copy>(counted: Vec<(N, Self)>) -> Option<Self> {
        let is_beginning = |lead: &Self| matches!(lead, Self::Beginning(_));
        counted.into_iter().min_by_key(|(count, lead)| (*count, is_beginning(lead))).map(|(_, lead)| lead)
    }

    /// Its words are from the first of these, and before the second. No word holds the first character there is, nor the
    /// last.
    #[must_use]
    pub fn range(&self) -> (String, String) {
        match self {
            Self::Word(word) => (word.clone(), Self::after(word)),
            Self::Beginning(start) => (start.clone(), format!("{start}\u{10ffff}")),
        }
    }

    /// What comes directly behind a word.
    #[must_use]
    pub fn after(word: &str) -> String {
        format!("{word}\u{1}")
    }
}

/// A message that the lead led to, with the account it is on: the columns of a message, then that of the account.
#[derive(Debug, Clone)]
pub struct Candidate {
    message: Message,
    account: AccountId,
}

impl FromRow for Candidate {
    const RECORD: &'static str = "message";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { message: Message::from_row(c)?, account: c.id()? })
    }
}

impl Candidate {
    /// Those that a search finds, newest first.
    #[must_use]
    pub fn found(query: &MessageSearch, all: Vec<Self>) -> Vec<Message> {
        let is_found = |one: &Self| query.finds(&one.message, one.account);
        let mut found: Vec<Message> =
            all.into_iter().filter(is_found).map(|candidate| candidate.message).collect();
        found.sort_unstable_by_key(|message| Reverse(message.id));
        found
    }
}

/// The page of these messages, newest first; `rest` is the key of the last message that was looked at if there may be more
/// behind it.
#[must_use]
pub fn found_page(found: Vec<Message>, limit: u32, rest: Option<Vec<u8>>) -> Page<Message> {
    let mut page = Page::from_overread(found, limit, |message| message.id.uuid().as_bytes().to_vec());
    if page.next.is_none() {
        page.next = rest.map(Cursor);
    }
    page
}

/// The messages of a page with their conversations.
#[must_use]
pub fn with_entries(page: Page<Message>, entries: Vec<InboxEntry>) -> Page<FoundMessage> {
    let known: BTreeMap<ConversationId, InboxEntry> =
        entries.into_iter().map(|entry| (entry.conversation.id, entry)).collect();
    let whole = |message: Message| {
        let entry = known.get(&message.conversation)?.clone();
        Some(FoundMessage { message, entry })
    };
    Page { items: page.items.into_iter().filter_map(whole).collect(), next: page.next }
}

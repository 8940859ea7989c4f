//! Pages of conversations, newest message first: where an entry is, where a page begins, and what a search shows. Both SQL
//! stores read the rows and page them here.

use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use uuid::Uuid;

use super::{Columns, FromRow};
use crate::TypedId;
use crate::conversation::{FoundConversations, InboxEntry};
use crate::id::ConversationId;
use crate::page::{Page, PageRequest};
use crate::store::{StoreError, StoreResult};

/// By what lists of conversations are sorted: the time of the newest message, then the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InboxPlace {
    /// The time of the newest message.
    pub at: DateTime<Utc>,
    /// The conversation, which decides between those of one time.
    pub conversation: ConversationId,
}

impl InboxPlace {
    /// The place of an entry.
    #[must_use]
    pub fn of(entry: &InboxEntry) -> Self {
        Self { at: entry.conversation.last_at, conversation: entry.conversation.id }
    }

    /// Where a page begins: after this place. `None` for the first page.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] if the cursor is none of such a list.
    pub fn after(page: &PageRequest) -> StoreResult<Option<Self>> {
        let Some(cursor) = &page.after else { return Ok(None) };
        let (at, id) = cursor.0.split_first_chunk::<8>().ok_or(StoreError::Cursor)?;
        let at = DateTime::from_timestamp_micros(i64::from_be_bytes(*at)).ok_or(StoreError::Cursor)?;
        let id = Uuid::from_slice(id).map_err(|_| StoreError::Cursor)?;
        Ok(Some(Self { at, conversation: ConversationId::from_uuid(id) }))
    }

    fn cursor(self) -> Vec<u8> {
        let mut key = self.at.timestamp_micros().to_be_bytes().to_vec();
        key.extend_from_slice(self.conversation.uuid().as_bytes());
        key
    }
}

impl FromRow for InboxPlace {
    const RECORD: &'static str = "conversation";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { at: c.time()?, conversation: c.id()? })
    }
}

/// One page of entries in any order, of which one more than the page holds was read.
#[must_use]
pub fn inbox_page(mut entries: Vec<InboxEntry>, page: &PageRequest) -> Page<InboxEntry> {
    entries.sort_by_key(|entry| Reverse(InboxPlace::of(entry)));
    Page::from_overread(entries, page.limit, |entry| InboxPlace::of(entry).cursor())
}

/// One page of a search by words that fit many people, as [`inbox_page`]: what is on other pages was not counted.
#[must_use]
pub fn found_by_words(entries: Vec<InboxEntry>, page: &PageRequest) -> FoundConversations {
    FoundConversations { page: inbox_page(entries, page), total: None }
}

/// One page of a search whose people are all known: the places of all their conversations, counted, and those that are shown.
#[derive(Debug)]
pub struct FoundPlaces {
    shown: Page<InboxPlace>,
    total: Option<u32>,
}

impl FoundPlaces {
    /// The page of these places, in any order, that begins after `after`.
    #[must_use]
    pub fn page(mut places: Vec<InboxPlace>, after: Option<InboxPlace>, page: &PageRequest) -> Self {
        let total = u32::try_from(places.len()).ok();
        places.retain(|place| after.is_none_or(|after| *place < after));
        places.sort_unstable_by_key(|place| Reverse(*place));
        Self { shown: Page::from_overread(places, page.limit, |place| place.cursor()), total }
    }

    /// The conversations whose entries are to be read.
    pub fn conversations(&self) -> impl Iterator<Item = ConversationId> {
        self.shown.items.iter().map(|place| place.conversation)
    }

    /// What the search found, with the entries of these conversations in any order.
    #[must_use]
    pub fn with(self, mut entries: Vec<InboxEntry>) -> FoundConversations {
        entries.sort_by_key(|entry| Reverse(InboxPlace::of(entry)));
        FoundConversations { page: Page { items: entries, next: self.shown.next }, total: self.total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Cursor;

    fn place(second: i64, id: u128) -> InboxPlace {
        let at = DateTime::from_timestamp(second, 0).unwrap();
        InboxPlace { at, conversation: ConversationId::from_uuid(Uuid::from_u128(id)) }
    }

    fn request(after: Option<Cursor>) -> PageRequest {
        PageRequest { after, ..PageRequest::first(2) }
    }

    /// Pages follow one another without a gap or a repetition, newest first, and each says how many there are in all.
    #[test]
    fn pages_of_a_search_follow_one_another() {
        let places = [place(5, 1), place(9, 1), place(5, 3), place(7, 4), place(5, 2)];
        let (mut after, mut seen) = (None, Vec::new());
        for left in [3, 1, 0] {
            let request = request(after.take());
            let start = InboxPlace::after(&request).unwrap();
            let found = FoundPlaces::page(places.to_vec(), start, &request);
            assert_eq!(found.total, Some(5));
            assert_eq!(found.shown.next.is_some(), left > 0);
            seen.extend(found.shown.items.iter().copied());
            after = found.shown.next;
        }
        assert_eq!(seen, [place(9, 1), place(7, 4), place(5, 3), place(5, 2), place(5, 1)]);
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        for bytes in [vec![], vec![1; 16], vec![0; 25]] {
            let answer = InboxPlace::after(&request(Some(Cursor(bytes.clone()))));
            assert!(matches!(answer, Err(StoreError::Cursor)), "{bytes:?}: {answer:?}");
        }
    }
}

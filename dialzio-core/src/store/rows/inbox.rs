//! Pages of conversations: the sort key of an entry in each order, the start of a page, and its rows. Both SQL stores read
//! the rows and page them here.

use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use uuid::Uuid;

use super::{Columns, FromRow};
use crate::TypedId;
use crate::conversation::{ConversationOrder, InboxEntry};
use crate::id::ConversationId;
use crate::page::{Page, PageRequest};
use crate::store::{StoreError, StoreResult};

/// By what lists of conversations are sorted: a time, then the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InboxPlace {
    /// The time of the newest message, or since when the conversation waits for an answer.
    pub at: DateTime<Utc>,
    /// The conversation, which decides between those of one time.
    pub conversation: ConversationId,
}

impl InboxPlace {
    /// The place of an entry among those with the newest message first.
    #[must_use]
    pub fn of(entry: &InboxEntry) -> Self {
        Self { at: entry.conversation.last_at, conversation: entry.conversation.id }
    }

    /// Where a page begins: after this place. `None` for the first page.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] if the cursor is none of such a list.
    fn after(page: &PageRequest) -> StoreResult<Option<Self>> {
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

/// When a conversation stands where in either order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedAt {
    /// The time of its newest message.
    last_at: DateTime<Utc>,
    /// Since when it waits for an answer.
    waiting_since: Option<DateTime<Utc>>,
    conversation: ConversationId,
}

impl FromRow for ListedAt {
    const RECORD: &'static str = "conversation";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { last_at: c.time()?, waiting_since: c.opt_time()?, conversation: c.id()? })
    }
}

/// A list of conversations in an order, from where a page begins.
#[derive(Debug, Clone, Copy)]
pub struct InboxList {
    order: ConversationOrder,
    after: Option<InboxPlace>,
    limit: u32,
}

impl InboxList {
    /// The part of a list that a page is cut from.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] if the cursor is none of such a list.
    pub fn of(order: ConversationOrder, page: &PageRequest) -> StoreResult<Self> {
        Ok(Self { order, after: InboxPlace::after(page)?, limit: page.limit })
    }

    /// A list from its start.
    #[must_use]
    pub const fn start(order: ConversationOrder) -> Self {
        Self { order, after: None, limit: PageRequest::MAX }
    }

    /// Its order.
    #[must_use]
    pub const fn order(&self) -> ConversationOrder {
        self.order
    }

    /// Behind which place the page begins; `None` for the first page.
    #[must_use]
    pub const fn after(&self) -> Option<InboxPlace> {
        self.after
    }

    /// Whether an entry of a list with the newest first comes behind where the page begins.
    #[must_use]
    pub fn follows(&self, entry: &InboxEntry) -> bool {
        self.after.is_none_or(|after| InboxPlace::of(entry) < after)
    }

    /// The sort key of a conversation in this order; `None` if the order does not include it.
    fn place(&self, at: ListedAt) -> Option<InboxPlace> {
        let time = match self.order {
            ConversationOrder::Latest => Some(at.last_at),
            ConversationOrder::Waiting => at.waiting_since,
        };
        time.map(|time| InboxPlace { at: time, conversation: at.conversation })
    }

    /// How many of these the list has.
    #[must_use]
    pub fn count(&self, found: Vec<ListedAt>) -> u32 {
        let places = found.into_iter().filter_map(|at| self.place(at));
        u32::try_from(places.count()).unwrap_or(u32::MAX)
    }

    /// The page of these places, given in any order.
    #[must_use]
    pub fn page(&self, found: Vec<ListedAt>) -> Page<InboxPlace> {
        let mut places: Vec<InboxPlace> = found.into_iter().filter_map(|at| self.place(at)).collect();
        places.sort_unstable();
        if self.order == ConversationOrder::Latest {
            places.reverse();
        }
        let is_behind = |place: &InboxPlace| match (self.after, self.order) {
            (None, _) => true,
            (Some(after), ConversationOrder::Latest) => *place < after,
            (Some(after), ConversationOrder::Waiting) => *place > after,
        };
        places.retain(is_behind);
        Page::from_overread(places, self.limit, |place| place.cursor())
    }

    /// What the page shows, with the entries of its places in any order.
    #[must_use]
    pub fn entries(&self, places: &Page<InboxPlace>, mut entries: Vec<InboxEntry>) -> Page<InboxEntry> {
        let position = |entry: &InboxEntry| {
            places.items.iter().position(|place| place.conversation == entry.conversation.id)
        };
        entries.sort_by_key(position);
        Page { items: entries, next: places.next.clone() }
    }
}

/// One page of entries in any order, of which one more than the page holds was read.
#[must_use]
pub fn inbox_page(mut entries: Vec<InboxEntry>, page: &PageRequest) -> Page<InboxEntry> {
    entries.sort_by_key(|entry| Reverse(InboxPlace::of(entry)));
    Page::from_overread(entries, page.limit, |entry| InboxPlace::of(entry).cursor())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Cursor;

    fn listed(second: i64, waiting: Option<i64>, id: u128) -> ListedAt {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let conversation = ConversationId::from_uuid(Uuid::from_u128(id));
        ListedAt { last_at: at(second), waiting_since: waiting.map(at), conversation }
    }

    fn request(after: Option<Cursor>) -> PageRequest {
        PageRequest { after, ..PageRequest::first(2) }
    }

    /// Pages follow one another without a gap or a repetition, in either order.
    #[test]
    fn pages_of_a_list_follow_one_another() {
        let all = [
            listed(5, Some(4), 1),
            listed(9, Some(2), 2),
            listed(5, None, 3),
            listed(7, Some(2), 4),
            listed(5, Some(3), 5),
        ];
        for (order, wanted) in [
            (ConversationOrder::Latest, [2, 4, 5, 3, 1].as_slice()),
            (ConversationOrder::Waiting, &[2, 4, 5, 1]),
        ] {
            let (mut after, mut seen) = (None, Vec::new());
            loop {
                let list = InboxList::of(order, &request(after.take())).unwrap();
                assert_eq!(list.count(all.to_vec()) as usize, wanted.len());
                let page = list.page(all.to_vec());
                seen.extend(page.items.iter().map(|place| place.conversation.uuid().as_u128()));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen, wanted);
        }
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        for bytes in [vec![], vec![1; 16], vec![0; 25]] {
            let answer = InboxList::of(ConversationOrder::Latest, &request(Some(Cursor(bytes.clone()))));
            assert!(matches!(answer, Err(StoreError::Cursor)), "{bytes:?}: {answer:?}");
        }
    }
}

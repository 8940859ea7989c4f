//! Paging by key: a page says where the next one starts, and never counts.

use std::num::NonZeroU32;

/// Where a page begins: the opaque key of the last item already seen.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cursor(pub Vec<u8>);

/// A request for one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Continue after this key; `None` for the first page.
    pub after: Option<Cursor>,
    /// At most this many items (1 to 200).
    pub limit: u32,
}

impl PageRequest {
    /// The largest page.
    pub const MAX: u32 = 200;

    /// The first `limit` items; more than [`MAX`](Self::MAX) counts as `MAX`, zero as one.
    #[must_use]
    pub fn first(limit: u32) -> Self {
        Self { after: None, limit: limit.clamp(1, Self::MAX) }
    }

    /// The page after `cursor`.
    #[must_use]
    pub fn after(cursor: Option<Cursor>, limit: Option<NonZeroU32>) -> Self {
        Self { after: cursor, ..Self::first(limit.map_or(50, NonZeroU32::get)) }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Builds a page from `limit + 1` rows read: the extra one only tells that there is more.
    #[must_use]
    pub fn from_overread(mut items: Vec<T>, limit: u32, key: impl Fn(&T) -> Vec<u8>) -> Self {
        let limit = limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(|last| Cursor(key(last))) } else { None };
        Self { items, next }
    }

    /// The same page with other items.
    #[must_use]
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), next: self.next }
    }
}

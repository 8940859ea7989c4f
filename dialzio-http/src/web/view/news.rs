//! What's new: the messages of the operator to all who sign in.

use askama::Template;

use super::{Moment, Shell, Shown};

/// The page at `/news`.
#[derive(Clone, Debug, Template)]
#[template(path = "news.html")]
pub(crate) struct NewsPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The list.
    pub(crate) list: NewsList,
}

/// The updates. Answer of a change on the page, put in the place of `#news-list`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "news_list.html")]
pub(crate) struct NewsList {
    /// Whether product news reaches the reader; `None` for who is no member and cannot choose.
    pub(crate) takes_product: Option<bool>,
    /// How many are listed at most.
    pub(crate) rows: u32,
    /// Newest first.
    pub(crate) updates: Vec<NewsRow>,
    /// How many "Show more" lists, if there are more.
    pub(crate) next: Option<u32>,
}

impl askama::filters::HtmlSafe for NewsList {}

impl NewsList {
    /// The newest update, if it is unread: "Mark all as read" reaches up to it.
    pub(crate) fn newest_unread(&self) -> Option<&str> {
        self.updates.first().filter(|row| row.is_unread).map(|row| row.id.as_str())
    }
}

/// One update.
#[derive(Clone, Debug)]
pub(crate) struct NewsRow {
    /// Its id.
    pub(crate) id: String,
    /// What people call its kind.
    pub(crate) kind: &'static str,
    /// Its title.
    pub(crate) title: Shown,
    /// What it says.
    pub(crate) text: Shown,
    /// When it was published.
    pub(crate) time: Moment,
    /// Whether the reader has not read it.
    pub(crate) is_unread: bool,
}

//! What the reader was told about, and what `@` offers in a note.

use askama::Template;

use super::{Avatar, Moment, Shell, Shown};

/// The page at `/notices`.
#[derive(Clone, Debug, Template)]
#[template(path = "notices.html")]
pub(crate) struct NoticesPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The list.
    pub(crate) list: NoticeList,
}

/// Tabs and rows. Answer of `GET /web/notices` and of a change on the page, put in the place of `#notice-list`.
#[derive(Clone, Debug, Template)]
#[template(path = "notice_list.html")]
pub(crate) struct NoticeList {
    /// Whether unread ones alone are listed.
    pub(crate) unread_only: bool,
    /// How many are unread: "3", "99+".
    pub(crate) unread: Option<String>,
    /// How many rows are listed at most.
    pub(crate) rows: u32,
    /// Newest first.
    pub(crate) notices: Vec<NoticeRow>,
    /// How many rows "Show more" lists, if there are more.
    pub(crate) next: Option<u32>,
}

impl askama::filters::HtmlSafe for NoticeList {}

impl NoticeList {
    /// The address of the list as it is.
    pub(crate) fn here(&self) -> String {
        format!("unread={}&rows={}", self.unread_only, self.rows)
    }

    /// The notice up to which "Mark all as read" reaches.
    pub(crate) fn newest(&self) -> Option<&str> {
        self.notices.first().map(|row| row.id.as_str())
    }
}

/// One notice.
#[derive(Clone, Debug)]
pub(crate) struct NoticeRow {
    /// Its id.
    pub(crate) id: String,
    /// Where it leads.
    pub(crate) href: String,
    /// Who did it.
    pub(crate) author: Shown,
    /// Their mark.
    pub(crate) avatar: Avatar,
    /// What they did: "mentioned you in a note about".
    pub(crate) did: &'static str,
    /// Whom it is about.
    pub(crate) person: Shown,
    /// The note, or the title of the follow-up.
    pub(crate) text: Option<Shown>,
    /// When.
    pub(crate) time: Moment,
    /// Whether it is unread.
    pub(crate) is_unread: bool,
}

/// The members whom a note may mention. Answer of `GET /web/mentions`.
#[derive(Clone, Debug, Template)]
#[template(path = "mention_options.html")]
pub(crate) struct MentionOptions {
    /// Id, name and mark of each.
    pub(crate) members: Vec<(String, Shown, Avatar)>,
}

impl askama::filters::HtmlSafe for MentionOptions {}

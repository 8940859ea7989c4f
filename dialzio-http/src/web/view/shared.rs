//! Pictures, sounds, files and links of a conversation.

use askama::Template;

use super::message::Content;
use super::{Moment, Shown};

/// What was shared, newest first. Answer of `GET /web/conversations/{conversation}/shared`, put into `#shared`; a further page
/// takes the place of `#shared-more`.
#[derive(Clone, Debug, Template)]
#[template(path = "shared.html")]
pub(crate) struct SharedList {
    /// In which conversation.
    pub(crate) conversation: String,
    /// Which kind is listed.
    pub(crate) kind: &'static str,
    /// All kinds.
    pub(crate) tabs: Vec<SharedTab>,
    /// What was found.
    pub(crate) items: Vec<SharedItem>,
    /// Where the next page begins.
    pub(crate) next: Option<String>,
    /// Whether this is a further page.
    pub(crate) is_continuation: bool,
}

impl SharedList {
    /// Whether pictures are listed, which stand in a grid.
    pub(crate) fn is_pictures(&self) -> bool {
        self.kind == "picture"
    }
}

/// One kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedTab {
    /// Word in the address.
    pub(crate) kind: &'static str,
    /// What it is called.
    pub(crate) label: &'static str,
    /// Whether it is listed.
    pub(crate) is_open: bool,
}

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct SharedItem {
    /// The conversation at that message.
    pub(crate) href: String,
    /// What it says.
    pub(crate) content: Content,
    /// Its links, where links are listed.
    pub(crate) links: Vec<(String, Shown)>,
    /// When.
    pub(crate) time: Moment,
}

/// Nothing was written up to a day.
#[derive(Clone, Debug, Template)]
#[template(source = "No messages on or before {{ day }}.", ext = "html")]
pub(crate) struct NoDay {
    /// The day.
    pub(crate) day: String,
}

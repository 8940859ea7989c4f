//! Help: requests to the operator of the server and what was answered.

use askama::Template;

use super::{Moment, Shell, Shown};

/// The page at `/help`.
#[derive(Clone, Debug, Template)]
#[template(path = "help.html")]
pub(crate) struct HelpPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Newest first.
    pub(crate) requests: Vec<HelpRow>,
    /// Whether requests of all members are listed.
    pub(crate) sees_all: bool,
    /// Whether the reader can ask: members can.
    pub(crate) can_ask: bool,
}

/// One request in the list.
#[derive(Clone, Debug)]
pub(crate) struct HelpRow {
    /// Where it leads.
    pub(crate) href: String,
    /// What it is about.
    pub(crate) subject: Shown,
    /// Who asks.
    pub(crate) member: Shown,
    /// Who has to act, in words.
    pub(crate) state: &'static str,
    /// When it changed last.
    pub(crate) time: Moment,
}

/// The page at `/help/{support_request}`.
#[derive(Clone, Debug, Template)]
#[template(path = "help_page.html")]
pub(crate) struct HelpThreadPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The request.
    pub(crate) thread: HelpThread,
}

/// A request with its messages. Answer of a change on the page, put in the place of `#help-thread`.
#[derive(Clone, Debug, Template)]
#[template(path = "help_thread.html")]
pub(crate) struct HelpThread {
    /// Its id.
    pub(crate) id: String,
    /// As the list shows it.
    pub(crate) row: HelpRow,
    /// Whether it is closed.
    pub(crate) is_closed: bool,
    /// Oldest first.
    pub(crate) messages: Vec<HelpWords>,
    /// Whether the reader can write: members can.
    pub(crate) can_write: bool,
}

impl askama::filters::HtmlSafe for HelpThread {}

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct HelpWords {
    /// Who wrote it.
    pub(crate) author: Shown,
    /// What it says.
    pub(crate) text: Shown,
    /// When.
    pub(crate) time: Moment,
}

//! My activity: the member's own use, and how many members use what.

use askama::Template;

use super::Shell;

/// The page at `/settings/activity`.
#[derive(Clone, Debug, Template)]
#[template(path = "usage_page.html")]
pub(crate) struct UsagePage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The member's own use.
    pub(crate) rows: UsageRows,
    /// How many members use what, for who manages the organisation.
    pub(crate) organisation: Option<[GroupTable; 3]>,
}

/// Rows, and the one that loads those behind them. Answer of `GET /web/activity?after=`, put in the place of `#usage-more`.
#[derive(Clone, Debug, Template)]
#[template(path = "usage_rows.html")]
pub(crate) struct UsageRows {
    /// The newest first.
    pub(crate) rows: Vec<UsageRow>,
    /// Where the next page begins.
    pub(crate) next: Option<String>,
}

impl askama::filters::HtmlSafe for UsageRows {}

/// One use of a page: the five facts that are kept.
#[derive(Clone, Debug)]
pub(crate) struct UsageRow {
    /// When.
    pub(crate) time: String,
    /// The template of the page.
    pub(crate) page: String,
    /// What was done there.
    pub(crate) action: &'static str,
    /// The browser with its major version.
    pub(crate) browser: String,
    /// The address, or its network.
    pub(crate) address: String,
}

/// How many members use what: by page, by browser, or by day.
#[derive(Clone, Debug)]
pub(crate) struct GroupTable {
    /// Id of its title.
    pub(crate) id: &'static str,
    /// Its title.
    pub(crate) title: &'static str,
    /// What its rows are.
    pub(crate) column: &'static str,
    /// The groups of five members or more.
    pub(crate) rows: Vec<GroupRow>,
    /// All others.
    pub(crate) rest: &'static str,
}

/// A group of five members or more.
#[derive(Clone, Debug)]
pub(crate) struct GroupRow {
    /// What they use.
    pub(crate) name: String,
    /// How many they are: "5 to 9".
    pub(crate) members: String,
}

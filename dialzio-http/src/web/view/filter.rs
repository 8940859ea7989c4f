//! What narrows the inbox: the form with the choices, and a chip for each that is made.

use askama::Template;

use super::{Choice, Shown};

/// A choice that is made.
#[derive(Clone, Debug)]
pub(crate) struct FilterChip {
    /// "Tag: vip".
    pub(crate) label: Shown,
    /// Address of the list without it.
    pub(crate) href: String,
}

/// The choices, beside the search box.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "filter.html")]
pub(crate) struct FilterForm {
    /// Whose conversations.
    pub(crate) assignees: Vec<Choice>,
    /// On which line; empty while there is only one.
    pub(crate) accounts: Vec<Choice>,
    /// With people at which stage.
    pub(crate) stages: Vec<Choice>,
    /// With people who have this tag.
    pub(crate) tag: Option<Shown>,
    /// Only with something unread.
    pub(crate) unread: bool,
    /// Only those whose last message was not sent.
    pub(crate) failed: bool,
    /// Messages of a search: who wrote them.
    pub(crate) from: Vec<Choice>,
    /// Messages of a search: what they hold.
    pub(crate) kinds: Vec<Choice>,
    /// Messages of a search: the first day, `YYYY-MM-DD`.
    pub(crate) since: String,
    /// Messages of a search: the last day, `YYYY-MM-DD`.
    pub(crate) until: String,
    /// Those that wait for an answer, the longest first.
    pub(crate) is_waiting: bool,
    /// How many choices are made.
    pub(crate) active: usize,
}

impl askama::filters::HtmlSafe for FilterForm {}

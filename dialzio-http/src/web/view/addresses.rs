//! How a person is reached.

use askama::Template;

use super::Fact;

/// Every way to reach a person, as the reader sees it. Answer of the post that reveals them, put in the place of `#addresses`.
#[derive(Clone, Debug, Template)]
#[template(path = "addresses_list.html")]
pub(crate) struct Addresses {
    /// Numbers, addresses, public handles.
    pub(crate) facts: Vec<Fact>,
    /// Whether numbers and addresses are masked in them.
    pub(crate) is_masked: bool,
    /// Where the post goes that reveals them; none for who may not.
    pub(crate) reveal: Option<String>,
    /// Whether they were revealed.
    pub(crate) is_revealed: bool,
}

impl askama::filters::HtmlSafe for Addresses {}

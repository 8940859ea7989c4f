//! The organisations of who is signed in.

use askama::Template;

use super::Shown;

/// The part of the menu that lists them; empty for who works in one alone.
#[derive(Clone, Debug, Template)]
#[template(path = "organisation_list.html")]
pub(crate) struct OrganisationList {
    /// The one used last first.
    pub(crate) rows: Vec<OrganisationRow>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct OrganisationRow {
    /// Where the post goes that moves there.
    pub(crate) path: String,
    /// Its name.
    pub(crate) name: Shown,
    /// What the reader is there.
    pub(crate) role: &'static str,
    /// Whether it is the one that is open.
    pub(crate) is_current: bool,
}

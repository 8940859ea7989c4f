//! Teams, below the members.

use askama::Template;

use super::{Choice, Shown};

/// The teams, with the form that is open. Answer of `GET /web/teams` and of each change, put in the place of `#team-list`.
#[derive(Clone, Debug, Template)]
#[template(path = "team_list.html")]
pub(crate) struct TeamList {
    /// Whether the reader may change them.
    pub(crate) can_manage: bool,
    /// By name.
    pub(crate) rows: Vec<TeamRow>,
    /// The form, if it is open.
    pub(crate) form: Option<TeamForm>,
    /// What was just done.
    pub(crate) done: Option<String>,
}

impl askama::filters::HtmlSafe for TeamList {}

/// A team.
#[derive(Clone, Debug)]
pub(crate) struct TeamRow {
    /// Id.
    pub(crate) id: String,
    /// What members call it.
    pub(crate) name: Shown,
    /// "Asha, Ravi Kumar".
    pub(crate) members: Shown,
    /// The revision that is shown.
    pub(crate) revision: String,
}

/// Makes a team, or changes one.
#[derive(Clone, Debug, Default)]
pub(crate) struct TeamForm {
    /// Which one is changed; `None` for a new one.
    pub(crate) id: Option<String>,
    /// The revision that is changed.
    pub(crate) revision: String,
    /// The name as typed.
    pub(crate) name: String,
    /// What is wrong with it.
    pub(crate) name_error: Option<String>,
    /// Members to choose from, by name.
    pub(crate) members: Vec<Choice>,
    /// What was refused.
    pub(crate) problem: Option<String>,
}

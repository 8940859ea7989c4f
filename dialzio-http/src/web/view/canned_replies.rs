//! Canned replies: the list under Settings, and what `/` offers above the reply box.

use askama::Template;

use super::{Shell, Shown};

/// The page at `/settings/canned-replies`.
#[derive(Clone, Debug, Template)]
#[template(path = "canned_replies.html")]
pub(crate) struct CannedPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The list.
    pub(crate) list: CannedList,
}

/// All canned replies, with the form that is open. Answer of `GET /web/canned-replies` and of each change, put in the place
/// of `#canned-list`.
#[derive(Clone, Debug, Template)]
#[template(path = "canned_list.html")]
pub(crate) struct CannedList {
    /// Whether the reader may change them.
    pub(crate) can_manage: bool,
    /// By shortcut.
    pub(crate) rows: Vec<CannedRow>,
    /// The form that is open.
    pub(crate) form: Option<CannedForm>,
    /// Each placeholder with its meaning.
    pub(crate) placeholders: Vec<(String, &'static str)>,
}

impl askama::filters::HtmlSafe for CannedList {}

impl CannedList {
    /// Whether a new one is being written.
    pub(crate) fn is_adding(&self) -> bool {
        self.form.as_ref().is_some_and(|form| form.id.is_none())
    }

    /// The form of a row that is being edited.
    pub(crate) fn editing(&self, row: &CannedRow) -> Option<&CannedForm> {
        self.form.as_ref().filter(|form| form.id.as_ref() == Some(&row.id))
    }
}

/// One canned reply.
#[derive(Clone, Debug)]
pub(crate) struct CannedRow {
    /// Id.
    pub(crate) id: String,
    /// The revision that is shown.
    pub(crate) revision: String,
    /// What members look for.
    pub(crate) title: Shown,
    /// Without `/`.
    pub(crate) shortcut: String,
    /// All of it.
    pub(crate) text: Shown,
    /// The first line in which something stands.
    pub(crate) first_line: Shown,
}

/// The fields of one, as typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct CannedForm {
    /// Which one is edited; `None` for a new one.
    pub(crate) id: Option<String>,
    /// The revision that is edited.
    pub(crate) revision: String,
    /// What members look for.
    pub(crate) title: String,
    /// Without `/`.
    pub(crate) shortcut: String,
    /// With placeholders.
    pub(crate) text: String,
    /// What is wrong with all of it.
    pub(crate) problem: Option<String>,
    /// What is wrong with the title.
    pub(crate) title_error: Option<String>,
    /// What is wrong with the shortcut.
    pub(crate) shortcut_error: Option<String>,
    /// What is wrong with the text.
    pub(crate) text_error: Option<String>,
}

impl CannedForm {
    /// The field to go on with: the first with a mistake.
    pub(crate) fn focus(&self) -> &'static str {
        match (&self.title_error, &self.shortcut_error, &self.text_error) {
            (None, Some(_), _) => "shortcut",
            (None, None, Some(_)) => "text",
            _ => "title",
        }
    }
}

/// What `/` offers. Answer of `GET /web/conversations/{id}/canned-replies`, put into `#canned-options`.
#[derive(Clone, Debug, Template)]
#[template(path = "canned_options.html")]
pub(crate) struct CannedOptions {
    /// Id of the conversation that it is filled for.
    pub(crate) conversation: String,
    /// By shortcut.
    pub(crate) rows: Vec<CannedRow>,
    /// Whether the reader may add one.
    pub(crate) can_manage: bool,
}

impl askama::filters::HtmlSafe for CannedOptions {}

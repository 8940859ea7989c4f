//! The page that imports contacts from a file: its form, what would become of the first rows, and how far it is.

use askama::Template;

use super::{Choice, Shell, Shown};

/// The page at `/contacts/import`.
#[derive(Clone, Debug, Template)]
#[template(path = "contact_import.html")]
pub(crate) struct ImportPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Below the file that is chosen.
    pub(crate) preview: ImportPreview,
}

/// What would become of a file. Answer of `POST /web/contacts/import/preview`, put in the place of `#import-preview`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "import_preview.html")]
pub(crate) struct ImportPreview {
    /// What is wrong with the file or the columns.
    pub(crate) error: Option<String>,
    /// "1,204 rows, separated by semicolons, UTF-8".
    pub(crate) read_as: String,
    /// The columns of the file.
    pub(crate) columns: Vec<ImportColumn>,
    /// What is done with people who are contacts already.
    pub(crate) is_filling: bool,
    /// The first rows.
    pub(crate) rows: Vec<ImportedRow>,
    /// How many rows there are: "1,204 rows".
    pub(crate) count: String,
}

impl askama::filters::HtmlSafe for ImportPreview {}

/// A column of a file.
#[derive(Clone, Debug)]
pub(crate) struct ImportColumn {
    /// Its name in the file.
    pub(crate) name: Shown,
    /// What it may be.
    pub(crate) choices: Vec<Choice>,
}

/// One of the first rows.
#[derive(Clone, Debug)]
pub(crate) struct ImportedRow {
    /// Its number in the file.
    pub(crate) row: u32,
    /// "New", "Completed" or "Left out".
    pub(crate) outcome: &'static str,
    /// Why it would be left out.
    pub(crate) reason: Option<String>,
    /// Its cells.
    pub(crate) cells: Vec<Shown>,
}

/// How far an import is. Answer of `POST /web/contacts/import`, put in the place of `#import`, and read again while it runs.
#[derive(Clone, Debug, Template)]
#[template(path = "import_progress.html")]
pub(crate) struct ImportProgress {
    /// Id.
    pub(crate) id: String,
    /// Rows that were looked at.
    pub(crate) done: u32,
    /// All rows.
    pub(crate) rows: usize,
    /// Contacts that were made.
    pub(crate) created: u32,
    /// Contacts that were completed.
    pub(crate) updated: u32,
    /// Rows that were left out.
    pub(crate) skipped: usize,
    /// Whether it goes on.
    pub(crate) is_running: bool,
    /// Why it could not go on, in words.
    pub(crate) problem: Option<String>,
    /// The first rows that were left out: number and reason.
    pub(crate) left_out: Vec<(u32, String)>,
}

//! What was done, by whom, and whether the log of it is whole.

use askama::Template;

use super::{Choice, Moment, Shell, Shown};

/// The page at `/settings/audit`.
#[derive(Clone, Debug, Template)]
#[template(path = "audit_page.html")]
pub(crate) struct AuditPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Whether the log is whole.
    pub(crate) verify: VerifyCard,
    /// What narrows it, and its entries.
    pub(crate) list: AuditList,
}

/// Whether the log is whole. Answer of `POST /web/audit/verify`, put in the place of `#audit-verify`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "audit_verify.html")]
pub(crate) struct VerifyCard {
    /// Whether it was verified just now.
    pub(crate) is_done: bool,
    /// How much was compared.
    pub(crate) checked: String,
    /// The fault, as a sentence.
    pub(crate) finding: Option<String>,
    /// Whether checkpoints are kept outside the database.
    pub(crate) has_checkpoints: bool,
}

impl askama::filters::HtmlSafe for VerifyCard {}

/// Filters and entries. Answer of `GET /web/audit`, put in the place of `#audit-list`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "audit_list.html")]
pub(crate) struct AuditList {
    /// Members and keys to choose from.
    pub(crate) people: Vec<Choice>,
    /// Actions to choose from.
    pub(crate) actions: Vec<Choice>,
    /// The id of the record that is looked for, as typed.
    pub(crate) record: String,
    /// The first day, as an ISO date.
    pub(crate) from: String,
    /// The last day, as an ISO date.
    pub(crate) to: String,
    /// Whether what the system did is shown too.
    pub(crate) system: bool,
    /// What is wrong with a field.
    pub(crate) error: Option<String>,
    /// Whether something narrows the log.
    pub(crate) is_narrowed: bool,
    /// The query of the page, without a place.
    pub(crate) query: String,
    /// The entries, newest first.
    pub(crate) rows: Vec<AuditRow>,
    /// The place to go on before.
    pub(crate) next: Option<u64>,
}

impl askama::filters::HtmlSafe for AuditList {}

impl AuditList {
    /// The entries alone.
    pub(crate) fn rows(&self) -> AuditRows {
        AuditRows { rows: self.rows.clone(), query: self.query.clone(), next: self.next }
    }
}

/// Entries, and the row that loads those behind them. Answer of `GET /web/audit?before=`, put in the place of `#audit-more`.
#[derive(Clone, Debug, Template)]
#[template(path = "audit_rows.html")]
pub(crate) struct AuditRows {
    /// The entries, newest first.
    pub(crate) rows: Vec<AuditRow>,
    /// The query of the page, without a place.
    pub(crate) query: String,
    /// The place to go on before.
    pub(crate) next: Option<u64>,
}

impl askama::filters::HtmlSafe for AuditRows {}

/// An entry.
#[derive(Clone, Debug)]
pub(crate) struct AuditRow {
    /// Its place.
    pub(crate) seq: u64,
    /// When.
    pub(crate) time: Moment,
    /// Who.
    pub(crate) who: Shown,
    /// What.
    pub(crate) what: &'static str,
    /// The id of the record.
    pub(crate) record: Option<String>,
    /// The page of the record.
    pub(crate) href: Option<String>,
    /// The network that they acted from.
    pub(crate) origin: Option<String>,
    /// More about the action, as a word.
    pub(crate) detail: Option<String>,
}

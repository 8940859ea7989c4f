//! Events that arrived and could not be taken in: kept, explained, replayed or discarded.

use askama::Template;

use super::{Chip, Fact, Moment, Shell, Shown};

/// The page at `/settings/events`.
#[derive(Clone, Debug, Template)]
#[template(path = "quarantine.html")]
pub(crate) struct QuarantinePage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Rows, newest first.
    pub(crate) rows: HeldRows,
    /// How many there are in all.
    pub(crate) total: u64,
}

/// A page of rows; answer of `GET /web/quarantine`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "quarantine_rows.html")]
pub(crate) struct HeldRows {
    /// Newest first.
    pub(crate) rows: Vec<HeldRow>,
    /// Key of the next page.
    pub(crate) next: Option<String>,
}

impl askama::filters::HtmlSafe for HeldRows {}

/// One event that is held.
#[derive(Clone, Debug)]
pub(crate) struct HeldRow {
    /// Id.
    pub(crate) id: String,
    /// When it arrived.
    pub(crate) time: Moment,
    /// "WhatsApp webhook".
    pub(crate) source: Shown,
    /// Why it was not taken in, in a sentence.
    pub(crate) reason: Shown,
    /// Waiting, replayed, discarded.
    pub(crate) state: Chip,
}

/// The page at `/settings/events/{event}`.
#[derive(Clone, Debug, Template)]
#[template(path = "quarantine_event.html")]
pub(crate) struct HeldPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The event.
    pub(crate) event: HeldEvent,
}

/// One event in detail; answer of replay and discard, put in the place of `#held`.
#[derive(Clone, Debug, Template)]
#[template(path = "quarantine_detail.html")]
pub(crate) struct HeldEvent {
    /// Id.
    pub(crate) id: String,
    /// Why it was not taken in.
    pub(crate) reason: Shown,
    /// What can be done about it.
    pub(crate) advice: Option<Shown>,
    /// Waiting, replayed, discarded.
    pub(crate) state: Chip,
    /// Whether it still waits, so that replay and discard are offered.
    pub(crate) is_waiting: bool,
    /// Arrived, source, account, size, attempts, removed on.
    pub(crate) facts: Vec<Fact>,
    /// The payload as it arrived, laid out for reading; absent if the person may not see it.
    pub(crate) payload: Option<Shown>,
    /// Words that must be typed to discard, since it cannot be undone.
    pub(crate) confirm_word: String,
    /// What the last action came to.
    pub(crate) outcome: Option<Chip>,
}

impl askama::filters::HtmlSafe for HeldEvent {}

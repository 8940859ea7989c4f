//! Messages that are sent at a later time, at the end of the thread.

use askama::Template;

use super::Shown;

/// The scheduled messages of a conversation. Answer of `GET /web/conversations/{id}/scheduled` and of each change, put in
/// the place of `#scheduled`.
#[derive(Clone, Debug, Template)]
#[template(path = "scheduled.html")]
pub(crate) struct ScheduledList {
    /// Id of the conversation.
    pub(crate) conversation: String,
    /// By the time they are to be sent at.
    pub(crate) items: Vec<ScheduledItem>,
    /// The one that is edited.
    pub(crate) form: Option<ScheduledForm>,
    /// Whether the reader may change and cancel them.
    pub(crate) can_send: bool,
}

impl askama::filters::HtmlSafe for ScheduledList {}

impl ScheduledList {
    /// The form of an item that is being edited.
    pub(crate) fn editing(&self, item: &ScheduledItem) -> Option<&ScheduledForm> {
        self.form.as_ref().filter(|form| form.id == item.id)
    }
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct ScheduledItem {
    /// Id; the element is `scheduled-{id}`.
    pub(crate) id: String,
    /// The revision that is shown.
    pub(crate) revision: String,
    /// Who wrote it.
    pub(crate) author: Shown,
    /// What it says.
    pub(crate) text: Shown,
    /// "tomorrow 09:00".
    pub(crate) when: String,
    /// Why it was not sent: "Not sent today 09:00. Opted out."
    pub(crate) refused: Option<Shown>,
    /// Why it would not be sent as things stand.
    pub(crate) warning: Option<Shown>,
}

/// One that is edited, as typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScheduledForm {
    /// Id.
    pub(crate) id: String,
    /// The revision that is edited.
    pub(crate) revision: String,
    /// What it says.
    pub(crate) text: String,
    /// Day and time in the organisation's zone.
    pub(crate) send_at: String,
    /// What is wrong with the text.
    pub(crate) text_error: Option<String>,
    /// What is wrong with the time.
    pub(crate) time_error: Option<String>,
}

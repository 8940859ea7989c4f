//! Middle pane: header, log, composer.

use askama::Template;

use super::{
    Avatar, Choice, Moment, Shown, Tone,
    composer::Composer,
    message::{Bubble, Content, Delivery, NoteItem},
    scheduled::ScheduledList,
    state::State,
};

/// The open conversation.
#[derive(Clone, Debug, Template)]
#[template(path = "thread.html")]
pub(crate) struct ThreadPane {
    /// Header with its actions.
    pub(crate) head: ThreadHead,
    /// What was said, oldest first.
    pub(crate) items: ThreadItems,
    /// What is sent at a later time.
    pub(crate) scheduled: ScheduledList,
    /// Where the answer is written.
    pub(crate) composer: Composer,
}

impl askama::filters::HtmlSafe for ThreadPane {}

/// Header of the thread and its dialogs; answer of assign, snooze, close and reopen, put in the place of `#thread-head`.
#[derive(Clone, Debug, Template)]
#[template(path = "thread_head.html")]
pub(crate) struct ThreadHead {
    /// Id of the conversation.
    pub(crate) id: String,
    /// Name, `@username` or number of the person.
    pub(crate) name: Shown,
    /// Their mark.
    pub(crate) avatar: Avatar,
    /// "WhatsApp · +91 98400 12345 · assigned to you".
    pub(crate) line: Shown,
    /// State.
    pub(crate) state: State,
    /// When a snoozed one comes back: "until tomorrow 09:00".
    pub(crate) until: Option<String>,
    /// Members to assign to. The empty value is unassigned.
    pub(crate) members: Vec<Choice>,
    /// Id of the signed-in member, for "assign to me".
    pub(crate) me: String,
    /// How the reader takes it: `claim` while it is unassigned, so that one of two wins; else `assign`.
    pub(crate) takes: &'static str,
    /// When it could come back: value is RFC 3339, label "Tomorrow morning", detail "Tue 09:00".
    pub(crate) snooze: Vec<Choice>,
    /// Where "back" leads on a narrow screen.
    pub(crate) back: String,
    /// Whether the person may change the conversation; without it the actions are absent.
    pub(crate) can_write: bool,
}

impl askama::filters::HtmlSafe for ThreadHead {}

impl ThreadHead {
    /// Whether it is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether it is snoozed.
    pub(crate) fn is_snoozed(&self) -> bool {
        self.state == State::Snoozed
    }
}

/// A stretch of the log: answer of `GET /web/conversations/{id}/thread`, of a send and of a note.
/// Merged by element id, so that an item that is already there is replaced in place.
#[derive(Clone, Debug, Template)]
#[template(path = "thread_items.html")]
pub(crate) struct ThreadItems {
    /// Id of the conversation.
    pub(crate) conversation: String,
    /// Key of the stretch before this one, if there is one.
    pub(crate) earlier: Option<String>,
    /// Oldest first.
    pub(crate) items: Vec<Item>,
}

impl askama::filters::HtmlSafe for ThreadItems {}

/// One thing in the log.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// Separator of days.
    Day {
        /// ISO date; the element is `day-{date}`.
        date: String,
        /// "Today", "Mon 16 Nov".
        label: String,
    },
    /// Separator in front of the first unread message.
    New {
        /// How many.
        count: u64,
    },
    /// Something that happened.
    Event(EventLine),
    /// Private note.
    Note(NoteItem),
    /// Message.
    Message(Box<Bubble>),
}

/// Something that happened: an assignment, a change of consent, closed, reopened.
#[derive(Clone, Debug)]
pub(crate) struct EventLine {
    /// Id; the element is `item-{id}`.
    pub(crate) id: String,
    /// One sentence: "Ravi assigned this to Meera".
    pub(crate) text: Shown,
    /// When.
    pub(crate) time: Moment,
    /// `Warn` or `Bad` for what must be seen, such as an opt-out.
    pub(crate) tone: Tone,
}

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
    /// The message that is looked at, rather than the latest.
    pub(crate) at: Option<String>,
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
    /// The number to call and the contact it is called for, if calls can be placed.
    pub(crate) call: Option<(String, String)>,
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
    /// Several changes in a row as one line that unfolds; never fewer than [`Folded::FEWEST`].
    Folded(Folded),
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
    /// Whether it may be folded away together with its neighbours: routine changes of the conversation's state.
    pub(crate) folds: bool,
}

/// Routine changes in a row.
#[derive(Clone, Debug)]
pub(crate) struct Folded {
    /// Oldest first.
    pub(crate) lines: Vec<EventLine>,
}

impl Folded {
    /// Fewer lines than this take no more room than the fold would.
    pub(crate) const FEWEST: usize = 3;

    /// Id of the first line: the element keeps the place that this line had while it stood alone.
    pub(crate) fn id(&self) -> &str {
        self.lines.first().map_or("", |line| &line.id)
    }

    /// The elements that this one stands for, beside its own.
    pub(crate) fn holds(&self) -> String {
        let ids: Vec<String> = self.lines.iter().skip(1).map(|line| format!("item-{}", line.id)).collect();
        ids.join(" ")
    }

    /// "7 changes, 12:00 to 12:15".
    pub(crate) fn label(&self) -> String {
        let time = |line: Option<&EventLine>| line.map(|line| line.time.short.clone()).unwrap_or_default();
        let (first, last) = (time(self.lines.first()), time(self.lines.last()));
        let count = self.lines.len();
        if first == last {
            format!("{count} changes, {first}")
        } else {
            format!("{count} changes, {first} to {last}")
        }
    }
}

/// Folds routine changes that follow each other without anything between them.
pub(crate) fn fold(items: Vec<Item>) -> Vec<Item> {
    let mut folded = Vec::with_capacity(items.len());
    let mut run: Vec<EventLine> = Vec::new();
    for item in items {
        match item {
            Item::Event(line) if line.folds => run.push(line),
            other => {
                end_run(&mut folded, &mut run);
                folded.push(other);
            }
        }
    }
    end_run(&mut folded, &mut run);
    folded
}

fn end_run(items: &mut Vec<Item>, run: &mut Vec<EventLine>) {
    let lines = std::mem::take(run);
    if lines.len() < Folded::FEWEST {
        items.extend(lines.into_iter().map(Item::Event));
    } else {
        items.push(Item::Folded(Folded { lines }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, folds: bool) -> Item {
        let time = Moment { short: format!("12:0{}", id.len()), full: String::new(), rfc3339: String::new() };
        Item::Event(EventLine { id: id.into(), text: id.into(), time, tone: Tone::Neutral, folds })
    }

    fn shape(items: &[Item]) -> Vec<String> {
        let each = items.iter().map(|item| match item {
            Item::Event(line) => line.id.clone(),
            Item::Folded(folded) => format!("{} [{}] {}", folded.id(), folded.holds(), folded.label()),
            _ => "-".to_owned(),
        });
        each.collect()
    }

    #[test]
    fn routine_changes_in_a_row_fold_from_three_on_and_everything_else_stands_alone() {
        let items = vec![
            line("a", true),
            line("bb", true),
            Item::New { count: 1 },
            line("c", true),
            line("dd", true),
            line("eee", true),
            line("opted-out", false),
            line("f", true),
        ];
        let expected = ["a", "bb", "-", "c [item-dd item-eee] 3 changes, 12:01 to 12:03", "opted-out", "f"];
        assert_eq!(shape(&fold(items)), expected);
    }
}

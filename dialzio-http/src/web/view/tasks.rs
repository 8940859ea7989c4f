//! Follow-ups of the reader or of the whole team, by when they are due.

use askama::Template;

use super::{Chip, Shell, Shown};

/// Whose follow-ups are listed; `?view=` in the address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The reader's own.
    #[default]
    Mine,
    /// Those of all members, and unassigned ones.
    Team,
}

impl Whose {
    /// Value in the address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Team => "team",
        }
    }
}

/// When the follow-ups that are listed are due; `?due=` in the address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Due {
    /// At any time, or without a date.
    #[default]
    All,
    /// They should have been done by now.
    Overdue,
    /// Today, from now on.
    Today,
}

impl Due {
    /// Value in the address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Overdue => "overdue",
            Self::Today => "today",
        }
    }
}

/// The page at `/tasks`.
#[derive(Clone, Debug, Template)]
#[template(path = "tasks_page.html")]
pub(crate) struct TasksPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Tabs and rows.
    pub(crate) list: TaskList,
}

/// Tabs with counts, and rows. Answer of `GET /web/tasks` and of a tick on the page, put in the place of `#task-list`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "task_list.html")]
pub(crate) struct TaskList {
    /// Whose.
    pub(crate) whose: Whose,
    /// Due when.
    pub(crate) due: Due,
    /// How many rows are asked for at most.
    pub(crate) rows: usize,
    /// Open follow-ups of the reader: "12", or "1,000+".
    pub(crate) mine: String,
    /// Open follow-ups of the whole team.
    pub(crate) team: String,
    /// Of those in this view: how many are overdue.
    pub(crate) overdue: usize,
    /// Of those in this view: how many are due today, from now on.
    pub(crate) today: usize,
    /// Overdue ones first, those without a date last.
    pub(crate) groups: Vec<TaskGroup>,
    /// How many rows the next page asks for, if there are more.
    pub(crate) next: Option<usize>,
    /// Whether the reader may tick them off.
    pub(crate) can_write: bool,
    /// Whether the reader can place calls.
    pub(crate) can_call: bool,
}

impl askama::filters::HtmlSafe for TaskList {}

impl TaskList {
    /// Address of the page with another view.
    pub(crate) fn href(&self, whose: Whose, due: Due) -> String {
        format!("tasks?view={}&due={}", whose.name(), due.name())
    }

    /// The query that lists the same again.
    pub(crate) fn here(&self) -> String {
        format!("view={}&due={}&rows={}", self.whose.name(), self.due.name(), self.rows)
    }

    /// One sentence for an empty list.
    pub(crate) fn empty_sentence(&self) -> &'static str {
        match (self.due, self.whose) {
            (Due::Overdue, _) => "Nothing is overdue.",
            (Due::Today, _) => "Nothing more is due today.",
            (Due::All, Whose::Mine) => "You have no open tasks. Tasks are added on a contact.",
            (Due::All, Whose::Team) => "No open tasks. Tasks are added on a contact.",
        }
    }
}

/// Follow-ups that are due at about the same time.
#[derive(Clone, Debug)]
pub(crate) struct TaskGroup {
    /// Tells the elements of groups apart.
    pub(crate) key: &'static str,
    /// "Overdue", "Today", "Later", "No date".
    pub(crate) heading: &'static str,
    /// How many there are, shown or not.
    pub(crate) count: usize,
    /// By when they are due, then by age.
    pub(crate) rows: Vec<TaskRow>,
}

/// One follow-up in the list.
#[derive(Clone, Debug)]
pub(crate) struct TaskRow {
    /// Id.
    pub(crate) id: String,
    /// Id of the contact.
    pub(crate) contact: String,
    /// What is to be done.
    pub(crate) text: Shown,
    /// Whom it is about.
    pub(crate) person: Shown,
    /// "yesterday 17:00", bad when overdue, warn when due today.
    pub(crate) due: Option<Chip>,
    /// Who is to do it; in the view of the team.
    pub(crate) assignee: Option<Shown>,
}

//! The inbox: queue of conversations, the open one, the person.

use askama::Template;

use super::excerpt::Excerpt;
use super::filter::{FilterChip, FilterForm};
use super::saved_views::ViewMenu;
use super::{
    Avatar, Chip, Choice, Moment, Shell, Shown, person::PersonPane, state::State, thread::ThreadPane,
};

/// The page at `/inbox` and `/inbox/{conversation}`.
#[derive(Clone, Debug, Template)]
#[template(path = "inbox.html")]
pub(crate) struct InboxPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Left pane.
    pub(crate) queue: Queue,
    /// The open conversation, if the address names one.
    pub(crate) conversation: Conversation,
}

/// Middle and right pane; the answer to opening a conversation, put into `#conversation`.
#[derive(Clone, Debug, Template)]
#[template(path = "conversation.html")]
pub(crate) enum Conversation {
    /// Nothing is open.
    #[template(path = "conversation_none.html")]
    None,
    /// One conversation and its person.
    #[template(path = "conversation_open.html")]
    Open {
        /// Middle pane.
        thread: Box<ThreadPane>,
        /// Right pane.
        person: Box<PersonPane>,
    },
}

impl askama::filters::HtmlSafe for Conversation {}

impl Conversation {
    /// Whether one is open.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

/// Whose conversations are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum View {
    /// Assigned to the signed-in person.
    #[default]
    Mine,
    /// Not assigned.
    Unassigned,
    /// All that the person may see.
    All,
    /// Assigned to one member who was chosen.
    Member,
}

impl View {
    /// Value in the address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Unassigned => "unassigned",
            Self::All | Self::Member => "all",
        }
    }
}

/// The query of a list. A member's conversations belong to no tab, so an address of a tab leaves the member out.
pub(crate) fn list_query(
    view: View,
    state: State,
    search: &str,
    narrowed: &[(&'static str, String)],
) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("view", view.name()).append_pair("state", state.name());
    if !search.is_empty() {
        query.append_pair("q", search);
    }
    for (name, value) in narrowed.iter().filter(|(name, _)| *name != "assignee" || view == View::Member) {
        query.append_pair(name, value);
    }
    query.finish()
}

/// Left pane: tabs, search, rows. Its inner part is [`QueueList`].
#[derive(Clone, Debug, Template)]
#[template(path = "queue.html")]
pub(crate) struct Queue {
    /// The number or page that messages arrive on, if there is only one: "Shop line · +91 80 4718 0000".
    pub(crate) account: Option<Shown>,
    /// What the person searches for; empty when nothing.
    pub(crate) search: String,
    /// Saved views.
    pub(crate) views: ViewMenu,
    /// What can narrow the list.
    pub(crate) filter: FilterForm,
    /// Tabs and rows.
    pub(crate) list: QueueList,
    /// What can be done with many; `None` for those who may not change conversations.
    pub(crate) bulk: Option<Bulk>,
}

impl askama::filters::HtmlSafe for Queue {}

/// How many conversations there are, as shown: "12", "99+", or nothing where the number would say nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueueNumbers {
    /// Of the signed-in person in this state.
    pub(crate) mine: String,
    /// Unassigned ones in this state.
    pub(crate) unassigned: String,
    /// All in this state.
    pub(crate) all: String,
    /// Open ones in this view.
    pub(crate) open: String,
    /// Snoozed ones in this view.
    pub(crate) snoozed: String,
    /// Closed ones in this view, while something narrows the list.
    pub(crate) closed: String,
}

/// What can be done with the conversations that are selected.
#[derive(Clone, Debug)]
pub(crate) struct Bulk {
    /// Members to assign to. The empty value is unassigned.
    pub(crate) members: Vec<Choice>,
    /// When they could come back: value is RFC 3339.
    pub(crate) snooze: Vec<Choice>,
    /// Whether contacts can be tagged.
    pub(crate) can_tag: bool,
}

/// What was refused of a change of many: answer of `POST /web/conversations/bulk` and `/web/contacts/bulk`, put in the place of `#bulk-result`.
#[derive(Clone, Debug, Template)]
#[template(path = "bulk_result.html")]
pub(crate) struct BulkResult {
    /// Each with the name of the person and the reason.
    pub(crate) refused: Vec<Shown>,
}

/// Tabs with counts and rows; answer of `GET /web/inbox/queue`, merged into the page by row.
#[derive(Clone, Debug, Template)]
#[template(path = "queue_list.html")]
pub(crate) struct QueueList {
    /// Whose.
    pub(crate) view: View,
    /// In which state.
    pub(crate) state: State,
    /// Text searched for, kept in the addresses.
    pub(crate) search: String,
    /// How many there are in each tab and state.
    pub(crate) numbers: QueueNumbers,
    /// What narrows the list, as names and values of its address.
    pub(crate) narrowed: Vec<(&'static str, String)>,
    /// A chip for each choice that narrows it.
    pub(crate) chips: Vec<FilterChip>,
    /// One without a heading; of a search one for each state in which something was found.
    pub(crate) groups: Vec<QueueGroup>,
    /// Of a search: the messages that it found.
    pub(crate) messages: FoundMessages,
    /// Whether this is a further page: rows only, to be put after the others.
    pub(crate) is_continuation: bool,
}

impl askama::filters::HtmlSafe for QueueList {}

impl QueueList {
    /// Address of the inbox with another view and state.
    pub(crate) fn href(&self, view: View, state: State) -> String {
        format!("inbox?{}", self.query(view, state))
    }

    /// Query of the present view, state and search, for the addresses of rows and pages.
    pub(crate) fn here(&self) -> String {
        self.query(self.view, self.state)
    }

    /// Address of the same queue without the search.
    pub(crate) fn without_search(&self) -> String {
        format!("inbox?{}", list_query(self.view, self.state, "", &self.narrowed))
    }

    /// Address of the same queue with nothing that narrows it.
    pub(crate) fn without_filters(&self) -> String {
        format!("inbox?{}", list_query(self.view, self.state, &self.search, &[]))
    }

    fn query(&self, view: View, state: State) -> String {
        list_query(view, state, &self.search, &self.narrowed)
    }

    /// Whether nothing is listed.
    pub(crate) fn is_empty(&self) -> bool {
        self.groups.iter().all(|group| group.rows.is_empty()) && self.messages.is_empty()
    }

    /// One sentence for an empty list.
    pub(crate) fn empty_sentence(&self) -> &'static str {
        if !self.search.is_empty() {
            return "Nothing matches. Search looks at names, numbers, addresses, usernames, tags and what was said.";
        }
        if !self.chips.is_empty() {
            return match self.state {
                State::Open => "No open conversation matches these filters.",
                State::Snoozed => "No snoozed conversation matches these filters.",
                State::Closed => "No closed conversation matches these filters.",
            };
        }
        match (self.state, self.view) {
            (State::Open, View::Mine) => "All done. Nothing is waiting for you.",
            (State::Open, View::Unassigned) => "Every open conversation is assigned.",
            (State::Open, View::All | View::Member) => {
                "No open conversations. New ones appear here automatically."
            }
            (State::Snoozed, _) => "Nothing is snoozed.",
            (State::Closed, _) => "Nothing is closed yet.",
        }
    }
}

/// Conversations that stand together.
#[derive(Clone, Debug)]
pub(crate) struct QueueGroup {
    /// The state that its heading names; `None` without a heading.
    pub(crate) state: Option<State>,
    /// How many there are in all, for the heading: "3", or "20+" where they are too many to count.
    pub(crate) count: String,
    /// Newest first.
    pub(crate) rows: Vec<QueueRow>,
    /// Key of the next page, if there is one.
    pub(crate) next: Option<String>,
}

impl QueueGroup {
    /// The heading's word.
    pub(crate) fn heading(&self) -> Option<&'static str> {
        self.state.map(|state| match state {
            State::Open => "Open",
            State::Snoozed => "Snoozed",
            State::Closed => "Closed",
        })
    }

    /// What the address of the next page adds.
    pub(crate) fn of(&self) -> String {
        self.state.map(|state| format!("&group={}", state.name())).unwrap_or_default()
    }

    /// Tells the elements of groups apart.
    pub(crate) fn key(&self) -> &'static str {
        self.state.map_or("", State::name)
    }
}

/// Messages that a search found.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoundMessages {
    /// Newest first.
    pub(crate) rows: Vec<FoundRow>,
    /// Key of the next page, if there is one.
    pub(crate) next: Option<String>,
}

impl FoundMessages {
    /// Whether there are none, on this page or behind it.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.next.is_none()
    }
}

/// One message that a search found.
#[derive(Clone, Debug)]
pub(crate) struct FoundRow {
    /// Id of the message.
    pub(crate) id: String,
    /// Id of its conversation.
    pub(crate) conversation: String,
    /// Name, `@username` or number of the person.
    pub(crate) name: Shown,
    /// Their mark.
    pub(crate) avatar: Avatar,
    /// Name of the line, as soon as there are two.
    pub(crate) line: Option<Shown>,
    /// When it was said.
    pub(crate) time: Moment,
    /// Who of us wrote it; `None` if the person did.
    pub(crate) author: Option<Shown>,
    /// The words around what was looked for.
    pub(crate) excerpt: Excerpt,
}

/// One conversation in the queue.
#[derive(Clone, Debug)]
pub(crate) struct QueueRow {
    /// Id of the conversation.
    pub(crate) id: String,
    /// Name, `@username` or number of the person.
    pub(crate) name: Shown,
    /// Their mark.
    pub(crate) avatar: Avatar,
    /// Name of the line, as soon as there are two.
    pub(crate) line: Option<Shown>,
    /// Time of the last message.
    pub(crate) time: Moment,
    /// Last line in words, with "You: " in front of our own: "Photo · is this the right part?".
    pub(crate) last: Shown,
    /// What the reader has begun to write and not sent; shown in the place of the last line.
    pub(crate) draft: Option<Shown>,
    /// Messages not read yet.
    pub(crate) unread: u64,
    /// Time left, failed, no number shared, and so on; at most three.
    pub(crate) chips: Vec<Chip>,
    /// Whether it is the open one.
    pub(crate) is_selected: bool,
}

//! The inbox with invented people.

use super::composer::Case;
use super::{at, shell, thread};
use crate::web::view::saved_views::ViewMenu;
use crate::web::view::{
    Avatar, Chip, Choice, Tone,
    filter::FilterForm,
    inbox::{
        Conversation, FoundMessages, InboxPage, Queue, QueueGroup, QueueList, QueueNumbers, QueueRow, View,
    },
    shell::Place,
    state::State,
};

pub(crate) fn page(query: &str, open: Option<Case>) -> InboxPage {
    InboxPage {
        shell: shell("Inbox", Place::Inbox),
        queue: Queue {
            views: ViewMenu::default(),
            bulk: None,
            account: Some("Shop line · +91 80 4718 0000".into()),
            search: String::new(),
            filter: filter(),
            list: list_with(query, open),
        },
        conversation: open.map_or(Conversation::None, conversation),
    }
}

pub(crate) fn filter() -> FilterForm {
    FilterForm {
        from: Vec::new(),
        kinds: Vec::new(),
        since: String::new(),
        until: String::new(),
        assignees: vec![Choice::new("", "Anyone").chosen(), Choice::new("me", "Me")],
        stages: vec![Choice::new("", "Any stage").chosen(), Choice::new("customer", "Customer")],
        ..FilterForm::default()
    }
}

pub(crate) fn empty() -> InboxPage {
    let mut page = page("", None);
    page.queue.list.groups.clear();
    page
}

pub(crate) fn conversation(case: Case) -> Conversation {
    Conversation::Open { thread: Box::new(thread::pane(case)), person: Box::new(thread::person(case)) }
}

pub(crate) fn list(query: &str) -> QueueList {
    list_with(query, None)
}

fn list_with(query: &str, open: Option<Case>) -> QueueList {
    let view = if query.contains("view=all") {
        View::All
    } else if query.contains("view=unassigned") {
        View::Unassigned
    } else {
        View::Mine
    };
    let state = if query.contains("state=closed") {
        State::Closed
    } else if query.contains("state=snoozed") {
        State::Snoozed
    } else {
        State::Open
    };
    let rows = if state == State::Open { rows(open) } else { Vec::new() };
    QueueList {
        view,
        state,
        search: String::new(),
        numbers: QueueNumbers {
            mine: "6".into(),
            unassigned: "4".into(),
            all: "31".into(),
            open: "31".into(),
            snoozed: "5".into(),
            closed: String::new(),
        },
        narrowed: Vec::new(),
        chips: Vec::new(),
        groups: vec![QueueGroup { state: None, count: String::new(), rows, next: Some("k2".into()) }],
        messages: FoundMessages::default(),
        is_continuation: query.contains("after="),
    }
}

fn rows(open: Option<Case>) -> Vec<QueueRow> {
    let shut = || Chip::new(Tone::Neutral, "Template only");
    let row = |id: &str, name: &str, time: &str, last: &str, unread: u64, chips: Vec<Chip>| QueueRow {
        id: id.into(),
        name: name.into(),
        avatar: Avatar::of(name),
        line: None,
        time: at(time),
        last: last.into(),
        draft: (id == "refused").then(|| "Thank you, I have taken you off".into()),
        unread,
        chips,
        is_selected: match open {
            Some(Case::Open) => id == "c1",
            Some(Case::Shut) => id == "shut",
            Some(Case::Refused) => id == "refused",
            None => false,
        },
    };
    vec![
        row("c1", "Asha Subramaniam", "10:42", "Can you hold the blue one until Friday?", 0, Vec::new()),
        row("c2", "Imran M.", "10:38", "Photo · is this the right part?", 2, Vec::new()),
        row(
            "c3",
            "@kavya.designs",
            "10:15",
            "Hi, saw your ad. Price for 40 pieces?",
            1,
            vec![Chip::new(Tone::Neutral, "No number shared")],
        ),
        row(
            "c4",
            "Prakash Nair",
            "09:51",
            "You: Sent the invoice just now",
            0,
            vec![Chip::new(Tone::Bad, "54 min left")],
        ),
        row(
            "c5",
            "João Carvalho",
            "Yesterday",
            "You: The number has no WhatsApp",
            0,
            vec![Chip::new(Tone::Bad, "Not sent")],
        ),
        row("shut", "Tara Rao", "Yesterday", "Thank you so much!", 0, vec![shut()]),
        row("refused", "Lakshmi D.", "Fri", "STOP", 0, vec![Chip::new(Tone::Bad, "Opted out")]),
        row("c8", "+971 50 123 4567", "Fri", "Voice message · 0:24", 0, vec![shut()]),
    ]
}
